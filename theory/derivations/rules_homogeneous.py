"""Euler's theorem for functions homogeneous in the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain
from theory.derivations.field_calculus import depends, differentiate
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import Partial
from theory.derivations.identities import same
from theory.derivations.linear_forms import linear_form
from theory.derivations.names import bound_names, free_names
from theory.derivations.rules_calculus import single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["RadialDerivative"]


@dataclass(frozen=True)
class RadialDerivative(Rule):
    """sum_i w_i dg/dw_i = (d/dc) g(c w) at c = 1, with f(c w) = c^degree f(w), i = 1..K.

    g depends on the state through f alone; homogeneity of f is cited.
    """

    function: Any
    degree: Any
    dimension: Any

    def citations(self) -> tuple[str, ...]:
        """State the homogeneity."""
        return (
            f"{self.function}(c w) = c^{self.degree} {self.function}(w), c > 0, smooth for almost all w",
        )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read g off the target; scale the state; differentiate; compare."""
        index, low, high = single_limits(target)
        partials = [x for x in sp.Mul.make_args(target.function) if isinstance(x, Partial)]
        if (
            not isinstance(target, sp.Sum)
            or len(partials) != 1
            or (low, high) != (1, self.dimension)
        ):
            return Outcome.unknown(f"not a sum of w_i dg/dw_i over 1..{self.dimension}")
        g, entry = partials[0].args
        if target.function / partials[0] != entry or entry != Coordinate(entry.args[0], index):
            return Outcome.unknown(f"not w_{index} times the derivative in w_{index}")
        names = free_names(self.degree)
        if entry.args[0] in names or names & bound_names(g) or depends(g, index):
            return Outcome.unknown(f"the degree is not a constant, or {g} depends on {index}")
        if any(not self._is_plain(x, entry.args[0]) for x in g.atoms(AppliedUndef)):
            return Outcome.unknown(f"a value of {self.function} is not at the state alone")
        c = sp.Dummy("c", positive=True)
        scaled = g.replace(self._is_value, lambda x: c**self.degree * x)
        others = g.replace(self._is_value, lambda x: sp.Integer(1))
        if depends(others, entry):
            return Outcome.unknown(
                f"{g} depends on the state otherwise than through {self.function}"
            )
        slope = differentiate(scaled, c, self.dimension).xreplace({c: sp.Integer(1)})
        return same(linear_form(slope), linear_form(result), domain)

    def _is_plain(self, value: Any, state: Any) -> bool:
        """Whether a value of the function is one at the state, the other arguments free of it."""
        others = [x for x in value.args if x != state]
        plain = len(others) == len(value.args) - 1 and not any(depends(x, state) for x in others)
        return plain or not self._is_value(value)

    def _is_value(self, expr: Any) -> bool:
        return isinstance(expr, AppliedUndef) and expr.func == self.function
