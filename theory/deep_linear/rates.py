"""Learning rates and rates of convergence: orthogonal nets (Theorem 4.1) and Gaussian ones (Du & Hu)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Floats, broadcast, count, nonnegative, positive
from theory.ratios import ratio

__all__ = [
    "contraction_factor",
    "gaussian_contraction_factor",
    "gaussian_max_learning_rate",
    "max_learning_rate",
    "weight_movement_bound",
]


def max_learning_rate(data_norm: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """The largest learning rate of Theorem 4.1, for orthogonal initialisation.

    Parameters
    ----------
    data_norm : array_like
        |X|, largest singular value of the inputs, finite and > 0.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        d_y/(2 L |X|^2), for the loss |f(X) - Y|_F^2/2 summed over examples; inf or 0 beyond float64.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A quarter of the limit 2/lambda_max of the kernel at initialisation. A few roundings.

    References
    ----------
    Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> float(max_learning_rate(data_norm=2.0, depth=5, out_dim=10))
    0.25
    """
    return _rate_limit(2.0, data_norm, depth, out_dim)


def gaussian_max_learning_rate(
    data_norm: ArrayLike, depth: ArrayLike, out_dim: ArrayLike
) -> Floats:
    """The largest learning rate of Du & Hu's theorem, for Gaussian initialisation.

    Parameters
    ----------
    data_norm : array_like
        |X|, largest singular value of the inputs, finite and > 0.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        d_y/(3 L |X|^2); inf or 0 beyond float64.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings.

    References
    ----------
    Du & Hu 2019 (arXiv 1901.08572), as quoted by Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> float(gaussian_max_learning_rate(data_norm=2.0, depth=5, out_dim=15))
    0.25
    """
    return _rate_limit(3.0, data_norm, depth, out_dim)


def contraction_factor(
    learning_rate: ArrayLike, depth: ArrayLike, sigma_min: ArrayLike, out_dim: ArrayLike
) -> Floats:
    """The factor by which the excess loss falls in every step under Theorem 4.1 (orthogonal), at least.

    Parameters
    ----------
    learning_rate : array_like
        eta, finite and > 0; the theorem needs eta <= `max_learning_rate`.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    sigma_min : array_like
        Smallest non-zero singular value of the inputs X, finite and > 0.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        1 - eta L sigma_min^2/(2 d_y): at the largest learning rate 1 - 1/(4 kappa), kappa the condition number of
        X^T X on its range. Negative, down to -inf, where eta is far beyond the theorem's range.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings of the subtracted term.

    References
    ----------
    Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> rate = max_learning_rate(data_norm=2.0, depth=5, out_dim=10)
    >>> float(contraction_factor(rate, depth=5, sigma_min=1.0, out_dim=10))  # kappa = 4
    0.9375
    """
    return _contraction(2.0, learning_rate, depth, sigma_min, out_dim)


def gaussian_contraction_factor(
    learning_rate: ArrayLike, depth: ArrayLike, sigma_min: ArrayLike, out_dim: ArrayLike
) -> Floats:
    """The factor by which the excess loss falls in every step under Du & Hu's theorem (Gaussian), at least.

    Parameters
    ----------
    learning_rate : array_like
        eta, finite and > 0; the theorem needs eta <= `gaussian_max_learning_rate`.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    sigma_min : array_like
        Smallest non-zero singular value of the inputs X, finite and > 0.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        1 - eta L sigma_min^2/(4 d_y); -inf where it overflows.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings of the subtracted term.

    References
    ----------
    Du & Hu 2019 (arXiv 1901.08572), as quoted by Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> float(gaussian_contraction_factor(0.5, depth=5, sigma_min=1.0, out_dim=10))
    0.9375
    """
    return _contraction(4.0, learning_rate, depth, sigma_min, out_dim)


def weight_movement_bound(
    initial_loss: ArrayLike,
    data_norm: ArrayLike,
    sigma_min: ArrayLike,
    depth: ArrayLike,
    out_dim: ArrayLike,
) -> Floats:
    """How far a weight matrix moves during training in the proof of Theorem 4.1, at most.

    Parameters
    ----------
    initial_loss : array_like
        B, a bound on the excess loss at initialisation, finite and >= 0.
    data_norm : array_like
        |X|, largest singular value of the inputs, finite and > 0.
    sigma_min : array_like
        Smallest non-zero singular value of the inputs, finite and > 0.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        8 sqrt(B d_y) |X|/(L sigma_min^2), a bound on |W_i(t) - W_i(0)|_F for every layer and step; weights are of the
        order of 1 at every entry. inf where it overflows.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings.

    References
    ----------
    Hu, Xiao & Pennington 2020, Claim 4.3.

    Examples
    --------
    >>> float(weight_movement_bound(4.0, data_norm=2.0, sigma_min=1.0, depth=8, out_dim=1))
    4.0
    """
    loss, largest, smallest, layers, outputs = broadcast(
        initial_loss=nonnegative("initial_loss", initial_loss),
        data_norm=positive("data_norm", data_norm),
        sigma_min=positive("sigma_min", sigma_min),
        depth=count("depth", depth),
        out_dim=count("out_dim", out_dim),
    )
    numerators = (8.0, np.sqrt(loss), np.sqrt(outputs), largest)
    return ratio(numerators, (layers, smallest, smallest))[()]


def _rate_limit(share: float, data_norm: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    norm, layers, outputs = broadcast(
        data_norm=positive("data_norm", data_norm),
        depth=count("depth", depth),
        out_dim=count("out_dim", out_dim),
    )
    return ratio((outputs,), (share, layers, norm, norm))[()]


def _contraction(
    share: float,
    learning_rate: ArrayLike,
    depth: ArrayLike,
    sigma_min: ArrayLike,
    out_dim: ArrayLike,
) -> Floats:
    eta, layers, smallest, outputs = broadcast(
        learning_rate=positive("learning_rate", learning_rate),
        depth=count("depth", depth),
        sigma_min=positive("sigma_min", sigma_min),
        out_dim=count("out_dim", out_dim),
    )
    return (1 - ratio((eta, layers, smallest, smallest), (share, outputs)))[()]
