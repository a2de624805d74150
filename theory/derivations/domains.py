"""The domain on which a step is claimed: assumptions of the symbols plus order constraints."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

__all__ = ["Domain", "box_around"]

_TRIES = 4000
_SMALL = 2.0**-20  # radius of the boxes


@dataclass(frozen=True)
class Domain:
    """Constraints x < y or x <= y between symbols (or a symbol and a number), all jointly assumed.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> Domain((x < 1,)).positive(1 - x), Domain().positive(1 - x)
    (True, False)
    """

    constraints: tuple[Any, ...] = ()

    def including(self, *constraints: Any) -> Domain:
        """Return the domain with further constraints; those that hold trivially are dropped."""
        fresh = (c for c in constraints if c is not sp.true and c not in self.constraints)
        return Domain(self.constraints + tuple(fresh))

    def within(self, limits: Any) -> Domain:
        """Return the domain extended by the range of a bound variable: x <= its upper limit."""
        variable, _, upper = limits
        return self if upper.is_infinite else self.including(sp.Le(variable, upper))

    def positive(self, expr: Any) -> bool:
        """Whether expr > 0 follows from assumptions and constraints."""
        free = self.free_form(expr)
        return any(x.is_positive is True for x in (free, _factored(free))) or _without_roots(free)

    def nonnegative(self, expr: Any) -> bool:
        """Whether expr >= 0 follows from assumptions and constraints."""
        free = self.free_form(expr)
        return free.is_nonnegative is True or _factored(free).is_nonnegative is True

    def implies(self, relation: Any) -> bool:
        """Whether the domain implies a relation of the forms x < y, x <= y."""
        if relation is sp.true or relation in self.constraints:
            return True
        check = self.positive if isinstance(relation, sp.StrictLessThan) else self.nonnegative
        return check(relation.gts - relation.lts)

    def free_form(self, expr: Any) -> Any:
        """Rewrite in free positive variables: y = x + w for x < y, x = c/(1 + w) for x < c."""
        for relation in self.constraints:
            small, large = relation.lts, relation.gts
            slack = _slack(relation)
            old, new = (large, small + slack) if large.is_Symbol else _below(small, large, slack)
            expr = expr.subs(old, new)
        return expr

    def points(self, symbols: Iterable[Any], count: int, seed: Any) -> Iterator[dict[Any, Any]]:
        """Yield random exact points of the domain; the seed is any SymPy object."""
        wanted = set(symbols)
        for relation in self.constraints:
            wanted |= relation.free_symbols
        names = sorted(wanted, key=str)
        generator = random.Random(zlib.crc32(sp.srepr(seed).encode()))
        for _ in range(count):
            yield self._point(names, generator)

    def _point(self, names: list[Any], generator: random.Random) -> dict[Any, Any]:
        for _ in range(_TRIES):
            point = {name: _draw(name, generator) for name in names}
            if all(relation.subs(point) == sp.true for relation in self.constraints):
                return point
        raise ValueError(f"no point found in the domain {self.constraints}")


def box_around(point: dict[Any, Any]) -> dict[Any, Any]:
    """Widen a rational point, symbol to number, to a box of radius 2^-20; whole symbols stay exact.

    Examples
    --------
    >>> x, n = sp.Symbol("x"), sp.Symbol("n", integer=True)
    >>> box = box_around({x: sp.Rational(1, 2), n: sp.Integer(3)})
    >>> box[x].contains(0.5 + 2.0**-21), box[n]
    (True, 3)
    """
    return {
        name: value if name.is_integer else arb(int(value.p)) / int(value.q) + arb(0, _SMALL)
        for name, value in point.items()
    }


def _factored(expr: Any) -> Any:
    return sp.factor(sp.together(expr))


def _without_roots(expr: Any) -> bool:
    """Whether expr is a rational polynomial in one real symbol, positive at 0, without real root."""
    symbols = expr.free_symbols
    if len(symbols) != 1 or not expr.is_polynomial(*symbols) or not next(iter(symbols)).is_real:
        return False
    polynomial = sp.Poly(expr, *symbols)
    rational = polynomial.domain in (sp.ZZ, sp.QQ)
    return rational and polynomial.eval(0) > 0 and polynomial.count_roots() == 0


def _slack(relation: Any) -> Any:
    strict = isinstance(relation, sp.StrictLessThan)
    whole = all(side.is_integer for side in relation.args)
    sign = {"positive": True} if strict else {"nonnegative": True}
    return sp.Dummy("w", integer=whole or None, **sign)


def _below(small: Any, large: Any, slack: Any) -> tuple[Any, Any]:
    if small.is_Symbol and large.is_number and small.is_nonnegative:
        real = sp.Dummy("w", positive=slack.is_positive, nonnegative=True)
        return small, large / (1 + real)
    if small.is_Symbol and large.is_Add:  # n <= d - 1: solve for the larger symbol
        whole = next(x for x in sorted(large.free_symbols, key=str))
        return whole, sp.solve(large - small - slack, whole)[0]
    raise ValueError(f"constraint not supported: {small} < {large}")


def _draw(symbol: Any, generator: random.Random) -> Any:
    if symbol.is_integer:
        return sp.Integer(generator.randint(1 if symbol.is_positive else 0, 9))
    value = sp.Rational(generator.randint(1, 255), generator.choice((64, 128, 256)))
    return value if symbol.is_nonnegative else value * generator.choice((1, -1))
