"""Where the nets of a training run start: a draw, net by net, or weights the caller gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backends import Array, Backend
from .deep_linear_weights import NetShape, check_initialisation, drawn_weights
from .networks import positive_integer
from .streams import child_sequence, require_generator

__all__ = ["Start", "given_weights"]


@dataclass(frozen=True)
class Start:
    """Initial weights of all nets, made a few nets at a time.

    Parameters
    ----------
    shape : NetShape
        Sizes of the nets.
    dtype : numpy.dtype
        Precision of the weights.
    device : Backend
        Where they go.
    initialisation : str
        Law of the draw.
    sequences : tuple of SeedSequence
        One a net; empty if the weights are given.
    given : tuple of array
        The weights, if they are given.
    """

    shape: NetShape
    dtype: np.dtype
    device: Backend
    initialisation: str
    sequences: tuple[np.random.SeedSequence, ...] = ()
    given: tuple[Array, ...] = ()

    @classmethod
    def describe(
        cls,
        shape: NetShape,
        dtype: np.dtype,
        device: Backend,
        initialisation: str,
        nets: int,
        rng: np.random.Generator | None,
        weights: Sequence[Any] | None,
    ) -> Start:
        """Check the arguments of a run, and draw its seeds."""
        if weights is not None:
            return cls(shape, dtype, device, "", (), given_weights(weights, shape, dtype, device))
        check_initialisation(initialisation, shape)
        nets = positive_integer("nets", nets)
        sequences = tuple(child_sequence(require_generator(rng)).spawn(nets))
        return cls(shape, dtype, device, initialisation, sequences)

    @property
    def nets(self) -> int:
        """Number of nets."""
        return len(self.given[0]) if self.given else len(self.sequences)

    def weights(self, nets: np.ndarray) -> list[Array]:
        """Return fresh arrays V_1, ..., V_L of the nets of these numbers."""
        if self.given:
            index = self.device.asarray(nets)
            return [each[index] for each in self.given]
        chosen = [self.sequences[k] for k in nets]
        return list(drawn_weights(self.shape, self.initialisation, chosen, self.dtype, self.device))

    def identity(self) -> dict[str, Any]:
        """All that the weights depend on."""
        seeds = [(each.entropy, each.spawn_key) for each in self.sequences]
        given = {f"given_{k}": self.device.to_numpy(each) for k, each in enumerate(self.given)}
        return {"shape": self.shape, "initialisation": self.initialisation, "seeds": seeds} | {
            "dtype": self.dtype.name,
            "backend": self.device.name,
            **given,
        }


def given_weights(
    weights: Sequence[Any], shape: NetShape, dtype: np.dtype, device: Backend
) -> tuple[Array, ...]:
    """Copy a start chosen by the caller: L finite arrays of shapes (nets, rows, columns).

    Parameters
    ----------
    weights : sequence of array
        As `draw_weights` returns them.
    shape : NetShape
        Sizes they must have.
    dtype : numpy.dtype
        Precision of the copies.
    device : Backend
        Where to put them.

    Returns
    -------
    tuple of array, C-contiguous

    Raises
    ------
    ValueError
        If they are anything else.

    Examples
    --------
    >>> from numerics.backends import NumpyBackend
    >>> device = NumpyBackend()
    >>> shape = NetShape(width=2, depth=1, in_dim=3, out_dim=2, rank=3)
    >>> given_weights([np.ones((1, 2, 2))], shape, np.dtype("float64"), device)
    Traceback (most recent call last):
    ...
    ValueError: weights must have shapes (nets, 2, 3), got [(1, 2, 2)]
    """
    hosts = [np.array(device.to_numpy(each), dtype=dtype, order="C") for each in weights]
    nets = {each.shape[:1] for each in hosts}
    if [each.shape[1:] for each in hosts] != list(shape.layers) or len(nets) != 1 or nets == {(0,)}:
        wanted = ", ".join(f"(nets, {rows}, {columns})" for rows, columns in shape.layers)
        raise ValueError(f"weights must have shapes {wanted}, got {[h.shape for h in hosts]}")
    if not all(np.isfinite(each).all() for each in hosts):
        raise ValueError("weights must be finite")
    return tuple(device.asarray(each) for each in hosts)
