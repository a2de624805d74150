"""Formal objects on R^K: joint densities, integrals over the space, partial derivatives of fields.

A state is one symbol w with coordinates Coordinate(w, i), i = 1..K; a field is an undefined function of it, such
as p(w, t).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Law

__all__ = ["JointDensity", "OverSpace", "Partial", "is_joint", "joint_mean", "over_space"]


class JointDensity(Law):
    """The law on R^K with a given density; `args` = (Lambda of the state, K)."""


class OverSpace(sp.Expr):  # type: ignore[misc]
    """Integral over R^K; `args` = (Lambda of the state, K). Only the rules of a derivation evaluate it.

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> print(OverSpace(sp.Lambda(w, f(w)), sp.Integer(2)))
    int f(w) dw
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"an integral is not differentiated by its form: {symbol}")

    @property
    def body(self) -> Any:
        """The integrand."""
        return self.args[0].expr

    @property
    def state(self) -> Any:
        """The state integrated over."""
        return self.args[0].variables[0]

    def _sympystr(self, printer: Any) -> str:
        return f"int {printer._print(self.body)} d{self.state}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\int {printer._print(self.body)}\,d{printer._print(self.state)}"


class Partial(sp.Expr):  # type: ignore[misc]
    """Partial derivative, not evaluated; `args` = (expression, variable): a coordinate, or a symbol.

    SymPy's Derivative takes a field f(w) to be free of the coordinates of w.
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a formal derivative is not differentiated: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        expr, variable = (printer._print(x) for x in self.args)
        return f"d({expr})/d{variable}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        expr, variable = (printer._print(x) for x in self.args)
        return rf"\partial_{{{variable}}}\left({expr}\right)"


def over_space(body: Any, state: Any, dimension: Any) -> Any:
    """Return the integral of a body over the state, K coordinates.

    Parameters
    ----------
    body : Expr
        The integrand.
    state : Symbol
        w.
    dimension : Expr
        K.

    Returns
    -------
    OverSpace

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> over_space(f(w), w, sp.Integer(2)).body
    f(w)
    """
    return OverSpace(sp.Lambda(state, body), dimension)


def joint_mean(body: Any, state: Any, density: Any, dimension: Any) -> Any:
    """Return E of a body over a state with a density on R^K.

    Parameters
    ----------
    body : Expr
        The random expression.
    state : Symbol
        w.
    density : Expr
        In the state.
    dimension : Expr
        K.

    Returns
    -------
    Expectation

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> print(joint_mean(f(w), w, sp.Function("p")(w), sp.Integer(2)))
    E[f(w)]
    """
    return Expectation(body, (state, JointDensity(sp.Lambda(state, density), dimension)))


def is_joint(expr: Any) -> bool:
    """Whether an expression is an expectation over one state with a joint density.

    Parameters
    ----------
    expr : Basic
        Any.

    Returns
    -------
    bool

    Examples
    --------
    >>> w, f = sp.Symbol("w"), sp.Function("f")
    >>> is_joint(joint_mean(f(w), w, sp.Function("p")(w), sp.Integer(2))), is_joint(f(w))
    (True, False)
    """
    if not isinstance(expr, Expectation) or len(expr.pairs) != 1:
        return False
    variable, law = expr.pairs[0]
    return isinstance(law, JointDensity) and isinstance(variable, sp.Symbol)
