"""Formal objects for products of random matrices: means given those of some functionals, recursions for vectors."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["MeanGiven", "SystemRecursion"]


class MeanGiven(sp.Expr):  # type: ignore[misc]
    """Mean of a body over a random matrix of which only the means of some functionals are known.

    `args` = (body, array, (functional, mean), ...); what else is random in the body is independent of the array.

    Examples
    --------
    >>> s, j, m = sp.IndexedBase("s"), *sp.symbols("j m", integer=True, positive=True)
    >>> trace = sp.Sum(s[j, j], (j, 1, m))
    >>> print(MeanGiven(2 * trace, s, (trace, sp.Symbol("u"))))
    mean[2*Sum(s[j, j], (j, 1, m))]
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, body: Any, array: Any, *known: Any) -> Any:
        """Build the mean; what is known is (functional, mean)."""
        if not known:
            raise ValueError("known must hold at least one (functional, mean), got none")
        pairs = (sp.Tuple(*x) for x in known)
        return sp.Expr.__new__(cls, sp.sympify(body, strict=True), array, *pairs)

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a mean is not differentiated by its form: {symbol}")

    @property
    def body(self) -> Any:
        """The random expression."""
        return self.args[0]

    @property
    def known(self) -> tuple[Any, ...]:
        """The (functional, mean) pairs."""
        return tuple(self.args[2:])

    def _sympystr(self, printer: Any) -> str:
        return f"mean[{printer._print(self.body)}]"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\left\langle {printer._print(self.body)} \right\rangle"


class SystemRecursion(sp.Expr):  # type: ignore[misc]
    """Component `place`, from 0, of the vector u_n of u_l = step(u_(l-1)), l = 1..n, from u_0 = start.

    `args` = (Lambda of the components, with a Tuple, start as a Tuple, n, place).

    Examples
    --------
    >>> u, v, n = sp.symbols("u v n")
    >>> step = sp.Lambda((u, v), sp.Tuple(u + v, u))
    >>> print(SystemRecursion(step, sp.Tuple(1, 0), n, sp.Integer(0)))
    component 0 after n times (u, v) -> (u + v, u) from (1, 0)
    """

    is_commutative = True
    is_extended_real = True

    def _eval_derivative(self, symbol: Any) -> Any:
        raise NotImplementedError(f"a recursion is not differentiated by its form: {symbol}")

    def _sympystr(self, printer: Any) -> str:
        step, start, count, place = self.args
        names, body = (printer._print(sp.Tuple(*x)) for x in (step.variables, step.expr))
        start, count, place = (printer._print(x) for x in (start, count, place))
        return f"component {place} after {count} times {names} -> {body} from {start}"
