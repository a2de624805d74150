"""Rules that evaluate integrals: a table of standard integrals, and the fundamental theorem.

A table rule reads its parameters off the integrand, checks the hypotheses of the integral, and
compares the author's result with the value it worked out from those parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.identities import identical
from theory.derivations.rules_calculus import refuse_captured, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "Antiderivative",
    "BetaIntegral",
    "EulerIntegral",
    "GammaIntegral",
    "GaussianIntegral",
    "SecondBetaIntegral",
    "Standard",
]

_HALF = sp.Rational(1, 2)


@dataclass(frozen=True)
class Standard(Rule):
    """An integral of the table: subclasses say on which range, with what value."""

    ranges: ClassVar[tuple[tuple[Any, Any], ...]]

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare the result with the table's value for the target."""
        value, fault = self.value(target, domain)
        return Outcome.unknown(fault) if fault else identical(value, result, domain)

    def value(self, target: Any, domain: Domain) -> tuple[Any, str]:
        """Return the value of the integral, and a fault if a hypothesis fails."""
        if not isinstance(target, sp.Integral) or len(target.limits) != 1:
            return sp.nan, f"not a single integral: {target}"
        variable, low, high = target.limits[0]
        if (low, high) not in self.ranges:
            return sp.nan, f"{self.name} does not cover the range ({low}, {high})"
        constant, rest = _merge(target.function).as_independent(variable, as_Add=False)
        value, hypotheses = self.entry(rest, variable, (low, high))
        refuse_captured(variable, value, *hypotheses)
        failed = [str(x) for x in hypotheses if not domain.positive(x)]
        fault = f"cannot show to be positive: {failed}" if failed else ""
        return constant * value, fault

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """Return the table's value and the expressions that must be positive."""
        raise NotImplementedError


def _merge(function: Any) -> Any:
    return sp.powsimp(sp.expand_power_base(function), combine="exp")


def _factors(rest: Any, variable: Any) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """Write the integrand as x^alpha exp(phi) times other powers: (alpha, phi, [(base, power)])."""
    alpha, phi = sp.Integer(0), sp.Integer(0)
    others: list[tuple[Any, Any]] = []
    for factor in sp.Mul.make_args(rest):
        base, power = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            phi += factor.args[0]
        elif base == variable:
            alpha += power
        else:
            others.append((base, power))
    return alpha, phi, others


def _only(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"the integrand is not of the form {what}")


@dataclass(frozen=True)
class GaussianIntegral(Standard):
    """Integral of exp(-c x^2) over the half-line or the line: sqrt(pi/c) / 2 or sqrt(pi/c), c > 0."""

    ranges = ((sp.Integer(0), sp.oo), (-sp.oo, sp.oo))

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        alpha, phi, others = _factors(rest, variable)
        c = -sp.Poly(sp.expand(phi), variable).coeff_monomial(variable**2)
        _only(alpha == 0 and not others and sp.expand(phi + c * variable**2) == 0, "exp(-c x^2)")
        return sp.sqrt(sp.pi / c) * (_HALF if ends[0] == 0 else 1), [c]


