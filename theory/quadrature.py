"""Power means of Q = sum of phi(z_i)^2 for powers below 1: the Mellin integral of its Laplace transform.

A trapezium rule for an analytic integrand, whose error falls like exp(-2 pi strip/step). It does not sum over units, so
the cost does not grow with the width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import rgamma

from theory.activations import Activation
from theory.domain import Array

__all__ = ["blocks", "fill_where", "log_survival_probability", "mellin_power_mean"]

# tau = exp(v - exp(-v)): analytic for |Im v| < 1.1 at least, so the error is about exp(-2 pi 1.1/step) = 2e-19.
_MELLIN_STEP = 0.16
_MELLIN_LEFT = -3.6  # tau = e^-40: the integrand is below tau^(2 - p), that is e^-40 for p = 1
_MELLIN_RIGHT = 5.0  # tau = 148: only narrow layers, small slopes and dropout leave a tail beyond
_TAIL_DECADES = (
    80.0  # that algebraic tail, tau^(-1/2 - p), is followed through this many powers of e
)

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
        Absolute error below 2e-14 plus four rounding errors, against mpmath (widths 1 to 1e9).

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
    log_survival = log_survival_probability(width, activation)
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


def log_survival_probability(width: Array, activation: Activation) -> Array:
    """log P(Q > 0), to full relative accuracy at both ends.

    Parameters
    ----------
    width : ndarray of float64
        Whole numbers >= 1.
    activation : Activation
        Gives P(phi(z) = 0).

    Returns
    -------
    ndarray of float64
        At most 0.

    Examples
    --------
    >>> from theory.activations import relu
    >>> print(f"{np.exp(log_survival_probability(np.array([2.0]), relu()))[0]:.12g}")
    0.75
    """
    with np.errstate(divide="ignore"):
        log_extinct = width * np.log1p(-activation.nonzero_probability)
        likely, rare = np.log1p(-np.exp(log_extinct)), np.log(-np.expm1(log_extinct))
    result: Array = np.where(log_extinct < -0.7, likely, rare)
    return result


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices over the rows that keep a block of rows x columns at 65536 elements or one row.

    Parameters
    ----------
    rows, columns : int
        Size of the whole.

    Returns
    -------
    iterator of slice

    Examples
    --------
    >>> list(blocks(5, 2**15))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    size = max(1, _BLOCK // columns)
    return (slice(start, start + size) for start in range(0, rows, size))


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
    for rows in blocks(p.size, v.size):
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
    transform = np.expm1(width[:, None] * log_laplace) / np.exp(log_survival)[:, None]
    with np.errstate(over="ignore"):
        result: Array = transform - np.expm1(-np.exp(log_tau))
    return result
