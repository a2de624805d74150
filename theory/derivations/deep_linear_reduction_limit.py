"""Orthogonal nets of infinite width: the error follows a linear recursion from a random start (D1, kernel limit)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_networks import Recursion
from theory.derivations.rules_layers import GeometricRecursion
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_normal_rows import NormalPolynomial
from theory.derivations.rules_products import TelescopingProduct
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, d_y, eta, s

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "kernel_limit"]

_ONE = sp.Integer(1)
_STEPS = sp.Symbol("t", integer=True, nonnegative=True)
_STEP, _OUTPUT = (sp.Symbol(name, integer=True, positive=True) for name in ("n", "k"))
_NORMAL, _BEFORE = sp.Symbol("z", real=True), sp.Symbol("e", real=True)
_TARGET = sp.IndexedBase("y", real=True)


def kernel_limit() -> Derivation:
    """Derive (1 - eta L s^2/d_y)^(2t) (s^2 + |Y v|^2)/2: mean excess loss after t steps along a singular vector v.

    Examples
    --------
    >>> kernel_limit().verify().verdict.value
    'proved'
    """
    factor = 1 - eta * L * s**2 / d_y
    first = s * _NORMAL / sp.sqrt(d_y) - _TARGET[_OUTPUT]
    recursion = Recursion(sp.Lambda((_STEP, _BEFORE), factor * _BEFORE), first, _ONE, _STEPS)
    law, outputs = (_NORMAL, Gaussian(_ONE)), (_OUTPUT, 1, d_y)
    start = Derivation(
        "dl.kernel-limit",
        sp.Sum(Expectation(recursion**2, law), outputs) / 2,
        "sum over the outputs k of E e_k(t)^2/2, e(0) = s z/sqrt(d_y) - Y v, e <- (1 - eta L s^2/d_y) e",
        notes=(
            "sqrt(m) C -> iid N(0, 1) as m -> oo: entries of a Haar-distributed matrix",
            "the kernel stays at P(0) as m -> oo: layers move by O(1), which is o(sqrt(m))"
            " (dl.weight-movement, dl.required-width.perturbation)",
        ),
    )
    product = sp.Product(factor, (_STEP, 1, _STEPS))
    power = factor**_STEPS
    square = (s**2 / d_y + _TARGET[_OUTPUT] ** 2) * power**2
    mean = Expectation((first * power) ** 2, law)
    total = sp.Sum(square, outputs) / 2
    norm = sp.Sum(_TARGET[_OUTPUT] ** 2, outputs)
    return (
        start.then(GeometricRecursion(), recursion, first * product, "induction over the steps")
        .then(TelescopingProduct(sp.Lambda(_STEP, _ONE)), product, power, "equal factors")
        .then(NormalPolynomial(), mean, square, "z has mean 0 and variance 1")
        .then(LinearSums(), total, power**2 * (s**2 + norm) / 2, "d_y outputs")
    )


#: the limit is a statement about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: the mean loss of infinitely wide orthogonal nets
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.kernel-limit": kernel_limit}
)
