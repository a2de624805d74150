"""What holds path by path or by construction: dominance of small outputs, and no extra cost during training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from flint import arb, ctx, fmpz

from numerics.activations import relu as elementary_relu
from numerics.mlp import Mlp, initialise
from numerics.sgd import renormalised
from numerics.training_cost import training_cost
from theory.activations import Activation, leaky_relu, linear, relu
from theory.fractional_moments import weight_variance
from validation.checks.equality import EqualityCheck
from validation.checks.ordering import OrderingCheck
from validation.checks.pathwise import PathwiseCheck, windows
from validation.claim import Claim, Profile
from validation.claims.derived import derived
from validation.coupled import CoupledDifferences
from validation.evidence import Kind

__all__ = ["dominance", "no_extra_cost"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_ROUNDING = 1e-11  # of a log-norm after ten layers, generously: 1e-15 for each of some hundred operations a layer


def dominance(profile: Profile) -> Claim:
    """Return the claim that a scheme of order s < 2 makes small outputs rarer than He's, path by path.

    Parameters
    ----------
    profile : Profile
        Resolution.

    Returns
    -------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> dominance(PROFILES["quick"]).id
    'fm.dominance'
    """
    return Claim(
        "fm.dominance",
        "on the same draws, biases zero, x_k of order s is (sigma_s/sigma_2)^k x_k of order 2; hence "
        "P(|x_k| <= z) of order s < 2 is at most that of order 2 for all z and k, strictly somewhere, and at least "
        "that for s > 2",
        f"{_GH}: probability of small outputs; path by path, s > 2: extension",
        (
            *derived("fm.dominance"),
            *_paths(profile),
            OrderingCheck("P(|x_1| <= z) increases in the order 0.5, 1, 2, 3", _chains),
        ),
    )


def _paths(profile: Profile) -> Iterator[PathwiseCheck]:
    for order, width, depth, activation in (
        (1.0, 8, 10, relu()),
        (0.5, 3, 10, leaky_relu(0.3)),
        (3.0, 4, 10, linear().with_dropout(0.8)),
    ):
        first, second = (
            float(weight_variance(s, width, activation=activation)) for s in (2, order)
        )
        expected = depth / 2 * math.log(second / first)
        experiment = CoupledDifferences(
            (width,) * (depth + 1),
            first,
            second,
            activation,
            replicates=20_000,
            thresholds=windows(expected, _ROUNDING, depth, profile.resolution),
        )
        yield PathwiseCheck(experiment, expected, _ROUNDING, profile.resolution)


def _chains() -> list[list[arb]]:
    """Exact cdfs of one layer's norm, in decreasing order."""
    return [
        [_enclosed_cdf(z, width, order, activation) for order in (3.0, 2.0, 1.0, 0.5)]
        for activation in (linear(), relu())
        for width in (1, 3, 8)
        for z in (0.01, 0.3, 1.0, 3.0)
    ]


def _enclosed_cdf(z: float, width: int, order: float, activation: Activation) -> arb:
    """P(|x_1| <= z |x_0|): a binomial mixture of chi-squares, at the scheme's float variance."""
    variance = float(weight_variance(order, width, activation=activation))
    trials = range(width + 1) if activation == relu() else (width,)
    with ctx.workprec(128):
        half = arb(z) ** 2 / (2 * arb(variance))
        total = sum((fmpz.bin_uiui(width, n) * _chi_cdf(n, half) for n in trials), arb(0))
        return total / (arb(2) ** width if activation == relu() else 1)


def _chi_cdf(n: int, half: arb) -> arb:
    """P(chi^2_n <= 2 half)."""
    return half.gamma_lower(arb(n) / 2, regularized=1) if n else arb(1)


def no_extra_cost() -> Claim:
    """Return the claim that a scheme of order s costs what He's does, in initialisation and in every training step.

    Returns
    -------
    Claim

    Examples
    --------
    >>> no_extra_cost().id
    'fm.training-cost'
    """
    return Claim(
        "fm.training-cost",
        "no extra cost during training: a scheme of order s sets the initial weights' variance and nothing else, so, "
        "that one number a layer apart, it takes the draws and operations of He's scheme, in initialisation and in "
        "every step",
        f"{_GH}: abstract",
        (
            EqualityCheck(
                Kind.EXPERIMENT,
                "operations and draws of initialisation and of each of 4 training steps, order 0.8 against order 2",
                partial(_costs, 2.0),
                partial(_costs, 0.8),
                {
                    "weights renormalised after every step": partial(_costs, 0.8, _renormalise),
                    "a layer's weights multiplied once more": partial(_costs, 0.8, _rescale),
                    "no biases drawn": partial(_costs, 0.8, None, "zero"),
                },
            ),
            EqualityCheck(
                Kind.ORACLE,
                "initial weights of order 0.8 against one scalar a layer times standard draws, to the last bit",
                partial(_weights, 0.8, 1),
                _scaled_draws,
                {
                    "other draws": partial(_weights, 0.8, 2),
                    "order 2 in place of 0.8": partial(_weights, 2.0, 1),
                    "columns of unit length": _normalised_columns,
                },
            ),
        ),
    )


_WIDTHS = (6, 9, 7, 4)


def _variances(order: float) -> list[float]:
    pairs = pairwise(_WIDTHS)
    return [float(weight_variance(order, n, m)) for n, m in pairs]


def _costs(
    order: float, after_step: Callable[[Mlp], Mlp] | None = None, biases: str = "pytorch"
) -> list[int]:
    """Counts do not depend on the numbers drawn."""
    inputs = np.linspace(-1, 1, 20 * _WIDTHS[0]).reshape(20, _WIDTHS[0])
    cost = training_cost(
        widths=_WIDTHS,
        variances=_variances(order),
        activation=elementary_relu(),
        inputs=inputs,
        labels=np.arange(20) % _WIDTHS[-1],
        steps=4,
        batch=5,
        learning_rate=0.1,
        rng=np.random.default_rng(1),
        biases=biases,
        after_step=after_step,
    )
    return [
        count
        for tally in (cost.initialisation, *cost.steps)
        for count in (tally.total, tally.draws)
    ]


def _renormalise(network: Mlp) -> Mlp:
    return renormalised(network, _variances(0.8))


def _rescale(network: Mlp) -> Mlp:
    first, *others = network.weights
    return Mlp((first * 1.0, *others), network.biases, network.slope)


def _draw(variances: Sequence[float], seed: int) -> Mlp:
    rng = np.random.default_rng(seed)
    return initialise(widths=_WIDTHS, variances=variances, activation=elementary_relu(), rng=rng)


def _flat(weights: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([matrix.ravel() for matrix in weights])


def _weights(order: float, seed: int) -> np.ndarray:
    return _flat(_draw(_variances(order), seed).weights)


def _scaled_draws() -> np.ndarray:
    standard = _draw([1.0] * 3, 1).weights
    scales = (math.exp(0.5 * math.log(variance)) for variance in _variances(0.8))
    return _flat([scale * matrix for scale, matrix in zip(scales, standard, strict=True)])


def _normalised_columns() -> np.ndarray:
    """A scheme that looks at its draws."""
    weights = _draw(_variances(0.8), 1).weights
    return _flat([matrix / np.linalg.norm(matrix, axis=0) for matrix in weights])
