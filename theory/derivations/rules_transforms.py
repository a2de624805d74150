"""Rules on laws named by their Laplace transform, which determines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Density, Expectation, occurs
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


def _is_transform(transform: Any, argument: Any, domain: Domain) -> bool:
    """Whether T is shown to be the Laplace transform of a law on [0, oo)."""
    return transform.subs(argument, 0) == 1 and _of_measure(transform, argument, domain)


def _of_measure(transform: Any, argument: Any, domain: Domain) -> bool:
    """Whether T is built from transforms of measures: (1 + c t)^-r with c, r >= 0, sums, products.

    Adding measures adds transforms, convolving them multiplies; (1 + c t)^-r belongs to Gamma laws.
    """
    if not transform.has(argument):
        return domain.nonnegative(transform)
    if transform.is_Add or transform.is_Mul:
        return all(_of_measure(x, argument, domain) for x in transform.args)
    base, power = transform.as_base_exp()
    if power.is_integer and domain.nonnegative(power) and base != transform:
        return _of_measure(base, argument, domain)
    slope = sp.diff(base, argument)
    line = base.subs(argument, 0) == 1 and not slope.has(argument) and not power.has(argument)
    return line and domain.nonnegative(slope) and domain.nonnegative(-power)


@dataclass(frozen=True)
class ReadTransform(Rule):
    """E exp(-c Q) is the Laplace transform at c > 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read c off the body; evaluate the transform there; compare."""
        variable, argument, transform = _transform_of(target)
        if not isinstance(target.body, sp.exp):
            return Outcome.unknown("the body is not exp(-c Q)")
        c = -target.body.args[0].coeff(variable)
        if c.has(variable) or target.body != sp.exp(-c * variable) or not domain.positive(c):
            return Outcome.unknown("the body is not exp(-c Q) with c > 0")
        return same(transform.subs(argument, c), result, domain)


@dataclass(frozen=True)
class MixtureOfTransforms(Rule):
    """If the transform is sum_n w_n T_n(t), the law is the mixture of the laws of T_n."""

    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that weights are constant and >= 0, every T_n a law's transform; mix; compare."""
        variable, argument, transform = _transform_of(target)
        constant, total = transform.as_independent(sp.Sum, as_Add=False)
        weight, component = (constant * total.function).as_independent(argument, as_Add=False)
        ((index, _, _),) = total.limits
        inside = domain.within(total.limits[0])
        if not _is_transform(component, argument, inside) or not inside.nonnegative(weight):
            return Outcome.unknown("weights must be >= 0 and components transforms of laws, 1 at 0")
        if occurs(index, constant, target.body):
            return Outcome.unknown(f"the index {index} occurs outside the sum")
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
        if occurs(argument, weight):
            return Outcome.unknown(f"the density depends on {argument}")
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
        names = (self.first, self.second)
        if (
            not domain.positive(self.scale)
            or result.variables != names
            or occurs(argument, self.scale)
        ):
            return Outcome.unknown(f"needs {self.scale} > 0, constant, and variables in order")
        if self.first == self.second or any(occurs(x, target, self.scale) for x in names):
            return Outcome.unknown("needs two new names")
        laws = [law.args[0] for _, law in result.pairs if isinstance(law, ByTransform)]
        if len(laws) != 2:
            return Outcome.unknown("both laws must be given by transforms")
        if not all(_is_transform(law(argument), argument, domain) for law in laws):
            return Outcome.unknown(f"cannot show that {laws} are transforms of laws")
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
        if not domain.positive(self.scale) or occurs(argument, self.scale):
            return Outcome.unknown(f"needs {self.scale} > 0 and constant")
        if found != variable and occurs(found, target):
            return Outcome.unknown(f"{found} must be new")
        body = target.body.subs(variable, self.scale * found)
        return same(scaled, transform, domain).also(same(body, result.body, domain))
