"""The bound on the stationary loss by the initial variance: Horii & Has 2026, (14).

p_ss is the Gibbs law of an unknown loss on R^K, p_0 = N(0, s0 I). Everything follows from KL(p_ss || p_0) >= 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import Gibbs, IsotropicGaussian, LogDensity, SquaredNorm
from theory.derivations.rules_densities import (
    LogDensityByDefinition,
    MeanOfDensityRatio,
    SecondMoment,
)
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_means import AddInequality, ExponentialTangent, JoinMeans
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import K, M, T, log_C, s0

__all__ = [
    "DERIVATIONS",
    "LOSS",
    "STATIONARY",
    "SUPPLEMENTS",
    "WEIGHTS",
    "evaluate_cross_entropy",
    "gibbs_inequality",
    "log_density_mean",
    "loss_bound",
    "loss_bound_gap",
    "unevaluated_bound",
]

#: all weights, a vector; the loss, an unknown function of it
WEIGHTS, LOSS = sp.Symbol("W"), sp.Function("Loss", real=True)
_POINT = sp.Symbol("w")
#: p_ss
STATIONARY = Gibbs(sp.Lambda(_POINT, LOSS(_POINT)), T, log_C, sp.Tuple(K, M))


def log_density_mean(law: Any, stationary: Any = STATIONARY) -> Any:
    """Return E_ss[log of the density of a law at W], `stationary` being the law of W.

    Examples
    --------
    >>> print(log_density_mean(IsotropicGaussian(s0, K)))
    E[log_density[IsotropicGaussian(s0, K)](W)]
    """
    return Expectation(LogDensity(law, WEIGHTS), (WEIGHTS, stationary))


def unevaluated_bound(
    variance: Any, stationary: Any = STATIONARY, log_constant: Any = log_C
) -> Any:
    """Return (T/K) (log_C - E_ss[log p_0]), the right side of (14), for an initial `variance`.

    `stationary` is the law of W, and `log_constant` its log_C.

    Examples
    --------
    >>> print(unevaluated_bound(s0))
    T*(log_C - E[log_density[IsotropicGaussian(s0, K)](W)])/K
    """
    return T / K * (log_constant - log_density_mean(IsotropicGaussian(variance, K), stationary))


def evaluate_cross_entropy(
    so_far: Derivation, variance: Any, second_moment: Any = M, stationary: Any = STATIONARY
) -> Derivation:
    """Turn E_ss[log p_0(W)] in the conclusion `so_far` into -(K/2) log(2 pi s) - M/(2 s), s the variance.

    `second_moment` is the one that the law `stationary` of W has.

    Examples
    --------
    >>> start = Derivation("demo", log_density_mean(IsotropicGaussian(s0, K)), "cross-entropy")
    >>> evaluate_cross_entropy(start, s0).conclusion
    -K*log(2*pi*s0)/2 - M/(2*s0)
    """
    law = IsotropicGaussian(variance, K)
    density = LogDensity(law, WEIGHTS)
    constant = -K * sp.log(2 * sp.pi * variance) / 2
    written = constant - SquaredNorm(WEIGHTS) / (2 * variance)
    pair = (WEIGHTS, stationary)
    mean = Expectation(SquaredNorm(WEIGHTS), pair)
    return (
        so_far.then(LogDensityByDefinition(law), density, written, "density of N(0, s I)")
        .then(
            Linearity(), Expectation(written, pair), constant - mean / (2 * variance), "linearity"
        )
        .then(SecondMoment(), mean, second_moment, "M is the name of E_ss|W|^2")
    )


def gibbs_inequality() -> Derivation:
    """Derive E_ss[log p_0] - E_ss[log p_ss] <= 0: the divergence from p_ss to p_0 is >= 0.

    Examples
    --------
    >>> gibbs_inequality().conclusion, gibbs_inequality().relation
    (0, '<=')
    """
    initial, pair = IsotropicGaussian(s0, K), (WEIGHTS, STATIONARY)
    definition = log_density_mean(initial) - log_density_mean(STATIONARY)
    meaning = "-KL(p_ss || p_0): minus the mean of the logarithm of p_ss/p_0 under p_ss"
    log_ratio = LogDensity(initial, WEIGHTS) - LogDensity(STATIONARY, WEIGHTS)
    joined = Expectation(log_ratio, pair)
    ratio = Expectation(sp.exp(log_ratio), pair)
    above = Expectation(sp.exp(log_ratio) - 1, pair)
    return (
        Derivation("kl.gibbs-inequality", definition, meaning)
        .then(JoinMeans(), definition, joined, "linearity")
        .then(ExponentialTangent(), joined, above, "log x <= x - 1")
        .then(Linearity(), above, ratio - 1, "linearity")
        .then(MeanOfDensityRatio(), ratio, sp.Integer(1), "p_0 integrates to 1")
    )


def loss_bound() -> Derivation:
    """Derive (14): E_ss[L]/K <= (T/K) ((K/2) log(2 pi s0) + log_C + M/(2 s0)).

    Examples
    --------
    >>> loss_bound().conclusion
    T*(K*log(2*pi*s0)/2 + M/(2*s0) + log_C)/K
    """
    loss, pair = LOSS(WEIGHTS), (WEIGHTS, STATIONARY)
    meaning = "mean loss per parameter over the stationary law p_ss = exp(log_C - L/T) on R^K"
    energy = T * log_C - T * LogDensity(STATIONARY, WEIGHTS)
    entropy = T * log_C - T * log_density_mean(STATIONARY)
    start = Derivation("kl.loss-bound", Expectation(loss, pair) / K, meaning)
    begun = start.then(
        LogDensityByDefinition(STATIONARY), loss, energy, "L = T (log_C - log p_ss)"
    ).then(Linearity(), Expectation(energy, pair), entropy, "linearity")
    bounded = begun.then(
        AddInequality(gibbs_inequality(), T / K),
        begun.conclusion,
        unevaluated_bound(s0),
        "KL(p_ss || p_0) >= 0",
    )
    return evaluate_cross_entropy(bounded, s0)


def loss_bound_gap() -> Derivation:
    """Derive that (14) exceeds the mean loss per parameter by (T/K) KL(p_ss || p_0).

    Examples
    --------
    >>> loss_bound_gap().relation
    '='
    """
    loss, pair = LOSS(WEIGHTS), (WEIGHTS, STATIONARY)
    mean, initial = Expectation(loss, pair), LogDensity(IsotropicGaussian(s0, K), WEIGHTS)
    own = LogDensity(STATIONARY, WEIGHTS)
    definition = unevaluated_bound(s0) - mean / K
    meaning = (
        "the right side of (14), E_ss[log p_0] not evaluated, less the mean loss per parameter"
    )
    energy = T * log_C - T * own
    start = Derivation("kl.loss-bound.gap", definition, meaning)
    written = start.then(
        LogDensityByDefinition(STATIONARY), loss, energy, "L = T (log_C - log p_ss)"
    ).then(
        Linearity(),
        Expectation(energy, pair),
        T * log_C - T * log_density_mean(STATIONARY),
        "linearity",
    )
    gap = T / K * Expectation(own - initial, pair)
    return written.then(JoinMeans(), written.conclusion, gap, "log_C cancels")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.loss-bound": loss_bound}
)

#: beside the results: Gibbs' inequality, and how far the bound is from the mean loss
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.gibbs-inequality": gibbs_inequality, "kl.loss-bound.gap": loss_bound_gap}
)
