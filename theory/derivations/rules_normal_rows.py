"""Rules on a layer of independent normal weights: its rows are iid normal variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_nonnegative
from theory.derivations.formal import Expectation, Gaussian, occurs
from theory.derivations.identities import same
from theory.derivations.names import bound_names, free_names
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["HomogeneousMean", "MeanOfSum", "NormalPolynomial", "NormalRows"]

_ONE = sp.Integer(1)


def _rows(body: Any, weights: Any) -> list[tuple[Any, Any, Any]]:
    """Return (form, row, term, limits) of every sum_j W[row, j] x_j, term x_j; others are left out."""
    found = []
    for form in body.atoms(sp.Sum):
        entries = [x for x in form.function.atoms(sp.Indexed) if x.base == weights]
        if len(entries) != 1 or len(form.limits) != 1 or len(entries[0].indices) != 2:
            continue
        row, column = entries[0].indices
        term = form.function / entries[0]
        index = form.limits[0][0]
        plain = column == index and not row.has(index) and not occurs(weights, term)
        if plain and form.function == entries[0] * term:
            found.append((form, row, (term, form.limits[0])))
    return found


def _vector_fault(target: Any, term: Any, limits: Any, domain: Domain) -> str:
    """Say why the terms are not those of one fixed real vector, or the variance is not a fixed one."""
    index, low, high = limits
    ((_, law),) = target.pairs
    bound = bound_names(target.body)
    fixed = free_names(law) | free_names(high) | (free_names(term) - {index})
    if fixed & bound:
        return f"not fixed: {min(map(str, fixed & bound))}"
    count = high - low + 1
    if not (count.is_integer and domain.nonnegative(count)):
        return f"cannot show that the vector has {count} >= 0 entries"
    known = term.is_real and domain.nonnegative(law.args[0])
    return "" if known else f"cannot show {term} to be real, or the variance to be >= 0"


@dataclass(frozen=True)
class NormalRows(Rule):
    """sum_j W_ij x_j, W_ij iid N(0, v), are iid over i with the law N(0, v sum_j x_j^2).

    Every weight must occur in such a form, of one vector x.
    """

    weights: Any
    normal: Any
    cited = (
        "a linear form in independent normal variables is normal, and variances add up",
        "rows without a common weight are independent",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the forms; check that they are of one fixed vector; replace them; compare."""
        ((weights, law),) = target.pairs
        new = isinstance(self.normal, sp.IndexedBase) and not occurs(self.normal, target)
        if weights != self.weights or not isinstance(law, Gaussian) or not new:
            return Outcome.unknown(f"weights must be Gaussian, and {self.normal} a new array")
        rows = _rows(target.body, weights)
        vectors = {vector for _, _, vector in rows}
        if len(vectors) != 1:
            return Outcome.unknown("the body does not hold linear forms of one vector")
        ((term, limits),) = vectors
        fault = _vector_fault(target, term, limits, domain)
        body = target.body.xreplace({form: self.normal[row] for form, row, _ in rows})
        if fault or occurs(weights, body, law, *limits):
            return Outcome.unknown(fault or "a weight occurs outside the linear forms")
        variance = law.args[0] * sp.Sum(term**2, limits)
        return same(Expectation(body, (self.normal, Gaussian(variance))), result, domain)


@dataclass(frozen=True)
class MeanOfSum(Rule):
    """E sum_{i<=n} g(z_i, i) = sum_{i<=n} E g(z, i) for iid z_i and g >= 0."""

    variable: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the entries; check g >= 0; put one variable in their place; compare."""
        ((array, law),) = target.pairs
        total = target.body
        if not isinstance(law, Gaussian) or not isinstance(array, sp.IndexedBase):
            return Outcome.unknown("needs one array of iid normal entries")
        if not isinstance(total, sp.Sum) or len(total.limits) != 1:
            return Outcome.unknown("the body is not one sum")
        index, low, high = total.limits[0]
        term = total.function.xreplace({array[index]: self.variable})
        if occurs(array, term, low, high) or occurs(self.variable, target):
            return Outcome.unknown(f"other entries occur, or {self.variable} is not new")
        plain = self.variable.is_Symbol and self.variable.is_real
        if not plain or self.variable.is_nonnegative is not None or index in law.free_symbols:
            return Outcome.unknown(f"{self.variable} must be real, and the law the same for all")
        if not domain.nonnegative(term):
            return Outcome.unknown(f"cannot show {term} >= 0")
        return same(
            sp.Sum(Expectation(term, (self.variable, law)), total.limits[0]), result, domain
        )


@dataclass(frozen=True)
class HomogeneousMean(Rule):
    """E g(y), y ~ N(0, w), is w E g(z), z ~ N(0, 1), if g(c y) = c^2 g(y) for c >= 0."""

    variable: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the homogeneity for c > 0 and c = 0; put z in; compare."""
        ((y, law),) = target.pairs
        if not isinstance(law, Gaussian) or not y.is_Symbol or occurs(self.variable, target):
            return Outcome.unknown(f"needs one normal variable and a new name {self.variable}")
        if not is_nonnegative(law.args[0], domain) or y in bound_names(target.body):
            return Outcome.unknown(f"cannot show {law.args[0]} >= 0, or {y} is bound inside")
        scale, real = sp.Dummy("c", positive=True), sp.Dummy("y", real=True)
        body = target.body.xreplace({y: real})
        outcome = same(target.body.xreplace({y: scale * real}), scale**2 * body, domain)
        if not outcome.passed or sp.simplify(target.body.xreplace({y: sp.Integer(0)})) != 0:
            return Outcome.unknown(f"{target.body} is not homogeneous of degree 2")
        one = target.body.xreplace({y: self.variable})
        standard = Expectation(one, (self.variable, Gaussian(_ONE)))
        return outcome.also(same(law.args[0] * standard, result, domain))


@dataclass(frozen=True)
class NormalPolynomial(Rule):
    """E of a polynomial in y and |y|, y ~ N(0, w), from E |y|^q = (2 w)^(q/2) Gamma((q+1)/2)/sqrt(pi)."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Integrate power by power, odd ones to 0; compare."""
        ((y, law),) = target.pairs
        size = sp.Dummy("a", nonnegative=True)
        named = target.body.replace(sp.Abs(y), size)
        if not isinstance(law, Gaussian) or not named.is_polynomial(y, size) or occurs(y, law):
            return Outcome.unknown("not the mean of a polynomial in one normal variable")
        if not is_nonnegative(law.args[0], domain) or y in bound_names(target.body):
            return Outcome.unknown(f"cannot show {law.args[0]} >= 0, or {y} is bound inside")
        terms = sp.Poly(sp.expand(named), y, size).terms()
        value = sp.Add(*(c * _moment(k, m, law.args[0]) for (k, m), c in terms))
        return same(value, result, domain)


def _moment(signed: int, absolute: int, variance: Any) -> Any:
    """Return E y^signed |y|^absolute."""
    order = sp.Integer(signed + absolute)
    if signed % 2:
        return sp.Integer(0)
    return (2 * variance) ** (order / 2) * sp.gamma((order + 1) / 2) / sp.sqrt(sp.pi)
