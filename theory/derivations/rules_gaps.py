"""Inequalities with a named gap, sums of powers, the largest factor of a step, powers below exponentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import occurs
from theory.derivations.identities import same
from theory.derivations.rules_calculus import single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["FiniteGeometricSum", "LargestFactor", "PowerBelowExponential", "Raise"]


class _UpperBound(Rule):
    """An upper bound."""

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="


@dataclass(frozen=True)
class Raise(_UpperBound):
    """X <= X + gap for a gap >= 0, a parameter."""

    gap: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the sign of the gap; add it; compare."""
        if not domain.nonnegative(self.gap):
            return Outcome.unknown(f"cannot show {self.gap} >= 0")
        return same(target + self.gap, result, domain)


@dataclass(frozen=True)
class FiniteGeometricSum(Rule):
    """sum_{k=0}^{n-1} r^k = (1 - r^n)/(1 - r), n >= 0 whole, r < 1."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read r and n off the sum; compare."""
        index, low, high = single_limits(target)
        ratio = target.function.subs(index, 1)
        if not isinstance(target, sp.Sum) or low != 0 or index in ratio.free_symbols:
            return Outcome.unknown(f"not a sum of powers from 0: {target}")
        count = high + 1
        if not (count.is_integer and domain.nonnegative(count) and domain.positive(1 - ratio)):
            return Outcome.unknown(f"cannot show {count} >= 0 or {ratio} < 1")
        powers = same(target.function, ratio**index, domain)
        return powers.also(same((1 - ratio**count) / (1 - ratio), result, domain))


@dataclass(frozen=True)
class LargestFactor(_UpperBound):
    """sqrt(sum_k (1 - eta p_k)^2 c_k^2) <= 1 - eta low for a unit vector c and low <= p_k <= 1/eta."""

    eigenvalues: Any
    vector: Any
    rate: Any
    low: Any

    def citations(self) -> tuple[str, ...]:
        """State the hypotheses on the arrays."""
        p, c, rate = self.eigenvalues, self.vector, self.rate
        return (f"{self.low} <= {p}[k] <= 1/({rate})", f"sum of {c}[k]^2 = 1")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the root in the target; put the largest factor for it; compare."""
        roots = [x for x in sp.Add.make_args(target) if isinstance(x.as_base_exp()[0], sp.Sum)]
        if len(roots) != 1 or occurs(self.eigenvalues, self.low) or occurs(self.vector, self.low):
            return Outcome.unknown("needs one root of a sum over the eigenvalues")
        total, power = roots[0].as_base_exp()
        index, low, high = single_limits(total)
        factor = 1 - self.rate * self.eigenvalues[index]
        expected = sp.Sum(factor**2 * self.vector[index] ** 2, (index, low, high))
        free = not occurs(index, self.rate, self.low) and domain.positive(self.rate)
        free = free and self.vector[index].is_real
        if power != sp.Rational(1, 2) or total != expected or not free:
            return Outcome.unknown(f"not the root of {expected}")
        return same(target - roots[0] + 1 - self.rate * self.low, result, domain)


@dataclass(frozen=True)
class PowerBelowExponential(_UpperBound):
    """(1 + u)^n + r <= exp(n u) + r for u >= 0, n >= 0: the exponential lies above its tangent at 0."""

    increment: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the power in the target; check the signs; compare."""
        powers = [x for x in sp.Add.make_args(target) if x.as_base_exp()[0] == 1 + self.increment]
        if len(powers) != 1:
            return Outcome.unknown(f"needs one power of 1 + {self.increment}")
        count = powers[0].as_base_exp()[1]
        if not (count.is_real and domain.nonnegative(count) and domain.nonnegative(self.increment)):
            return Outcome.unknown(f"cannot show {count} >= 0 and {self.increment} >= 0")
        return same(target - powers[0] + sp.exp(count * self.increment), result, domain)
