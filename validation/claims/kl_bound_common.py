"""What the claims on the KL bound share: quadratics, the closed forms by result, sizes of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb

from theory.catalogue import find
from validation.checks.mean import min_replicates
from validation.checks.pointwise import Point, PointwiseCheck
from validation.claim import Profile
from validation.evidence import Kind

__all__ = [
    "ACCURACY",
    "EIGENVALUES",
    "HESSIAN",
    "Matrix",
    "closed",
    "diagonal",
    "enclosed",
    "oracle",
    "quadratic_shape",
    "resolution",
    "rotated",
    "sized",
]

Matrix = tuple[tuple[float, ...], ...]
"""A matrix of plain numbers, row by row."""

ACCURACY = 1e-12
"""Relative accuracy that the closed forms state."""

_COARSER = 4  # times the profile's resolution: means of losses here, weight variances elsewhere
_STEPPED = (
    0.74  # of the resolution is left for the sampling error where a step's error takes the rest
)


def rotated(eigenvalues: tuple[float, ...], seed: int) -> Matrix:
    """Return a symmetric matrix of given eigenvalues in a random orthonormal basis.

    Parameters
    ----------
    eigenvalues : tuple of float
        Kept to rounding.
    seed : int
        Of the basis.

    Returns
    -------
    tuple of tuples of float

    Examples
    --------
    >>> np.linalg.eigvalsh(np.array(rotated((1.0, 2.0), 3))).round(12).tolist()
    [1.0, 2.0]
    """
    size = len(eigenvalues)
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))
    matrix = basis @ np.diag(eigenvalues) @ basis.T
    return tuple(tuple(float(x) for x in row) for row in (matrix + matrix.T) / 2)


def diagonal(*entries: float) -> Matrix:
    """Return a diagonal matrix of these entries.

    Examples
    --------
    >>> diagonal(1.0, 2.0)
    ((1.0, 0.0), (0.0, 2.0))
    """
    return tuple(tuple(float(x) for x in row) for row in np.diag(entries))


EIGENVALUES = (0.7, 0.9, 1.0, 1.5, 2.0)
"""Of the Hessian of most simulated quadratics."""

HESSIAN = rotated(EIGENVALUES, 1)
"""With these eigenvalues, in a basis that is not that of the coordinates."""


def resolution(profile: Profile) -> float:
    """Relative error of a mean that this subject's Monte Carlo checks must see: 2 % in the quick profile.

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [resolution(profile) for profile in PROFILES.values()]
    [0.02, 0.008]
    """
    return _COARSER * profile.resolution


def sized(
    variation: float, skewness: float, relative: float, scale: float = 1.0, stepped: bool = False
) -> int:
    """Return the replicates that resolve a mean.

    Parameters
    ----------
    variation, skewness : float
        Standard deviation over mean of one replicate, and its skewness: computed, or measured on a small sample and
        rounded up; a check whose sample turns out to need more is inconclusive.
    relative : float
        Resolution.
    scale : float
        What the resolution is relative to, in units of the mean.
    stepped : bool
        Whether an error of a time step takes its share of the resolution.

    Returns
    -------
    int

    Examples
    --------
    >>> sized(1.0, 0.0, 0.02) < sized(1.0, 0.0, 0.02, stepped=True) < sized(1.0, 0.0, 0.01)
    True
    """
    return min_replicates(variation, skewness, relative * scale * (_STEPPED if stepped else 1.0))


def quadratic_shape(variances: Any) -> tuple[float, float]:
    """Return standard deviation over mean, and skewness, of sum_i v_i z_i^2 over standard normal z.

    Parameters
    ----------
    variances : sequence of float
        The v_i.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> quadratic_shape([1.0, 1.0])
    (1.0, 2.0)
    """
    first, second, third = (float(np.sum(np.asarray(variances) ** k)) for k in (1, 2, 3))
    return (2 * second) ** 0.5 / first, 8 * third / (2 * second) ** 1.5


def closed(result: str) -> Callable[..., float]:
    """Return the closed form of a result of the catalogue, by keyword arguments; looked up when it is called.

    Examples
    --------
    >>> closed("kl.equipartition")(temperature=0.5)
    0.25
    """
    return lambda **point: float(find(result).closed_form(**point))


def enclosed(
    result: str,
    points: tuple[Point, ...],
    rivals: Mapping[str, Callable[..., Any]] | None = None,
    accuracy: float = ACCURACY,
) -> PointwiseCheck:
    """Return the check of a result's closed form against its enclosure.

    Parameters
    ----------
    result : str
        Id in the catalogue.
    points : tuple of mappings
        Keyword arguments of the closed form.
    rivals : mapping of str to callable, optional
        Wrong closed forms that must be refuted.
    accuracy : float
        That the closed form states.

    Returns
    -------
    PointwiseCheck

    Examples
    --------
    >>> str(enclosed("kl.equipartition", ({"temperature": 0.5},)).judge({}).decision)
    'enclosed'
    """

    def reference(**point: Any) -> arb:
        ball: arb = find(result).enclosure(**point)
        return ball

    name = f"{result} against Arb balls"
    return PointwiseCheck(
        Kind.ENCLOSURE, name, closed(result), reference, points, accuracy, rivals or {}
    )


def oracle(
    name: str,
    closed_form: Callable[..., Any],
    reference: Callable[..., arb],
    points: tuple[Point, ...],
    rivals: Mapping[str, Callable[..., Any]] | None = None,
    accuracy: float = ACCURACY,
) -> PointwiseCheck:
    """Return the check of a closed form against a slow computation from the definition.

    Parameters
    ----------
    name : str
        What is compared with what.
    closed_form, reference : callable
        Of the points' keyword arguments.
    points : tuple of mappings
        Where.
    rivals : mapping of str to callable, optional
        Wrong closed forms that must be refuted.
    accuracy : float
        That the comparison can see.

    Returns
    -------
    PointwiseCheck

    Examples
    --------
    >>> str(oracle("pi", lambda: 3.141592653589793, arb.pi, ({},)).judge({}).decision)
    'consistent'
    """
    return PointwiseCheck(Kind.ORACLE, name, closed_form, reference, points, accuracy, rivals or {})
