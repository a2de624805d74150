"""Rules on sums over all indices of products of matrix entries: multiplying out, Gaussian means, known means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.contractions import combination, expanded, wick
from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, Gaussian, occurs
from theory.derivations.formal_matrices import MeanGiven
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["KnownMeans", "MultipliedOut", "WickContraction"]


def _agree(left: Any, right: Any, found: Any) -> Outcome:
    equal = left == right
    return Outcome.proved() if equal else Outcome.unknown(f"{found} is not {left}, but {right}")


@dataclass(frozen=True)
class MultipliedOut(Rule):
    """Products and whole powers of sums over 1..size of matrix entries as one sum over all indices."""

    size: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring both sides, or the bodies of two means over the same law, to the same form."""
        if isinstance(target, Expectation) and isinstance(result, Expectation):
            if target.pairs != result.pairs:
                return Outcome.unknown("the laws are not the same")
            target, result = target.body, result.body
        if not (self.size.is_integer and domain.positive(self.size)):
            return Outcome.unknown(f"{self.size} is not a whole number > 0")
        arrays = frozenset(target.atoms(sp.IndexedBase) | result.atoms(sp.IndexedBase))
        if target.has(Expectation) or result.has(Expectation):
            return Outcome.unknown("a mean stands inside")
        left, right = (
            combination(expanded(x, arrays, self.size), self.size) for x in (target, result)
        )
        return _agree(left, right, result)


@dataclass(frozen=True)
class WickContraction(Rule):
    """E of a polynomial in the iid N(0, v) entries of a matrix, every index summed: the sum over all pairings.

    A pair W_ij W_kl gives v delta_ik delta_jl; an index that no other entry holds then counts `size` times.
    """

    size: Any
    cited = ("Isserlis' theorem (Wick's formula)",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Multiply out; contract every pairing; compare coefficient by coefficient."""
        if not isinstance(target, Expectation) or len(target.pairs) != 1:
            return Outcome.unknown(f"not a mean over one matrix: {target}")
        ((array, law),) = target.pairs
        if not isinstance(array, sp.IndexedBase) or not isinstance(law, Gaussian):
            return Outcome.unknown(f"{array} is not a matrix of normal entries")
        (variance,) = law.args
        if occurs(array, result, variance) or target.body.has(Expectation):
            return Outcome.unknown(f"{array} occurs outside the mean, or a mean stands inside")
        if not (self.size.is_integer and domain.positive(self.size)):
            return Outcome.unknown(f"{self.size} is not a whole number > 0")
        if variance.atoms(sp.Indexed) or not domain.nonnegative(variance):
            return Outcome.unknown(f"{variance} is not shown to be one number >= 0")
        arrays = frozenset(target.body.atoms(sp.IndexedBase))
        contracted = wick(expanded(target.body, arrays, self.size), array, variance)
        left = combination(contracted, self.size)
        right = combination(expanded(result, arrays, self.size), self.size)
        return _agree(left, right, result)


@dataclass(frozen=True)
class KnownMeans(Rule):
    """The mean of sum_k c_k F_k(P), with E F_k(P) = f_k known, is sum_k c_k f_k."""

    size: Any
    cited = ("the mean is linear, and the functionals are integrable",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Write the body in the functionals, each one contraction; put their means in; compare."""
        if not isinstance(target, MeanGiven) or target.body.has(Expectation):
            return Outcome.unknown(f"not a mean of functionals: {target}")
        array, means = target.args[1], {}
        for functional, mean in target.known:
            ((key, weight),) = self._combination(functional, array).items()
            if weight != 1 or key in means or occurs(array, mean):
                return Outcome.unknown(f"{functional} is not one contraction, given once")
            means[key] = mean
        if occurs(array, result) or not domain.positive(self.size):
            return Outcome.unknown(f"the result depends on {array}, or the size is not > 0")
        body = self._combination(target.body, array)
        missing = [key for key in body if key != () and key not in means]
        if missing:
            return Outcome.unknown(f"the means are not known of {missing}")
        value = sp.Add(*(weight * means.get(key, 1) for key, weight in body.items()))
        return same(value, result, domain)

    def _combination(self, expr: Any, array: Any) -> Any:
        others = expr.atoms(sp.IndexedBase) - {array}
        if others:
            raise ValueError(f"other arrays occur: {others}")
        return combination(expanded(expr, frozenset({array}), self.size), self.size)
