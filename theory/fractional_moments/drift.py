"""Drift of the log-norm from layer to layer, and the weight variance for which there is none."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, count, positive
from theory.log_cumulants import log_cumulants

__all__ = ["log_norm_mean", "log_norm_variance", "lyapunov_exponent", "zero_drift_variance"]


def log_norm_mean(width: ArrayLike, activation: Activation | str = "relu") -> Floats:
    """E log|phi(z)|, z ~ N(0, I_width), given that phi(z) is not 0.

    Parameters
    ----------
    width : array_like
        Number of units, a whole number >= 1.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        E[log Q | Q > 0]/2.

    Raises
    ------
    ValueError
        If width is outside its domain, or the activation is unknown.

    Notes
    -----
    linear: (log 2 + digamma(width/2))/2; ReLU: the same averaged over the number of active units, Binomial(width, 1/2)
    given that it is not 0. In general half of int_0^inf ((1-P0) e^-t - (psi(t)^width - P0)) dt/t over 1 - P0.
    Absolute error against mpmath (sums over active units, quadrature of Frullani's integral) below 3e-15, plus four
    rounding errors: widths 1 to 1e9, slopes 1e-3 to 1e3; relative error 1e-13 at slopes beyond 1e20 or below 1e-20.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), drift of the log-norm (linear, ReLU); every activation: extension.

    Examples
    --------
    >>> print(f"{log_norm_mean(16) * 2 * (1 - 2**-16):.14f}")  # E[log Q; Q > 0]
    1.90301517912250
    """
    return _by_width(0, count("width", width), activation) / 2


def log_norm_variance(width: ArrayLike, activation: Activation | str = "relu") -> Floats:
    """Variance of log|phi(z)|, z ~ N(0, I_width), given that phi(z) is not 0: of one step of the log-norm.

    Parameters
    ----------
    width : array_like
        Number of units, a whole number >= 1.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        Var[log Q | Q > 0]/4.

    Raises
    ------
    ValueError
        If width is outside its domain, or the activation is unknown.

    Notes
    -----
    linear: trigamma(width/2)/4; ReLU: total variance over the number of active units. Relative error against mpmath
    (sums over active units, quadrature of the definition) below 1e-13, widths 1 to 1e9.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), variance of a step of the log-norm; every activation: extension.

    Examples
    --------
    >>> print(f"{log_norm_variance(64):.7f}")
    0.0207493
    """
    return _by_width(1, count("width", width), activation) / 4


def zero_drift_variance(width: ArrayLike, activation: Activation | str = "relu") -> Floats:
    """Weight variance for which the log-norm of the survivors has no drift: the limit of small orders.

    Parameters
    ----------
    width : array_like
        Fan-in and fan-out, a whole number >= 1.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        exp(-E[log Q | Q > 0]); inf or 0 outside the range of float64.

    Raises
    ------
    ValueError
        If width is outside its domain, or the activation is unknown.

    Notes
    -----
    The limit of weight_variance(order, width) (1 - P0)^(2/order) as order -> 0, P0 = P(Q = 0). With an atom (ReLU,
    dropout) weight_variance itself diverges. Relative error as the absolute one of `log_norm_mean`, doubled.

    References
    ----------
    Sussillo & Abbott 2014 (arXiv 1412.6558), random-walk initialisation; Gurbuzbalaban & Hu 2021, limit s -> 0.

    Examples
    --------
    >>> print(f"{zero_drift_variance(2, 'linear') - np.exp(np.euler_gamma) / 2:.12f}")  # E log Q = log 2 - gamma
    0.000000000000
    """
    with np.errstate(over="ignore", under="ignore"):
        variance: Floats = np.exp(-_by_width(0, count("width", width), activation))
    return variance


def lyapunov_exponent(
    variance: ArrayLike, width: ArrayLike, activation: Activation | str = "relu"
) -> Floats:
    """E log(|x_k|/|x_{k-1}|) given survival: the drift of the log-norm in a network with weights N(0, variance).

    Parameters
    ----------
    variance : array_like
        Variance of the weights, finite and > 0.
    width : array_like
        Units of the layer x_k (fan_out), a whole number >= 1. Broadcast with `variance`.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        log(variance)/2 + log_norm_mean(width). Positive: the survivors grow.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), almost sure limit; given survival: extension.

    Examples
    --------
    >>> print(f"{lyapunov_exponent(2 / 64, 64):.7f}")  # He
    -0.0200543
    """
    variance, width = broadcast(
        variance=positive("variance", variance), width=count("width", width)
    )
    exponent: Floats = (np.log(variance) + _by_width(0, width, activation)) / 2
    return exponent


def _by_width(cumulant: int, width: Array, activation: Activation | str) -> Floats:
    """A cumulant of log Q for an array of widths of any shape; each width is treated once."""
    widths, inverse = np.unique(width.ravel(), return_inverse=True)
    values = log_cumulants(widths, resolve(activation))[cumulant]
    result: Floats = values[inverse].reshape(width.shape)[()]
    return result
