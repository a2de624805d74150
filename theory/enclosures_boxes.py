"""Exact inputs of the enclosures: numbers and balls as intervals with rational ends.

A float stands for its exact binary value and a Fraction for itself, so an enclosure is about the number that was given
and not about a rounded neighbour. A ball stands for every number in it.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import arb, fmpq, fmpz

__all__ = [
    "Box",
    "Real",
    "box",
    "nonnegative_box",
    "positive_box",
    "whole",
]

Real: TypeAlias = int | float | Fraction | fmpq | fmpz | arb
"""A real argument: exact, or a ball that stands for all its points."""

_LARGEST_WIDTH = 2**53  # as the float64 closed forms


@dataclass(frozen=True)
class Box:
    """A closed interval with rational end points, low <= high.

    Parameters
    ----------
    low, high : flint.fmpq
        The end points; equal for an exact number.

    Examples
    --------
    >>> Box(fmpq(1, 3), fmpq(1, 2)).thin
    False
    """

    low: fmpq
    high: fmpq

    @property
    def thin(self) -> bool:
        """Whether the interval is one number.

        Examples
        --------
        >>> box("order", 0.5).thin
        True
        """
        return self.low == self.high

    def ball(self) -> arb:
        """Return a ball that contains the interval, at the current precision of flint.

        Examples
        --------
        >>> Box(fmpq(1), fmpq(2)).ball().contains(arb(1.5))
        True
        """
        return arb(self.low) if self.thin else arb(self.low).union(arb(self.high))

    def magnitude(self) -> Box:
        """Return the interval of absolute values.

        Examples
        --------
        >>> Box(fmpq(-2), fmpq(1)).magnitude()
        Box(low=0, high=2)
        """
        ends = sorted((abs(self.low), abs(self.high)))
        return Box(fmpq(0) if self.low < 0 < self.high else ends[0], ends[1])


def box(name: str, value: Real) -> Box:
    """Return the rational interval that `value` stands for.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : int, float, Fraction, flint.fmpq or flint.arb
        Finite. NumPy scalars of any width, and the floats of mpmath and SymPy, count as the number they hold.

    Returns
    -------
    Box

    Raises
    ------
    ValueError
        If `value` is not a finite real number or ball.

    Examples
    --------
    >>> box("order", 0.75)
    Box(low=3/4, high=3/4)
    >>> box("order", float("nan"))
    Traceback (most recent call last):
    ...
    ValueError: order must be a finite number or ball, got nan
    """
    if isinstance(value, arb) and value.is_finite():
        middle, radius = value.mid().fmpq(), value.rad().fmpq()
        return Box(middle - radius, middle + radius)
    exact = _exact(value)
    if exact is None:
        raise ValueError(f"{name} must be a finite number or ball, got {value!r}")
    return Box(exact, exact)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | fmpq | fmpz | arb) and not isinstance(value, bool)


def _exact(value: object) -> fmpq | None:
    """The rational number that is `value`, or None where there is none."""
    if isinstance(value, fmpq | fmpz):
        return fmpq(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, numbers.Rational):
        return fmpq(int(value.numerator), int(value.denominator))
    digits = getattr(value, "_mpf_", None)  # of mpmath's floats, and SymPy's
    if digits is not None:
        return _binary(*digits[:3])
    if isinstance(value, numbers.Real) and hasattr(value, "as_integer_ratio"):
        return _quotient(value.as_integer_ratio)
    return None


def _binary(sign: int, mantissa: int, exponent: int) -> fmpq | None:
    """The number (-1)^sign mantissa 2^exponent; infinities and NaN have an exponent, but no mantissa."""
    if not mantissa and exponent:
        return None
    size = fmpq(int(mantissa)) * fmpq(2) ** int(exponent)
    return -size if sign else size


def _quotient(parts: Callable[[], tuple[int, int]]) -> fmpq | None:
    try:
        above, below = parts()
    except (OverflowError, ValueError):  # infinite, not a number
        return None
    return fmpq(int(above), int(below))


def positive_box(name: str, value: Real) -> Box:
    """Return the interval of `value`, finite and > 0; else raise ValueError, which names the argument `name`.

    Examples
    --------
    >>> positive_box("order", 0)
    Traceback (most recent call last):
    ...
    ValueError: order must be finite and > 0, got 0
    """
    return _bounded(name, value, "> 0", lambda low: low > 0)


def nonnegative_box(name: str, value: Real) -> Box:
    """Return the interval of `value`, finite and >= 0; else raise ValueError, which names the argument `name`.

    Examples
    --------
    >>> nonnegative_box("t", 0)
    Box(low=0, high=0)
    """
    return _bounded(name, value, ">= 0", lambda low: low >= 0)


def _bounded(name: str, value: Real, allowed: str, test: Callable[[fmpq], bool]) -> Box:
    if not _is_number(value):
        raise ValueError(f"{name} must be a number or a ball, finite and {allowed}, got {value!r}")
    message = f"{name} must be finite and {allowed}, got {value!r}"
    try:
        interval = box(name, value)
    except ValueError:
        raise ValueError(message) from None
    if not test(interval.low):
        raise ValueError(message)
    return interval


def whole(name: str, value: Real) -> int:
    """Return a width as an int.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : int or integral-valued float
        From 1 to 2**53, as in the float64 closed forms.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `value` is not such a whole number.

    Examples
    --------
    >>> whole("width", 64.0)
    64
    >>> whole("width", 0)
    Traceback (most recent call last):
    ...
    ValueError: width must be a whole number from 1 to 2**53, got 0
    """
    exact = _exact(value)
    if exact is None or exact.denominator != 1 or not 1 <= exact <= _LARGEST_WIDTH:
        raise ValueError(f"{name} must be a whole number from 1 to 2**53, got {value!r}")
    return int(exact.numerator)
