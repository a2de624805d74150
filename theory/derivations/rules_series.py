"""Rules for expansions in 1/width: cumulants, Taylor polynomials with bounds, series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from theory.derivations.arb import enclose
from theory.derivations.domains import Domain
from theory.derivations.formal import ByCumulants, Expectation, Gaussian, falls_with_width, occurs
from theory.derivations.identities import identical, same
from theory.derivations.rules_calculus import on_signs
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome, Verdict

__all__ = [
    "CumulantMoments",
    "CumulantsOfSquare",
    "PowerTaylor",
    "SeriesInWidth",
    "Standardise",
    "raw_moments",
]

_CELLS = 16


def raw_moments(cumulants: tuple[Any, ...]) -> list[Any]:
    """Return E X^j, j = 0..len(cumulants), by the recursion between moments and cumulants.

    Examples
    --------
    >>> raw_moments((sp.Integer(0), sp.Integer(1), sp.Integer(0), sp.Integer(0)))
    [1, 0, 1, 0, 3]
    """
    moments: list[Any] = [sp.Integer(1)]
    for order in range(1, len(cumulants) + 1):
        terms = (
            sp.binomial(order - 1, j - 1) * cumulants[j - 1] * moments[order - j]
            for j in range(1, order + 1)
        )
        moments.append(sp.expand(sp.Add(*terms)))
    return moments


@dataclass(frozen=True)
class CumulantsOfSquare(Rule):
    """Name the law of g(z), z ~ N(0, 1), by its cumulants, computed from the moments of g(z)."""

    array: Any
    named: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Integrate the powers of g against the normal density; compare with the law's moments."""
        (total,) = target.body.atoms(sp.Sum)
        ((array, law),) = result.pairs
        ((index, low, _),) = total.limits
        if target.pairs != (sp.Tuple(self.array, Gaussian(sp.Integer(1))),) or low != 1:
            return Outcome.unknown(f"not a sum from 1 over {self.array} of entries N(0, 1)")
        if not isinstance(law, ByCumulants) or target.has(array):
            return Outcome.unknown(f"{array} must be new, its law given by cumulants")
        body = target.body.xreplace({total: sp.Sum(array[index], *total.limits)})
        if body.has(self.array) or index in _symbols_beside(total.function, self.array[index]):
            return Outcome.unknown(f"the terms are not g({self.array}[{index}]), or entries stray")
        outcome = same(Expectation(body, (array, law)), result, domain)
        for order, moment in enumerate(raw_moments(law.args)):
            value = _normal_moment(total.function**order, self.array[index])
            outcome = outcome.also(identical(value, moment, domain))
        return outcome if array == self.named else Outcome.unknown(f"{array} is not the new array")


def _symbols_beside(function: Any, entry: Any) -> Any:
    return function.xreplace({entry: sp.Dummy()}).free_symbols


def _normal_moment(function: Any, entry: Any) -> Any:
    x = sp.Dummy("x", positive=True)
    both = sum(on_signs(function, entry, x))
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    return sp.integrate(both * density, (x, 0, sp.oo))


