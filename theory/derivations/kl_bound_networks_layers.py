"""Mean squared output of one layer of a random network, its input given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.network_signals import (
    NORMAL,
    ONE_NORMAL,
    ROW,
    WEIGHTS,
    over_weights,
    preactivation,
    squared_norm,
    units,
)
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_named import Named
from theory.derivations.rules_normal_rows import (
    HomogeneousMean,
    MeanOfSum,
    NormalPolynomial,
    NormalRows,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols import m1
from theory.derivations.symbols_kl_bound import L, V, layer, widths

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "layer_power", "mean_square", "output_layer"]

_ONE = sp.Integer(1)
#: phi(z) = even |z| + odd z: every positively homogeneous function of one variable is of this form
_EVEN, _ODD = sp.Symbol("even", real=True), sp.Symbol("odd", real=True)
_STANDARD = sp.Symbol("z", real=True)


def _phi(z: Any) -> Any:
    return _EVEN * sp.Abs(z) + _ODD * z


def mean_square() -> Derivation:
    """Derive m1 = E phi(z)^2 = even^2 + odd^2, z ~ N(0, 1), phi(z) = even |z| + odd z.

    Slope a below 0 is even = (1 - a)/2, odd = (1 + a)/2: m1 = (1 + a^2)/2, 1/2 for ReLU, 1 for phi(z) = z.

    Examples
    --------
    >>> mean_square().conclusion
    even**2 + odd**2
    """
    pair, size = (_STANDARD, Gaussian(_ONE)), sp.Abs(_STANDARD)
    definition = Expectation(_phi(_STANDARD) ** 2, pair)
    start = Derivation("kl.mean-square", definition, "E phi(z)^2, phi positively homogeneous")
    square, mixed = _STANDARD**2, _STANDARD * size
    expanded = (_EVEN**2 + _ODD**2) * square + 2 * _EVEN * _ODD * mixed
    means = [Expectation(x, pair) for x in (square, mixed)]
    split = _EVEN**2 * means[0] + _ODD**2 * means[0] + 2 * _EVEN * _ODD * means[1]
    return (
        start.then(Algebra(), _phi(_STANDARD) ** 2, expanded, "|z|^2 = z^2")
        .then(Linearity(), Expectation(expanded, pair), split, "term by term")
        .then(NormalPolynomial(), means[0], _ONE, "variance of z")
        .then(NormalPolynomial(), means[1], sp.Integer(0), "z |z| is odd")
    )


def layer_power() -> Derivation:
    """Derive E|phi(W x)|^2 = n[l] V[l] m1 |x|^2, for a fixed x of dimension n[l-1].

    Examples
    --------
    >>> layer_power().verify().verdict.value
    'proved'
    """
    term = _phi(preactivation(layer)) ** 2
    start = Derivation(
        "kl.layer-power",
        over_weights(units(term, layer), layer),
        "E|phi(W x)|^2 over W_kj iid N(0, V[l]), x fixed",
        notes=(
            "phi is positively homogeneous",
            "the weights of a layer are independent of its input",
        ),
    )
    variance = V[layer] * squared_norm(layer)
    law = Gaussian(variance)
    rows = Expectation(units(_phi(NORMAL[ROW]) ** 2, layer), (NORMAL, law))
    one = Expectation(_phi(ONE_NORMAL) ** 2, (ONE_NORMAL, law))
    standard = Expectation(_phi(_STANDARD) ** 2, (_STANDARD, Gaussian(_ONE)))
    summed = units(variance * m1, layer)
    return (
        start.then(NormalRows(WEIGHTS, NORMAL), start.definition, rows, "rows of W x")
        .then(MeanOfSum(ONE_NORMAL), rows, units(one, layer), "unit by unit")
        .then(HomogeneousMean(_STANDARD), one, variance * standard, "phi is homogeneous")
        .then(Named(m1, standard), variance * standard, variance * m1, "m1 is E phi(z)^2")
        .then(LinearSums(), summed, widths[layer] * variance * m1, "n[l] equal terms")
    )


def output_layer() -> Derivation:
    """Derive E|W x|^2 = n[L] V[L] |x|^2: no phi on the output.

    Examples
    --------
    >>> output_layer().verify().verdict.value
    'proved'
    """
    definition = over_weights(units(preactivation(L) ** 2, L), L)
    start = Derivation("kl.output-layer", definition, "E|W x|^2 over W_kj iid N(0, V[L]), x fixed")
    variance = V[L] * squared_norm(L)
    law = Gaussian(variance)
    rows = Expectation(units(NORMAL[ROW] ** 2, L), (NORMAL, law))
    one = Expectation(ONE_NORMAL**2, (ONE_NORMAL, law))
    return (
        start.then(NormalRows(WEIGHTS, NORMAL), definition, rows, "rows of W x")
        .then(MeanOfSum(ONE_NORMAL), rows, units(one, L), "unit by unit")
        .then(NormalPolynomial(), one, variance, "second moment of a normal variable")
        .then(LinearSums(), units(variance, L), widths[L] * variance, "n[L] equal terms")
    )


#: the results are those of whole networks
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: m1, and the two kinds of layers
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.mean-square": mean_square,
        "kl.layer-power": layer_power,
        "kl.output-layer": output_layer,
    }
)
