"""Rules on iid arrays: law of a sum of independent terms, Gaussian linear forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, Gaussian, occurs
from theory.derivations.identities import identical, same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ExponentialOfIidSum", "GaussianLinearForm", "LawOfIidSum"]

_PRODUCT = "E of a product of independent factors is the product of the E's"


def _iid_sum(target: Any, names: dict[Any, Any]) -> tuple[Any, Any, str]:
    """Find S = sum_i g(z_i, ...); return S, E exp(-argument g) builder's g, and a fault."""
    sums = [x for x in target.body.atoms(sp.Sum) if x.has(*target.variables)]
    if len(sums) != 1 or set(names) != set(target.variables):
        return None, None, "the body must depend on the arrays through one sum"
    (total,) = sums
    ((index, low, width),) = total.limits
    if _any_occurs(names.values(), target) or width.has(*target.variables) or not width.is_integer:
        return (
            None,
            None,
            "a name for an entry is not new, or the number of terms is not a constant",
        )
    scalars = {array[index]: scalar for array, scalar in names.items()}
    term = total.function.xreplace(scalars)
    stray = target.body.xreplace({total: sp.Dummy()}).has(*target.variables)
    if low != 1 or stray or term.has(*target.variables) or index in term.free_symbols:
        return None, None, "the terms are not g(z_i, ...), i = 1..d, or the body has other entries"
    return total, term, ""


def _any_occurs(names: Iterable[Any], target: Any) -> bool:
    """Whether one of the names occurs in the target already."""
    return any(occurs(name, target) for name in names)


def _scalar_pairs(target: Any, names: dict[Any, Any]) -> list[Any]:
    return [(names[array], law) for array, law in target.pairs]


@dataclass(frozen=True)
class LawOfIidSum(Rule):
    """Q = sum_{i<=d} g(z_i, ...) >= 0 with iid terms has the transform (E exp(-t g(z, ...)))^d.

    `names` pairs each array with the scalar that stands for one entry.
    """

    variable: Any
    argument: Any
    names: tuple[tuple[Any, Any], ...]
    cited = (_PRODUCT,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the sum; check g >= 0; build the law from one term; compare."""
        total, term, fault = _iid_sum(target, dict(self.names))
        if fault or not domain.nonnegative(term):
            return Outcome.unknown(fault or f"cannot show {term} >= 0")
        if _any_occurs((self.variable, self.argument), target):
            return Outcome.unknown(f"{self.variable} and {self.argument} must be new")
        one = Expectation(sp.exp(-self.argument * term), *_scalar_pairs(target, dict(self.names)))
        law = ByTransform(sp.Lambda(self.argument, one ** total.limits[0][2]))
        body = target.body.xreplace({total: self.variable})
        return same(Expectation(body, (self.variable, law)), result, domain)


@dataclass(frozen=True)
class ExponentialOfIidSum(Rule):
    """E exp(-c sum_{i<=d} g(z_i)) = (E exp(-c g(z)))^d."""

    names: tuple[tuple[Any, Any], ...]
    cited = (_PRODUCT,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the sum in the exponent; build one factor; compare."""
        total, term, fault = _iid_sum(target, dict(self.names))
        if fault or not isinstance(target.body, sp.exp):
            return Outcome.unknown(fault or "the body is not an exponential")
        constant = target.body.args[0] / total
        if constant.has(*target.variables, sp.Sum):
            return Outcome.unknown("the exponent is not a constant times the sum")
        one = Expectation(sp.exp(constant * term), *_scalar_pairs(target, dict(self.names)))
        return same(one ** total.limits[0][2], result, domain)


@dataclass(frozen=True)
class GaussianLinearForm(Rule):
    """sum_j W_ij x_j with iid N(0, v) entries are iid over i, with the law of sqrt(v) |x| z_i.

    The rule compares moment generating functions, computed by integration against the density.
    `norm` names |x| > 0 wherever sum_j x_j^2 occurs.
    """

    weights: Any
    inputs: Any
    normal: Any
    norm: Any
    cited = (
        _PRODUCT,
        "a law is determined by its moment generating function where that is finite",
        "x is not 0",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute both generating functions; replace the linear form and |x|; compare."""
        (expectation,) = target.atoms(Expectation)
        (law,) = (law for array, law in expectation.pairs if array == self.weights)
        if not isinstance(law, Gaussian) or _any_occurs((self.normal, self.norm), target):
            return Outcome.unknown(
                f"weights must be Gaussian, {self.normal}, {self.norm} new names"
            )
        (entry,) = (x for x in expectation.body.atoms(sp.Indexed) if x.base == self.weights)
        row, column = entry.indices
        form = _row(expectation, entry, self.inputs[column])
        ((index, low, _),) = form.limits
        if index != column or low != 1 or row == column or not row.is_Symbol:
            return Outcome.unknown(f"{form} is not a sum over the columns, from 1, of one row")
        squares = sp.Sum(self.inputs[column] ** 2, form.limits[0])
        scale = sp.sqrt(law.args[0]) * self.norm
        body = expectation.body.xreplace({form: scale * self.normal[row]})
        normal = (self.normal, Gaussian(sp.Integer(1)))
        pairs = [normal if pair[0] == self.weights else pair for pair in expectation.pairs]
        renamed = {expectation: Expectation(body, *pairs)}
        expected = target.xreplace(renamed).xreplace({squares: self.norm**2})
        if expected.has(self.weights, self.inputs):
            return Outcome.unknown("weights or inputs occur outside the linear form and the norm")
        outcome = _same_generating_function(law.args[0], scale, self.norm, domain)
        return outcome.also(same(expected, result, domain))


def _row(expectation: Any, entry: Any, factor: Any) -> Any:
    forms = [x for x in expectation.body.atoms(sp.Sum) if x.function == entry * factor]
    if len(forms) != 1:
        raise ValueError("the body does not hold exactly one linear form of the weights")
    return forms[0]


def _same_generating_function(variance: Any, scale: Any, norm: Any, domain: Domain) -> Outcome:
    """Sum over j of log E exp(theta W_j x_j) against log E exp(theta scale z)."""
    theta, x = sp.Symbol("theta", positive=True), sp.Symbol("x", positive=True)
    one_term = _log_generating_function(theta * x, variance)
    slope = sp.simplify(one_term / x**2)
    if slope.has(x):
        return Outcome.unknown("the logarithm is not proportional to x_j^2")
    whole = _log_generating_function(theta * scale, sp.Integer(1))
    return identical(slope * norm**2, whole, domain)


def _log_generating_function(c: Any, variance: Any) -> Any:
    w = sp.Dummy("w", real=True)
    density = sp.exp(-(w**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    return sp.expand_log(sp.log(sp.integrate(sp.exp(c * w) * density, (w, -sp.oo, sp.oo))))
