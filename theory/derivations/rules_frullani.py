"""Rules on Frullani's integrals, which turn logarithms of a size into its Laplace transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.identities import same
from theory.derivations.rules_integrals import Standard
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["FrullaniIntegral", "FrullaniSwap"]


@dataclass(frozen=True)
class FrullaniIntegral(Standard):
    """Integral of (w0 + w1 log t) (exp(-a t) - exp(-b t)) / t over (0, oo), a, b > 0.

    Its value is w0 (log b - log a) + w1 ((log a)^2 - (log b)^2 + 2 gamma (log a - log b)) / 2, the
    value and the derivative at p = 0 of the integral of t^(p-1) (exp(-a t) - exp(-b t)), which is
    Gamma(p) (a^-p - b^-p).
    """

    ranges = ((sp.Integer(0), sp.oo),)

    def entry(self, rest: Any, variable: Any, ends: tuple[Any, Any]) -> tuple[Any, list[Any]]:
        """See the class."""
        (plain, weighted), (a, b) = _frullani(rest, variable)
        first, second = sp.log(a), sp.log(b)
        squares = (first**2 - second**2) / 2 + sp.EulerGamma * (first - second)
        return plain * (second - first) + weighted * squares, [a, b]


def _frullani(integrand: Any, variable: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Read (w0, w1), (a, b) off (w0 + w1 log t) (exp(-a t) - exp(-b t)) / t."""
    e, f, logarithm = sp.symbols("e f L", cls=sp.Dummy)
    whole = sp.expand(integrand * variable, power_exp=False)
    exponentials = sorted(whole.atoms(sp.exp), key=str)
    if len(exponentials) != 2:
        raise ValueError(f"not a difference of two exponentials: {integrand}")
    rates = tuple(-x.args[0] / variable for x in exponentials)
    names = dict(zip(exponentials, (e, f), strict=True))
    named = whole.xreplace(names).xreplace({sp.log(variable): logarithm})
    weight = sp.Poly(named, e, f).coeff_monomial(e)
    plain, slope = weight.subs(logarithm, 0), sp.diff(weight, logarithm)
    linear = sp.expand(named - (plain + slope * logarithm) * (e - f)) == 0
    if not linear or any(x.has(variable, logarithm) for x in (plain, slope, *rates)):
        raise ValueError(
            f"not of the form (w0 + w1 log t) (exp(-a t) - exp(-b t)) / t: {integrand}"
        )
    return (plain, slope), rates


@dataclass(frozen=True)
class FrullaniSwap(Rule):
    """E of Frullani's integral with rates 1 and Y > 0 = integral of E.

    For each Y the difference of exponentials has one sign, so the integral of the absolute value is
    |log Y|, or at most C (1 + log^2 Y) with the weight w0 + w1 log t: Fubini's theorem applies if E
    of these is finite.
    """

    cited = ("Fubini's theorem", "E log^2 Q < oo given Q > 0")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the form of the integrand; swap; compare."""
        ((size, law),) = target.pairs
        constant, inner = target.body.as_independent(sp.Integral, as_Add=False)
        if not isinstance(law, ByTransform) or not isinstance(inner, sp.Integral):
            return Outcome.unknown("not E of an integral under a law given by its transform")
        ((variable, low, high),) = inner.limits
        weights, rates = _frullani(inner.function, variable)
        free = {variable} & (constant.free_symbols | law.free_symbols)
        hypotheses = {
            "an integral over (0, oo)": (low, high) == (0, sp.oo),
            "rates 1 and Y > 0": set(rates) == {sp.Integer(1), size} and size.is_positive is True,
            "weights not random": not any(x.has(size) for x in (*weights, constant)),
            "a bound variable of its own": not free,
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        if failed:
            return Outcome.unknown(f"not shown: {failed}")
        mean = Expectation(inner.function, *target.pairs)
        return same(constant * sp.Integral(mean, (variable, low, high)), result, domain)
