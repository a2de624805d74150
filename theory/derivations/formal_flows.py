"""Formal objects for gradient flow: slopes of a loss, chains of equal weights, solutions of scalar equations."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["BalancedFlow", "EntrySlope", "InitialValue"]


class BalancedFlow(sp.Expr):  # type: ignore[misc]
    """c w_1 ... w_L at a time, where dw_l/dt = -d/dw_l G(w_1 ... w_L) and the w_l > 0 start equal.

    `args` = (Lambda with G, c, L, value at time 0, time).

    Examples
    --------
    >>> p, c, t = sp.symbols("p c t", positive=True)
    >>> print(BalancedFlow(sp.Lambda(p, (c * p - 1) ** 2), c, sp.Integer(2), sp.Rational(1, 2), t))
    c*w_1...w_2 at t under the flow of (c*p - 1)**2 from 1/2
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a flow is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        loss, scale, depth, start, time = (
            printer._print(x) for x in (self.args[0].expr, *self.args[1:])
        )
        return f"{scale}*w_1...w_{depth} at {time} under the flow of {loss} from {start}"


class InitialValue(sp.Expr):  # type: ignore[misc]
    """s(t) for ds/dt = F(s), s(0) = start; `args` = (Lambda with F, start, t).

    Examples
    --------
    >>> s, t = sp.symbols("s t", positive=True)
    >>> print(InitialValue(sp.Lambda(s, 1 - s), sp.Integer(0), t))
    s(t) where ds/dt = 1 - s, s(0) = 0
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a solution is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        rate, start, time = (printer._print(x) for x in (self.args[0].expr, *self.args[1:]))
        name = printer._print(self.args[0].variables[0])
        return f"{name}({time}) where d{name}/dt = {rate}, {name}(0) = {start}"


class EntrySlope(sp.Expr):  # type: ignore[misc]
    """d loss/dW_uv at W = diag(w); `args` = (loss, W, u, v, w).

    Examples
    --------
    >>> i, n = sp.symbols("i n", integer=True, positive=True)
    >>> array, diagonal = sp.IndexedBase("W"), sp.IndexedBase("w")
    >>> print(EntrySlope(sp.Sum(array[i, i], (i, 1, n)), array, i, i, diagonal))
    slope of Sum(W[i, i], (i, 1, n)) in W[i, i] at diag(w)
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a slope is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        loss, array, row, column, diagonal = (printer._print(x) for x in self.args)
        return f"slope of {loss} in {array}[{row}, {column}] at diag({diagonal})"
