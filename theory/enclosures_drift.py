"""Enclosures of the log-norm's drift: its mean and variance for one layer, and the weight variance without drift.

Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give
results that hold at all their points. A mean may be zero: its radius is then at most `rel_radius` squared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import arb, ctx, fmpq

from theory.enclosures import AnyActivation, Route
from theory.enclosures_activations import ActivationBox, activation_box
from theory.enclosures_boxes import Box, Real, positive_box, whole
from theory.enclosures_couplings import kept_ratio, live_slopes, log_shift, middle
from theory.enclosures_engine import bits_for, corners, narrow, one_of, share, signed
from theory.enclosures_law import Law
from theory.enclosures_logs import log_mellin, log_moments, log_sum

__all__ = [
    "geometric_mean",
    "log_norm_cumulant",
    "log_norm_mean",
    "log_norm_variance",
    "lyapunov_exponent",
    "zero_drift_variance",
]

_REL_RADIUS = 1e-25
_ONE = Box(fmpq(1), fmpq(1))
_Moments = Callable[[int, int, int, Law], list[arb]]
_ROUTES: Mapping[str, _Moments] = {"auto": log_moments, "sum": log_sum, "mellin": log_mellin}


def log_norm_mean(
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E[log|phi(z)| given phi(z) /= 0], z ~ N(0, I_width).

    Parameters
    ----------
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout. A fixed slope must not be 0 at some points of a box only.
    route : {"auto", "sum", "mellin"}
        The finite sum of digamma functions (slopes 0 and 1), the integral of the Laplace transform, or the quicker.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the mean at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain, or route "sum" with another slope.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    Half of E[log Q | Q > 0] = int_0^inf ((1 - P0) exp(-t) - (psi^width - P0)) dt/t / (1 - P0), P0 = P(Q = 0).
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> log_norm_mean(2, "linear").overlaps((arb(2).log() - arb.const_euler()) / 2)
    True
    """
    chosen, units = activation_box(activation), whole("width", width)

    def half_log(radius: float) -> arb:
        mean = geometric_mean(units, chosen, route, radius)
        with ctx.workprec(bits_for(radius)):
            return mean.log() / 2 - _log_gain(chosen)

    return signed(half_log, rel_radius)


def geometric_mean(width: int, activation: ActivationBox, route: Route, radius: float) -> arb:
    """Enclose exp(E[log Q | Q > 0]) over a box, Q without the rescaling of dropout.

    Parameters
    ----------
    width : int
        Number of units.
    activation : ActivationBox
        Slopes and keep_prob.
    route : {"auto", "sum", "mellin"}
        As for `log_norm_mean`.
    radius : float
        Largest relative radius at each corner.

    Returns
    -------
    flint.arb

    Notes
    -----
    Increasing in the slopes path by path; in keep_prob because the number of live units given that there are any has a
    monotone likelihood ratio.

    Examples
    --------
    >>> (geometric_mean(2, ActivationBox(1), "auto", 1e-9) / 2).overlaps((-arb.const_euler()).exp())
    True
    """
    moments: _Moments = one_of("route", route, _ROUTES)
    live_slopes(activation)

    def value(_: fmpq, law: Law) -> arb:
        mass, first = moments(0, 1, width, law)
        return (first / mass).exp()

    return corners(value, _ONE, activation, activation.keep, radius)


def _log_gain(activation: ActivationBox) -> arb:
    """Log of keep_prob where dropout divides by it, else 0."""
    return activation.keep.ball().log() if activation.rescale else arb(0)


