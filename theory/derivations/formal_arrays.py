"""Laws of arrays whose entries are not iid, and the root of an equation in a bound unknown."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Law

__all__ = ["CentredPair", "Independent", "Root"]


class Independent(Law):
    """Law of an array with independent entries, entry i with a law of its own; `args` = (Lambda,).

    Examples
    --------
    >>> from theory.derivations.formal import Gaussian
    >>> i, c = sp.Symbol("i", integer=True, positive=True), sp.IndexedBase("c", positive=True)
    >>> print(Independent(sp.Lambda(i, Gaussian(c[i]))).args[0](2))
    Gaussian(c[2])
    """


class CentredPair(Law):
    """Law of (z[1], z[2]) with means 0; `args` = (variance of z[1], covariance, variance of z[2]).

    An array with two indices has iid rows (z[n, 1], z[n, 2]) with the law.
    """


class Root(sp.Expr):  # type: ignore[misc]
    """The only real root of an equation; `args` = (Lambda of the unknown, an Equation inside).

    The unknown is bound: nothing put into the equation can be taken for it.

    Examples
    --------
    >>> from theory.derivations.formal import Equation
    >>> x, y = sp.symbols("x y", real=True)
    >>> Root(sp.Lambda(x, Equation(2 * x, y))).free_symbols
    {y}
    """

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        (function,) = self.args
        return f"root({printer._print(function.expr)}, {function.variables[0]})"

    def _latex(self, printer: Any, **_options: Any) -> str:
        (function,) = self.args
        equation, unknown = (printer._print(x) for x in (function.expr, function.variables[0]))
        return rf"\operatorname{{root}}_{{{unknown}}}\left({equation}\right)"
