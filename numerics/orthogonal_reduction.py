"""Gradient descent of orthogonal deep linear nets at any width, exactly, at the cost of width k = min(m, r + d_y).

Where the hidden layers start sqrt(m) times orthogonal, every gradient of W_l lives in S_l (x) S_{l-1} with
S_l = span(W_{l:1}(0) X) + span(W_{L:l+1}(0)^T), and W_l maps these subspaces onto each other. In bases that the
layers themselves carry along, a net of width m is a net of width k whose hidden layers start at sqrt(m) I: the
training curve is the same to rounding, for any depth and number of steps.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from .checks import checked_number
from .deep_linear_checkpoint import Checkpoint, run_digest
from .deep_linear_history import History, Outcomes, rounding_floor
from .deep_linear_weights import NetShape
from .linear_data import LinearData
from .networks import Numbers, positive_integer
from .recording import checked_record
from .reduced_nets import ReducedNets
from .reduced_steps import ReducedState

__all__ = ["train_reduced"]


def train_reduced(
    *,
    data: LinearData,
    nets: ReducedNets,
    depth: int,
    learning_rate: Numbers,
    steps: int,
    record: Sequence[int] | None = None,
    stop_at_floor: bool = True,
    patience: int = 200,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = 600.0,
) -> History:
    """Train orthogonal nets by full-batch gradient descent on (1/2)|alpha W_{L:1} X - Y|_F^2.

    Parameters
    ----------
    data : LinearData
        Inputs and targets, reduced.
    nets : ReducedNets
        Their initialisation; the widths may differ.
    depth : int
        L >= 2. (A net of depth 1 follows the linear recursion of :mod:`numerics.kernel_limit` exactly.)
    learning_rate : float or sequence of float
        eta > 0: one number, or one a net.
    steps : int
        Number of steps, >= 1. All are taken, recorded or not: a net may diverge after the last recorded one.
    record : sequence of int, optional
        Increasing steps, from 0 to `steps`, after which the loss is recorded; by default the last alone.
    stop_at_floor : bool, default True
        Leave a net, and fill its losses forward, once its loss lies below `rounding_floor` at width k and no step
        of the last `patience` had a loss below all earlier ones.
    patience : int, default 200
        See there; >= 1.
    checkpoint : path, optional
        File (.npz) that holds the state of the run until it ends; a run that finds it goes on from there, bit for
        bit if BLAS is the same and uses as many threads.
    checkpoint_seconds : float, default 600.0
        Least time between two writes of it, >= 0.

    Returns
    -------
    History
        Losses l - l*; a net that diverges is recorded as such, without a warning.

    Raises
    ------
    ValueError
        If an argument is outside its domain, or `checkpoint` holds another run.

    Notes
    -----
    Against descent on all of a net's weights, m = 1000, L = 64, 500 steps, the losses agree to 1e-12 l(0) (the
    oracle of tests/numerics/test_orthogonal_reduction.py). At rates where descent is unstable both curves amplify
    their rounding errors, and part.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> from numerics.reduced_blocks import draw_reduced
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.standard_normal((20, 3))
    >>> data = reduce(inputs, rng.standard_normal((2, 20)) @ inputs)
    >>> nets = draw_reduced(input_dim=20, out_dim=2, rank=3, width=10**6, nets=5, rng=rng)
    >>> rate = 2 / (4 * 100 * data.singular_values[0] ** 2)
    >>> run = train_reduced(data=data, nets=nets, depth=100, learning_rate=rate, steps=60, record=[0, 60])
    >>> bool((run.losses[1] < 1e-3 * run.losses[0]).all())
    True
    """
    if positive_integer("depth", depth) < 2:
        raise ValueError(f"depth must be >= 2 (depth 1: numerics.kernel_limit), got {depth!r}")
    _require_fitting(data, nets)
    steps = positive_integer("steps", steps)
    rates = _rates(learning_rate, len(nets.first))
    recorded = checked_record(record, steps)
    pause = checked_number("checkpoint_seconds", checkpoint_seconds, zero=True)
    shape = NetShape(nets.dimension, int(depth), data.in_dim, data.out_dim, data.rank)
    floor = rounding_floor(data, shape, np.dtype(np.float64)) if stop_at_floor else 0.0
    patience = positive_integer("patience", patience)
    outcomes = Outcomes(recorded, len(rates), data.target_loss, floor, patience)
    settings = {"shape": shape, "rates": rates, "steps": steps, "record": recorded}
    settings |= {"floor": floor, "patience": patience}
    digest = "" if checkpoint is None else _digest(data, nets, settings)
    run = _Run(ReducedState(nets, data, shape.depth, rates), outcomes, steps)
    return run.history(Checkpoint(checkpoint, pause, digest))


class _Run:
    """A run under way: the nets that still move, and the losses and fates of all."""

    def __init__(self, state: ReducedState, outcomes: Outcomes, steps: int) -> None:
        self.state, self.outcomes, self.steps, self.step = state, outcomes, steps, 0
        self.moving = np.arange(outcomes.losses.shape[1])

    def history(self, checkpoint: Checkpoint) -> History:
        """Take all steps, or fewer if no net moves any more."""
        saved = checkpoint.read()
        if saved is not None:
            self._restore(saved)
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is a result
            while self._observed() and self.step < self.steps:
                self.state.step()
                self.step += 1
                if checkpoint.due:
                    checkpoint.write(self._saved())
        checkpoint.remove()
        kept = self.outcomes
        return History(kept.record, kept.losses, kept.diverged_at, kept.stopped_at)

    def _observed(self) -> bool:
        """Take in the losses after a step, drop the nets that are done; tell whether any is left."""
        going = self.outcomes.observe(self.step, self.moving, self.state.losses())
        if not going.all():
            self.moving = self.moving[going]
            self.state.keep(going)
        return self.moving.size > 0

    def _saved(self) -> dict[str, np.ndarray]:
        """All that changes during a run."""
        fates = {name: getattr(self.outcomes, name) for name in self.outcomes.ARRAYS}
        own = {"moving": self.moving, "step": np.array(self.step)}
        return fates | own | self.state.weights()

    def _restore(self, saved: dict[str, np.ndarray]) -> None:
        for name in self.outcomes.ARRAYS:
            setattr(self.outcomes, name, saved[name])
        self.state.keep(np.isin(self.moving, saved["moving"]))
        self.state.restore(saved)
        self.moving, self.step = saved["moving"], int(saved["step"])


def _rates(learning_rate: Numbers, nets: int) -> np.ndarray:
    """One learning rate a net."""
    values = np.atleast_1d(np.asarray(learning_rate, dtype=object))
    rates = np.array([checked_number("learning_rate", value) for value in values.tolist()])
    if values.ndim != 1 or len(rates) not in (1, nets):
        raise ValueError(
            f"learning_rate must be one number or one a net, {nets}, got {learning_rate!r}"
        )
    return np.broadcast_to(rates, (nets,))


def _require_fitting(data: LinearData, nets: ReducedNets) -> None:
    """Refuse nets for other data, and what is neither."""
    if not isinstance(data, LinearData):
        raise ValueError(f"data must be a LinearData (make one: linear_data.reduce), got {data!r}")
    if not isinstance(nets, ReducedNets):
        raise ValueError(f"nets must be ReducedNets (draw_reduced makes them), got {nets!r}")
    out_dim, rank = data.targets.shape
    if (nets.last.shape[1], nets.first.shape[2]) != (out_dim, rank):
        raise ValueError(
            f"nets must have d_y = {out_dim} and r = {rank} as the data have, "
            f"got d_y = {nets.last.shape[1]} and r = {nets.first.shape[2]}"
        )


def _digest(data: LinearData, nets: ReducedNets, settings: dict[str, object]) -> str:
    """Name a run by all that its numbers depend on."""
    arrays = {"values": data.singular_values, "targets": data.targets, "widths": nets.widths}
    return run_digest(arrays | {"first": nets.first, "last": nets.last} | settings)
