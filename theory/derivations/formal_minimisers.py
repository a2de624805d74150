"""Formal objects on functions of one variable: where and how small they are least, how steep they are."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["LogSlope", "Minimiser", "Minimum"]


class Minimiser(sp.Expr):  # type: ignore[misc]
    """The one point > 0 at which a function is least; `args` = (Lambda of one variable > 0,).

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> print(Minimiser(sp.Lambda(x, x + 1 / x)))
    argmin(x + 1/x)
    """

    is_commutative = True
    is_positive = True

    def _sympystr(self, printer: Any) -> str:
        return f"argmin({printer._print(self.args[0].expr)})"


class Minimum(sp.Expr):  # type: ignore[misc]
    """The least value of a function on (0, oo); `args` = (Lambda of one variable > 0,)."""

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        return f"min({printer._print(self.args[0].expr)})"


class LogSlope(sp.Expr):  # type: ignore[misc]
    """df/dlog x at a point > 0; `args` = (Lambda of one variable > 0, point)."""

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        function, point = self.args
        (variable,) = function.variables
        return f"(d/dlog {variable})({printer._print(function.expr)}) at {printer._print(point)}"
