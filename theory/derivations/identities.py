"""Decide whether two expressions are equal on a domain.

Ball arithmetic speaks first, for it can refute: a ball that excludes 0 ends the matter. What it
leaves open is given to SymPy; if SymPy cannot bring the difference to 0, narrow balls around 0 at
random points and on random boxes count as evidence, and the verdict says so (`enclosed`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb

from theory.derivations.arb import NotEvaluableError, enclose, enclose_complex
from theory.derivations.budget import BudgetExceededError, cpu_budget
from theory.derivations.domains import Domain, box_around
from theory.derivations.formal import Equation, Expectation, Law
from theory.derivations.verdicts import Outcome, Verdict

__all__ = ["enclosed", "identical", "same"]

_POINTS, _BOXES = 12, 3  # a false identity in k <= d may hold wherever k = d is drawn
_NARROW, _WIDE = 2.0**-36, 2.0**-4
_SIMPLIFY_SECONDS = 6.0


def identical(left: Any, right: Any, domain: Domain) -> Outcome:
    """Decide left = right for all values of the free symbols in the domain.

    Parameters
    ----------
    left, right : sympy.Expr
        Expressions without formal parts.
    domain : Domain
        Constraints on the symbols.

    Returns
    -------
    Outcome
        proved, enclosed (balls contain 0, radius below 2^-36 relative to the sides) or unknown.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> identical(sp.gamma(x + 1), x * sp.gamma(x), Domain()).verdict.value
    'proved'
    >>> identical(sp.gamma(x + 1), sp.gamma(x), Domain()).verdict.value
    'unknown'
    """
    if left == right:
        return Outcome.proved()
    screened = _screen(left, right, domain)
    if screened is not None and not screened.passed:
        return screened
    free = domain.free_form(left), domain.free_form(right)
    if _simplifies(left, right) or (free != (left, right) and _simplifies(*free)):
        return Outcome.proved("difference simplifies to 0")
    return screened or Outcome.unknown(f"cannot show {left} = {right}")


def enclosed(left: Any, right: Any, domain: Domain) -> Outcome:
    """Decide left = right on the domain by enclosures alone: `enclosed` or `unknown`, never `proved`.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> enclosed(sp.gamma(x + 1), x * sp.gamma(x), Domain()).verdict.value
    'enclosed'
    """
    return _screen(left, right, domain) or Outcome.unknown("no narrow enclosure")


def _screen(left: Any, right: Any, domain: Domain) -> Outcome | None:
    """Enclose the difference at points and on boxes; None where it has no enclosure.

    Nor where a maximum or minimum could hide a part: points see the largest argument only.
    """
    if left.has(sp.Max, sp.Min) or right.has(sp.Max, sp.Min):
        return None
    points = list(domain.points((left - right).free_symbols, _POINTS, left - right))
    try:
        exact = [_contains_zero(left, right, point, _NARROW) for point in points]
        boxes = [_contains_zero(left, right, box_around(x), _WIDE) for x in points[:_BOXES]]
    except NotEvaluableError:
        return None
    if False in exact:
        return Outcome.unknown(f"refuted at {points[exact.index(False)]}")
    if None in exact or False in boxes or None in boxes:
        return None
    return Outcome(Verdict.ENCLOSED, f"difference enclosed at {len(points)} points, {_BOXES} boxes")


def _contains_zero(left: Any, right: Any, values: Any, tolerance: float) -> bool | None:
    """Whether the ball of left - right contains 0; None if it is too wide to tell."""
    evaluate = enclose_complex if left.has(sp.I) or right.has(sp.I) else enclose
    balls = acb(evaluate(left, values)), acb(evaluate(right, values))
    difference = balls[0] - balls[1]
    if not difference.is_finite():
        return None
    if not difference.contains(0):
        return False
    size = abs(balls[0].mid()) + abs(balls[1].mid())
    return True if bool(arb(difference.rad()) <= tolerance * size) else None


def _elementary(upper: Any, lower: Any, z: Any) -> Any:
    """Write 2F1(a, 0; c; z) = 1 and 1F0(a; z) = (1-z)^(-a); leave the others."""
    if 0 in upper:
        return sp.Integer(1)
    binomial = len(upper) == 1 and not lower
    return (1 - z) ** -upper[0] if binomial else sp.hyper(upper, lower, z)


_STRATEGIES: tuple[Callable[[Any], Any], ...] = (
    sp.expand,
    lambda e: sp.expand(e.replace(sp.hyper, _elementary)),
    lambda e: sp.expand(sp.hyperexpand(e)),
    lambda e: sp.expand(sp.powsimp(sp.powdenest(sp.expand(e), force=False))),
    sp.gammasimp,
    sp.simplify,
)


def _powers_cancel(left: Any, right: Any) -> bool:
    """Whether, base by base (factored), the exponents of left / right add up to 0."""
    exponents: dict[Any, Any] = {}
    for side, sign in ((left, 1), (right, -1)):
        apart = sp.expand_power_base(side)
        factored = apart.replace(lambda e: e.is_Pow and e.base.is_Add, _factor_base)
        for factor in sp.Mul.make_args(sp.expand_power_base(factored)):
            base, exponent = factor.as_base_exp()
            base, exponent = (
                (1 / base, -exponent) if base.is_Rational and base < 1 else (base, exponent)
            )
            exponents[base] = exponents.get(base, 0) + sign * exponent
    return all(base != 0 and sp.expand(total) == 0 for base, total in exponents.items())


def _factor_base(power: Any) -> Any:
    return sp.Pow(sp.factor(power.base), power.exp)


def _simplifies(left: Any, right: Any) -> bool:
    try:
        with cpu_budget(_SIMPLIFY_SECONDS):
            return _powers_cancel(left, right) or any(
                strategy(left - right) == 0 for strategy in _STRATEGIES
            )
    except (BudgetExceededError, NotImplementedError, ValueError, TypeError):
        return False


_FORMAL = (Expectation, Equation, Law, sp.Indexed, sp.Piecewise)


def same(left: Any, right: Any, domain: Domain) -> Outcome:
    """Decide left = right on the domain for expressions with formal parts: equal shape, equal parts.

    Sums and integrals over equal ranges are compared term by term on the range, under one name for
    the bound variable. Parts without formal objects go to `identical`.

    Examples
    --------
    >>> x, y = sp.symbols("x y", positive=True)
    >>> one, two = sp.Integral(2 * x, (x, 0, 1)), sp.Integral(y + y, (y, 0, 1))
    >>> same(one, two, Domain()).verdict.value
    'proved'
    """
    if left == right:
        return Outcome.proved()
    if _is_ranged(left) and _is_ranged(right) and left.func == right.func:
        return _same_ranged(left, right, domain)
    formal = left.has(*_FORMAL, sp.Sum, sp.Integral) or right.has(*_FORMAL, sp.Sum, sp.Integral)
    if not formal:
        return identical(left, right, domain)
    outcome = Outcome.unknown(f"different shapes: {left} and {right}")
    if left.func == right.func and len(left.args) == len(right.args) and left.args:
        outcome = _same_parts(left, right, domain)
    return outcome if outcome.passed else _same_up_to_names(left, right, domain, outcome)


def _same_up_to_names(left: Any, right: Any, domain: Domain, fallback: Outcome) -> Outcome:
    """Compare with every formal part replaced by a fresh name: an identity whatever its value."""
    names: dict[Any, Any] = {}
    ours, theirs = (_named(x, names) for x in (left, right))
    if ours == left or not set(names.values()).isdisjoint({ours, theirs}):
        return fallback
    return identical(ours, theirs, domain)


def _named(expr: Any, names: dict[Any, Any]) -> Any:
    if isinstance(expr, (*_FORMAL[:1], *_FORMAL[3:], sp.Sum, sp.Integral)):
        real = None if expr.has(sp.I) else True
        return names.setdefault(expr, sp.Dummy("f", nonnegative=_sign(expr), real=real))
    # A derivative is one of its parts as a whole: that of a name would be 0.
    if isinstance(expr, (sp.Derivative, sp.Subs)) and expr.has(*_FORMAL, sp.Sum, sp.Integral):
        return names.setdefault(expr, sp.Dummy("f"))
    # A limit is not that of a constant, which a name would be.
    if not expr.args or isinstance(expr, (Equation, Law, sp.Limit, sp.Product)):
        return expr
    return expr.func(*(_named(x, names) for x in expr.args))


def _sign(expr: Any) -> bool | None:
    """Whether a formal part is known to be >= 0: its term, integrand or body is."""
    body = expr.args[0] if isinstance(expr, (Expectation, sp.Sum, sp.Integral)) else expr
    known = body.is_nonnegative if not isinstance(body, sp.Sum) else _sign(body)
    return True if known else None


def _is_ranged(expr: Any) -> bool:
    return isinstance(expr, (sp.Sum, sp.Integral)) and len(expr.limits) == 1


def _same_ranged(left: Any, right: Any, domain: Domain) -> Outcome:
    ours, theirs = left.limits[0], right.limits[0]
    if tuple(ours[1:]) != tuple(theirs[1:]):
        return Outcome.unknown(f"different ranges: {ours} and {theirs}")
    if ours[0] != theirs[0] and ours[0] in right.free_symbols:
        return Outcome.unknown(f"{ours[0]} is bound on one side and free on the other")
    inner = right.function.xreplace({theirs[0]: ours[0]})
    return same(left.function, inner, domain.within(ours))


def _same_parts(left: Any, right: Any, domain: Domain) -> Outcome:
    """Compare argument by argument; sums and products may order equal parts differently."""
    ours, theirs = list(left.args), list(right.args)
    for part in [x for x in ours if x in theirs]:
        if left.is_Add or left.is_Mul:
            ours.remove(part)
            theirs.remove(part)
    if left.is_Add or left.is_Mul:
        ours, theirs = (_plain_first(parts, left.func) for parts in (ours, theirs))
    if len(ours) != len(theirs):
        return Outcome.unknown(f"different shapes: {left} and {right}")
    outcome = Outcome.proved()
    for mine, other in zip(ours, theirs, strict=True):
        outcome = outcome.also(same(mine, other, domain))
        if not outcome.passed:
            return outcome
    return outcome


def _plain_first(parts: list[Any], func: Any) -> list[Any]:
    """Merge the parts without formal objects into one, first; keep the others in order."""
    formal = [x for x in parts if x.has(*_FORMAL, sp.Sum, sp.Integral)]
    return [func(*(x for x in parts if x not in formal)), *formal]
