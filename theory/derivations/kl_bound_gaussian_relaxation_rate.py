"""The rates at which the divergence from the stationary law decays at a quadratic minimum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.kl_bound_gaussian_relaxation import MEAN, RATE, one_direction
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_rates import DecayRate, SlowestDecay
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import T, a1, a2, s0, tau

__all__ = ["SUPPLEMENTS", "rate", "slowest", "uncentred_rate"]

#: the start has the variance (1 + rho) T/a > 0 in a direction of curvature a
_RHO = sp.Symbol("rho", real=True)
_RHO1, _RHO2 = sp.symbols("rho1 rho2", real=True, nonzero=True)
_NONZERO = sp.Symbol("mu_0", real=True, nonzero=True)


def _decay_rate(name: str, start: tuple[Any, Any, Any], factor: int) -> Derivation:
    """Derive the rate in a direction, from its curvature, excess of variance rho and mean."""
    curvature, excess, mean = start
    lemma = one_direction()
    values = {RATE: curvature, s0: (1 + excess) * T / curvature, MEAN: mean}

    def limit(divergence: Any) -> Any:
        return sp.Limit(-sp.log(divergence) / tau, tau, sp.oo)

    before, after = (
        x.subs(values, simultaneous=True) for x in (lemma.definition, lemma.conclusion)
    )
    meaning = (
        "the limit of -log KL(p_tau || p_ss)/tau in one direction, from variance (1 + rho) T/a"
    )
    return (
        Derivation(name, limit(before), meaning, (), (sp.Lt(-1, excess),))
        .then(Lemma(lemma, tuple(values.items())), before, after, "divergence at time tau")
        .then(DecayRate(2 * curvature), limit(after), factor * curvature, "leading term")
    )


def rate(curvature: Any = RATE, excess: Any = _RHO1) -> Derivation:
    """Derive -log KL(p_tau || p_ss)/tau -> 4 a from a centred start that is not stationary.

    Parameters
    ----------
    curvature, excess : Symbol
        a, and rho, not 0.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> rate().conclusion
    4*a
    """
    start = curvature, excess, sp.Integer(0)
    return _decay_rate("kl.relaxation.rate.one-direction", start, 4)


def uncentred_rate() -> Derivation:
    """Derive -log KL(p_tau || p_ss)/tau -> 2 a from a start whose mean is not 0.

    Examples
    --------
    >>> uncentred_rate().conclusion
    2*a
    """
    return _decay_rate("kl.relaxation.rate.uncentred", (RATE, _RHO, _NONZERO), 2)


def slowest() -> Derivation:
    """Derive -log KL(p_tau || p_ss)/tau -> 4 min(a1, a2), two directions, centred start.

    The variance is not stationary in either; one s0 in both is among the starts.

    Examples
    --------
    >>> slowest().conclusion
    Min(4*a1, 4*a2)
    """
    lemmas = rate(a1, _RHO1), rate(a2, _RHO2)
    total = sum(_decaying_part(x) for x in lemmas)
    definition = sp.Limit(-sp.log(total) / tau, tau, sp.oo)
    meaning = "the limit of -log KL(p_tau || p_ss)/tau in two directions, the sum of theirs"
    constraints = tuple(x for lemma in lemmas for x in lemma.constraints)
    rule = SlowestDecay(lemmas)
    start = Derivation("kl.relaxation.rate", definition, meaning, (), constraints)
    return start.then(rule, definition, sp.Min(4 * a1, 4 * a2), "the slower one is left")


def _decaying_part(lemma: Derivation) -> Any:
    (logarithm,) = (x for x in sp.Mul.make_args(lemma.definition.args[0]) if isinstance(x, sp.log))
    return logarithm.args[0]


SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.relaxation.rate.one-direction": rate,
        "kl.relaxation.rate.uncentred": uncentred_rate,
        "kl.relaxation.rate": slowest,
    }
)
