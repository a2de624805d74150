"""How fast the stationary law is approached at a quadratic minimum: KL(p_t || p_ss), exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, finite, nonnegative, positive, scalar
from theory.elementary import log_excess
from theory.kl_bound.spectra import decompose, matrix
from theory.ratios import parts, scaled

__all__ = ["relaxation_divergence"]

_BLOCK = 1 << 22  # entries computed at once: 32 MiB an array
_TINY_AGE = 1e-300  # below it 1 - e^-x is x, from logarithms


def relaxation_divergence(
    time: ArrayLike,
    hessian: ArrayLike,
    temperature: float,
    initial_variance: float,
    initial_mean: ArrayLike = 0.0,
) -> Floats:
    """KL(p_t || p_ss) in nats of dW = -A W dt + sqrt(2 T) dB started at N(mu, s0 I).

    Parameters
    ----------
    time : array_like
        t, finite and >= 0; any shape.
    hessian : array_like
        A: a number (one parameter), eigenvalues (1-d) or a symmetric positive definite matrix (2-d).
    temperature : float
        T, finite and > 0.
    initial_variance : float
        s0, finite and > 0.
    initial_mean : array_like, default 0.0
        mu: one number for every coordinate, or shape (K,), in A's eigenbasis for a 1-d Hessian.

    Returns
    -------
    float64 or ndarray
        (1/2) sum_i [r_i - 1 - log r_i + mu_i^2 (a_i/T) e^{-2 a_i t}], r_i = 1 + (s0 a_i/T - 1) e^{-2 a_i t}; of time's
        shape. It falls like e^{-4 a_min t} if mu = 0 and like e^{-2 a_min t} otherwise.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Relative error below 1e-12 against mpmath for numbers and eigenvalues, unless s0 a_i/T is so near 1 that rounding of
    that product matters. Memory is bounded: times are taken in blocks.

    References
    ----------
    Extension of Horii & Has 2026 (F8): Ornstein-Uhlenbeck process.

    Examples
    --------
    >>> late = relaxation_divergence([5.0, 6.0], [1.0, 3.0], temperature=0.5, initial_variance=2.0)
    >>> print(f"{np.log(late[0] / late[1]):.3f}")
    4.000
    """
    t = nonnegative("time", time)
    temp = scalar("temperature", positive("temperature", temperature))
    s0 = scalar("initial_variance", positive("initial_variance", initial_variance))
    values, mean = _modes(hessian, initial_mean)
    blocks = np.array_split(t.ravel(), max(1, t.size * values.size // _BLOCK))
    parts = [_divergence(block[:, None], values, temp, s0, mean) for block in blocks]
    return np.concatenate(parts).reshape(t.shape)[()]


def _modes(hessian: ArrayLike, initial_mean: ArrayLike) -> tuple[Array, Array]:
    """Eigenvalues of the Hessian, and the initial mean in its eigenbasis."""
    a, mean = matrix("hessian", hessian), finite("initial_mean", initial_mean)
    size = a.shape[0] if a.ndim else 1
    if mean.shape not in ((), (size,)):
        raise ValueError(f"initial_mean must be a number or of shape ({size},), got {mean.shape}")
    if a.ndim < 2:
        values, mean = broadcast(hessian=np.atleast_1d(a), initial_mean=mean)
        return values, mean
    values, vectors = decompose("hessian", a)
    return values, np.broadcast_to(mean, size) @ vectors


def _divergence(t: Array, a: Array, temperature: float, s0: float, mean: Array) -> Array:
    """One row a time, one column an eigenvalue; summed over the columns."""
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        age, log_stiffness = 2 * (a * t), np.log(a) - np.log(temperature)
        log_left = log_stiffness + np.log(s0) - age  # of s0 a/T e^{-2 a t}
        offset = _offset(a, temperature, s0, log_left, age)
        log_age = np.log(2.0) + np.log(a) + np.log(t)  # where 2 a t is below the range
        log_right = np.where(age < _TINY_AGE, log_age, np.log(-np.expm1(-age)))
        log_ratio = np.logaddexp(log_left, log_right)
        moved = np.exp(2 * np.log(np.abs(mean)) + log_stiffness - age)
        return np.asarray(np.sum(log_excess(offset, log_ratio) + moved, axis=1) / 2)


def _offset(a: Array, temperature: float, s0: float, log_left: Array, age: Array) -> Array:
    """(s0 a/T - 1) e^{-2 a t}, of which the bracket keeps its digits near 0."""
    (above, up), (below, down) = parts((s0, a)), parts((temperature,))
    start = (scaled(above, up - down) - below) / below
    near = np.abs(start) <= 0.5
    left = np.exp(-age)
    return np.asarray(np.where(near, np.where(near, start, 0.0) * left, np.exp(log_left) - left))
