"""Inequality rules: Jensen for moments of two orders, and enclosure on boxes covering a domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy as sp
from flint import arb

from theory.derivations.arb import enclose
from theory.derivations.domains import Domain
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome, Verdict

__all__ = ["LyapunovInequality", "UpperBoundOnBoxes"]

_DEPTH = 12


@dataclass(frozen=True)
class LyapunovInequality(Rule):
    """(E S^alpha)^(-1/alpha) <= (E S^beta)^(-1/beta) for S >= 0 and 0 < beta <= alpha.

    Jensen's inequality for x^r, r = alpha/beta >= 1: the rule checks that x^r is convex for x > 0,
    that both sides are means of powers of one S >= 0, and the order of the exponents.
    """

    cited = ("Jensen's inequality", "0 < E S^alpha < oo")

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read S, alpha and beta off both sides; check the hypotheses."""
        (larger, alpha, base), (smaller, beta, other) = _mean(target), _mean(result)
        x = sp.Dummy("x", positive=True)
        r = alpha / beta
        hypotheses = {
            "the same random variable": base == other and larger.pairs == smaller.pairs,
            "S >= 0": domain.nonnegative(base.function if isinstance(base, sp.Sum) else base),
            "beta > 0": domain.positive(beta),
            "alpha >= beta": domain.nonnegative(alpha - beta),
            "x^r convex": domain.nonnegative(sp.factor(sp.diff(x**r, x, 2) / x ** (r - 2))),
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        return Outcome.unknown(f"not shown: {failed}") if failed else Outcome.proved("hypotheses")


def _mean(expr: Any) -> tuple[Any, Any, Any]:
    """Read (E S^alpha)^(-1/alpha): the expectation, alpha and S."""
    expectation, outer = expr.as_base_exp()
    base, alpha = expectation.body.as_base_exp()
    if sp.simplify(outer * alpha) != -1:
        raise ValueError(f"not of the form (E S^alpha)^(-1/alpha): {expr}")
    return expectation, alpha, base


@dataclass(frozen=True)
class UpperBoundOnBoxes(Rule):
    """target <= result for all values in a compact box, by enclosing the difference on a cover.

    `ranges` gives (symbol, low, high); whole-number symbols run through every value, the others
    are bisected until the enclosure is non-negative.
    """

    ranges: tuple[tuple[Any, Any, Any], ...]

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def citations(self) -> tuple[str, ...]:
        """State the box: outside nothing is claimed."""
        return tuple(f"{low} <= {symbol} <= {high}" for symbol, low, high in self.ranges)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bisect the box until result - target >= 0 on every piece."""
        if not target.free_symbols | result.free_symbols <= {x[0] for x in self.ranges}:
            return Outcome.unknown("the ranges do not bound every symbol")
        if len({x[0] for x in self.ranges}) < len(self.ranges) or any(
            low > high for _, low, high in self.ranges
        ):
            return Outcome.unknown("a range is empty or given twice")
        boxes = 0
        for box in self._start():
            count = _cover(result - target, box, _DEPTH)
            if count is None:
                return Outcome.unknown(f"the difference is not shown to be >= 0 on {box}")
            boxes += count
        if boxes == 0:
            return Outcome.unknown("there is no whole number in a range")
        return Outcome(Verdict.ENCLOSED, f"difference >= 0 on {boxes} boxes covering the domain")

    def _start(self) -> Iterator[dict[Any, tuple[Any, Any]]]:
        choices = [
            [(x, (j, j)) for j in range(int(low), int(high) + 1)]
            if x.is_integer
            else [(x, (sp.Rational(low), sp.Rational(high)))]
            for x, low, high in self.ranges
        ]
        return (dict(choice) for choice in product(*choices))


def _cover(difference: Any, box: dict[Any, tuple[Any, Any]], depth: int) -> int | None:
    """Count the pieces of a cover on which the enclosure is >= 0; None if bisection fails."""
    values = {x: low if low == high else _hull(low, high) for x, (low, high) in box.items()}
    if bool(enclose(difference, values) >= 0):
        return 1
    widest = max(box, key=lambda x: box[x][1] - box[x][0])
    low, high = box[widest]
    if depth == 0 or low == high:
        return None
    middle = (low + high) / 2
    halves = [
        _cover(difference, {**box, widest: ends}, depth - 1)
        for ends in ((low, middle), (middle, high))
    ]
    return None if None in halves else sum(x for x in halves if x is not None)


def _hull(low: Any, high: Any) -> Any:
    ends = [arb(int(x.p)) / int(x.q) for x in (low, high)]
    return ends[0].union(ends[1])
