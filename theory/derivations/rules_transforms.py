"""Rules on laws named by their Laplace transform, which determines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Density, Expectation
from theory.derivations.identities import identical, same
from theory.derivations.rules_integrals import GammaIntegral
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "AtomAtZero",
    "DensityFromTransform",
    "MixtureOfTransforms",
    "ReadTransform",
    "ScaleLaw",
    "SumOfIndependent",
]


_UNIQUENESS = "a law on [0, oo) is determined by its Laplace transform (Feller, vol. II, XIII.1)"


def _transform_of(target: Any) -> tuple[Any, Any, Any]:
    """Return (variable, Laplace variable, transform) of an expectation over one transform law."""
    ((variable, law),) = target.pairs
    if not isinstance(law, ByTransform):
        raise ValueError(f"the law is not given by its Laplace transform: {law}")
    (argument,) = law.args[0].variables
    return variable, argument, law.args[0].expr


@dataclass(frozen=True)
class ReadTransform(Rule):
    """E exp(-c Q) is the Laplace transform at c > 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read c off the body; evaluate the transform there; compare."""
        variable, argument, transform = _transform_of(target)
        if not isinstance(target.body, sp.exp):
            return Outcome.unknown("the body is not exp(-c Q)")
        c = -target.body.args[0].coeff(variable)
        if target.body != sp.exp(-c * variable) or not domain.positive(c):
            return Outcome.unknown("the body is not exp(-c Q) with c > 0")
        return same(transform.subs(argument, c), result, domain)


@dataclass(frozen=True)
class MixtureOfTransforms(Rule):
    """If the transform is sum_n w_n T_n(t), the law is the mixture of the laws of T_n."""

    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that weights are constant and >= 0 and that every T_n(0) = 1; mix; compare."""
        variable, argument, transform = _transform_of(target)
        constant, total = transform.as_independent(sp.Sum, as_Add=False)
        weight, component = (constant * total.function).as_independent(argument, as_Add=False)
        inside = domain.within(total.limits[0])
        if component.subs(argument, 0) != 1 or not inside.nonnegative(weight):
            return Outcome.unknown("weights must be >= 0 and components 1 at 0")
        law = ByTransform(sp.Lambda(argument, component))
        mixed = sp.Sum(weight * Expectation(target.body, (variable, law)), total.limits[0])
        return same(mixed, result, domain)


@dataclass(frozen=True)
class AtomAtZero(Rule):
    """A law whose transform is 1 is the point mass at 0: E f(Q) = f(0)."""

    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the transform; evaluate the body at 0."""
        variable, _, transform = _transform_of(target)
        if transform != 1:
            return Outcome.unknown(f"the transform is {transform}, not 1")
        return same(target.body.subs(variable, 0), result, domain)


@dataclass(frozen=True)
class DensityFromTransform(Rule):
    """Replace the law of a variable by a density on (0, oo) with the same Laplace transform."""

    variable: Any
    density: Any
    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute the density's transform by the Gamma integral and compare it with the law's."""
        (pair,) = (x for x in target.pairs if x[0] == self.variable)
        _, argument, transform = _transform_of(Expectation(target.body, pair))
        x = sp.Dummy("x", positive=True)
        weight = self.density(x)
        tilted = sp.Integral(weight * sp.exp(-argument * x), (x, 0, sp.oo))
        value, fault = GammaIntegral().value(tilted, domain)
        if fault or not domain.nonnegative(weight):
            return Outcome.unknown(fault or "the density may be negative")
        law = Density(self.density, sp.Integer(0), sp.oo)
        pairs = [(x[0], law) if x == pair else x for x in target.pairs]
        expected = Expectation(target.body, *pairs)
        return identical(value, transform, domain).also(same(expected, result, domain))


@dataclass(frozen=True)
class SumOfIndependent(Rule):
    """If T(t) = T1(t) T2(c t), then Q = X + c Y with independent X, Y of transforms T1, T2."""

    first: Any
    second: Any
    scale: Any
    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read the two laws off the result; multiply their transforms; compare."""
        variable, argument, transform = _transform_of(target)
        if not domain.positive(self.scale) or result.variables != (self.first, self.second):
            return Outcome.unknown(f"needs {self.scale} > 0 and variables in order")
        laws = [law.args[0] for _, law in result.pairs if isinstance(law, ByTransform)]
        if len(laws) != 2:
            return Outcome.unknown("both laws must be given by transforms")
        product = laws[0](argument) * laws[1](self.scale * argument)
        body = target.body.subs(variable, self.first + self.scale * self.second)
        outcome = identical(product, transform, domain)
        return outcome.also(same(body, result.body, domain))


@dataclass(frozen=True)
class ScaleLaw(Rule):
    """If T(t) = T1(c t), then Q = c X with X of transform T1."""

    scale: Any
    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read the law off the result; compare transforms; substitute c X in the body."""
        variable, argument, transform = _transform_of(target)
        found, _, other = _transform_of(result)
        scaled = other.subs(_transform_of(result)[1], self.scale * argument)
        if not domain.positive(self.scale):
            return Outcome.unknown(f"needs {self.scale} > 0")
        body = target.body.subs(variable, self.scale * found)
        return same(scaled, transform, domain).also(same(body, result.body, domain))
