"""Enclosures of the strength of one mode of a balanced net.

Conventions as in `theory.enclosures_deep_linear_rates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from types import MappingProxyType

from flint import arb, ctx, fmpq

from theory.enclosures_boxes import Real, nonnegative_box, positive_box
from theory.enclosures_engine import bits_for, narrow, one_of
from theory.enclosures_spectra import hull

__all__ = ["mode_strength"]

_REL_RADIUS = 1e-25


def mode_strength(
    time: Real,
    initial: Real,
    target: Real,
    rate: Real = 1,
    depth: int = 2,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the strength of a mode under gradient flow from balanced aligned weights.

    Parameters
    ----------
    time : Real
        t, finite and >= 0.
    initial, target : Real
        s(0) and y, finite and > 0.
    rate : Real
        rho, finite and > 0.
    depth : {1, 2}
        L, number of weight matrices.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the strength at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    ds/dt = L rho s^(2 - 2/L) (y - s) depends on rho t alone, in which s is monotone; it rises with s(0) and, the
    right side rising with y, with y: over a box s is extreme at its corners. Saxe, McClelland & Ganguli 2014.

    Examples
    --------
    >>> mode_strength(1, 1, 3, depth=2).overlaps(3 / (1 + 2 * arb(-6).exp()))
    True
    """
    moment, speed = nonnegative_box("time", time), positive_box("rate", rate)
    start, goal = positive_box("initial", initial), positive_box("target", target)
    solution = one_of("depth", depth, _SOLUTIONS)
    ends = ((start.low, goal.low), (start.high, goal.high))
    times = (moment.low * speed.low, moment.high * speed.high)
    corners = {(u, *pair) for u, pair in product(times, ends)}
    values = [narrow(partial(solution, *corner), rel_radius) for corner in corners]
    with ctx.workprec(bits_for(rel_radius)):
        return hull(values)


def _relaxation(time: fmpq, start: fmpq, goal: fmpq) -> arb:
    """time is rho t."""
    exponent = arb(-time)
    return start * exponent.exp() - goal * exponent.expm1()


def _sigmoid(time: fmpq, start: fmpq, goal: fmpq) -> arb:
    exponent = arb(-2 * goal * time)
    return goal / (goal / start * exponent.exp() - exponent.expm1())


_SOLUTIONS: Mapping[int, Callable[[fmpq, fmpq, fmpq], arb]] = MappingProxyType(
    {1: _relaxation, 2: _sigmoid}
)
