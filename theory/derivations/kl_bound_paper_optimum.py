"""The bound (14) as a function of the initial variance: its ends and its minimum: Horii & Has 2026, (18)-(20).

log_C and M = E_ss|W|^2 are held fixed: they belong to p_ss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_densities import IsotropicGaussian
from theory.derivations.formal_minimisers import Minimiser, Minimum
from theory.derivations.kl_bound_paper import (
    STATIONARY,
    evaluate_cross_entropy,
    log_density_mean,
    loss_bound,
    unevaluated_bound,
)
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_minimisers import ConvexMinimiser, ConvexMinimum
from theory.derivations.rules_power_limits import LogPowerLimit
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import K, M, T, log_C, s0

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "divergence_minimiser",
    "large_variance",
    "least_loss_bound",
    "optimal_loss_bound",
    "optimal_variance",
    "small_variance",
]

_VARIANCE = sp.Symbol("r", positive=True)


def small_variance() -> Derivation:
    """Derive the leading term M T/(2 K s0) of (14) for small variances: (18).

    Examples
    --------
    >>> small_variance().conclusion
    M*T/(2*K*s0)
    """
    limit = sp.Limit(_VARIANCE * unevaluated_bound(_VARIANCE), _VARIANCE, 0)
    meaning = "leading term at s0 of the bound (14) for s0 -> 0: (lim of r times the bound at r)/s0"
    start = Derivation("kl.loss-bound.small-variance", limit / s0, meaning)
    return _leading_term(start, M * T / (2 * K), "r log r tends to 0")


def large_variance() -> Derivation:
    """Derive the leading term (T/2) log s0 of (14) for large variances: (19).

    Examples
    --------
    >>> large_variance().conclusion
    T*log(s0)/2
    """
    ratio = unevaluated_bound(_VARIANCE) / sp.log(_VARIANCE)
    limit = sp.Limit(ratio, _VARIANCE, sp.oo)
    meaning = (
        "leading term at s0 of the bound (14) for s0 -> oo: log s0 lim of the bound at r/log r"
    )
    start = Derivation("kl.loss-bound.large-variance", limit * sp.log(s0), meaning)
    return _leading_term(start, T / 2, "1/log r and 1/r tend to 0")


def _leading_term(start: Derivation, value: Any, reason: str) -> Derivation:
    done = evaluate_cross_entropy(start, _VARIANCE)
    (limit,) = done.conclusion.atoms(sp.Limit)
    return done.then(LogPowerLimit(), limit, value, reason)


def optimal_variance() -> Derivation:
    """Derive M/K, where the bound (14) is least.

    Examples
    --------
    >>> optimal_variance().conclusion
    M/K
    """
    meaning = "the initial variance s0 at which the bound (14) is least, log_C and M held fixed"
    return _minimise("kl.optimal-variance", unevaluated_bound(s0), meaning)


def divergence_minimiser() -> Derivation:
    """Derive M/K, where the divergence from p_ss to p_0 is least.

    Examples
    --------
    >>> divergence_minimiser().conclusion
    M/K
    """
    initial = log_density_mean(IsotropicGaussian(s0, K))
    meaning = "the initial variance s0 at which KL(p_ss || p_0) is least, p_ss held fixed"
    divergence = log_density_mean(STATIONARY) - initial
    return _minimise("kl.optimal-variance.divergence", divergence, meaning)


def _minimise(name: str, function: Any, meaning: str) -> Derivation:
    start = Derivation(name, Minimiser(sp.Lambda(s0, function)), meaning)
    done = evaluate_cross_entropy(start, s0)
    return done.then(ConvexMinimiser(), done.conclusion, M / K, "strictly convex in log s0")


def optimal_loss_bound() -> Derivation:
    """Derive (14) at s0 = M/K: (20), where the printed formula lacks the factor 2/K of log_C.

    Examples
    --------
    >>> optimal_loss_bound().relation
    '<='
    """
    lemma, values = loss_bound(), ((s0, M / K),)
    meaning = f"{lemma.meaning}, bounded by (14) at s0 = M/K"
    start = Derivation("kl.optimal-loss-bound", lemma.definition, meaning)
    instance = lemma.conclusion.subs(dict(values))
    bounded = start.then(Lemma(lemma, values), lemma.definition, instance, "(14) at s0 = M/K")
    return bounded.then(Algebra(), instance, _optimal_bound(), "collect")


def least_loss_bound() -> Derivation:
    """Derive the same value as the least that (14) takes for any s0.

    Examples
    --------
    >>> least_loss_bound().conclusion == optimal_loss_bound().conclusion
    True
    """
    meaning = "the least value of the bound (14) over the initial variance, log_C and M held fixed"
    definition = Minimum(sp.Lambda(s0, unevaluated_bound(s0)))
    start = Derivation("kl.optimal-loss-bound.least", definition, meaning)
    done = evaluate_cross_entropy(start, s0)
    return done.then(ConvexMinimum(M / K), done.conclusion, _optimal_bound(), "at s0 = M/K")


def _optimal_bound() -> Any:
    return T / 2 * (sp.log(M / K) + sp.log(2 * sp.pi * sp.E) + 2 * log_C / K)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.loss-bound.small-variance": small_variance,
        "kl.loss-bound.large-variance": large_variance,
        "kl.optimal-variance": optimal_variance,
        "kl.optimal-loss-bound": optimal_loss_bound,
    }
)

#: beside the results: the two optima by other definitions
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.optimal-variance.divergence": divergence_minimiser,
        "kl.optimal-loss-bound.least": least_loss_bound,
    }
)
