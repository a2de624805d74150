"""How a simulation of log-norms is cut to fit memory, and about how long it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .backends import Backend
from .networks import Layer, Networks, positive_integer

__all__ = ["DEFAULT_BYTE_CAP", "PropagationPlan", "make_plan"]

DEFAULT_BYTE_CAP = 2**28
_STATE_ENTRIES = 2**21  # directions of one block: 16 MiB in double precision


@dataclass(frozen=True)
class PropagationPlan:
    """What a simulation will do.

    Parameters
    ----------
    method : str
        ``matrix``, ``gaussian`` or ``chi2``.
    replicates : int
        Networks in all.
    block : int
        Networks that advance together through the layers; depends on widths and method alone.
    batch : int
        Networks whose draws are in memory together; depends on the byte cap.
    bytes : int
        Upper estimate of the working memory, the result apart.
    seconds : float
        Estimate for NumPy on one core.
    """

    method: str
    replicates: int
    block: int
    batch: int
    bytes: int
    seconds: float

    @property
    def chunks(self) -> int:
        """Number of batches in which the networks are drawn."""
        whole, rest = divmod(self.replicates, self.block)
        return whole * math.ceil(self.block / self.batch) + math.ceil(rest / self.batch)

    def blocks(self) -> Iterator[tuple[slice, list[int]]]:
        """Yield the place of each block among the networks, and the sizes of its batches."""
        for first in range(0, self.replicates, self.block):
            size = min(self.block, self.replicates - first)
            batches = [min(self.batch, size - done) for done in range(0, size, self.batch)]
            yield slice(first, first + size), batches

    def __str__(self) -> str:
        return (
            f"{self.method}: {self.replicates} networks in {self.chunks} chunks, "
            f"{self.bytes / 2**20:.1f} MiB, about {self.seconds:.2g} s"
        )


def make_plan(
    networks: Networks,
    replicates: int,
    method: str,
    backend: Backend,
    dtype: np.dtype,
    byte_cap: int,
    states: int = 1,
) -> PropagationPlan:
    """Cut a simulation into blocks and batches.

    Parameters
    ----------
    networks : Networks
        What is simulated.
    replicates : int
        Number of networks, >= 1.
    method : str
        A key of ``STEPS``.
    backend : Backend
        Its `batch_bytes` and `block` are the sizes that suit the device.
    dtype : numpy.dtype
        Precision of the states.
    byte_cap : int
        Bound on the working memory in bytes.
    states : int, default 1
        States that each network carries side by side: several coupled schemes or starts.

    Returns
    -------
    PropagationPlan

    Raises
    ------
    ValueError
        If `replicates` or `byte_cap` is no integer >= 1, or `byte_cap` does not suffice for the
        draws of a single network and the states of a block.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> from numerics.backends import get_backend
    >>> networks = Networks.describe((256,) * 33, 2 / 256, relu())
    >>> arguments = get_backend("numpy"), np.dtype("float64"), DEFAULT_BYTE_CAP
    >>> print(make_plan(networks, 100, "matrix", *arguments))
    matrix: 100 networks in 100 chunks, 0.9 MiB, about 1.7 s
    """
    replicates = positive_integer("replicates", replicates)
    byte_cap = positive_integer("byte_cap", byte_cap)
    block = min(replicates, _largest_block(networks, method, backend))
    each = max(_BYTES[method](networks, layer, dtype.itemsize) for layer in networks.layers)
    held = block * states * _state_bytes(networks, method, dtype.itemsize)
    if held + each > byte_cap:
        raise ValueError(
            f"byte_cap must be at least {held + each} for method {method!r} "
            f"and these widths, got {byte_cap}"
        )
    room = min(byte_cap - held, max(backend.batch_bytes, each))
    batch = max(1, min(block, room // each))
    seconds = replicates * sum(_SECONDS[method](networks, layer) for layer in networks.layers)
    return PropagationPlan(method, replicates, block, batch, held + batch * each, seconds)


def _widest(networks: Networks) -> int:
    return max(max(layer.fan_in, layer.fan_out) for layer in networks.layers)


def _largest_block(networks: Networks, method: str, backend: Backend) -> int:
    """Networks that advance together; directions, which only ``matrix`` carries, must stay small.

    The byte cap does not enter: the numbers depend on the blocks.
    """
    if method != "matrix":
        return backend.block
    return min(backend.block, max(1, _STATE_ENTRIES // _widest(networks)))


def _state_bytes(networks: Networks, method: str, itemsize: int) -> int:
    """Bytes a network's state takes: old and new log-norm, old and new direction."""
    return 32 + (2 * _widest(networks) * itemsize if method == "matrix" else 0)


def _matrix_bytes(networks: Networks, layer: Layer, itemsize: int) -> int:
    copies = 1 if networks.weight_law == "normal" else 3
    return itemsize * (copies * layer.fan_in * layer.fan_out + _UNIT_ARRAYS * layer.fan_out)


def _gaussian_bytes(networks: Networks, layer: Layer, itemsize: int) -> int:  # noqa: ARG001
    return itemsize * _UNIT_ARRAYS * layer.fan_out


def _chi2_bytes(networks: Networks, layer: Layer, itemsize: int) -> int:  # noqa: ARG001
    random_words = min(layer.fan_out, 1024) // 64 + 1
    return 8 * (2 * random_words + 16)


def _matrix_seconds(networks: Networks, layer: Layer) -> float:
    weights = layer.fan_in * layer.fan_out * _WEIGHT_SECONDS[networks.weight_law]
    return weights + layer.fan_out * _UNIT_SECONDS


def _gaussian_seconds(networks: Networks, layer: Layer) -> float:  # noqa: ARG001
    return layer.fan_out * _UNIT_SECONDS


def _chi2_seconds(networks: Networks, layer: Layer) -> float:  # noqa: ARG001
    return _CHI2_SECONDS


_UNIT_ARRAYS = 12  # 8-byte temporaries alive at once for one unit, masks and float64 uniforms too
_WEIGHT_SECONDS = {"normal": 8e-9, "uniform": 4e-9, "truncated_normal": 1.5e-8}
_UNIT_SECONDS = 1.5e-8
_CHI2_SECONDS = 1.5e-7
_BYTES: Mapping[str, Callable[[Networks, Layer, int], int]] = MappingProxyType(
    {"matrix": _matrix_bytes, "gaussian": _gaussian_bytes, "chi2": _chi2_bytes}
)
_SECONDS: Mapping[str, Callable[[Networks, Layer], float]] = MappingProxyType(
    {"matrix": _matrix_seconds, "gaussian": _gaussian_seconds, "chi2": _chi2_seconds}
)
