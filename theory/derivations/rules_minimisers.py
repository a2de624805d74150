"""Rules on functions of one variable > 0: the minimum of one strictly convex in the logarithm, slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.formal import Expectation
from theory.derivations.formal_minimisers import LogSlope, Minimiser, Minimum
from theory.derivations.identities import identical
from theory.derivations.rules_terms import is_positive_sum
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ConvexMinimiser", "ConvexMinimum", "EvaluateLogSlope"]

_FORMAL = (Expectation, sp.Sum, sp.Integral)
_POSITIVE = sp.Symbol("x", positive=True)
_FINITE = ("expectations and integrals that are constants of a function are finite",)


def _constants_named(expr: Any, variable: Any, names: dict[Any, Any], domain: Domain) -> Any:
    """Replace the outermost formal parts, which must not depend on the variable, by names of constants."""
    if isinstance(expr, _FORMAL):
        if variable in expr.free_symbols:
            raise ValueError(f"{expr} depends on {variable}")
        positive = isinstance(expr, sp.Sum) and is_positive_sum(expr, domain)
        return names.setdefault(expr, sp.Dummy("m", real=True, positive=positive or None))
    if not expr.args or not expr.has(*_FORMAL):
        return expr
    return expr.func(*(_constants_named(x, variable, names, domain) for x in expr.args))


def _opened(function: Any, names: dict[Any, Any], domain: Domain) -> tuple[Any, Any]:
    """Return a Lambda's variable and its value with formal constants named; refuse what is not smooth."""
    if not isinstance(function, sp.Lambda) or len(function.variables) != 1:
        raise ValueError(f"not a function of one variable: {function}")
    (variable,) = function.variables
    limited = any(variable in relation.free_symbols for relation in domain.constraints)
    if variable.assumptions0 != _POSITIVE.assumptions0 or limited:
        raise ValueError(f"{variable} does not run through all reals > 0")
    value = _constants_named(function.expr, variable, names, domain)
    if not is_smooth(value, variable, domain):
        raise ValueError(f"cannot show {value} to be smooth in {variable}")
    return variable, value


def _log_slope(value: Any, variable: Any) -> Any:
    """Differentiate in log x."""
    return sp.simplify(variable * sp.diff(value, variable))


def _least_at(value: Any, variable: Any, point: Any, domain: Domain) -> Outcome:
    """Check strict convexity in log x and that the slope vanishes at a point > 0: the minimum is there."""
    slope = _log_slope(value, variable)
    curvature = _log_slope(slope, variable)
    if not domain.positive(curvature):
        return Outcome.unknown(f"cannot show {curvature} > 0: strictly convex in log {variable}")
    if variable in point.free_symbols or not domain.positive(point):
        return Outcome.unknown(f"{point} is not shown to be a point > 0 free of {variable}")
    return identical(slope.subs(variable, point), sp.Integer(0), domain)


@dataclass(frozen=True)
class ConvexMinimiser(Rule):
    """The minimiser of f over x > 0: f is strictly convex in log x, and df/dlog x = 0 there.

    The rule differentiates, shows the second derivative to be > 0, and puts the author's point into
    the first. Strict convexity leaves one zero at most, and the minimum is there.
    """

    cited = _FINITE

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """See the class."""
        if not isinstance(target, Minimiser):
            return Outcome.unknown(f"not a minimiser: {target}")
        names: dict[Any, Any] = {}
        variable, value = _opened(target.args[0], names, domain)
        point = _constants_named(result, variable, names, domain)
        return _least_at(value, variable, point, domain)


@dataclass(frozen=True)
class ConvexMinimum(Rule):
    """The least value of f over x > 0, f as in ConvexMinimiser: f at its minimiser, a parameter."""

    minimiser: Any
    cited = _FINITE

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the minimiser; put it in; compare."""
        if not isinstance(target, Minimum):
            return Outcome.unknown(f"not a minimum: {target}")
        names: dict[Any, Any] = {}
        variable, value = _opened(target.args[0], names, domain)
        point, least = (
            _constants_named(x, variable, names, domain) for x in (self.minimiser, result)
        )
        if variable in least.free_symbols:
            return Outcome.unknown(f"the least value depends on {variable}")
        outcome = _least_at(value, variable, point, domain)
        return outcome.also(identical(value.subs(variable, point), least, domain))


@dataclass(frozen=True)
class EvaluateLogSlope(Rule):
    """df/dlog x at a point > 0, for f smooth on (0, oo)."""

    cited = _FINITE

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Differentiate; put the point in; compare."""
        if not isinstance(target, LogSlope) or not domain.positive(target.args[1]):
            return Outcome.unknown(f"not a slope at a point > 0: {target}")
        names: dict[Any, Any] = {}
        variable, value = _opened(target.args[0], names, domain)
        point, expected = (
            _constants_named(x, variable, names, domain) for x in (target.args[1], result)
        )
        slope = _log_slope(value, variable).subs(variable, point)
        return identical(slope, expected, domain)
