"""What follows from the law of the norm: the rate of the central limit, and dominance of small outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_law as law
from theory.derivations import fractional_moments_law_cdf as law_cdf
from theory.derivations.formal import ByCumulants, ByTransform, Expectation
from theory.derivations.formal_tails import Cumulant, Indicator, Supremum
from theory.derivations.fractional_moments_law_depth import SCALED, SQUARES
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, ONE_NORMAL, STANDARD
from theory.derivations.rules_central_limit import (
    CumulantOfLogarithm,
    EsseenLimit,
    GaussianPolynomialSupremum,
    standardised,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_perpetuity import SumOfCumulants
from theory.derivations.rules_random_walk import IndicatorBound
from theory.derivations.rules_series import CumulantMoments, CumulantsOfSquare
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, a, d, depth, s, sigma2, t, x

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "clt_rate", "dominance"]

_LAYER = sp.Symbol("m", integer=True, positive=True)
_TERMS = sp.IndexedBase("Y", nonnegative=True)
_TERM = sp.piecewise_fold(laplace.phi(NORMAL[INDEX], a) ** 2)


def _distance(transform: Any) -> tuple[Any, Any]:
    """Return the limit of sqrt(k) times the distance to the normal law, and a step's (variable, law)."""
    named = ByTransform(sp.Lambda(t, transform))
    total = sp.Sum(_step(SQUARES[_LAYER]), (_LAYER, 1, depth))
    value = standardised(total, _step(Q), (Q, named), depth)
    normal = Expectation(Indicator(ONE_NORMAL, x), (ONE_NORMAL, STANDARD))
    gap = sp.Abs(Expectation(Indicator(value, x), (SQUARES, named)) - normal)
    return sp.Limit(sp.sqrt(depth) * Supremum(gap, x), depth, sp.oo), (Q, named)


def _step(squared: Any) -> Any:
    """Return a step of the log-norm, log |x_m| - log |x_(m-1)|."""
    return sp.log(sigma2 * squared) / 2


def clt_rate() -> Derivation:
    """Derive lim sqrt(k) sup |P(standardised log-norm <= x) - Phi(x)| = |k3| / (6 sqrt(2 pi) tau^3), linear.

    Examples
    --------
    >>> clt_rate().verify().verdict.value
    'proved'
    """
    psi = laplace.linear()
    definition, _ = _distance(psi.definition**d)
    inserted, pair = _distance(psi.conclusion**d)
    variance, third = (Cumulant(_step(Q), sp.Integer(order), *pair) for order in (2, 3))
    values = sp.polygamma(1, d / 2) / 4, sp.polygamma(2, d / 2) / 8

    def leading(spread: Any, skew: Any, rest: Any) -> Any:
        return sp.Abs(skew) / (6 * spread ** sp.Rational(3, 2)) * rest

    shape = sp.Abs(1 - x**2) * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    formal = Supremum(leading(variance, third, shape), x)
    lemma = CumulantOfLogarithm(law.real_order(), law.ANY_ORDER, law.NAMED)
    begun = (
        Derivation(
            "fm.clt-rate",
            definition,
            "the limit of sqrt(k) times the distance of the standardised log-norm at depth k to "
            "the normal law, linear network; log|x_m| - log|x_(m-1)| = log(sigma2 y_m)/2",
        )
        .then(Lemma(psi), psi.definition, psi.conclusion, "Laplace transform of one term")
        .then(EsseenLimit(Q), inserted, formal, "Esseen's expansion")
        .then(lemma, third, values[1], "third cumulant: derivatives of log Gamma")
        .then(lemma, variance, values[0], "variance")
    )
    peak = leading(*values, 1 / sp.sqrt(2 * sp.pi))
    return begun.then(
        GaussianPolynomialSupremum(), begun.conclusion, peak, "|1-x^2| phi(x) is largest at 0"
    )


def _mean_power(order: Any) -> Any:
    """Return (E Q^(order/2))^(-2/order), the variance of that order at equal widths."""
    total = sp.Sum(_TERM, (INDEX, 1, d))
    return Expectation(total ** (order / 2), (NORMAL, STANDARD)) ** (-2 / order)


def dominance() -> Derivation:
    """Derive P(|x_k| <= e^x |x_0|) <= the same at order 2, for weights of order s < 2, leaky ReLU.

    With the same normals, |x_k|^2/|x_0|^2 = prod sigma^2 y_m at both orders.

    Examples
    --------
    >>> dominance().relation
    '<='
    """
    psi, cdf = laplace.leaky_relu(), law_cdf.cdf("fm.norm-law.cdf.leaky-relu", "leaky-relu")
    larger, smaller = _mean_power(s), _mean_power(sp.Integer(2))
    mean = d * (1 + a**2) / 2

    def of(transform: Any, variance: Any) -> Any:
        norm = sp.sqrt(sp.Product(variance * SQUARES[_LAYER], (_LAYER, 1, depth)))
        law = ByTransform(sp.Lambda(t, transform**d))
        return Expectation(Indicator(norm, sp.exp(x)), (SQUARES, law))

    definition, inserted = of(psi.definition, larger), of(psi.conclusion, larger)
    bound = of(psi.conclusion, smaller)
    (plain,) = smaller.atoms(Expectation)
    terms = (_TERMS, ByCumulants((1 + a**2) / 2))
    named = Expectation(sp.Sum(_TERMS[INDEX], (INDEX, 1, d)), terms)
    summed = Expectation(Q, (Q, ByCumulants(mean)))
    meaning = (
        "P(|x_k| <= e^x |x_0|), |x_k|^2/|x_0|^2 = prod sigma2 y_m over the layers m <= k = depth, "
        "sigma2 of order s at equal widths d, leaky ReLU of slope a != 0"
    )
    values = ((sigma2, 1 / mean),)
    rule = Lemma(cdf, values, SCALED - 1)
    final = cdf.conclusion.subs(dict(values))
    return (
        Derivation("fm.dominance", definition, meaning, constraints=(sp.Lt(s, 2),))
        .then(Lemma(psi), psi.definition, psi.conclusion, "Laplace transform of one unit")
        .then(IndicatorBound(larger, smaller), inserted, bound, "order 2 has the smaller variance")
        .then(CumulantsOfSquare(NORMAL, _TERMS), plain, named, "mean of phi(z)^2")
        .then(SumOfCumulants(Q), named, summed, "means add up")
        .then(CumulantMoments(), summed, mean, "order 2: He's variance")
        .then(rule, of(psi.conclusion, 1 / mean), final, "the law of the norm")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({"fm.clt-rate": clt_rate})

#: a comparison of two laws: no number to put into the catalogue
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({"fm.dominance": dominance})
