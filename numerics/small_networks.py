"""Losses of small networks and their gradients, for many weights at once.

f(x) = W_L phi(W_{L-1} ... phi(W_1 x)): no biases, no phi on the output. The weights of a network are
one row of K numbers, as in :mod:`numerics.flat_weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from .activations import Activation
from .array_checks import checked_labels, checked_rows, require_fixed_slope
from .checks import checked_number
from .flat_weights import parameters, unflatten
from .networks import Networks, layer_widths, one_of

__all__ = ["NetworkLoss"]


@dataclass(frozen=True, eq=False)
class NetworkLoss:
    """Training loss L(W), the mean over the examples plus (weight_decay/2) |W|^2.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L.
    activation : numerics.activations.Activation
        phi, with a fixed slope and without dropout.
    inputs : array, shape (examples, n_0)
        One example a row.
    targets : array, shape (examples, n_L), or of int, shape (examples,)
        y; for ``cross_entropy`` the class of each example, from 0.
    loss : {"half_squared", "cross_entropy"}, default "half_squared"
        |f - y|^2 / 2, or log sum_c exp f_c - f_y.
    weight_decay : float, default 0.0
        lambda, finite and >= 0.

    Raises
    ------
    ValueError
        If an argument is outside its domain or the shapes do not fit.

    Notes
    -----
    `gradients` is made for :mod:`numerics.langevin`. Working memory: a few arrays of chains * K and
    of chains * examples * widths doubles.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import linear
    >>> chain = NetworkLoss((1, 1, 1), linear(), [[1.0]], [[3.0]], weight_decay=0.5)
    >>> chain.losses(np.array([[1.0, 2.0]]))  # (2 - 3)^2 / 2 + (1 + 4) / 4
    array([1.75])
    >>> chain.gradients(np.array([[1.0, 2.0]]))
    array([[-1.5,  0. ]])
    """

    widths: Sequence[int]
    activation: Activation
    inputs: Any
    targets: Any
    loss: str = "half_squared"
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        Networks.describe(self.widths, 1.0, self.activation)
        require_fixed_slope(self.activation)
        one_of("loss", self.loss, tuple(_LOSSES))
        widths = layer_widths(self.widths)
        inputs = checked_rows("inputs", self.inputs, widths[0])
        checked = {
            "widths": widths,
            "inputs": inputs,
            "targets": _TARGETS[self.loss](self.targets, len(inputs), widths[-1]),
            "weight_decay": checked_number("weight_decay", self.weight_decay, zero=True),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def parameters(self) -> int:
        """Number of weights K."""
        return parameters(self.widths)

    def outputs(self, weights: np.ndarray) -> np.ndarray:
        """f at every input, shape (chains, examples, n_L), for `weights` of shape (chains, K)."""
        *_, (outputs, _) = self._layers(unflatten(_doubles(weights), self.widths))
        return outputs

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """L(W), shape (chains,), for `weights` of shape (chains, K).

        Infinite where it overflows, NaN where the outputs of a layer do so with both signs.
        """
        weights = _doubles(weights)
        with np.errstate(over="ignore", invalid="ignore"):
            values, _ = _LOSSES[self.loss](self.outputs(weights), self.targets)
            if self.weight_decay:  # 0 times a square that overflows is NaN
                squares = np.einsum("ck,ck->c", weights, weights)
                values = values + (0.5 * self.weight_decay) * squares
        return np.asarray(values)

    def gradients(self, weights: np.ndarray) -> np.ndarray:
        """Derivatives of L by every weight, by back-propagation; at z = 0 phi' is the slope.

        Takes and returns arrays of shape (chains, K).
        """
        weights = _doubles(weights)
        matrices = unflatten(weights, self.widths)
        passed = list(self._layers(matrices))
        _, delta = _LOSSES[self.loss](passed[-1][0], self.targets)
        result = self.weight_decay * weights
        for k, into in reversed(list(enumerate(unflatten(result, self.widths)))):
            into += np.matmul(delta.transpose(0, 2, 1), passed[k][1])
            if k:
                delta = np.matmul(delta, matrices[k]) * self._slopes(passed[k - 1][0])
        return result

    def _layers(self, matrices: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield pre-activations and inputs of each layer, shape (chains, examples, units)."""
        z = x = self.inputs
        for k, matrix in enumerate(matrices):
            x = z * self._slopes(z) if k else x
            z = np.matmul(x, matrix.transpose(0, 2, 1))
            yield z, x

    def _slopes(self, z: np.ndarray) -> np.ndarray:
        """phi'(z); phi(z) = z phi'(z)."""
        return np.where(z > 0.0, 1.0, self.activation.lower)


def _doubles(weights: np.ndarray) -> np.ndarray:
    """Return an array of real numbers in double precision: itself, if it is."""
    if not (isinstance(weights, np.ndarray) and weights.dtype.kind in "fiu"):
        raise ValueError(f"weights must be an array of real numbers, got {weights!r}")
    return weights.astype(np.float64, copy=False)


def _half_squared(outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of |f - y|^2 / 2 over the examples, and its derivatives by the outputs."""
    delta = outputs - targets
    examples = outputs.shape[1]
    return np.einsum("nec,nec->n", delta, delta) / (2 * examples), delta / examples


def _cross_entropy(outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of -log softmax at the labels over the examples, and its derivatives by the outputs."""
    rows = np.arange(len(labels))
    shifted = outputs - outputs.max(axis=2, keepdims=True)
    delta = np.exp(shifted)
    totals = delta.sum(axis=2, keepdims=True)
    losses = np.log(totals[:, :, 0]) - shifted[:, rows, labels]
    delta /= totals
    delta[:, rows, labels] -= 1.0
    return losses.mean(axis=1), delta / len(labels)


_LOSSES: Mapping[str, Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]] = (
    MappingProxyType({"half_squared": _half_squared, "cross_entropy": _cross_entropy})
)


def _checked_targets(targets: Any, examples: int, outputs: int) -> np.ndarray:
    """One row of numbers an example."""
    rows = checked_rows("targets", targets, outputs)
    if len(rows) != examples:
        raise ValueError(f"targets must have one row per example, {examples}, got {len(rows)}")
    return rows


_TARGETS: Mapping[str, Callable[[Any, int, int], np.ndarray]] = MappingProxyType(
    {"half_squared": _checked_targets, "cross_entropy": partial(checked_labels, "targets")}
)
