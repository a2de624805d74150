"""Interval arithmetic on a ray [T, oo): the range of an expression built from monotone parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from theory.derivations.arb import Environment, NotEvaluableError, compile_expression

__all__ = ["Range", "range_on_ray"]

Range = tuple[Any, Any]


def range_on_ray(expr: Any, variable: Any, start: Any, env: Environment) -> Range:
    """Bound an expression for all values >= start of a variable.

    Parameters
    ----------
    expr : sympy.Expr
        Sums, products, powers with a constant exponent of non-negative bases, and
        2F1(a, b; c; -w) with a > 0, c > b > 0, w >= 0 (which decreases from 1 to 0 in w).
    variable : sympy.Symbol
        The variable, which runs over [start, oo).
    start : arb
        Left end, > 0.
    env : mapping
        Balls for the other symbols.

    Returns
    -------
    tuple of arb
        Lower and upper bound; not finite where none was found.

    Raises
    ------
    NotEvaluableError
        If the expression holds anything else.

    Examples
    --------
    >>> t = sp.Symbol("t", positive=True)
    >>> low, high = range_on_ray(1 - 1 / (1 + t), t, arb(9), {})
    >>> bool(low > 0.89), high == 1
    (True, True)
    """
    if variable not in expr.free_symbols:
        value = compile_expression(expr)(env, False).real
        return value, value
    for kind, bound in _RANGES.items():
        if isinstance(expr, kind):
            return bound(expr, variable, start, env)
    raise NotEvaluableError(f"no range on a ray for {expr}")


def _variable(_expr: Any, _variable: Any, start: Any, _env: Environment) -> Range:
    return start, arb("inf")


def _add(expr: Any, variable: Any, start: Any, env: Environment) -> Range:
    ranges = [range_on_ray(arg, variable, start, env) for arg in expr.args]
    return sum((low for low, _ in ranges), arb(0)), sum((high for _, high in ranges), arb(0))


def _product(first: Range, second: Range) -> Range:
    """Multiply ranges: ends to ends where both are non-negative, else over the four corners."""
    if bool(first[0] >= 0) and bool(second[0] >= 0):
        return first[0] * second[0], first[1] * second[1]
    corners = [x * y for x in first for y in second]
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = low.min(corner), high.max(corner)
    return low, high


def _mul(expr: Any, variable: Any, start: Any, env: Environment) -> Range:
    constant, rest = expr.as_independent(variable, as_Add=False)
    scale = compile_expression(constant)(env, False).real
    total = (scale, scale)
    for factor in sp.Mul.make_args(rest):
        total = _product(total, range_on_ray(factor, variable, start, env))
    return total


def _raise(base: Any, exponent: Any) -> Any:
    """Raise an end >= 0 of a range to a power != 0; at 0 and infinity the limits."""
    grows = bool(exponent > 0)
    if bool(base > 0):
        if base.is_finite():
            return base**exponent
        return arb("inf") if grows else arb(0)
    if not base.is_finite():
        return arb("nan")
    if not grows:
        return arb("inf")
    return arb(0) if base == 0 else arb(0).union(base.upper() ** exponent)


def _pow(expr: Any, variable: Any, start: Any, env: Environment) -> Range:
    exponent = compile_expression(expr.exp)(env, False).real
    low, high = range_on_ray(expr.base, variable, start, env)
    if not bool(low >= 0):
        return _pow_of_either_sign(low, high, exponent)
    if not (bool(exponent > 0) or (bool(exponent < 0) and bool(high > 0))):
        return arb("nan"), arb("nan")
    ends = _raise(low, exponent), _raise(high, exponent)
    return ends if bool(exponent > 0) else (ends[1], ends[0])


def _pow_of_either_sign(low: Any, high: Any, exponent: Any) -> Range:
    """Bound |x|^n by the larger end; only whole powers n >= 1 make sense for both signs."""
    if not (exponent.is_exact() and exponent.is_integer() and bool(exponent > 0)):
        return arb("nan"), arb("nan")
    size = abs(low).max(abs(high)) ** exponent
    return -size, size


def _hyper(expr: Any, variable: Any, start: Any, env: Environment) -> Range:
    a, b, c = (compile_expression(x)(env, False).real for x in (*expr.ap, *expr.bq))
    low, _ = range_on_ray(-expr.argument, variable, start, env)
    if not (bool(a > 0) and bool(b > 0) and bool(c > b) and bool(low >= 0)):
        return arb("nan"), arb("nan")
    return arb(0), (-low).hypgeom_2f1(a, b, c)


_RANGES: dict[Any, Callable[[Any, Any, Any, Environment], Range]] = {
    sp.Symbol: _variable,
    sp.Add: _add,
    sp.Mul: _mul,
    sp.Pow: _pow,
    sp.hyper: _hyper,
}
