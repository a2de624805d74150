"""Rules on networks as a whole: means over signals of given power, recursions over layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import occurs
from theory.derivations.formal_networks import MeanOver, Recursion
from theory.derivations.identities import same
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["BoundUnderMean", "GeometricRecursion", "MeanOfSquares"]


@dataclass(frozen=True)
class MeanOfSquares(Rule):
    """The mean of a + sum_k b_k |x_k|^2 over signals x_k of power P_k is a + sum_k b_k P_k."""

    cited = ("the mean is linear, whatever the joint law of the signals",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Name the squared norms; check that nothing else is random; put the powers in; compare."""
        if not isinstance(target, MeanOver):
            return Outcome.unknown(f"not a mean over signals: {target}")
        arrays = [array for array, _, _ in target.signals]
        if len(set(arrays)) < len(arrays):
            return Outcome.unknown(f"an array has two powers: {arrays}")
        body, powers = target.body, {}
        for array, size, power in target.signals:
            name = sp.Dummy("q", nonnegative=True)
            powers[name] = power
            body = body.xreplace(dict.fromkeys(_squared_norms(body, array, size), name))
        slopes = [sp.diff(body, name) for name in powers]
        rest = body.xreplace(dict.fromkeys(powers, sp.Integer(0)))
        linear = rest + sp.Add(*(x * name for x, name in zip(slopes, powers, strict=True)))
        if _any_occurs(arrays, body) or sp.expand(body - linear) != 0:
            return Outcome.unknown("the body is not linear in the squared norms of the signals")
        return same(body.xreplace(powers), result, domain)


def _any_occurs(arrays: list[Any], expr: Any) -> bool:
    return any(occurs(array, expr) for array in arrays)


def _squared_norms(body: Any, array: Any, size: Any) -> list[Any]:
    """Return the sums of array[j]^2 over j = 1..size in the body, whatever the name of j."""
    return [
        x
        for x in body.atoms(sp.Sum)
        if len(x.limits) == 1
        and x.function == array[x.limits[0][0]] ** 2
        and tuple(x.limits[0][1:]) == (1, size)
    ]


@dataclass(frozen=True)
class GeometricRecursion(Rule):
    """u_l = r(l) u_(l-1) from u_(a-1): u_b = u_(a-1) prod_{l=a..b} r(l), by induction."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read r off the step; build the product; compare."""
        if not isinstance(target, Recursion):
            return Outcome.unknown(f"not a recursion: {target}")
        step, start, first, last = target.args
        index, before = step.variables
        ratio = sp.diff(step.expr, before)
        if occurs(before, ratio) or sp.expand(step.expr - ratio * before) != 0:
            return Outcome.unknown(f"{step.expr} is not a factor times {before}")
        # The result's declarations are the engine's to check: the index starts at `first` there.
        whole = index.is_integer and first.is_integer and last.is_integer
        if (
            not whole
            or not domain.nonnegative(last - first + 1)
            or occurs(index, start, first, last)
        ):
            return Outcome.unknown(
                f"{first}..{last} is not a range of whole numbers, or names clash"
            )
        return same(start * sp.Product(ratio, (index, first, last)), result, domain)


@dataclass(frozen=True)
class BoundUnderMean(Rule):
    """If body <= bound for all signals, the mean of the body is <= the mean of the bound."""

    lemma: Lemma

    @property
    def relation(self) -> str:
        """The relation that the lemma concludes; a strict one is weakened."""
        return "<=" if self.lemma.relation == "<" else self.lemma.relation

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma on the bodies; the signals must be the same."""
        means = isinstance(target, MeanOver) and isinstance(result, MeanOver)
        if not means or target.signals != result.signals:
            return Outcome.unknown("needs two means over the same signals")
        if self.relation not in ("=", "<="):
            return Outcome.unknown(f"a relation {self.relation} does not carry over to the mean")
        arrays = [array for array, _, _ in target.signals]
        if any(_any_occurs(arrays, x) for x in self.lemma.held):
            return Outcome.unknown("the lemma gives a name to what is random")
        return self.lemma.check(target.body, result.body, domain)

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return ("the mean is monotone", *self.lemma.citations())
