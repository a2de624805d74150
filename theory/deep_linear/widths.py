"""Widths that suffice: for orthogonal nets (Theorem 4.1) and for Gaussian ones (Du & Hu)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, nonnegative, positive, scalar
from theory.ratios import ratio

__all__ = ["gaussian_required_width", "required_width"]


def required_width(
    singular_values: ArrayLike,
    target_norm: ArrayLike,
    out_dim: ArrayLike,
    failure_probability: ArrayLike,
    constant: float = 1.0,
) -> Floats:
    """The width that Theorem 4.1 asks of orthogonal nets, up to its constant: it does not depend on depth.

    Parameters
    ----------
    singular_values : array_like, shape (r,)
        Non-zero singular values of the inputs X, finite and > 0, in any order; not batched.
    target_norm : array_like
        |W*|, spectral norm of a minimiser, finite and >= 0.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.
    failure_probability : array_like
        delta, in (0, 1).
    constant : float, default 1.0
        C, which the paper does not give; finite and > 0.

    Returns
    -------
    float64 or ndarray
        C r~ kappa^2 (d_y (1 + |W*|^2) + log(r/delta)), kappa = (s_1/s_r)^2, r~ = sum s_i^2/s_1^2. The theorem also
        needs width >= d_x. inf where it overflows.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    A few roundings.

    References
    ----------
    Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> print(f"{required_width([1.0, 1.0], target_norm=1.0, out_dim=3, failure_probability=0.1):.4f}")
    17.9915
    """
    s = _singular_values(singular_values)
    stable_rank = np.sum((s / s[0]) ** 2)
    unit, size, log_term = _sizes(target_norm, out_dim, failure_probability, s.size)
    factor = scalar("constant", positive("constant", constant))
    largest, smallest = (s[0],) * 4, (s[-1],) * 4  # kappa^2 is their ratio
    return ratio((factor, stable_rank, *largest, unit, unit, size + log_term), smallest)[()]


def gaussian_required_width(
    singular_values: ArrayLike,
    target_norm: ArrayLike,
    out_dim: ArrayLike,
    failure_probability: ArrayLike,
    depth: ArrayLike,
    constant: float = 1.0,
) -> Floats:
    """The width that Du & Hu's theorem asks of Gaussian nets, up to its constant: linear in depth.

    Parameters
    ----------
    singular_values : array_like, shape (r,)
        Non-zero singular values of the inputs X, finite and > 0, in any order; not batched.
    target_norm : array_like
        |W*|, spectral norm of a minimiser, finite and >= 0.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.
    failure_probability : array_like
        delta, in (0, 1).
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    constant : float, default 1.0
        C, which the paper does not give; finite and > 0.

    Returns
    -------
    float64 or ndarray
        C L max(r kappa^3 d_y (1 + |W*|^2), r kappa^3 log(r/delta), log L); inf where it overflows.

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
    >>> float(gaussian_required_width([1.0, 1.0], 1.0, 3, failure_probability=0.1, depth=7))
    84.0
    """
    s = _singular_values(singular_values)
    unit, size, log_term = _sizes(target_norm, out_dim, failure_probability, s.size)
    unit, larger, layers = broadcast(
        **{"target_norm": unit, "out_dim, failure_probability": np.maximum(size, log_term)},
        depth=count("depth", depth),
    )
    factor = scalar("constant", positive("constant", constant))
    largest, smallest = (s[0],) * 6, (s[-1],) * 6  # kappa^3 is their ratio
    from_data = ratio((factor, layers, s.size, *largest, unit, unit, larger), smallest)
    return np.maximum(from_data, ratio((factor, layers, np.log(layers))))[()]


def _singular_values(values: ArrayLike) -> Array:
    """Singular values from the largest to the smallest."""
    s = positive("singular_values", values)
    if s.ndim != 1 or s.size == 0:
        raise ValueError(f"singular_values must be one-dimensional, not empty, got shape {s.shape}")
    return np.sort(s)[::-1]


def _sizes(
    target_norm: ArrayLike, out_dim: ArrayLike, failure_probability: ArrayLike, rank: int
) -> tuple[Array, Array, Array]:
    """A unit u, and in units of u^2 d_y (1 + |W*|^2) and log(r/delta): u = 1 unless the square would overflow."""
    delta = positive("failure_probability", failure_probability)
    if not np.all(delta < 1):
        raise ValueError(f"failure_probability must be in (0, 1), got {failure_probability!r}")
    norm, outputs, delta = broadcast(
        target_norm=nonnegative("target_norm", target_norm),
        out_dim=count("out_dim", out_dim),
        failure_probability=delta,
    )
    unit = np.where(norm < 2.0**450, 1.0, 2.0**600)
    square = 1 / unit / unit + (norm / unit) ** 2
    return unit, outputs * square, (np.log(rank) - np.log(delta)) / unit / unit
