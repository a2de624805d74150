"""The stationary state of stochastic gradient descent at a quadratic minimum: temperature, covariance, loss."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, positive, scalar
from theory.kl_bound.spectra import decompose, eigenvalues, matrix

__all__ = [
    "LyapunovResidualWarning",
    "lyapunov_residual",
    "stationary_covariance",
    "stationary_loss",
    "stationary_total_loss",
    "temperature",
]

_RESIDUAL = 1e-8  # half of the digits: beyond it the solution is worth a warning


class LyapunovResidualWarning(UserWarning):
    """A stationary covariance solves its equation to few digits, as the Hessian is ill-conditioned.

    Attributes
    ----------
    residual : float
        Relative residual, see `lyapunov_residual`.

    Examples
    --------
    >>> LyapunovResidualWarning(1e-5).residual
    1e-05
    """

    def __init__(self, residual: float) -> None:
        self.residual = residual
        super().__init__(
            f"the stationary covariance solves its Lyapunov equation to a relative residual of {residual:.1e} only: "
            "the Hessian is ill-conditioned"
        )


def temperature(
    learning_rate: ArrayLike, batch_size: ArrayLike, noise_variance: ArrayLike
) -> Floats:
    """The temperature T of p_ss = C exp(-L/T): isotropic gradient noise, small learning rate.

    Parameters
    ----------
    learning_rate : array_like
        alpha, finite and > 0.
    batch_size : array_like
        b, a whole number >= 1.
    noise_variance : array_like
        sigma^2 of one example's gradient in every direction, finite and > 0.

    Returns
    -------
    float64 or ndarray
        alpha sigma^2/(2 b), in units of the loss.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Three roundings.

    References
    ----------
    Horii & Has 2026, (12).

    Examples
    --------
    >>> print(f"{temperature(0.1, 100, 4.0):.4f}")
    0.0020
    """
    alpha, b, noise = broadcast(
        learning_rate=positive("learning_rate", learning_rate),
        batch_size=count("batch_size", batch_size),
        noise_variance=positive("noise_variance", noise_variance),
    )
    with np.errstate(over="ignore"):
        return np.asarray(alpha / b * noise / 2)[()]


def stationary_covariance(
    hessian: ArrayLike,
    noise_covariance: ArrayLike,
    learning_rate: float,
    batch_size: float,
    discrete: bool = False,
) -> Floats:
    """Covariance C of the weights at a quadratic minimum, by the Lyapunov equation A C + C A = (alpha/b) Sigma.

    Parameters
    ----------
    hessian : array_like
        A: a number (one parameter), eigenvalues (1-d) or a symmetric positive definite matrix (2-d).
    noise_covariance : array_like
        Sigma, covariance of one example's gradient noise; of the Hessian's shape. Two 1-d arguments are matrices that
        are diagonal in one basis.
    learning_rate : float
        alpha, finite and > 0.
    batch_size : float
        b, a whole number >= 1.
    discrete : bool, default False
        Solve the exact equation of the steps, C = (I - alpha A) C (I - alpha A) + (alpha^2/b) Sigma, instead of its
        limit alpha -> 0; it needs alpha < 2/lambda_max.

    Returns
    -------
    float64 or ndarray
        Of the Hessian's shape.

    Raises
    ------
    ValueError
        If an argument is outside its domain, the shapes differ, or the steps diverge.

    Warns
    -----
    LyapunovResidualWarning
        If the relative residual of a matrix solution exceeds 1e-8; the warning carries it.

    Notes
    -----
    In the eigenbasis of A: C_ij = (alpha/b) Sigma_ij/(a_i + a_j), or over a_i + a_j - alpha a_i a_j for the steps.
    Numbers and eigenvalues: relative error below 1e-15 (where alpha a is near 2, of what that difference allows).
    Matrices: about eps times the condition number of A, in norm, against SciPy's Lyapunov solvers. 2000 x 2000 takes
    seconds.

    References
    ----------
    Horii & Has 2026, (24); Mandt, Hoffman & Blei 2017; the discrete equation: extension.

    Examples
    --------
    >>> stationary_covariance([1.0, 4.0], [2.0, 2.0], learning_rate=0.25, batch_size=1)
    array([0.25  , 0.0625])
    >>> stationary_covariance(1.0, 1.0, learning_rate=1.0, batch_size=1, discrete=True)
    np.float64(1.0)
    """
    a, noise = _equation(hessian, noise_covariance)
    alpha, b = _step(learning_rate, batch_size)
    curvature = alpha if discrete else 0.0
    if a.ndim < 2:
        _check_stable(np.atleast_1d(a), curvature)
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(alpha / b * noise / a / (2 - curvature * a))[()]
    eigenvalues("noise_covariance", noise)  # refuses what is not positive definite
    covariance = _solve(a, noise, alpha / b, curvature)
    _warn(_residual(covariance, a, alpha / b * noise, curvature))
    return covariance


def lyapunov_residual(
    covariance: ArrayLike,
    hessian: ArrayLike,
    noise_covariance: ArrayLike,
    learning_rate: float,
    batch_size: float,
    discrete: bool = False,
) -> Floats:
    """Relative residual of a stationary covariance in its Lyapunov equation, in the Frobenius norm.

    Parameters
    ----------
    covariance : array_like
        C, of the Hessian's shape.
    hessian, noise_covariance, learning_rate, batch_size, discrete
        As for `stationary_covariance`.

    Returns
    -------
    float64
        |A C + C A - (alpha/b) Sigma| / |(alpha/b) Sigma|; for the steps with - alpha A C A on the left.

    Raises
    ------
    ValueError
        If an argument is outside its domain, or the shapes differ.

    Notes
    -----
    0 for the exact solution; rounding leaves about eps times the condition number of A.

    Examples
    --------
    >>> float(lyapunov_residual(0.5, 1.0, 1.0, learning_rate=1.0, batch_size=1))
    0.0
    """
    a, noise = _equation(hessian, noise_covariance)
    for name, checked in (("hessian", a), ("noise_covariance", noise)):
        eigenvalues(name, checked)  # refuses what is not positive definite
    c = matrix("covariance", covariance)
    if c.shape != a.shape:
        raise ValueError(f"covariance must have the Hessian's shape {a.shape}, got {c.shape}")
    alpha, b = _step(learning_rate, batch_size)
    return np.float64(_residual(c, a, alpha / b * noise, alpha if discrete else 0.0))


def stationary_loss(temperature: ArrayLike) -> Floats:
    """Stationary loss per parameter at a quadratic minimum with isotropic noise: E_ss[L]/K = T/2, whatever the rest.

    Parameters
    ----------
    temperature : array_like
        T, finite and > 0.

    Returns
    -------
    float64 or ndarray
        T/2: neither the Hessian nor the initial variance enters (equipartition).

    Raises
    ------
    ValueError
        If temperature is outside its domain.

    Notes
    -----
    Exact.

    References
    ----------
    Extension of Horii & Has 2026 (A-E3): under the paper's own assumptions.

    Examples
    --------
    >>> float(stationary_loss(0.5))
    0.25
    """
    return np.asarray(positive("temperature", temperature) / 2)[()]


def stationary_total_loss(
    noise_covariance: ArrayLike, learning_rate: float, batch_size: float
) -> Floats:
    """Stationary loss at a quadratic minimum for any noise: E_ss[L] = (alpha/b) tr(Sigma)/4, summed over parameters.

    Parameters
    ----------
    noise_covariance : array_like
        Sigma: a number (one parameter), eigenvalues (1-d) or a symmetric positive definite matrix (2-d).
    learning_rate : float
        alpha, finite and > 0.
    batch_size : float
        b, a whole number >= 1.

    Returns
    -------
    float64
        Limit of small alpha; the Hessian does not enter.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Half the trace of the Lyapunov equation. Relative error below 1e-14.

    References
    ----------
    Extension of Horii & Has 2026, (24).

    Examples
    --------
    >>> float(stationary_total_loss([1.0, 3.0], learning_rate=0.5, batch_size=1))
    0.5
    """
    alpha, b = _step(learning_rate, batch_size)
    with np.errstate(over="ignore"):
        return np.float64(alpha / b * np.sum(eigenvalues("noise_covariance", noise_covariance) / 4))


def _equation(hessian: ArrayLike, noise_covariance: ArrayLike) -> tuple[Array, Array]:
    a, noise = matrix("hessian", hessian), matrix("noise_covariance", noise_covariance)
    if a.shape != noise.shape:
        raise ValueError(
            f"noise_covariance must have the Hessian's shape {a.shape}, got {noise.shape}"
        )
    return a, noise


def _step(learning_rate: float, batch_size: float) -> tuple[float, float]:
    alpha = scalar("learning_rate", positive("learning_rate", learning_rate))
    return alpha, scalar("batch_size", count("batch_size", batch_size))


def _check_stable(values: Array, learning_rate: float) -> None:
    """Refuse steps that diverge; a learning rate of 0 stands for the limit."""
    largest = float(np.max(values))
    if not learning_rate * largest < 2:
        raise ValueError(
            f"learning_rate must be < 2/lambda_max = {2 / largest:g} for the steps to converge, got {learning_rate}"
        )


def _solve(a: Array, noise: Array, rate: float, curvature: float) -> Array:
    """Divide by a_i + a_j - curvature a_i a_j in the eigenbasis of A."""
    values, vectors = decompose("hessian", a)
    _check_stable(values, curvature)
    row, column = values[:, None], values
    rotated = vectors.T @ noise @ vectors
    with np.errstate(over="ignore", under="ignore"):
        mean = row / 2 + column / 2 - curvature * row * column / 2
        solved = vectors @ (rate * rotated / mean / 2) @ vectors.T
    return np.asarray((solved + solved.T) / 2)


def _residual(c: Array, a: Array, right: Array, curvature: float) -> float:
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if a.ndim < 2:
            left = c * a * (2 - curvature * a)
        else:
            half = a @ c
            left = half + half.T - curvature * half @ a
        difference, size = _frobenius(left - right), _frobenius(right)
        ratio = difference / size if size else np.inf
    return 0.0 if difference == 0 else float(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf))


def _frobenius(array: Array) -> np.float64:
    """The norm, of entries whose squares may leave the range of float64."""
    largest = np.max(np.abs(array))
    if not 0 < largest < np.inf:
        return np.float64(largest)
    return np.float64(largest * np.linalg.norm(array / largest))


def _warn(residual: float) -> None:
    if residual > _RESIDUAL:
        warnings.warn(LyapunovResidualWarning(residual), stacklevel=3)
