"""Enclosures of the bound on the stationary loss, of its least value, and of the leading term it tends to.

Conventions as in `theory.enclosures_kl_bound_divergence`.
"""

from __future__ import annotations

from functools import partial

from flint import arb, ctx, fmpq

from theory.enclosures_boxes import Box, Real, box, positive_box, whole
from theory.enclosures_engine import bits_for, share
from theory.enclosures_spectra import monotone, total

__all__ = [
    "large_variance_bound",
    "loss_bound",
    "optimal_loss_bound",
    "small_variance_bound",
]

_REL_RADIUS = 1e-25


def loss_bound(
    initial_variance: Real,
    second_moment: Real,
    log_prefactor: Real,
    temperature: Real,
    parameters: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the bound (T/K) ((K/2) log(2 pi s0) + log C_loc + M/(2 s0)) on E_ss[L]/K.

    Parameters
    ----------
    initial_variance : Real
        s0, finite and > 0.
    second_moment : Real
        M = E_ss|W|^2, finite and > 0.
    log_prefactor : Real
        log C_loc of p_ss = C_loc exp(-L/T), finite.
    temperature : Real
        T, finite and > 0.
    parameters : int
        K, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments, where the terms do not cancel to below it.

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
    Convex in log s0 with its minimum at M/K: over a ball it is extreme at the ends or there. Horii & Has 2026, (14).

    Examples
    --------
    >>> loss_bound(1, 2, 0, 1, 2).overlaps((2 * arb.pi()).log() / 2 + 0.5)
    True
    """
    start, moment = (
        positive_box("initial_variance", initial_variance),
        positive_box("second_moment", second_moment),
    )
    constant, heat = box("log_prefactor", log_prefactor), positive_box("temperature", temperature)
    size = whole("parameters", parameters)

    def terms(at: fmpq, square: fmpq, shift: fmpq) -> list[arb]:
        return [(2 * arb.pi() * at).log() / 2, arb(shift / size), arb(square / (2 * size * at))]

    inner = min(max(moment.low / size, start.low), start.high)
    places = {
        (inner, moment.low, constant.low),
        (start.low, moment.high, constant.high),
        (start.high, moment.high, constant.high),
    }
    radius = share(rel_radius)
    return _scaled(heat, [total(partial(terms, *at), True, radius) for at in places], radius)


def small_variance_bound(
    initial_variance: Real,
    second_moment: Real,
    temperature: Real,
    parameters: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the leading term T M/(2 K s0) of `loss_bound` as s0 -> 0.

    Parameters
    ----------
    initial_variance, second_moment, temperature, parameters, rel_radius
        As for `loss_bound`.

    Returns
    -------
    flint.arb
        Contains the term at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Horii & Has 2026, (18).

    Examples
    --------
    >>> small_variance_bound(0.25, 2, 1, 4).contains(1)
    True
    """
    rising = (
        positive_box("second_moment", second_moment),
        positive_box("temperature", temperature),
    )
    falling = (positive_box("initial_variance", initial_variance),)
    size = whole("parameters", parameters)
    return monotone(
        lambda up, down: arb(up[0] * up[1] / (2 * size * down[0])), rising, falling, rel_radius
    )


def large_variance_bound(
    initial_variance: Real, temperature: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the leading term (T/2) log s0 of `loss_bound` as s0 -> infinity.

    Parameters
    ----------
    initial_variance, temperature, rel_radius
        As for `loss_bound`.

    Returns
    -------
    flint.arb
        Contains the term at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Horii & Has 2026, (19).

    Examples
    --------
    >>> large_variance_bound(8, 2).overlaps(3 * arb(2).log())
    True
    """
    start, heat = (
        positive_box("initial_variance", initial_variance),
        positive_box("temperature", temperature),
    )
    radius = share(rel_radius)
    logarithm = monotone(lambda up, _: arb(up[0]).log(), (start,), (), radius)
    return _scaled(Box(heat.low / 2, heat.high / 2), [logarithm], radius)


def optimal_loss_bound(
    second_moment: Real,
    log_prefactor: Real,
    temperature: Real,
    parameters: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose `loss_bound` at its minimum s0 = M/K: (T/2) (log(M/K) + log(2 pi e) + (2/K) log C_loc).

    Parameters
    ----------
    second_moment, log_prefactor, temperature, parameters, rel_radius
        As for `loss_bound`.

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
    Horii & Has 2026, (20), with the factor 2/K that is missing there.

    Examples
    --------
    >>> optimal_loss_bound(2, 0, 2, 2).overlaps((2 * arb.pi()).log() + 1)
    True
    """
    moment, constant = (
        positive_box("second_moment", second_moment),
        box("log_prefactor", log_prefactor),
    )
    heat, size = positive_box("temperature", temperature), whole("parameters", parameters)

    def terms(square: fmpq, shift: fmpq) -> list[arb]:
        return [(2 * arb.pi() * (square / size)).log() / 2, arb(fmpq(1, 2)), arb(shift / size)]

    places = {(moment.low, constant.low), (moment.high, constant.high)}
    radius = share(rel_radius)
    return _scaled(heat, [total(partial(terms, *at), True, radius) for at in places], radius)


def _scaled(heat: Box, values: list[arb], radius: float) -> arb:
    """The temperature times the hull of the values."""
    with ctx.workprec(bits_for(radius)):
        hull = values[0]
        for value in values[1:]:
            hull = hull.union(value)
        return heat.ball() * hull
