"""The stationary state of stochastic gradient descent at a quadratic minimum: temperature, covariance, loss."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, flag, positive, scalar
from theory.kl_bound.lyapunov import (
    check_stable,
    gradient_noise,
    in_units,
    relative_residual,
    solve_equation,
)
from theory.kl_bound.spectra import eigenvalues, matrix
from theory.ratios import ratio, scaled

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

    def __reduce__(self) -> tuple[type[LyapunovResidualWarning], tuple[float]]:
        """Pickle and copy by the residual, from which the message is made."""
        return type(self), (self.residual,)


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
    return ratio((alpha, noise), (b, 2.0))[()]


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
    curvature = alpha if flag("discrete", discrete) else 0.0
    if a.ndim < 2:
        check_stable(np.atleast_1d(a), curvature)
        with np.errstate(under="ignore"):
            return ratio((alpha, noise), (b, a, 2 - curvature * a))[()]
    eigenvalues("noise_covariance", noise)  # refuses what is not positive definite
    covariance, unit = solve_equation(a, gradient_noise(noise, alpha, b), curvature)
    _warn(relative_residual((covariance, unit), a, gradient_noise(noise, alpha, b), curvature))
    return scaled(covariance, unit)


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
    curvature = alpha if flag("discrete", discrete) else 0.0
    start = (c, np.array(0)) if c.ndim < 2 else in_units(c)
    return np.float64(relative_residual(start, a, gradient_noise(noise, alpha, b), curvature))


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
    source, unit = gradient_noise(eigenvalues("noise_covariance", noise_covariance), alpha, b)
    return np.float64(scaled(np.sum(source), unit - 2))


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


def _warn(residual: float) -> None:
    if residual > _RESIDUAL:
        warnings.warn(LyapunovResidualWarning(residual), stacklevel=3)
