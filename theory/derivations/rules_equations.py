"""Rules on equations: both sides times what is not 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation
from theory.derivations.identities import same
from theory.derivations.linear_forms import linear_form
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["Rescale"]


@dataclass(frozen=True)
class Rescale(Rule):
    """The equation l = r as l' = r' with l' - r' = c (l - r), c > 0: it has the same solutions."""

    factor: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check c > 0; compare the differences of the sides."""
        if not (isinstance(target, Equation) and isinstance(result, Equation)):
            return Outcome.unknown("not two equations")
        if not domain.positive(self.factor):
            return Outcome.unknown(f"cannot show {self.factor} > 0")
        (left, right), (first, second) = target.args, result.args
        old, new = linear_form(self.factor * (left - right)), linear_form(first - second)
        return same(old, new, domain)
