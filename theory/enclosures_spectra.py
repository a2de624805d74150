"""From exact points to boxes, for functions of many real arguments: spectra, monotone functions, sums that cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

from flint import arb, ctx, fmpq

from theory.enclosures_boxes import Box, Real, positive_box
from theory.enclosures_engine import bits_for, narrow

__all__ = ["Point", "hull", "log_excess", "monotone", "spectrum", "thin", "total"]

Point: TypeAlias = Sequence[fmpq]
"""Exact values of several arguments."""

_MOST_BITS = 8192
_SERIES_BITS = 16  # the series of log(1 + x) gains as many bits a term


def spectrum(name: str, values: Sequence[Real] | Real) -> tuple[Box, ...]:
    """Return the intervals of eigenvalues, each finite and > 0.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : sequence of Real, or Real
        Eigenvalues; one number stands for one parameter.

    Returns
    -------
    tuple of Box

    Raises
    ------
    ValueError
        If there are none, or one is not finite and > 0.

    Examples
    --------
    >>> spectrum("covariance", (1, 2))
    (Box(low=1, high=1), Box(low=2, high=2))
    >>> spectrum("covariance", (1, 0))
    Traceback (most recent call last):
    ...
    ValueError: covariance must be finite and > 0, got 0
    """
    if not isinstance(values, Sequence):
        return (positive_box(name, values),)
    if not values:
        raise ValueError(f"{name} must hold at least one number, got {values!r}")
    return tuple(positive_box(name, value) for value in values)


def thin(*boxes: Box) -> bool:
    """Return whether all `boxes` are single numbers.

    Examples
    --------
    >>> thin(*spectrum("covariance", (1, 2)))
    True
    """
    return all(box.thin for box in boxes)


def hull(balls: Iterable[arb]) -> arb:
    """Return a ball that contains `balls`, one at least, at flint's current precision; of one ball, the ball.

    Examples
    --------
    >>> hull([arb(1), arb(3)]).contains(2)
    True
    """
    first, *rest = balls
    for ball in rest:
        first = first.union(ball)
    return first


def monotone(
    value: Callable[[Point, Point], arb],
    rising: Sequence[Box],
    falling: Sequence[Box],
    radius: float,
) -> arb:
    """Enclose over a box a function that rises in some arguments and falls in the others.

    Parameters
    ----------
    value : callable
        Encloses the function at exact points (those in which it rises, those in which it falls), at flint's current
        precision.
    rising, falling : sequence of Box
        The arguments.
    radius : float
        Largest relative radius at each of the two extreme corners.

    Returns
    -------
    flint.arb

    Raises
    ------
    ArithmeticError
        If a corner's ball is still too wide at 8192 bits.

    Examples
    --------
    >>> wide = monotone(lambda up, down: arb(up[0] / down[0]), spectrum("a", arb(3, 1)), spectrum("b", 2), 1e-9)
    >>> wide.contains(1), wide.contains(2), wide.contains(2.1)
    (True, True, False)
    """
    up, down = [b.low for b in rising], [b.high for b in falling]
    low: arb = narrow(partial(value, up, down), radius)
    if thin(*rising, *falling):
        return low
    up, down = [b.high for b in rising], [b.low for b in falling]
    high: arb = narrow(partial(value, up, down), radius)
    with ctx.workprec(bits_for(radius)):
        return low.union(high)


def total(terms: Callable[[], Sequence[arb]], exact: bool, radius: float) -> arb:
    """Enclose a sum whose terms may cancel.

    Parameters
    ----------
    terms : callable
        Encloses the terms, at flint's current precision.
    exact : bool
        Whether the arguments are single numbers; if so the precision rises until the ball is narrow.
    radius : float
        Largest radius of the ball, relative to the larger of the sum and `radius` times the largest term.

    Returns
    -------
    flint.arb

    Raises
    ------
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Examples
    --------
    >>> tiny = total(lambda: (arb(1).exp(), -arb(1).exp(), arb(2) ** -60), True, 1e-20)
    >>> tiny.contains(arb(2) ** -60), bool(tiny.rad() < 1e-37)
    (True, True)
    """
    bits = bits_for(radius)
    while bits <= _MOST_BITS:
        with ctx.workprec(bits):
            parts = terms()
            ball = sum(parts, arb(0))
            floor = max((part.abs_upper() for part in parts), default=arb(0)) * arb(radius)
            narrow_enough = ball.rad() <= ball.abs_lower().max(floor) * arb(radius)
            if not exact or (ball.is_finite() and narrow_enough):
                return ball
        bits *= 2
    raise ArithmeticError(f"no ball of relative radius {radius:g} within {_MOST_BITS} bits")


def log_excess(ratio: arb, offset: arb) -> arb:
    """Enclose r - 1 - log(r), which is >= 0, where r lies in both `ratio` and 1 + `offset`.

    Near 1 the offset holds more digits than the ratio, near 0 the ratio does. The function is convex and vanishes at 1,
    so its values at the ends, and 0 where 1 may be inside, enclose it as narrowly as can be.

    Examples
    --------
    >>> log_excess(arb(1), arb(0))
    0
    >>> log_excess(1 + arb("1e-90"), arb("1e-90")).str(5)
    '[5.0000e-181 +/- 3e-190]'
    """
    if offset.abs_upper() < arb(2) ** -_SERIES_BITS:
        ends, inside = [_series(x) for x in (offset.lower(), offset.upper())], offset.contains(0)
    else:
        both = ratio.intersection(1 + offset)
        ends, inside = [r - 1 - r.log() for r in (both.lower(), both.upper())], both.contains(1)
    hull: arb = ends[0].union(ends[1])
    return hull.union(arb(0)) if inside else hull


def _series(x: arb) -> arb:
    """x - log(1 + x) = x^2 sum_k (-x)^k/(k + 2) for small x; the rest is less than a geometric series."""
    terms = ctx.prec // _SERIES_BITS + 2
    value = arb(0)
    for k in reversed(range(terms)):
        value = arb(fmpq(1, k + 2)) - x * value
    size = x.abs_upper()
    rest = size**terms / ((terms + 2) * (1 - size))
    return x * x * (value + arb(0, rest.abs_upper()))
