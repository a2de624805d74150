"""The Cauchy-Schwarz inequality for finite sums, under a function that does not decrease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.rules_calculus import refuse_captured, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["CauchySchwarz"]


@dataclass(frozen=True)
class CauchySchwarz(Rule):
    """f((sum_i x_i y_i)^2) <= f(sum_i x_i^2 sum_i y_i^2) for f(u) = k u^r, k >= 0, r >= 0.

    `first`, `second` are the terms x_i, y_i, real; `limits` the range of i, `function` the Lambda of f.
    """

    first: Any
    second: Any
    limits: tuple[Any, Any, Any]
    function: Any
    cited = ("the Cauchy-Schwarz inequality",)

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that f increases; build both sides; compare."""
        (u,) = self.function.variables
        factor, power = self.function.expr.as_independent(u, as_Add=False)
        base, exponent = power.as_base_exp()
        increasing = base == u and domain.positive(exponent) and domain.nonnegative(factor)
        if not increasing or exponent.has(u) or not u.is_positive:
            return Outcome.unknown(f"cannot show that {self.function} increases where it is > 0")
        real = self.first.is_real and self.second.is_real
        index, low, high = sp.Tuple(*self.limits)
        if not real or not (high.is_finite and low.is_finite):
            return Outcome.unknown("the terms are not real, or not finitely many")
        refuse_captured(index, factor, exponent)
        product, *squares = (
            _total(x, self.limits)
            for x in (self.first * self.second, self.first**2, self.second**2)
        )
        sides = self.function(product**2), self.function(squares[0] * squares[1])
        return same(sides[0], target, domain).also(same(sides[1], result, domain))


def _total(term: Any, limits: Any) -> Any:
    """Return the sum of a term; a constant one is evaluated."""
    total = sp.Sum(term, limits)
    single_limits(total)
    return total if term.has(limits[0]) else total.doit()
