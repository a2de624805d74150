"""Rules of algebra: identities, signs, constant factors, equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.arb import enclose
from theory.derivations.domains import Domain, is_nonnegative
from theory.derivations.identities import enclosed, identical, same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome, Verdict

__all__ = [
    "Algebra",
    "Enclosed",
    "EqualOnSigns",
    "PullOut",
    "Solve",
    "SplitAtZero",
    "absorb",
    "null_integrals",
    "on_signs",
    "refuse_captured",
    "single_limits",
]

_POINTS = 2


def single_limits(expr: Any) -> Any:
    """Return (variable, low, high) of a sum or integral over one variable.

    Parameters
    ----------
    expr : Sum or Integral
        Over one range.

    Returns
    -------
    tuple

    Raises
    ------
    ValueError
        If it runs over several variables, or its ends hold the variable itself.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> single_limits(sp.Integral(x * y, (x, 0, 1)))
    (x, 0, 1)
    """
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        raise ValueError(f"not a sum or integral over one range: {expr}")
    variable, *ends = expr.limits[0]
    refuse_captured(variable, *ends)
    return expr.limits[0]


def refuse_captured(name: Any, *exprs: Any) -> None:
    """Refuse a bound name that is free in an expression which would come under its binder.

    Raises
    ------
    ValueError
        If one of `exprs` has `name` among its free symbols.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> refuse_captured(x, y**2, sp.Integral(x, (x, 0, 1)))
    """
    for expr in exprs:
        if name in expr.free_symbols:
            raise ValueError(f"{name} is to be bound, but is free in {expr}")


@dataclass(frozen=True)
class Algebra(Rule):
    """Equality by simplification, Gamma-function and power identities included."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Decide equality; parts that are formal must agree in shape."""
        return same(target, result, domain)


@dataclass(frozen=True)
class Enclosed(Rule):
    """Equality of two closed forms that no symbolic rule covers: by ball arithmetic only."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Enclose the difference at random points and boxes."""
        return enclosed(target, result, domain)


def null_integrals(expr: Any) -> Any:
    """Return `expr` with integrals of 0 replaced by 0.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> null_integrals(1 + sp.Integral(0, (x, 0, sp.oo)))
    1
    """
    return expr.replace(lambda e: isinstance(e, sp.Integral) and e.function == 0, _zero)


def _zero(_expr: Any) -> Any:
    return sp.Integer(0)


def on_signs(expr: Any, atom: Any, positive: Any) -> tuple[Any, Any]:
    """Return the values of `expr` for atom = positive and for atom = -positive.

    Examples
    --------
    >>> z, x = sp.Symbol("z", real=True), sp.Symbol("x", positive=True)
    >>> on_signs(sp.Piecewise((z, z > 0), (0, True)), z, x)
    (x, 0)
    """
    return expr.xreplace({atom: positive}).doit(), expr.xreplace({atom: -positive}).doit()


@dataclass(frozen=True)
class EqualOnSigns(Rule):
    """Equality of piecewise expressions, checked for atom > 0, atom < 0 and atom = 0."""

    atom: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Replace the atom by a positive variable, by its negative and by 0; compare."""
        positive = sp.Dummy("x", positive=True)
        pairs = zip(
            on_signs(target, self.atom, positive),
            on_signs(result, self.atom, positive),
            strict=True,
        )
        outcome = Outcome.proved()
        for mine, other in pairs:
            outcome = outcome.also(same(mine, other, domain))
        zero = [x.xreplace({self.atom: sp.Integer(0)}).doit() for x in (target, result)]
        return outcome.also(same(zero[0], zero[1], domain))


@dataclass(frozen=True)
class SplitAtZero(Rule):
    """Integral over the line = integrals over (0, oo) of f(x) and of f(-x)."""

    positive: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Split, evaluate the pieces of f for each sign, and compare."""
        variable, low, high = single_limits(target)
        refuse_captured(self.positive, target)
        if (low, high) != (-sp.oo, sp.oo) or not self.positive.is_positive:
            return Outcome.unknown("needs an integral over the line and a positive variable")
        right, left = on_signs(target.function, variable, self.positive)
        limits = (self.positive, 0, sp.oo)
        return same(sp.Integral(left, limits) + sp.Integral(right, limits), result, domain)


@dataclass(frozen=True)
class PullOut(Rule):
    """Move a factor free of the bound variable out of (or into) a sum or an integral."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Move every factor inside on both sides and compare."""
        return same(absorb(target), absorb(result), domain)


def absorb(expr: Any) -> Any:
    """Return `expr`, a factor c times one sum or integral, with c inside.

    Raises
    ------
    ValueError
        If `expr` is no such product, or c is not free of the bound variable.

    Examples
    --------
    >>> x, c = sp.symbols("x c")
    >>> absorb(c * sp.Integral(x, (x, 0, 1)))
    Integral(c*x, (x, 0, 1))
    """
    ranged = [x for x in sp.Mul.make_args(expr) if isinstance(x, (sp.Sum, sp.Integral))]
    if len(ranged) != 1:
        raise ValueError(f"not a factor times one sum or integral: {expr}")
    factor = expr / ranged[0]
    refuse_captured(single_limits(ranged[0])[0], factor)
    return ranged[0].func(factor * ranged[0].function, *ranged[0].limits)


@dataclass(frozen=True)
class Solve(Rule):
    """Solve c x^r = right, c, r > 0, for x > 0; sums and integrals in it stand for positive numbers.

    The left side increases in x, so the root is unique. The terms of sums and integrals must be
    >= 0; that their values are not 0 or infinite is cited, for they are moments.
    """

    unknown: Any
    cited = ("0 < E Q^p < oo",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check that the left side is increasing; put the root in; compare the sides."""
        names: dict[Any, Any] = {}
        if self.unknown in target.args[1].free_symbols | result.free_symbols:
            return Outcome.unknown("the right side or the root depends on the unknown")
        left, right, root = (_with_names(x, names) for x in (*target.args, result))
        c, power = sp.expand_power_base(left).as_independent(self.unknown, as_Add=False)
        base, exponent = power.as_base_exp()
        if base != self.unknown or not (domain.positive(c) and domain.positive(exponent)):
            return Outcome.unknown(f"the left side is not c {self.unknown}^r with c, r > 0")
        outcome = identical(left.subs(self.unknown, root), right, domain)
        for ranged in names:
            outcome = outcome.also(self._not_negative(ranged, domain))
        return outcome

    def _not_negative(self, ranged: Any, domain: Domain) -> Outcome:
        """Show a sum or integral to be >= 0 by its terms, else enclose it at random points."""
        refuse_captured(self.unknown, ranged)
        if is_nonnegative(ranged, domain):
            return Outcome.proved()
        points = list(domain.points(ranged.free_symbols, _POINTS, ranged))
        if all(bool(enclose(ranged, point) > 0) for point in points):
            return Outcome(
                Verdict.ENCLOSED, f"a positive integral: enclosed at {len(points)} points"
            )
        return Outcome.unknown(f"cannot show to be positive: {ranged}")


def _with_names(expr: Any, names: dict[Any, Any]) -> Any:
    """Replace every outermost sum or integral by a positive name."""
    if isinstance(expr, (sp.Sum, sp.Integral)):
        return names.setdefault(expr, sp.Dummy("m", positive=True))
    return expr.func(*(_with_names(x, names) for x in expr.args)) if expr.args else expr
