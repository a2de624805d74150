"""The negative side's slope, fixed or uniform: its moments and what it contributes to the Laplace transform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.elementary import log1p_exp

__all__ = [
    "fixed_complement",
    "fixed_transform",
    "mean_slope_power",
    "uniform_complement",
    "uniform_transform",
]

_SERIES_TERMS = (
    18  # for |upper * sqrt(2t)| below the limit: the remainder is below 0.09**18 = 2e-19
)
_SERIES_LIMIT = 0.3
_LARGE_LOG = 300.0  # beyond x = e^300 the answer is 1 to rounding, and x^2 would overflow


def mean_slope_power(lower: float, upper: float, power: int) -> Any:
    """E a^power for a ~ U[lower, upper], as a sum of positive terms (even power, or lower >= 0).

    Parameters
    ----------
    lower, upper : float
        Range of the slope; equal for a fixed one.
    power : int
        >= 1.

    Returns
    -------
    float64

    Examples
    --------
    >>> float(mean_slope_power(0.0, 1.0, 2))
    0.3333333333333333
    """
    low, high = np.float64(lower), np.float64(upper)
    return sum(low**i * high ** (power - i) for i in range(power + 1)) / (power + 1)


def fixed_complement(slope: float, log_2t: Any) -> Any:
    """1 - (1 + 2 slope^2 t)^(-1/2), the complement of E exp(-t (slope z)^2), z ~ N(0, 1).

    Parameters
    ----------
    slope : float
        Fixed; 0 gives 0.
    log_2t : array of float64 or complex128
        log(2t).

    Returns
    -------
    array of log_2t's shape and type

    Examples
    --------
    >>> print(f"{fixed_complement(1.0, np.log(3.0)):.12g}")  # 1 - (1 + 3)^(-1/2)
    0.5
    """
    if slope == 0:
        return np.zeros_like(log_2t)
    return -np.expm1(-log1p_exp(log_2t + 2 * math.log(abs(slope))) / 2)


def fixed_transform(slope: float, log_2t: Any) -> Any:
    """(1 + 2 slope^2 t)^(-1/2) for a slope that is not 0, accurate where it is small; 0 for slope 0.

    Parameters
    ----------
    slope : float
        Fixed; 0 gives 0: nothing survives.
    log_2t : array of float64 or complex128
        log(2t).

    Returns
    -------
    array of log_2t's shape and type

    Examples
    --------
    >>> print(f"{fixed_transform(1.0, np.log(3.0)):.12g}")  # (1 + 3)^(-1/2)
    0.5
    """
    if slope == 0:
        return np.zeros_like(log_2t)
    return np.exp(-log1p_exp(log_2t + 2 * math.log(abs(slope))) / 2)


def uniform_transform(lower: float, upper: float, log_2t: Any) -> Any:
    """E (1 + 2 a^2 t)^(-1/2) for a ~ U[lower, upper], accurate where it is small.

    Parameters
    ----------
    lower, upper : float
        0 <= lower < upper.
    log_2t : array of float64 or complex128
        log(2t).

    Returns
    -------
    array of log_2t's shape and type

    Examples
    --------
    >>> print(f"{uniform_transform(0.0, 1.0, np.asarray(np.log(3.0))):.12g}")  # asinh(sqrt 3)/sqrt 3
    0.760345996301
    """
    log_x = log_2t / 2 + math.log(upper)
    x = np.exp(np.where(np.real(log_x) > _LARGE_LOG, _LARGE_LOG, log_x))
    small = np.abs(x) < _SERIES_LIMIT
    ratio = _mean_ratio(lower / upper, np.where(small, _SERIES_LIMIT, x))
    return np.where(small, 1 - uniform_complement(lower, upper, log_2t), ratio)


def uniform_complement(lower: float, upper: float, log_2t: Any) -> Any:
    """1 - E (1 + 2 a^2 t)^(-1/2) for a ~ U[lower, upper].

    Parameters
    ----------
    lower, upper : float
        0 <= lower < upper.
    log_2t : array of float64 or complex128
        log(2t).

    Returns
    -------
    array of log_2t's shape and type

    Examples
    --------
    >>> print(f"{uniform_complement(0.0, 1.0, np.asarray(np.log(3.0))):.12g}")  # 1 - asinh(sqrt 3)/sqrt 3
    0.239654003699
    """
    ratio = lower / upper
    log_x = log_2t / 2 + math.log(upper)  # x = upper * sqrt(2t)
    x = np.exp(np.where(np.real(log_x) > _LARGE_LOG, _LARGE_LOG, log_x))
    small = np.abs(x) < _SERIES_LIMIT
    value = np.empty_like(x)
    value[small] = _uniform_series(ratio, x[small])
    value[~small] = _uniform_closed_form(ratio, x[~small])
    return value


def _uniform_closed_form(ratio: float, x: Any) -> Any:
    """1 - (asinh(x) - asinh(y))/(x - y), y = ratio x; the difference by the addition formula, free of cancellation."""
    return 1 - _mean_ratio(ratio, x)


def _mean_ratio(ratio: float, x: Any) -> Any:
    """(asinh(x) - asinh(y))/(x - y), y = ratio x."""
    y = ratio * x
    sinh = (x - y) * (1 + ratio) / (np.sqrt(1 + y * y) + ratio * np.sqrt(1 + x * x))
    return np.arcsinh(sinh) / (x - y)


def _uniform_series(ratio: float, x: Any) -> Any:
    """The same by its power series, sum over k >= 1 of -binom(-1/2, k) x^(2k) E (a/upper)^(2k)."""
    square, value = x * x, np.zeros_like(x)
    for k in range(_SERIES_TERMS, 0, -1):
        weight = (
            (-1) ** (k + 1)
            * math.comb(2 * k, k)
            / 4**k
            * float(mean_slope_power(ratio, 1.0, 2 * k))
        )
        value = square * (weight + value)
    return value
