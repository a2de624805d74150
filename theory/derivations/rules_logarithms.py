"""Rules on logarithms of a random size: derivatives of moments at order 0, and limits of means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.formal import Expectation, occurs
from theory.derivations.formal_limits import (
    AtZero,
    WherePositive,
    given_positive,
    split_where_positive,
)
from theory.derivations.identities import same
from theory.derivations.rules_calculus import refuse_captured
from theory.derivations.rules_terms import inside_sum, is_positive_sum
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "EvaluateAtZero",
    "LimitOfMeans",
    "LogMoment",
    "SolveLogarithm",
    "is_nonnegative_size",
    "log_power",
]

_ONE = sp.Integer(1)
_DIFFERENTIATION = (
    "E Q^p < oo for some p > 0",
    "dominated and monotone convergence (differentiation under E)",
)


def is_nonnegative_size(size: Any, domain: Domain) -> bool:
    """Whether a random size, a symbol or a finite sum, is shown to be >= 0.

    Parameters
    ----------
    size : Expr
        Random.
    domain : Domain
        What is known of the symbols.

    Returns
    -------
    bool

    Examples
    --------
    >>> q = sp.Symbol("Q", nonnegative=True)
    >>> is_nonnegative_size(q, Domain()), is_nonnegative_size(1 - q, Domain())
    (True, False)
    """
    return domain.nonnegative(size.function if isinstance(size, sp.Sum) else size)


def log_power(value: Any, size: Any) -> Any:
    """Return k where value = log(size)^k, k = 0, 1, ...; None where it is not of this form.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> log_power(sp.log(x) ** 2, x), log_power(sp.Integer(1), x), log_power(2 * sp.log(x), x)
    (2, 0, None)
    """
    base, power = (sp.log(size), sp.Integer(0)) if value == 1 else value.as_base_exp()
    whole = power.is_Integer and power >= 0
    return power if whole and base == sp.log(size) else None


@dataclass(frozen=True)
class LogMoment(Rule):
    """E[log(S)^k; S > 0] = lim of (d/dp)^k E S^p as p -> 0+, S >= 0, k = 0, 1, 2, ...

    For p > 0, S^p is 0 where S = 0, and d/dp S^p = S^p log S under the expectation; as p falls to 0,
    S^p |log S|^k increases where S < 1 and is dominated by a moment where S >= 1.
    """

    order: Any
    cited = _DIFFERENTIATION

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read k and S off the target; build the limit; compare."""
        value, size = split_where_positive(target.body)
        k = log_power(value, size)
        if k is None or not is_nonnegative_size(size, domain):
            return Outcome.unknown(f"{value} is not a power of log S, or S = {size} may be < 0")
        if not self.order.is_positive or occurs(self.order, target):
            return Outcome.unknown(f"{self.order} must be a new symbol > 0")
        moment = Expectation(size**self.order, *target.pairs)
        return same(AtZero(sp.Lambda(self.order, moment), k), result, domain)


@dataclass(frozen=True)
class EvaluateAtZero(Rule):
    """The limit at 0+ of a derivative of a function that is smooth on [0, oo), as seen from its form."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Show smoothness; differentiate; put 0 in; compare."""
        function, order = target.args
        (variable,) = function.variables
        if not (order.is_Integer and order >= 0 and variable.is_positive):
            return Outcome.unknown(f"{order} is not an order, or {variable} is not declared > 0")
        closed = sp.Dummy("p", nonnegative=True)
        if not _smooth(function(closed), closed, domain):
            return Outcome.unknown("cannot show the function to be smooth at 0")
        return same(_derivative(function, int(order)), result, domain)


def _derivative(function: Any, order: int) -> Any:
    (variable,) = function.variables
    if isinstance(function.expr, sp.Sum):  # term by term, lest SymPy take factors out of the sum
        term = sp.Lambda(variable, function.expr.function)
        return sp.Sum(_derivative(term, order), *function.expr.limits)
    return sp.diff(function.expr, variable, order).subs(variable, 0)


def _smooth(expr: Any, variable: Any, domain: Domain) -> bool:
    """Extend `is_smooth` by Gamma functions of positive arguments and by finite sums."""
    if not expr.has(variable) or expr == variable:
        return True
    if isinstance(expr, sp.Sum):
        ((_, low, high),) = expr.limits
        finite = low.is_finite and high.is_finite and not (low.has(variable) or high.has(variable))
        return bool(finite) and _smooth(expr.function, variable, inside_sum(expr, domain))
    if not all(_smooth(arg, variable, domain) for arg in expr.args):
        return False
    if isinstance(expr, (sp.gamma, sp.loggamma)):
        return domain.positive(expr.args[0])
    if isinstance(expr, (sp.log, sp.Pow)) and isinstance(expr.args[0], sp.Sum):
        return is_positive_sum(expr.args[0], domain)
    # The parts are smooth: only the outermost operation is left to look at.
    names = {x: sp.Dummy(real=x.is_real, positive=domain.positive(x) or None) for x in expr.args}
    outer = expr.func(*(x if not x.has(variable) else names[x] for x in expr.args))
    return all(is_smooth(outer, name, domain) for name in names.values())


@dataclass(frozen=True)
class LimitOfMeans(Rule):
    """(E S^(c s))^(-1/(c s)) P(S > 0)^(1/(c s)) -> exp(-E[log S | S > 0]) as s -> 0+; S >= 0, c > 0.

    F(s) = E S^(c s) / P(S > 0) has F(0+) = 1 and F'(0+) = c E[log S | S > 0] (see LogMoment), so
    log F(s) / (c s) tends to the latter over c.
    """

    cited = (*_DIFFERENTIATION, "P(Q > 0) > 0")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read S and c off the target; build both sides; compare."""
        function, order = target.args
        (s,) = function.variables
        (moment,) = (x for x in function.expr.atoms(Expectation) if x.has(s))
        size, power = moment.body.as_base_exp()
        c = power / s
        hypotheses = {
            "a limit at 0+": order == 0 and s.is_positive,
            "S >= 0, free of s": is_nonnegative_size(size, domain) and not occurs(s, size),
            "c > 0": domain.positive(c) and not c.has(s, *moment.variables),
            "laws free of s": not any(law.has(s) for _, law in moment.pairs),
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        if failed:
            return Outcome.unknown(f"not shown: {failed}")
        chance = Expectation(WherePositive(_ONE, size), *moment.pairs)
        means = moment ** (-1 / power) * chance ** (1 / power)
        limit = sp.exp(-given_positive(sp.log(size), size, *moment.pairs))
        return same(means, function.expr, domain).also(same(limit, result, domain))


@dataclass(frozen=True)
class SolveLogarithm(Rule):
    """Solve c log(x) + b = 0, c > 0, for x > 0: x = exp(-b/c), the only root."""

    unknown: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read c and b off; compare with the logarithm of the result."""
        left, right = target.args
        logarithm = sp.Dummy("L", real=True)
        named = (left - right).xreplace({sp.log(self.unknown): logarithm})
        refuse_captured(self.unknown, named, result)
        c = sp.diff(named, logarithm)
        if not self.unknown.is_positive or c.has(logarithm) or not domain.positive(c):
            return Outcome.unknown(f"not c log({self.unknown}) + b with c > 0")
        return same(sp.exp(-named.xreplace({logarithm: sp.Integer(0)}) / c), result, domain)
