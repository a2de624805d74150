"""One step of gradient descent from orthogonal initialisation: the gradient, and the change of the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_spectra_setting import INDEX, ORTHOGONAL, SCALE_2, W, X
from theory.derivations.formal import Equation
from theory.derivations.formal_layers import Matrix, Trace, space, transpose
from theory.derivations.rules_slopes import SlopeAtZero
from theory.derivations.rules_weight_means import Traces
from theory.derivations.rules_words import EqualTerms, Words
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, d_y, m

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "gradient", "outputs"]

_ALPHA = sp.sqrt(SCALE_2)
_SLOPE, _SIZE = sp.Symbol("slope", real=True), sp.Symbol("epsilon", real=True)
#: U - Y; a direction in which layer i changes
_ERROR = Matrix(sp.Symbol("E", commutative=False), L, space("examples"))
_DIRECTION = Matrix(sp.Symbol("H", commutative=False), INDEX, INDEX - 1)


def _gradient(layer: Any) -> Any:
    below, above = W[layer - 1, 1] * X, W[L, layer + 1]
    return _ALPHA * transpose(above) * _ERROR * transpose(below)


def gradient() -> Derivation:
    """Derive the gradient G_i = alpha W_{L:i+1}^T E (W_{i-1:1} X)^T: the slope of the loss along H is tr(G_i^T H).

    Examples
    --------
    >>> gradient().verify().verdict.value
    'proved'
    """
    change = _ALPHA * W[L, INDEX + 1] * _DIRECTION * W[INDEX - 1, 1] * X
    moved = _ERROR + _SIZE * change
    rise = Trace(transpose(moved) * moved) / 2 - Trace(transpose(_ERROR) * _ERROR) / 2
    limit = sp.Limit(rise / _SIZE, _SIZE, 0, "+-")
    start = Derivation(
        "dl.gradient",
        Equation(_SLOPE, limit),
        "slope of |E|_F^2/2, E = U - Y, where layer i is W_i + epsilon H",
        constraints=(sp.Le(INDEX, L),),
    )
    first = Trace(transpose(_ERROR) * change)
    value = Trace(transpose(_gradient(INDEX)) * _DIRECTION)
    return start.then(SlopeAtZero(), limit, first, "the part linear in epsilon").then(
        Traces(), first, value, "turn the trace"
    )


def outputs() -> Derivation:
    """Derive that a small step changes U by -eta (L/d_y) E X^T X: E <- E (I - (eta L/d_y) X^T X) to first order.

    By the product rule the slope of U in -eta is alpha sum_i W_{L:i+1} G_i W_{i-1:1} X.

    Examples
    --------
    >>> print(outputs().conclusion)
    L*E*X^T*X/d_y
    """
    term = _ALPHA * W[L, INDEX + 1] * _gradient(INDEX) * W[INDEX - 1, 1] * X
    definition = sp.Sum(term, (INDEX, 1, L))
    start = Derivation(
        "dl.ntk.step",
        definition,
        "minus the slope of U = alpha W_L ... W_1 X in eta, W_i <- W_i - eta G_i",
        notes=("product rule",),
    )
    plain = SCALE_2 * m ** (L - 1) * _ERROR * transpose(X) * X
    result = L / d_y * _ERROR * transpose(X) * X
    return start.then(Words(ORTHOGONAL), term, plain, "partial products", (sp.Le(INDEX, L),)).then(
        EqualTerms(), sp.Sum(plain, (INDEX, 1, L)), result, "L equal terms"
    )


#: steps are statements about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: the gradient of a layer, and one step to first order
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.gradient": gradient, "dl.ntk.step": outputs}
)
