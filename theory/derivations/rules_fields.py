"""Rules on means and integrals over R^K: linearity, derivatives under the integral, parts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain
from theory.derivations.ensembles import STATE, gibbs, hides, squared_norm
from theory.derivations.field_calculus import (
    depends,
    differentiate,
    evaluate_partials,
    is_smooth_field,
)
from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import OverSpace, Partial, is_joint, over_space
from theory.derivations.identities import same
from theory.derivations.linear_forms import as_integrals, linear_form, pulled_out, unfolded
from theory.derivations.names import free_names
from theory.derivations.rules_calculus import single_limits
from theory.derivations.state_densities import density_fault, is_density
from theory.derivations.steps import Rule
from theory.derivations.symbols_kl_bound import tau
from theory.derivations.verdicts import Outcome

__all__ = [
    "DifferentiateOverSpace",
    "EvaluatePartials",
    "FieldRule",
    "JointLinearity",
    "MeanAsIntegral",
    "PartsOverSpace",
]

_INTEGRABLE = "every term of a mean or an integral over R^K is integrable"
_DENSITIES = "fields > 0 that are laws of means, and exp(log_C - loss/T), are densities on R^K"


@dataclass(frozen=True)
class FieldRule(Rule):
    """A rule on means over a state: the law of each must be given by a density."""

    cited: ClassVar[tuple[str, ...]] = (_INTEGRABLE, _DENSITIES)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the laws, then decide."""
        fault = density_fault(domain, target, result)
        return Outcome.unknown(fault) if fault else self.decide(target, result, domain)

    @abstractmethod
    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Decide whether `target relation result` holds."""


@dataclass(frozen=True)
class JointLinearity(FieldRule):
    """Linearity of means over a joint density and of integrals over R^K; finite sums come outside."""

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Write both sides by linearity, term by term; compare."""
        return same(linear_form(target), linear_form(result), domain)


@dataclass(frozen=True)
class MeanAsIntegral(FieldRule):
    """E g = the integral of g times the density over R^K, used in either direction."""

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Write the means on both sides as integrals; compare by linearity."""
        return same(as_integrals(target), as_integrals(result), domain)


@dataclass(frozen=True)
class DifferentiateOverSpace(FieldRule):
    """d/dx of means over R^K and of expressions free of the state: the integrals of the derivatives."""

    cited = ("means over R^K are differentiated under the integral", _DENSITIES)

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Carry the derivatives in this symbol out on both sides; compare."""
        if not isinstance(target, Partial) or not target.args[1].is_Symbol:
            return Outcome.unknown(f"not a derivative in a symbol: {target}")
        variable = target.args[1]
        if hides(target, variable) or hides(result, variable):
            return Outcome.unknown(f"a symbol or a law may vary with {variable}")
        ours, theirs = (as_integrals(_carried_out(x, variable)) for x in (target, result))
        return same(ours, theirs, domain)


def _carried_out(expr: Any, variable: Any) -> Any:
    """Differentiate term by term where means or integrals are to be differentiated in a symbol."""
    if isinstance(expr, Partial) and expr.args[1] == variable:
        terms = sp.Add.make_args(sp.expand_mul(unfolded(expr.args[0]), deep=False))
        return sp.Add(*(_derivative(term, variable) for term in terms))
    if isinstance(expr, (sp.Add, sp.Mul)):
        return expr.func(*(_carried_out(x, variable) for x in expr.args))
    return expr


def _derivative(term: Any, variable: Any) -> Any:
    """Differentiate a constant times one integral over R^K, or what holds none."""
    integrals = [x for x in sp.Mul.make_args(term) if isinstance(x, OverSpace)]
    if not integrals and not term.has(OverSpace, Expectation):
        return differentiate(term, variable, sp.Integer(0))
    if len(integrals) != 1:
        raise ValueError(f"not a factor times one integral: {term}")
    (integral,) = integrals
    factor, dimension = term / integral, integral.args[1]
    if factor.has(OverSpace, Expectation) or depends(factor, integral.state):
        raise ValueError(f"the factor is not free of the state: {factor}")
    if depends(dimension, variable):
        raise ValueError(f"the dimension depends on {variable}")
    body = differentiate(factor * integral.body, variable, dimension)
    return over_space(body, integral.state, dimension)


