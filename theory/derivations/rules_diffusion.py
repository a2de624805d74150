"""Rules on means under the density of a linear diffusion: by parts, at rest, and over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.diffusions import Diffusion
from theory.derivations.domains import Domain
from theory.derivations.formal import Equation
from theory.derivations.identities import same
from theory.derivations.rules_lemma import verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = ["MomentOverTime", "OntoDensity", "StationaryMoment"]

_DECAY = "the density and its derivatives fall faster than every power at infinity"


@dataclass(frozen=True)
class OntoDensity(Rule):
    """Integral over the space of sum_k c_k d^k p = integral of sum_k (-1)^|k| (d^k c_k) p.

    The c_k are polynomials in the coordinates, so that the boundary terms vanish.
    """

    density: Any
    cited = (_DECAY,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Differentiate every coefficient; compare."""
        if not (isinstance(target, sp.Integral) and isinstance(result, sp.Integral)):
            return Outcome.unknown("not integrals")
        undefined = isinstance(self.density, AppliedUndef)
        if not undefined or result.limits != target.limits or not _is_space(target, self.density):
            return Outcome.unknown("the ranges are not the whole space of an unknown density")
        variables = [x[0] for x in target.limits]
        moved = sum(
            _adjoint(term, self.density, variables)
            for term in sp.Add.make_args(sp.expand(target.function.doit()))
        )
        name = sp.Dummy("p", real=True)
        factor, other = (
            sp.expand(x.xreplace({self.density: name}))
            for x in (moved * self.density, result.function)
        )
        if _has_density(factor, self.density) or _has_density(other, self.density):
            return Outcome.unknown("the density occurs at another point")
        return same(factor, other, domain)


def _is_space(integral: Any, density: Any) -> bool:
    """Whether an integral runs over the real line in every variable, each one argument of the density."""
    return all(
        tuple(ends) == (-sp.oo, sp.oo)
        and x.is_nonnegative is None
        and [y for y in density.args if y.has(x)] == [x]
        for x, *ends in integral.limits
    )


def _has_density(expr: Any, density: Any) -> bool:
    return any(x.func == density.func for x in expr.atoms(AppliedUndef))


def _adjoint(term: Any, density: Any, variables: list[Any]) -> Any:
    """Return (-1)^|k| d^k c for a term c d^k p, c a polynomial."""
    held = [x for x in sp.Mul.make_args(term) if _has_density(x, density)]
    if len(held) != 1:
        raise ValueError(f"not linear in the density: {term}")
    (factor,) = held
    orders = factor.variable_count if isinstance(factor, sp.Derivative) else ()
    inner = factor.expr if isinstance(factor, sp.Derivative) else factor
    coefficient = term / factor
    if inner != density or any(x not in variables for x, _ in orders):
        raise ValueError(f"not a derivative of {density} in the coordinates: {factor}")
    if not coefficient.is_polynomial(*variables) or coefficient.has(sp.Integral, sp.Sum):
        raise ValueError(f"not a polynomial: {coefficient}")
    for x, order in orders:
        coefficient = (-1) ** order * sp.diff(coefficient, x, order)
    return coefficient


