"""Rules on finite sums: the binomial theorem, splitting off terms, shifting, swapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import identical, same
from theory.derivations.rules_calculus import absorb, null_integrals
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
        index = total.limits[0][0]
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
        index, low, high = result.limits[0]
        if not (self.trials.is_integer and domain.nonnegative(self.trials)):
            return Outcome.unknown(f"{self.trials} is not a whole number >= 0")
        if not isinstance(total, sp.Sum) or (low, high) != (0, self.trials):
            return Outcome.unknown("needs 1 - sum over 0..m")
        weight = sp.binomial(self.trials, index) * self.chance**index
        weight *= (1 - self.chance) ** (self.trials - index)
        inside = domain.within(result.limits[0])
        remainder = total.function.xreplace({total.limits[0][0]: index}) + result.function
        if tuple(total.limits[0][1:]) != (low, high):
            return Outcome.unknown("the sums have different ranges")
        return identical(remainder, weight, inside)


@dataclass(frozen=True)
class SplitEnds(Rule):
    """Split the first term, the last, or both off a sum; `reverse` joins them to it."""

    first: bool = True
    last: bool = False
    reverse: bool = False

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Split and compare; both ends need at least one term each (first <= last)."""
        whole, parts = (result, target) if self.reverse else (target, result)
        index, low, high = whole.limits[0]
        length = high - low + 1 - int(self.first) - int(self.last)
        if not domain.nonnegative(length + 1 if self.last and self.first else length):
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
        joined = sp.Sum(sp.Add(*(x.function for x in parts)), target.limits[0])
        return same(target, joined, domain)


@dataclass(frozen=True)
class ShiftIndex(Rule):
    """Replace the index n by n + shift and move the range back by shift."""

    shift: int

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Shift and compare."""
        index, low, high = target.limits[0]
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
        weight, rest = inner.function.as_independent(target.limits[0][0], as_Add=False)
        integral = sp.Integral(rest * outer, target.limits[0])
        return same(sp.Sum(weight * integral, inner.limits[0]), result, domain)
