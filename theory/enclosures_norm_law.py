"""Enclosures of the exact law of the network's output norm: its cumulative distribution function and its moments.

|x_depth|/|x_0| is a product of independent factors, one a layer, biases zero and widths equal. Conventions as in
`theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give results that hold at
all their points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from flint import acb, arb, ctx, fmpq

from theory.enclosures import AnyActivation, Route
from theory.enclosures_activations import ActivationBox, activation_box
from theory.enclosures_boxes import Box, Real, box, positive_box, whole
from theory.enclosures_complex import complex_moment
from theory.enclosures_contour import Walk
from theory.enclosures_couplings import live_slopes
from theory.enclosures_engine import bits_for, narrow, one_of, power_mean, share
from theory.enclosures_kernels import binomial_law
from theory.enclosures_law import Law
from theory.enclosures_survival import extinction_probability

__all__ = ["joined_characteristic", "norm_law_cdf", "norm_law_moment", "norm_ratio_cdf"]

_REL_RADIUS = 1e-25
_WIDTHS = {"plain": 1024, "leaky": 64, "leaky with dropout": 16}
_DEPTH = 4096


def norm_law_cdf(
    point: Real,
    width: int,
    depth: int,
    variance: Real,
    activation: AnyActivation = "relu",
    *,
    route: str = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose P(log(|x_depth|/|x_0|) <= point given x_depth /= 0).

    Parameters
    ----------
    point : Real
        Finite.
    width, depth : int
        Width to 1024 (a slope other than 0 and 1: to 64, with dropout to 16); depth to 4096.
    variance : Real
        Of each weight; finite, > 0.
    activation : Activation, ActivationBox or str
        A fixed slope, with or without dropout; not 0 at some points of a box only.
    route : {"auto", "integral", "sum"}
        The inversion integral, or the sum of incomplete Gamma functions (depth 1, slopes 0 and 1).
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the probability at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain, a random slope among them.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    Gil-Pelaez 1951: inversion of the characteristic function, the path moved off the pole at 0 to where nothing
    cancels (`theory.enclosures_contour`). The law moves up with the slopes, the variance and, given survival,
    keep_prob. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> norm_law_cdf(0, 2, 1, 0.5, "linear").overlaps(1 - arb(-1).exp())  # |z|^2/2 is exponential
    True
    """
    where, size = box("point", point), positive_box("variance", variance)
    units, layers = whole("width", width), whole("depth", depth)
    chosen = activation_box(activation)
    evaluate = _evaluator(route, units, layers, chosen)
    gain = (chosen.keep.high, chosen.keep.low) if chosen.rescale else (fmpq(1), fmpq(1))
    (a, b), keep = chosen.slopes, chosen.keep
    ends = {
        (where.high, size.low / gain[0] ** 2, Law(a.low, b.low, keep.low)),
        (where.low, size.high / gain[1] ** 2, Law(a.high, b.high, keep.high)),
    }
    balls: list[arb] = [
        narrow(partial(evaluate, x, Walk(units, layers, v, law)), rel_radius) for x, v, law in ends
    ]
    with ctx.workprec(bits_for(rel_radius)):
        return balls[0].union(balls[-1])


_Evaluator = Callable[[fmpq, Walk], arb]


def _evaluator(route: str, width: int, depth: int, activation: ActivationBox) -> _Evaluator:
    """The evaluator of a route, where it applies."""
    live_slopes(activation)
    if activation.upper is not None:
        raise ValueError(f"activation must have a fixed slope here, got {activation}")
    plain = all(end in (0, 1) for end in (activation.slopes[0].low, activation.slopes[0].high))
    kind = "plain" if plain else "leaky" if activation.keep.low == 1 else "leaky with dropout"
    for name, value, limit in (("width", width, _WIDTHS[kind]), ("depth", depth, _DEPTH)):
        if value > limit:
            raise ValueError(f"{name} must be at most {limit} here, got {value}")
    routes: Mapping[str, _Evaluator] = {"auto": _inverted, "integral": _inverted, "sum": _summed}
    chosen: _Evaluator = one_of("route", route, routes)
    if chosen is _summed and not (plain and depth == 1):
        raise ValueError(f"route must be 'integral' unless depth is 1, slope 0 or 1, got {route!r}")
    return chosen


