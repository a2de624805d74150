"""Formal matrices: layers and their products, other named matrices, transposes, Kronecker products, traces.

All but the trace are non-commuting factors of SymPy's products; the number 1 is the identity of any size. Every
matrix knows its row space and its column space by labels: layer l maps level l - 1 to level l.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = [
    "Chain",
    "Kron",
    "Label",
    "Matrix",
    "Projector",
    "Trace",
    "Transposed",
    "Weights",
    "space",
    "transpose",
]


class Label(sp.Expr):  # type: ignore[misc]
    """Name of a space that is no level of the net; `args` = (Str,)."""

    def _sympystr(self, printer: Any) -> str:
        return str(printer._print(self.args[0]))

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\text{{{printer._print(self.args[0])}}}"


def space(name: str) -> Any:
    """Return the label of a space called `name`, which is no level of the net.

    Examples
    --------
    >>> print(space("examples"))
    examples
    """
    return Label(sp.core.symbol.Str(name))


class _Factor(sp.Expr):  # type: ignore[misc]
    """A matrix."""

    is_commutative = False

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a matrix is not differentiated by its form: {symbol}")


class Chain(_Factor):
    """W_j W_(j-1) ... W_i, from level i - 1 to level j; the identity for i = j + 1. `args` = (W, j, i).

    Examples
    --------
    >>> print(Chain(sp.Symbol("W", commutative=False), sp.Integer(3), sp.Integer(2)))
    W_{3:2}
    """

    @property
    def spaces(self) -> tuple[Any, Any]:
        """Labels of the rows and of the columns."""
        return self.args[1], self.args[2] - 1

    def _sympystr(self, printer: Any) -> str:
        name, top, bottom = (printer._print(x) for x in self.args)
        return f"{name}_{{{top}}}" if top == bottom else f"{name}_{{{top}:{bottom}}}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return self._sympystr(printer)


class Matrix(_Factor):
    """A named matrix; `args` = (name, rows, columns), the last two labels of spaces.

    Examples
    --------
    >>> print(Matrix(sp.Symbol("X", commutative=False), sp.Integer(0), space("examples")))
    X
    """

    @property
    def spaces(self) -> tuple[Any, Any]:
        """Labels of the rows and of the columns."""
        return self.args[1], self.args[2]

    def _sympystr(self, printer: Any) -> str:
        return str(printer._print(self.args[0]))

    def _latex(self, printer: Any, **_options: Any) -> str:
        return str(printer._print(self.args[0]))


class Projector(_Factor):
    """Orthogonal projection of a level on a subspace; `args` = (name, level).

    Examples
    --------
    >>> print(Projector(sp.Symbol("P", commutative=False), sp.Integer(2)))
    P_{2}
    """

    @property
    def spaces(self) -> tuple[Any, Any]:
        """Labels of the rows and of the columns: the level, twice."""
        return self.args[1], self.args[1]

    def _sympystr(self, printer: Any) -> str:
        return f"{printer._print(self.args[0])}_{{{printer._print(self.args[1])}}}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return self._sympystr(printer)


class Transposed(_Factor):
    """The transpose of a matrix; `args` = (matrix,)."""

    def _sympystr(self, printer: Any) -> str:
        return f"{printer._print(self.args[0])}^T"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"{printer._print(self.args[0])}^{{\top}}"


class Kron(_Factor):
    """The Kronecker product of two matrices; `args` = (left, right)."""

    def _sympystr(self, printer: Any) -> str:
        return f"Kron({printer._print(self.args[0])}, {printer._print(self.args[1])})"

    def _latex(self, printer: Any, **_options: Any) -> str:
        left, right = (printer._print(x) for x in self.args)
        return rf"\left({left}\right) \otimes \left({right}\right)"


class Trace(sp.Expr):  # type: ignore[misc]
    """The trace of a matrix, a number; `args` = (matrix,).

    Examples
    --------
    >>> print(Trace(Weights("W")[2]))
    tr(W_{2})
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a trace is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        return f"tr({printer._print(self.args[0])})"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\operatorname{{tr}}\left({printer._print(self.args[0])}\right)"


class Weights:
    """The layers of one net under one name.

    Examples
    --------
    >>> net = Weights("W")
    >>> print(net[3], net[5, 2])
    W_{3} W_{5:2}
    """

    def __init__(self, name: str) -> None:
        self.name = sp.Symbol(name, commutative=False)

    def __getitem__(self, place: Any) -> Any:
        """Layer l, or the product of layers j, ..., i."""
        top, bottom = place if isinstance(place, tuple) else (place, place)
        return Chain(self.name, sp.sympify(top), sp.sympify(bottom))


def transpose(expr: Any) -> Any:
    """Return the transpose, carried down to the named matrices.

    Parameters
    ----------
    expr : Expr
        Sums and products of matrices.

    Returns
    -------
    Expr

    Examples
    --------
    >>> net = Weights("W")
    >>> print(transpose(2 * net[3] * net[2]))
    2*W_{2}^T*W_{3}^T
    """
    if expr.is_commutative or isinstance(expr, Projector):
        return expr
    if expr.is_Add:
        return sp.Add(*map(transpose, expr.args))
    if expr.is_Mul:
        return sp.Mul(*map(transpose, reversed(expr.args)))
    if isinstance(expr, Transposed):
        return expr.args[0]
    return Kron(*map(transpose, expr.args)) if isinstance(expr, Kron) else Transposed(expr)
