"""Where the nets of a training run start: a draw, net by net, or weights the caller gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        The weights, if they are given: never written to.
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
        return int(self.given[0].shape[0]) if self.given else len(self.sequences)

    def weights(self, nets: np.ndarray) -> list[Array]:
        """Return fresh arrays V_1, ..., V_L of the nets of these numbers."""
        if self.given:
            index = self.device.asarray(nets)
            return [self.device.xp.take(each, index, axis=0) for each in self.given]
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
    """Check a start chosen by the caller: L finite arrays of shapes (nets, rows, columns).

    Parameters
    ----------
    weights : sequence of array
        As `draw_weights` returns them.
    shape : NetShape
        Sizes they must have.
    dtype : numpy.dtype
        Precision to use.
    device : Backend
        Where to put them.

    Returns
    -------
    tuple of array
        On the host, where they have this precision, the caller's own: not to be written to.

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
    hosts = _stacks(weights, dtype, device, len(shape.layers))
    nets = {each.shape[:1] for each in hosts}
    if [each.shape[1:] for each in hosts] != list(shape.layers) or len(nets) != 1 or nets == {(0,)}:
        wanted = ", ".join(f"(nets, {rows}, {columns})" for rows, columns in shape.layers)
        raise ValueError(f"weights must have shapes {wanted}, got {[h.shape for h in hosts]}")
    return tuple(device.asarray(each) for each in hosts)


def _stacks(weights: Any, dtype: np.dtype, device: Backend, layers: int) -> list[np.ndarray]:
    """Return the given layers on the host."""
    if not isinstance(weights, Iterable) or isinstance(weights, str | bytes):
        raise ValueError(f"weights must be a sequence of {layers} arrays, got {weights!r}")
    return [_stack(k, each, dtype, device) for k, each in enumerate(weights, start=1)]


def _stack(layer: int, given: Any, dtype: np.dtype, device: Backend) -> np.ndarray:
    """Return one given layer of all nets, real and finite, in the precision asked for."""
    try:
        values = np.asarray(device.to_numpy(given))
    except (TypeError, ValueError):  # ragged, or of another library
        values = np.zeros(0, dtype=object)
    if values.dtype.kind not in "fiu" or np.ma.is_masked(given):
        raise ValueError(
            f"weights must hold arrays of real numbers, got {type(given).__name__} of dtype "
            f"{values.dtype} as layer {layer}"
        )
    with np.errstate(over="ignore"):  # found below, and said in words
        cast = np.asarray(
            values, dtype=dtype, order="C"
        )  # else `take` would copy all, batch by batch
    wrong = np.flatnonzero(~np.isfinite(cast))
    if wrong.size:
        raise ValueError(
            f"weights must be finite in {dtype.name}, got {values.ravel()[wrong[0]]} in layer {layer}"
        )
    return cast
