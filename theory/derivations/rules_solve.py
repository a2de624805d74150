"""Rule that solves an equation linear in its unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, occurs
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["SolveLinear"]


@dataclass(frozen=True)
class SolveLinear(Rule):
    """Solve a x = b, a > 0, for x, a symbol or an entry of an array."""

    unknown: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read the slope and the rest off; compare with the root."""
        if not isinstance(target, Equation):
            return Outcome.unknown(f"not an equation: {target}")
        x = sp.Dummy("x", real=True)
        difference = sp.expand((target.args[0] - target.args[1]).xreplace({self.unknown: x}))
        slope, rest = sp.diff(difference, x), difference.xreplace({x: sp.Integer(0)})
        name = self.unknown.base if isinstance(self.unknown, sp.Indexed) else self.unknown
        linear = not slope.has(x) and sp.expand(difference - slope * x - rest) == 0
        if not linear or occurs(name, slope, rest):
            return Outcome.unknown(f"the equation is not linear in {self.unknown} alone")
        if not domain.positive(slope):
            return Outcome.unknown(f"cannot show {slope} > 0")
        return same(-rest / slope, result, domain)
