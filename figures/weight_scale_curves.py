"""Exact curves of sigma(s, d) that more than one figure draws: excess over He's scheme, slopes, deviations.

sigma(s, d)^2 is `theory.fractional_moments.weight_variance`, accurate to a relative error of `VARIANCE_ERROR`
(its stated accuracy against mpmath for ReLU and orders 0.1 to 2). The excess over 2/d is a small difference of
such numbers and loses accuracy by the factor sigma^2/excess, about 4 d/(5 (2 - s)): `excess_curves` returns that
bound, so a figure states what its smallest differences are worth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from theory.fractional_moments import weight_variance

__all__ = ["VARIANCE_ERROR", "excess_curves", "largest_deviation", "log_log_slope"]

VARIANCE_ERROR = 1e-14
"""Stated relative error of weight_variance, ReLU, orders 0.1 to 2."""


def excess_curves(order: np.ndarray, width: np.ndarray) -> dict[str, np.ndarray]:
    """Excess of the variance and of the standard deviation over He's scheme, ReLU.

    Parameters
    ----------
    order : numpy.ndarray, shape (k,)
        Orders s in (0, 2).
    width : numpy.ndarray, shape (n,)
        Widths d >= 1.

    Returns
    -------
    dict of str to numpy.ndarray, each of shape (k, n)
        ``excess`` = sigma^2 - 2/d; ``std_excess`` = sigma - sqrt(2/d), as excess/(sigma + sqrt(2/d)), which cancels
        once and not twice; ``excess_error``, bound on the relative error of both.

    Raises
    ------
    ValueError
        If an order is not in (0, 2), where the excess is positive, or a width is no whole number >= 1.

    Examples
    --------
    >>> curves = excess_curves(np.array([1.0]), np.array([64.0]))
    >>> print(f"{curves['excess'][0, 0]:.9f}")  # 0.031872257 - 2/64
    0.000622257
    >>> bool(curves["excess_error"][0, 0] < 2e-12)
    True
    """
    if not np.all(order < 2):
        raise ValueError(f"order must be < 2, where the excess is > 0, got {order.tolist()}")
    variance = weight_variance(order[:, None], width)
    base = 2 / width
    excess = variance - base
    return {
        "excess": excess,
        "std_excess": excess / (np.sqrt(variance) + np.sqrt(base)),
        "excess_error": 2 * VARIANCE_ERROR * variance / excess,
    }


def log_log_slope(width: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares slope of log(values) against log(width), for each row of `values`.

    Parameters
    ----------
    width : numpy.ndarray, shape (n,)
        Abscissae, > 0.
    values : numpy.ndarray, shape (k, n)
        Ordinates, > 0.

    Returns
    -------
    numpy.ndarray, shape (k,)

    Examples
    --------
    >>> width = np.array([1.0, 2.0, 4.0])
    >>> log_log_slope(width, np.array([3 / width**2])).round(12)
    array([-2.])
    """
    slope: np.ndarray = np.polyfit(np.log(width), np.log(values).T, 1)[0]
    return slope


def largest_deviation(data: Mapping[str, np.ndarray]) -> float:
    """Largest distance of a simulated variance from its closed form, in standard errors.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        Stored data of a figure with ``simulation.variance``, ``simulation.variance_error`` and
        ``curves.check_variance``, all of one shape.

    Returns
    -------
    float

    Examples
    --------
    >>> largest_deviation({
    ...     "simulation.variance": np.array([[1.0, 2.0]]), "curves.check_variance": np.array([[1.5, 2.0]]),
    ...     "simulation.variance_error": np.array([[0.25, 0.25]]),
    ... })
    2.0
    """
    distance = data["simulation.variance"] - data["curves.check_variance"]
    return float(np.max(np.abs(distance) / data["simulation.variance_error"]))
