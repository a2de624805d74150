"""Growth of a layer's squared norm: log E[A^p]/p for A = variance Q, the factor of the Kesten recursion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theory.activations import Activation
from theory.domain import Array
from theory.special import log_power_mean

__all__ = ["log_growth", "log_mean_factor", "over_pairs"]


def log_mean_factor(variance: Array, width: Array, activation: Activation) -> Array:
    """log E A = log(variance width E phi^2); the product itself where it is in range, for its rounding is one unit.

    Parameters
    ----------
    variance, width : ndarray of float64 of one shape
        > 0; whole numbers >= 1.
    activation : Activation
        Gives E phi^2.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> from theory.activations import relu
    >>> float(log_mean_factor(np.array([2 / 64]), np.array([64.0]), relu())[0])  # He
    0.0
    """
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        product = variance * width * activation.second_moment
        logarithm = np.log(variance) + np.log(width) + activation.log_second_moment
        in_range = (product > 1e-300) & (product < 1e300)
        result: Array = np.where(in_range, np.log(product), logarithm)
    return result


def log_growth(p: Array, variance: Array, width: Array, activation: Activation) -> Array:
    """log E[A^p; A > 0]/p: increasing in p, and 0 where the moment of order 2p of the norm is preserved.

    Parameters
    ----------
    p, variance, width : ndarray of float64 of one shape
        > 0; > 0; whole numbers >= 1.
    activation : Activation
        Its Laplace transform determines Q.

    Returns
    -------
    ndarray of float64
        As accurate as `theory.special.log_power_mean`.

    Examples
    --------
    >>> from theory.activations import linear
    >>> ones = np.ones(1)
    >>> print(f"{log_growth(2 * ones, ones, ones, linear())[0]:.12f}")  # log E z^4/2 = log(3)/2
    0.549306144334
    """
    return log_mean_factor(variance, width, activation) + log_power_mean(p, width, activation)


def over_pairs(function: Callable[[Array, Array], Array], variance: Array, width: Array) -> Array:
    """Values of a function of (variance, width), evaluated once for every different pair.

    Parameters
    ----------
    function : callable
        Takes two one-dimensional arrays and returns one.
    variance, width : ndarray of float64 of one shape
        Any shape, also empty.

    Returns
    -------
    ndarray of float64 of that shape

    Examples
    --------
    >>> over_pairs(np.add, np.ones((2, 3)), np.ones((2, 3))).tolist()
    [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]
    """
    pairs = np.stack([variance.ravel(), width.ravel()])
    different, inverse = np.unique(pairs, axis=1, return_inverse=True)
    values = function(different[0], different[1])
    return values[inverse.ravel()].reshape(variance.shape)
