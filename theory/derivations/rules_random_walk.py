"""Rules on products of independent factors, one for each layer of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, occurs
from theory.derivations.formal_tails import GivenPast, Indicator, PositivePower, Survives
from theory.derivations.identities import identical, same
from theory.derivations.rules_characteristic import is_imaginary
from theory.derivations.rules_inequalities import LyapunovInequality
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "IidProduct",
    "IndependentSteps",
    "IndicatorBound",
    "JoinProducts",
    "ProductOfConstant",
    "ScaleSteps",
]

_PRODUCT = "E of a product of independent factors is the product of the E's"
_UNIQUENESS = "a law on [0, oo) is determined by its Laplace transform (Feller, vol. II, XIII.1)"


@dataclass(frozen=True)
class IndependentSteps(Rule):
    """Factors whose law given the past is the same whatever the past are iid with that law."""

    cited = (_UNIQUENESS, "the input of every layer is not 0, or the step does not matter")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the transform is free of the state before the step; compare."""
        ((array, law),) = target.pairs
        if not isinstance(law, GivenPast) or not isinstance(array, sp.IndexedBase):
            return Outcome.unknown(f"{law} is not the law of an array given the past")
        function, *state = law.args
        if any(occurs(name, function.expr) for name in state) or function.expr.atoms(sp.Indexed):
            return Outcome.unknown(f"the law of a step depends on the state {state}")
        return same(Expectation(target.body, (array, ByTransform(function))), result, domain)


