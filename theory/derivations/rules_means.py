"""Rules on expectations as wholes: joining them, bounding them by a tangent, using an inequality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation
from theory.derivations.identities import same
from theory.derivations.names import bound_names
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma, verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = ["AddInequality", "ExponentialTangent", "JoinMeans"]


@dataclass(frozen=True)
class JoinMeans(Rule):
    """A combination of expectations over one law as a constant times one: linearity, from right to left."""

    cited = Linearity.cited

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Expand the result by linearity and compare with the target."""
        factor, joined = result.as_independent(Expectation, as_Add=False)
        if not isinstance(joined, Expectation) or not domain.positive(factor):
            return Outcome.unknown(f"not an expectation with a factor > 0: {result}")
        return Linearity().check(joined, sp.expand(target / factor), domain)


@dataclass(frozen=True)
class ExponentialTangent(Rule):
    """E u <= E[e^u - 1]: e^u lies above its tangent at 0, for it is convex."""

    cited = ("E u exists",)

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the tangent, that u is real, and compare."""
        if not isinstance(target, Expectation) or not target.body.is_real:
            return Outcome.unknown(f"not the mean of something real: {target}")
        x = sp.Dummy("x", real=True)
        gap = sp.exp(x) - 1 - x
        touches = gap.subs(x, 0) == 0 and sp.diff(gap, x).subs(x, 0) == 0
        if not touches or not domain.positive(sp.diff(gap, x, 2)):
            return Outcome.unknown("the tangent at 0 is not below")
        above = Expectation(sp.exp(target.body) - 1, *target.pairs)
        return same(above, result, domain)


@dataclass(frozen=True)
class AddInequality(Rule):
    """x <= x + factor (right - left), for a lemma left <= right and a factor >= 0."""

    lemma: Derivation
    factor: Any

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return Lemma(self.lemma).citations()

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Verify the lemma, which holds as it stands; check the factor; compare."""
        left, right = self.lemma.definition, self.lemma.conclusion
        if self.lemma.relation not in ("<=", "<", "="):
            return Outcome.unknown(f"the lemma concludes {self.lemma.relation}")
        missing = [x for x in self.lemma.constraints if not domain.implies(x)]
        if missing or not domain.nonnegative(self.factor):
            return Outcome.unknown(f"not shown: {missing or f'{self.factor} >= 0'}")
        if not self.factor.free_symbols.isdisjoint(bound_names(left) | bound_names(right)):
            return Outcome.unknown(f"{self.factor} meets the lemma's bound names")
        report = verified(self.lemma)
        outcome = Outcome(report.verdict, f"lemma {self.lemma.id}: {report.verdict}")
        return outcome.also(same(target + self.factor * (right - left), result, domain))