@dataclass(frozen=True)
class GammaIntegral(Standard):
    """Integral of x^(alpha-1) exp(-beta x) over (0, oo): Gamma(alpha) / beta^alpha, both > 0."""

    ranges = ((sp.Integer(0), sp.oo),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        power, phi, others = _factors(rest, variable)
        alpha, beta = power + 1, -sp.expand(phi).coeff(variable)
        _only(not others and sp.expand(phi + beta * variable) == 0, "x^(alpha-1) exp(-beta x)")
        return sp.gamma(alpha) / beta**alpha, [alpha, beta]


@dataclass(frozen=True)
class BetaIntegral(Standard):
    """Integral of x^(alpha-1) (1-x)^(beta-1) over (0, 1): the Beta function, alpha, beta > 0."""

    ranges = ((sp.Integer(0), sp.Integer(1)),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        power, phi, others = _factors(rest, variable)
        _only(phi == 0 and [base for base, _ in others] == [1 - variable], "of Beta's integral")
        alpha, beta = power + 1, others[0][1] + 1
        return sp.gamma(alpha) * sp.gamma(beta) / sp.gamma(alpha + beta), [alpha, beta]


@dataclass(frozen=True)
class SecondBetaIntegral(Standard):
    """Integral of x^(alpha-1) (1+cx)^(-alpha-beta) over (0, oo): c^-alpha B(alpha, beta), all > 0."""

    ranges = ((sp.Integer(0), sp.oo),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        power, phi, others = _factors(rest, variable)
        _only(phi == 0 and len(others) == 1, "x^(alpha-1) (1+cx)^-(alpha+beta)")
        base, total = others[0]
        c = base.coeff(variable)
        _only(sp.expand(base - 1 - c * variable) == 0, "x^(alpha-1) (1+cx)^-(alpha+beta)")
        alpha, beta = power + 1, -total - power - 1
        value = sp.gamma(alpha) * sp.gamma(beta) / sp.gamma(-total) / c**alpha
        return value, [c, alpha, beta]


@dataclass(frozen=True)
class EulerIntegral(Standard):
    """Integral of x^(b-1) (1-x)^(c-b-1) (1-zx)^(-a) over (0, 1): B(b, c-b) 2F1(a, b; c; z), z < 1."""

    ranges = ((sp.Integer(0), sp.Integer(1)),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        power, phi, others = _factors(rest, variable)
        powers = dict(others)
        minus = powers.pop(1 - variable, None)
        _only(
            phi == 0 and minus is not None and len(powers) == len(others) - 1 == 1,
            "of Euler's integral",
        )
        ((base, exponent),) = powers.items()
        z = -sp.expand(base).coeff(variable)
        _only(sp.expand(base - 1 + z * variable) == 0, "of Euler's integral")
        b, rest_power = power + 1, minus + 1
        beta = sp.gamma(b) * sp.gamma(rest_power) / sp.gamma(b + rest_power)
        hyper = sp.hyper((-exponent, b), (b + rest_power,), z)
        return beta * hyper, [b, rest_power, sp.expand(1 - z)]


@dataclass(frozen=True)
class Antiderivative(Rule):
    """Fundamental theorem of calculus on a finite interval; the antiderivative is a parameter.

    It must be smooth on the closed interval, as seen from its form: then its derivative is continuous.
    """

    antiderivative: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Differentiate the antiderivative, compare with the integrand, take the difference."""
        variable, low, high = single_limits(target)
        fault = self._fault(variable, low, high, domain)
        if fault:
            return Outcome.unknown(fault)
        derivative = sp.diff(self.antiderivative, variable)
        inside = domain.including(sp.Le(low, variable), sp.Le(variable, high))
        outcome = identical(derivative, target.function, inside)
        if not outcome.passed:
            return outcome
        value = self.antiderivative.subs(variable, high) - self.antiderivative.subs(variable, low)
        return outcome.also(identical(value, result, domain))

    def _fault(self, variable: Any, low: Any, high: Any, domain: Domain) -> str:
        """Say what is wrong with the interval, or where smoothness on it is not shown."""
        if low.is_infinite or high.is_infinite or not domain.nonnegative(high - low):
            return f"cannot show that {low} <= {high} are finite"
        # The ends belong to the interval: x > 0 declared for the integral says less than x >= 0.
        closed = sp.Dummy("x", real=True, nonnegative=low.is_nonnegative or None)
        inside = domain.including(sp.Le(low, closed), sp.Le(closed, high))
        primitive = self.antiderivative.xreplace({variable: closed})
        smooth = is_smooth(primitive, closed, inside)
        return "" if smooth else "cannot show the antiderivative to be smooth on the interval"
