"""The loop of a training run: batches of nets, what they leave behind, and going on after a kill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .backends import Array
from .deep_linear_checkpoint import Checkpoint
from .deep_linear_history import History, Outcomes
from .deep_linear_invariants import InvariantsLog
from .deep_linear_start import Start
from .deep_linear_steps import Descent, descent
from .linear_data import LinearData

__all__ = ["TrainingRun"]


@dataclass
class _Batch:
    """Nets that step together: their numbers, the steps taken, their weights now and, if logged, at the start."""

    nets: np.ndarray
    step: int
    descent: Descent
    start: list[Array]


@dataclass
class TrainingRun:
    """All that a run needs; `history` runs it.

    Parameters
    ----------
    data : LinearData
        Reduced data.
    learning_rate : float
        eta.
    steps : int
        Number of steps.
    start : Start
        Initial weights.
    outcomes : Outcomes
        Losses and fates, collected here.
    log : InvariantsLog or None
        Invariants, collected here.
    checkpoint : Checkpoint
        State on disk.
    batch : int
        Nets that step together.
    """

    data: LinearData
    learning_rate: float
    steps: int
    start: Start
    outcomes: Outcomes
    log: InvariantsLog | None
    checkpoint: Checkpoint
    batch: int

    def history(self) -> History:
        """Train all nets, from the checkpoint on if there is one."""
        saved = self.checkpoint.read()
        first = 0
        if saved is not None:
            first = int(saved["first"])
            self._advance(self._restored(saved), first)  # which takes the weights out of `saved`
            first += self.batch
        for begin in range(first, self.start.nets, self.batch):
            nets = np.arange(begin, min(begin + self.batch, self.start.nets))
            self._advance(self._batch(nets, 0, self.start.weights(nets)), begin)
        self.checkpoint.remove()
        found = None if self.log is None else self.log.result()
        kept = self.outcomes
        return History(kept.record, kept.losses, kept.diverged_at, kept.stopped_at, found)

    def _batch(self, nets: np.ndarray, step: int, weights: list[Array]) -> _Batch:
        start = self.start.weights(nets) if self.log is not None else []
        shape, device = self.start.shape, self.start.device
        made = descent(self.data, weights, self.learning_rate, shape.width, device)
        return _Batch(nets, step, made, start)

    def _advance(self, batch: _Batch, first: int) -> None:
        """Train a batch to the end."""
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is a result
            while self._observed(batch) and batch.step < self.steps:
                batch.descent.step()
                batch.step += 1
                if self.checkpoint.due:
                    self.checkpoint.write(self._state(batch, first))

    def _observed(self, batch: _Batch) -> bool:
        """Take in the losses after a step and drop the nets that are done; tell whether any is left."""
        going = self.outcomes.observe(batch.step, batch.nets, batch.descent.losses())
        if self.log is not None and (batch.step in self.outcomes.record or not going.all()):
            going = going[self._log(self.log, batch)]
        self._keep(batch, going)
        return bool(going.any())

    def _log(self, log: InvariantsLog, batch: _Batch) -> np.ndarray:
        """Record invariants, of nets that have just stopped too; drop those that diverged, return the others."""
        row = int(np.searchsorted(self.outcomes.record, batch.step))
        alive: np.ndarray = self.outcomes.diverged_at[batch.nets] < 0
        log.forget(row, batch.nets[~alive])
        self._keep(batch, alive)
        if alive.any():
            log.observe(row, batch.nets, batch.descent.weights, batch.start)
        return alive

    def _keep(self, batch: _Batch, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone; nothing is copied where these are all."""
        if chosen.all():
            return
        batch.nets = batch.nets[chosen]
        batch.descent.keep(chosen)
        device = self.start.device
        index = device.asarray(np.flatnonzero(chosen))
        for k, each in enumerate(batch.start):
            batch.start[k] = device.xp.take(each, index, axis=0)

    def _state(self, batch: _Batch, first: int) -> dict[str, np.ndarray]:
        """All that changes during a run."""
        state = {name: getattr(owner, name) for owner in self._owners() for name in owner.ARRAYS}
        for k, each in enumerate(batch.descent.weights):
            state[f"weights_{k}"] = self.start.device.to_numpy(each)
        return state | {"first": np.array(first), "step": np.array(batch.step), "nets": batch.nets}

    def _restored(self, saved: dict[str, np.ndarray]) -> _Batch:
        """Go back to a saved state."""
        for owner in self._owners():
            for name in owner.ARRAYS:
                setattr(owner, name, saved[name])
        names = [f"weights_{k}" for k in range(self.start.shape.depth)]
        weights = [self.start.device.asarray(saved.pop(name)) for name in names]
        return self._batch(saved["nets"], int(saved["step"]), weights)

    def _owners(self) -> list[Outcomes | InvariantsLog]:
        return [self.outcomes] if self.log is None else [self.outcomes, self.log]
