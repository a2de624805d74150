"""Moments of Z = chi^2_d/d, and the Gamma inequality that bounds E sqrt(Z): C6 of deep linear nets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import Expectation
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, STANDARD
from theory.derivations.rules_bounded_factors import RootBelowTangent, TimesLemma
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_gamma_ratio import BelowByRecurrence
from theory.derivations.rules_integrals import GammaIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols import p
from theory.derivations.symbols_deep_linear import a, d, q

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "chi_moment",
    "gamma_inequality",
    "gamma_inequality_lower",
    "mean_square_moment",
    "root_chi_mean",
]

_HALF = sp.Rational(1, 2)
_X = sp.Symbol("x", positive=True)
_SQUARES = sp.Sum(NORMAL[INDEX] ** 2, (INDEX, 1, d))


def mean_square_moment(order: Any) -> Any:
    """Return E Z^order, Z the mean of the squares of d iid N(0, 1) variables.

    Examples
    --------
    >>> print(mean_square_moment(q))
    E[(Sum(z[i]**2, (i, 1, d))/d)**q]
    """
    return Expectation((_SQUARES / d) ** order, (NORMAL, STANDARD))


def _moment(name: str, order: Any) -> Derivation:
    """Derive E Z^order = 2^order Gamma(d/2 + order)/(d^order Gamma(d/2)), order > 0."""
    start = Derivation(name, mean_square_moment(order), f"E Z^{order}, d Z ~ chi^2_d")
    plain = Expectation(_SQUARES**order, (NORMAL, STANDARD))
    lemma, values = sums.linear(), ((p, order),)
    apart = d**-order * plain
    return start.then(Linearity(), start.definition, apart, "constant factor").then(
        Lemma(lemma, values), plain, sums.chi_moment(d, order), "moment of chi-square"
    )


def chi_moment() -> Derivation:
    """Derive E Z^q = 2^q Gamma(d/2 + q)/(d^q Gamma(d/2)), d Z ~ chi^2_d, q > 0.

    Examples
    --------
    >>> chi_moment().verify().verdict.value
    'proved'
    """
    return _moment("dl.chi-moment", q)


def _ratio(over: Any, under: Any) -> tuple[Any, Any]:
    """Return Euler's integrals of Gamma(over) and Gamma(under)."""
    one, two = (sp.Integral(_X ** (z - 1) * sp.exp(-_X), (_X, 0, sp.oo)) for z in (over, under))
    return one, two


def _by_recurrence(name: str, over: Any, under: Any, bound: Any, least: Any) -> Derivation:
    """Derive Gamma(over)/Gamma(under) <= bound for the values of a that `least` allows."""
    integrals = _ratio(over, under)
    meaning = f"Gamma({over})/Gamma({under}), by Euler's integrals"
    done = Derivation(name, integrals[0] / integrals[1], meaning, constraints=(least,))
    for integral, argument in zip(integrals, (over, under), strict=True):
        done = done.then(GammaIntegral(), integral, sp.gamma(argument), "Euler's integral")
    rule = BelowByRecurrence(sp.Lambda(a, bound))
    return done.then(rule, done.conclusion, bound, "the quotient of the sides rises to 1")


def gamma_inequality() -> Derivation:
    """Derive Gamma(a + 1/2)/Gamma(a) <= sqrt(a - 1/10) for every a >= 1/2.

    Examples
    --------
    >>> gamma_inequality().verify().verdict.value
    'proved'
    """
    bound = sp.sqrt(a - sp.Rational(1, 10))
    return _by_recurrence("dl.gamma-inequality", a + _HALF, a, bound, sp.Le(_HALF, a))


def gamma_inequality_lower() -> Derivation:
    """Derive Gamma(a)/Gamma(a + 1/2) <= 1/sqrt(a - 1/4) for every a > 1/4: the 0.1 cannot exceed 1/4.

    Examples
    --------
    >>> gamma_inequality_lower().relation
    '<='
    """
    quarter = sp.Rational(1, 4)
    bound = 1 / sp.sqrt(a - quarter)
    return _by_recurrence("dl.gamma-inequality.lower", a, a + _HALF, bound, sp.Lt(quarter, a))


def root_chi_mean() -> Derivation:
    """Derive E sqrt(Z) <= 1 - 1/(10 d), d Z ~ chi^2_d.

    Examples
    --------
    >>> root_chi_mean().conclusion
    1 - 1/(10*d)
    """
    exact = _moment("dl.root-chi-mean", _HALF)
    ratio = sp.gamma(d / 2 + _HALF) / sp.gamma(d / 2)
    factor = sp.sqrt(2) / sp.sqrt(d)
    lemma = Lemma(gamma_inequality(), ((a, d / 2),), start=2)
    bounded = factor * sp.sqrt(d / 2 - sp.Rational(1, 10))
    root = sp.sqrt(1 - 1 / (5 * d))
    return (
        exact.then(TimesLemma(lemma, factor), factor * ratio, bounded, "Gamma inequality")
        .then(Algebra(), bounded, root, "one root")
        .then(RootBelowTangent(), root, 1 - 1 / (10 * d), "tangent at 1")
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.chi-moment": chi_moment,
        "dl.gamma-inequality": gamma_inequality,
        "dl.root-chi-mean": root_chi_mean,
    }
)
#: the sharp constant at infinity, and E sqrt(Z) itself
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.gamma-inequality.lower": gamma_inequality_lower,
        "dl.root-chi-mean.exact": partial(_moment, "dl.root-chi-mean.exact", _HALF),
    }
)
