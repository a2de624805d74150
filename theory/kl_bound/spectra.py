"""Covariances and Hessians as arguments, and the means of their eigenvalues.

0-d stands for one parameter, 1-d for the eigenvalues, 2-d for the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, finite, positive
from theory.elementary import log_excess, log_ratio

__all__ = [
    "SpectralMean",
    "arithmetic_mean",
    "decompose",
    "eigenvalues",
    "harmonic_mean",
    "matrix",
    "ratio_excess",
]

_ASYMMETRY = 1e-12  # of the largest entry: more than rounding leaves in a symmetric product
_SMALL = 2.0**-500  # numbers below it are scaled by its inverse, out of reach of subnormal products


@dataclass(frozen=True)
class SpectralMean:
    """A mean of eigenvalues, in two parts so that its distance to a number near it is not lost.

    Parameters
    ----------
    size : int
        Number of eigenvalues.
    main : float
        The mean up to rounding.
    offset : float
        What rounding left: the arithmetic mean is main (1 + offset), the harmonic one main/(1 + offset). Of the order
        of rounding, unless the mean is subnormal.
    log_spread : float
        |log| of its ratio to the geometric mean.

    Examples
    --------
    >>> mean = arithmetic_mean(np.array([1.0, 4.0]))
    >>> mean.main, bool(abs(mean.log_spread - np.log(2.5 / 2.0)) < 1e-15)
    (2.5, True)
    """

    size: int
    main: float
    offset: float
    log_spread: float


def arithmetic_mean(values: Array) -> SpectralMean:
    """Return the arithmetic mean AM and log(AM/GM), GM the geometric mean.

    Parameters
    ----------
    values : ndarray, shape (K,)
        Finite and > 0.

    Returns
    -------
    SpectralMean
        log(AM/GM) is a mean of terms >= 0, free of cancellation however near the eigenvalues are to each other.

    Examples
    --------
    >>> print(f"{arithmetic_mean(np.array([1.0, 1.0 + 2**-26])).log_spread * 2**55:.6f}")
    1.000000
    """
    largest = np.max(values)
    main = largest * np.mean(values / largest)
    return _mean(main, (values - main) / main, log_ratio(values, main))


def harmonic_mean(values: Array) -> SpectralMean:
    """Return the harmonic mean HM and log(GM/HM), GM the geometric mean.

    Parameters
    ----------
    values : ndarray, shape (K,)
        Finite and > 0.

    Returns
    -------
    SpectralMean
        As accurate as `arithmetic_mean`.

    Examples
    --------
    >>> harmonic_mean(np.array([1.0, 4.0])).main
    1.6
    """
    smallest = np.min(values)
    main = smallest / np.mean(smallest / values)
    with np.errstate(over="ignore"):
        return _mean(main, (main - values) / values, log_ratio(main, values))


def _mean(main: Any, offsets: Array, logarithms: Array) -> SpectralMean:
    """Of ratios to `main`, given as offsets from 1 and as logarithms: their mean is 1 + offset."""
    offset = np.mean(offsets)
    spread = np.mean(log_excess(offsets, logarithms)) - log_excess(offset, np.log1p(offset))
    return SpectralMean(offsets.size, float(main), float(offset), float(max(spread, 0.0)))


def ratio_excess(numerator: Any, denominator: Any, offset: float) -> Any:
    """r - 1 - log(r) of r = (numerator/denominator) (1 + offset), the offset near 0.

    Parameters
    ----------
    numerator, denominator : float or ndarray
        Finite and > 0.
    offset : float
        Of a `SpectralMean`.

    Returns
    -------
    float64 or ndarray

    Examples
    --------
    >>> print(f"{ratio_excess(np.float64(2.0), np.float64(1.0), 0.0):.12f}")
    0.306852819440
    """
    scale = np.where(np.maximum(numerator, denominator) < _SMALL, 1 / _SMALL, 1.0)
    above, below = scale * numerator, scale * denominator
    with np.errstate(over="ignore"):
        distance = (above - below + above * offset) / below
    return log_excess(distance, log_ratio(above, below) + np.log1p(offset))


def matrix(name: str, value: ArrayLike) -> Array:
    """Return a symmetric positive definite matrix, or positive eigenvalues, or one positive number.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        0-d, 1-d or 2-d.

    Returns
    -------
    ndarray of float64
        Symmetrised if 2-d; that its eigenvalues are > 0 is for `decompose` to see.

    Raises
    ------
    ValueError
        If it is empty, has more than two dimensions, is not square or not symmetric (1e-12 of the largest entry), or
        if eigenvalues are not finite and > 0.

    Examples
    --------
    >>> matrix("hessian", [[1.0, 2.0], [0.0, 1.0]])
    Traceback (most recent call last):
    ...
    ValueError: hessian must be symmetric, got a matrix whose entries (1, 0) and (0, 1) are 0.0 and 2.0
    """
    array = finite(name, value)
    if array.ndim > 2 or array.size == 0:
        what = "a number, eigenvalues (1-d) or a matrix (2-d), not empty"
        raise ValueError(f"{name} must be {what}, got shape {array.shape}")
    return _symmetric(name, array) if array.ndim == 2 else positive(name, array)


def _symmetric(name: str, array: Array) -> Array:
    if array.shape[0] != array.shape[1]:
        raise ValueError(f"{name} must be square, got shape {array.shape}")
    with np.errstate(over="ignore"):
        gap = np.abs(array - array.T)
    if np.max(gap) > _ASYMMETRY * np.max(np.abs(array)):
        column, row = np.unravel_index(np.argmax(gap), gap.shape)
        entries = f"({row}, {column}) and ({column}, {row}) are {array[row, column]} and {array[column, row]}"
        raise ValueError(f"{name} must be symmetric, got a matrix whose entries {entries}")
    return np.where(gap == 0, array, array / 2 + array.T / 2)


def decompose(name: str, array: Array) -> tuple[Array, Array]:
    """Return eigenvalues and orthonormal eigenvectors (columns) of a symmetric positive definite matrix.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    array : ndarray, shape (K, K)
        As `matrix` returns it.

    Returns
    -------
    tuple of ndarray
        Ascending eigenvalues, eigenvectors.

    Raises
    ------
    ValueError
        If an eigenvalue is not above the rounding error of the decomposition, K eps times the largest.

    Examples
    --------
    >>> decompose("hessian", np.diag([2.0, 1.0]))[0]
    array([1., 2.])
    """
    values, vectors = np.linalg.eigh(array)
    return _definite(name, values), vectors


def eigenvalues(name: str, value: ArrayLike) -> Array:
    """Return the eigenvalues of a covariance or Hessian argument.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        0-d, 1-d or 2-d.

    Returns
    -------
    ndarray, shape (K,)

    Raises
    ------
    ValueError
        As `matrix` and `decompose`.

    Examples
    --------
    >>> eigenvalues("covariance", 3.0), eigenvalues("covariance", [[2.0, 1.0], [1.0, 2.0]])
    (array([3.]), array([1., 3.]))
    """
    array = matrix(name, value)
    if array.ndim < 2:
        return np.atleast_1d(array)
    return _definite(name, np.asarray(np.linalg.eigvalsh(array), dtype=np.float64))


def _definite(name: str, values: Array) -> Array:
    """Refuse a spectrum that rounding cannot tell from a singular one."""
    if not values[0] > values.size * np.finfo(np.float64).eps * abs(values[-1]):
        what = "positive definite beyond rounding"
        ends = f"{values[0]:.3g} to {values[-1]:.3g}"
        raise ValueError(f"{name} must be {what}, got eigenvalues from {ends}")
    return np.asarray(values)
