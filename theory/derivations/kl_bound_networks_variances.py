"""The weight variances, one for each layer, at which the bound is least, with weight decay and without: F6.

V[l] is moved along a direction v of the logarithms: V[l] exp(p v[l]).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Equation
from theory.derivations.formal_limits import AtZero
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_linear_sums import DeltaSum, LinearSums, TermsAtMostZero
from theory.derivations.rules_logarithms import EvaluateAtZero
from theory.derivations.rules_named import Named
from theory.derivations.rules_products import ExponentialFactors
from theory.derivations.rules_solve import SolveLinear
from theory.derivations.steps import Derivation
from theory.derivations.symbols import h, m1
from theory.derivations.symbols_kl_bound import G, K, L, P_x, T, V, beta, lam, layer, widths

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "convexity",
    "optimal_variances",
    "unbounded_without_decay",
    "unique_gain",
]

_INDEX = sp.Symbol("k", integer=True, positive=True)
_RANGE = (_INDEX, 1, L)
_MOVE, _DIRECTION = sp.Symbol("p", positive=True), sp.IndexedBase("v", real=True)
_ROOM = sp.IndexedBase("D", positive=True)
_SIZE = widths[_INDEX] * widths[_INDEX - 1]
_GAIN = sp.Product(widths[_INDEX] * V[_INDEX], _RANGE)
_LOSS = beta * P_x * m1 ** (L - 1)
_NOTES = ("E_0[Loss] <= E0 + beta P_x m1^(L-1) prod_l n[l] V[l], E0 free of the variances",)
_ZERO = sp.Integer(0)


def _moved(direction: Any, move: Any) -> tuple[Any, Any, Any]:
    """Return gain, sum of K_l V[l], and sum of K_l log(2 pi e V[l]), moved along the direction."""
    factor = sp.exp(move * direction)
    gain = sp.Product(widths[_INDEX] * V[_INDEX] * factor, _RANGE)
    power = sp.Sum(_SIZE * V[_INDEX] * factor, _RANGE)
    entropy = sp.Sum(_SIZE * sp.log(2 * sp.pi * sp.E * V[_INDEX] * factor), _RANGE)
    return gain, power, entropy


def _bound(gain: Any, power: Any, entropy: Any, decay: Any = lam) -> Any:
    """Return what of the forward bound depends on the variances."""
    return _LOSS * gain + decay * power / 2 - T * entropy / 2


def _straightened(so_far: Derivation, direction: Any) -> Derivation:
    """Take the move out of the gain and out of the entropy."""
    gain, _, entropy = _moved(direction, _MOVE)
    total = sp.Sum(direction, _RANGE)
    plain = sp.Sum(_SIZE * sp.log(2 * sp.pi * sp.E * V[_INDEX]), _RANGE)
    slope = _MOVE * sp.Sum(_SIZE * direction, _RANGE)
    return so_far.then(
        ExponentialFactors(), gain, sp.exp(_MOVE * total) * _GAIN, "the exponents add up"
    ).then(LinearSums(), entropy, plain + slope, "logarithm of a product")


def _along(direction: Any, order: int) -> Any:
    """Return the derivative of the bound along a direction of the log-variances, at no move."""
    return AtZero(sp.Lambda(_MOVE, _bound(*_moved(direction, _MOVE))), sp.Integer(order))


def optimal_variances() -> Derivation:
    """Derive V[l] = (T - 2 beta P_x G/K_l)/lam, K_l = n[l] n[l-1], where the bound is stationary.

    Examples
    --------
    >>> optimal_variances().verify().verdict.value
    'proved'
    """
    delta = sp.KroneckerDelta(_INDEX, layer)
    definition = Equation(_along(delta, 1), _ZERO)
    start = Derivation(
        "kl.optimal-variances",
        definition,
        "the V[l] at which the forward bound with weight decay lam does not change with log V[l]",
        constraints=(sp.Le(layer, L),),
        notes=_NOTES,
    )
    done = _straightened(start, delta)
    done = done.then(DeltaSum(), sp.Sum(delta, _RANGE), sp.Integer(1), "one layer moves")
    power = sp.Sum(_SIZE * V[_INDEX] * delta, _RANGE)
    size = sp.Sum(_SIZE * delta, _RANGE)
    slope = _LOSS * _GAIN + lam * power / 2 - T * size / 2
    done = done.then(EvaluateAtZero(), done.conclusion.args[0], slope, "derivative")
    own = widths[layer] * widths[layer - 1]
    done = done.then(DeltaSum(), power, own * V[layer], "weight decay of the layer").then(
        DeltaSum(), size, own, "entropy of the layer"
    )
    named = beta * P_x * G + lam * own * V[layer] / 2 - T * own / 2
    done = done.then(
        Named(G, m1 ** (L - 1) * _GAIN), done.conclusion.args[0], named, "G is the end-to-end gain"
    )
    root = (T - 2 * beta * P_x * G / own) / lam
    return done.then(SolveLinear(V[layer]), done.conclusion, root, "solve for V[l], G given")


def convexity() -> Derivation:
    """Derive that minus the second derivative of the bound along log-variances is <= 0.

    Examples
    --------
    >>> convexity().relation
    '<='
    """
    direction = _DIRECTION[_INDEX]
    start = Derivation(
        "kl.optimal-variances.convex",
        -_along(direction, 2),
        "minus the second derivative of the bound along any direction v of the log-variances",
        notes=_NOTES,
    )
    done = _straightened(start, direction)
    total = sp.Sum(direction, _RANGE)
    power = sp.Sum(_SIZE * V[_INDEX] * direction**2, _RANGE)
    value = _LOSS * _GAIN * total**2 + lam * power / 2
    done = done.then(EvaluateAtZero(), -done.conclusion, value, "second derivative")
    return done.then(TermsAtMostZero(), done.conclusion, _ZERO, "a square, and squares")


def unique_gain() -> Derivation:
    """Derive that prod_l s_l(G)/G falls as G grows to G + h: at most one G is self-consistent.

    s_l(G) = (T - 2 beta P_x G/K_l)/lam; G + h stays below K_l T/(2 beta P_x) by D[l] > 0.

    Examples
    --------
    >>> unique_gain().relation
    '<'
    """

    def variance(gain: Any) -> Any:
        size = 2 * beta * P_x * (G + h + _ROOM[_INDEX]) / T
        return (T - 2 * beta * P_x * gain / size) / lam

    ratio = sp.Sum(sp.log(variance(G + h) / variance(G)), _RANGE)
    start = Derivation(
        "kl.optimal-variances.unique",
        ratio - sp.log((G + h) / G),
        "log of prod_l s_l(G)/G at G + h less that at G, K_l = 2 beta P_x (G + h + D[l])/T",
    )
    quotient = _ROOM[_INDEX] / (_ROOM[_INDEX] + h)
    short = sp.Sum(sp.log(quotient), _RANGE)
    done = start.then(Algebra(), ratio.function.args[0], quotient, "room below the largest gain")
    done = done.then(Algebra(), sp.log((G + h) / G), -sp.log(G / (G + h)), "log of a quotient")
    return done.then(TermsAtMostZero(True), short + sp.log(G / (G + h)), _ZERO, "logarithms < 0")


def unbounded_without_decay() -> Derivation:
    """Derive that the bound falls without end along v_l = K_l - K/L, unless all K_l are equal.

    Examples
    --------
    >>> unbounded_without_decay().verify().verdict.value
    'proved'
    """
    direction = _SIZE - K / L
    gain, _, entropy = _moved(direction, _MOVE)
    start = Derivation(
        "kl.unbounded-without-decay",
        _bound(gain, _ZERO, entropy, _ZERO),
        "the bound at V[l] exp(p (K_l - K/L)), K_l = n[l] n[l-1], without weight decay",
        notes=_NOTES,
    )
    done = _straightened(start, direction)
    total, every = sp.Sum(direction, _RANGE), sp.Sum(_SIZE, _RANGE)
    squares = sp.Sum(direction**2, _RANGE)
    slope = sp.Sum(_SIZE * direction, _RANGE)
    return (
        done.then(LinearSums(), slope, squares + K / L * total, "K_l = v_l + K/L")
        .then(LinearSums(), total, every - K, "L equal terms")
        .then(Named(K, every), every, K, "K is the sum of the K_l")
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.optimal-variances": optimal_variances}
)
#: convexity, uniqueness, and what happens without weight decay
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.optimal-variances.convex": convexity,
        "kl.optimal-variances.unique": unique_gain,
        "kl.unbounded-without-decay": unbounded_without_decay,
    }
)
