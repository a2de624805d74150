"""From an exact point to a box, and from a ball to a narrow one: what every enclosure shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, log2
from typing import Any, TypeAlias

from flint import arb, ctx, fmpq

from theory.enclosures_activations import ActivationBox
from theory.enclosures_boxes import Box
from theory.enclosures_kernels import finite_sum, mellin
from theory.enclosures_law import Law

__all__ = [
    "Evaluator",
    "bits_for",
    "corners",
    "mean_at",
    "narrow",
    "one_of",
    "power_mean",
    "share",
    "signed",
]

Evaluator: TypeAlias = Callable[[fmpq, int, Law], arb]
"""E Q^p from (p, width, law), by some route."""

_ROUTES: Mapping[str, Evaluator | None] = {"auto": None, "sum": finite_sum, "mellin": mellin}
_SIMPLE_SUM = 4096  # width up to which the sum of slope 0 or 1 beats the integral
_LEAKY_SUM = 256  # the same for other slopes, whose terms are hypergeometric functions
_INTEGRAL_LIMIT = 64  # largest p for the integral: its precision, and so its cost, grows with p
_MOST_BITS = 8192
_GUARD_BITS = 48


def power_mean(p: Box, width: int, activation: ActivationBox, route: str, radius: float) -> arb:
    """Enclose (E Q^p)^(1/p) over a box, Q without the rescaling of dropout.

    Parameters
    ----------
    p : Box
        Order > 0.
    width : int
        Number of units.
    activation : ActivationBox
        Slopes and keep_prob.
    route : str
        "auto", "sum" or "mellin".
    radius : float
        Largest relative radius at each corner.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an unknown route, or an order above 128 where the integral would have to be used.

    Notes
    -----
    Non-decreasing in p by Lyapunov's inequality; in the slopes and keep_prob because Q is, path by path.

    Examples
    --------
    >>> power_mean(Box(fmpq(1), fmpq(1)), 3, ActivationBox(0), "auto", 1e-9).str(5)
    '[1.5000 +/- 3e-9]'
    """
    one_of("route", route, _ROUTES)
    value = partial(mean_at, width=width, route=route)
    return corners(value, p, activation, activation.keep, radius)


def mean_at(at: fmpq, law: Law, width: int, route: str) -> arb:
    """Enclose (E Q^p)^(1/p) at an exact point, at flint's current precision.

    p is `at`; the unit's `law`, `width` and `route` are as for `power_mean`.

    Raises
    ------
    ValueError
        For an unknown route, or p above 64 where the integral would have to be used.

    Examples
    --------
    >>> mean_at(fmpq(2), Law(fmpq(1), fmpq(1), fmpq(1)), 3, "auto").overlaps(arb(15).sqrt())
    True
    """
    evaluate = one_of("route", route, _ROUTES) or _quicker(width, law)
    if evaluate is mellin and at > _INTEGRAL_LIMIT:
        raise ValueError(f"order must be <= {2 * _INTEGRAL_LIMIT} here, got {2 * at}")
    return evaluate(at, width, law) ** arb(1 / at)


def _quicker(width: int, law: Law) -> Evaluator:
    """The finite sum where it is short, else the integral."""
    if law.upper == law.keep == 1:
        return finite_sum if law.fixed else mellin  # one gamma ratio at any width
    simple = law.upper in (0, 1)
    short = width <= _SIMPLE_SUM if simple else width <= _LEAKY_SUM and law.keep == 1
    return finite_sum if law.fixed and short else mellin


def corners(
    value: Callable[[fmpq, Law], arb],
    first: Box,
    activation: ActivationBox,
    keep: Box,
    radius: float,
) -> arb:
    """Enclose over a box a function that is monotone, all one way, in its argument, the slopes and keep_prob.

    Parameters
    ----------
    value : callable
        Encloses the function at an exact argument and Law.
    first : Box
        The argument.
    activation : ActivationBox
        The slopes.
    keep : Box
        keep_prob.
    radius : float
        Largest relative radius at each of the two corners.

    Returns
    -------
    flint.arb

    Examples
    --------
    >>> one = Box(fmpq(1), fmpq(1))
    >>> corners(lambda t, law: arb(t), Box(fmpq(1), fmpq(2)), ActivationBox(0), one, 1e-9).contains(arb(1.7))
    True
    """
    low, high = activation.slopes
    ends = {
        (first.low, low.low, high.low, keep.low),
        (first.high, low.high, high.high, keep.high),
    }
    balls: list[arb] = [narrow(partial(value, at, Law(*law)), radius) for at, *law in ends]
    with ctx.workprec(bits_for(radius)):
        return balls[0].union(balls[-1]) if len(balls) > 1 else balls[0]


def narrow(evaluate: Callable[[], Any], radius: float) -> Any:
    """Evaluate at rising precision until the ball, real or complex, has at most that relative radius.

    `evaluate` takes no argument and works at flint's current precision; `radius` is the relative radius.

    Raises
    ------
    ArithmeticError
        If it is still too wide at 8192 bits.

    Examples
    --------
    >>> narrow(lambda: arb(2).sqrt(), 1e-9).overlaps(arb(2).sqrt())
    True
    """
    bits = bits_for(radius)
    while bits <= _MOST_BITS:
        with ctx.workprec(bits):
            ball = evaluate()
            if ball.rad() <= ball.abs_lower() * arb(radius):
                return ball
        bits *= 2
    raise ArithmeticError(f"no ball of relative radius {radius:g} within {_MOST_BITS} bits")


def signed(evaluate: Callable[[float], arb], radius: float) -> arb:
    """Evaluate a function that may vanish, which takes the absolute radius to keep.

    `evaluate` is the function, `radius` the relative radius wanted.

    The ball's radius is at most `radius` times the larger of the value's size and `radius`.

    Examples
    --------
    >>> signed(lambda radius: narrow(lambda: arb(1).exp(), radius) - 2.75, 1e-9).overlaps(arb(1).exp() - 2.75)
    True
    """
    ball = evaluate(share(radius))
    allowed = radius * max(float(ball.abs_lower()), radius)
    return ball if ball.rad() <= allowed else evaluate(share(max(allowed, 1e-299)))


def bits_for(radius: float) -> int:
    """Return a precision at which a little arithmetic keeps well within a relative radius.

    Raises
    ------
    ValueError
        Unless 1e-300 <= radius < 1.

    Examples
    --------
    >>> bits_for(2.0**-80)
    128
    """
    if not 1e-300 <= radius < 1:
        raise ValueError(f"rel_radius must be in [1e-300, 1), got {radius}")
    return ceil(-log2(radius)) + _GUARD_BITS


def share(radius: float, power: int = 1) -> float:
    """Return the relative radius to ask of a ball so that its power, and some arithmetic, keep within `radius`.

    Examples
    --------
    >>> share(1e-20, 5)
    5e-22
    """
    bits_for(radius)
    return max(radius / (4 * max(1, power)), 1e-300)


def one_of(name: str, value: Any, allowed: Mapping[Any, Any]) -> Any:
    """Return the entry `value` of the table `allowed`; else raise ValueError, which names the argument `name`.

    Examples
    --------
    >>> one_of("terms", 4, {1: "one", 2: "two"})
    Traceback (most recent call last):
    ...
    ValueError: terms must be one of 1, 2, got 4
    """
    if not isinstance(value, bool | list | dict | set) and value in allowed:
        return allowed[value]
    raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
