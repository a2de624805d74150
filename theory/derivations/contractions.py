"""Polynomials in the entries of square matrices with every index summed over, in a form that shows equality.

A term is a coefficient times a list of entries A[i, j] whose indices run from 1 to the size, each through its own sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, permutations, product
from typing import Any

import sympy as sp

__all__ = ["combination", "expanded", "wick"]

#: (array, row, column)
_Entry = tuple[Any, Any, Any]
#: coefficient, entries, names of the indices summed over
_Term = tuple[Any, tuple[_Entry, ...], frozenset[Any]]
_MOST = 4  # entries of one array in a term: their orders are tried one by one


def expanded(expr: Any, arrays: frozenset[Any], size: Any) -> list[_Term]:
    """Return the terms of an expression: sums multiplied out, every summation index under a name of its own.

    Parameters
    ----------
    expr : Expr
        Sums over 1..size, products, whole powers, entries of the arrays, and what is free of them.
    arrays : frozenset of IndexedBase
        The matrices.
    size : Expr
        Their number of rows and columns.

    Returns
    -------
    list of (coefficient, entries, indices)

    Raises
    ------
    ValueError
        If the expression is of another form.

    Examples
    --------
    >>> a, j, m = sp.IndexedBase("a"), *sp.symbols("j m", integer=True, positive=True)
    >>> ((coefficient, entries, indices),) = expanded(3 * sp.Sum(a[j, j], (j, 1, m)), {a}, m)
    >>> coefficient, len(entries), len(indices)
    (3, 1, 1)
    """
    if isinstance(expr, sp.Indexed) and expr.base in arrays:
        if len(expr.indices) != 2 or not all(x.is_Symbol for x in expr.indices):
            raise ValueError(f"not an entry of a matrix: {expr}")
        return [(sp.Integer(1), ((expr.base, *expr.indices),), frozenset())]
    if not expr.atoms(sp.IndexedBase) & arrays and not expr.has(sp.Sum):
        return [(expr, (), frozenset())]
    if isinstance(expr, sp.Sum):
        return _summed(expr, arrays, size)
    if expr.is_Add:
        return [term for x in expr.args for term in expanded(x, arrays, size)]
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return _times([expanded(expr.base, arrays, size) for _ in range(int(expr.exp))])
    if expr.is_Mul:
        return _times([expanded(x, arrays, size) for x in expr.args])
    raise ValueError(f"not a polynomial in the entries: {expr}")


def _times(factors: list[list[_Term]]) -> list[_Term]:
    return [
        (
            sp.Mul(*(x for x, _, _ in terms)),
            tuple(entry for _, entries, _ in terms for entry in entries),
            frozenset().union(*(indices for _, _, indices in terms)),
        )
        for terms in product(*factors)
    ]


def _summed(total: Any, arrays: frozenset[Any], size: Any) -> list[_Term]:
    """Sum the terms over the indices, which get new names: a sum may occur twice in a product."""
    names = {}
    for index, low, high in total.limits:
        if low != 1 or high != size or not index.is_integer or index in names:
            raise ValueError(f"not a sum over 1..{size}: {total}")
        names[index] = sp.Dummy("i", integer=True, positive=True)
    terms = []
    for coefficient, entries, indices in expanded(total.function, arrays, size):
        if coefficient.free_symbols & set(names):
            raise ValueError(f"{coefficient} depends on an index of the sum")
        moved = tuple((a, names.get(i, i), names.get(j, j)) for a, i, j in entries)
        terms.append((coefficient, moved, indices | set(names.values())))
    return terms


def combination(terms: list[_Term], size: Any) -> Mapping[Any, Any]:
    """Return the coefficient of every contraction: two expressions with the same ones are equal.

    Parameters
    ----------
    terms : list
        As `expanded` gives them; an index that no entry holds counts `size` times.
    size : Expr
        Number of rows and columns.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If an index is not summed over, or a term is too long.

    Examples
    --------
    >>> a, i, j, m = sp.IndexedBase("a"), *sp.symbols("i j m", integer=True, positive=True)
    >>> left, right = (sp.Sum(a[i, j] * a[j, i], x, y) for x, y in permutations([(i, 1, m), (j, 1, m)]))
    >>> combination(expanded(left - right, {a}, m), m)
    {}
    """
    found: dict[Any, Any] = {}
    for coefficient, entries, indices in terms:
        held = {x for _, *places in entries for x in places}
        if not held <= indices:
            raise ValueError("an index is not summed over")
        key = _canonical(entries)
        weight = coefficient * size ** len(indices - held)
        found[key] = sp.expand(found.get(key, sp.Integer(0)) + weight)
    return {key: value for key, value in found.items() if value != 0}


def _canonical(entries: tuple[_Entry, ...]) -> Any:
    """Number the indices by their first occurrence, in the order of the entries that makes it least."""
    ordered = sorted(entries, key=lambda x: str(x[0]))
    groups = [list(group) for _, group in groupby(ordered, key=lambda x: x[0])]
    if any(len(group) > _MOST for group in groups):
        raise ValueError(f"more than {_MOST} entries of one matrix")
    orders = product(*(permutations(group) for group in groups))
    names = {str(x): x for x, _, _ in entries}
    if len(names) < len({x for x, _, _ in entries}):
        raise ValueError("two matrices have one name")
    least = min((_numbered([x for group in order for x in group]) for order in orders), default=())
    return tuple((names[name], i, j) for name, i, j in least)


def _numbered(entries: list[_Entry]) -> Any:
    numbers: dict[Any, int] = {}
    return tuple(
        (str(a), numbers.setdefault(i, len(numbers)), numbers.setdefault(j, len(numbers)))
        for a, i, j in entries
    )


def _pairings(places: list[int]) -> Iterator[list[tuple[int, int]]]:
    """Yield every way to pair all places; none if their number is odd."""
    if not places:
        yield []
    for other in places[1:]:
        rest = [x for x in places[1:] if x != other]
        yield from ([(places[0], other), *pairs] for pairs in _pairings(rest))


def wick(terms: list[_Term], array: Any, variance: Any) -> list[_Term]:
    """Return the mean of terms over iid N(0, variance) entries of one array (Isserlis, Wick).

    Parameters
    ----------
    terms : list
        As `expanded` gives them.
    array : IndexedBase
        The random matrix.
    variance : Expr
        Of its entries.

    Returns
    -------
    list
        One term for every pairing of the entries: E A_ij A_kl = variance delta_ik delta_jl.

    Examples
    --------
    >>> w, i, j, m = sp.IndexedBase("w"), *sp.symbols("i j m", integer=True, positive=True)
    >>> squares = expanded(sp.Sum(w[i, j] ** 2, (i, 1, m), (j, 1, m)), {w}, m)
    >>> combination(wick(squares, w, sp.Integer(1)), m)
    {(): m**2}
    """
    contracted = []
    for coefficient, entries, indices in terms:
        random = [x for x in entries if x[0] == array]
        rest = tuple(x for x in entries if x[0] != array)
        if any(x not in indices for _, *places in random for x in places):
            raise ValueError("an index of a random entry is not summed over")
        for pairs in _pairings(list(range(len(random)))):
            names = {x: x for x in indices}
            for one, two in pairs:
                for first, second in zip(random[one][1:], random[two][1:], strict=True):
                    _identify(names, first, second)
            moved = tuple((a, names.get(i, i), names.get(j, j)) for a, i, j in rest)
            value = coefficient * variance ** len(pairs)
            contracted.append((value, moved, frozenset(names.values())))
    return contracted


def _identify(names: dict[Any, Any], first: Any, second: Any) -> None:
    """Give two indices, and all that have been identified with the second, the name of the first."""
    old, new = names[second], names[first]
    for index, name in names.items():
        if name == old:
            names[index] = new
