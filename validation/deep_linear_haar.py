"""Haar matrices, and the eigenangles of the small ones: observables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.haar import haar
from validation.deep_linear_starts import Observing

__all__ = ["Eigenangles", "HaarMatrices"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class HaarMatrices(Observing):
    """Random orthogonal matrices: "Q_11", "Q_11^2", "(tr Q)^2" and "tr Q^2"; counts of log|Q_11|.

    Parameters
    ----------
    size : int
        Rows and columns.
    replicates : int
        Matrices.
    corrected : bool
        Whether the signs of R's diagonal are put right, without which a QR is not Haar.
    thresholds : tuple of float
        Of log|Q_11|.

    Examples
    --------
    >>> HaarMatrices(3, 10, False).description
    'orthogonal 3 x 3 matrices from a QR without the correction of signs'
    """

    size: int
    replicates: int
    corrected: bool = True
    thresholds: tuple[float, ...] = ()

    @property
    def observables(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of what is kept."""
        return ("Q_11", "Q_11^2", "(tr Q)^2", "tr Q^2")

    @property
    def depth(self) -> int:
        """One layer."""
        return 1

    @property
    def description(self) -> str:
        """Size and correction."""
        signs = "the" if self.corrected else "a QR without the"
        return f"orthogonal {self.size} x {self.size} matrices from {signs} correction of signs"

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * (3e-6 + 1e-7 * self.size**2)

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        q = np.asarray(
            haar(
                rows=self.size,
                columns=self.size,
                batch=replicates,
                rng=rng,
                corrected=self.corrected,
            )
        )
        yield q[:, 0, 0]
        yield q[:, 0, 0] ** 2
        yield np.einsum("nii->n", q) ** 2
        yield np.einsum("nij,nji->n", q, q)


@dataclass(frozen=True)
class Eigenangles(Observing):
    """Random orthogonal 3 x 3 matrices: "theta", the angle of the rotation det(Q) Q; counts of its logarithm.

    det(Q) Q has the eigenvalues 1 and exp(+-i theta), 0 <= theta <= pi.

    Parameters
    ----------
    replicates : int
        Matrices.
    corrected : bool
        Whether the signs of R's diagonal are put right, without which a QR is not Haar.
    thresholds : tuple of float
        Of log theta.

    Examples
    --------
    >>> [theta] = Eigenangles(4)._observe(4, np.random.default_rng(1))
    >>> bool(((theta >= 0) & (theta <= np.pi)).all())
    True
    """

    replicates: int
    corrected: bool = True
    thresholds: tuple[float, ...] = ()

    @property
    def observables(self) -> tuple[str, ...]:  # type: ignore[override]
        """The angle."""
        return ("theta",)

    @property
    def depth(self) -> int:
        """One layer."""
        return 1

    @property
    def description(self) -> str:
        """Which matrices."""
        return HaarMatrices(3, self.replicates, self.corrected).description

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * 5e-6

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        q = np.asarray(haar(rows=3, columns=3, batch=replicates, rng=rng, corrected=self.corrected))
        cosine = (np.linalg.det(q) * np.einsum("nii->n", q) - 1) / 2
        yield np.arccos(np.clip(cosine, -1, 1))
