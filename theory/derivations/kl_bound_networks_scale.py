"""The common scale of the weight variances at which the bound is least, and its limit in depth: F5.

V[l] = c/(m1 n[l-1]), so that c = 1 is He's (LeCun's) initialisation; E_0[Loss] <= const + beta P_x G.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_minimisers import Minimiser
from theory.derivations.rules_depth import SeriesInDepth
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_minimisers import ConvexMinimiser
from theory.derivations.rules_named import Named
from theory.derivations.rules_products import TelescopingProduct
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, m1
from theory.derivations.symbols_kl_bound import E0, K, L, M, P_x, T, beta, layer, n_0, n_L, widths

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "depth_limit", "equal_widths", "optimal_scale"]

_SCALE = sp.Symbol("c", positive=True)
_NOTES = (
    "E_0[Loss] <= E0 + beta P_x m1^(L-1) prod_l n[l] V[l], E0 free of the variances",
    "M, the bound on E_t|W|^2, is held fixed",
)


def _bound(width: Callable[[Any], Any], parameters: Any) -> tuple[Any, Any, Any]:
    """Return the transient bound at V[l] = c/(m1 n[l-1]), its product and its sum over the layers."""
    variance = _SCALE / (m1 * width(layer - 1))
    gain = sp.Product(width(layer) * variance, (layer, 1, L))
    size = width(layer) * width(layer - 1)
    entropy = sp.Sum(size / 2 * sp.log(2 * sp.pi * sp.E * variance), (layer, 1, L))
    most = parameters / 2 * sp.log(2 * sp.pi * sp.E * M / parameters)
    return E0 + beta * P_x * m1 ** (L - 1) * gain + T * (most - entropy), gain, entropy


def _collected(so_far: Derivation, width: Callable[[Any], Any], parameters: Any) -> Derivation:
    """Write the gain as a power of c, and take log c out of the entropy."""
    _, gain, entropy = _bound(width, parameters)
    power = (_SCALE / m1) ** L * width(L) / width(sp.Integer(0))
    size = width(layer) * width(layer - 1)
    rest = sp.Sum(size * sp.log(2 * sp.pi * sp.E / (m1 * width(layer - 1))) / 2, (layer, 1, L))
    apart = _count(size) * sp.log(_SCALE) / 2 + rest
    return so_far.then(
        TelescopingProduct(sp.Lambda(layer, width(layer))), gain, power, "the widths telescope"
    ).then(LinearSums(), entropy, apart, "logarithm of c")


def _count(size: Any) -> Any:
    """Return the sum of the sizes of the layers, in one term if they are equal."""
    return sp.Sum(size, (layer, 1, L)) if size.has(layer) else L * size


def optimal_scale() -> Derivation:
    """Derive c* = (m1 n_0 K T/(2 beta P_x L n_L))^(1/L), where the transient bound is least.

    Examples
    --------
    >>> optimal_scale().verify().verdict.value
    'proved'
    """

    def width(place: Any) -> Any:
        return widths[place]

    bound, _, _ = _bound(width, K)
    definition = Minimiser(sp.Lambda(_SCALE, bound))
    meaning = "the c > 0 at which the transient bound is least, V[l] = c/(m1 n[l-1])"
    start = Derivation("kl.optimal-scale", definition, meaning, notes=_NOTES)
    done = _collected(start, width, K)
    for symbol, value in (
        (n_0, widths[0]),
        (n_L, widths[L]),
        (K, sp.Sum(widths[layer] * widths[layer - 1], (layer, 1, L))),
    ):
        done = _named(done, symbol, value)
    root = (m1 * n_0 * K * T / (2 * beta * P_x * L * n_L)) ** (1 / L)
    return done.then(ConvexMinimiser(), done.conclusion, root, "strictly convex in log c")


def _named(so_far: Derivation, symbol: Any, value: Any) -> Derivation:
    return so_far.then(Named(symbol, value), value, symbol, f"{symbol} is the name of {value}")


def equal_widths() -> Derivation:
    """Derive c* = (m1 d^2 T/(2 beta P_x))^(1/L) for equal widths d: K = L d^2.

    Examples
    --------
    >>> equal_widths().verify().verdict.value
    'proved'
    """
    parameters = L * d**2
    bound, _, _ = _bound(lambda _place: d, parameters)
    meaning = "the c > 0 at which the transient bound is least, V[l] = c/(m1 d), equal widths d"
    definition = Minimiser(sp.Lambda(_SCALE, bound))
    start = Derivation("kl.optimal-scale.equal-widths", definition, meaning, notes=_NOTES)
    done = _collected(start, lambda _place: d, parameters)
    root = (m1 * d**2 * T / (2 * beta * P_x)) ** (1 / L)
    return done.then(ConvexMinimiser(), done.conclusion, root, "strictly convex in log c")


def depth_limit() -> Derivation:
    """Derive c* = 1 + log(m1 d^2 T/(2 beta P_x))/L + O(1/L^2), equal widths d.

    Examples
    --------
    >>> depth_limit().relation
    '~'
    """
    exact = equal_widths()
    start = Derivation(
        "kl.optimal-scale.depth-limit",
        exact.definition,
        f"{exact.meaning}, as L grows",
        exact.steps,
        notes=exact.notes,
        order=2,
    )
    series = 1 + sp.log(m1 * d**2 * T / (2 * beta * P_x)) / L
    rule = SeriesInDepth(L, sp.Integer(1), 1)
    return start.then(rule, start.conclusion, series, "c*^L does not depend on L")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.optimal-scale": optimal_scale}
)
#: equal widths
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.optimal-scale.equal-widths": equal_widths,
        "kl.optimal-scale.depth-limit": depth_limit,
    }
)
