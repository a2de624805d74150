"""A small fully connected classifier on NumPy: initialisation, forward pass, gradients.

x_k = phi(W_k x_{k-1} + b_k) in every layer but the last, whose outputs are the logits of a
cross-entropy. Training is in :mod:`numerics.sgd`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .activations import Activation
from .array_checks import require_fixed_slope
from .networks import Layer, Networks, Numbers, one_of
from .streams import require_generator

__all__ = ["Mlp", "forward", "gradients", "initialise"]


@dataclass(frozen=True)
class Mlp:
    """Parameters of one network, or the derivatives of its loss by them.

    Parameters
    ----------
    weights : tuple of array, shapes (fan_out, fan_in)
        One matrix a layer.
    biases : tuple of array, shapes (fan_out,)
        One vector a layer.
    slope : float
        phi(z) = z for z > 0 and slope * z otherwise.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    slope: float


def initialise(
    *,
    widths: Sequence[int],
    variances: Numbers,
    activation: Activation,
    rng: np.random.Generator,
    biases: str = "pytorch",
) -> Mlp:
    """Draw a network: normal weights of given variances.

    Parameters
    ----------
    widths : sequence of int
        d_0, ..., d_L, each >= 1; d_L classes.
    variances : float or sequence of float
        Variance of a weight, finite and > 0: one number, or one per layer.
    activation : numerics.activations.Activation
        With a fixed slope and without dropout.
    rng : numpy.random.Generator
        Source of the draws.
    biases : {"pytorch", "zero"}, default "pytorch"
        ``pytorch`` is that framework's default, uniform on +-1/sqrt(fan_in).

    Returns
    -------
    Mlp

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> rng = np.random.default_rng(0)
    >>> network = initialise(widths=(4, 8, 3), variances=0.25, activation=relu(), rng=rng)
    >>> [each.shape for each in network.weights]
    [(8, 4), (3, 8)]
    """
    networks = Networks.describe(widths, variances, activation)
    one_of("biases", biases, tuple(_BIASES))
    require_fixed_slope(activation)
    require_generator(rng)
    weights = tuple(
        math.exp(layer.log_std) * rng.standard_normal((layer.fan_out, layer.fan_in))
        for layer in networks.layers
    )
    return Mlp(weights, tuple(_BIASES[biases](e, rng) for e in networks.layers), activation.lower)


def forward(network: Mlp, inputs: np.ndarray) -> np.ndarray:
    """Compute the logits of a batch.

    Parameters
    ----------
    network : Mlp
        The parameters.
    inputs : array, shape (batch, d_0)
        One example a row.

    Returns
    -------
    array, shape (batch, classes)

    Examples
    --------
    >>> network = Mlp((np.array([[2.0]]), np.array([[3.0]])), (np.zeros(1), np.ones(1)), 0.0)
    >>> forward(network, np.array([[1.0], [-1.0]]))
    array([[7.],
           [1.]])
    """
    *_, (logits, _) = _layers(network, inputs)
    return logits


def gradients(network: Mlp, inputs: np.ndarray, labels: np.ndarray) -> tuple[float, Mlp]:
    """Mean cross-entropy of a batch and its derivatives, by back-propagation.

    Parameters
    ----------
    network : Mlp
        The parameters.
    inputs : array, shape (batch, d_0)
        One example a row.
    labels : array of int, shape (batch,)
        Class of each example, from 0.

    Returns
    -------
    loss : float
    derivatives : Mlp
        Of the loss by each weight and bias. At z = 0 phi' is the slope.

    Raises
    ------
    ValueError
        If `labels` is anything else.

    Examples
    --------
    >>> network = Mlp((np.zeros((2, 3)),), (np.zeros(2),), 0.0)
    >>> loss, derivatives = gradients(network, np.ones((1, 3)), np.array([1]))
    >>> round(loss, 6), derivatives.biases[0]
    (0.693147, array([ 0.5, -0.5]))
    """
    _require_labels(labels, len(inputs), len(network.biases[-1]))
    passed = list(_layers(network, inputs))
    loss, delta = _cross_entropy(passed[-1][0], labels)
    weights, biases = [], []
    for k in reversed(range(len(passed))):
        weights.append(delta.T @ passed[k][1])
        biases.append(delta.sum(axis=0))
        if k:
            delta = (delta @ network.weights[k]) * _slopes(passed[k - 1][0], network.slope)
    return loss, Mlp(tuple(weights[::-1]), tuple(biases[::-1]), network.slope)


def _layers(network: Mlp, inputs: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pre-activations and inputs of each layer."""
    z = inputs
    for k, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        x = z * _slopes(z, network.slope) if k else inputs
        z = x @ weights.T + biases
        yield z, x


def _slopes(z: np.ndarray, slope: float) -> np.ndarray:
    """phi'(z); phi(z) = z phi'(z)."""
    return np.where(z > 0.0, 1.0, slope)


def _require_labels(labels: np.ndarray, examples: int, classes: int) -> None:
    """Refuse what NumPy would take for other labels; two microseconds, for every step does it."""
    whole = isinstance(labels, np.ndarray) and labels.dtype.kind in "iu"
    fits = whole and labels.shape == (examples,) and labels.size
    if not (fits and labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"labels must be one integer from 0 to {classes - 1} per example, got {labels!r}"
        )


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of -log softmax at the labels, and its derivatives by the logits."""
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    totals = powers.sum(axis=1, keepdims=True)
    losses = np.log(totals[:, 0]) - shifted[rows, labels]
    delta = powers / totals
    delta[rows, labels] -= 1.0
    return float(losses.mean()), delta / len(labels)


def _pytorch_biases(layer: Layer, rng: np.random.Generator) -> np.ndarray:
    bound = 1.0 / math.sqrt(layer.fan_in)
    return rng.uniform(-bound, bound, layer.fan_out)


def _zero_biases(layer: Layer, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    return np.zeros(layer.fan_out)


_BIASES: dict[str, Callable[[Layer, np.random.Generator], np.ndarray]] = {
    "pytorch": _pytorch_biases,
    "zero": _zero_biases,
}
