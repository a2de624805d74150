"""Rules on finite sums: the binomial theorem, splitting off terms, shifting, swapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import identical, same
from theory.derivations.rules_calculus import (
    absorb,
    null_integrals,
    refuse_captured,
    single_limits,
)
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "BinomialComplement",
    "BinomialTheorem",
    "FiniteSwap",
    "ShiftIndex",
    "SplitEnds",
    "SplitSum",
]


@dataclass(frozen=True)
class BinomialTheorem(Rule):
    """(x + y)^m = sum_n C(m, n) x^n y^(m-n), m a whole number >= 0; `reverse` sums up."""

    first: Any
    second: Any
    exponent: Any
    reverse: bool = False

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Build both sides from the parameters and compare with target and result."""
        if not (self.exponent.is_integer and domain.nonnegative(self.exponent)):
            return Outcome.unknown(f"{self.exponent} is not a whole number >= 0")
        power, total = (result, target) if self.reverse else (target, result)
        index = single_limits(total)[0]
        refuse_captured(index, self.first, self.second, self.exponent)
        term = sp.binomial(self.exponent, index) * self.first**index
        expected = sp.Sum(term * self.second ** (self.exponent - index), (index, 0, self.exponent))
        compact = (self.first + self.second) ** self.exponent
        return same(compact, power, domain).also(same(expected, total, domain))


@dataclass(frozen=True)
class BinomialComplement(Rule):
    """1 - sum_n w_n f_n = sum_n w_n (1 - f_n) for the weights of the binomial law: they sum to 1."""

    trials: Any
    chance: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that both sums carry the binomial weights; compare the factors."""
        total = 1 - target
        index, low, high = single_limits(result)
        refuse_captured(index, target, self.trials, self.chance)
        if not (self.trials.is_integer and domain.nonnegative(self.trials)):
            return Outcome.unknown(f"{self.trials} is not a whole number >= 0")
        if not isinstance(total, sp.Sum) or (low, high) != (0, self.trials):
            return Outcome.unknown("needs 1 - sum over 0..m")
        weight = sp.binomial(self.trials, index) * self.chance**index
        weight *= (1 - self.chance) ** (self.trials - index)
        inside = domain.within(result.limits[0])
        old, *ends = single_limits(total)
        remainder = total.function.xreplace({old: index}) + result.function
        if tuple(ends) != (low, high):
            return Outcome.unknown("the sums have different ranges")
        return identical(remainder, weight, inside)


@dataclass(frozen=True)
class SplitEnds(Rule):
    """Split the first term, the last, or both off a sum; `reverse` joins them to it."""

    first: bool = True
    last: bool = False
    reverse: bool = False

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Split and compare; the sum needs as many terms as are split off."""
        whole, parts = (result, target) if self.reverse else (target, result)
        index, low, high = single_limits(whole)
        length = high - low + 1 - int(self.first) - int(self.last)
        if not domain.nonnegative(length):
            return Outcome.unknown("cannot show that the sum has these terms")
        inner = sp.Sum(whole.function, (index, low + int(self.first), high - int(self.last)))
        ends = [low] * self.first + [high] * self.last
        split = inner + sum(_term(whole, end) for end in ends)
        return same(split, parts, domain)


def _term(total: Any, at: Any) -> Any:
    return null_integrals(total.function.subs(total.limits[0][0], at))


@dataclass(frozen=True)
class SplitSum(Rule):
    """A sum of terms f + g is the sum of f plus the sum of g; constants may stand outside."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Move every constant inside, add the summands up again and compare."""
        parts = [absorb(x) for x in sp.Add.make_args(result)]
        if any(x.limits != target.limits for x in parts):
            return Outcome.unknown("the sums have different ranges")
        joined = sp.Sum(sp.Add(*(x.function for x in parts)), single_limits(target))
        return same(target, joined, domain)


@dataclass(frozen=True)
class ShiftIndex(Rule):
    """Replace the index n by n + shift and move the range back by shift."""

    shift: int

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Shift and compare."""
        index, low, high = single_limits(target)
        term = target.function.subs(index, index + self.shift)
        moved = sp.Sum(term, (index, low - self.shift, high - self.shift))
        return same(moved, result, domain)


@dataclass(frozen=True)
class FiniteSwap(Rule):
    """The integral of a finite sum is the sum of the integrals."""

    cited = ("every term of the sum is integrable",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Swap; constants stay in the summand; compare."""
        outer, inner = target.function.as_independent(sp.Sum, as_Add=False)
        if not isinstance(inner, sp.Sum):
            return Outcome.unknown("the integrand is not a factor times a sum")
        limits, (index, *ends) = single_limits(target), single_limits(inner)
        refuse_captured(index, target)
        for end in ends:
            refuse_captured(limits[0], end)
        weight, rest = inner.function.as_independent(limits[0], as_Add=False)
        integral = sp.Integral(rest * outer, limits)
        return same(sp.Sum(weight * integral, (index, *ends)), result, domain)
