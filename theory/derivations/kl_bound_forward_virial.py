"""The optimum of the forward bound: the virial condition, and the variance it gives for a quadratic loss.

Extension of Horii & Has 2025: their optimum satisfies s0 = E_ss|w|^2/K; this one makes the initial law satisfy the
equipartition identity E[w . grad loss] = K T of the stationary law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.ensembles import (
    ENTRIES,
    ENTRY,
    LOSS,
    STATE,
    gibbs,
    mean,
    normal,
    squared_norm,
)
from theory.derivations.formal import Equation
from theory.derivations.formal_fields import Partial, over_space
from theory.derivations.formal_minimisers import Minimiser
from theory.derivations.rules_ensembles import NormalMoments
from theory.derivations.rules_equations import Rescale
from theory.derivations.rules_fields import (
    DifferentiateOverSpace,
    EvaluatePartials,
    JointLinearity,
    MeanAsIntegral,
    PartsOverSpace,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_minimisers import ConvexMinimiser
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import A, K, S_ss, T, i, s0

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "initial_slope",
    "quadratic_loss",
    "stationary_virial",
    "virial_condition",
    "virial_variance",
]

_ENTROPY_TERM = -T * K * sp.log(2 * sp.pi * sp.E * s0) / 2 + T * S_ss


def _integral(body: Any) -> Any:
    return over_space(body, STATE, K)


def _virial(density: Any) -> Any:
    """Return E[w . grad loss]."""
    return mean(sp.Sum(ENTRY * Partial(LOSS, ENTRY), ENTRIES), density)


def initial_slope() -> Derivation:
    """Derive 2 s0 dE_0[loss]/ds0 = E_0[w . grad loss] for w ~ N(0, s0 I): Stein's identity.

    Examples
    --------
    >>> initial_slope().verify().verdict.value
    'proved'
    """
    p = normal()
    definition = 2 * s0 * Partial(mean(LOSS, p), s0)
    widened = (squared_norm() / s0 - K) * p
    flux = sp.Sum(Partial(ENTRY * p, ENTRY), ENTRIES)
    under, moved = _integral(LOSS * widened / (2 * s0)), _integral(LOSS * flux)
    parts = -sp.Sum(_integral(ENTRY * p * Partial(LOSS, ENTRY)), ENTRIES)
    meaning = "twice the derivative of E_0[loss] in log s0, w ~ N(0, s0 I)"
    return (
        Derivation("kl.virial-condition.initial-slope", definition, meaning)
        .then(
            DifferentiateOverSpace(), Partial(mean(LOSS, p), s0), under, "derivative of the density"
        )
        .then(JointLinearity(), 2 * s0 * under, _integral(LOSS * widened), "constants outside")
        .then(
            EvaluatePartials(K), _integral(LOSS * widened), -moved, "d(w_i p)/dw_i = p - w_i^2 p/s0"
        )
        .then(PartsOverSpace(), moved, parts, "parts in every direction")
        .then(MeanAsIntegral(), -parts, _virial(p), "a mean over the start")
    )


def stationary_virial() -> Derivation:
    """Derive E_ss[w . grad loss] = K T, which the Gibbs law satisfies exactly.

    Examples
    --------
    >>> stationary_virial().conclusion
    K*T
    """
    p, one = gibbs(), sp.Integer(1)
    definition = _virial(p)
    slope = _integral(ENTRY * Partial(p, ENTRY))
    unfolded = sp.Sum(_integral(ENTRY * p * Partial(LOSS, ENTRY)), ENTRIES)
    counted = -T * sp.Sum(-one, ENTRIES)
    meaning = "E_ss[w . grad loss], p_ss = C exp(-loss/T) on R^K"
    return (
        Derivation("kl.virial-condition.stationary", definition, meaning)
        .then(MeanAsIntegral(), definition, unfolded, "integrals over the density")
        .then(
            EvaluatePartials(K),
            unfolded,
            -T * sp.Sum(slope, ENTRIES),
            "dp/dw_i = -p dloss/dw_i / T",
        )
        .then(PartsOverSpace(), slope, -_integral(p), "parts", (sp.Le(i, K),))
        .then(MeanAsIntegral(), _integral(p), mean(one, p), "p is a density")
        .then(JointLinearity(), mean(one, p), one, "it integrates to 1")
        .then(JointLinearity(), counted, K * T, "K equal terms")
    )


def virial_condition() -> Derivation:
    """Derive E_0[w . grad loss] = K T from d(forward bound)/ds0 = 0.

    Examples
    --------
    >>> print(virial_condition().conclusion)
    E[Sum(Coordinate(w, i)*d(loss(w))/dCoordinate(w, i), (i, 1, K))] = K*T
    """
    start, lemma = mean(LOSS, normal()), initial_slope()
    definition = Equation(Partial(start + _ENTROPY_TERM, s0), sp.Integer(0))
    slope = Partial(start, s0)
    apart = slope - K * T / (2 * s0)
    meaning = "stationarity in s0 of E_0[loss] - T (K/2) log(2 pi e s0) + T S_ss, w ~ N(0, s0 I)"
    return (
        Derivation("kl.virial-condition", definition, meaning)
        .then(DifferentiateOverSpace(), definition.args[0], apart, "the entropy term is explicit")
        .then(
            Rescale(2 * s0),
            Equation(apart, sp.Integer(0)),
            Equation(lemma.definition, K * T),
            "times 2 s0",
        )
        .then(Lemma(lemma), lemma.definition, lemma.conclusion, "Stein's identity")
    )


def quadratic_loss() -> Derivation:
    """Derive E_0[loss] = s0 sum(A)/2 for loss = sum A_i w_i^2/2, w ~ N(0, s0 I).

    Examples
    --------
    >>> quadratic_loss().conclusion
    s0*Sum(A[i], (i, 1, K))/2
    """
    loss = sp.Sum(A[i] * ENTRY**2, ENTRIES) / 2
    value = s0 * sp.Sum(A[i], ENTRIES) / 2
    definition = mean(loss, normal())
    return Derivation(
        "kl.initial-loss.quadratic",
        definition,
        "loss at the start, quadratic of eigenvalues A_i > 0",
    ).then(NormalMoments(s0), definition, value, "E w_i^2 = s0")


def virial_variance() -> Derivation:
    """Derive s0 = K T/sum(A), the minimiser of the forward bound for a quadratic loss.

    Examples
    --------
    >>> virial_variance().conclusion
    K*T/Sum(A[i], (i, 1, K))
    """
    lemma = quadratic_loss()
    definition = Minimiser(sp.Lambda(s0, lemma.definition + _ENTROPY_TERM))
    meaning = "the s0 at which the forward bound is least, loss = sum A_i w_i^2/2"
    done = Derivation("kl.virial-variance", definition, meaning).then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "loss at the start"
    )
    root = K * T / sp.Sum(A[i], ENTRIES)
    return done.then(ConvexMinimiser(), done.conclusion, root, "strictly convex in log s0")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.virial-variance": virial_variance}
)
#: statements beside the results
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.virial-condition": virial_condition,
        "kl.virial-condition.initial-slope": initial_slope,
        "kl.virial-condition.stationary": stationary_virial,
        "kl.initial-loss.quadratic": quadratic_loss,
    }
)
