"""Outputs of random networks at several inputs: every weight drawn.

f(x) = W_L phi(W_{L-1} ... phi(W_1 x)): no biases, and no phi on the output, unlike
:mod:`numerics.propagation`, which follows the norms of one input through layers that all have phi.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .activations import Activation
from .array_checks import checked_rows, require_fixed_slope
from .backends import Array, Backend, get_backend
from .networks import Layer, Networks, Numbers, positive_integer
from .propagation_plan import DEFAULT_BYTE_CAP
from .streams import child_sequence
from .weights import standard_weights

__all__ = ["network_outputs"]

_UNIT_ARRAYS = 6  # copies of a unit's value at one input alive at once
_WEIGHT_ARRAYS = {"normal": 2, "uniform": 3, "truncated_normal": 4}  # the same for a weight


def network_outputs(
    *,
    widths: Sequence[int],
    variances: Numbers,
    activation: Activation,
    inputs: Any,
    replicates: int,
    rng: np.random.Generator,
    weight_law: str = "normal",
    backend: str | Backend = "numpy",
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Draw independent networks and evaluate each at all the inputs.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, each >= 1.
    variances : float or sequence of float
        Variance of a weight, finite and > 0: one number, or one per layer.
    activation : numerics.activations.Activation
        phi, with a fixed slope and without dropout.
    inputs : array, shape (examples, n_0)
        One input a row, finite.
    replicates : int
        Number of networks, >= 1.
    rng : numpy.random.Generator
        Source of the simulation's own streams; moves on by four words.
    weight_law : {"normal", "uniform", "truncated_normal"}, default "normal"
        Law of a weight.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to compute.
    byte_cap : int, default 2**28
        Bound on the working memory in bytes, the returned array apart. On NumPy the weights do not
        depend on it.

    Returns
    -------
    numpy.ndarray of float64, shape (replicates, examples, n_L)
        f, one row a network.

    Raises
    ------
    ValueError
        If an argument is outside its domain, `byte_cap` is too small for a single network, or an
        output is not finite.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import relu
    >>> outputs = network_outputs(
    ...     widths=(2, 8, 3), variances=0.25, activation=relu(), inputs=[[1.0, 0.0]],
    ...     replicates=20_000, rng=np.random.default_rng(0),
    ... )
    >>> outputs.shape
    (20000, 1, 3)
    >>> bool(abs((outputs**2).sum(axis=2).mean() - 0.75) < 0.05)  # 8/4 * 1/2 * 3/4
    True
    """
    networks = Networks.describe(widths, variances, activation, weight_law=weight_law)
    require_fixed_slope(activation)
    rows = checked_rows("inputs", inputs, networks.layers[0].fan_in)
    replicates, device = positive_integer("replicates", replicates), get_backend(backend)
    batch = _batch(networks, len(rows), device, byte_cap)
    rngs = device.rngs(child_sequence(rng), networks.depth)
    result = np.empty((replicates, len(rows), networks.layers[-1].fan_out))
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, replicates, batch):
            size = min(batch, replicates - first)
            outputs = _outputs(networks, device.asarray(rows), size, rngs, device)
            result[first : first + size] = device.to_numpy(outputs)
            _require_finite(result[first : first + size], variances)
    return result


def _require_finite(outputs: np.ndarray, variances: Numbers) -> None:
    """Raise unless the outputs of a batch are among the doubles: no mask of all of them at once."""
    if not np.isfinite(outputs).all():
        raise ValueError(f"variances must be small enough for finite outputs, got {variances!r}")


def _outputs(
    networks: Networks, x: Array, size: int, rngs: Sequence[Any], device: Backend
) -> Array:
    """Draw so many networks and evaluate each at every row of x."""
    activation = networks.activation
    for k, weights in enumerate(_weights(networks, size, rngs, device)):
        x = activation.apply(x, activation.lower, None) if k else x
        x = device.xp.matmul(x, device.xp.matrix_transpose(weights))
    return x


def _weights(
    networks: Networks, size: int, rngs: Sequence[Any], device: Backend
) -> Iterator[Array]:
    """Yield the weights of each layer; a stream a layer, so that it may be cut anywhere."""
    for layer, rng in zip(networks.layers, rngs, strict=True):
        shape = (size, layer.fan_out, layer.fan_in)
        drawn = standard_weights(networks.weight_law, device, rng, shape, device.xp.float64)
        yield math.exp(layer.log_std) * drawn


def _batch(networks: Networks, examples: int, device: Backend, byte_cap: int) -> int:
    """Networks that are in memory together: what suits the device, within the cap."""
    byte_cap = positive_integer("byte_cap", byte_cap)
    each = max(_bytes(networks.weight_law, layer, examples) for layer in networks.layers)
    if each > byte_cap:
        raise ValueError(f"byte_cap must be at least {each} for these widths, got {byte_cap}")
    return max(1, min(byte_cap, max(device.batch_bytes, each)) // each)


def _bytes(law: str, layer: Layer, examples: int) -> int:
    """Bytes that one network takes in one layer."""
    weights = _WEIGHT_ARRAYS[law] * layer.fan_in * layer.fan_out
    return 8 * (weights + _UNIT_ARRAYS * examples * max(layer.fan_in, layer.fan_out))
