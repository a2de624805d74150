"""Rules for sums over eigendirections: integrals by parts against a Gaussian, sums of a constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.rules_calculus import absorb, refuse_captured, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ConstantSum", "GaussianByParts"]


@dataclass(frozen=True)
class GaussianByParts(Rule):
    """int f(x) x e^(-c x^2) dx = int f'(x) e^(-c x^2) dx/(2c) over the line, f a polynomial, c > 0.

    The boundary terms f(x) e^(-c x^2) vanish at infinity.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read f and c off the integrand; differentiate f; compare."""
        variable, low, high = single_limits(target)
        if (low, high) != (-sp.oo, sp.oo) or not isinstance(target, sp.Integral):
            return Outcome.unknown("needs an integral over the line")
        factors = sp.Mul.make_args(target.function)
        (weight,) = (x for x in factors if isinstance(x, sp.exp))
        rate = sp.simplify(-weight.args[0] / variable**2)
        polynomial = sp.Mul(*(x for x in factors if x != weight)) / variable
        if not polynomial.is_polynomial(variable):
            return Outcome.unknown(f"not x e^(-c x^2) times a polynomial: {target.function}")
        if variable in rate.free_symbols or not domain.positive(rate):
            return Outcome.unknown(f"cannot show that {rate} is a rate > 0")
        integrand = sp.diff(polynomial, variable) * weight / (2 * rate)
        return same(sp.Integral(integrand, (variable, low, high)), absorb(result), domain)


@dataclass(frozen=True)
class ConstantSum(Rule):
    """A sum over i = m, ..., n of a term free of i: n - m + 1 times the term, for n >= m - 1."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Count the terms; compare."""
        index, low, high = single_limits(target)
        if not isinstance(target, sp.Sum) or not domain.nonnegative(high - low + 1):
            return Outcome.unknown("not a sum with a number of terms >= 0")
        if not (low.is_integer and high.is_integer):
            return Outcome.unknown(f"the range {low}, {high} is not of whole numbers")
        refuse_captured(index, target.function)
        return same((high - low + 1) * target.function, result, domain)