def _affine(weight: Any, function: Any, variables: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return (k0, k1) with weight = k0 + k1 function, both free of the variables."""
    powers = [sp.Poly(x, *variables).as_dict() for x in (weight, function)]
    monomial = next(key for key in powers[1] if any(key))
    k1 = powers[0].get(monomial, sp.Integer(0)) / powers[1][monomial]
    k0 = sp.expand(weight - k1 * function)
    if k0.has(*variables) or sp.sympify(k1).has(*variables):
        raise ValueError(f"{weight} is not a constant plus a multiple of {function}")
    return k0, k1


@dataclass(frozen=True)
class _FromLemma(Rule):
    """A moment from a lemma that moves the Fokker-Planck operator onto it, of one process."""

    process: Diffusion
    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        cited = (theorem for step in self.lemma.steps for theorem in step.rule.citations())
        return (*self.cited, *self.lemma.notes, *cited)

    def _moment(self, target: Any, domain: Domain) -> tuple[Any, str]:
        """Return the function f whose mean the target is, and a fault if process or lemma are not of use."""
        fault = self.process.fault(domain)
        f = sp.simplify(target.function / self.process.density)
        if target != self.process.mean(f) or not f.is_polynomial(*self.process.variables):
            return f, "the target is not the mean of a polynomial under the density"
        if not f.has(*self.process.variables) or _has_density(f, self.process.density):
            return f, "the mean of a constant, or of the density"
        if self.lemma.relation != "=" or not isinstance(self.lemma.conclusion, Equation):
            return f, "the lemma does not conclude an equation"
        missing = [x for x in self.lemma.constraints if not domain.implies(x)]
        return f, fault or (f"constraints of the lemma not met: {missing}" if missing else "")

    def _weights(self, f: Any, integral: Any) -> tuple[Any, Any]:
        """Return (k0, k1): the lemma's integral is of k0 + k1 f against the density."""
        weight = sp.expand(sp.simplify(integral.function / self.process.density))
        whole = isinstance(integral, sp.Integral) and integral.limits == self.process.mean(f).limits
        if not whole or _has_density(weight, self.process.density):
            raise ValueError("the lemma does not conclude a mean under the density")
        return _affine(weight, f, self.process.variables)


@dataclass(frozen=True)
class StationaryMoment(_FromLemma):
    """E f = -k0/k1 under a stationary density, where the lemma moves the operator onto k0 + k1 f.

    The lemma starts from: integral of f times the Fokker-Planck operator = 0.
    """

    cited = ("p_ss is a probability density that solves the stationary Fokker-Planck equation",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma's start; read k0 and k1 off its conclusion; compare."""
        f, fault = self._moment(target, domain)
        if self.process.time is not None:
            return Outcome.unknown("the process is not at rest")
        if fault or self.lemma.definition != Equation(self.process.tested(f), sp.Integer(0)):
            return Outcome.unknown(fault or "the lemma does not start from this process and moment")
        left, right = self.lemma.conclusion.args
        k0, k1 = self._weights(f, left)
        if right != 0 or not domain.positive(-k1):
            return Outcome.unknown(f"cannot show that the moment relaxes: rate {-k1}")
        report = verified(self.lemma)
        outcome = Outcome(report.verdict, f"lemma {self.lemma.id}: {report.verdict}")
        return outcome.also(same(-k0 / k1, result, domain))


@dataclass(frozen=True)
class MomentOverTime(_FromLemma):
    """E f at time t from d/dt E f = k0 + k1 E f: -k0/k1 + (E_0 f + k0/k1) exp(k1 t), k1 not 0.

    The lemma starts from: d/dt E f = integral of f times the Fokker-Planck operator. The process starts
    from N(mean, variance), one coordinate.
    """

    cited = (
        "p is the probability density that solves the Fokker-Planck equation from p_0",
        "a linear differential equation has one solution for each initial value",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma's start; solve the equation it concludes; compare."""
        f, fault = self._moment(target, domain)
        if self.process.time is None or len(self.process.variables) != 1:
            return Outcome.unknown("the process has no time, or several coordinates")
        time = self.process.time
        derivative = sp.Derivative(target, time)
        if fault or self.lemma.definition != Equation(derivative, self.process.tested(f)):
            return Outcome.unknown(fault or "the lemma does not start from this process and moment")
        left, right = self.lemma.conclusion.args
        k0, k1 = self._weights(f, right)
        if left != derivative or not domain.positive(-k1):
            return Outcome.unknown(f"cannot show that the moment relaxes: rate {-k1}")
        if any(x.has(time) for x in (f, k0, k1)):
            return Outcome.unknown("the function or the coefficients depend on time")
        limit = -k0 / k1
        start = _initial_moment(f, *self.process.variables, *self.process.start)
        report = verified(self.lemma)
        outcome = Outcome(report.verdict, f"lemma {self.lemma.id}: {report.verdict}")
        value = limit + (start - limit) * sp.exp(k1 * time)
        return outcome.also(same(value, result, domain))


def _initial_moment(f: Any, w: Any, mean: Any, variance: Any) -> Any:
    """Return E f(w), w ~ N(mean, variance), f a polynomial of degree at most 2."""
    if sp.degree(f, w) > 2:
        raise ValueError(f"not a polynomial of degree at most 2: {f}")
    curvature = sp.diff(f, w, 2)
    return f.subs(w, mean) + curvature * variance / 2
