"""Bound and free names: no expression of a derivation may use one name in both ways.

Rules substitute; a free name that comes under a binder of the same name would be captured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation
from theory.derivations.formal_arrays import Root
from theory.derivations.formal_fields import OverSpace, Partial
from theory.derivations.formal_flows import BalancedFlow, EntrySlope, InitialValue
from theory.derivations.formal_limits import AtZero, ProductOver
from theory.derivations.formal_matrices import MeanGiven, SystemRecursion
from theory.derivations.formal_minimisers import LogSlope, Minimiser, Minimum
from theory.derivations.formal_networks import MeanOver, Recursion
from theory.derivations.formal_tails import (
    Cumulant,
    GivenPast,
    PositiveRoot,
    Stationary,
    Supremum,
)

__all__ = [
    "bound_around",
    "bound_names",
    "capture_fault",
    "escape_fault",
    "free_names",
    "is_differentiated",
    "name_fault",
]

_Names = frozenset[Any]
_NONE: _Names = frozenset()


def _ranged(expr: Any) -> tuple[_Names, _Names]:
    """Names that a sum, integral or product binds; its free names: the ends of a range lie outside it."""
    free = free_names(expr.function)
    for variable, *ends in expr.limits:
        free = free - {variable} | _free_of(ends)
    return frozenset(limits[0] for limits in expr.limits), free


def _over_laws(body: Any, pairs: Any) -> tuple[_Names, _Names]:
    """Variables bind in the body; their laws, which are independent, lie outside."""
    variables = frozenset(pair[0] for pair in pairs)
    return variables, (free_names(body) - variables) | _free_of(pair[1] for pair in pairs)


def _in_first(expr: Any) -> tuple[_Names, _Names]:
    """The second argument binds in the first; the third, if any, lies outside."""
    name = frozenset({expr.args[1]})
    return name, (free_names(expr.args[0]) - name) | _free_of(expr.args[2:3])


def _given_past(law: Any) -> tuple[_Names, _Names]:
    state = frozenset(law.args[1:])
    return state, free_names(law.args[0]) - state


def _function(expr: Any) -> tuple[_Names, _Names]:
    names = frozenset(expr.variables)
    return names, free_names(expr.expr) - names


def _of_function(expr: Any) -> tuple[_Names, _Names]:
    """The variables of the Lambda in the first argument bind; the others lie outside."""
    names, free = _function(expr.args[0])
    return names, free | _free_of(expr.args[1:])


def _over_signals(mean: Any) -> tuple[_Names, _Names]:
    """The arrays bind in the body; their sizes and powers lie outside."""
    arrays = frozenset(array for array, _, _ in mean.signals)
    outside = (x for _, *sizes in mean.signals for x in sizes)
    return arrays, (free_names(mean.body) - arrays) | _free_of(outside)


def _over_array(mean: Any) -> tuple[_Names, _Names]:
    """The array binds in the body and in the functionals; the means of these lie outside."""
    array = frozenset({mean.args[1]})
    inside = _free_of([mean.body, *(pair[0] for pair in mean.known)])
    return array, (inside - array) | _free_of(pair[1] for pair in mean.known)


def _in_loss(slope: Any) -> tuple[_Names, _Names]:
    """The array binds in the loss; the entry and the diagonal lie outside."""
    loss, array, *outside = slope.args
    return frozenset({array}), (free_names(loss) - {array}) | _free_of(outside)


#: binder -> its names, its free names
_BINDERS: Mapping[type, Callable[[Any], tuple[_Names, _Names]]] = MappingProxyType(
    {
        **dict.fromkeys((sp.Sum, sp.Integral, sp.Product), _ranged),
        **dict.fromkeys((sp.Limit, Supremum, PositiveRoot), _in_first),
        Expectation: lambda x: _over_laws(x.body, x.pairs),
        Stationary: lambda x: _over_laws(x.args[0], x.args[1:]),
        Cumulant: lambda x: _over_laws(x.args[0], (x.args[2:],)),
        GivenPast: _given_past,
        MeanOver: _over_signals,
        MeanGiven: _over_array,
        EntrySlope: _in_loss,
        **dict.fromkeys((SystemRecursion, BalancedFlow, InitialValue), _of_function),
        **dict.fromkeys((AtZero, ProductOver, LogSlope, OverSpace, Recursion), _of_function),
        **dict.fromkeys((Minimiser, Minimum, Root), lambda x: _function(x.args[0])),
        sp.Lambda: _function,
    }
)


def _free_of(parts: Any) -> _Names:
    return _NONE.union(*(free_names(x) for x in parts))


@lru_cache(maxsize=4096)
def free_names(expr: Any) -> _Names:
    """Return the symbols and arrays that occur in `expr` outside their binders.

    Parameters
    ----------
    expr : Basic
        Of a derivation.

    Returns
    -------
    frozenset

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> free_names(sp.Sum(n, (n, 1, d))) == {d}
    True
    """
    if isinstance(expr, (sp.Symbol, sp.IndexedBase)):
        return frozenset({expr})
    binder = _BINDERS.get(type(expr))
    return binder(expr)[1] if binder else _free_of(expr.args)


@lru_cache(maxsize=4096)
def bound_names(expr: Any) -> _Names:
    """Return the names that sums, integrals, products, expectations, limits in `expr` bind.

    Those of a Lambda by itself are not among them: it is applied, never substituted into.

    Parameters
    ----------
    expr : Basic
        Of a derivation.

    Returns
    -------
    frozenset

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> bound_names(d + sp.Sum(n, (n, 1, d))) == {n}
    True
    """
    inner = _NONE.union(*(bound_names(x) for x in expr.args))
    binder = _BINDERS.get(type(expr))
    return inner if binder in (None, _function) else inner | binder(expr)[0]


@lru_cache(maxsize=4096)
def name_fault(expr: Any) -> str:
    """Say which name is both bound and free in a part of `expr`.

    Parameters
    ----------
    expr : Basic
        Of a derivation.

    Returns
    -------
    str
        Empty if there is none.

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> name_fault(d + sp.Sum(n, (n, 1, d))), name_fault(n + sp.Sum(n, (n, 1, d)))
    ('', 'both bound and free: n')
    """
    both = free_names(expr) & bound_names(expr)
    if both:
        return f"both bound and free: {min(map(str, both))}"
    parts = expr.args
    if isinstance(
        expr, MeanOver
    ):  # by itself, a signal is no expression: its array is not free in it
        parts = (expr.body, *(x for _, *sizes in expr.signals for x in sizes))
    return next(filter(None, map(name_fault, parts)), "")


def escape_fault(target: Any, result: Any) -> str:
    """Say which name is bound in a target and free in what replaces it, or the other way round.

    The free names of a target stand for given numbers, its bound ones for none.

    Parameters
    ----------
    target, result : Expr
        Of a step.

    Returns
    -------
    str
        Empty if there is none.

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> escape_fault(sp.Sum(n, (n, 1, d)), n * d), escape_fault(sp.Sum(n, (n, 1, d)), d * (d + 1) / 2)
    ('bound on one side only: n', '')
    """
    one = bound_names(target) & free_names(result)
    other = free_names(target) & bound_names(result)
    both = one | other
    return f"bound on one side only: {min(map(str, both))}" if both else ""


def capture_fault(left: Any, target: Any, result: Any) -> str:
    """Say which name a step brings in free at a place where it is bound.

    Parameters
    ----------
    left : Expr
        The whole expression.
    target, result : Expr
        What the step replaces in it, and by what.

    Returns
    -------
    str
        Empty if there is none.

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> capture_fault(sp.Sum(d, (n, 1, d)), d, n), capture_fault(sp.Sum(n, (n, 1, d)), n, 2 * n)
    ('captured by a binder around the target: n', '')
    """
    captured = (free_names(result) - free_names(target)) & bound_around(left, target)
    return f"captured by a binder around the target: {min(map(str, captured))}" if captured else ""


def bound_around(expr: Any, target: Any) -> _Names:
    """Return the names bound by what holds the target in `expr`, at any of its occurrences.

    Examples
    --------
    >>> n, d = sp.symbols("n d", integer=True)
    >>> bound_around(sp.Sum(n * d, (n, 1, d)), n * d) == {n}
    True
    """
    if expr == target or not expr.has(target):
        return _NONE
    inner = _NONE.union(*(bound_around(x, target) for x in expr.args))
    binder = _BINDERS.get(type(expr))
    return inner | binder(expr)[0] if binder else inner


def is_differentiated(expr: Any, target: Any) -> bool:
    """Whether the target stands inside a derivative in `expr`: there, a name of its value is no constant.

    Examples
    --------
    >>> x, f = sp.Symbol("x"), sp.Function("f")
    >>> is_differentiated(Partial(f(x), x), f(x)), is_differentiated(f(x) + 1, f(x))
    (True, False)
    """
    if expr == target or not expr.has(target):
        return False
    inside = isinstance(expr, (Partial, sp.Derivative, sp.Subs))
    return inside or any(is_differentiated(x, target) for x in expr.args)
