"""Rule for limits of sums of terms c x^a (log x)^b at 0 and at infinity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import identical
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["LogPowerLimit"]


@dataclass(frozen=True)
class LogPowerLimit(Rule):
    """Limit, as x > 0 tends to 0 or to infinity, of a sum of terms c x^a (log x)^b, a and b rational.

    Powers of x outweigh those of log x: at infinity a term tends to 0 for a < 0, and for a = 0 > b;
    it stays c for a = b = 0. At 0 the sign of a is the other one. Any other term is refused.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Expand; take the limit of each term; compare."""
        if not isinstance(target, sp.Limit):
            return Outcome.unknown(f"not a limit: {target}")
        expr, variable, point, side = target.args
        if not variable.is_Symbol or not variable.is_positive or variable.is_integer:
            return Outcome.unknown(f"{variable} does not run through reals > 0")
        if (point, str(side)) not in ((0, "+"), (sp.oo, "-")):
            return Outcome.unknown(f"{variable} tends neither to 0 from the right nor to infinity")
        outward = 1 if point == sp.oo else -1
        total = sp.Integer(0)
        for term in sp.Add.make_args(sp.expand(sp.expand_log(expr))):
            constant, rest = term.as_independent(variable, as_Add=False)
            power, log_power = _orders(rest, variable)
            if outward * power > 0 or (power == 0 and log_power > 0):
                return Outcome.unknown(f"{term} has no finite limit")
            total += constant if power == 0 == log_power else 0
        return identical(total, result, domain)


def _orders(rest: Any, variable: Any) -> tuple[Any, Any]:
    """Read (a, b) off x^a (log x)^b."""
    orders = {variable: sp.Integer(0), sp.log(variable): sp.Integer(0)}
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if factor == 1:
            continue
        if base not in orders or not exponent.is_Rational:
            raise ValueError(f"{factor} is not a rational power of {variable} or of its logarithm")
        orders[base] += exponent
    return orders[variable], orders[sp.log(variable)]
