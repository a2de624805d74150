"""Bounds at every time of the Langevin dynamics: dissipation of the free energy, the transient bound.

Extension of Horii & Has 2025: nothing here asks for a stationary law.
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
    evolved,
    mean,
    started,
)
from theory.derivations.formal_fields import Partial, over_space
from theory.derivations.kl_bound_forward import entropy_bound, initial_entropy
from theory.derivations.rules_bounds import BelowStart, BoundTerm, DropSquares
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_ensembles import FokkerPlanck, StandsFor
from theory.derivations.rules_fields import (
    DifferentiateOverSpace,
    JointLinearity,
    MeanAsIntegral,
    PartsOverSpace,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import E0, K, M, T, s0, tau

__all__ = [
    "DERIVATIONS",
    "RATE",
    "SUPPLEMENTS",
    "P",
    "dissipation",
    "divergence",
    "flux",
    "free_energy_decreases",
    "integral",
    "slope",
    "transient_bound",
]

#: the density at a time, and its rate
P = evolved()
RATE = Partial(P, tau)


def slope(expr: Any) -> Any:
    """Return the formal derivative in coordinate i.

    Parameters
    ----------
    expr : Expr
        In the state.

    Returns
    -------
    Partial

    Examples
    --------
    >>> print(slope(LOSS))
    d(loss(w))/dCoordinate(w, i)
    """
    return Partial(expr, ENTRY)


def integral(body: Any) -> Any:
    """Return the integral over all states.

    Parameters
    ----------
    body : Expr
        In the state.

    Returns
    -------
    OverSpace

    Examples
    --------
    >>> print(integral(LOSS))
    int loss(w) dw
    """
    return over_space(body, STATE, K)


def flux(loss: Any) -> Any:
    """Return p dloss/dw_i + T dp/dw_i.

    Parameters
    ----------
    loss : Expr
        In the state.

    Returns
    -------
    Expr

    Examples
    --------
    >>> flux(sp.Integer(0)) == P * slope(sp.Integer(0)) + T * slope(P)
    True
    """
    return P * slope(loss) + T * slope(P)


def divergence(loss: Any) -> Any:
    """Return the sum over i of the derivatives of the fluxes, the right side of the Fokker-Planck equation.

    Parameters
    ----------
    loss : Expr
        In the state.

    Returns
    -------
    Sum

    Examples
    --------
    >>> divergence(LOSS).function == slope(flux(LOSS))
    True
    """
    return sp.Sum(slope(flux(loss)), ENTRIES)


def dissipation() -> Derivation:
    """Derive d/dt (E_t[loss] - T S_t) = - sum_i E_t[(dloss/dw_i + T (dp/dw_i)/p)^2].

    Examples
    --------
    >>> dissipation().verify().verdict.value
    'proved'
    """
    definition = Partial(mean(LOSS, P) + T * mean(sp.log(P), P), tau)
    potential = LOSS + T * sp.log(P) + T
    under = integral(potential * RATE)
    transported = integral(potential * divergence(LOSS))
    force = slope(LOSS) + T * slope(P) / P
    parts = -sp.Sum(integral(flux(LOSS) * force), ENTRIES)
    squares = -sp.Sum(integral(P * force**2), ENTRIES)
    means = -sp.Sum(mean(force**2, P), ENTRIES)
    meaning = "rate of the free energy E_t[loss] - T S_t under dw = -grad loss dt + sqrt(2T) dB"
    return (
        Derivation("kl.dissipation.identity", definition, meaning)
        .then(DifferentiateOverSpace(), definition, under, "derivative of (loss + T log p) p")
        .then(FokkerPlanck(), RATE, divergence(LOSS), "Fokker-Planck equation")
        .then(PartsOverSpace(), transported, parts, "parts in every direction")
        .then(
            JointLinearity(),
            parts,
            squares,
            "p dloss/dw_i + T dp/dw_i = p (dloss/dw_i + T dp/dw_i / p)",
        )
        .then(MeanAsIntegral(), squares, means, "means over p")
    )


def free_energy_decreases() -> Derivation:
    """Derive d/dt (E_t[loss] - T S_t) <= 0: the H-theorem.

    Examples
    --------
    >>> free_energy_decreases().relation, free_energy_decreases().conclusion
    ('<=', 0)
    """
    lemma = dissipation()
    gap = -lemma.conclusion
    return (
        Derivation("kl.dissipation", lemma.definition, lemma.meaning)
        .then(Lemma(lemma), lemma.definition, lemma.conclusion, "rate of the free energy")
        .then(DropSquares(gap), lemma.conclusion, sp.Integer(0), "means of squares are >= 0")
    )


def transient_bound() -> Derivation:
    """Derive E_t[loss] <= E_0[loss] + (K T/2) log(M/(K s0)), M = E_t|w|^2, at every time t > 0.

    Examples
    --------
    >>> transient_bound().conclusion
    E0 + K*T*log(M/(K*s0))/2
    """
    definition = mean(LOSS, P)
    start, negentropy = mean(LOSS, started()), mean(sp.log(started()), started())
    first, entropy = initial_entropy(), entropy_bound()
    below = start + T * negentropy - T * mean(sp.log(P), P)
    named = E0 + T * first.conclusion + T * entropy.definition
    bounded = E0 + T * first.conclusion + T * entropy.conclusion
    meaning = "E_t[loss] under dw = -grad loss dt + sqrt(2T) dB from w ~ N(0, s0 I), t > 0"
    return (
        Derivation("kl.transient-bound", definition, meaning)
        .then(BelowStart(free_energy_decreases()), definition, below, "the free energy decreases")
        .then(StandsFor(E0), start, E0, "loss at the start")
        .then(Lemma(first), first.definition, first.conclusion, "entropy of N(0, s0 I)")
        .then(BoundTerm(entropy), named, bounded, "the normal law has the largest entropy")
        .then(Algebra(), bounded, E0 + K * T * sp.log(M / (K * s0)) / 2, "collect")
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.transient-bound": transient_bound,
    }
)
#: statements beside the results
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.dissipation.identity": dissipation,
        "kl.dissipation": free_energy_decreases,
    }
)
