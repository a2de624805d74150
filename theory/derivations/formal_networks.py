"""Formal objects for random networks: means over signals of given power, recursions over layers."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["MeanOver", "Recursion"]


class MeanOver(sp.Expr):  # type: ignore[misc]
    """Mean of a body over random arrays of which only the powers are known.

    `args` = (body, (array, size, power), ...), with E sum_{j<=size} array[j]^2 = power for each; the
    arrays may depend on one another in any way. The powers lie outside: no array is bound in them.

    Examples
    --------
    >>> x, j, m = sp.IndexedBase("x", real=True), *sp.symbols("j m", integer=True, positive=True)
    >>> print(MeanOver(sp.Sum(x[j] ** 2, (j, 1, m)), (x, m, sp.Integer(3))))
    mean[Sum(x[j]**2, (j, 1, m))]
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, body: Any, *signals: Any) -> Any:
        """Build the mean; a signal is (array, size, power)."""
        if not signals:
            raise ValueError("signals must hold at least one (array, size, power), got none")
        return sp.Expr.__new__(cls, sp.sympify(body, strict=True), *(sp.Tuple(*x) for x in signals))

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a mean is not differentiated by its form: {symbol}")

    @property
    def body(self) -> Any:
        """The random expression."""
        return self.args[0]

    @property
    def signals(self) -> tuple[Any, ...]:
        """The (array, size, power) triples."""
        return tuple(self.args[1:])

    def _sympystr(self, printer: Any) -> str:
        return f"mean[{printer._print(self.body)}]"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\left\langle {printer._print(self.body)} \right\rangle"


class Recursion(sp.Expr):  # type: ignore[misc]
    """The value u_last of u_l = step(l, u_(l-1)), u_(first-1) = start.

    `args` = (Lambda of l and u_(l-1), start, first, last); u_(first-1) if last = first - 1.

    Examples
    --------
    >>> k, u, r = sp.Symbol("k", integer=True), sp.Symbol("u"), sp.Symbol("r")
    >>> print(Recursion(sp.Lambda((k, u), r * u), sp.Integer(1), sp.Integer(1), sp.Integer(4)))
    recursion[u -> r*u, k = 1..4, from 1]
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a recursion is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        step, start, first, last = self.args
        index, before = step.variables
        body, start, first, last = (printer._print(x) for x in (step.expr, start, first, last))
        return f"recursion[{before} -> {body}, {index} = {first}..{last}, from {start}]"
