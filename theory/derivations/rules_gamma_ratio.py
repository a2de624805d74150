"""Rule that bounds a quotient of Gamma functions on a half line, by the recurrence x -> x + 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["BelowByRecurrence"]


@dataclass(frozen=True)
class BelowByRecurrence(Rule):
    """f(x) <= g(x) for all x >= x0, f a quotient of Gamma functions: f/g does not fall from x to x + 1, and tends to 1.

    So log f(x)/g(x) <= log f(x+n)/g(x+n) -> 0 as n grows. By the recurrence of Gamma, f(x+1)/f(x) is rational in x;
    it must be >= g(x+1)/g(x), both > 0.
    """

    bound: Any
    cited = ("Gamma(x + b)/Gamma(x + c) ~ x^(b - c) as x -> oo (DLMF 5.11.12)",)

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the range, both growths and the limit; compare the result with the bound."""
        (x,), value = self.bound.variables, self.bound.expr
        fault = _range_fault(x, domain)
        if fault or {x} != target.free_symbols or {x} != value.free_symbols:
            return Outcome.unknown(fault or f"the sides hold other symbols than {x}")
        constant, shifts = _gamma_factors(target, x)
        if not all(domain.positive(x + b) for b in shifts) or not constant.is_positive:
            return Outcome.unknown("cannot show the quotient to be > 0")
        growth = sp.Mul(*((x + b) ** k for b, k in shifts.items()))
        other = value.subs(x, x + 1) / value
        gap = sp.factor(sp.together(sp.expand_power_base(growth**2) - sp.simplify(other**2)))
        grows = gap.is_rational_function(x) and domain.nonnegative(gap)
        if not (domain.positive(value) and grows):
            return Outcome.unknown(f"cannot show the bound to be > 0, or {gap} >= 0")
        power = sp.Add(*(b * k for b, k in shifts.items()))
        if sum(shifts.values()) != 0 or sp.limit(value / (constant * x**power), x, sp.oo) != 1:
            return Outcome.unknown("the quotient of the two sides does not tend to 1")
        return same(value, result, domain)


def _range_fault(x: Any, domain: Domain) -> str:
    """Say why x does not run through all reals from some point on: x + 1 must be in the domain with x."""
    if not (x.is_Symbol and x.is_positive) or x.is_integer is not None:
        return f"{x} does not run through reals > 0"
    about = [c for c in domain.constraints if x in c.free_symbols]
    below = all(c.gts == x and c.lts.is_number for c in about)
    return "" if below else f"{x} is bounded above, or by another symbol: {about}"


def _gamma_factors(expr: Any, x: Any) -> tuple[Any, dict[Any, Any]]:
    """Read c and {b: k} off c prod_b Gamma(x + b)^k, k whole."""
    constant, rest = expr.as_independent(x, as_Add=False)
    shifts: dict[Any, Any] = {}
    for factor in sp.Mul.make_args(rest):
        base, power = factor.as_base_exp()
        shift = base.args[0] - x if isinstance(base, sp.gamma) else sp.nan
        if not (shift.is_Rational and power.is_Integer):
            raise ValueError(f"{factor} is not a whole power of Gamma({x} + b)")
        shifts[shift] = shifts.get(shift, sp.Integer(0)) + power
    return constant, shifts
