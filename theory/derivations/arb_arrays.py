"""Finite sums and products, and the entries of arrays, in balls.

The value of an array c in an environment is a tuple or list of its entries c[1], c[2], ..., or a
mapping from index to entry, which may start anywhere: {0: ..., 1: ...} for widths n[0], n[1], ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import index as exact_index
from typing import Any

import sympy as sp
from flint import acb

from theory.derivations.arb import Environment, Node, NotEvaluableError, compile_expression

__all__ = ["compile_entry", "compile_product", "compile_sum", "is_array", "numbered"]

_MAX_TERMS = 10_000


def is_array(value: Any) -> bool:
    """Whether the value of a name is that of an array: a tuple, a list or a mapping.

    Examples
    --------
    >>> is_array((1, 2)), is_array(2)
    (True, False)
    """
    return isinstance(value, (tuple, list, Mapping))


def numbered(values: Any, ball: Callable[[Any], Any]) -> dict[int, Any]:
    """Return the entries of an array as index -> ball; those of a tuple or list are numbered from 1.

    Parameters
    ----------
    values : tuple, list or mapping
        The entries.
    ball : callable
        Turns one entry into a ball.

    Returns
    -------
    dict

    Examples
    --------
    >>> numbered((5, 7), int), numbered({0: 5, 1: 7}, int)
    ({1: 5, 2: 7}, {0: 5, 1: 7})
    """
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values, start=1)
    return {exact_index(index): ball(value) for index, value in pairs}


def _exact_integer(ball: Any, name: str) -> int:
    integer = ball.real.unique_fmpz()
    if integer is None or ball.imag != 0 or not ball.is_exact():
        raise NotEvaluableError(f"{name} must be an exact integer, got {ball}")
    return int(integer)


def compile_entry(expr: sp.Indexed) -> Node:
    """Compile an entry of an array, such as `expr` = c[i]; the index must be an exact integer.

    Examples
    --------
    >>> c = sp.IndexedBase("c")
    >>> compile_entry(c[2])({c: {1: acb(5), 2: acb(7)}}, False)
    7.00000000000000
    """
    if len(expr.indices) != 1:
        raise NotEvaluableError(f"only arrays of one index are supported, got {expr}")
    array, place = expr.base, compile_expression(expr.indices[0])

    def node(env: Environment, analytic: bool) -> Any:
        # By the array alone: a value for the entry c[i] would be used for every i.
        entries = env.get(array)
        if not isinstance(entries, Mapping):
            raise NotEvaluableError(f"no values for array {array}")
        index = _exact_integer(place(env, analytic), f"index of {array}")
        if index not in entries:
            raise NotEvaluableError(f"array {array} has no entry {index}")
        return entries[index]

    return node


def _terms(expr: Any) -> Callable[[Environment, bool], Iterator[Any]]:
    """Return a function that yields the values of the terms or factors over the range."""
    if len(expr.limits) != 1:
        raise NotEvaluableError(f"only single sums and products are supported, got {expr}")
    index, first, last = expr.limits[0]
    term, start, stop = (compile_expression(part) for part in (expr.function, first, last))

    def values(env: Environment, analytic: bool) -> Iterator[Any]:
        low = _exact_integer(start(env, analytic), "lower limit of a sum or product")
        high = _exact_integer(stop(env, analytic), "upper limit of a sum or product")
        if high - low > _MAX_TERMS:
            raise NotEvaluableError(f"sum or product of more than {_MAX_TERMS} terms")
        return (term({**env, index: acb(n)}, analytic) for n in range(low, high + 1))

    return values


def compile_sum(expr: sp.Sum) -> Node:
    """Compile a sum `expr` over an exact range of whole numbers; an empty one is 0.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True)
    >>> compile_sum(sp.Sum(n, (n, 1, 3)))({}, False)
    6.00000000000000
    """
    terms = _terms(expr)
    return lambda env, analytic: sum(terms(env, analytic), acb(0))


def compile_product(expr: sp.Product) -> Node:
    """Compile a product `expr` over an exact range of whole numbers; an empty one is 1.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True)
    >>> compile_product(sp.Product(n, (n, 2, 4)))({}, False)
    24.0000000000000
    """
    factors = _terms(expr)

    def node(env: Environment, analytic: bool) -> Any:
        product = acb(1)
        for factor in factors(env, analytic):
            product *= factor
        return product

    return node
