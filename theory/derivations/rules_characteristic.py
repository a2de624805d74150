"""Rules on powers of complex order: the characteristic function of the logarithm of Q >= 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.atoms import limit_at_infinity
from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, occurs
from theory.derivations.formal_tails import ImaginaryPart, Indicator, PositivePower, Survives
from theory.derivations.identities import same
from theory.derivations.rules_calculus import refuse_captured, single_limits
from theory.derivations.rules_integrals import GammaIntegral
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "ComplexGammaIntegral",
    "DerivativeOfTransform",
    "EqualOnHalfLine",
    "Fubini",
    "GilPelaez",
    "LimitOfTransform",
    "OnInterior",
    "PositiveTogether",
    "is_imaginary",
]


def is_imaginary(order: Any) -> bool:
    """Whether x^order has absolute value 1 for every x > 0: order = i times a real number.

    Examples
    --------
    >>> w = sp.Symbol("w", real=True)
    >>> is_imaginary(sp.I * w / 2), is_imaginary(1 + sp.I * w)
    (True, False)
    """
    return sp.expand(-sp.I * order).is_real is True


@dataclass(frozen=True)
class ComplexGammaIntegral(GammaIntegral):
    """Integral of x^(alpha-1) exp(-beta x) over (0, oo): Gamma(alpha) / beta^alpha, Re alpha, beta > 0."""

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """As for a real order; the condition is on the real part."""
        value, (alpha, beta) = super().entry(rest, variable, ends)
        return value, [sp.re(alpha), beta]


@dataclass(frozen=True)
class EqualOnHalfLine(Rule):
    """Equality of functions of an atom >= 0, checked for atom > 0 and for atom = 0."""

    atom: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Replace the atom by a positive variable and by 0; compare."""
        if not domain.nonnegative(self.atom):
            return Outcome.unknown(f"cannot show {self.atom} >= 0")
        outcome = Outcome.proved()
        for value in (sp.Dummy("x", positive=True), sp.Integer(0)):
            left, right = (side.xreplace({self.atom: value}) for side in (target, result))
            if left.has(sp.nan, sp.zoo) or right.has(sp.nan, sp.zoo):
                return Outcome.unknown(f"not defined at {self.atom} = {value}")
            outcome = outcome.also(same(left, right, domain))
        return outcome


@dataclass(frozen=True)
class PositiveTogether(Rule):
    """The indicator of f > 0 is that of the atom > 0: f > 0 for atom > 0 and f = 0 for atom = 0."""

    atom: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Evaluate f for a positive atom and for 0; compare with the indicator of the atom."""
        if not isinstance(target, Survives) or not domain.nonnegative(self.atom):
            return Outcome.unknown(f"not the indicator of f > 0, {self.atom} >= 0")
        inside = target.args[0].xreplace({self.atom: sp.Dummy("x", positive=True)})
        zero = target.args[0].xreplace({self.atom: sp.Integer(0)})
        if not domain.positive(inside) or zero != 0:
            return Outcome.unknown(f"{target.args[0]} is not positive together with {self.atom}")
        return same(Survives(self.atom), result, domain)


@dataclass(frozen=True)
class OnInterior(Rule):
    """Integral over (0, oo) in a variable >= 0 = the same in a variable > 0: the end is a null set."""

    positive: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Rename the variable; compare."""
        variable, low, high = single_limits(target)
        refuse_captured(self.positive, target)
        if not (self.positive.is_positive and variable.is_nonnegative and low == 0):
            return Outcome.unknown("needs a range from 0, variables >= 0 and > 0")
        inner = target.function.xreplace({variable: self.positive})
        return same(sp.Integral(inner, (self.positive, low, high)), result, domain)


def _of_transform(target: Any) -> tuple[Any, Any, Any]:
    """Return variable, Laplace variable and transform of an expectation over one law by transform."""
    ((variable, law),) = target.pairs
    if not isinstance(law, ByTransform):
        raise ValueError(f"the law is not given by its Laplace transform: {law}")
    (argument,) = law.args[0].variables
    return variable, argument, law.args[0].expr


