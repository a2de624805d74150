"""Rules on diagonal matrices written with Kronecker's delta: sums over it, and a slope of a sum over all entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, occurs
from theory.derivations.formal_flows import EntrySlope
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["DiagonalSum", "SlopeAtDiagonal"]


def _ranges(total: Any) -> dict[Any, Any]:
    """Return index -> last value of a sum from 1 over each of its indices."""
    if not isinstance(total, sp.Sum) or any(
        low != 1 or not x.is_integer for x, low, _ in total.limits
    ):
        raise ValueError(f"not a sum over indices from 1: {total}")
    ranges = {x: high for x, _, high in total.limits}
    if len(ranges) < len(total.limits):
        raise ValueError(f"an index is summed over twice: {total}")
    return ranges


@dataclass(frozen=True)
class DiagonalSum(Rule):
    """sum_ij f(i, j) delta_ki delta_jn = f(k, n) for k, n in the ranges of i and j, all indices summed over.

    `size` is the last value of every index; that k and n lie in 1..size is checked by `given` or the domain.
    """

    size: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Put for every index what its delta says; compare."""
        left = _ranges(target)
        if set(left.values()) != {self.size} or target.has(Expectation):
            return Outcome.unknown(f"not a sum over 1..{self.size}: {target}")
        factors = list(sp.Mul.make_args(target.function))
        while left:
            delta = next((x for x in factors if _fixes(x, left)), None)
            if delta is None:
                return Outcome.unknown(f"no delta fixes any of {sorted(map(str, left))}")
            index, place = _fixes(delta, left)
            if place not in left and not self._within(place, domain):
                return Outcome.unknown(f"cannot show 1 <= {place} <= {self.size}")
            del left[index]
            factors = [x.xreplace({index: place}) for x in factors if x != delta]
        return same(sp.Mul(*factors), result, domain)

    def _within(self, place: Any, domain: Domain) -> bool:
        whole = place.is_integer and place.is_positive
        return bool(whole) and domain.implies(sp.Le(place, self.size))


def _fixes(factor: Any, left: dict[Any, Any]) -> Any:
    """Return (index, place) where a factor is the delta of an index summed over and something else."""
    if not isinstance(factor, sp.KroneckerDelta):
        return None
    one, two = factor.args
    if one in left:
        return one, two
    return (two, one) if two in left else None


@dataclass(frozen=True)
class SlopeAtDiagonal(Rule):
    """d/dW_uv of sum_kn f(W_kn, k, n) at W = diag(w): f'(w_u delta_uv, u, v), f a polynomial, u, v in 1..size."""

    size: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read f off the sum; check that only the entry of its own indices occurs; differentiate; compare."""
        if not isinstance(target, EntrySlope):
            return Outcome.unknown(f"not a slope in one entry: {target}")
        loss, array, row, column, diagonal = target.args
        factor, total = loss.as_independent(sp.Sum, as_Add=False)
        ranges, entry = list(_ranges(total)), sp.Dummy("x", real=True)
        if set(_ranges(total).values()) != {self.size} or len(ranges) != 2:
            return Outcome.unknown(f"not a sum over all entries: {total}")
        term = total.function.xreplace({array[tuple(ranges)]: entry})
        if occurs(array, term, factor) or occurs(diagonal, loss) or not term.is_polynomial(entry):
            return Outcome.unknown("other entries occur, or the terms are not polynomials")
        known = all(x.is_positive and x.is_integer for x in (row, column)) and all(
            domain.implies(sp.Le(x, self.size)) for x in (row, column)
        )
        if not known or any(occurs(x, loss) for x in (row, column)):
            return Outcome.unknown(f"cannot show {row}, {column} to lie in 1..{self.size}")
        value = diagonal[row] * sp.KroneckerDelta(row, column)
        places = dict(zip(ranges, (row, column), strict=True))
        slope = sp.diff(factor * term, entry).xreplace(places).xreplace({entry: value})
        return same(slope, result, domain)
