"""Rules that transform integrals: parts, polar-like coordinates, separation of variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.identities import identical, same
from theory.derivations.rules_calculus import absorb, refuse_captured, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["Factorise", "MellinByParts", "SumThenCone"]


@dataclass(frozen=True)
class MellinByParts(Rule):
    """Integral of u(t) t^(-p-1) over (0, oo) = (1/p) integral of u'(t) t^(-p), 0 < p < 1.

    u is smooth on [0, oo). The boundary terms u(t) t^(-p) vanish: u(0) = 0 with u'(0) finite and p < 1; u bounded at
    infinity and p > 0.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the boundary terms; differentiate u; compare."""
        variable, low, high = single_limits(target)
        power, u = _monomial(target.function, variable)
        order = -power - 1
        fault = _boundary_fault(u, variable, order, domain)
        if fault or (low, high) != (0, sp.oo):
            return Outcome.unknown(fault or "needs an integral over (0, oo)")
        integrand = sp.diff(u, variable) * variable**-order
        return same(sp.Integral(integrand / order, (variable, low, high)), absorb(result), domain)


def _monomial(function: Any, variable: Any) -> tuple[Any, Any]:
    """Write a product as variable^power times the rest: (power, rest)."""
    power, rest = sp.Integer(0), sp.Integer(1)
    for factor in sp.Mul.make_args(function):
        base, exponent = factor.as_base_exp()
        power, rest = (power + exponent, rest) if base == variable else (power, rest * factor)
    return power, rest


def _boundary_fault(u: Any, variable: Any, order: Any, domain: Domain) -> str:
    slope = sp.diff(u, variable).subs(variable, 0)
    closed = sp.Dummy("t", nonnegative=True)  # smooth at 0, too
    far = sp.limit(domain.free_form(u), variable, sp.oo)
    conditions = {
        "u(0) = 0": sp.simplify(u.subs(variable, 0)) == 0,
        "u'(0) finite": slope.is_finite is not False and not slope.has(sp.zoo, sp.nan, sp.oo),
        "u smooth": is_smooth(u.xreplace({variable: closed}), closed, domain),
        "u bounded": not far.has(sp.zoo, sp.nan, sp.oo, sp.Limit),
        "0 < p < 1": domain.positive(order) and domain.positive(1 - order),
    }
    return ", ".join(f"not shown: {what}" for what, holds in conditions.items() if not holds)


@dataclass(frozen=True)
class SumThenCone(Rule):
    """Change of variables (x, y) = (r (1-b), r b): the quadrant becomes r > 0, 0 < b < 1."""

    radius: Any
    angle: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute the Jacobian (r > 0); substitute; compare integrands and ranges."""
        (x, *x_range), (y, *y_range) = target.limits
        if [*x_range, *y_range] != [0, sp.oo, 0, sp.oo]:
            return Outcome.unknown("needs a double integral over the quadrant")
        r, b = self.radius, self.angle
        refuse_captured(r, target)
        refuse_captured(b, target)
        image = {x: r * (1 - b), y: r * b}
        jacobian = sp.Matrix(list(image.values())).jacobian([r, b]).det()
        integrand = target.function.subs(image, simultaneous=True) * sp.simplify(jacobian)
        if not (isinstance(result, sp.Integral) and _is_cone(result, r, b)):
            return Outcome.unknown(f"the range is not {r} > 0, 0 < {b} < 1")
        return identical(integrand, result.function, domain.including(sp.Lt(b, 1)))


def _is_cone(result: Any, radius: Any, angle: Any) -> bool:
    return {tuple(x) for x in result.limits} == {(radius, 0, sp.oo), (angle, 0, 1)}


@dataclass(frozen=True)
class Factorise(Rule):
    """A double integral of f(x) g(y) over a rectangle is a product of integrals."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the result's factors multiply to the integrand and share no variable."""
        factors = [x for x in sp.Mul.make_args(result) if isinstance(x, sp.Integral)]
        ranges = [tuple(single_limits(x)) for x in factors]
        if len(factors) != 2 or set(ranges) != {tuple(x) for x in target.limits}:
            return Outcome.unknown("needs one factor for each range")
        constant = result / factors[0] / factors[1]
        bound = {x[0] for x in ranges}
        shared = [
            f for f, x in zip(factors, ranges, strict=True) if f.function.has(*(bound - {x[0]}))
        ]
        if shared or constant.free_symbols & bound:
            return Outcome.unknown(f"the variables are not separated: {shared}")
        upper = [sp.Lt(x[0], x[2]) for x in ranges if x[2] != sp.oo]
        product = constant * factors[0].function * factors[1].function
        return identical(product, target.function, domain.including(*upper))
