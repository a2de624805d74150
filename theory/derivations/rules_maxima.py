"""Rule that gives a name to an expression in the arguments of a maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.rules_named import Named
from theory.derivations.verdicts import Outcome

__all__ = ["NamedInMaximum"]


@dataclass(frozen=True)
class NamedInMaximum(Named):
    """Named, argument by argument: at given numbers most arguments of a maximum do not show."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find for every argument on either side an equal one on the other."""
        if not (isinstance(target, sp.Max) and isinstance(result, sp.Max)):
            return Outcome.unknown("not two maxima")
        outcomes = [
            [super(NamedInMaximum, self).check(x, y, domain) for y in result.args]
            for x in target.args
        ]
        matched = [next((y for y in row if y.passed), None) for row in outcomes]
        back = [any(y.passed for y in column) for column in zip(*outcomes, strict=True)]
        if None in matched or not all(back):
            return Outcome.unknown("an argument has no equal one on the other side")
        total = Outcome.proved()
        for outcome in matched:
            total = total.also(outcome) if outcome else total
        return total
