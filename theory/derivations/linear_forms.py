"""Normal forms of means and integrals over R^K by linearity, and the integrals that define means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory.derivations.field_calculus import depends
from theory.derivations.formal import Expectation
from theory.derivations.formal_fields import OverSpace, Partial, is_joint, over_space

__all__ = ["as_integrals", "linear_form", "pulled_out", "unfolded"]


def pulled_out(total: Any) -> Any:
    """Return a finite sum as a sum over its terms, factors free of the index outside.

    Parameters
    ----------
    total : Expr
        Returned as it is if it is no finite sum over one range.

    Returns
    -------
    Expr

    Examples
    --------
    >>> i, d = sp.symbols("i K", integer=True, positive=True)
    >>> x, a = sp.Symbol("x"), sp.IndexedBase("a")
    >>> print(pulled_out(sp.Sum(x * a[i] + 3, (i, 1, d))))
    3*K + x*Sum(a[i], (i, 1, K))
    """
    if not _is_finite_sum(total):
        return total
    index, low, high = total.limits[0]
    parts = []
    for term in sp.Add.make_args(sp.expand(total.function)):
        factors = sp.Mul.make_args(term)
        inner = sp.Mul(*(x for x in factors if depends(x, index)))
        outer = sp.Mul(*(x for x in factors if not depends(x, index)))
        count = high - low + 1 if inner == 1 else sp.Sum(inner, (index, low, high))
        parts.append(outer * count)
    return sp.Add(*parts)


def _is_finite_sum(expr: Any) -> bool:
    if not isinstance(expr, sp.Sum) or len(expr.limits) != 1:
        return False
    _, low, high = expr.limits[0]
    count = high - low + 1
    return bool(low.is_finite and high.is_finite and count.is_integer and count.is_nonnegative)


def linear_form(expr: Any) -> Any:
    """Write means over joint densities, and integrals over R^K, by linearity, down to single terms.

    Finite sums come outside; a mean of what is free of the state is that itself.

    Parameters
    ----------
    expr : Expr
        Any.

    Returns
    -------
    Expr

    Examples
    --------
    >>> from theory.derivations.formal_fields import joint_mean
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> print(linear_form(joint_mean(2 * f(w) + 3, w, sp.Function("p")(w), sp.Integer(2))))
    2*E[f(w)] + 3
    """
    if is_joint(expr):
        variable = expr.variables[0]
        return _terms(expr.body, variable, lambda x: Expectation(x, *expr.pairs), True)
    if isinstance(expr, OverSpace):
        return _terms(
            expr.body, expr.state, lambda x: over_space(x, expr.state, expr.args[1]), False
        )
    if not expr.args or not expr.has(Expectation, OverSpace, sp.Sum):
        return expr
    if isinstance(expr, (sp.Lambda, Partial, Expectation)):
        return expr
    return sp.expand_mul(pulled_out(expr.func(*(linear_form(x) for x in expr.args))), deep=False)


def _terms(body: Any, state: Any, wrap: Callable[[Any], Any], normalised: bool) -> Any:
    total = sp.Integer(0)
    expanded = sp.expand(body.replace(lambda x: isinstance(x, sp.Sum), pulled_out))
    for term in sp.Add.make_args(expanded):
        factors = sp.Mul.make_args(term)
        constant = sp.Mul(*(x for x in factors if not depends(x, state)))
        rest = sp.Mul(*(x for x in factors if depends(x, state)))
        total += constant * _term(rest, state, wrap, normalised)
    return total


def _term(rest: Any, state: Any, wrap: Callable[[Any], Any], normalised: bool) -> Any:
    if rest == 1:
        return rest if normalised else wrap(rest)
    sums = [x for x in sp.Mul.make_args(rest) if isinstance(x, sp.Sum)]
    others = rest / sp.Mul(*sums)
    if len(sums) != 1 or not _is_finite_sum(sums[0]):
        return wrap(rest)
    index, low, high = sums[0].limits[0]
    if any(depends(x, state) for x in (low, high)) or depends(others, index):
        return wrap(rest)
    inner = _terms(sums[0].function * others, state, wrap, normalised)
    return pulled_out(sp.Sum(inner, (index, low, high)))


def as_integrals(expr: Any) -> Any:
    """Write every mean over a joint density as the integral over R^K that defines it, then by linearity.

    Parameters
    ----------
    expr : Expr
        Any.

    Returns
    -------
    Expr

    Examples
    --------
    >>> from theory.derivations.formal_fields import joint_mean
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> print(as_integrals(joint_mean(2 * f(w), w, sp.Function("p")(w), sp.Integer(2))))
    2*int f(w)*p(w) dw
    """
    return linear_form(unfolded(expr))


def unfolded(expr: Any) -> Any:
    """Write every mean over a joint density as the integral over R^K that defines it.

    Parameters
    ----------
    expr : Expr
        Any.

    Returns
    -------
    Expr

    Examples
    --------
    >>> from theory.derivations.formal_fields import joint_mean
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> print(unfolded(3 + joint_mean(f(w), w, sp.Function("p")(w), sp.Integer(2))))
    int f(w)*p(w) dw + 3
    """
    if is_joint(expr):
        variable, law = expr.pairs[0]
        return over_space(expr.body * law.args[0](variable), variable, law.args[1])
    if not expr.has(Expectation) or isinstance(expr, (sp.Lambda, Partial, Expectation)):
        return expr
    return expr.func(*(unfolded(x) for x in expr.args))
