"""Rules on expectations: definition, linearity, iteration, Tonelli."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Bernoulli, Density, Expectation, Gaussian, Uniform
from theory.derivations.identities import identical, same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["Iterate", "Linearity", "Tonelli", "Unfold", "UnfoldJoint"]


def _gaussian(body: Any, x: Any, law: Any) -> Any:
    variance = law.args[0]
    density = sp.exp(-(x**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    return sp.Integral(body * density, (x, -sp.oo, sp.oo))


def _uniform(body: Any, x: Any, law: Any) -> Any:
    low, high = law.args
    return sp.Integral(body / (high - low), (x, low, high))


def _bernoulli(body: Any, x: Any, law: Any) -> Any:
    chance = law.args[0]
    return (1 - chance) * body.subs(x, 0) + chance * body.subs(x, 1)


def _density(body: Any, x: Any, law: Any) -> Any:
    density, low, high = law.args
    return sp.Integral(body * density(x), (x, low, high))


_UNFOLDINGS: dict[Any, Callable[[Any, Any, Any], Any]] = {
    Gaussian: _gaussian,
    Uniform: _uniform,
    Bernoulli: _bernoulli,
    Density: _density,
}


def _wrap(body: Any, pairs: tuple[Any, ...]) -> Any:
    return Expectation(body, *pairs) if pairs else body


@dataclass(frozen=True)
class Unfold(Rule):
    """Write the expectation over the first variable as an integral or a finite sum."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Apply the definition of the law and compare."""
        (variable, law), *rest = target.pairs
        body = _UNFOLDINGS[type(law)](target.body, variable, law)
        return same(_wrap(body, tuple(rest)), result, domain)


@dataclass(frozen=True)
class UnfoldJoint(Rule):
    """Write an expectation over independent variables with densities as a multiple integral."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Multiply the densities and compare."""
        body, limits = target.body, []
        for variable, law in target.pairs:
            density, low, high = law.args
            body *= density(variable)
            limits.append((variable, low, high))
        if not isinstance(result, sp.Integral) or result.limits != sp.Tuple(*limits):
            return Outcome.unknown("the ranges are not those of the densities")
        return identical(body, result.function, domain)


@dataclass(frozen=True)
class Iterate(Rule):
    """E over independent variables = E over the last of E over the others (Tonelli: body >= 0)."""

    cited = ("Tonelli's theorem",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Nest the expectations and compare."""
        if not domain.nonnegative(target.body):
            return Outcome.unknown("the body may be negative")
        nested = Expectation(Expectation(target.body, *target.pairs[:-1]), target.pairs[-1])
        return same(nested, result, domain)


@dataclass(frozen=True)
class Linearity(Rule):
    """E of a sum of terms, each a constant times a random factor, term by term."""

    cited = ("every term of the sum is integrable",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Expand by linearity and compare."""
        return same(_linear(target), result, domain)


def _linear(target: Any) -> Any:
    random = _random_atoms(target)
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand_mul(sp.expand_power_base(target.body))):
        constant, rest = term.as_independent(*random, as_Add=False)
        total += constant * (rest if rest == 1 else Expectation(rest, *target.pairs))
    return total


def _random_atoms(target: Any) -> set[Any]:
    """Symbols and array entries whose value is random."""
    variables = set(target.variables)
    entries = {x for x in target.body.atoms(sp.Indexed) if x.base in variables}
    return {x for x in variables if x.is_Symbol} | entries


@dataclass(frozen=True)
class Tonelli(Rule):
    """E of an integral over (0, oo) = integral of E, for an integrand >= 0."""

    cited = ("Tonelli's theorem",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the integrand is non-negative; swap; compare."""
        constant, inner = target.body.as_independent(sp.Integral, as_Add=False)
        if not isinstance(inner, sp.Integral) or constant.has(*_random_atoms(target)):
            return Outcome.unknown("the body is not a constant times an integral")
        outside = constant.free_symbols.union(*(law.free_symbols for _, law in target.pairs))
        if any(limits[0] in outside for limits in inner.limits):
            return Outcome.unknown("an integration variable occurs outside the integral")
        if not _nonnegative(inner.function, target.variables, domain):
            return Outcome.unknown(f"cannot show {inner.function} >= 0")
        swapped = sp.Integral(Expectation(inner.function, *target.pairs), *inner.limits)
        return same(constant * swapped, result, domain)


def _nonnegative(function: Any, variables: tuple[Any, ...], domain: Domain) -> bool:
    """f >= 0 by assumptions, or because f = 0 at 0 and does not decrease in a variable >= 0."""
    if domain.nonnegative(function):
        return True
    return any(
        x.is_nonnegative and function.subs(x, 0) == 0 and domain.nonnegative(sp.diff(function, x))
        for x in variables
    )
