"""Power means of Q = sum of phi(z_i)^2 for powers above 1: the Bromwich integral of its moment generating function.

A trapezium rule on a hyperbola through (about) the saddle point; the cost does not grow with the width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammaln

from theory.activations import Activation
from theory.domain import Array
from theory.elementary import log1p
from theory.quadrature import blocks, fill_where, log_survival_probability

__all__ = ["bromwich_power_mean"]

# z = c + rho (i sinh v +- (1 - cosh v)): a hyperbola through the real point c. It opens to the left, where exp(z) dies,
# if c is nearer to 0 than to the pole, else to the right, where z^(-p) dies; rho is the smaller distance. The strip is
# at least pi/4, so the error is about exp(-2 pi (pi/4)/step) = 4e-22; a narrow saddle asks for less.
_STEP = 0.1
_SADDLE_STEP = (
    0.35  # in standard deviations of the saddle: error exp(-2 pi^2/0.35^2), were it Gaussian
)
_RIGHT = 6.0
_NARROW = 0.01  # a saddle narrower than this is Gaussian
_NARROW_END = 10.0  # and ends after so many standard deviations
# trial saddle points, by the log of their odds relative to the first guess
_TRIAL = np.linspace(-4, 4, 17)
_FARTHEST = 1e10  # odds beyond which rounding hides the distance to the pole and the guess must do
_NEGLIGIBLE = 1e-20
_LEAST = 1e-300  # stands for an integral lost in rounding, beyond p = 1e13: its logarithm over p is nothing


def bromwich_power_mean(p: Array, width: Array, activation: Activation) -> Array:
    """log(E[(Q/E Q)^p])/p for p > 1, from the moment generating function along a contour near its saddle point.

    Parameters
    ----------
    p, width : ndarray of float64 of one shape
        p > 1; whole numbers >= 1.
    activation : Activation
        Gives psi.

    Returns
    -------
    ndarray of float64
        Absolute error below 1e-13 against mpmath (1 < p <= 50, widths 1 to 1e9).

    Notes
    -----
    E[X^p; X > 0] = Gamma(p+1)/(2 pi i) int E[exp(z X); X > 0] z^(-p-1) dz, X = Q/E Q, by a contour
    that leaves 0 to its left and the transform's first singularity (pole) to its right.
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import relu  # E Q^2 = width (width + 5)/4 for ReLU
    >>> mean = bromwich_power_mean(np.array([2.0]), np.array([3.0]), relu())
    >>> bool(abs(np.exp(2 * mean[0]) - 8 / 3) < 1e-14)
    True
    """
    log_mean = activation.log_second_moment + np.log(width)
    log_pole = log_mean - _log_pole(activation)
    odds, curvature = _saddle(p, width, log_mean, log_pole, activation)
    log_centre = log_pole - np.log1p(1 / odds)
    kappa = np.minimum(1, 1 / odds)  # rho/c
    arguments = (p, width, log_mean, log_centre, kappa, activation)
    end = np.abs(_integrand(np.array([[_RIGHT]]), *arguments)[0][:, 0])
    short = end < _NEGLIGIBLE
    long_end = 38 / p.min() + float(np.log(2 / kappa).max())
    result = np.empty_like(p)
    for mask, right in ((short, _RIGHT), (~short, max(_RIGHT, long_end))):
        fill_where(mask, result, _integral, *arguments, curvature, right)
    log_moment: Array = gammaln(p + 1) - p * log_centre + np.log(kappa) + result
    return log_moment / p


def _saddle(
    p: Array, width: Array, log_mean: Array, log_pole: Array, activation: Activation
) -> tuple[Array, Array]:
    """Where E[exp(c X); X > 0] c^-p is least on (0, pole), as odds c/(pole - c), and its log's curvature in v there.

    They place the contour and its nodes, so a search among trial points about the Gamma law's saddle will do.
    """
    # exact for a linear network, whose Q is Gamma(pole); near its pole a lone unit is Gamma(1/2)
    shape = np.maximum(np.exp(log_pole), 0.5)
    guess = p / shape
    trial = np.exp(_TRIAL) * np.minimum(guess, _FARTHEST)[:, None]
    log_c = log_pole[:, None] - np.log1p(1 / trial)
    exponent = _exponent(log_c + 0j, width, log_mean, activation).real
    survival = np.exp(log_survival_probability(width, activation))[:, None]
    log_transform = np.where(
        exponent < 30, np.log(np.expm1(np.minimum(exponent, 30)) + survival), exponent
    )
    height = log_transform - p[:, None] * log_c
    least = np.clip(height.argmin(axis=1), 1, _TRIAL.size - 2)[:, None]
    before, at, after = (np.take_along_axis(height, least + k, axis=1)[:, 0] for k in (-1, 0, 1))
    odds = np.take_along_axis(trial, least, axis=1)[:, 0]
    curvature = np.maximum(before - 2 * at + after, 0) / (_TRIAL[1] - _TRIAL[0]) ** 2
    curvature *= (1 + np.minimum(odds, 1 / odds)) ** 2  # from log odds to v
    seen = guess < _FARTHEST
    return np.where(seen, odds, guess), np.where(seen, curvature, shape)


def _exponent(log_z: Any, width: Array, log_mean: Array, activation: Activation) -> Any:
    """log of E exp(z X) = psi(-z/E Q)^width, for each width (rows) at its own z (columns)."""
    log_t = log_z - log_mean[:, None] - 1j * np.pi
    with np.errstate(divide="ignore"):
        return width[:, None] * log1p(-activation.laplace_complement(log_t))


def _log_pole(activation: Activation) -> float:
    """log of 2 max(1, a^2) (over keep_prob^2 if rescaled): E exp(t phi^2) is finite for t below its inverse."""
    slope = max(1.0, abs(activation.upper))
    keep = activation.keep_prob if activation.rescale else 1.0
    return float(np.log(2) + 2 * np.log(slope) - 2 * np.log(keep))


def _integral(
    p: Array,
    width: Array,
    log_mean: Array,
    log_centre: Array,
    kappa: Array,
    activation: Activation,
    curvature: Array,
    right: float,
) -> Array:
    """log of (1/pi) Re int_0^right A(z) (z/c)^(-p-1) d(z/(i rho))."""
    deviation = 1 / np.sqrt(np.maximum(curvature, 1))
    step = np.minimum(_STEP, _SADDLE_STEP * deviation)
    end = np.where(deviation < _NARROW, _NARROW_END * deviation, right)
    nodes = np.arange(0.0, (end / step).max() + 1)
    result = np.empty_like(p)
    for rows in blocks(p.size, 2 * nodes.size):
        v = step[rows, None] * nodes
        values, log_top = _integrand(
            v, p[rows], width[rows], log_mean[rows], log_centre[rows], kappa[rows], activation
        )
        values[:, 0] /= 2
        total = values.sum(axis=1) * step[rows] / np.pi
        result[rows] = np.log(np.maximum(total, _LEAST)) + log_top
    return result


def _integrand(
    v: Array,
    p: Array,
    width: Array,
    log_mean: Array,
    log_centre: Array,
    kappa: Array,
    activation: Activation,
) -> tuple[Array, Array]:
    """Re of A(z) (z/c)^(-p-1) dz/(i rho dv), with exp(log_top) taken out of A(z) = E[exp(z X); X > 0]."""
    kappa = kappa[:, None]
    opening = np.where(kappa < 1, -1.0, 1.0)
    log_path = log1p(kappa * (1j * np.sinh(v) + opening * (1 - np.cosh(v))))  # log(z/c)
    exponent = _exponent(log_centre[:, None] + log_path, width, log_mean, activation)
    top = np.maximum(exponent.real.max(axis=1, keepdims=True), 0.0)
    survival = np.exp(log_survival_probability(width, activation))[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        moderate = (np.expm1(exponent) + survival) * np.exp(-top)
    transform = np.where(top < 30, moderate, np.exp(exponent - top))
    path = np.exp(-(p[:, None] + 1) * log_path) * (np.cosh(v) + 1j * opening * np.sinh(v))
    return (transform * path).real, top[:, 0]
