"""Power means of a layer's squared norm, log E[(Q/E Q)^p]/p, to rounding error at every width and order."""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.activations import Activation
from theory.contour import bromwich_power_mean
from theory.domain import Array
from theory.elementary import log1p, log_excess
from theory.quadrature import fill_where, mellin_power_mean

__all__ = ["log_gamma_log_mean", "log_gamma_mean", "log_gamma_ratio", "log_power_mean"]

_BERNOULLI = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_STIRLING_FROM = 16.0  # where these seven Stirling terms err by less than 3e-20
_HUGE = 5e307  # p/shape stays finite up to here; beyond, the logarithm of it over p is far below rounding


def log_power_mean(p: Array, width: Array, activation: Activation) -> Array:
    """log(E[(Q/E Q)^p])/p for Q = phi(z_1)^2 + ... + phi(z_width)^2, z iid N(0, 1).

    The logarithm of the power mean of Q in units of its mean: 0 at p = 1, negative below, positive above, and
    non-decreasing in p (Lyapunov). E Q^p = (width E phi^2)^p exp(p times it).

    Parameters
    ----------
    p : ndarray of float64
        Power > 0, finite.
    width : ndarray of float64, the same shape
        Whole number >= 1.
    activation : Activation
        Its Laplace transform determines Q.

    Returns
    -------
    ndarray of float64, the same shape
        Exactly 0 at p = 1.

    Notes
    -----
    Linear networks: a Gamma ratio (`log_gamma_mean`). All others: quadrature of the Laplace transform
    (`theory.quadrature`).
    Absolute error below 2e-14 (p <= 1; linear: any p) and 1e-13 (1 < p <= 50), plus four rounding errors of the result,
    against mpmath sums and quadratures of the definition, for widths 1 to 1e9.

    Examples
    --------
    >>> from theory.activations import relu
    >>> float(log_power_mean(np.array([1.0]), np.array([64.0]), relu())[0])
    0.0
    """
    slopes = {abs(activation.lower), abs(activation.upper)}
    if slopes == {1.0} and activation.keep_prob == 1:
        return log_gamma_mean(p, width / 2)
    result = np.zeros_like(p)
    fill_where(p < 1, result, mellin_power_mean, p, width, activation)
    fill_where(p > 1, result, bromwich_power_mean, p, width, activation)
    return result


def log_gamma_mean(p: Array, shape: Array) -> Array:
    """log(Gamma(shape + p)/Gamma(shape))/p - log(shape): log_power_mean of a Gamma(shape) variable.

    Parameters
    ----------
    p : ndarray of float64
        Positive, finite.
    shape : ndarray of float64, the same shape
        >= 1/2: half the width for a linear network.

    Returns
    -------
    ndarray of float64, the same shape
        Exactly 0 at p = 1.

    Notes
    -----
    Absolute error below 1e-15 (1 + |result|) against mpmath, for shape 1/2 to 1e9 and p 1e-8 to 100. No difference of
    log-Gammas is formed: it loses 1e-9 at 1e6.

    Examples
    --------
    >>> mean = log_gamma_mean(np.array([0.5]), np.array([0.5]))  # E|z| = sqrt(2/pi): 2 log E|z| = log(2/pi)
    >>> bool(abs(mean[0] - np.log(2 / np.pi)) < 1e-15)
    True
    """
    result = np.zeros_like(p)
    fill_where(p != 1, result, _log_gamma_mean, p, shape)
    return result


def _log_gamma_mean(p: Array, shape: Array) -> Array:
    """Gamma(x + p)/Gamma(x) = prod_j (x + j)/(x + j + p) Gamma(z + p)/Gamma(z), z = x + n >= 16, then Stirling."""
    steps = np.maximum(0.0, np.ceil(_STIRLING_FROM - shape))
    z = shape + steps
    log_1p = np.log1p(p / z)
    result = (z + p - 0.5) * (log_1p / p) - 1 + np.log(z / shape)
    for k, coefficient in enumerate(_BERNOULLI):
        result += coefficient * z ** (-2.0 * k - 1) * np.expm1(-(2 * k + 1) * log_1p) / p
    for j in range(int(steps.max(initial=0))):
        result -= np.where(j < steps, np.log1p(np.minimum(p, _HUGE) / (shape + j)) / p, 0)
    return result


def log_gamma_ratio(order: Any, shape: float) -> Any:
    """log(Gamma(shape + order)/Gamma(shape)) - order log(shape) for complex orders: log E X^order, X Gamma of mean 1.

    Parameters
    ----------
    order : ndarray of complex128
        Real part > -shape.
    shape : float
        > 0.

    Returns
    -------
    ndarray of complex128
        Modulo 2 pi i. Absolute error below 1e-15 (1 + |order|) against mpmath.

    Examples
    --------
    >>> print(f"{np.exp(log_gamma_ratio(np.array([1.0 + 0j]), 2.5))[0].real:.12g}")
    1
    """
    steps = max(0, int(np.ceil(_STIRLING_FROM - shape)))
    z = shape + steps
    log_1p = log1p(order / z)
    result = (z - 0.5) * log_1p + order * (log_1p - 1 + np.log(z / shape))
    for k, coefficient in enumerate(_BERNOULLI):
        power = -2 * k - 1
        result = result + coefficient * float(z) ** power * np.expm1(power * log_1p)
    for j in range(steps):
        result = result - log1p(order / (shape + j))
    return result


def log_gamma_log_mean(shape: Array) -> Array:
    """digamma(shape) - log(shape): E log X for a Gamma(shape) variable X of mean 1.

    Parameters
    ----------
    shape : ndarray of float64
        >= 1/2.

    Returns
    -------
    ndarray of float64, the same shape
        Negative, about -1/(2 shape). Relative error below 2e-15 against mpmath, for shape 1/2 to 1e15.

    Examples
    --------
    >>> print(f"{log_gamma_log_mean(np.array([1e9]))[0] * 2e9:.12f}")
    -1.000000000167
    """
    steps = np.maximum(0.0, np.ceil(_STIRLING_FROM - shape))
    z = shape + steps
    result = -0.5 / z
    for k, coefficient in enumerate(_BERNOULLI):
        result -= (2 * k + 1) * coefficient * z ** (-2.0 * k - 2)
    for j in range(
        int(steps.max(initial=0))
    ):  # back to the shape by terms of one sign: nothing cancels
        step = 1 / (shape + j)
        result -= np.where(j < steps, log_excess(step, np.log1p(step)), 0)
    return result