@dataclass(frozen=True)
class Fubini(Rule):
    """E of an integral over (0, oo) = integral of E, for t^(ir) g(t, Q) with g >= 0 of bounded integral.

    Checked: g is a Gamma integrand in t for Q > 0 whose value does not depend on Q, and 0 for Q = 0.
    So E of the integral of the absolute value is finite.
    """

    cited = ("Fubini's theorem",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bound the integral of the absolute value; swap; compare."""
        constant, inner = target.body.as_independent(sp.Integral, as_Add=False)
        ((variable, _),) = target.pairs
        if not isinstance(inner, sp.Integral) or occurs(variable, constant):
            return Outcome.unknown("the body is not a constant times an integral")
        at, low, high = single_limits(inner)
        if (low, high) != (0, sp.oo) or not at.is_positive or not variable.is_nonnegative:
            return Outcome.unknown("needs a range (0, oo), and a variable >= 0")
        refuse_captured(at, constant, *(law for _, law in target.pairs))
        fault = _integrable_fault(inner, at, variable, domain)
        if fault:
            return Outcome.unknown(fault)
        swapped = sp.Integral(Expectation(inner.function, *target.pairs), inner.limits[0])
        return same(constant * swapped, result, domain)


def _integrable_fault(inner: Any, at: Any, variable: Any, domain: Domain) -> str:
    """Say why the integral of the absolute value is not shown to be bounded in the variable."""
    size = sp.Integer(1)
    for factor in sp.Mul.make_args(inner.function):
        base, order = factor.as_base_exp()
        unimodular = base == at and is_imaginary(order)
        size *= sp.Integer(1) if unimodular else factor
    positive = sp.Dummy("y", positive=True)
    bound, fault = GammaIntegral().value(
        sp.Integral(size.xreplace({variable: positive}), *inner.limits), domain
    )
    if fault or sp.simplify(bound).has(positive, sp.I):
        return fault or f"the integral of {size} is not bounded in {variable}"
    if not domain.nonnegative(size) or size.subs(variable, 0) != 0:
        return f"cannot show {size} >= 0, and 0 at {variable} = 0"
    return ""


@dataclass(frozen=True)
class DerivativeOfTransform(Rule):
    """E[Q exp(-t Q)] = -T'(t) for t > 0, T the Laplace transform of Q."""

    cited = (
        "a Laplace transform is differentiated under the expectation (Feller, vol. II, XIII.2)",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read t and constant factors off the body; differentiate; compare."""
        variable, argument, transform = _of_transform(target)
        constant, rest = target.body.as_independent(variable, as_Add=False)
        exponent = next(iter(rest.atoms(sp.exp)), sp.Integer(0)).args[0]
        at = -exponent.coeff(variable)
        if rest != variable * sp.exp(-at * variable) or occurs(variable, at):
            return Outcome.unknown("the body is not c Q exp(-t Q)")
        if not domain.positive(at):
            return Outcome.unknown(f"cannot show {at} > 0")
        base, power = transform.as_base_exp()
        if power.has(argument):
            return Outcome.unknown(f"the power {power} depends on {argument}")
        slope = power * base ** (power - 1) * -sp.diff(base, argument)
        return same(constant * slope.subs(argument, at), result, domain)


@dataclass(frozen=True)
class LimitOfTransform(Rule):
    """P(Q > 0) = 1 - T(oo), T the Laplace transform of Q."""

    cited = ("P(Q = 0) is the limit of E exp(-t Q), by dominated convergence",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Take the limit; compare."""
        variable, argument, transform = _of_transform(target)
        if target.body != Survives(variable):
            return Outcome.unknown("the body is not the indicator of Q > 0")
        limit = limit_at_infinity(transform, argument, domain)
        if limit is None:
            return Outcome.unknown(f"no limit for {transform}")
        return same(1 - limit, result, domain)


@dataclass(frozen=True)
class GilPelaez(Rule):
    """P(V <= y) = 1 - P(V > 0)/2 - (1/pi) int_0^oo Im(y^(-iw) E[V^(iw); V > 0]) dw/w for V >= 0, y > 0.

    Gil-Pelaez' formula for the law of log V given V > 0, times P(V > 0), plus P(V = 0).
    """

    frequency: Any
    cited = (
        "Gil-Pelaez' inversion formula (Biometrika 38, 1951); the integral is a limit at both ends",
        "the law of log V given V > 0 has no atoms",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read V and y off the indicator; build the formula; compare."""
        if not isinstance(target.body, Indicator):
            return Outcome.unknown("the body is not an indicator")
        value, level = target.body.args
        w = self.frequency
        if occurs(w, target) or not (w.is_real and w.is_nonnegative is None):
            return Outcome.unknown(f"{w} must be a new real name")
        if any(occurs(x, level) for x in target.variables):
            return Outcome.unknown(f"{level} is random")
        if not (domain.nonnegative(value) and domain.positive(level)):
            return Outcome.unknown(f"needs {value} >= 0 and {level} > 0")
        transform = Expectation(PositivePower(value, sp.I * w), *target.pairs)
        alive = Expectation(Survives(value), *target.pairs)
        wave = ImaginaryPart(level ** (-sp.I * w) * transform) / w
        formula = 1 - alive / 2 - sp.Integral(wave, (w, 0, sp.oo)) / sp.pi
        return same(formula, result, domain)
