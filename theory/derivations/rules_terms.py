"""Rules on the terms of a finite sum: one term more, and the sign that the terms give the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.rules_calculus import null_integrals, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ExtendSum", "LogOfPower", "inside_sum", "is_positive_sum"]


def inside_sum(total: Any, domain: Domain) -> Domain:
    """Return the domain extended by the range of a sum's index.

    Parameters
    ----------
    total : Sum
        Of one index.
    domain : Domain
        What is known of the symbols.

    Returns
    -------
    Domain

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True, positive=True)
    >>> inside_sum(sp.Sum(d - n, (n, 1, d)), Domain()).nonnegative(d - n)
    True
    """
    index, low, _ = single_limits(total)
    return domain.within(total.limits[0]).including(sp.Le(low, index))


def is_positive_sum(total: Any, domain: Domain) -> bool:
    """Whether a finite sum has a term and all its terms are > 0, as seen from their factors.

    Parameters
    ----------
    total : Sum
        Of one index.
    domain : Domain
        What is known of the symbols.

    Returns
    -------
    bool

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True, positive=True)
    >>> is_positive_sum(sp.Sum(sp.binomial(d, n), (n, 1, d)), Domain())
    True
    >>> is_positive_sum(sp.Sum(n - 1, (n, 1, d)), Domain())
    False
    """
    _, low, high = single_limits(total)
    finite = low.is_finite and high.is_finite and domain.nonnegative(high - low)
    inside = inside_sum(total, domain)
    return bool(finite) and all(_positive(x, inside) for x in sp.Mul.make_args(total.function))


def _positive(factor: Any, domain: Domain) -> bool:
    """Whether a factor is > 0: C(m, n) for whole 0 <= n <= m, Gamma(x) for x > 0, powers, others."""
    if isinstance(factor, sp.binomial):
        m, n = factor.args
        whole = m.is_integer and n.is_integer
        return bool(whole) and domain.nonnegative(n) and domain.nonnegative(m - n)
    if isinstance(factor, sp.gamma):
        return domain.positive(factor.args[0])
    if isinstance(factor, sp.Pow) and factor.exp.is_real:
        return _positive(factor.base, domain)
    return domain.positive(factor)


@dataclass(frozen=True)
class LogOfPower(Rule):
    """log(x^r) = r log(x) for real r and a finite sum x of terms > 0; factors may stand outside."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read x and r off the logarithm; check x > 0; compare."""
        factor, logarithm = target.as_independent(sp.log, as_Add=False)
        if not isinstance(logarithm, sp.log):
            return Outcome.unknown("not a factor times a logarithm")
        base, power = logarithm.args[0].as_base_exp()
        if not (isinstance(base, sp.Sum) and is_positive_sum(base, domain) and power.is_real):
            return Outcome.unknown(f"cannot show {base} to be a sum of terms > 0")
        return same(factor * power * sp.log(base), result, domain)


@dataclass(frozen=True)
class ExtendSum(Rule):
    """A sum from m on is the sum from m - 1 on less its first term."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Extend and compare; the sum from m - 1 needs a first term."""
        index, low, high = single_limits(target)
        if not isinstance(target, sp.Sum) or not domain.nonnegative(high - low + 1):
            return Outcome.unknown("not a sum that has a term when it starts one earlier")
        if not (index.is_integer and low.is_integer) or _excluded(index, low - 1):
            return Outcome.unknown(f"{index} cannot be {low - 1}")
        first = null_integrals(target.function.subs(index, low - 1))
        if first.has(sp.zoo, sp.nan, sp.oo):
            return Outcome.unknown(f"the first term is not finite: {first}")
        longer = sp.Sum(target.function, (index, low - 1, high))
        return same(longer - first, result, domain)


def _excluded(index: Any, value: Any) -> bool:
    """Whether the declared sign of the index is not shown for a value."""
    positive = index.is_positive and not value.is_positive
    return bool(positive or (index.is_nonnegative and not value.is_nonnegative))
