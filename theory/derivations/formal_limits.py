"""Formal objects beside expectations: a value where a size is positive, derivatives at 0, products."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation

__all__ = ["AtZero", "ProductOver", "WherePositive", "given_positive", "split_where_positive"]


class WherePositive(sp.Expr):  # type: ignore[misc]
    """The value where a size is > 0, and 0 elsewhere; `args` = (value, size).

    SymPy's Piecewise would fold the conditions inside a sum into its own. Factors of the size that
    are known to be > 0 are dropped, and numbers > 0 taken out of a sum: the event is the same.

    Examples
    --------
    >>> x = sp.Symbol("x", nonnegative=True)
    >>> WherePositive(sp.log(x), 3 * x) == WherePositive(sp.log(x), x)
    True
    >>> WherePositive(sp.Integer(1), sp.Integer(0)).doit(), WherePositive(x, sp.pi).doit()
    (0, x)
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, value: Any, size: Any) -> Any:
        """Build the object; the size loses its positive factors."""
        _, primitive = sp.sympify(size, strict=True).primitive()  # takes a number > 0 out
        factors = [x for x in sp.Mul.make_args(primitive) if not x.is_positive]
        return sp.Expr.__new__(cls, sp.sympify(value, strict=True), sp.Mul(*factors))

    def doit(self, **hints: Any) -> Any:
        """Evaluate where the sign of the size is known."""
        value, size = self.args
        if size.is_positive:
            return value.doit(**hints)
        return sp.Integer(0) if size.is_nonpositive else self

    def _sympystr(self, printer: Any) -> str:
        value, size = (printer._print(x) for x in self.args)
        return f"{value}*1{{{size} > 0}}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        value, size = (printer._print(x) for x in self.args)
        return rf"{value}\,\mathbf{{1}}_{{\{{{size} > 0\}}}}"


class AtZero(sp.Expr):  # type: ignore[misc]
    """Limit at 0 from the right of a derivative; `args` = (Lambda of one variable > 0, order).

    Only the rules of a derivation can evaluate it. Order 0 is the limit of the function itself.

    Examples
    --------
    >>> p = sp.Symbol("p", positive=True)
    >>> AtZero(sp.Lambda(p, sp.exp(2 * p)), sp.Integer(1)).free_symbols
    set()
    """

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        function, order = self.args
        (variable,) = function.variables
        derivative = f"(d/d{variable})^{order} " if order else ""
        return f"lim_{{{variable}->0+}} {derivative}({printer._print(function.expr)})"

    def _latex(self, printer: Any, **_options: Any) -> str:
        function, order = self.args
        variable = printer._print(function.variables[0])
        derivative = rf"\frac{{d^{order}}}{{d{variable}^{order}}}" if order else ""
        body = printer._print(function.expr)
        return rf"\lim_{{{variable}\to 0+}} {derivative}\left({body}\right)"


class ProductOver(sp.Expr):  # type: ignore[misc]
    """Product of a function over 1, ..., count; `args` = (Lambda of one variable, count).

    SymPy's Product would fold the conditions inside a factor into its own.

    Examples
    --------
    >>> k, x = sp.Symbol("k"), sp.IndexedBase("x")
    >>> print(ProductOver(sp.Lambda(k, x[k]), sp.Integer(3)))
    prod_{k=1..3} x[k]
    """

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        function, count = self.args
        (index,) = function.variables
        return f"prod_{{{index}=1..{printer._print(count)}}} {printer._print(function.expr)}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        function, count = (self.args[0], printer._print(self.args[1]))
        index = printer._print(function.variables[0])
        return rf"\prod_{{{index}=1}}^{{{count}}} {printer._print(function.expr)}"


def given_positive(value: Any, size: Any, *pairs: Any) -> Any:
    """Return E[value | size > 0] = E[value; size > 0] / P(size > 0).

    Parameters
    ----------
    value, size : Expr
        Random.
    *pairs : tuple
        Variables with their laws.

    Returns
    -------
    Expr

    Examples
    --------
    >>> from theory.derivations.formal import Gaussian
    >>> z = sp.Symbol("z", real=True)
    >>> print(given_positive(sp.log(z), z, (z, Gaussian(sp.Integer(1)))))
    E[log(z)*1{z > 0}]/E[1*1{z > 0}]
    """
    chance = Expectation(WherePositive(sp.Integer(1), size), *pairs)
    return Expectation(WherePositive(value, size), *pairs) / chance


def split_where_positive(body: Any) -> tuple[Any, Any]:
    """Return (value, size) of a WherePositive.

    Parameters
    ----------
    body : Expr
        The formal object.

    Returns
    -------
    tuple of Expr

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> split_where_positive(WherePositive(sp.log(x), x))
    (log(x), x)
    """
    if not isinstance(body, WherePositive):
        raise ValueError(f"not a value where a size is positive: {body}")
    return body.args[0], body.args[1]
