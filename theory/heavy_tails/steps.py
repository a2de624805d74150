"""Density of log Q, Q = sum of phi(z_i)^2 over a layer: the Laplace inversion along a hyperbola at each point's saddle.

The relative error is small in both tails, which the exponential tilting of a heavy-tailed law needs; the cost of a
point depends neither on the width nor on the activation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theory.activations import Activation
from theory.domain import Array
from theory.elementary import log1p
from theory.quadrature import blocks

__all__ = ["log_density", "log_pole", "log_survivor_transform"]

# t + pole = delta (2 - cosh v + i sinh v): analytic for |Im v| < pi/4, so the trapezium error is exp(-2 pi (pi/4)/step)
# with step <= 5.5/72: 1e-28; the integrand ends where x Re t has fallen by _END.
_NODES = 72
_END = 60.0
_LEAST_EXPONENT = (
    0.5  # x delta at least: an intermediate saddle between two modes may come closer to the pole
)
_SADDLES = 4000  # grid of log(delta); the saddle between them by linear interpolation
_LEAST = 1e-300  # stands for a sum that rounding has made negative, where the density is below 1e-16 of its neighbours


def log_density(y: Array, width: float, activation: Activation) -> Array:
    """Logarithm of the density of log Q at y, of total mass P(Q > 0).

    Parameters
    ----------
    y : ndarray of float64, one-dimensional
        Any points, in any order.
    width : float
        A whole number >= 1.
    activation : Activation
        Its Laplace transform determines Q.

    Returns
    -------
    ndarray of float64
        Absolute error (relative error of the density) below 1e-15 (20 + width) where the density exceeds 1e-16 of its
        maximum, against mpmath Gamma mixtures; masses and moments by the trapezium rule to 1e-14.

    Notes
    -----
    q(y) = x/(2 pi i) int exp(x t) E[exp(-t Q); Q > 0] dt, x = exp(y). Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import linear  # Q = z_1^2 + z_2^2 is exponential of mean 2
    >>> value = log_density(np.array([0.0]), 2.0, linear())[0]
    >>> bool(abs(value - (-0.5 - np.log(2))) < 1e-14)
    True
    """
    pole = log_pole(activation)
    log_delta = _saddle(y, width, activation)
    exponent = np.exp(y + log_delta - pole)  # x delta
    step = np.arccosh(1 + _END / exponent) / _NODES
    result = np.empty_like(y)
    for rows in blocks(y.size, 2 * _NODES):
        v = step[rows, None] * np.arange(_NODES)
        path = np.exp(log_delta[rows, None]) * (2 - np.cosh(v) + 1j * np.sinh(v)) - 1
        path = np.where(path == 0, _LEAST, path)  # t = 0, where log(t) is none
        values = np.exp(y[rows, None] - pole) * path
        values += log_survivor_transform(np.log(path) - pole, width, activation)
        top = values[:, :1].real
        integrand = (np.exp(values - top) * (np.cosh(v) + 1j * np.sinh(v))).real
        total = (integrand.sum(axis=1) - integrand[:, 0] / 2) * step[rows] / np.pi
        result[rows] = np.log(np.maximum(total, _LEAST)) + top[:, 0]
    return result + y + log_delta - pole


def log_pole(activation: Activation) -> float:
    """log of 2 max(1, a^2) (over keep_prob^2 if rescaled): E exp(t Q) is finite for t below its inverse.

    Parameters
    ----------
    activation : Activation
        The slope of largest size counts.

    Returns
    -------
    float

    Examples
    --------
    >>> from theory.activations import relu
    >>> round(math.exp(log_pole(relu())), 12)
    2.0
    """
    slope = max(1.0, abs(activation.upper))
    keep = activation.keep_prob if activation.rescale else 1.0
    return math.log(2) + 2 * math.log(slope) - 2 * math.log(keep)


def log_survivor_transform(log_t: Any, width: float, activation: Activation) -> Any:
    """log E[exp(-t Q); Q > 0], without cancellation where exp(-t Q) is small against P(Q = 0).

    Parameters
    ----------
    log_t : ndarray of float64 or complex128
        log(t), t off the cut to the left of the pole.
    width : float
        A whole number >= 1.
    activation : Activation
        Gives psi.

    Returns
    -------
    ndarray of log_t's shape and type

    Examples
    --------
    >>> from theory.activations import relu  # one unit: (1 + 2t)^(-1/2)/2
    >>> print(f"{np.exp(log_survivor_transform(np.log(np.array([1.5])), 1.0, relu()))[0]:.12g}")
    0.25
    """
    dead, alive = activation.zero_probability, activation.laplace_tail(log_t)
    with np.errstate(divide="ignore", invalid="ignore"):
        complement = activation.laplace_complement(log_t)
        log_psi = np.where(np.abs(complement) < 0.5, log1p(-complement), np.log(dead + alive))
    if dead == 0:
        return width * log_psi
    return width * log_psi + np.log(-np.expm1(-width * log1p(alive / dead)))


def _saddle(y: Array, width: float, activation: Activation) -> Array:
    """log(delta) at which the law tilted by exp(-t Q) has mean exp(y); it falls as y rises."""
    pole = log_pole(activation)
    low, high = pole - y.max(initial=0) - 3, pole - y.min(initial=0) + math.log(width) + 3
    log_delta = np.linspace(low, high, _SADDLES)
    with np.errstate(divide="ignore"):
        log_t = np.log(np.expm1(log_delta) + 0j) - pole
    exponent = log_survivor_transform(log_t, width, activation).real
    middle = (log_delta[1:] + log_delta[:-1]) / 2
    log_mean = np.log(-np.diff(exponent) / np.diff(log_delta)) - middle + pole
    saddle = np.interp(y, log_mean[::-1], middle[::-1])
    return np.maximum(saddle, pole - y + math.log(_LEAST_EXPONENT))
