"""Calculus of fields on R^K: partial derivatives by their rules, and smoothness as seen from the form."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import OverSpace, Partial
from theory.derivations.names import free_names

__all__ = [
    "depends",
    "differentiate",
    "evaluate_partials",
    "is_smooth_field",
]

_OPENED = (sp.Add, sp.Mul, sp.Pow, sp.log, sp.exp)


def depends(expr: Any, variable: Any) -> bool:
    """Whether an expression may vary with a symbol, or a coordinate of a state.

    Parameters
    ----------
    expr : Expr
        Any.
    variable : Symbol or Coordinate
        A coordinate counts as its state.

    Returns
    -------
    bool

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> depends(f(w), Coordinate(w, 1)), depends(sp.Symbol("x"), w)
    (True, False)
    """
    name = variable.args[0] if isinstance(variable, Coordinate) else variable
    return name in free_names(expr)


def differentiate(expr: Any, variable: Any, dimension: Any) -> Any:
    """Differentiate in a coordinate i = 1..K, or in a symbol; fields become formal derivatives.

    Parameters
    ----------
    expr : Expr
        Of sums, products, powers, logarithms, exponentials, fields, coordinates, sums over 1..K.
    variable : Coordinate or Symbol
        Of the state, or anything else.
    dimension : Expr
        K.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        If the form of a part does not show its derivative, or the variable is of another kind.

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> i, d = sp.symbols("i K", integer=True, positive=True)
    >>> x = Coordinate(w, i)
    >>> print(differentiate(f(w) * x**2, x, d))
    2*f(w)*Coordinate(w, i) + Coordinate(w, i)**2*d(f(w))/dCoordinate(w, i)
    >>> print(differentiate(sp.Sum(x**2, (i, 1, d)), Coordinate(w, 3), d))
    2*Coordinate(w, 3)
    """
    if not isinstance(variable, (sp.Symbol, Coordinate)):
        raise ValueError(f"{variable} is neither a symbol nor a coordinate of a state")
    x = sp.Dummy("x", real=True)
    atoms: dict[Any, Any] = {}
    derivative = sp.diff(_opened(expr, variable, x, atoms), x)
    slopes = {sp.Derivative(f, x): _slope(atom, variable, dimension) for f, atom in atoms.items()}
    derivative = derivative.xreplace(slopes).xreplace(atoms).xreplace({x: variable})
    if derivative.has(sp.Derivative, sp.Subs):
        raise ValueError(f"cannot differentiate {expr} in {variable}")
    return derivative


def _opened(expr: Any, variable: Any, x: Any, atoms: dict[Any, Any]) -> Any:
    """Write `expr` as a function of x; its fields, sums and formal derivatives as undefined ones."""
    if not depends(expr, variable):
        return expr
    if expr == variable:
        return x
    if isinstance(expr, (AppliedUndef, Partial, sp.Sum)):
        known = next((f for f, atom in atoms.items() if atom == expr), None)
        function = known or sp.Function(f"f{len(atoms)}")(x)
        atoms[function] = expr
        return function
    if not isinstance(expr, _OPENED):
        raise ValueError(f"the form of {expr} does not show its derivative in {variable}")
    return expr.func(*(_opened(part, variable, x, atoms) for part in expr.args))


def _slope(atom: Any, variable: Any, dimension: Any) -> Any:
    """Differentiate a field, a formal derivative, or a sum."""
    if not isinstance(atom, sp.Sum):
        return Partial(atom, variable)
    (index, low, high), *more = atom.limits
    if more or any(depends(end, variable) for end in (low, high)) or index == variable:
        raise ValueError(f"cannot differentiate {atom} in {variable}")
    if index in free_names(variable):
        raise ValueError(f"{index} is bound in {atom} and free in {variable}")
    state = variable.args[0] if isinstance(variable, Coordinate) else None
    if not any(x.args[0] == state for x in atom.function.atoms(Coordinate)):
        return sp.Sum(differentiate(atom.function, variable, dimension), (index, low, high))
    name = sp.Dummy("y", real=True)
    term = atom.function.xreplace({Coordinate(state, index): name})
    if depends(term, variable) or (low, high) != (1, dimension):
        raise ValueError(f"{atom} is not a sum over 1..{dimension} of a function of one coordinate")
    return sp.diff(term, name).xreplace({name: variable}).xreplace({index: variable.args[1]})


def evaluate_partials(expr: Any, dimension: Any) -> Any:
    """Carry out the formal derivatives of compound expressions; those of fields stay.

    Parameters
    ----------
    expr : Expr
        Means and integrals in it are left as they are.
    dimension : Expr
        K; every coordinate of a derivative must have an index in 1..K.

    Returns
    -------
    Expr

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> x = Coordinate(w, 1)
    >>> print(evaluate_partials(Partial(x * f(w), x), sp.Integer(3)))
    f(w) + Coordinate(w, 1)*d(f(w))/dCoordinate(w, 1)
    """
    if isinstance(expr, (OverSpace, Expectation, sp.Lambda)) or not expr.has(Partial):
        return expr
    args = [evaluate_partials(x, dimension) for x in expr.args]
    if not isinstance(expr, Partial):
        return expr.func(*args)
    inner, variable = args[0], expr.args[1]
    kept = isinstance(inner, (AppliedUndef, Partial)) and depends(inner, variable)
    return Partial(inner, variable) if kept else differentiate(inner, variable, dimension)


def is_smooth_field(expr: Any, state: Any, domain: Domain) -> bool:
    """Whether the form shows a smooth function of the state, fields being smooth and > 0 where declared so.

    Parameters
    ----------
    expr : Expr
        Of the forms that `differentiate` takes.
    state : Symbol
        w.
    domain : Domain
        In which bases of powers and arguments of logarithms must be > 0.

    Returns
    -------
    bool

    Examples
    --------
    >>> w, p = sp.Symbol("w"), sp.Function("p", positive=True)
    >>> x = Coordinate(w, 1)
    >>> is_smooth_field(sp.log(p(w)) / p(w), w, Domain()), is_smooth_field(p(w) / x, w, Domain())
    (True, False)
    """
    if not depends(expr, state) or isinstance(expr, (AppliedUndef, Coordinate, Partial)):
        return True
    if isinstance(expr, sp.Sum):
        return is_smooth_field(expr.function, state, domain)
    if isinstance(expr, sp.Pow):
        whole = expr.exp.is_Integer and expr.exp.is_nonnegative
        if depends(expr.exp, state) or not (whole or domain.positive(expr.base)):
            return False
    if isinstance(expr, sp.log) and not domain.positive(expr.args[0]):
        return False
    return isinstance(expr, _OPENED) and all(is_smooth_field(x, state, domain) for x in expr.args)
