"""The quantities that the proof of Hu, Xiao & Pennington keeps bounded during training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .backends import Array, Backend
from .deep_linear_weights import NetShape

__all__ = ["Invariants", "InvariantsLog"]


@dataclass(frozen=True, eq=False)
class Invariants:
    """Singular values of the partial products and movement of the weights, at the recorded steps.

    NaN from the step on at which a net diverged. Where layer 1 takes part it acts on the column
    space of X alone (W_1 U, r columns); its movement is that of all W_1, which moves nowhere else.

    Parameters
    ----------
    pairs : tuple of (int, int)
        (i, j), 1 <= i <= j <= L, of W_{j:i} = W_j ... W_i.
    largest, smallest : numpy.ndarray, shape (recorded steps, nets, pairs)
        Extreme singular values of W_{j:i}/m^((j-i+1)/2), min(rows, columns) of them counted; m = d_y
        at depth 1.
    movement : numpy.ndarray, shape (recorded steps, nets, L)
        |W_i(t) - W_i(0)|_F.
    """

    pairs: tuple[tuple[int, int], ...]
    largest: np.ndarray
    smallest: np.ndarray
    movement: np.ndarray


class InvariantsLog:
    """Collect the invariants of nets while they train.

    Parameters
    ----------
    shape : NetShape
        Sizes of the nets.
    records : int
        Number of recorded steps.
    nets : int
        Number of nets.
    device : Backend
        Where the weights lie.
    """

    ARRAYS = ("largest", "smallest", "movement")

    def __init__(self, shape: NetShape, records: int, nets: int, device: Backend) -> None:
        layers = range(1, shape.depth + 1)
        self.pairs = tuple((i, j) for i in layers for j in layers if i <= j)
        self._factor, self._device = math.sqrt(shape.width), device
        self.largest, self.smallest = np.full((2, records, nets, len(self.pairs)), np.nan)
        self.movement = np.full((records, nets, shape.depth), np.nan)

    def observe(
        self, row: int, nets: np.ndarray, weights: Sequence[Array], start: Sequence[Array]
    ) -> None:
        """Record some nets: their weights now, and at the start; later rows are filled likewise."""
        column = 0
        for first in range(len(weights)):
            product = None
            for each in weights[first:]:
                product = each if product is None else self._device.xp.matmul(each, product)
                values = self._device.to_numpy(self._device.xp.linalg.svdvals(product))
                self.largest[row:, nets, column] = values[:, 0]
                self.smallest[row:, nets, column] = values[:, -1]
                column += 1
        for layer, (now, then) in enumerate(zip(weights, start, strict=True)):
            squares = self._device.xp.sum((now - then) ** 2, axis=(1, 2))
            moved = np.sqrt(self._device.to_numpy(squares).astype(np.float64))
            self.movement[row:, nets, layer] = self._factor * moved

    def forget(self, row: int, nets: np.ndarray) -> None:
        """Leave diverged nets blank from this row on."""
        for name in self.ARRAYS:
            getattr(self, name)[row:, nets] = np.nan

    def result(self) -> Invariants:
        """Return what was collected."""
        return Invariants(self.pairs, self.largest, self.smallest, self.movement)
