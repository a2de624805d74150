"""The domain on which a step is claimed: assumptions of the symbols plus order constraints."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

__all__ = ["Domain", "box_around", "is_nonnegative", "is_smooth"]

_TRIES = 4000
_SIGNED = 4  # symbols whose signs run through all patterns; further ones have random signs
_SMALL_INTEGERS, _LARGE_INTEGERS = 9, 25
_LARGE_EVERY = 4  # every fourth point, the third first, has whole numbers above 9
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

    def without(self, names: Iterable[Any]) -> Domain:
        """Return the domain less the constraints on any of the names."""
        return Domain(tuple(c for c in self.constraints if c.free_symbols.isdisjoint(names)))

    def within(self, limits: Any) -> Domain:
        """Return the domain extended by the range of a bound variable: x <= its upper limit."""
        variable, _, upper = limits
        return self if upper.is_infinite else self.including(sp.Le(variable, upper))

    def positive(self, expr: Any) -> bool:
        """Whether expr > 0 follows from assumptions and constraints."""
        shown = any(x.is_positive is True for x in self._forms(expr))
        return shown or _without_roots(self.free_form(expr))

    def nonnegative(self, expr: Any) -> bool:
        """Whether expr >= 0 follows from assumptions and constraints."""
        return any(x.is_nonnegative is True for x in self._forms(expr))

    def _forms(self, expr: Any) -> Iterator[Any]:
        """Yield `expr` in forms that show different constraints: as given, and in free variables."""
        yield expr
        free = self.free_form(expr)
        yield free
        yield _factored(free)
        yield Domain(self.constraints[::-1]).free_form(expr)

    def implies(self, relation: Any) -> bool:
        """Whether the domain implies a relation of the forms x < y, x <= y."""
        if relation is sp.true or relation in self.constraints:
            return True
        check = self.positive if isinstance(relation, sp.StrictLessThan) else self.nonnegative
        return check(relation.gts - relation.lts)

    def free_form(self, expr: Any) -> Any:
        """Rewrite in free variables: y = x + w for x < y, x = c/(1 + w) for 0 < x < c.

        Constraints that fit neither form are left out: less is known then, nothing wrong.
        """
        for relation in self.constraints:
            small, large = relation.lts, relation.gts
            slack = _slack(relation)
            old, new = (large, small + slack) if large.is_Symbol else _below(small, large, slack)
            expr = expr.subs(old, new)
        return expr

    def points(self, symbols: Iterable[Any], count: int, seed: Any) -> Iterator[dict[Any, Any]]:
        """Yield at least `count` random exact points of the domain; the seed is any SymPy object, by its text.

        They run through every pattern of signs of the symbols of either sign (the first four), as
        far as the constraints allow it.
        """
        wanted = set(symbols)
        for relation in self.constraints:
            wanted |= relation.free_symbols
        names = sorted(wanted, key=str)
        generator = random.Random(zlib.crc32(str(seed).encode()))  # not srepr: it numbers dummies
        signed = [x for x in names if not (self.nonnegative(x) or x.is_nonpositive)]
        patterns = 2 ** min(len(signed), _SIGNED)
        points = (
            self._point(names, _signs(signed, number % patterns, generator), number, generator)
            for number in range(max(count, patterns))
        )
        found = False
        for point in points:
            found = found or point is not None
            if point is not None:
                yield point
        if not found:
            raise ValueError(f"no point found in the domain {self.constraints}")

    def _point(
        self, names: list[Any], signs: dict[Any, int], number: int, generator: random.Random
    ) -> dict[Any, Any] | None:
        """Draw until the constraints hold; None where they do not allow these signs and sizes."""
        large = number % _LARGE_EVERY == 2
        for _ in range(_TRIES):
            point = {name: signs.get(name, 1) * _draw(name, large, generator) for name in names}
            if all(relation.subs(point) == sp.true for relation in self.constraints):
                return point
        return None


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
    if small.is_Symbol and large.is_number:
        if not (small.is_positive and large.is_positive):
            return small, small
        real = sp.Dummy("w", positive=slack.is_positive, nonnegative=True)
        return small, large / (1 + real)
    if small.is_Symbol and large.is_Add:  # n <= d - 1: solve for the larger symbol
        whole = next(x for x in sorted(large.free_symbols, key=str))
        return whole, sp.solve(large - small - slack, whole)[0]
    raise ValueError(f"constraint not supported: {small} < {large}")


def _signs(signed: list[Any], pattern: int, generator: random.Random) -> dict[Any, int]:
    """Return a sign for each symbol: the binary digits of the pattern, then random ones."""
    digits = [pattern >> place & 1 for place in range(_SIGNED)]
    digits += [generator.randint(0, 1) for _ in signed[_SIGNED:]]
    return {symbol: -1 if digit else 1 for symbol, digit in zip(signed, digits, strict=False)}


def _draw(symbol: Any, large: bool, generator: random.Random) -> Any:
    """Draw an absolute value, with the sign only of a symbol declared <= 0."""
    sign = -1 if symbol.is_nonpositive and not symbol.is_zero else 1
    if symbol.is_integer:
        least = int(symbol.is_nonzero is True)
        low, high = (_SMALL_INTEGERS + 1, _LARGE_INTEGERS) if large else (least, _SMALL_INTEGERS)
        return sign * sp.Integer(generator.randint(low, high))
    return sign * sp.Rational(generator.randint(1, 255), generator.choice((64, 128, 256)))


_ENTIRE = (sp.Add, sp.Mul, sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.erf, sp.erfc)
_SMOOTH_ON_THE_LINE = (sp.tanh, sp.asinh, sp.atan)  # not at every complex argument


def is_smooth(expr: Any, variable: Any, domain: Domain) -> bool:
    """Whether the form of `expr` shows it to be a smooth function of a variable on the domain.

    It may hold sums, products, functions smooth on the line, whole powers >= 0, and powers and
    logarithms of what the domain shows to be positive.

    Examples
    --------
    >>> x, t = sp.Symbol("x", real=True), sp.Symbol("t", positive=True)
    >>> is_smooth(sp.sqrt(1 + t * x**2), x, Domain()), is_smooth(1 / (x - t), x, Domain())
    (True, False)
    """
    if expr == variable or variable not in expr.free_symbols:
        return True
    if not all(is_smooth(arg, variable, domain) for arg in expr.args):
        return False
    if isinstance(expr, sp.Pow):
        whole = expr.exp.is_Integer and expr.exp.is_nonnegative
        return bool(whole) or domain.positive(expr.base)
    if isinstance(expr, sp.log):
        return domain.positive(expr.args[0])
    if isinstance(expr, _SMOOTH_ON_THE_LINE):
        return expr.args[0].is_real is True
    return isinstance(expr, _ENTIRE)


def is_nonnegative(expr: Any, domain: Domain) -> bool:
    """Whether `expr` >= 0 on the domain, as seen from its factors; sums and integrals by their terms.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> is_nonnegative(sp.Integral(x * sp.exp(-x), (x, 0, sp.oo)), Domain())
    True
    >>> is_nonnegative(sp.Integral(-x * sp.exp(-x), (x, 0, sp.oo)), Domain())
    False
    """
    if isinstance(expr, (sp.Sum, sp.Integral)):
        return _has_nonnegative_terms(expr, domain)
    if isinstance(expr, sp.Mul):
        return all(is_nonnegative(factor, domain) for factor in expr.args)
    if isinstance(expr, sp.Pow) and expr.exp.is_real and not domain.nonnegative(expr):
        return is_nonnegative(expr.base, domain)
    return _is_euler_positive(expr, domain) or domain.nonnegative(expr)


def _has_nonnegative_terms(expr: Any, domain: Domain) -> bool:
    if len(expr.limits) != 1:
        return False
    variable, low, high = expr.limits[0]
    inside = domain.within(expr.limits[0]).including(sp.Le(low, variable))
    ordered = isinstance(expr, sp.Sum) or high == sp.oo or domain.nonnegative(high - low)
    return ordered and is_nonnegative(expr.function, inside)


def _is_euler_positive(expr: Any, domain: Domain) -> bool:
    """Whether `expr` is a 2F1(a, b; c; z), c >= b >= 0, c > 0, z < 1: positive by Euler's integral."""
    if not (isinstance(expr, sp.hyper) and (len(expr.ap), len(expr.bq)) == (2, 1)):
        return False
    (c,) = expr.bq
    ordered = any(domain.nonnegative(b) and domain.nonnegative(c - b) for b in expr.ap)
    real = all(x.is_real for x in expr.ap)
    return real and ordered and domain.positive(c) and domain.positive(sp.expand(1 - expr.argument))