def _inverted(point: fmpq, walk: Walk) -> arb:
    return walk.below(point)


def _summed(point: fmpq, walk: Walk) -> arb:
    """P(variance Q <= exp(2 point) | Q > 0), averaged over the number of live units."""
    q = (2 * arb(point)).exp() / (2 * arb(walk.variance))
    live = [(fmpq(n, 2), w) for n, w in binomial_law(walk.width, 1 - walk.law.atom) if n]
    below = sum((w * q.gamma_lower(half, regularized=1) for half, w in live), arb(0))
    return below / sum((w for _, w in live), arb(0))


def norm_law_moment(
    order: Real,
    width: int,
    depth: int,
    variance: Real,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E(|x_depth|/|x_0|)^order = (variance^(order/2) E Q^(order/2))^depth.

    Parameters
    ----------
    order : Real
        Finite, > 0.
    width, depth : int
        1 to 2**53.
    variance : Real
        Of each weight; finite, > 0.
    activation : Activation, ActivationBox or str
        With or without dropout.
    route : {"auto", "sum", "mellin"}
        As for `norm_moment`.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the moment at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Equal widths, biases zero. Source: Gurbuzbalaban & Hu 2021 (linear, ReLU, leaky ReLU); extension for the rest.

    Examples
    --------
    >>> norm_law_moment(2, 8, 100, 0.25, "relu").contains(arb(1))  # He initialisation
    True
    """
    interval, size = positive_box("order", order), positive_box("variance", variance)
    units, layers, chosen = whole("width", width), whole("depth", depth), activation_box(activation)
    p = Box(interval.low / 2, interval.high / 2)
    inner = share(rel_radius, int(p.high.ceil()) * layers)
    mean = power_mean(p, units, chosen, route, inner)
    with ctx.workprec(bits_for(inner)):
        gain = chosen.keep.ball() ** -2 if chosen.rescale else arb(1)
        return (mean * gain * size.ball()) ** (p.ball() * layers)


def norm_ratio_cdf(
    point: Real,
    width: int,
    depth: int,
    variance: Real,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose P(|x_depth| <= exp(point) |x_0|), extinct networks included.

    Parameters
    ----------
    point, width, depth, variance, activation, rel_radius
        As for `norm_law_cdf`.

    Returns
    -------
    flint.arb
        Contains the probability at every point of the arguments.

    Raises
    ------
    ValueError
        As for `norm_law_cdf`.

    Notes
    -----
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> norm_ratio_cdf(-100, 1, 2, 1, "relu").str(9)  # hardly more than the extinct
    '[0.750000000 +/- 3e-14]'
    """
    dead = extinction_probability(width, depth, activation, rel_radius=share(rel_radius))
    alive = norm_law_cdf(point, width, depth, variance, activation, rel_radius=share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        return dead + (1 - dead) * alive


def joined_characteristic(
    frequency: Real,
    width: int,
    depth_first: int,
    depth_second: int,
    variance: Real,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> acb:
    """Enclose E[(|x_k|/|x_0|)^(i frequency); x_k /= 0], k = depth_first + depth_second.

    Parameters
    ----------
    frequency : Real
        Finite; at most 1024 in size.
    width, depth_first, depth_second : int
        1 to 2**53.
    variance : Real
        Of each weight; finite, > 0.
    activation, route, rel_radius
        As for `theory.enclosures_complex.complex_moment`.

    Returns
    -------
    flint.acb
        Contains the value at every point of the arguments.

    Raises
    ------
    ValueError
        As for `complex_moment`.

    Notes
    -----
    The power k of one layer's: depths add up as convolutions do. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> joined_characteristic(0, 2, 1, 1, 1, "relu").real.contains(arb(0.5625))  # P(x_2 /= 0)
    True
    """
    w, size = box("frequency", frequency), positive_box("variance", variance)
    layers = whole("depth_first", depth_first) + whole("depth_second", depth_second)
    inner = share(rel_radius, layers)
    with ctx.workprec(bits_for(inner)):
        half = w.low / 2 if w.thin else w.ball() / 2
    one = complex_moment(half, width, activation, route=route, rel_radius=inner)
    with ctx.workprec(bits_for(inner)):
        return ((acb(0, 1) * w.ball() / 2 * size.ball().log()).exp() * one) ** layers
