"""The free-energy identity and the forward bound: a bound on the stationary loss from the start.

Extension of Horii & Has 2025: the divergence of the initial law from the stationary one, KL(p_0||p_ss), in place of
KL(p_ss||p_0) in their (14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.ensembles import (
    DIVERGENCE,
    LOSS,
    S_0,
    STATE,
    evolved,
    gibbs,
    mean,
    normal,
    squared_norm,
    started,
)
from theory.derivations.rules_bounds import DropDivergence, LogBelowTangent
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_ensembles import NormalMoments, NormalStart, StandsFor
from theory.derivations.rules_fields import JointLinearity, MeanAsIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import E0, K, M, S_ss, T, log_C, s0

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "divergence_nonnegative",
    "entropy_bound",
    "forward_bound",
    "free_energy",
    "initial_entropy",
]

_HALF = sp.Rational(1, 2)
_NOTE = "p_ss = exp(log_C - loss/T) is normalisable"


def divergence_nonnegative() -> Derivation:
    """Derive Gibbs' inequality, E_f[log g - log f] <= 0 for densities f, g > 0: KL(f||g) >= 0.

    Examples
    --------
    >>> divergence_nonnegative().verify().verdict.value
    'proved'
    """
    f, g = (sp.Function(name, positive=True)(STATE) for name in ("f", "g"))
    definition = mean(sp.log(g) - sp.log(f), f)
    tangent = mean(g / f - 1, f)
    one = sp.Integer(1)
    masses = mean(one, g) - mean(one, f)
    return (
        Derivation(
            "kl.divergence.nonnegative", definition, "-KL(f||g) for two densities f, g > 0 on R^K"
        )
        .then(LogBelowTangent(g / f), definition, tangent, "log x <= x - 1 at x = g/f")
        .then(MeanAsIntegral(), tangent, masses, "f times (g/f - 1) is g - f")
        .then(JointLinearity(), masses, sp.Integer(0), "both densities integrate to 1")
    )


def entropy_bound() -> Derivation:
    """Derive S <= (K/2) log(2 pi e M/K), M = E|w|^2: the normal law has the largest entropy.

    Examples
    --------
    >>> entropy_bound().conclusion
    K*log(2*E*pi*M/K)/2
    """
    p, v = evolved(), M / K
    definition = -mean(sp.log(p), p)
    cross = -mean(sp.log(normal(v)), p)
    second = mean(squared_norm(), p)
    split = K * sp.log(2 * sp.pi * v) / 2 + second / (2 * v)
    drop = DropDivergence(sp.Integer(1), p, normal(v), divergence_nonnegative())
    named = K * sp.log(2 * sp.pi * v) / 2 + K * _HALF
    return (
        Derivation(
            "kl.entropy-bound", definition, "differential entropy of a law with density p on R^K"
        )
        .then(drop, definition, cross, "Gibbs' inequality against N(0, (M/K) I)")
        .then(JointLinearity(), cross, split, "logarithm of the normal density")
        .then(StandsFor(M), second, M, "M = E|w|^2")
        .then(Algebra(), named, K * sp.log(2 * sp.pi * sp.E * M / K) / 2, "collect")
    )


def _identity(name: str, meaning: str) -> tuple[Derivation, Any]:
    """Derive E_ss[loss] = T S_ss + E_0[loss] + T E_0[log p_0] - T KL; return it with KL's mean."""
    definition = mean(LOSS, gibbs())
    entropy = mean(LOSS / T - log_C, gibbs())
    divergence = mean(sp.log(started()) - sp.log(gibbs()), started())
    start = mean(LOSS, started())
    negentropy = mean(sp.log(started()), started())
    begun = (
        Derivation(name, definition, meaning, notes=(_NOTE,))
        .then(
            JointLinearity(),
            definition,
            T * entropy + T * log_C,
            "loss = T (log C - log p_ss)",
        )
        .then(
            StandsFor(S_ss), T * entropy, T * S_ss, "entropy of the stationary law, -E_ss[log p_ss]"
        )
        .then(
            JointLinearity(),
            T * log_C,
            start + T * negentropy - T * divergence,
            "KL(p_0||p_ss) = E_0[log p_0] - log C + E_0[loss]/T",
        )
        .then(StandsFor(E0), start, E0, "loss at the start")
    )
    return begun, divergence


def free_energy() -> Derivation:
    """Derive E_ss[loss] = E_0[loss] - T (S_0 - S_ss) - T KL(p_0||p_ss), any start p_0.

    Examples
    --------
    >>> free_energy().conclusion
    E0 - KL_0*T - S_0*T + S_ss*T
    """
    begun, divergence = _identity(
        "kl.free-energy", "E_ss[loss], p_ss = C exp(-loss/T), against any density p_0 > 0 on R^K"
    )
    negentropy = mean(sp.log(started()), started())
    return begun.then(
        StandsFor(S_0), T * negentropy, -T * S_0, "entropy of the start, -E_0[log p_0]"
    ).then(StandsFor(DIVERGENCE), -T * divergence, -T * DIVERGENCE, "divergence of the start")


def initial_entropy() -> Derivation:
    """Derive E_0[log p_0] = -(K/2) log(2 pi e s0) for p_0 = N(0, s0 I).

    Examples
    --------
    >>> initial_entropy().conclusion
    -K*log(2*E*pi*s0)/2
    """
    definition = mean(sp.log(started()), started())
    logarithm = mean(sp.log(normal()), normal())
    split = -K * sp.log(2 * sp.pi * s0) / 2 - mean(squared_norm(), normal()) / (2 * s0)
    value = -K * sp.log(2 * sp.pi * s0) / 2 - K * _HALF
    return (
        Derivation("kl.initial-entropy", definition, "-S_0 of the start, w ~ N(0, s0 I)")
        .then(NormalStart(), definition, logarithm, "the start is normal")
        .then(JointLinearity(), logarithm, split, "logarithm of the normal density")
        .then(NormalMoments(s0), split, value, "E w_j^2 = s0")
        .then(Algebra(), value, -K * sp.log(2 * sp.pi * sp.E * s0) / 2, "collect")
    )


def forward_bound() -> Derivation:
    """Derive E_ss[loss] <= E_0[loss] - T (K/2) log(2 pi e s0) + T S_ss.

    Examples
    --------
    >>> forward_bound().conclusion
    E0 - K*T*log(2*E*pi*s0)/2 + S_ss*T
    """
    begun, divergence = _identity(
        "kl.forward-bound", "E_ss[loss], p_ss = C exp(-loss/T), from the start w ~ N(0, s0 I)"
    )
    lemma = initial_entropy()
    drop = DropDivergence(T, started(), gibbs(), divergence_nonnegative())
    kept = begun.conclusion + T * divergence
    return begun.then(drop, begun.conclusion, kept, "KL(p_0||p_ss) >= 0").then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "entropy of N(0, s0 I)"
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.free-energy": free_energy, "kl.forward-bound": forward_bound}
)
#: statements beside the results
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.divergence.nonnegative": divergence_nonnegative,
        "kl.entropy-bound": entropy_bound,
        "kl.initial-entropy": initial_entropy,
    }
)
