"""The data of a linear regression, reduced to the r dimensions that gradient descent can see.

With X = U S V^T of rank r and any matrix A, |A X - Y|_F^2 / 2 = |A U S - Y V|_F^2 / 2 + l*, so a
linear net is trained on the r columns of S instead of the n examples.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_checks import finite_array

__all__ = ["LinearData", "reduce"]


@dataclass(frozen=True, eq=False)
class LinearData:
    """Inputs and targets in the coordinates of the inputs' left singular vectors.

    Parameters
    ----------
    basis : numpy.ndarray, shape (d_x, r)
        U, orthonormal columns.
    singular_values : numpy.ndarray, shape (r,)
        Of X, decreasing, > 0.
    targets : numpy.ndarray, shape (d_y, r)
        T = Y V.
    residual : float
        l* = |Y - Y V V^T|_F^2 / 2, the least loss of any linear map.
    """

    basis: np.ndarray
    singular_values: np.ndarray
    targets: np.ndarray
    residual: float

    @property
    def in_dim(self) -> int:
        """d_x."""
        return int(self.basis.shape[0])

    @property
    def out_dim(self) -> int:
        """d_y."""
        return int(self.targets.shape[0])

    @property
    def rank(self) -> int:
        """Rank r of X."""
        return int(self.singular_values.size)

    @property
    def norm(self) -> float:
        """Spectral norm |X|."""
        return float(self.singular_values[0])

    @property
    def target_loss(self) -> float:
        """|T|_F^2/2, the loss l - l* of the zero map."""
        return 0.5 * float((self.targets**2).sum())

    @property
    def minimiser(self) -> np.ndarray:
        """Y X^+, the minimiser of least norm, shape (d_y, d_x)."""
        return np.asarray((self.targets / self.singular_values) @ self.basis.T)


def reduce(inputs: Any, targets: Any) -> LinearData:
    """Reduce a regression to the rank of its inputs; nothing is lost but the constant l*.

    Parameters
    ----------
    inputs : array, shape (d_x, n)
        X, one example a column: finite, not all 0, |X|^2 a normal double (|X| from 1.5e-154 to 1.3e154).
    targets : array, shape (d_y, n)
        Y, finite, 0 or |Y|_F in the same range.

    Returns
    -------
    LinearData

    Raises
    ------
    ValueError
        If an argument is outside its domain, or the shapes do not fit.

    Notes
    -----
    Singular values up to max(d_x, n) eps |X| count as 0, the convention of
    ``numpy.linalg.matrix_rank``: they cannot be told from rounding. In double precision throughout.

    Examples
    --------
    >>> data = reduce([[3.0, 3.0], [4.0, 4.0]], [[1.0, 0.0]])  # one example twice, two answers
    >>> data.rank, round(data.norm, 12), round(data.residual, 12)
    (1, 7.071067811865, 0.25)
    """
    x, y = _matrix("inputs", inputs), _matrix("targets", targets)
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"targets must have as many columns as inputs, {x.shape[1]}, got shape {y.shape}"
        )
    if not x.any():
        raise ValueError("inputs must have a rank of at least 1, got zeros only")
    scale = float(np.abs(x).max())  # the SVD of subnormal or huge numbers would lose them
    left, values, right = np.linalg.svd(x / scale, full_matrices=False)
    _require_squares("inputs", scale * float(values[0]))
    _require_squares("targets", _frobenius(y))
    rank = int((values > max(x.shape) * np.finfo(np.float64).eps * values[0]).sum())
    seen = y @ right[:rank].T
    missed = y - seen @ right[:rank]
    return LinearData(left[:, :rank], scale * values[:rank], seen, 0.5 * float((missed**2).sum()))


def _frobenius(matrix: np.ndarray) -> float:
    """|A|_F, for entries whose squares over- or underflow too."""
    scale = float(np.abs(matrix).max())
    return scale * float(np.linalg.norm(matrix / scale)) if scale else 0.0


def _require_squares(name: str, norm: float) -> None:
    """Refuse a norm other than 0 whose square, a loss, is infinite or subnormal."""
    least, most = (math.sqrt(bound) for bound in (sys.float_info.min, sys.float_info.max))
    if norm and not least <= norm <= most:
        raise ValueError(
            f"{name} must have a norm from {least:.2g} to {most:.2g}, whose square is a normal double, "
            f"got {norm:.3g}"
        )


def _matrix(name: str, value: Any) -> np.ndarray:
    """Return one example a column: a finite matrix."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries, got {value!r}")
    matrix = finite_array(name, value)
    if matrix.ndim != 2:
        raise ValueError(f"{name} must be a matrix, one example a column, got shape {matrix.shape}")
    return matrix
