"""Rules on arrays of independent entries, each with a law of its own: logarithms, sums, moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Density, Expectation, Gaussian, occurs
from theory.derivations.formal_arrays import Independent
from theory.derivations.identities import same
from theory.derivations.rules_calculus import single_limits
from theory.derivations.rules_terms import inside_sum
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "CentreNormal",
    "LogOfProduct",
    "NormalPowers",
    "SumOfConstant",
    "SumOverEntries",
    "normal_density",
]


def normal_density(x: Any, mean: Any, variance: Any) -> Any:
    """Return the density of N(mean, variance) at x.

    Parameters
    ----------
    x, mean, variance : Expr
        Real; variance > 0.

    Returns
    -------
    Expr

    Examples
    --------
    >>> print(normal_density(sp.Integer(0), sp.Integer(1), sp.Integer(2)))
    exp(-1/4)/(2*sqrt(pi))
    """
    return sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)


@dataclass(frozen=True)
class LogOfProduct(Rule):
    """log(x prod_i f_i^r) = log x + r sum_i log f_i for x, f_i > 0 and real r; `reverse` joins."""

    reverse: bool = False

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Show every factor to be > 0; add the logarithms up; compare."""
        whole, parts = (result, target) if self.reverse else (target, result)
        if not isinstance(whole, sp.log):
            return Outcome.unknown(f"not a logarithm: {whole}")
        factors = sp.Mul.make_args(whole.args[0])
        products = [x for x in factors if isinstance(x.as_base_exp()[0], sp.Product)]
        plain = sp.Mul(*(x for x in factors if x not in products))
        sums = [_logarithm(x, domain) for x in products]
        if None in sums or not sums or not domain.positive(plain):
            return Outcome.unknown(f"cannot show every factor > 0, or its power real: {whole}")
        return same(sp.log(plain) + sp.Add(*sums), parts, domain)


def _logarithm(factor: Any, domain: Domain) -> Any:
    """Return the logarithm of a power of a product; None where it is not shown to be one."""
    product, power = factor.as_base_exp()
    # A product has the limits of a sum: its index runs over whole numbers.
    total = sp.Sum(product.function, *product.limits)
    index, *_ = single_limits(total)
    positive = inside_sum(total, domain).positive(product.function)
    if not positive or not power.is_real or index in power.free_symbols:
        return None
    return power * sp.Sum(sp.log(product.function), *product.limits)


@dataclass(frozen=True)
class SumOfConstant(Rule):
    """A sum of n terms free of the index is n times the term, n >= 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Count the terms; compare."""
        index, low, high = single_limits(target)
        count = high - low + 1
        if not isinstance(target, sp.Sum) or index in target.function.free_symbols:
            return Outcome.unknown(f"the terms depend on {index}")
        if not (count.is_integer and domain.nonnegative(count)):
            return Outcome.unknown(f"cannot show that the sum has {count} >= 0 terms")
        return same(count * target.function, result, domain)


@dataclass(frozen=True)
class SumOverEntries(Rule):
    """E sum_i g_i(Z[i]) = sum_i E g_i(z), z with the law of Z[i].

    `scalar` is the name of one entry, new in the target.
    """

    scalar: Any
    cited = ("every term of the sum is integrable",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the terms hold no other entry; take one term at a time; compare."""
        ((array, law),) = target.pairs
        if not (isinstance(law, Independent) and isinstance(target.body, sp.Sum)):
            return Outcome.unknown("not E of a sum over an array of independent entries")
        limits = single_limits(target.body)
        index, *ends = limits
        if occurs(self.scalar, target) or occurs(array, *ends):
            return Outcome.unknown(f"{self.scalar} is not new, or {ends} are random")
        term = target.body.function.xreplace({array[index]: self.scalar})
        if occurs(array, term) or not self.scalar.is_real or self.scalar.is_integer is not None:
            return Outcome.unknown(f"the terms are not functions of {array[index]}")
        one = Expectation(term, (self.scalar, law.args[0](index)))
        return same(sp.Sum(one, limits), result, domain)


@dataclass(frozen=True)
class CentreNormal(Rule):
    """E f(w), w ~ N(m, v) by its density, is E f(m + z), z ~ N(0, v)."""

    mean: Any
    variance: Any
    scalar: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare the density with that of N(m, v), v > 0; shift; compare."""
        ((variable, law),) = target.pairs
        if not isinstance(law, Density) or law.args[1:] != (-sp.oo, sp.oo):
            return Outcome.unknown(f"{law} is not a law with a density on the line")
        fresh = not occurs(self.scalar, target) and not occurs(self.scalar, self.mean)
        if not (fresh and self.mean.is_real and domain.positive(self.variance)):
            return Outcome.unknown(f"needs a new name, {self.mean} real, {self.variance} > 0")
        if occurs(variable, self.mean, self.variance):
            return Outcome.unknown(f"{variable} is random: it cannot be in its mean or variance")
        w = sp.Dummy("w", real=True)
        outcome = same(law.args[0](w), normal_density(w, self.mean, self.variance), domain)
        body = target.body.subs(variable, self.mean + self.scalar)
        fresh_law = (self.scalar, Gaussian(self.variance))
        return outcome.also(same(Expectation(body, fresh_law), result, domain))


@dataclass(frozen=True)
class NormalPowers(Rule):
    """E of a polynomial in z ~ N(0, v), power by power, integrated against the density."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Integrate every power; compare."""
        ((variable, law),) = target.pairs
        if not isinstance(law, Gaussian) or not domain.positive(law.args[0]):
            return Outcome.unknown(f"{law} is not shown to be a normal law")
        if not target.body.is_polynomial(variable) or target.body.has(sp.Sum, sp.Integral):
            return Outcome.unknown(f"the body is not a polynomial in {variable}")
        v = sp.Dummy("v", positive=True)
        terms = sp.Poly(target.body, variable).terms()
        value = sp.Add(*(k * _moment(int(order), v) for (order,), k in terms))
        return same(value.xreplace({v: law.args[0]}), result, domain)


def _moment(order: int, variance: Any) -> Any:
    z = sp.Dummy("z", real=True)
    weight = normal_density(z, sp.Integer(0), variance)
    return sp.simplify(sp.integrate(z**order * weight, (z, -sp.oo, sp.oo)))