@dataclass(frozen=True)
class EvaluatePartials(FieldRule):
    """Carry out formal derivatives d/dw_i, i = 1..K, of products, sums and functions of fields.

    The target is a term of a sum over i = 1..K, or that sum, or an integral or a mean over R^K of it.
    """

    dimension: Any

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the indices; differentiate on both sides; write sums by linearity; compare."""
        fault = _range_fault(target, self.dimension, domain) or _range_fault(
            result, self.dimension, domain
        )
        for slope in target.atoms(Partial) | result.atoms(Partial):
            if slope.args[1].is_Symbol and _may_vary(*slope.args):
                return Outcome.unknown(f"a symbol or a law may vary with {slope.args[1]}")
        if fault:
            return Outcome.unknown(fault)
        ours, theirs = (self._evaluated(x) for x in (target, result))
        return same(ours, theirs, domain)

    def _evaluated(self, expr: Any) -> Any:
        if not isinstance(expr, sp.Expr):  # the range of a sum
            return expr
        if isinstance(expr, OverSpace):
            body = self._evaluated(expr.body)
            return linear_form(over_space(body, expr.state, expr.args[1]))
        if is_joint(expr):
            return linear_form(Expectation(self._evaluated(expr.body), *expr.pairs))
        if expr.has(OverSpace, Expectation) and not isinstance(expr, (sp.Lambda, Partial)):
            return linear_form(expr.func(*(self._evaluated(x) for x in expr.args)))
        evaluated = evaluate_partials(expr, self.dimension)
        return sp.expand(evaluated.replace(lambda x: isinstance(x, sp.Sum), pulled_out))


def _may_vary(expr: Any, variable: Any) -> bool:
    """Whether a symbol or a law in `expr` may vary with a variable that is not a coordinate of its fields."""
    fields = [x for x in expr.atoms(AppliedUndef) if variable in x.args]
    return (variable == tau or not fields) and hides(expr, variable)


def _range_fault(expr: Any, dimension: Any, domain: Domain) -> str:
    """Say which index of a derivative d/dw_i is not shown to lie in 1..K, or which space is not R^K."""
    if any(space.args[1] != dimension for space in expr.atoms(OverSpace)):
        return f"an integral is not over {dimension} coordinates"
    entries = {x.args[1] for x in expr.atoms(Partial) if isinstance(x.args[1], Coordinate)}
    for index in {i for entry in entries for i in entry.args[1:]}:
        sums = [x for x in expr.atoms(sp.Sum) if index in {limits[0] for limits in x.limits}]
        ranges = all(x.limits == sp.Tuple((index, 1, dimension)) for x in sums)
        bound = bool(sums) and index not in free_names(expr)
        if not ((bound and ranges) or _is_index(index, dimension, domain)):
            return f"{index} is not shown to be in 1..{dimension}"
    return ""


def _is_index(index: Any, dimension: Any, domain: Domain) -> bool:
    whole = index.is_integer and index.is_positive
    return bool(whole) and domain.nonnegative(dimension - index)


@dataclass(frozen=True)
class PartsOverSpace(FieldRule):
    """int g sum_i dJ_i/dw_i = -sum_i int J_i dg/dw_i over R^K; also for one derivative by itself.

    The boundary terms vanish: g J_i tends to 0 fast enough at infinity, which is cited.
    """

    cited = ("boundary terms vanish: g J is integrable and 0 at infinity in parts over R^K",)

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read g and J off the target; differentiate g; compare."""
        constant, integral = target.as_independent(OverSpace, as_Add=False)
        if not isinstance(integral, OverSpace):
            return Outcome.unknown(f"not a factor times an integral over R^K: {target}")
        state, dimension = integral.state, integral.args[1]
        if depends(constant, state):
            return Outcome.unknown(f"the factor depends on {state}")
        found = _divergence(integral.body, state, dimension)
        if found is None:
            return Outcome.unknown(
                f"not g times a derivative, or a sum over 1..{dimension} of them"
            )
        weight, flux, variable, limits = found
        if not limits and not _is_index(variable.args[1], dimension, domain):
            return Outcome.unknown(f"{variable} is not shown to be one of {dimension} coordinates")
        if not _vanishes(weight, flux, domain):
            return Outcome.unknown("the form does not show g J to fall off like a density")
        if not all(is_smooth_field(x, state, domain) for x in (weight, flux)):
            return Outcome.unknown("the form does not show g and J to be smooth in the state")
        slope = differentiate(weight, variable, dimension)
        moved = -over_space(flux * slope, state, dimension)
        moved = sp.Sum(moved, limits) if limits else moved
        return same(linear_form(constant * moved), linear_form(result), domain)


