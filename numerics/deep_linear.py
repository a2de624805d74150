"""Gradient descent on many deep linear nets at once: the definition, at full width."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .backends import Backend, get_backend
from .checks import checked_dtype, checked_number
from .deep_linear_checkpoint import Checkpoint, run_digest
from .deep_linear_history import History, Outcomes, rounding_floor
from .deep_linear_invariants import InvariantsLog
from .deep_linear_loop import TrainingRun
from .deep_linear_plan import make_plan
from .deep_linear_scales import step_scales
from .deep_linear_start import Start
from .deep_linear_weights import net_shape
from .linear_data import LinearData
from .networks import positive_integer
from .recording import checked_record

__all__ = ["train"]


def train(
    *,
    data: LinearData,
    width: int,
    depth: int,
    learning_rate: float,
    steps: int,
    record: Sequence[int] | None = None,
    initialisation: str = "orthogonal",
    nets: int = 1,
    rng: np.random.Generator | None = None,
    weights: Sequence[Any] | None = None,
    dtype: Any = np.float64,
    backend: str | Backend = "numpy",
    invariants: bool = False,
    stop_at_floor: bool = True,
    patience: int = 200,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = 600.0,
) -> History:
    """Train f(x) = (m^(L-1) d_y)^(-1/2) W_L ... W_1 x by W <- W - eta dl/dW, l = |f(X) - Y|_F^2/2.

    Parameters
    ----------
    data : LinearData
        Reduced data, from `numerics.linear_data.reduce`.
    width, depth : int
        m and L, >= 1. At depth 1 the width plays no part.
    learning_rate : float
        eta, finite and > 0.
    steps : int
        Number of steps, >= 1.
    record : sequence of int, optional
        Increasing steps from 0 to `steps` whose losses are returned; the default is the last.
    initialisation : {"orthogonal", "gaussian"}, default "orthogonal"
        As for `numerics.deep_linear_weights.draw_weights`.
    nets : int, default 1
        Number of independent nets, >= 1.
    rng : numpy.random.Generator, optional
        Source of the weights; needed unless `weights` are given. Moves on by four words.
    weights : sequence of L arrays, optional
        A start in place of a draw, as `draw_weights` returns it: real, finite in `dtype`; never
        written to, and to be left alone until the end. `initialisation`, `nets` and `rng` then play
        no part.
    dtype : dtype, default float64
        float64 or float32, in native byte order.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to compute.
    invariants : bool, default False
        Whether to return the invariants of the proof too; L(L+1)/2 singular value decompositions a
        recorded step and net.
    stop_at_floor : bool, default True
        Leave a net, and fill its losses forward, once its loss lies below `rounding_floor` and no
        step of the last `patience` had a loss below all earlier ones.
    patience : int, default 200
        See there; >= 1.
    checkpoint : path, optional
        File (.npz) that holds the state of the run until it ends; a run that finds it goes on from
        there, bit for bit if BLAS is the same and uses as many threads.
    checkpoint_seconds : float, default 600.0
        Least time between two writes of it, >= 0.

    Returns
    -------
    History
        Losses l - l*; a net that diverges is recorded as such, without a warning.

    Raises
    ------
    ValueError
        If an argument is outside its domain, width < d_y for orthogonal nets, a number of the step
        is none of `dtype` (`numerics.deep_linear_scales.step_scales`), or `checkpoint` holds another
        run.
    TypeError
        If `rng` is not a Generator, where one is needed.
    BackendUnavailableError
        If the backend cannot run here.

    Notes
    -----
    The scale of W_l, sqrt(m), is taken out of every matrix (`numerics.deep_linear_steps.Descent`), so
    nothing underflows at any width and depth. On NumPy net k has the same numbers in any batch, as
    long as BLAS uses as many threads. A step costs 6 m^2 d_y operations a hidden matrix: see
    `numerics.deep_linear_plan.plan`.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.linear_data import reduce
    >>> data = reduce(np.eye(4), 0.5 * np.ones((2, 4)))
    >>> history = train(
    ...     data=data, width=16, depth=5, learning_rate=0.1, steps=200, record=(0, 100, 200), nets=3,
    ...     rng=np.random.default_rng(0),
    ... )
    >>> bool((history.losses[2] < 1e-8 * history.losses[0]).all())
    True
    """
    shape, kind, device = net_shape(data, width, depth), checked_dtype(dtype), get_backend(backend)
    rate = checked_number("learning_rate", learning_rate)
    steps = positive_integer("steps", steps)
    recorded = checked_record(record, steps)
    patience = positive_integer("patience", patience)
    pause = checked_number("checkpoint_seconds", checkpoint_seconds, zero=True)
    step_scales(data, rate, shape.width, kind)  # refused here, before anything is drawn
    start = Start.describe(shape, kind, device, initialisation, nets, rng, weights)
    floor = rounding_floor(data, shape, kind) if stop_at_floor else 0.0
    outcomes = Outcomes(recorded, start.nets, data.target_loss, floor, patience)
    log = InvariantsLog(shape, len(recorded), start.nets, device) if invariants else None
    batch = make_plan(shape, start.nets, steps, kind, device, invariants).batch
    parts = {"rate": rate, "steps": steps, "record": recorded, "floor": floor} | {
        "patience": patience,
        "invariants": invariants,
        "values": data.singular_values,
        "targets": data.targets,
    }
    digest = "" if checkpoint is None else run_digest(parts | start.identity())
    state = Checkpoint(checkpoint, pause, digest)
    return TrainingRun(data, rate, steps, start, outcomes, log, state, batch).history()
