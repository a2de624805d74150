"""A rule applied with a part of the expressions held as an unknown positive number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import occurs
from theory.derivations.names import bound_names, free_names
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["WithNamed"]


@dataclass(frozen=True)
class WithNamed(Rule):
    """Apply a rule with a part > 0 under a name on both sides: what holds for every value holds for this one.

    `called` is a new symbol > 0 in which the parameters of the rule may be written.
    """

    rule: Rule
    part: Any
    called: Any

    def citations(self) -> tuple[str, ...]:
        """Pass the rule's on."""
        return self.rule.citations()

    @property
    def held(self) -> tuple[Any, ...]:
        """What the rule holds."""
        return self.rule.held

    @property
    def introduced(self) -> tuple[Any, ...]:
        """What the rule introduces."""
        return self.rule.introduced

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Show the part to be > 0 and free of bound names; name it; ask the rule."""
        sides = target, result
        if self.rule.relation != "=":
            return Outcome.unknown("only equalities hold for every value")
        plain = self.called.is_Symbol and self.called.is_positive and not self.called.is_integer
        limited = any(self.called in x.free_symbols for x in domain.constraints)
        if not plain or limited or any(occurs(self.called, x) for x in (*sides, self.part)):
            return Outcome.unknown(f"{self.called} is not a new name for any number > 0")
        if not domain.positive(self.part) or not _bound(*sides).isdisjoint(free_names(self.part)):
            return Outcome.unknown(f"cannot show {self.part} > 0, or it holds a bound name")
        left, right = (x.xreplace({self.part: self.called}) for x in sides)
        return self.rule.check(left, right, domain)


def _bound(*exprs: Any) -> frozenset[Any]:
    """Return every name that anything in the expressions binds, functions included."""
    functions = (x for expr in exprs for x in expr.atoms(sp.Lambda))
    return frozenset().union(*map(bound_names, exprs), *(x.variables for x in functions))
