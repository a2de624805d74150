"""Rules on finite products, one factor for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["AppendFactor", "ExponentialFactors", "TelescopingProduct"]


def _one_product(expr: Any) -> tuple[Any, Any, Any]:
    """Return the one product among the factors of `expr`, its index and the rest of `expr`."""
    products = [x for x in sp.Mul.make_args(expr) if isinstance(x, sp.Product)]
    if len(products) != 1 or len(products[0].limits) != 1:
        raise ValueError(f"not a factor times one product: {expr}")
    return products[0], products[0].limits[0], expr / products[0]


def _counts(low: Any, high: Any, domain: Domain) -> bool:
    count = high - low + 1
    return bool(count.is_integer and low.is_integer and domain.nonnegative(count))


@dataclass(frozen=True)
class AppendFactor(Rule):
    """c prod_{l=a..b} f(l) = (c/f(b+1)) prod_{l=a..b+1} f(l), f(b+1) > 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Build the longer product; compare what stands before it."""
        product, (index, low, high), rest = _one_product(target)
        if not _counts(low, high, domain):
            return Outcome.unknown(f"cannot show that {low}..{high} is a range")
        last = product.function.subs(index, high + 1)
        if not domain.positive(last):
            return Outcome.unknown(f"cannot show {last} > 0")
        longer = sp.Product(product.function, (index, low, high + 1))
        found, _, factor = _one_product(result)
        if found != longer:
            return Outcome.unknown(f"the result does not hold {longer}")
        return same(rest / last, factor, domain)


@dataclass(frozen=True)
class ExponentialFactors(Rule):
    """prod_l f(l) exp(g(l)) = exp(sum_l g(l)) prod_l f(l); constants stand outside the sum."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Collect the exponents; build both parts; compare."""
        if not isinstance(target, sp.Product) or len(target.limits) != 1:
            return Outcome.unknown(f"not a product over one range: {target}")
        index, low, high = target.limits[0]
        if not _counts(low, high, domain):
            return Outcome.unknown(f"cannot show that {low}..{high} is a range")
        factors = sp.Mul.make_args(target.function)
        exponent = sp.Add(*(x.args[0] for x in factors if isinstance(x, sp.exp)))
        others = sp.Mul(*(x for x in factors if not isinstance(x, sp.exp)))
        constant, term = exponent.as_independent(index, as_Add=False)
        total = constant * sp.Sum(term, target.limits[0])
        found, _, factor = _one_product(result)
        if found != sp.Product(others, target.limits[0]):
            return Outcome.unknown(f"the result does not hold the product of {others}")
        return same(sp.exp(total), factor, domain)


@dataclass(frozen=True)
class TelescopingProduct(Rule):
    """prod_{l=a..b} r g(l)/g(l-1) = r^(b-a+1) g(b)/g(a-1), g > 0 and r free of l."""

    sequence: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Divide by g(l)/g(l-1); what is left must be r; compare."""
        if not isinstance(target, sp.Product) or len(target.limits) != 1:
            return Outcome.unknown(f"not a product over one range: {target}")
        index, low, high = target.limits[0]
        g = self.sequence
        known = domain.positive(g(index)) and domain.positive(g(low - 1))
        if not (_counts(low, high, domain) and known):
            return Outcome.unknown(f"cannot show a range {low}..{high}, or {g(index)} > 0")
        ratio = sp.simplify(target.function * g(index - 1) / g(index))
        if ratio.has(index):
            return Outcome.unknown(f"the factors are not a constant times g({index})/g({index}-1)")
        value = ratio ** (high - low + 1) * g(high) / g(low - 1)
        return same(value, result, domain)