@dataclass(frozen=True)
class Standardise(Rule):
    """S = sum of d iid terms of mean m: E S^r = (m d)^r E (1+X)^r, X = (S - m d)/(m d).

    Cumulants add up over independent terms and scale by the power of the factor.
    """

    variable: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Build the law of X from the law of one term; compare."""
        ((array, law),) = target.pairs
        base, power = target.body.as_base_exp()
        ((index, low, width),) = base.limits
        if not isinstance(law, ByCumulants) or occurs(self.variable, target) or power.has(array):
            return Outcome.unknown(f"needs a law by cumulants and a new name, not {self.variable}")
        mean = law.args[0] * width
        counted = width.is_integer and domain.positive(width) and not occurs(array, width)
        if base.function != array[index] or low != 1 or not (counted and domain.positive(mean)):
            return Outcome.unknown("the body is not a power of a sum of iid terms of positive mean")
        scaled = [width * x / mean**j for j, x in enumerate(law.args[1:], start=2)]
        standard = ByCumulants(sp.Integer(0), *scaled)
        factor = Expectation((1 + self.variable) ** power, (self.variable, standard))
        return same(mean**power * factor, result, domain)


@dataclass(frozen=True)
class PowerTaylor(Rule):
    """Replace (1+X)^r inside E by its Taylor polynomial of a given degree.

    Checked: the coefficients, and |remainder| <= bound |x|^(degree+1) for |x| <= 1/2 and r in
    (0, 2], on boxes that cover this set. With degree 2m - 1 the remainder is O(d^-m).
    """

    variable: Any
    degree: int
    bound: int
    cited = (
        "E|X|^(2m) = O(d^-m) and P(|X| > 1/2) = O(d^-m) for every m, as phi(z)^2 has all moments",
    )

    @property
    def relation(self) -> str:
        """Equality up to the remainder."""
        return "~"

    @property
    def error_order(self) -> int:
        """Order m = (degree + 1)/2: X has E |X|^(2m) = O(d^-m)."""
        return (self.degree + 1) // 2

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute the polynomial and bound the remainder; compare."""
        (expectation,) = target.atoms(Expectation)
        base, power = expectation.body.as_base_exp()
        x = self.variable
        if base != 1 + x or power.has(x):
            return Outcome.unknown(f"the body is not a power of 1 + {x}")
        if self.degree % 2 == 0 or not domain.positive(power) or not domain.nonnegative(2 - power):
            return Outcome.unknown(f"needs an odd degree and a power in (0, 2], got {power}")
        terms = [sp.ff(power, j) / sp.factorial(j) * x**j for j in range(self.degree + 1)]
        fresh = Expectation(sp.Add(*terms), *expectation.pairs)
        outcome = same(target.xreplace({expectation: fresh}), result, domain)
        return outcome.also(self._remainder()).also(_relative(target, expectation))

    def _remainder(self) -> Outcome:
        """Enclose Lagrange's form of the remainder on every box of the cover."""
        x, r = sp.Dummy("x"), sp.Dummy("r")
        order = self.degree + 1
        lagrange = sp.diff((1 + x) ** r, x, order) / sp.factorial(order)
        for xs in _cells(-0.5, 0.5):
            for rs in _cells(0, 2):
                if not bool(abs(enclose(lagrange, {x: xs, r: rs})) <= self.bound):
                    return Outcome.unknown(f"remainder not bounded by {self.bound} on {xs}, {rs}")
        return Outcome(
            Verdict.ENCLOSED, f"remainder <= {self.bound} |x|^{order} on {_CELLS**2} boxes"
        )


def _relative(target: Any, expectation: Any) -> Outcome:
    """The target must be c E^k of a centred law, k fixed, so that relative errors stay in order."""
    ((_, law),) = expectation.pairs
    if not falls_with_width(law):
        return Outcome.unknown(f"{law} is not the centred law of a mean, given by cumulants")
    y = sp.Dummy("y", positive=True)
    whole = target.xreplace({expectation: y})
    exponent = sp.simplify(y * sp.diff(whole, y) / whole)
    if exponent.free_symbols & (law.free_symbols | {y}):
        return Outcome.unknown(f"{target} is not a fixed power of the expectation, up to a factor")
    return Outcome.proved()


def _cells(low: float, high: float) -> list[Any]:
    """Cover [low, high] by balls."""
    half = (high - low) / (2 * _CELLS)
    return [arb(low + (2 * j + 1) * half, half) for j in range(_CELLS)]


@dataclass(frozen=True)
class CumulantMoments(Rule):
    """E of a polynomial in X from the cumulants of X."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute the moments; replace the powers; compare."""
        ((variable, law),) = target.pairs
        if not isinstance(law, ByCumulants):
            return Outcome.unknown(f"{law} is not given by its cumulants")
        moments = raw_moments(law.args)
        polynomial = sp.Poly(target.body, variable)
        if polynomial.degree() >= len(moments):
            return Outcome.unknown("more moments than known cumulants")
        terms = [c * moments[j] for (j,), c in polynomial.terms()]
        return identical(sp.Add(*terms), result, domain)


@dataclass(frozen=True)
class SeriesInWidth(Rule):
    """Expand in 1/width around infinite width, to a given order relative to the leading term.

    Checked: after division by the leading term, both sides are smooth in e = 1/width at 0, have the
    same derivatives at e = 0 up to the order, and the result is a polynomial of that degree.
    """

    width: Any
    leading: Any
    order: int
    cited = ("cumulants fixed, width to infinity",)

    @property
    def relation(self) -> str:
        """Equality up to the first term left out."""
        return "~"

    @property
    def error_order(self) -> int:
        """Order of the first term left out, relative to the leading one."""
        return self.order + 1

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare Taylor coefficients in 1/width."""
        e = sp.Dummy("e", positive=True)
        ours, theirs = (
            sp.expand(sp.powsimp(x / self.leading)).subs(self.width, 1 / e)
            for x in (target, result)
        )
        if not theirs.is_polynomial(e) or sp.degree(theirs, e) > self.order:
            return Outcome.unknown(f"the result is not a polynomial of degree {self.order} in 1/d")
        outcome = identical(ours.subs(e, 0), sp.Integer(1), domain)  # it is the leading term
        for j in range(self.order + 1):
            mine, other = (sp.diff(f, e, j).subs(e, 0) for f in (ours, theirs))
            outcome = outcome.also(identical(mine, other, domain))
        return outcome
