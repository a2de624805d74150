"""What a training run of deep linear nets leaves behind, and when a net is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .deep_linear_invariants import Invariants
from .deep_linear_weights import NetShape
from .linear_data import LinearData

__all__ = ["DIVERGED", "History", "Outcomes", "rounding_floor"]

DIVERGED = 1e8
"""A loss so many times the larger of l(0) - l* and |T|_F^2/2 counts as divergence."""


@dataclass(frozen=True, eq=False)
class History:
    """Losses of many nets at the recorded steps.

    Parameters
    ----------
    record : tuple of int
        Steps after which the losses were recorded.
    losses : numpy.ndarray of float64, shape (recorded steps, nets)
        l - l*. Plus infinity from the step on at which the net diverged; of a net that stopped at
        its rounding floor, the loss at which it stopped.
    diverged_at : numpy.ndarray of int, shape (nets,)
        First step with a loss that is not finite or above `DIVERGED` times its scale; -1 for none.
    stopped_at : numpy.ndarray of int, shape (nets,)
        Step at which the net was left at its rounding floor; -1 for none.
    invariants : Invariants or None
        Where they were asked for.
    """

    record: tuple[int, ...]
    losses: np.ndarray
    diverged_at: np.ndarray
    stopped_at: np.ndarray
    invariants: Invariants | None = None

    @property
    def diverged(self) -> np.ndarray:
        """Which nets diverged."""
        return np.asarray(self.diverged_at >= 0)


def rounding_floor(data: LinearData, shape: NetShape, dtype: np.dtype) -> float:
    """Loss below which rounding may stop a net: (eps L m)^2 |X|^2 max(1, |T|_F^2/|X|^2)/2.

    An entry of V_l is about m^(-1/2) and a gradient step changes it by about |E| |S|/(L |X|^2 m^(3/2))
    at eta = d_y/(2 L |X|^2), up to sqrt(d_y): half a unit in the last place once |E| is about
    eps L m |X|.

    Parameters
    ----------
    data : LinearData
        Reduced data.
    shape : NetShape
        Sizes of the nets.
    dtype : numpy.dtype
        Precision of the weights.

    Returns
    -------
    float
        In units of the loss.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> shape = NetShape(width=8, depth=3, in_dim=3, out_dim=2, rank=3)
    >>> rounding_floor(reduce(np.eye(3), np.ones((2, 3))), shape, np.dtype("float64")) < 1e-27
    True
    """
    unit = float(np.finfo(dtype).eps) * shape.depth * shape.width
    return unit**2 * max(0.5 * data.norm**2, data.target_loss)


class Outcomes:
    """Losses and fates of all nets while they train.

    Parameters
    ----------
    record : sequence of int
        Steps to record.
    nets : int
        Number of nets.
    target_loss : float
        |T|_F^2/2, the loss of the zero map.
    floor : float
        As `rounding_floor` gives it; 0 never stops a net.
    patience : int
        Steps without a new least loss after which a net below the floor stops.
    """

    def __init__(
        self, record: Sequence[int], nets: int, target_loss: float, floor: float, patience: int
    ) -> None:
        self.record, self.floor, self.patience = tuple(record), floor, patience
        self._recorded = frozenset(self.record)
        self.losses = np.full((len(self.record), nets), np.nan)
        self.diverged_at, self.stopped_at = np.full((2, nets), -1)
        self.least, self.least_at = np.full(nets, np.inf), np.zeros(nets, dtype=np.int64)
        self.scale = np.full(nets, target_loss)

    ARRAYS = ("losses", "diverged_at", "stopped_at", "least", "least_at", "scale")

    def observe(self, step: int, nets: np.ndarray, losses: np.ndarray) -> np.ndarray:
        """Take in the losses of some nets after a step; return which of these go on."""
        if step and step not in self._recorded and (losses < self.least[nets]).all():
            self.least[nets], self.least_at[nets] = losses, step  # most steps: nothing else to do
            return np.ones(len(nets), dtype=bool)
        if step == 0:
            self.scale[nets] = np.fmax(self.scale[nets], np.where(losses < np.inf, losses, 0.0))
        better = losses < self.least[nets]
        self.least[nets[better]], self.least_at[nets[better]] = losses[better], step
        within = (
            losses <= DIVERGED * self.scale[nets]
        )  # which may overflow: infinity is beyond, too
        diverged = ~(within & np.isfinite(losses))
        stale = step - self.least_at[nets] >= self.patience
        stopped = stale & (losses <= self.floor)
        self.diverged_at[nets[diverged]] = self.stopped_at[nets[stopped]] = step
        rows = np.searchsorted(self.record, step)
        self.losses[rows:, nets] = np.where(diverged, np.inf, losses)
        return np.asarray(~(diverged | stopped))
