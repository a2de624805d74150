"""Formal objects that SymPy lacks: expectations over named laws, and equations to be solved."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = [
    "Bernoulli",
    "ByCumulants",
    "ByTransform",
    "Density",
    "Equation",
    "Expectation",
    "Gaussian",
    "Law",
    "Uniform",
    "falls_with_width",
    "is_formal",
    "occurs",
]


class Law(sp.Basic):  # type: ignore[misc]
    """Law of one random variable, or of every entry of an iid array."""

    def _sympystr(self, printer: Any) -> str:
        # SymPy would look for a printer by the class name, and finds those of its own classes.
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"


class Gaussian(Law):
    """N(0, variance); `args` = (variance,)."""


class Uniform(Law):
    """U[lower, upper]; `args` = (lower, upper)."""


class Bernoulli(Law):
    """1 with the given probability, else 0; `args` = (probability,)."""


class Density(Law):
    """The law with a density on (lower, upper); `args` = (Lambda, lower, upper)."""


class ByTransform(Law):
    """The law on [0, oo) with a given Laplace transform, which determines it; `args` = (Lambda,)."""


class ByCumulants(Law):
    """A law on [0, oo), or a centred one, with given first cumulants; `args` = (k1, k2, ...)."""


def falls_with_width(law: Any) -> bool:
    """Whether cumulant j of a centred law falls like width^(1-j): it is that of a mean over a width.

    The width is a whole number > 0 in the cumulants; expansions in 1/width rest on this.

    Parameters
    ----------
    law : Law
        Any.

    Returns
    -------
    bool

    Examples
    --------
    >>> v, d = sp.Symbol("v", positive=True), sp.Symbol("d", integer=True, positive=True)
    >>> zero = sp.Integer(0)
    >>> [falls_with_width(ByCumulants(zero, v / d, x)) for x in (v / d, v / d**2)]
    [False, True]
    """
    if not isinstance(law, ByCumulants) or law.args[0] != 0:
        return False
    whole = [x for x in law.free_symbols if x.is_integer and x.is_positive]
    return any(
        not any(sp.simplify(k * x ** (j - 1)).has(x) for j, k in enumerate(law.args[1:], start=2))
        for x in whole
    )


class Expectation(sp.Expr):  # type: ignore[misc]
    """E of a body over independent variables; `args` = (body, (variable, law), ...).

    A variable is a Symbol, or an IndexedBase whose entries are iid with the law. It cannot be
    evaluated: only the rules of a derivation can rewrite it.

    Examples
    --------
    >>> z = sp.Symbol("z", real=True)
    >>> Expectation(z**2, (z, Gaussian(sp.Integer(1)))).body
    z**2
    """

    is_commutative = True

    def _eval_is_extended_real(self) -> bool | None:
        return None if self.has(sp.I) else True

    def _eval_derivative(self, symbol: Any) -> Any:
        # SymPy would put a value into an unevaluated derivative, and find the derivative of a constant.
        raise NotImplementedError(f"an expectation is not differentiated by its form: {symbol}")

    def __new__(cls, body: Any, *pairs: Any) -> Any:
        """Build the expectation; a pair is (variable, law)."""
        if not pairs:
            raise ValueError("pairs must hold at least one (variable, law), got none")
        return sp.Expr.__new__(cls, sp.sympify(body, strict=True), *(sp.Tuple(*x) for x in pairs))

    @property
    def body(self) -> Any:
        """The random expression."""
        return self.args[0]

    @property
    def pairs(self) -> tuple[Any, ...]:
        """The (variable, law) pairs."""
        return tuple(self.args[1:])

    @property
    def variables(self) -> tuple[Any, ...]:
        """The random variables."""
        return tuple(pair[0] for pair in self.pairs)

    def _sympystr(self, printer: Any) -> str:
        return f"E[{printer._print(self.body)}]"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\mathbb{{E}}\left[{printer._print(self.body)}\right]"


class Equation(sp.Expr):  # type: ignore[misc]
    """An equation to be solved, never evaluated to true or false; `args` = (left, right)."""

    def _sympystr(self, printer: Any) -> str:
        return f"{printer._print(self.args[0])} = {printer._print(self.args[1])}"

    def _latex(self, printer: Any, **_options: Any) -> str:
        return f"{printer._print(self.args[0])} = {printer._print(self.args[1])}"


def is_formal(expr: Any) -> bool:
    """Whether `expr` still holds something to be evaluated or solved.

    Examples
    --------
    >>> is_formal(sp.Integral(sp.Symbol("x"), (sp.Symbol("x"), 0, 1))), is_formal(sp.pi)
    (True, False)
    """
    return bool(expr.has(Expectation, Equation, sp.Integral, sp.Sum))


def occurs(name: Any, *expressions: Any) -> bool:
    """Whether a symbol or an array occurs in an expression; z[i] holds the array z, not a symbol z.

    A rule that binds a name in its result must refuse one that occurs already: it would be captured.

    Parameters
    ----------
    name : Symbol or IndexedBase
        The name.
    *expressions : Expr
        Where to look.

    Returns
    -------
    bool

    Examples
    --------
    >>> z, array, i = sp.Symbol("z"), sp.IndexedBase("z"), sp.Symbol("i")
    >>> occurs(z, array[i]), occurs(array, array[i]), occurs(z, array[i] + z)
    (False, True, True)
    """
    return any(_occurs(name, expr) for expr in expressions)


def _occurs(name: Any, expr: Any) -> bool:
    arrays = expr.atoms(sp.IndexedBase)
    if isinstance(name, sp.IndexedBase):
        return name in arrays
    unnamed = expr.xreplace({array: sp.IndexedBase(sp.Dummy()) for array in arrays})
    return name in unnamed.atoms(sp.Symbol)
