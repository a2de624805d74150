"""Rules on moments of a law on [0, oo): derivatives of its transform, derivatives in the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, occurs
from theory.derivations.identities import same
from theory.derivations.rules_lemma import Lemma, verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = ["LogMoment", "MomentFromTransform"]


@dataclass(frozen=True)
class LogMoment(Rule):
    """E[(c Q)^p log(c Q)] = d/dp (c^p E Q^p), from a lemma for E Q^p at every p > 0."""

    lemma: Derivation
    order: Any
    start: int
    cited = (
        "E Q^p is differentiated under the expectation, moments of nearby orders being finite",
    )

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return (*self.cited, *Lemma(self.lemma, start=self.start).citations())

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma's law; read c and p off the body; differentiate; compare."""
        ((variable, law),) = target.pairs
        moment = Expectation(variable**self.order, (variable, law))
        lemma = self.lemma
        if lemma.expressions[self.start] != moment or lemma.constraints or lemma.relation != "=":
            return Outcome.unknown("the lemma is not about all positive powers of this variable")
        if occurs(self.order, law) or not self.order.is_positive:
            return Outcome.unknown(f"{self.order} must be a positive symbol of its own")
        (logarithm,) = target.body.atoms(sp.log)
        scale = sp.simplify(logarithm.args[0] / variable)
        power = sp.expand_log(sp.log((target.body / logarithm).subs(variable, sp.E)), force=True)
        order = sp.simplify(power - sp.log((target.body / logarithm).subs(variable, 1)))
        if occurs(variable, scale, order) or not (
            domain.positive(scale) and domain.positive(order)
        ):
            return Outcome.unknown("the body is not (c Q)^p log(c Q) with c, p > 0")
        expected = scale**order * variable**order * logarithm
        value = _derivative(scale**self.order, lemma.conclusion, self.order).subs(self.order, order)
        outcome = same(expected, target.body, domain)
        outcome = outcome.also(Outcome(verified(lemma).verdict, f"lemma {lemma.id}"))
        return outcome.also(same(value, result, domain))


def _derivative(gain: Any, moment: Any, order: Any) -> Any:
    """Differentiate gain times moment in the order, a finite sum term by term."""
    if isinstance(moment, sp.Sum):
        return sp.Sum(sp.diff(gain * moment.function, order), *moment.limits)
    return sp.diff(gain * moment, order)


@dataclass(frozen=True)
class MomentFromTransform(Rule):
    """E Q^n = (-1)^n T^(n)(0), T the Laplace transform of Q, n = 1, 2, ..."""

    cited = ("the n-th derivative at 0+ is the moment, by monotone convergence",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Differentiate; compare."""
        ((variable, law),) = target.pairs
        base, order = target.body.as_base_exp()
        if base != variable or not (order.is_Integer and order > 0):
            return Outcome.unknown(f"the body is not a whole power of {variable}")
        if not isinstance(law, ByTransform):
            return Outcome.unknown(f"{law} is not given by its transform")
        (argument,) = law.args[0].variables
        derivative = sp.diff(law.args[0].expr, argument, int(order)).subs(argument, 0)
        if derivative.has(sp.nan, sp.zoo, sp.oo):
            return Outcome.unknown("the moment is not finite")
        return same((-1) ** order * derivative, result, domain)
