"""Moments of the mean square of normal variables, and the Gamma inequality on which the Gaussian lower bound rests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, positive, real_array
from theory.special import log_gamma_mean

__all__ = ["chi_moment", "gamma_ratio", "gamma_ratio_bound"]


def chi_moment(order: ArrayLike, degrees: ArrayLike) -> Floats:
    """E Z^order, degrees Z ~ chi-square of `degrees` degrees of freedom: Z the mean square of normal variables.

    Parameters
    ----------
    order : array_like
        q, finite and > 0.
    degrees : array_like
        d, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        2^q Gamma(d/2 + q)/(d^q Gamma(d/2)); below 1 for q < 1: E sqrt(Z) <= 1 - 0.1/d.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Relative error below 1e-15 (1 + q + |log|) against mpmath.

    References
    ----------
    Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> print(f"{chi_moment(0.5, 1):.12f}")  # E|z|
    0.797884560803
    """
    q, d = broadcast(order=positive("order", order), degrees=count("degrees", degrees))
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(q * log_gamma_mean(q, d / 2)))[()]


def gamma_ratio(argument: ArrayLike) -> Floats:
    """Gamma(a + 1/2)/Gamma(a), which is at most `gamma_ratio_bound`.

    Parameters
    ----------
    argument : array_like
        a, finite and >= 1/2.

    Returns
    -------
    float64 or ndarray
        About sqrt(a - 1/4).

    Raises
    ------
    ValueError
        If argument is outside its domain.

    Notes
    -----
    Relative error below 2e-15 against mpmath; no difference of log-Gammas is formed.

    References
    ----------
    Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> print(f"{gamma_ratio(1.0) * 2 / np.sqrt(np.pi):.12f}")
    1.000000000000
    """
    a = _argument(argument)
    half = np.full(a.shape, 0.5)
    return np.asarray(np.sqrt(a) * np.exp(log_gamma_mean(half, a) / 2))[()]


def gamma_ratio_bound(argument: ArrayLike) -> Floats:
    """The upper bound sqrt(a - 0.1) on Gamma(a + 1/2)/Gamma(a), a >= 1/2.

    Parameters
    ----------
    argument : array_like
        a, finite and >= 1/2.

    Returns
    -------
    float64 or ndarray

    Raises
    ------
    ValueError
        If argument is outside its domain.

    Notes
    -----
    Two roundings.

    References
    ----------
    Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> bool(gamma_ratio(0.5) < gamma_ratio_bound(0.5))
    True
    """
    return np.asarray(np.sqrt(_argument(argument) - 0.1))[()]


def _argument(value: ArrayLike) -> Array:
    a = real_array("argument", value)
    if not np.all(np.isfinite(a) & (a >= 0.5)):
        raise ValueError(f"argument must be finite and >= 1/2, got {value!r}")
    return a
