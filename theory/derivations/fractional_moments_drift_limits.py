"""The variance of order s as s falls to 0: no drift given survival, divergence with an atom at 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation
from theory.derivations.formal_limits import AtZero
from theory.derivations.fractional_moments_drift import (
    BINOMIAL,
    conditional_mean,
    layer_size,
    log_power_mean,
    with_chance,
)
from theory.derivations.fractional_moments_drift_layers import log_norm_mean
from theory.derivations.fractional_moments_sums import NORMAL, STANDARD
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithms import EvaluateAtZero, LimitOfMeans
from theory.derivations.rules_terms import LogOfPower
from theory.derivations.rules_within import LemmaWithin
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, n, p, s

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "order_variance",
    "zero_drift_limit",
    "zero_drift_plain_limit",
]


def order_variance(activation: str, order: Any = s) -> Any:
    """Return (E Q^(order/2))^(-2/order), the variance of that order at equal widths.

    Parameters
    ----------
    activation : str
        A key of MODELS.
    order : Expr
        > 0; s by default.

    Returns
    -------
    Expr

    Examples
    --------
    >>> print(order_variance("linear"))
    E[Sum(z[i]**2, (i, 1, d))**(s/2)]**(-2/s)
    """
    power = layer_size(activation) ** (order / 2)
    return Expectation(power, *MODELS[activation].pairs(NORMAL, STANDARD)) ** (-2 / order)


def _limit(function: Any) -> Any:
    return AtZero(sp.Lambda(s, function), sp.Integer(0))


def zero_drift_limit(activation: str = "relu") -> Derivation:
    """Derive sigma2(s) P(Q > 0)^(2/s) -> the variance of no drift as s -> 0+.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> zero_drift_limit().verify().verdict.value
    'proved'
    """
    variance, chance = order_variance(activation), log_power_mean(activation, 0)
    limit = _limit(variance * chance ** (2 / s))
    lemma = log_norm_mean(activation)
    mean = conditional_mean(activation, 1)
    name = "fm.zero-drift.limit" + ("" if activation == "relu" else f".{activation}")
    meaning = "the limit, s to 0, of the variance of order s times P(Q > 0)^(2/s)"
    half = sp.Symbol("m", real=True)
    within = LemmaWithin(Lemma(lemma), sp.Lambda(half, sp.exp(-2 * half)))
    root = sp.exp(-2 * lemma.conclusion)
    return (
        Derivation(name, limit, meaning, constraints=lemma.constraints)
        .then(LimitOfMeans(), limit, sp.exp(-mean), "derivative of log E[Q^(s/2) | Q > 0]")
        .then(within, sp.exp(-mean), root, "mean of (1/2) log Q given Q > 0")
    )


def zero_drift_plain_limit() -> Derivation:
    """Derive s log sigma2(s) -> -2 log(1 - 2^-d) > 0 for ReLU as s -> 0+: sigma2(s) itself diverges.

    Examples
    --------
    >>> zero_drift_plain_limit().conclusion
    -2*log(1 - 1/2**d)
    """
    variance = order_variance("relu")
    lemma = MODELS["relu"].lemma()
    value, values = lemma.conclusion.subs(p, s / 2), ((p, s / 2),)
    definition = _limit(s * sp.log(variance))
    inserted, plain = s * sp.log(value ** (-2 / s)), -2 * sp.log(value)
    alive = sp.Sum(BINOMIAL, (n, 1, d))
    meaning = "the limit, s to 0, of s log(sigma2(s)), ReLU"
    start = (
        Derivation("fm.zero-drift.limit.divergence", definition, meaning)
        .then(Lemma(lemma, values), variance.base, value, "moment of order s")
        .then(LogOfPower(), inserted, plain, "logarithm of a power")
        .then(EvaluateAtZero(), _limit(plain), -2 * sp.log(alive), "continuous at s = 0")
    )
    return with_chance(start)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.zero-drift.limit": zero_drift_limit}
)
#: the limit without an atom, and the divergence with one
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.zero-drift.limit.leaky-relu": partial(zero_drift_limit, "leaky-relu"),
        "fm.zero-drift.limit.divergence": zero_drift_plain_limit,
    }
)
