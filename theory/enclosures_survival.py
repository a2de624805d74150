"""Enclosures of what concerns survival: the probability of extinction, and the order below which survivors grow.

Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give
results that hold at all their points.
"""

from __future__ import annotations

from functools import cache

from flint import arb, ctx, fmpq

from theory.enclosures import AnyActivation, Route
from theory.enclosures_activations import activation_box
from theory.enclosures_boxes import Box, Real, positive_box, whole
from theory.enclosures_couplings import live_slopes
from theory.enclosures_drift import geometric_mean
from theory.enclosures_engine import bits_for, corners, mean_at, power_mean, share, signed
from theory.enclosures_law import Law
from theory.enclosures_logs import log_moments
from theory.enclosures_roots import increasing_root

__all__ = [
    "extinction_probability",
    "survivor_drift",
    "survivor_drift_bound",
    "survivor_growth_order",
]

_REL_RADIUS = 1e-25
_ONE = Box(fmpq(1), fmpq(1))
_LARGEST = 64


def extinction_probability(
    width: int,
    depth: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose P(x_depth = 0) = 1 - (1 - P0)^depth, P0 = P(phi(z) = 0), z ~ N(0, I_width), without biases.

    Parameters
    ----------
    width, depth : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the probability at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    P0 = psi(inf)^width: a layer dies when all its units do; decreasing in the slopes and keep_prob. Extension of
    Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> extinction_probability(2, 2, "relu").contains(fmpq(7, 16))
    True
    """
    units, layers = whole("width", width), whole("depth", depth)
    chosen = activation_box(activation)

    def value(_: fmpq, law: Law) -> arb:
        return -(layers * (-(arb(law.atom) ** units)).log1p()).expm1()

    return corners(value, _ONE, chosen, chosen.keep, rel_radius)


def survivor_growth_order(
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the order s* below which the survivors of an order-preserving scheme grow, though the network dies out.

    Parameters
    ----------
    width : int
        1 to 2**53; the time grows with it, as s* decreases exponentially.
    activation : Activation, ActivationBox or str
        With or without dropout. A fixed slope must not be 0 at some points of a box only.
    route : {"auto", "sum", "mellin"}
        As for `norm_moment`.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the order at every point of the arguments; 0 where P(phi(z) = 0) = 0.

    Raises
    ------
    ValueError
        For an argument outside its domain, or where the order is below 2**-999 or above 128.
    ArithmeticError
        If the order cannot be enclosed with 8192 bits.

    Notes
    -----
    The root of (E Q^(s/2))^(2/s) = exp(E[log Q | Q > 0]): the left side increases in s by Lyapunov's inequality,
    from 0 if there is an atom, so there is one root. Equal widths, biases zero. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> survivor_growth_order(1, "relu").str(5)
    '[1.3717 +/- 5.60e-6]'
    """
    units, chosen = whole("width", width), activation_box(activation)
    live_slopes(chosen)
    (a, b), keep = chosen.slopes, chosen.keep
    ends = (Law(a.low, b.low, keep.low), Law(a.high, b.high, keep.high))
    roots = [_order(units, *pair, route, rel_radius) for pair in {ends, ends[::-1]}]
    with ctx.workprec(bits_for(rel_radius)):
        return 2 * roots[0].union(roots[-1])


def _order(width: int, moving: Law, still: Law, route: str, radius: float) -> arb:
    """The p at which the power mean of one law equals the geometric mean of the other."""
    if moving.atom == 0:
        return arb(0)

    @cache
    def level(_: int) -> arb:
        mass, first = log_moments(0, 1, width, still)
        return first / mass

    def excess(p: fmpq) -> arb:
        return mean_at(p, moving, width, route).log() - level(ctx.prec)

    return increasing_root(excess, _LARGEST, share(radius))


def survivor_drift(
    order: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the drift per layer of the survivors' log-norm under the scheme that preserves the moment of an order.

    Parameters
    ----------
    order : Real
        Finite, > 0.
    width, activation, route, rel_radius
        As for `survivor_growth_order`, which is the order at which this is 0.

    Returns
    -------
    flint.arb
        Contains the drift at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    (E[log Q | Q > 0] - log (E Q^(s/2))^(2/s))/2; equal widths, biases zero. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> survivor_drift(1, 1, "relu") > 0 > survivor_drift(2, 1, "relu")
    True
    """
    s, units, chosen = (
        positive_box("order", order),
        whole("width", width),
        activation_box(activation),
    )
    half = Box(s.low / 2, s.high / 2)

    def drift(radius: float) -> arb:
        typical = geometric_mean(units, chosen, route, radius)
        mean = power_mean(half, units, chosen, route, radius)
        with ctx.workprec(bits_for(radius)):
            return (typical / mean).log() / 2

    return signed(drift, rel_radius)


def survivor_drift_bound(
    order: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose -log(1 - P0)/order, which exceeds `survivor_drift`: strict, by Jensen's inequality.

    Parameters
    ----------
    order : Real
        Finite, > 0.
    width, activation, rel_radius
        As for `extinction_probability`.

    Returns
    -------
    flint.arb
        Contains the bound at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    P0 = P(phi(z) = 0). Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> survivor_drift_bound(1, 1, "relu").overlaps(arb(2).log())
    True
    """
    s, units, chosen = (
        positive_box("order", order),
        whole("width", width),
        activation_box(activation),
    )

    def value(_: fmpq, law: Law) -> arb:
        return -(-(arb(law.atom) ** units)).log1p()

    numerator = corners(value, _ONE, chosen, chosen.keep, share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        return numerator / s.ball()