def _divergence(body: Any, state: Any, dimension: Any) -> Any:
    """Read (g, J, w_i, limits of i) off g dJ/dw_i or g sum_i dJ/dw_i; None if it is neither."""
    factors = sp.Mul.make_args(body)
    sums = [x for x in factors if isinstance(x, sp.Sum) and isinstance(x.function, Partial)]
    singles = [x for x in factors if isinstance(x, Partial) and _is_entry(x.args[1], state)]
    if len(sums) + len(singles) != 1:
        return None
    if singles:
        return body / singles[0], *singles[0].args, None
    index, low, high = limits = single_limits(sums[0])
    flux, variable = sums[0].function.args
    weight = body / sums[0]
    inside = (low, high) == (1, dimension) and variable == Coordinate(state, index)
    return (weight, flux, variable, limits) if inside and not depends(weight, index) else None


def _vanishes(weight: Any, flux: Any, domain: Domain) -> bool:
    """Whether every term of J has a density, or its derivative, as a factor, and g and J hold no other growth.

    Powers below 0 and exponentials that are not densities could outgrow the density.
    """
    terms = sp.Add.make_args(sp.expand_mul(flux))
    return _is_moderate(weight, domain) and all(
        any(_is_mass(x, domain) for x in sp.Mul.make_args(term))
        and all(_is_moderate(x, domain) for x in sp.Mul.make_args(term))
        for term in terms
    )


def _is_mass(factor: Any, domain: Domain) -> bool:
    """Whether a factor is a density, up to a constant, or a derivative of one."""
    while isinstance(factor, Partial):
        factor = factor.args[0]
    if isinstance(factor, sp.exp):
        variance = -squared_norm() / (2 * factor.args[0])
        return factor == gibbs() or (domain.positive(variance) and not depends(variance, STATE))
    if factor.is_Mul:
        inner = [x for x in factor.args if depends(x, STATE)]
        return len(inner) == 1 and _is_mass(inner[0], domain)
    return is_density(factor, domain)


def _is_moderate(expr: Any, domain: Domain) -> bool:
    """Whether the form shows no growth beyond that of fields, coordinates, logarithms and whole powers."""
    if _is_mass(expr, domain) or not depends(expr, STATE):
        return True
    if isinstance(expr, (sp.Pow, sp.exp)):
        whole = isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp.is_positive
        return bool(whole) and _is_moderate(expr.base, domain)
    if isinstance(expr, sp.Sum):
        return _is_moderate(expr.function, domain)
    parts = () if isinstance(expr, (AppliedUndef, Coordinate)) else expr.args
    parts = parts[:1] if isinstance(expr, Partial) else parts
    return all(_is_moderate(x, domain) for x in parts)


def _is_entry(variable: Any, state: Any) -> bool:
    return isinstance(variable, Coordinate) and variable.args[0] == state