def log_norm_variance(
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose Var[log|phi(z)| given phi(z) /= 0], z ~ N(0, I_width).

    Parameters
    ----------
    width, activation, route, rel_radius
        As for `log_norm_mean`; over a box of activations the ball is wider than need be.

    Returns
    -------
    flint.arb
        Contains the variance at every point of the arguments.

    Raises
    ------
    ValueError
        As for `log_norm_mean`; also if the smaller of two random slopes ranges over 0 and more.

    Notes
    -----
    A quarter of the variance of log Q given Q > 0. Over a box: standard deviations of two variables differ by at most
    that of their difference, which is at most half its range (Popoviciu); and E(X - m)^2 changes with keep_prob by
    at most the ratio of the probabilities. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> log_norm_variance(2, "linear").overlaps(arb.pi() ** 2 / 24)
    True
    """
    chosen, units = activation_box(activation), whole("width", width)
    ball = log_norm_cumulant(2, units, chosen, route, rel_radius)
    if all(box.thin for box in (*chosen.slopes, chosen.keep)):
        return ball
    live_slopes(chosen)
    with ctx.workprec(bits_for(rel_radius)):
        return _spread(ball, units, chosen, route, rel_radius)


def _spread(ball: arb, width: int, activation: ActivationBox, route: Route, radius: float) -> arb:
    """The variances over a box, from that at its middle."""
    centre = middle(activation)
    here = ActivationBox(centre.lower, _upper(activation, centre), centre.keep)
    keeps = ActivationBox(centre.lower, _upper(activation, centre), activation.keep_prob)
    gap = geometric_mean(width, keeps, route, radius).log()
    gap = (gap - geometric_mean(width, here, route, radius).log()) / 2
    low, high = kept_ratio(width, activation.keep, centre.keep)
    alive = _alive_ratio(width, activation, centre)
    square = ball * (low / alive.upper()).union(high / alive.lower())
    moved = (square.union(square - gap**2)).nonnegative_part().sqrt()
    shift = log_shift(activation).upper() / 4
    return ((moved + arb(0, shift)).nonnegative_part()) ** 2


def _upper(activation: ActivationBox, centre: Law) -> fmpq | None:
    return None if activation.upper is None else centre.upper


def _alive_ratio(width: int, activation: ActivationBox, centre: Law) -> arb:
    """P(Q > 0) over a box of keep_prob, relative to its middle."""
    ends = (activation.keep.low, activation.keep.high)
    alive = [
        1 - arb(Law(centre.lower, centre.upper, k).atom) ** width for k in (*ends, centre.keep)
    ]
    return alive[0].union(alive[1]) / alive[2]


def log_norm_cumulant(
    order: int, width: int, activation: ActivationBox, route: Route, radius: float
) -> arb:
    """Enclose the cumulant of order 2 or 3 of log|phi| given phi /= 0, at the middle of a box.

    `order`, `width`, the box `activation`, `route` as for `log_norm_mean`, and the relative `radius`.

    Examples
    --------
    >>> third = log_norm_cumulant(3, 2, ActivationBox(1), "auto", 1e-20)
    >>> third.overlaps(-arb(3).zeta() / 4)
    True
    """
    moments: _Moments = one_of("route", route, _ROUTES)
    law = middle(activation)

    def value() -> arb:
        mass, *rest = moments(0, order, width, law)
        one, two, *more = [moment / mass for moment in rest]
        return two - one**2 if order == 2 else more[0] - 3 * one * two + 2 * one**3

    ball: arb = narrow(value, radius)
    with ctx.workprec(bits_for(radius)):
        cumulant: arb = ball / 2**order
    return cumulant


def zero_drift_variance(
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the weight variance at which the log-norm of the survivors has no drift: exp(-E[log Q | Q > 0]).

    Parameters
    ----------
    width, activation, route, rel_radius
        As for `log_norm_mean`.

    Returns
    -------
    flint.arb
        Contains the variance at every point of the arguments.

    Raises
    ------
    ValueError
        As for `log_norm_mean`.

    Notes
    -----
    Equal widths. Sussillo & Abbott 2014 (approximations of it, linear and ReLU); extension for the exact value.

    Examples
    --------
    >>> zero_drift_variance(2, "linear").overlaps(arb.const_euler().exp() / 2)
    True
    """
    chosen, units = activation_box(activation), whole("width", width)
    mean = geometric_mean(units, chosen, route, share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        return (chosen.keep.ball() ** 2 if chosen.rescale else arb(1)) / mean


def lyapunov_exponent(
    variance: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the drift per layer of log|x_k| given survival: log(variance)/2 + log_norm_mean.

    Parameters
    ----------
    variance : Real
        Of each weight; finite, > 0.
    width, activation, route, rel_radius
        As for `log_norm_mean`.

    Returns
    -------
    flint.arb
        Contains the exponent at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Equal widths, biases zero. Source: Gurbuzbalaban & Hu 2021, the almost sure limit of log|x_k|/k (linear,
    ReLU); extension for the rest.

    Examples
    --------
    >>> lyapunov_exponent(0.5, 2, "linear").overlaps(-arb.const_euler() / 2)
    True
    """
    spread, units = positive_box("variance", variance), whole("width", width)
    chosen = activation_box(activation)

    def drift(radius: float) -> arb:
        mean = geometric_mean(units, chosen, route, radius)
        with ctx.workprec(bits_for(radius)):
            return (spread.ball() * mean).log() / 2 - _log_gain(chosen)

    return signed(drift, rel_radius)
