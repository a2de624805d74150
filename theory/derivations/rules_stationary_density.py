"""Rule that finds the temperature at which a flux vanishes identically."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.formal import Equation
from theory.derivations.formal_fields import Partial
from theory.derivations.identities import identical
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["StationaryTemperature"]


@dataclass(frozen=True)
class StationaryTemperature(Rule):
    """The T > 0 for which c(T) d_x(p d_x L) = 0 for all x, p = e^(a - L/T): the zero of c, increasing.

    d_x(p d_x L) = -T p'' is 0 everywhere only if p is linear, so constant, for it is > 0 on the
    whole line; but L is not constant.
    """

    unknown: Any
    cited = ("the loss is twice differentiable and not constant",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read c and p off the left side; check that c increases; put the zero in."""
        if not isinstance(target, Equation) or target.args[1] != 0:
            return Outcome.unknown(f"not an equation with 0: {target}")
        unknown = self.unknown
        factor, rest = target.args[0].as_independent(Partial, as_Add=False)
        if not self._is_gibbs(rest) or rest.args[1] in factor.free_symbols:
            return Outcome.unknown(f"{target.args[0]} is not c d_x(p d_x L) with p = e^(a - L/T)")
        if not is_smooth(factor, unknown, domain):
            return Outcome.unknown(f"cannot show {factor} to be smooth in {unknown}")
        slope = sp.simplify(sp.diff(factor, unknown))
        if not domain.positive(slope) or not domain.positive(result):
            return Outcome.unknown(f"{factor} does not increase, or {result} is not > 0")
        if unknown in result.free_symbols or not unknown.is_positive:
            return Outcome.unknown(f"the root depends on {unknown}")
        return identical(factor.subs(unknown, result), sp.Integer(0), domain)

    def _is_gibbs(self, rest: Any) -> bool:
        """Whether the rest is d_x(p d_x L), L = L(x) an unknown function, p = e^(a - L/T)."""
        if not isinstance(rest, Partial) or not rest.args[1].is_Symbol:
            return False
        flux, x = rest.args
        losses = [f for f in flux.atoms(AppliedUndef) if f.args == (x,)]
        if len(losses) != 1 or not x.is_real or x.is_nonnegative is not None or x.is_integer:
            return False
        density = flux / Partial(losses[0], x)
        if not isinstance(density, sp.exp):
            return False
        constant = sp.expand(density.args[0] + losses[0] / self.unknown)
        return bool(constant.is_real) and {x, self.unknown}.isdisjoint(constant.free_symbols)
