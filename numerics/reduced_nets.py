"""Reduced orthogonal nets: the two blocks of each, and what they determine.

Both blocks are kept divided by sqrt(m), in bases that the hidden layers carry along (`numerics.reduced_blocks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_checks import finite_array
from .networks import positive_integer

__all__ = ["ORTHOGONALITY", "ReducedNets"]

ORTHOGONALITY = 1e-8
"""What may be left of a number that vanishes for orthogonal layers and still counts as rounding."""


@dataclass(frozen=True, eq=False)
class ReducedNets:
    """Orthogonal nets of one reduced dimension k, each with its own width.

    Parameters
    ----------
    first : array, shape (nets, k, r)
        W_1 U / sqrt(m) in the basis of the first hidden layer.
    last : array, shape (nets, d_y, k)
        W_L / sqrt(m) in the basis of the last hidden layer.
    widths : sequence of int, length nets
        m of each net, >= k; enters the dynamics through sqrt(m) alone.

    Raises
    ------
    ValueError
        If the shapes do not fit or a number is not finite.

    Examples
    --------
    >>> from numerics.reduced_blocks import draw_reduced
    >>> nets = draw_reduced(input_dim=8, out_dim=2, rank=3, width=50, nets=4, rng=np.random.default_rng(0))
    >>> nets.first.shape, nets.last.shape, nets.widths.tolist()
    ((4, 5, 3), (4, 2, 5), [50, 50, 50, 50])
    """

    first: np.ndarray
    last: np.ndarray
    widths: Any

    def __post_init__(self) -> None:
        first, last = finite_array("first", self.first), finite_array("last", self.last)
        if first.ndim != 3 or last.ndim != 3 or first.shape[:2] != last.shape[::2]:
            raise ValueError(
                "first and last must have shapes (nets, k, r) and (nets, d_y, k), "
                f"got shapes {first.shape} and {last.shape}"
            )
        widths = _checked_widths(self.widths, *first.shape[:2])
        for name, value in {"first": first, "last": last, "widths": widths}.items():
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """Reduced width k."""
        return int(self.first.shape[1])

    def blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """C (nets, d_y, r) and G_1 (nets, r, r): all that the dynamics depend on besides m.

        G_1 = U^T W_1^T W_1 U, which is m I where m >= d_x; C = W_{L:1}(0) U G_1^{-1/2} / m^{(L-1)/2}, with the
        pseudo-inverse where m < r. They say all only if the last block has orthonormal rows and the first rank
        min(m, r), as drawn ones have; ValueError otherwise (given weights may be any).
        """
        left, values, right = np.linalg.svd(self.first, full_matrices=False)
        gram = self.first.mT @ self.first * self.widths[:, None, None]
        self._require_determined(values)
        return self.last @ (left @ right), gram

    def _require_determined(self, values: np.ndarray) -> None:
        """Refuse nets that C and G_1 do not determine, given the singular values of the first block."""
        defect = float(np.abs(self.last @ self.last.mT - np.eye(self.last.shape[1])).max())
        if defect > ORTHOGONALITY:
            raise ValueError(
                f"blocks need last with orthonormal rows, got |V V^T - I| = {defect:.3g}"
            )
        rank, least = self.first.shape[2], np.finfo(np.float64).eps * max(self.first.shape[1:])
        found = (values > least * values[:, :1]).sum(axis=1)
        if (found < np.minimum(self.widths, rank)).any():
            raise ValueError(f"blocks need first of rank min(m, r), got ranks {found.tolist()}")


def _checked_widths(widths: Any, nets: int, dimension: int) -> np.ndarray:
    """One width a net, none below the dimension k that it is reduced to."""
    listed = list(widths) if np.iterable(widths) else [widths]
    checked = np.array([positive_integer("widths", width) for width in listed], dtype=np.int64)
    if not np.iterable(widths) or len(checked) != nets:
        raise ValueError(f"widths must hold one width a net, {nets}, got {widths!r}")
    if (checked < dimension).any():
        raise ValueError(f"widths must be >= k, {dimension}, got {widths!r}")
    return checked
