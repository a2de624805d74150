"""Plain stochastic gradient descent on a small classifier.

It stands for the training that an initialisation is made for: nothing here knows how the weights
were drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .checks import checked_number
from .mlp import Mlp, gradients
from .networks import positive_integer
from .streams import require_generator

__all__ = ["renormalised", "sgd_step", "train"]


def sgd_step(network: Mlp, derivatives: Mlp, learning_rate: float) -> Mlp:
    """Take one step of plain gradient descent: no momentum, no weight decay.

    Parameters
    ----------
    network, derivatives : Mlp
        Parameters, and the derivatives of the loss by them.
    learning_rate : float
        Finite and > 0.

    Returns
    -------
    Mlp
        New parameters; the old ones are left as they are.

    Raises
    ------
    ValueError
        If `learning_rate` is outside its domain.

    Examples
    --------
    >>> one = Mlp((np.ones((1, 1)),), (np.ones(1),), 0.0)
    >>> sgd_step(one, one, 0.25).weights[0]
    array([[0.75]])
    """
    rate = checked_number("learning_rate", learning_rate)
    weights, biases = (
        tuple(old - rate * by for old, by in zip(*pair, strict=True))
        for pair in (
            (network.weights, derivatives.weights),
            (network.biases, derivatives.biases),
        )
    )
    return Mlp(weights, biases, network.slope)


def train(
    network: Mlp,
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int,
    batch: int,
    learning_rate: float,
    rng: np.random.Generator,
    after_step: Callable[[Mlp], Mlp] | None = None,
) -> tuple[Mlp, np.ndarray]:
    """Train by plain stochastic gradient descent.

    Parameters
    ----------
    network : Mlp
        Where to start.
    inputs : array, shape (examples, d_0)
        One example a row.
    labels : array of int, shape (examples,)
        Class of each example, from 0.
    steps : int
        Number of steps, >= 1.
    batch : int
        Examples a step, from 1 to the number of examples. Every epoch takes the examples in a fresh
        random order and leaves out what does not fill a batch.
    learning_rate : float
        Finite and > 0.
    rng : numpy.random.Generator
        Source of the orders.
    after_step : callable, optional
        Maps the parameters after each step to those with which training goes on.

    Returns
    -------
    network : Mlp
    losses : array, shape (steps,)
        Mean cross-entropy of each batch before its step.

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> from numerics.mlp import initialise
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.standard_normal((200, 4))
    >>> start = initialise(widths=(4, 16, 2), variances=0.25, activation=relu(), rng=rng)
    >>> labels = (inputs[:, 0] > 0).astype(int)
    >>> options = {"steps": 200, "batch": 20, "learning_rate": 0.1, "rng": rng}
    >>> _, losses = train(start, inputs, labels, **options)
    >>> bool(losses[-20:].mean() < 0.6 * losses[:20].mean())
    True
    """
    losses = np.empty(positive_integer("steps", steps))
    batches = _batches(_checked_examples(network, inputs, labels), batch, require_generator(rng))
    for k, chosen in zip(range(losses.size), batches, strict=False):
        losses[k], derivatives = gradients(network, inputs[chosen], labels[chosen])
        network = sgd_step(network, derivatives, learning_rate)
        network = network if after_step is None else after_step(network)
    return network, losses


def renormalised(network: Mlp, variances: Sequence[float]) -> Mlp:
    """Rescale every weight matrix to a given mean square: a scheme that does work in every step.

    As `after_step` of `train` it is what "no extra cost during training" excludes.

    Parameters
    ----------
    network : Mlp
        The parameters.
    variances : sequence of float
        Mean square that each layer's weights shall have.

    Returns
    -------
    Mlp

    Examples
    --------
    >>> network = Mlp((np.array([[3.0, -3.0]]),), (np.zeros(1),), 0.0)
    >>> renormalised(network, [4.0]).weights[0]
    array([[ 2., -2.]])
    """
    scaled = (
        weights * np.sqrt(variance / np.mean(weights * weights))
        for weights, variance in zip(network.weights, variances, strict=True)
    )
    return Mlp(tuple(scaled), network.biases, network.slope)


def _batches(examples: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the examples of one step after another, without end."""
    size = positive_integer("batch", batch)
    if size > examples:
        raise ValueError(f"batch must be at most the number of examples, {examples}, got {batch!r}")
    while True:
        order = rng.permutation(examples)
        yield from (order[first : first + size] for first in range(0, examples - size + 1, size))


def _checked_examples(network: Mlp, inputs: Any, labels: Any) -> int:
    """Number of examples, if inputs, labels and network fit."""
    fan_in, classes = network.weights[0].shape[1], network.weights[-1].shape[0]
    if inputs.ndim != 2 or inputs.shape[1] != fan_in:
        raise ValueError(f"inputs must have shape (examples, {fan_in}), got {inputs.shape}")
    whole = labels.dtype.kind in "iu" and labels.shape == inputs.shape[:1]
    if not (whole and labels.size and labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"labels must be one integer from 0 to {classes - 1} per example, got {labels!r}"
        )
    return int(labels.size)
