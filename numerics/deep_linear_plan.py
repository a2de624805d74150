"""What training deep linear nets will cost, said beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .backends import Backend, get_backend
from .checks import checked_dtype
from .deep_linear_steps import net_by_net
from .deep_linear_weights import NetShape, net_shape
from .linear_data import LinearData
from .networks import positive_integer

__all__ = ["TrainingPlan", "make_plan", "plan"]

_CACHE = 2**24  # bytes of weights that train together on the host: half of a third-level cache
_FLOP_SECONDS = {"float64": 3.4e-11, "float32": 1.6e-11}  # one core, skinny products, measured
_SEED_BYTES = 640  # of the seeds and fate of one net, measured, as are the next two
_CALL_BYTES = 2**12  # of the prepared calls of one layer
_FIXED_BYTES = 2**17
_LAYER_SECONDS = 5e-6  # overhead of the calls for one layer of a batch


@dataclass(frozen=True)
class TrainingPlan:
    """What a run will do.

    Parameters
    ----------
    nets : int
        Nets in all.
    batch : int
        Nets whose weights are in memory together and step together.
    flops : float
        Floating-point operations of one step of one net.
    bytes : int
        Upper estimate of the working memory: the result apart, and weights that the caller gives, of
        which a run makes a copy only where they are not C-contiguous and of its precision.
    seconds : float
        Estimate for NumPy on one core, if no net stops early; the drawing and invariants apart.
    """

    nets: int
    batch: int
    flops: float
    bytes: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"nets: {self.nets}, {self.batch} at a time, {self.flops:.3g} flops a step and net, "
            f"{self.bytes / 2**20:.1f} MiB, about {self.seconds:.2g} s"
        )


def plan(
    *,
    data: LinearData,
    width: int,
    depth: int,
    steps: int,
    nets: int = 1,
    dtype: Any = np.float64,
    backend: str | Backend = "numpy",
    invariants: bool = False,
) -> TrainingPlan:
    """Say what a call of `numerics.deep_linear.train` would do, without drawing anything.

    Parameters
    ----------
    data, width, depth, steps, nets, dtype, backend, invariants
        As for `train`.

    Returns
    -------
    TrainingPlan
        ``print(plan(...))`` reads well.

    Raises
    ------
    ValueError
        As for `train`.

    Notes
    -----
    A matrix takes 2 d_y operations an entry in each of three passes: backward, forward, update.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> data = reduce(np.eye(16), np.ones((10, 16)))
    >>> print(plan(data=data, width=1000, depth=700, steps=10_000))
    nets: 1, 1 at a time, 4.19e+10 flops a step and net, 5458.3 MiB, about 1.4e+04 s
    """
    shape, kind = net_shape(data, width, depth), checked_dtype(dtype)
    nets, steps = positive_integer("nets", nets), positive_integer("steps", steps)
    return make_plan(shape, nets, steps, kind, get_backend(backend), invariants)


def make_plan(
    shape: NetShape, nets: int, steps: int, dtype: np.dtype, device: Backend, invariants: bool
) -> TrainingPlan:
    """Choose the batch: one wide net, as many narrow ones as a cache holds, or as fill a device.

    Parameters
    ----------
    shape : NetShape
        Sizes of a net.
    nets, steps : int
        Number of nets and of steps.
    dtype : numpy.dtype
        Precision of the weights.
    device : Backend
        Where they lie.
    invariants : bool
        Whether the initial weights are kept.

    Returns
    -------
    TrainingPlan

    Examples
    --------
    >>> shape = NetShape(width=10, depth=20, in_dim=16, out_dim=10, rank=16)
    >>> make_plan(shape, 3000, 1, np.dtype("float32"), get_backend(), False).batch
    643
    """
    one = _net_bytes(shape, dtype, invariants)
    room = 1 if net_by_net(shape.width, device) else max(_CACHE, device.batch_bytes) // one
    batch = max(1, min(nets, room))
    flops = 6.0 * shape.out_dim * shape.weights
    calls = shape.depth * -(-nets // batch) * _LAYER_SECONDS
    seconds = steps * (nets * flops * _FLOP_SECONDS[dtype.name] + calls)
    largest = dtype.itemsize * _largest_layer(shape)
    around = 2 * largest + nets * _SEED_BYTES + shape.depth * _CALL_BYTES + _FIXED_BYTES
    return TrainingPlan(nets, batch, flops, batch * one + around, seconds)


def _net_bytes(shape: NetShape, dtype: np.dtype, invariants: bool) -> int:
    """Weights of a net, now and at the start, its states, and the temporaries of its largest matrix."""
    copies, temporaries = (2, 3) if invariants else (1, 1)
    states = (2 * shape.depth + 3) * shape.width * shape.out_dim
    numbers = copies * shape.weights + states + temporaries * _largest_layer(shape)
    return dtype.itemsize * numbers


def _largest_layer(shape: NetShape) -> int:
    """Numbers in the largest layer, or in the product of all layers."""
    return max(rows * columns for rows, columns in (*shape.layers, (shape.out_dim, shape.rank)))
