"""Rules on inequalities between positive numbers: times a factor, powers, products, tangents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ExponentialAboveTangent", "PowersOfLemmas", "RootBelowTangent", "TimesLemma"]


class _UpperBound(Rule):
    """An upper bound."""

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="


@dataclass(frozen=True)
class TimesLemma(_UpperBound):
    """c X <= c Y for c > 0, by a lemma X <= Y."""

    lemma: Lemma
    factor: Any

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return self.lemma.citations()

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the factor, and the lemma without it."""
        if self.lemma.relation != "<=" or not domain.positive(self.factor):
            return Outcome.unknown(f"not an upper bound, or cannot show {self.factor} > 0")
        return self.lemma.check(target / self.factor, result / self.factor, domain)


@dataclass(frozen=True)
class RootBelowTangent(_UpperBound):
    """sqrt(u) <= (1 + u)/2, u >= 0: (1 - sqrt(u))^2 >= 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read u off the root; compare."""
        u, power = target.as_base_exp()
        if power != sp.Rational(1, 2) or not domain.nonnegative(u):
            return Outcome.unknown(f"not the root of something shown to be >= 0: {target}")
        return same((1 + u) / 2, result, domain)


@dataclass(frozen=True)
class PowersOfLemmas(_UpperBound):
    """X_1^k_1 X_2^k_2 ... <= Y_1^k_1 Y_2^k_2 ... for k_j >= 0, by lemmas 0 <= X_j <= Y_j.

    `factors` holds (lemma, left side, right side, k). That X_j >= 0 must show from its body.
    """

    factors: tuple[tuple[Lemma, Any, Any, Any], ...]

    def citations(self) -> tuple[str, ...]:
        """Pass the lemmas' on."""
        return tuple(x for lemma, *_ in self.factors for x in lemma.citations())

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check every lemma, the signs and the powers; multiply; compare."""
        outcome, left, right = Outcome.proved(), sp.Integer(1), sp.Integer(1)
        for lemma, small, large, power in self.factors:
            body = getattr(small, "body", small)
            if lemma.relation != "<=" or not domain.nonnegative(body):
                return Outcome.unknown(f"not an upper bound, or cannot show {small} >= 0")
            if not (power.is_real and domain.nonnegative(power)):
                return Outcome.unknown(f"cannot show {power} >= 0")
            outcome = outcome.also(lemma.check(small, large, domain))
            left, right = left * small**power, right * large**power
        return outcome.also(same(left, target, domain)).also(same(right, result, domain))


@dataclass(frozen=True)
class ExponentialAboveTangent(_UpperBound):
    """prod_j (1 - u_j)^k_j <= exp(-sum_j k_j u_j) for 0 <= u_j <= 1 and k_j >= 0; `shortfalls` holds (u_j, k_j)."""

    shortfalls: tuple[tuple[Any, Any], ...]

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the ranges; build both sides; compare."""
        product, exponent = sp.Integer(1), sp.Integer(0)
        for u, k in self.shortfalls:
            if not (domain.nonnegative(u) and domain.nonnegative(1 - u)):
                return Outcome.unknown(f"cannot show 0 <= {u} <= 1")
            if not (k.is_real and domain.nonnegative(k)):
                return Outcome.unknown(f"cannot show {k} >= 0")
            product, exponent = product * (1 - u) ** k, exponent - k * u
        outcome = same(product, target, domain)
        return outcome.also(same(sp.exp(exponent), result, domain))
