"""Roots of increasing functions, enclosed by the signs of rigorous enclosures on both sides."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2

from flint import arb, ctx, fmpq

from theory.enclosures_engine import bits_for, share

__all__ = ["increasing_root"]

_SMALLEST = -1000  # exponent of 2
_GUESS_BITS = 96
_COARSE = fmpq(1, 2**28)
_MOST_BITS = 8192
_STEPS = 60

_Function = Callable[[fmpq], arb]


def increasing_root(value: _Function, largest: int, radius: float) -> arb:
    """Enclose the root > 0 of an increasing function.

    Parameters
    ----------
    value : callable
        Encloses the function at an exact argument, at flint's current precision.
    largest : int
        Power of 2 beyond which the function is not asked for.
    radius : float
        Largest relative radius of the result.

    Returns
    -------
    flint.arb
        Contains the root: the function is surely negative at its lower end and positive at its upper end.

    Raises
    ------
    ValueError
        If there is no root from 2**-1000 to `largest`.
    ArithmeticError
        If the signs cannot be told apart with 8192 bits.

    Notes
    -----
    Bisection of the exponent and the secant method find a place; what proves the enclosure is the pair of signs there.

    Examples
    --------
    >>> increasing_root(lambda x: arb(x) ** 2 - 2, 64, 1e-20).overlaps(arb(2).sqrt())
    True
    """
    top = largest.bit_length() - 1
    if not _SMALLEST <= (exponent := _exponent(value, top)) < top:
        raise ValueError(f"no root from 2**{_SMALLEST} to {largest}")
    goal = fmpq(1, 2 ** ceil(-log2(share(radius))))
    with ctx.workprec(_GUESS_BITS + 4 * abs(exponent)):
        near = _secant(value, fmpq(2) ** exponent, fmpq(2) ** (exponent + 1), _COARSE)
    with ctx.workprec(2 * bits_for(radius) + 4 * abs(exponent)):
        place = _secant(value, near * (1 - _COARSE), near * (1 + _COARSE), goal / 2)
    low, high = place * (1 - goal), place * (1 + goal)
    _require(value, low, -1)
    _require(value, high, 1)
    with ctx.workprec(bits_for(share(radius))):
        return arb(low).union(arb(high))


def _exponent(value: _Function, top: int) -> int:
    """The e at which the function changes its sign between 2^e and 2^(e+1), probably."""
    low, high = _SMALLEST - 1, top + 1
    while high - low > 1:
        # most roots are of order 1: look there first
        centre = -1 if (low, high) == (_SMALLEST - 1, top + 1) else _between(low, high)
        with ctx.workprec(_GUESS_BITS + 4 * abs(centre)):
            low, high = (low, centre) if value(fmpq(2) ** centre).mid() >= 0 else (centre, high)
    return low


def _between(low: int, high: int) -> int:
    """Half-way, but at most a factor of 2 further from 0: small arguments cost many bits."""
    return max((low + high) // 2, 2 * high - 1) if high <= -1 else (low + high) // 2


def _secant(value: _Function, low: fmpq, high: fmpq, goal: fmpq) -> fmpq:
    """The secant method on the middles of the balls, with bisection where it leaves the bracket."""
    before, at = (low, value(low).mid()), (high, value(high).mid())
    for _ in range(_STEPS):
        rise = arb(at[1] - before[1]).mid().fmpq()
        place = at[0] - at[1].fmpq() * (at[0] - before[0]) / rise if rise else at[0]
        place = arb(place if low <= place <= high else (low + high) / 2).mid().fmpq()
        if abs(place - at[0]) <= goal * place:
            return place
        before, at = at, (place, value(place).mid())
        low, high = (place, high) if at[1] < 0 else (low, place)
    return at[0]


def _require(value: _Function, at: fmpq, sign: int) -> None:
    """Raise ArithmeticError unless the function surely has that sign, at rising precision."""
    bits = _GUESS_BITS
    while bits <= _MOST_BITS:
        with ctx.workprec(bits):
            ball = value(at) * sign
            if ball > 0:
                return
            if ball < 0:
                break
        bits *= 2
    raise ArithmeticError(f"no enclosure of the root near {float(arb(at)):g}")
