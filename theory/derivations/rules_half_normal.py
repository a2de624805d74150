"""Rule for the integrals that are moments of |w|, w normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.rules_integrals import Standard

__all__ = ["HalfNormalIntegral"]


@dataclass(frozen=True)
class HalfNormalIntegral(Standard):
    """Integral of x^(alpha-1) exp(-c x^2) over (0, oo): Gamma(alpha/2)/(2 c^(alpha/2)), both > 0."""

    ranges = ((sp.Integer(0), sp.oo),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        power, rate = sp.Integer(0), sp.Integer(0)
        for factor in sp.Mul.make_args(rest):
            base, exponent = factor.as_base_exp()
            if isinstance(factor, sp.exp):
                rate -= sp.expand(factor.args[0] / variable**2)
            elif base == variable:
                power += exponent
            else:
                raise ValueError(f"{factor} is neither a power nor exp(-c {variable}^2)")
        alpha = power + 1
        return sp.gamma(alpha / 2) / (2 * rate ** (alpha / 2)), [alpha, rate]
