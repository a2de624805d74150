"""Rules for expansions in 1/width of the mean logarithm of a sum, given that it is > 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from theory.derivations.arb import enclose
from theory.derivations.domains import Domain
from theory.derivations.formal import ByCumulants, Expectation, falls_with_width, occurs
from theory.derivations.formal_limits import given_positive, split_where_positive
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome, Verdict

__all__ = ["LogarithmTaylor", "StandardiseLogarithm"]

_CELLS = 16


def _mean_logarithm(target: Any) -> tuple[Any, Any, Any]:
    """Find E[log S | S > 0]: the expectation E[log S; S > 0], S, and the target as a Lambda of the mean."""
    (mean,) = (x for x in target.atoms(Expectation) if x.body.has(sp.log))
    value, size = split_where_positive(mean.body)
    chance = mean / given_positive(value, size, *mean.pairs)
    y, share = sp.Dummy("y", real=True), sp.Dummy("P", positive=True)
    named = sp.powsimp(target.xreplace({mean: y * share, chance: share}))
    if value != sp.log(size) or named.has(share, Expectation):
        raise ValueError(f"not a function of E[log S | S > 0]: {target}")
    return mean, size, sp.Lambda(y, named)


@dataclass(frozen=True)
class StandardiseLogarithm(Rule):
    """S = sum of d iid terms of mean m: E[log S | S > 0] = log(m d) + E[log(1+X) | 1+X > 0].

    X = (S - m d)/(m d); cumulants add up over independent terms and scale by the factor's power.
    """

    variable: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Build the law of X from the law of one term; compare."""
        mean, total, function = _mean_logarithm(target)
        ((array, law),) = mean.pairs
        if not isinstance(total, sp.Sum) or not isinstance(law, ByCumulants):
            return Outcome.unknown("needs a sum of terms with a law by cumulants")
        if not self.variable.is_real or occurs(self.variable, target):
            return Outcome.unknown(f"{self.variable} must be a new real variable")
        ((index, low, width),) = total.limits
        centre = law.args[0] * width
        counted = width.is_integer and domain.positive(width) and not occurs(array, width)
        if total.function != array[index] or low != 1 or not (counted and domain.positive(centre)):
            return Outcome.unknown("not a sum from 1 of iid terms of positive mean")
        scaled = [width * x / centre**j for j, x in enumerate(law.args[1:], start=2)]
        pair = (self.variable, ByCumulants(sp.Integer(0), *scaled))
        size = 1 + self.variable
        standard = given_positive(sp.log(size), size, pair)
        return same(function(sp.log(centre) + standard), result, domain)


@dataclass(frozen=True)
class LogarithmTaylor(Rule):
    """Replace E[log(1+X) | 1+X > 0] by E of the Taylor polynomial of a given degree.

    Checked: the coefficients, and |remainder| <= bound |x|^(degree+1) for |x| <= 1/2, on boxes that
    cover this interval. With degree 2m - 1 the remainder is O(d^-m); the target must be c exp(r y),
    r fixed, of the mean y, so that this is its relative error.
    """

    variable: Any
    degree: int
    bound: int
    cited = (
        "E|X|^(2m) = O(d^-m) and P(|X| > 1/2) = O(d^-m) for every m, as phi(z)^2 has all moments",
        "E[log(1+X)^2 | X > -1] = O(log(d)^2), P(X = -1) = O(d^-m) for every m",
    )

    @property
    def relation(self) -> str:
        """Equality up to the remainder."""
        return "~"

    @property
    def error_order(self) -> int:
        """Order m = (degree + 1)/2: X has E |X|^(2m) = O(d^-m)."""
        return (self.degree + 1) // 2

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute the polynomial and bound the remainder; compare."""
        mean, size, function = _mean_logarithm(target)
        ((variable, law),) = mean.pairs
        x = self.variable
        if size != 1 + x or variable != x or not falls_with_width(law):
            return Outcome.unknown(f"not E[log(1 + {x}) | {x} > -1], {x} a centred mean")
        y = function.variables[0]
        rate = sp.simplify(sp.diff(function.expr, y) / function.expr)
        if self.degree % 2 == 0 or rate.has(y) or rate.free_symbols & law.free_symbols:
            return Outcome.unknown("needs an odd degree and exp of a fixed multiple of the mean")
        terms = [(-1) ** (j + 1) * x**j / sp.Integer(j) for j in range(1, self.degree + 1)]
        taylor = Expectation(sp.Add(*terms), *mean.pairs)
        return same(function(taylor), result, domain).also(self._remainder())

    def _remainder(self) -> Outcome:
        """Enclose Lagrange's form of the remainder on every box of the cover."""
        x, order = sp.Dummy("x"), self.degree + 1
        lagrange = sp.diff(sp.log(1 + x), x, order) / sp.factorial(order)
        half = 1 / (2 * _CELLS)
        for j in range(_CELLS):
            box = arb(-0.5 + (2 * j + 1) * half, half)
            if not bool(abs(enclose(lagrange, {x: box})) <= self.bound):
                return Outcome.unknown(f"remainder not bounded by {self.bound} on {box}")
        detail = f"remainder <= {self.bound} |x|^{order} on {_CELLS} boxes"
        return Outcome(Verdict.ENCLOSED, detail)
