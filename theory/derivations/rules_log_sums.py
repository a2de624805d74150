"""Rules on the logarithm of a sum of exponentials of iid normal variables: the loss of a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, Gaussian, occurs
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "CentredForm",
    "ExponentialOfForm",
    "JensenOfLogSum",
    "LogOfProduct",
    "MeanOfExponents",
    "ShiftLogSum",
]


def _exponents(logarithm: Any, domain: Domain) -> tuple[Any, Any]:
    """Read log sum_{k=a..b} exp(u_k), b >= a: u_k and (k, a, b)."""
    total = logarithm.args[0] if isinstance(logarithm, sp.log) else None
    if not isinstance(total, sp.Sum) or len(total.limits) != 1:
        raise ValueError(f"not the logarithm of a sum: {logarithm}")
    _, low, high = total.limits[0]
    if not isinstance(total.function, sp.exp) or not total.function.args[0].is_real:
        raise ValueError(f"the terms are not exponentials of real numbers: {total}")
    if not ((high - low).is_integer and domain.nonnegative(high - low)):
        raise ValueError(f"cannot show that {total} has a term")
    return total.function.args[0], total.limits[0]


@dataclass(frozen=True)
class ShiftLogSum(Rule):
    """log sum_k exp(u_k) = s + log sum_k exp(u_k - s), s free of k."""

    shift: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Shift; compare."""
        exponent, limits = _exponents(target, domain)
        if limits[0] in self.shift.free_symbols or not self.shift.is_real:
            return Outcome.unknown(f"{self.shift} is not a real number free of {limits[0]}")
        shifted = self.shift + sp.log(sp.Sum(sp.exp(exponent - self.shift), limits))
        return same(shifted, result, domain)


@dataclass(frozen=True)
class LogOfProduct(Rule):
    """log(x y) = log x + log y, log(x^r) = r log x, log(exp r) = r, where SymPy knows x > 0 and r real."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Expand the logarithm; compare."""
        if not isinstance(target, sp.log):
            return Outcome.unknown(f"not a logarithm: {target}")
        return same(sp.expand_log(target), result, domain)


@dataclass(frozen=True)
class JensenOfLogSum(Rule):
    """E log sum_k exp(u_k) <= log E sum_k exp(u_k): the logarithm is concave."""

    cited = ("Jensen's inequality", "the exponentials are integrable")

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the sum is positive; move the logarithm out; compare."""
        if not isinstance(target, Expectation):
            return Outcome.unknown(f"not an expectation: {target}")
        _exponents(target.body, domain)
        return same(sp.log(Expectation(target.body.args[0], *target.pairs)), result, domain)


@dataclass(frozen=True)
class MeanOfExponents(Rule):
    """-E[log sum_{k<=C} exp(u_k) + r] <= -E[log C + (1/C) sum_{k<=C} u_k + r]: exp is convex."""

    cited = ("Jensen's inequality", "every term is integrable")

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the logarithm, with the factor 1; put the lower bound in; compare."""
        mean = -target
        if not isinstance(mean, Expectation):
            return Outcome.unknown(f"not minus an expectation: {target}")
        (logarithm,) = (x for x in sp.Add.make_args(mean.body) if isinstance(x, sp.log))
        exponent, limits = _exponents(logarithm, domain)
        count = limits[2] - limits[1] + 1
        lower = sp.log(count) + sp.Sum(exponent, limits) / count
        bound = Expectation(mean.body - logarithm + lower, *mean.pairs)
        return same(-bound, result, domain)


def _normal_array(target: Any, domain: Domain) -> tuple[Any, Any]:
    """Return the one random array of a target, and its variance."""
    ((array, law),) = target.pairs
    if not isinstance(array, sp.IndexedBase) or not isinstance(law, Gaussian):
        raise ValueError(f"needs one array of iid normal entries, got {target.pairs}")
    if not domain.nonnegative(law.args[0]):
        raise ValueError(f"cannot show the variance {law.args[0]} to be >= 0")
    return array, law.args[0]


@dataclass(frozen=True)
class CentredForm(Rule):
    """E sum_k a_k z_k = 0 for z_k iid N(0, w) and fixed a_k."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the body is linear in the entries; the mean is 0."""
        array, _ = _normal_array(target, domain)
        total = target.body
        if not isinstance(total, sp.Sum) or len(total.limits) != 1:
            return Outcome.unknown("the body is not one sum")
        index, low, high = total.limits[0]
        factor = total.function / array[index]
        if occurs(array, factor, low, high) or not (low.is_finite and high.is_finite):
            return Outcome.unknown(f"the terms are not fixed numbers times {array}[{index}]")
        return Outcome.proved() if result == 0 else Outcome.unknown("the mean is 0")


@dataclass(frozen=True)
class ExponentialOfForm(Rule):
    """E sum_{k<=C} exp(a z_k + b sum_{j<=C} z_j) = sum_{k<=C} exp(w (a^2 + 2ab + C b^2)/2), z iid N(0, w).

    Of the C coefficients, one is a + b and the others are b: (a + b)^2 + (C - 1) b^2.
    """

    cited = ("E exp(c z) = exp(w c^2/2) for z ~ N(0, w), and independence",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read a and b off the exponent; compare."""
        array, variance = _normal_array(target, domain)
        total = target.body
        if not isinstance(total, sp.Sum) or not isinstance(total.function, sp.exp):
            return Outcome.unknown("the body is not one sum of exponentials")
        index, low, high = total.limits[0]
        inner = [x for x in total.function.args[0].atoms(sp.Sum) if occurs(array, x)]
        exponent = total.function.args[0]
        if len(total.limits) != 1 or len(inner) != 1 or len(inner[0].limits) != 1:
            return Outcome.unknown("the exponent does not hold one sum of the entries")
        column, *ends = inner[0].limits[0]
        one, every = sp.Dummy("z", real=True), sp.Dummy("S", real=True)
        named = sp.expand(exponent.xreplace({inner[0]: every}).xreplace({array[index]: one}))
        a, b = named.coeff(one), named.coeff(every)
        plain = inner[0].function == array[column] and tuple(ends) == (low, high) and low == 1
        linear = sp.expand(named - a * one - b * every) == 0 and not sp.Tuple(a, b).has(
            one, every, index
        )
        if not (plain and linear) or occurs(array, a, b):
            return Outcome.unknown("the exponent is not a z_k + b sum_j z_j with fixed a, b")
        value = sp.exp(variance * (a**2 + 2 * a * b + high * b**2) / 2)
        return same(sp.Sum(value, total.limits[0]), result, domain)
