"""Products, ratios and sums of them whose parts may overflow or underflow where the result does not.

Mantissas and exponents are kept apart: powers of two are exact, so nothing but the range is gained or lost.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.domain import Array

__all__ = ["Exponents", "exp_ratio", "log_of_parts", "parts", "ratio", "scaled", "sum_of_ratios"]

_Numbers = tuple[ArrayLike, ...]

Exponents = NDArray[np.signedinteger[Any]]

_NORMAL = 1000  # exponents up to it keep a mantissa in the normal range
_FAR = 10**5  # an exponent beyond every product of a few factors


def parts(numerators: _Numbers, denominators: _Numbers = ()) -> tuple[Array, Exponents]:
    """Product of the numerators over that of the denominators, as a mantissa and an exponent of two.

    Parameters
    ----------
    numerators, denominators : tuples of array_like
        Finite, a few; the denominators not 0.

    Returns
    -------
    tuple of ndarray
        m and e of m 2^e, m near 1 or 0.

    Notes
    -----
    One rounding for every factor but the first.

    Examples
    --------
    >>> m, e = parts((1e300, 1e300), (4e-200,))
    >>> round(float(e + np.log2(m))) == round(800 * np.log2(10) - 2)
    True
    """
    above, below = [np.frexp(x) for x in numerators], [np.frexp(x) for x in denominators]
    mantissa = prod(m for m, _ in above) / prod(m for m, _ in below)
    return np.asarray(mantissa), np.asarray(sum(e for _, e in above) - sum(e for _, e in below))


def scaled(mantissa: ArrayLike, exponent: ArrayLike) -> Array:
    """m 2^e: inf where it overflows, 0 or subnormal where it underflows, both without a warning.

    Parameters
    ----------
    mantissa, exponent : array_like
        m, and a whole number e.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> float(scaled(0.75, 2000)), float(scaled(0.75, -2000)), float(scaled(0.75, 3))
    (inf, 0.0, 6.0)
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(mantissa, exponent))


def log_of_parts(mantissa: Array, exponent: Exponents) -> Array:
    """Logarithm of m 2^e: that of the number wherever it is in the range of float64.

    Parameters
    ----------
    mantissa, exponent : ndarray
        As `parts` returns them, m > 0.

    Returns
    -------
    ndarray of float64
        Error below 3e-16 (1 + |logarithm|), given exact parts; below 2e-16 |logarithm| in the range.

    Examples
    --------
    >>> print(f"{log_of_parts(*parts((1e300, 1e300))):.9f}")  # 600 log(10)
    1381.551055796
    """
    kept = np.clip(exponent, -_NORMAL, _NORMAL)
    return np.asarray(np.log(np.ldexp(mantissa, kept)) + (exponent - kept) * np.log(2))


def ratio(numerators: _Numbers, denominators: _Numbers = ()) -> Array:
    """Product of the numerators over that of the denominators, with no overflow or underflow on the way.

    Parameters
    ----------
    numerators, denominators : tuples of array_like
        Finite; the denominators not 0.

    Returns
    -------
    ndarray of float64
        inf where the result overflows, 0 or subnormal where it underflows, both without a warning.

    Notes
    -----
    Mantissas and exponents apart: one rounding for every factor but the first.

    Examples
    --------
    >>> float(ratio((1e300, 1e300), (4e200, 1e300)))
    2.5e+99
    """
    return scaled(*parts(numerators, denominators))


def exp_ratio(logarithm: ArrayLike, numerators: _Numbers, denominators: _Numbers = ()) -> Array:
    """exp(logarithm) times a `ratio`, where either may leave the range of float64.

    Parameters
    ----------
    logarithm : array_like
        Not NaN, below inf.
    numerators, denominators : tuples of array_like
        As for `ratio`.

    Returns
    -------
    ndarray of float64
        As `ratio`. Relative error: 3e-16 times |logarithm|, and a rounding for every factor.

    Examples
    --------
    >>> print(f"{exp_ratio(-800.0, (1e300, 1e300)):.6e}")  # exp(-800) = 3.7e-348
    3.667875e+252
    """
    mantissa, exponent = parts(numerators, denominators)
    twos = np.rint(np.clip(np.divide(logarithm, np.log(2)), -_FAR, _FAR))
    with np.errstate(under="ignore"):
        factor = np.exp(np.minimum(logarithm - twos * np.log(2), 1.0))
    return scaled(mantissa * factor, exponent + twos.astype(np.int_))


def sum_of_ratios(*terms: tuple[_Numbers, _Numbers]) -> Array:
    """Sum of ratios, each of them and their partial sums free to leave the range of float64.

    Parameters
    ----------
    *terms : pairs of tuples of array_like
        Numerators and denominators, as for `ratio`.

    Returns
    -------
    ndarray of float64
        As `ratio`. Error: the roundings of the largest term.

    Examples
    --------
    >>> float(sum_of_ratios(((1e300, 1e300), (1e300,)), ((-1e300, 3e200), (4e200,))))
    2.5e+299
    """
    pairs: list[Any] = [parts(*term) for term in terms]
    exponents = [np.where(m == 0, -_FAR, e) for m, e in pairs]
    top = np.max(np.broadcast_arrays(*exponents), axis=0)
    total: Any = sum(
        scaled(m, np.where(m == 0, 0, e - top)) for (m, _), e in zip(pairs, exponents, strict=True)
    )
    return scaled(total, np.where(total == 0, 0, top))
