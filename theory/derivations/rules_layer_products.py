"""Rules on products over layers of a given number, one included: independence, moments of iid factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, Law, occurs
from theory.derivations.formal_tails import GivenPast
from theory.derivations.identities import same
from theory.derivations.rules_random_walk import IndependentSteps
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["IidFactors", "IndependentLayers"]

_PRODUCT = "E of a product of independent factors is the product of the E's"


@dataclass(frozen=True)
class IndependentLayers(Rule):
    """Variables, and entries of arrays, whose laws given all before do not depend on it, are independent."""

    cited = IndependentSteps.cited

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that every transform is free of the state before; compare."""
        pairs = []
        for variable, law in target.pairs:
            if not isinstance(law, GivenPast):
                return Outcome.unknown(f"{law} is not a law given the past")
            function, *state = law.args
            if function.expr.atoms(sp.Indexed) or _occurs_any(state, function.expr):
                return Outcome.unknown(f"the law of {variable} depends on the state {state}")
            pairs.append((variable, ByTransform(function)))
        return same(Expectation(target.body, *pairs), result, domain)


def _occurs_any(names: Any, expr: Any) -> bool:
    return any(occurs(name, expr) for name in names)


@dataclass(frozen=True)
class IidFactors(Rule):
    """E (prod_{j<=n} g(Y_j))^p = (E g(Y)^p)^n for iid Y_j of any law, g >= 0, p > 0 and n >= 0."""

    variable: Any
    cited = (_PRODUCT,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read the product; check that every factor has an entry of its own; build one factor; compare."""
        ((array, law),) = target.pairs
        product, power = target.body.as_base_exp()
        if not isinstance(product, sp.Product) or len(product.limits) != 1:
            return Outcome.unknown("the body is not a power of one product")
        ((index, low, count),) = product.limits
        factor = product.function.xreplace({array[index]: self.variable})
        fault = self._fault(target, array, law) or _names_fault(
            (array, index), factor, power, count, law
        )
        known = domain.nonnegative(factor) and power.is_real and domain.positive(power)
        counted = low == 1 and count.is_integer and domain.nonnegative(count)
        if fault or not (known and counted):
            return Outcome.unknown(fault or f"cannot show {factor} >= 0, {power} > 0, {count} >= 0")
        one = Expectation(factor**power, (self.variable, law))
        return same(one**count, result, domain)

    def _fault(self, target: Any, array: Any, law: Any) -> str:
        if not isinstance(array, sp.IndexedBase) or isinstance(law, GivenPast):
            return "the factors are not entries of an iid array"
        if occurs(self.variable, target) or not self.variable.is_Symbol:
            return f"{self.variable} must be a new name"
        declared = (array[sp.Symbol("j", integer=True)], self.variable)
        alike = all(
            getattr(x, f"is_{y}") == getattr(declared[0], f"is_{y}")
            for x in declared
            for y in ("real", "nonnegative", "positive")
        )
        return "" if alike else f"{self.variable} is not declared as the entries are"


def _names_fault(names: Any, factor: Any, power: Any, count: Any, law: Law) -> str:
    """Say whether the array or the index occurs where it must not."""
    taken = _occurs_any(names, factor + power + count) or _occurs_any(names, law)
    return "the factors hold other entries, or are not alike" if taken else ""
