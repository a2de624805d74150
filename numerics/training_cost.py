"""What an initialisation costs: its own arithmetic, and that of every training step after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .activations import Activation
from .counting import CountingGenerator, Tally, counted
from .mlp import Mlp, initialise
from .networks import Numbers
from .sgd import train

__all__ = ["TrainingCost", "training_cost"]


@dataclass(frozen=True)
class TrainingCost:
    """Counts of one run.

    Parameters
    ----------
    initialisation : Tally
        Drawing the parameters.
    steps : tuple of Tally
        Each training step: forward, backward, update, and what follows the update.
    """

    initialisation: Tally
    steps: tuple[Tally, ...]


def training_cost(
    *,
    widths: Sequence[int],
    variances: Numbers,
    activation: Activation,
    inputs: np.ndarray,
    labels: np.ndarray,
    steps: int,
    batch: int,
    learning_rate: float,
    rng: np.random.Generator,
    biases: str = "pytorch",
    after_step: Callable[[Mlp], Mlp] | None = None,
) -> TrainingCost:
    """Initialise and train a network on counted arrays.

    Parameters
    ----------
    widths, variances, activation, biases
        As for `numerics.mlp.initialise`. How the variances were found is not counted: they are
        numbers when a network is initialised.
    inputs, labels, steps, batch, learning_rate, after_step
        As for `numerics.sgd.train`.
    rng : numpy.random.Generator
        Source of the parameters, then of the batches.

    Returns
    -------
    TrainingCost

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator, or `after_step` computes something that is not counted.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> cost = training_cost(
    ...     widths=(4, 8, 3), variances=0.25, activation=relu(), inputs=np.ones((10, 4)),
    ...     labels=np.zeros(10, dtype=int), steps=3, batch=5, learning_rate=0.1,
    ...     rng=np.random.default_rng(0),
    ... )
    >>> cost.initialisation.total, cost.initialisation.draws  # 4 * 8 + 8 * 3 weights; 11 biases
    (56, 67)
    >>> len({step.total for step in cost.steps})
    1
    """
    tally = Tally()
    counting = CountingGenerator(rng, tally)
    network = initialise(
        widths=widths, variances=variances, activation=activation, rng=counting, biases=biases
    )
    states = [tally.copy()]

    def record(after: Mlp) -> Mlp:
        after = after if after_step is None else after_step(after)
        states.append(tally.copy())
        return after

    train(
        network,
        counted(inputs, tally),
        labels,
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        rng=counting,
        after_step=record,
    )
    differences = (late.since(early) for early, late in itertools.pairwise(states))
    return TrainingCost(states[0], tuple(differences))
