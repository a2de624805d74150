"""The Lyapunov equation of a stationary covariance: its solution, and the residual of one.

Arrays come with an exponent of two, as products of the arguments may leave the range of float64.
"""

from __future__ import annotations

import numpy as np

from theory.domain import Array
from theory.kl_bound.spectra import decompose
from theory.ratios import Exponents, parts, scaled

__all__ = [
    "Scaled",
    "check_stable",
    "gradient_noise",
    "in_units",
    "relative_residual",
    "solve_equation",
]

Scaled = tuple[Array, Exponents]
"""An array and the exponents of two that it is to be multiplied by."""


def check_stable(values: Array, learning_rate: float) -> None:
    """Refuse steps that diverge for the Hessian's eigenvalues; a learning rate of 0 stands for the limit.

    Parameters
    ----------
    values : ndarray
        Eigenvalues, > 0.
    learning_rate : float
        alpha.

    Raises
    ------
    ValueError
        If alpha times the largest is 2 or more.

    Examples
    --------
    >>> check_stable(np.array([1.0, 4.0]), 0.5)
    Traceback (most recent call last):
    ...
    ValueError: learning_rate must be < 2/lambda_max = 0.5 for the steps to converge, got 0.5
    """
    largest = float(np.max(values))
    if not learning_rate * largest < 2:
        raise ValueError(
            f"learning_rate must be < 2/lambda_max = {2 / largest:g} for the steps to converge, got {learning_rate}"
        )


def in_units(array: Array) -> Scaled:
    """Return the array in units of a power of two, in which its largest entry is near 1.

    Parameters
    ----------
    array : ndarray
        Finite, not 0.

    Returns
    -------
    values : ndarray
    exponent : ndarray, 0-d

    Examples
    --------
    >>> values, exponent = in_units(np.array([3.0, 12.0]))
    >>> values.tolist(), int(exponent)
    ([0.1875, 0.75], 4)
    """
    _, exponent = parts((np.max(np.abs(array)),))
    return scaled(array, -exponent), exponent


def gradient_noise(noise: Array, alpha: float, b: float) -> Scaled:
    """Return (alpha/b) Sigma, the right side of the equation.

    Parameters
    ----------
    noise : ndarray
        Sigma, or its eigenvalues.
    alpha, b : float
        Learning rate and batch size.

    Returns
    -------
    values : ndarray
    exponent : ndarray, 0-d

    Examples
    --------
    >>> values, exponent = gradient_noise(np.array([1e200, 2e200]), 1e200, 5.0)
    >>> float(values[1] / values[0]), bool(exponent > 1024)
    (2.0, True)
    """
    noise, unit = in_units(noise)
    rate, exponent = parts((alpha,), (b,))
    return rate * noise, unit + exponent


def solve_equation(a: Array, source: Scaled, curvature: float) -> Scaled:
    """Divide the source by a_i + a_j - curvature a_i a_j in the eigenbasis of A, and return the covariance.

    Parameters
    ----------
    a : ndarray, shape (K, K)
        A, symmetric and positive definite.
    source : tuple of ndarray
        The right side, as from `gradient_noise`.
    curvature : float
        alpha for the equation of discrete steps, 0 for their limit.

    Returns
    -------
    values : ndarray, shape (K, K)
    exponent : ndarray, 0-d

    Raises
    ------
    ValueError
        If A is not as said, or the steps diverge.

    Examples
    --------
    >>> noise = gradient_noise(np.eye(2), 1.0, 1.0)
    >>> scaled(*solve_equation(np.diag([1.0, 4.0]), noise, 0.0))
    array([[0.5  , 0.   ],
           [0.   , 0.125]])
    """
    values, vectors = decompose("hessian", a)
    check_stable(values, curvature)
    values, unit = in_units(values)
    row, column = values[:, None], values
    rotated = vectors.T @ source[0] @ vectors
    with np.errstate(over="ignore", under="ignore"):
        total = row + column - scaled(curvature, unit) * row * column
        solved = vectors @ (rotated / total) @ vectors.T
    return np.asarray((solved + solved.T) / 2), source[1] - unit


def relative_residual(covariance: Scaled, a: Array, source: Scaled, curvature: float) -> float:
    """Return the norm of the difference of both sides over that of the source.

    Parameters
    ----------
    covariance, source : tuple of ndarray
        C and the right side, with their exponents of two.
    a, curvature
        As for `solve_equation`; one-dimensional arrays are eigenvalues.

    Returns
    -------
    float
        inf where it overflows.

    Examples
    --------
    >>> noise = gradient_noise(np.ones(1), 1.0, 1.0)
    >>> relative_residual((np.array([0.75]), np.array(0)), np.ones(1), noise, 0.0)
    0.5
    """
    sides = _left_of_spectra if a.ndim < 2 else _left_of_matrices
    left, exponent = sides(covariance[0], a, curvature)
    right, unit = source
    with np.errstate(over="ignore", invalid="ignore"):
        difference = scaled(left, exponent + (covariance[1] - unit)) - right
        relative = _frobenius(difference) / _frobenius(right)
    return float(np.nan_to_num(relative, nan=np.inf, posinf=np.inf))


def _left_of_spectra(c: Array, a: Array, curvature: float) -> Scaled:
    with np.errstate(over="ignore", under="ignore"):
        return parts((c, a, 2 - curvature * a))


def _left_of_matrices(c: Array, a: Array, curvature: float) -> Scaled:
    a, unit = in_units(a)
    half = a @ c
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return half + half.T - scaled(curvature, unit) * half @ a, unit


def _frobenius(array: Array) -> np.float64:
    """The norm, of entries whose squares may leave the range of float64."""
    largest = np.max(np.abs(array))
    if not 0 < largest < np.inf:
        return np.float64(largest)
    return np.float64(largest * np.linalg.norm(array / largest))
