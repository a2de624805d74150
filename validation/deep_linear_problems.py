"""What the simulations of deep linear nets share: the regression that they learn, and how they are cut up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numerics.linear_data import LinearData, reduce

__all__ = ["Problem", "counts_up_to"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Inputs X with given singular values, along the first axes of the input space, and targets Y = W* X.

    Parameters
    ----------
    singular_values : tuple of float
        Of X, decreasing, > 0: r of them.
    teacher : tuple of tuples of float
        W* on the r axes, one row an output.
    in_dim : int
        d_x, >= r.

    Examples
    --------
    >>> problem = Problem((2.0, 1.0), ((1.0, 1.0),), 5)
    >>> problem.data.rank, problem.data.in_dim, round(problem.data.residual, 12)
    (2, 5, 0.0)
    """

    singular_values: tuple[float, ...]
    teacher: tuple[tuple[float, ...], ...]
    in_dim: int

    @property
    def out_dim(self) -> int:
        """d_y."""
        return len(self.teacher)

    @property
    def target_norm(self) -> float:
        """|W*|, the spectral norm."""
        return float(np.linalg.norm(np.array(self.teacher), 2))

    @cached_property
    def inputs(self) -> _Array:
        """X, one example a column."""
        axes: _Array = np.eye(self.in_dim, len(self.singular_values))
        return axes * np.array(self.singular_values, dtype=np.float64)

    @cached_property
    def targets(self) -> _Array:
        """Y."""
        teacher = np.array(self.teacher, dtype=np.float64)
        return np.asarray(teacher * np.array(self.singular_values))

    @cached_property
    def data(self) -> LinearData:
        """What gradient descent sees of it."""
        return reduce(self.inputs, self.targets)

    @property
    def description(self) -> str:
        """Sizes, condition and target."""
        largest, smallest = self.singular_values[0], self.singular_values[-1]
        return (
            f"d_x = {self.in_dim}, r = {len(self.singular_values)}, d_y = {self.out_dim}, "
            f"kappa = {(largest / smallest) ** 2:.3g}, |W*| = {self.target_norm:.3g}"
        )


def counts_up_to(values: _Array, thresholds: tuple[float, ...]) -> _Array:
    """Count the values up to each threshold; NaN counts as below none.

    Parameters
    ----------
    values : ndarray
        One a replicate.
    thresholds : tuple of float
        Increasing.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> counts_up_to(np.array([0.0, 1.0, 2.0]), (0.0, 1.5)).tolist()
    [1.0, 2.0]
    """
    return np.array([float(np.sum(values <= threshold)) for threshold in thresholds])
