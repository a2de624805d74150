"""The atom at 0 of a law on [0, oo), read off its Laplace transform: the transform at infinity."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform

__all__ = ["has_no_atom", "limit_at_infinity"]


@lru_cache(maxsize=1024)
def limit_at_infinity(expr: Any, variable: Any, domain: Domain) -> Any:
    """Return the limit as the variable grows; None where it is not found for all values of the symbols.

    Parameters
    ----------
    expr : Expr
        Sums, products, powers > 0, (b + c t)^-r with c, r > 0, and what SymPy knows for symbols > 0.
    variable : Symbol
        t.
    domain : Domain
        Of the other symbols.

    Returns
    -------
    Expr or None

    Examples
    --------
    >>> t, a = sp.Symbol("t", positive=True), sp.Symbol("a", real=True)
    >>> limit_at_infinity((1 + 1 / sp.sqrt(1 + 2 * t)) / 2, t, Domain())
    1/2
    >>> limit_at_infinity(1 / (1 + a**2 * t), t, Domain()) is None  # a may be 0
    True
    """
    if not expr.has(variable):
        return expr
    constant, rest = expr.as_independent(variable, as_Add=False)
    if constant != 1:
        inner = limit_at_infinity(rest, variable, domain)
        return None if inner is None else constant * inner
    if expr.is_Add or sp.expand_mul(expr).is_Add:
        return _of_sum(expr, variable, domain)
    base, power = expr.as_base_exp()
    if not power.has(variable):
        slope = sp.diff(base, variable)
        line = not slope.has(variable) and domain.positive(slope)
        if line and domain.positive(-power):
            return sp.Integer(0)
        if base != expr and domain.positive(power):
            inner = limit_at_infinity(base, variable, domain)
            return None if inner is None else inner**power
    return _of_term(expr, variable)


def _of_sum(expr: Any, variable: Any, domain: Domain) -> Any:
    """Return the sum of the limits of the terms; a product, free of constants, is multiplied out."""
    terms = sp.Add.make_args(expr if expr.is_Add else sp.expand_mul(expr))
    limits = [limit_at_infinity(term, variable, domain) for term in terms]
    return None if None in limits else sp.Add(*limits)


def _of_term(term: Any, variable: Any) -> Any:
    """Return SymPy's limit; a symbol >= 0 is treated as 0 and as > 0 in turn.

    SymPy takes what it does not know to be 0 for something else: so symbols of either sign, and
    sums that could cancel, are refused.
    """
    open_signs = [x for x in term.free_symbols if x.is_nonnegative and not x.is_positive]
    if not open_signs:
        known = all(x.is_positive for x in term.free_symbols)
        if not known or any(not x.is_nonnegative for e in term.atoms(sp.Add) for x in e.args):
            return None
        found = sp.limit(term, variable, sp.oo)
        return found if found.is_finite and not found.has(sp.Limit, variable) else None
    symbol = min(open_signs, key=str)
    cases = [sp.Integer(0), sp.Dummy(symbol.name, positive=True, integer=symbol.is_integer)]
    limits = [_of_term(term.subs(symbol, case), variable) for case in cases]
    return limits[0] if limits[0] == limits[1] else None


def has_no_atom(law: ByTransform, domain: Domain) -> bool:
    """Whether a law given by its transform is shown to have no atom at 0.

    Parameters
    ----------
    law : ByTransform
        On [0, oo).
    domain : Domain
        Of its symbols.

    Returns
    -------
    bool

    Examples
    --------
    >>> t = sp.Symbol("t", positive=True)
    >>> laws = [ByTransform(sp.Lambda(t, x)) for x in (1 / (1 + t), (1 + 1 / (1 + t)) / 2)]
    >>> [has_no_atom(law, Domain()) for law in laws]
    [True, False]
    """
    (argument,) = law.args[0].variables
    limit = limit_at_infinity(law.args[0].expr, argument, domain)
    return limit is not None and sp.simplify(limit) == 0
