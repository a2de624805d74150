"""Formal objects for laws of the norm and for tails: powers off an atom, indicators, stationary laws."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Law

__all__ = [
    "Cumulant",
    "GivenPast",
    "ImaginaryPart",
    "Indicator",
    "PositivePower",
    "PositiveRoot",
    "Stationary",
    "Supremum",
    "Survives",
]


class PositivePower(sp.Function):  # type: ignore[misc]
    """x^z for x > 0 and 0 for x = 0, of any complex order z; `args` = (x, z), x >= 0.

    Examples
    --------
    >>> x, z = sp.Symbol("x", positive=True), sp.Symbol("z")
    >>> PositivePower(x, z), PositivePower(0, z)
    (x**z, 0)
    """

    nargs = 2

    @classmethod
    def eval(cls, base: Any, order: Any) -> Any:
        """Evaluate where the sign of the base is known."""
        if base.is_zero:
            return sp.Integer(0)
        return base**order if base.is_positive else None


class Survives(sp.Function):  # type: ignore[misc]
    """The indicator of x > 0, x >= 0; `args` = (x,).

    Examples
    --------
    >>> Survives(sp.Symbol("x", positive=True)), Survives(0)
    (1, 0)
    """

    nargs = 1
    is_nonnegative = True

    @classmethod
    def eval(cls, base: Any) -> Any:
        """Evaluate where the sign is known."""
        if base.is_zero:
            return sp.Integer(0)
        return sp.Integer(1) if base.is_positive else None


class Indicator(sp.Function):  # type: ignore[misc]
    """The indicator of x <= y; `args` = (x, y). Never evaluated."""

    nargs = 2
    is_nonnegative = True


class ImaginaryPart(sp.Function):  # type: ignore[misc]
    """Im z; `args` = (z,). Never evaluated, unlike SymPy's, which expands its argument."""

    nargs = 1
    is_extended_real = True

    def _latex(self, printer: Any, **_options: Any) -> str:
        return rf"\operatorname{{Im}}\left({printer._print(self.args[0])}\right)"


class Supremum(sp.Expr):  # type: ignore[misc]
    """The supremum of an expression over all real values of a symbol; `args` = (expression, symbol)."""

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        return f"sup({printer._print(self.args[0])}, {printer._print(self.args[1])})"


class Cumulant(sp.Expr):  # type: ignore[misc]
    """Cumulant of a function of a random variable; `args` = (function, order, variable, law)."""

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        return f"cumulant{self.args[1]}[{printer._print(self.args[0])}]"


class PositiveRoot(sp.Expr):  # type: ignore[misc]
    """The positive root of an Equation in a symbol; `args` = (Equation, symbol)."""

    is_commutative = True
    is_extended_real = True

    def _sympystr(self, printer: Any) -> str:
        return f"root({printer._print(self.args[0])}, {printer._print(self.args[1])})"


class GivenPast(Law):
    """Laws on [0, oo) of successive variables given all before, by one Laplace transform.

    `args` = (Lambda, inputs): the transform may depend on the inputs, the state before the step.
    """


class Stationary(Law):
    """The stationary law of R -> step(R, V), V drawn afresh; `args` = (Lambda, (variable, law), ...)."""

    def __new__(cls, step: Any, *pairs: Any) -> Any:
        """Build the law; a pair is (variable, law)."""
        return sp.Basic.__new__(cls, step, *(sp.Tuple(*pair) for pair in pairs))
