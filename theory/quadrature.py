"""Power means of Q = sum of phi(z_i)^2 from its Laplace transform: Mellin's integral below p = 1, Bromwich's above.

Both are trapezium rules for analytic integrands, whose error falls like exp(-2 pi strip/step). Neither sums over units,
so the cost does not grow with the width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, rgamma

from theory.activations import Activation
from theory.elementary import log1p

__all__ = ["bromwich_power_mean", "fill_where", "mellin_power_mean"]

Array = NDArray[np.float64]

# tau = exp(v - exp(-v)): analytic for |Im v| < 1.1 at least, so the error is about exp(-2 pi 1.1/step) = 2e-19.
_MELLIN_STEP = 0.16
_MELLIN_LEFT = -3.6  # tau = e^-40: the integrand is below tau^(2 - p), that is e^-40 for p = 1
_MELLIN_RIGHT = 5.0  # tau = 148: only narrow layers, small slopes and dropout leave a tail beyond
_TAIL_DECADES = (
    80.0  # that algebraic tail, tau^(-1/2 - p), is followed through this many powers of e
)

# z = c + rho (i sinh v + kappa (1 - cosh v)): a hyperbola through the real point c that opens to the
# left, where exp(z) dies; kappa = rho/c is the largest opening for which |z| never shrinks. The strip is
# at least pi/4, so the error is about exp(-2 pi (pi/4)/step) = 4e-22; a narrow saddle asks for less.
_BROMWICH_STEP = 0.1
_SADDLE_STEP = (
    0.35  # in the saddle's standard deviations; were it Gaussian: error exp(-2 pi^2/0.35^2)
)
_BROMWICH_RIGHT = 6.0
_NEGLIGIBLE = 1e-20
_BLOCK = 2**16  # elements of one block of widths x nodes: it stays in cache


def mellin_power_mean(p: Array, width: Array, activation: Activation) -> Array:
    """log(E[(Q/E Q)^p])/p for 0 < p < 1, from the Mellin representation with the atom at 0 taken out.

    Parameters
    ----------
    p, width : ndarray of float64 of one shape
        0 < p < 1; whole numbers >= 1.
    activation : Activation
        Gives psi.

    Returns
    -------
    ndarray of float64
        Absolute error below 2e-15 plus one rounding error, against mpmath (widths 1 to 1e9).

    Notes
    -----
    With epsilon = P(Q > 0) and t = epsilon tau/E Q,
    E[(Q/E Q)^p] = epsilon^(1-p) (1 - p(1-p)/Gamma(2-p) int_0^inf G(tau) tau^(-p-1) dtau),
    G(tau) = (psi(t)^width - 1)/epsilon + 1 - exp(-tau): a point mass with the mean of Q given Q > 0
    is subtracted, so G = O(tau^2) at 0 and nothing cancels as p -> 0 or p -> 1.
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import linear  # E|z| = sqrt(2/pi) for one linear unit
    >>> mean = mellin_power_mean(np.array([0.5]), np.array([1.0]), linear())
    >>> bool(abs(np.exp(mean[0] / 2) - np.sqrt(2 / np.pi)) < 2e-15)
    True
    """
    log_survival = _log_survival(width, activation)
    log_scale = log_survival - activation.log_second_moment - np.log(width)  # log(t/tau)
    tail = _mellin_integrand(np.array([_MELLIN_RIGHT]), width, log_survival, log_scale, activation)
    short = np.abs(tail[:, 0]) < _NEGLIGIBLE
    integral = np.empty_like(p)
    for mask, right in ((short, _MELLIN_RIGHT), (~short, _tail_end(log_scale, activation))):
        fill_where(
            mask, integral, _mellin_integral, p, width, log_survival, log_scale, activation, right
        )
    log_moment: Array = (1 - p) * log_survival + np.log1p(-p * (1 - p) * rgamma(2 - p) * integral)
    return log_moment / p


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
    pole = np.exp(log_mean - _log_pole(activation))
    centre = 1 / (1 / p + 1 / pole)  # the saddle point itself for a linear network
    radius = np.minimum(centre, pole - centre)
    arguments = (p, width, log_mean, centre, radius, activation)
    end = np.abs(_bromwich_integrand(np.array([_BROMWICH_RIGHT]), *arguments)[0][:, 0])
    short = end < _NEGLIGIBLE
    long_end = 38 / p.min() + float(np.log(2 * centre / radius).max())
    result = np.empty_like(p)
    for mask, right in ((short, _BROMWICH_RIGHT), (~short, max(_BROMWICH_RIGHT, long_end))):
        fill_where(mask, result, _bromwich_integral, *arguments, right)
    log_moment: Array = gammaln(p + 1) - p * np.log(centre) - np.log(centre / radius) + result
    return log_moment / p


def fill_where(
    mask: NDArray[np.bool_], result: Array, route: Callable[..., Array], *arguments: Any
) -> None:
    """Fill result[mask] by the route, whose array arguments are masked too.

    Parameters
    ----------
    mask : ndarray of bool
        Which elements; nothing is called if there are none.
    result : ndarray of float64
        Filled in place.
    route : callable
        Returns the elements.
    *arguments
        Arrays of the mask's shape, or anything else, which is passed on as it is.

    Examples
    --------
    >>> result = np.zeros(2)
    >>> fill_where(np.array([False, True]), result, np.sqrt, np.array([1.0, 4.0]))
    >>> result
    array([0., 2.])
    """
    if mask.any():
        result[mask] = route(*(a[mask] if isinstance(a, np.ndarray) else a for a in arguments))


def _log_survival(width: Array, activation: Activation) -> Array:
    """log P(Q > 0), to full relative accuracy at both ends."""
    with np.errstate(divide="ignore"):
        log_extinct = width * np.log1p(-activation.nonzero_probability)
        likely, rare = np.log1p(-np.exp(log_extinct)), np.log(-np.expm1(log_extinct))
    result: Array = np.where(log_extinct < -0.7, likely, rare)
    return result


def _tail_end(log_scale: Array, activation: Activation) -> float:
    """Where (in v = log tau) the algebraic tail of the widest layer and smallest slope has gone."""
    log_slope = activation.smallest_log_slope
    if activation.rescale:
        log_slope -= float(np.log(activation.keep_prob))
    return max(_MELLIN_RIGHT, _TAIL_DECADES - 2 * log_slope - float(log_scale.min(initial=0)))


def _mellin_integral(
    p: Array,
    width: Array,
    log_survival: Array,
    log_scale: Array,
    activation: Activation,
    right: float,
) -> Array:
    v = np.arange(_MELLIN_LEFT, right + _MELLIN_STEP, _MELLIN_STEP)
    log_tau, weights = v - np.exp(-v), _MELLIN_STEP * (1 + np.exp(-v))
    result = np.empty_like(p)
    for rows in _blocks(p.size, v.size):
        values = _mellin_integrand(v, width[rows], log_survival[rows], log_scale[rows], activation)
        values *= np.exp(-p[rows, None] * log_tau)
        result[rows] = values @ weights
    return result


def _mellin_integrand(
    v: Array, width: Array, log_survival: Array, log_scale: Array, activation: Activation
) -> Array:
    """G(tau) for each width (rows) at the nodes v (columns)."""
    log_tau = v - np.exp(-v)
    with np.errstate(divide="ignore"):  # psi below 1e-16 counts as 0 beside 1
        log_laplace = np.log1p(-activation.laplace_complement(log_scale[:, None] + log_tau))
    transform = np.expm1(width[:, None] * log_laplace) * np.exp(-log_survival)[:, None]
    with np.errstate(over="ignore"):
        result: Array = transform - np.expm1(-np.exp(log_tau))
    return result


def _log_pole(activation: Activation) -> float:
    """log of 2 max(1, a^2) (over keep_prob^2 if rescaled): E exp(t phi^2) is finite for t below its inverse."""
    slope = max(1.0, abs(activation.upper))
    keep = activation.keep_prob if activation.rescale else 1.0
    return float(np.log(2) + 2 * np.log(slope) - 2 * np.log(keep))


def _bromwich_integral(
    p: Array,
    width: Array,
    log_mean: Array,
    centre: Array,
    radius: Array,
    activation: Activation,
    right: float,
) -> Array:
    """log of (1/pi) Re int_0^right A(z) (z/c)^(-p-1) d(z/(i rho))."""
    pole_distance = centre**2 / (p - centre)  # as 1/centre = 1/p + 1/pole
    saddle = radius**2 * (p / centre**2 + width / 2 / pole_distance**2)
    step = min(_BROMWICH_STEP, _SADDLE_STEP / float(np.sqrt(saddle.max())))
    v = np.arange(0.0, right + step, step)
    result = np.empty_like(p)
    for rows in _blocks(p.size, 2 * v.size):
        values, log_top = _bromwich_integrand(
            v, p[rows], width[rows], log_mean[rows], centre[rows], radius[rows], activation
        )
        values[:, 0] /= 2
        result[rows] = np.log(values.sum(axis=1) * (step / np.pi)) + log_top
    return result


def _bromwich_integrand(
    v: Array,
    p: Array,
    width: Array,
    log_mean: Array,
    centre: Array,
    radius: Array,
    activation: Activation,
) -> tuple[Array, Array]:
    """Re of A(z) (z/c)^(-p-1) dz/(i rho dv), with exp(log_top) taken out of A(z) = E[exp(z X); X > 0]."""
    kappa = (radius / centre)[:, None]
    log_path = np.log(1 + kappa * (1j * np.sinh(v) + kappa * (1 - np.cosh(v))))  # log(z/c)
    log_t = (np.log(centre) - log_mean)[:, None] + log_path - 1j * np.pi  # t = -z/E Q
    exponent = width[:, None] * log1p(-activation.laplace_complement(log_t))
    top = np.maximum(exponent.real.max(axis=1, keepdims=True), 0.0)
    survival = np.exp(_log_survival(width, activation))[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        moderate = (np.expm1(exponent) + survival) * np.exp(-top)
    transform = np.where(top < 30, moderate, np.exp(exponent - top))
    path = np.exp(-(p[:, None] + 1) * log_path) * (np.cosh(v) + 1j * kappa * np.sinh(v))
    return (transform * path).real, top[:, 0]


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices over the rows that keep a block of rows x columns near _BLOCK elements."""
    size = max(1, _BLOCK // columns)
    return (slice(start, start + size) for start in range(0, rows, size))