@dataclass(frozen=True)
class ScaleSteps(Rule):
    """If T(t) = T1(c t), the entries of an iid array are c times those of one with transform T1."""

    scale: Any
    scaled: Any
    cited = (_UNIQUENESS,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read both laws; compare transforms; put c times the new array into the body."""
        ((array, law),), ((found, other),) = target.pairs, result.pairs
        if not (isinstance(law, ByTransform) and isinstance(other, ByTransform)):
            return Outcome.unknown("both laws must be given by transforms")
        (argument,) = law.args[0].variables
        if not domain.positive(self.scale) or occurs(argument, self.scale):
            return Outcome.unknown(f"needs {self.scale} > 0 and constant")
        names = isinstance(array, sp.IndexedBase) and isinstance(found, sp.IndexedBase)
        if not names or found != self.scaled or occurs(found, target) or occurs(array, self.scale):
            return Outcome.unknown(f"{found} must be a new array")
        entries = {
            x: self.scale * found[x.indices]
            for x in target.body.atoms(sp.Indexed)
            if x.base == array
        }
        body = target.body.xreplace(entries)
        outcome = identical(other.args[0](self.scale * argument), law.args[0](argument), domain)
        return outcome.also(same(body, result.body, domain))


@dataclass(frozen=True)
class ProductOfConstant(Rule):
    """prod_{j<=m} c y_j = c^m prod_{j<=m} y_j, c free of j."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Take the constant out; compare."""
        if not isinstance(target, sp.Product) or len(target.limits) != 1:
            return Outcome.unknown("not a product over one range")
        ((index, low, high),) = target.limits
        constant, term = target.function.as_independent(index, as_Add=False)
        count = high - low + 1
        if not (count.is_integer and domain.nonnegative(count)):
            return Outcome.unknown(f"cannot show that the product has {count} >= 0 factors")
        return same(constant**count * sp.Product(term, target.limits[0]), result, domain)


def _factors(target: Any, domain: Domain) -> tuple[Any, Any, str]:
    """Read E f(prod_{j<=m} Y_j), f multiplicative on [0, oo), Y iid: the product, its length, a fault."""
    ((array, law),) = target.pairs
    products = target.body.atoms(sp.Product)
    if len(products) != 1 or not isinstance(law, ByTransform):
        return None, None, "the body must depend on iid factors through one product"
    (product,) = products
    if len(product.limits) != 1 or not isinstance(array, sp.IndexedBase):
        return None, None, "the factors are not the entries of an array"
    ((index, low, count),) = product.limits
    rest = target.body.xreplace({product: sp.Dummy()})
    if product.function != array[index] or low != 1 or occurs(array, rest) or occurs(index, rest):
        return None, None, "the factors are not Y_j, j = 1..m, or the body has other entries"
    counted = count.is_integer and domain.positive(count) and not occurs(array, count)
    if not (counted and array[index].is_nonnegative):
        return None, None, f"cannot show {count} >= 1, constant, or the factors to be >= 0"
    return (
        product,
        count,
        "" if _multiplicative(target.body, product, domain) else "not f(x y) = f(x) f(y)",
    )


def _multiplicative(body: Any, product: Any, domain: Domain) -> bool:
    """Whether the body is a power > 0 of the product, an imaginary one off 0, or its survival."""
    if isinstance(body, Survives):
        return bool(body.args[0] == product)
    if not isinstance(body, (PositivePower, sp.Pow)) or body.args[0] != product:
        return False
    order = body.args[1]
    bounded = isinstance(body, PositivePower) and is_imaginary(order)
    return bounded or domain.positive(order)


@dataclass(frozen=True)
class IidProduct(Rule):
    """E f(prod_{j<=m} Y_j) = (E f(Y))^m for iid Y_j >= 0 and f(x y) = f(x) f(y)."""

    variable: Any
    cited = (_PRODUCT,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the product; build one factor; compare."""
        product, count, fault = _factors(target, domain)
        if fault:
            return Outcome.unknown(fault)
        if occurs(self.variable, target) or not self.variable.is_nonnegative:
            return Outcome.unknown(f"{self.variable} must be a new name of a variable >= 0")
        ((_, law),) = target.pairs
        one = Expectation(target.body.xreplace({product: self.variable}), (self.variable, law))
        return same(one**count, result, domain)


@dataclass(frozen=True)
class JoinProducts(Rule):
    """E f(prod_{j<=m} Y_j) E f(prod_{j<=n} Y_j) = E f(prod_{j<=m+n} Y_j), f multiplicative, Y iid."""

    cited = (_PRODUCT,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read both factors; build the joint one; compare."""
        factors = sp.Mul.make_args(target)
        if len(factors) != 2 or not all(isinstance(x, Expectation) for x in factors):
            return Outcome.unknown("needs a product of two expectations")
        (one, first, fault), (two, second, other) = (_factors(x, domain) for x in factors)
        if fault or other:
            return Outcome.unknown(fault or other)
        index = one.limits[0][0]
        joint = sp.Product(one.function, (index, 1, first + second))
        expected, again = (
            Expectation(x.body.xreplace({old: joint}), *x.pairs)
            for x, old in zip(factors, (one, two), strict=True)
        )
        if expected != again:
            return Outcome.unknown("the factors are not the same function of the same array")
        return same(expected, result, domain)


@dataclass(frozen=True)
class IndicatorBound(Rule):
    """P((prod c Y_j)^r <= y) <= P((prod b Y_j)^r <= y) for Y_j >= 0, r > 0 and 0 < b <= c.

    b and c are moment means (E S^alpha)^(-1/alpha) of one S, in the order of Lyapunov's inequality.
    """

    larger: Any
    smaller: Any
    cited = LyapunovInequality.cited

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check b <= c; find c in the target, replace it by b; compare."""
        outcome = LyapunovInequality().check(self.smaller, self.larger, domain)
        if not isinstance(target.body, Indicator) or not outcome.passed:
            return outcome.also(Outcome.unknown("needs an indicator and means in order"))
        value, level = target.body.args
        root, power = value.as_base_exp()
        if not isinstance(root, sp.Product) or not domain.positive(power):
            return Outcome.unknown(f"{value} is not a power > 0 of a product")
        constant, term = root.function.as_independent(root.limits[0][0], as_Add=False)
        arrays = [variable for variable, _ in target.pairs]
        if constant != self.larger or not domain.nonnegative(term):
            return Outcome.unknown(f"the factors are not {self.larger} times something >= 0")
        if occurs(root.limits[0][0], level, power) or any(occurs(y, level, power) for y in arrays):
            return Outcome.unknown("the level or the power is random")
        bound = sp.Product(self.smaller * term, *root.limits) ** power
        return outcome.also(
            same(Expectation(Indicator(bound, level), *target.pairs), result, domain)
        )
