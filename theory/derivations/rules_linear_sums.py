"""Rules on finite sums of which the number of terms is a symbol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_nonnegative
from theory.derivations.identities import same
from theory.derivations.rules_terms import inside_sum
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["DeltaSum", "LinearSums", "TermsAtMostZero"]


@dataclass(frozen=True)
class LinearSums(Rule):
    """Equality by linearity of finite sums, term by term and factor by factor; logarithms are expanded."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Write both sides in sums without constant factors; compare."""
        fault = _fault(target, domain) or _fault(result, domain)
        return Outcome.unknown(fault) if fault else same(_apart(target), _apart(result), domain)


def _fault(expr: Any, domain: Domain) -> str:
    for total in expr.atoms(sp.Sum):
        if len(total.limits) != 1:
            return f"not a sum over one index: {total}"
        _, low, high = total.limits[0]
        count = high - low + 1
        if not (count.is_integer and domain.nonnegative(count)):
            return f"cannot show that {total} has {count} >= 0 terms"
    return ""


def _apart(expr: Any) -> Any:
    """Replace every sum by constants times sums of terms that have no constant factor."""
    if isinstance(expr, sp.Sum):
        index = expr.limits[0][0]
        function = sp.expand(sp.expand_log(_apart(expr.function)))
        return sp.Add(*(_term(x, index, expr.limits[0]) for x in sp.Add.make_args(function)))
    return expr.func(*map(_apart, expr.args)) if expr.has(sp.Sum) else expr


def _term(term: Any, index: Any, limits: Any) -> Any:
    constant, rest = term.as_independent(index, as_Add=False)
    _, low, high = limits
    return constant * (high - low + 1 if rest == 1 else sp.Sum(rest, limits))


@dataclass(frozen=True)
class DeltaSum(Rule):
    """sum_k delta_kl h(k) = h(l), l in the range of k."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find delta_kl; check the range; put l in; compare."""
        if not isinstance(target, sp.Sum) or len(target.limits) != 1:
            return Outcome.unknown(f"not a sum over one index: {target}")
        index, low, high = target.limits[0]
        factors = sp.Mul.make_args(target.function)
        deltas = [x for x in factors if isinstance(x, sp.KroneckerDelta) and index in x.args]
        if len(deltas) != 1:
            return Outcome.unknown("the terms do not hold delta_kl as a factor, once")
        (place,) = (x for x in deltas[0].args if x != index)
        within = domain.nonnegative(place - low) and domain.nonnegative(high - place)
        if not (place.is_integer and within) or place.has(index):
            return Outcome.unknown(f"cannot show {low} <= {place} <= {high}")
        others = sp.Mul(*(x for x in factors if x not in deltas))
        return same(others.subs(index, place), result, domain)


@dataclass(frozen=True)
class TermsAtMostZero(Rule):
    """A sum of terms <= 0 is <= 0, and < 0 if one of the terms is."""

    strict: bool = False

    @property
    def relation(self) -> str:
        """< if a term is shown to be < 0."""
        return "<" if self.strict else "<="

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the sign of every term."""
        fault = _fault(target, domain)
        if fault:
            return Outcome.unknown(fault)
        terms = sp.Add.make_args(target)
        wrong = [x for x in terms if not _at_most_zero(x, domain)]
        if result != 0 or wrong:
            return Outcome.unknown(f"the result is not 0, or cannot show <= 0: {wrong}")
        if self.strict and not any(_below_zero(x, domain) for x in terms):
            return Outcome.unknown("cannot show a term to be < 0")
        return Outcome.proved()


def _at_most_zero(term: Any, domain: Domain) -> bool:
    """Whether a term is <= 0: log(x/y), 0 < x <= y; sums by their terms; others by their factors."""
    if isinstance(term, sp.Sum):
        return _at_most_zero(term.function, inside_sum(term, domain))
    if isinstance(term, sp.log):
        gap = _gap(term.args[0], domain)
        return gap is not None and domain.nonnegative(gap)
    return is_nonnegative(-term, domain)


def _below_zero(term: Any, domain: Domain) -> bool:
    """Whether a term is < 0: log(x/y), 0 < x < y, or what is known to be."""
    gap = _gap(term.args[0], domain) if isinstance(term, sp.log) else -term
    return gap is not None and domain.positive(gap)


def _gap(quotient: Any, domain: Domain) -> Any:
    """Return y - x of x/y, x > 0; None where x is not known to be."""
    numerator, denominator = sp.fraction(sp.together(quotient))
    return sp.expand(denominator - numerator) if domain.positive(numerator) else None
