"""Dead layers, and the orders for which the survivors' norm grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, count
from theory.log_cumulants import log_cumulants
from theory.quadrature import log_survival_probability
from theory.special import log_power_mean

__all__ = ["extinction_probability", "survivor_growth_order"]

_BISECTIONS = 60
_SMALL_POWER = 1e-4  # below it the cumulants' series, above it the power mean


def extinction_probability(
    width: ArrayLike, depth: ArrayLike, activation: Activation | str = "relu"
) -> Floats:
    """P(x_depth = 0): all units of some layer are 0.

    Parameters
    ----------
    width : array_like
        Units of every layer, a whole number >= 1.
    depth : array_like
        Number of layers, a whole number >= 1. Broadcast with `width`.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        1 - (1 - P0)^depth, P0 = P(phi(z) = 0)^width; whatever the weight variance.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Biases zero. Relative error 1e-15 (1 + width P0) against mpmath.

    References
    ----------
    Extension of Gurbuzbalaban & Hu 2021 (PMLR 130:2233).

    Examples
    --------
    >>> print(f"{extinction_probability(2, 2):.12g}")  # 1 - (3/4)^2
    0.4375
    """
    width, depth = broadcast(width=count("width", width), depth=count("depth", depth))
    flat = width.ravel()
    log_survival = log_survival_probability(flat, resolve(activation)).reshape(width.shape)
    probability: Floats = (-np.expm1(depth * log_survival))[()]
    return probability


def survivor_growth_order(width: ArrayLike, activation: Activation | str = "relu") -> Floats:
    """The order s* below which weights of order s make the surviving networks grow, while every network dies at last.

    Parameters
    ----------
    width : array_like
        Fan-in and fan-out, a whole number >= 1.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        lyapunov_exponent(weight_variance(s, width), width) > 0 iff s < s*. 0 without an atom at 0 (linear, leaky):
        there the exponent is negative at every order.

    Raises
    ------
    ValueError
        If width is outside its domain, or the activation is unknown.

    Notes
    -----
    The root of log E[exp(s (L - E L)) | Q > 0] = -log(1 - P0), L = log(Q)/2: the left side grows from 0 in s. About
    sqrt(2 P0/Var L) for small P0. Relative error against mpmath (sums over active units) below 1e-8.

    References
    ----------
    Extension of Gurbuzbalaban & Hu 2021 (PMLR 130:2233).

    Examples
    --------
    >>> print(" ".join(f"{s:.3f}" for s in survivor_growth_order([1, 2, 4, 8])))
    1.372 0.888 0.468 0.163
    """
    width, activation = count("width", width), resolve(activation)
    widths, inverse = np.unique(width.ravel(), return_inverse=True)
    values = 2 * _growth_power(widths, activation)
    result: Floats = values[inverse].reshape(width.shape)[()]
    return result


def _growth_power(width: Array, activation: Activation) -> Array:
    """Half of s*, by bisection in the logarithm of the power."""
    cumulants = log_cumulants(width, activation)
    log_survival = log_survival_probability(width, activation)
    guess = np.sqrt(np.maximum(-2 * log_survival / cumulants[1], 1e-320))
    low = np.log(guess) - 3
    high = np.log(guess) + 3
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        growth = _centred(np.exp(middle), width, cumulants, activation) + log_survival
        low, high = np.where(growth < 0, middle, low), np.where(growth < 0, high, middle)
    return np.where(log_survival == 0, 0.0, np.exp((low + high) / 2))


def _centred(
    p: Array, width: Array, cumulants: tuple[Array, Array, Array], activation: Activation
) -> Array:
    """log E[exp(p (log Q - E log Q)) | Q > 0]."""
    mean, variance, third = cumulants
    log_mean = activation.log_second_moment + np.log(width)
    moment = p * (log_power_mean(p, width, activation) + log_mean - mean)
    series = p**2 * (variance / 2 + p * third / 6)
    survival = log_survival_probability(width, activation)
    return np.where(p < _SMALL_POWER, series, moment - survival)
