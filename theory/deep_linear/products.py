"""Laws of the end-to-end map of a Gaussian deep linear net: drift and spread of its log-norm, spectral moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import polygamma

from theory.domain import Array, Floats, broadcast, count, scalar
from theory.special import log_gamma_log_mean

__all__ = ["log_norm_mean", "log_norm_variance", "product_spectral_moment"]


def log_norm_mean(width: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """E log(|f(x)|/|x|) of a Gaussian net at initialisation.

    Parameters
    ----------
    width : array_like
        m, width of the hidden layers, a whole number >= 1.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        (L - 1) (digamma(m/2) - log(m/2))/2 + (digamma(d_y/2) - log(d_y/2))/2: negative, about -L/(2m).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    |f(x)|^2/|x|^2 is a product of independent chi^2_m/m and one chi^2_{d_y}/d_y. Relative error below 1e-14 against
    mpmath. The order of the log-norm's spread is `log_norm_variance`: depth over width controls both.

    References
    ----------
    Hu, Xiao & Pennington 2020, section 5 (the moments); the logarithm: extension.

    Examples
    --------
    >>> print(f"{log_norm_mean(64, 700, 10):.4f}")
    -5.5410
    """
    m, layers, outputs = _arguments(width, depth, out_dim)
    hidden = np.where(layers > 1, (layers - 1) * log_gamma_log_mean(m / 2), 0.0)
    return np.asarray((hidden + log_gamma_log_mean(outputs / 2)) / 2)[()]


def log_norm_variance(width: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """Variance of log(|f(x)|/|x|) of a Gaussian net at initialisation.

    Parameters
    ----------
    width : array_like
        m, width of the hidden layers, a whole number >= 1.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        (L - 1) trigamma(m/2)/4 + trigamma(d_y/2)/4, about L/(2m).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Relative error below 1e-14 against mpmath.

    References
    ----------
    Extension of Hu, Xiao & Pennington 2020 (C7).

    Examples
    --------
    >>> print(f"{log_norm_variance(64, 700, 10):.4f}")
    5.6025
    """
    m, layers, outputs = _arguments(width, depth, out_dim)
    hidden = (layers - 1) * polygamma(1, m / 2)
    return np.asarray((hidden + polygamma(1, outputs / 2)) / 4)[()]


def product_spectral_moment(width: ArrayLike, depth: ArrayLike, power: int) -> Floats:
    """E tr((W W^T)^power)/m^(depth power + 1) of a product W of Gaussian m x m matrices.

    Parameters
    ----------
    width : array_like
        m, a whole number >= 1.
    depth : array_like
        L, number of factors with entries N(0, 1), a whole number >= 1.
    power : {1, 2}
        Which moment.

    Returns
    -------
    float64 or ndarray
        1 for power 1; [(m + 2)(1 + 2/m)^L - (m - 1)(1 - 1/m)^L]/3 for power 2: about 1 + L for L << m, growing like
        exp(2 L/m); inf where it overflows.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Exact for every m. The orthogonal product has 1 for both. Relative error below 1e-14 (1 + L/m) against mpmath and
    against the recursion of the Wishart moments.

    References
    ----------
    Extension of Hu, Xiao & Pennington 2020 (D2).

    Examples
    --------
    >>> print(f"{product_spectral_moment(6, 5, power=2):.7f}")
    10.5675154
    """
    m, layers = broadcast(width=count("width", width), depth=count("depth", depth))
    order = scalar("power", count("power", power))
    if order not in (1, 2):
        raise ValueError(f"power must be 1 or 2, got {power!r}")
    if order == 1:
        return np.ones(m.shape)[()]
    with np.errstate(over="ignore", divide="ignore"):
        grown = np.expm1(layers * np.log1p(2 / m))
        shrunk = np.expm1(layers * np.log1p(-1 / m))
        return np.asarray(1 + (m + 2) / 3 * grown - (m - 1) / 3 * shrunk)[()]


def _arguments(width: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> list[Array]:
    return broadcast(
        width=count("width", width), depth=count("depth", depth), out_dim=count("out_dim", out_dim)
    )
