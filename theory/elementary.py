"""Elementary functions that NumPy lacks: for complex arguments, or without cancellation."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["log1p", "log1p_exp", "log_excess", "log_ratio"]

_LARGE_LOG = 40.0  # beyond it 1 + z is z to rounding
_NEAR_ONE = 0.5  # |r - 1| up to which r - 1 - log(r) is summed as a series
_TINIEST = np.finfo(np.float64).tiny
_ATANH_TAIL = 1.0 / (2.0 * np.arange(17) + 3.0)  # v^2 <= 1/9 there: the terms fall below rounding


def log1p(z: Any) -> Any:
    """log(1 + z), accurate for small z, real or complex.

    NumPy's complex log1p forms 1 + z: its real part is off by 1e-16, which a power of 1e9 turns into 1e-7. SciPy's is
    accurate to the last bit of both parts, which nothing here needs, and takes twice the time.

    Parameters
    ----------
    z : array of float64 or complex128
        Not -1; above -1 if real.

    Returns
    -------
    array of z's shape and type
        Absolute error below 1e-15 |log(1 + z)| against mpmath.

    Examples
    --------
    >>> bool(log1p(np.complex128(1e-20)).real == 1e-20)
    True
    """
    if np.isrealobj(z):
        return np.log1p(z)
    x, y, size = np.real(z), np.imag(z), np.abs(z)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near, far = np.log1p(x * (2 + x) + y * y) / 2, np.log(np.abs(1 + z))
    return np.where(size < 0.5, near, far) + 1j * np.arctan2(y, 1 + x)


def log1p_exp(log_z: Any) -> Any:
    """log(1 + z) from log(z), where z itself may overflow.

    Parameters
    ----------
    log_z : array of float64 or complex128
        Logarithm of z; imaginary part in (-pi, pi).

    Returns
    -------
    array of log_z's shape and type
        As accurate as `log1p`.

    Examples
    --------
    >>> float(log1p_exp(np.float64(1000.0)))
    1000.0
    """
    large = np.real(log_z) > _LARGE_LOG
    return np.where(large, log_z, log1p(np.exp(np.where(large, 0.0, log_z))))


def log_excess(offset: Any, logarithm: Any) -> Any:
    """r - 1 - log(r), given r - 1 and log(r): twice the divergence of two normal laws with variances in the ratio r.

    Near r = 1 the difference loses all digits; there it is summed as a series in v = (r - 1)/(r + 1).

    Parameters
    ----------
    offset : array of float64
        r - 1, accurate relative to itself.
    logarithm : array of float64
        log(r); used where |r - 1| > 1/2.

    Returns
    -------
    float64 or array
        >= 0. Relative error below 1e-15 against mpmath, given exact arguments, unless it underflows; inf where r is.

    Examples
    --------
    >>> print(f"{log_excess(np.float64(1e-9), np.float64(0.0)):.9e}")  # r^2/2 - r^3/3
    4.999999997e-19
    """
    near = np.abs(offset) <= _NEAR_ONE
    u = np.where(near, offset, 0.0)
    v = u / (2 + u)
    series = np.polynomial.polynomial.polyval(v * v, _ATANH_TAIL)
    return np.where(near, 2 * v * v * (1 / (1 - v) - v * series), offset - logarithm)[()]


def log_ratio(numerator: Any, denominator: Any) -> Any:
    """log(x/y), accurate for x near y and where x/y would overflow.

    Parameters
    ----------
    numerator, denominator : array of float64
        x and y, finite and > 0.

    Returns
    -------
    float64 or array
        Relative error below 1e-15 against mpmath; 3e-16 |log x| absolute where x/y leaves the normal range of float64.

    Examples
    --------
    >>> float(log_ratio(np.float64(1e300), np.float64(1e-300)))
    1381.5510557964274
    """
    with np.errstate(over="ignore", under="ignore"):
        ratio = np.divide(numerator, denominator)
    near = np.abs(ratio - 1) <= _NEAR_ONE
    offset = (numerator - denominator) / np.where(near, denominator, np.inf)
    within = (ratio > _TINIEST) & np.isfinite(ratio)
    plain = np.log(np.where(within, ratio, 1.0))
    apart = np.where(within, plain, np.log(numerator) - np.log(denominator))
    return np.where(near, np.log1p(offset), apart)[()]
