"""Expansion in 1/width of the standard deviation of no drift, which published formulas approximate.

Sussillo & Abbott 2014 (arXiv 1412.6558) use exp(1/(2d))/sqrt(d) for the linear network and
sqrt(2) exp(1.2/(d - 2.4))/sqrt(d) for ReLU, where the expansion has sqrt(2/d) exp(1.25/d).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import ByCumulants, Expectation
from theory.derivations.formal_limits import WherePositive, given_positive
from theory.derivations.fractional_moments_drift import (
    conditional_mean,
    log_power_mean,
    settled,
)
from theory.derivations.fractional_moments_sums import INDEX, NORMAL
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithm_series import LogarithmTaylor, StandardiseLogarithm
from theory.derivations.rules_series import CumulantMoments, CumulantsOfSquare, SeriesInWidth
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d, k3, m1, v

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "expansion", "special_expansion"]

_TERMS = sp.IndexedBase("Y", nonnegative=True)
_X = sp.Symbol("X", real=True)
_TOTAL = sp.Sum(_TERMS[INDEX], (INDEX, 1, d))
#: degree of the Taylor polynomial of log(1+x), bound on its remainder, order of the error
_DEGREE, _BOUND, _ORDER = 3, 5, 2
_MEANING = "the standard deviation of a weight at which the log-norm has no drift, width d"


def _deviation(mean: Any) -> Any:
    """Return exp(-mean/2) for the mean of log Q given Q > 0."""
    return sp.exp(-mean / 2)


def _value() -> Any:
    """Return (m1 d)^(-1/2) exp(v / (4 m1^2 d))."""
    return (m1 * d) ** sp.Rational(-1, 2) * sp.exp(v / (4 * m1**2 * d))


def expansion() -> Derivation:
    """Derive exp(-E[log Q | Q > 0]/2) = (m1 d)^(-1/2) exp(v/(4 m1^2 d)) (1 + O(d^-2)), any activation.

    Examples
    --------
    >>> expansion().verify().verdict.passed
    True
    """
    law = ByCumulants(m1, v, k3)
    definition = _deviation(given_positive(sp.log(_TOTAL), _TOTAL, (_TERMS, law)))
    centre = m1 * d
    pair = (_X, ByCumulants(sp.Integer(0), d * v / centre**2, d * k3 / centre**3))
    given = given_positive(sp.log(1 + _X), 1 + _X, pair)
    standard = _deviation(sp.log(centre) + given)
    taylor = Expectation(_X - _X**2 / 2 + _X**3 / 3, pair)
    truncated = _deviation(sp.log(centre) + taylor)
    value = -v / (2 * m1**2 * d) + k3 / (3 * m1**3 * d**2)
    summed = _deviation(sp.log(centre) + value)
    start = Derivation("fm.sussillo-abbott", definition, _MEANING, order=_ORDER)
    return (
        start.then(StandardiseLogarithm(_X), definition, standard, "cumulants add up")
        .then(
            LogarithmTaylor(_X, _DEGREE, _BOUND),
            standard,
            truncated,
            f"Taylor polynomial; remainder <= {_BOUND} |X|^{_DEGREE + 1}, in mean O(d^-{_ORDER})",
        )
        .then(CumulantMoments(), taylor, value, "moments from cumulants")
        .then(SeriesInWidth(d, _value(), 1), summed, _value(), "the exponent to order 1/d")
    )


#: slope of phi on the negative side, by activation
_SLOPES = MappingProxyType({"linear": sp.Integer(1), "relu": sp.Integer(0), "leaky-relu": a})


def _cumulants(slope: Any) -> tuple[Any, ...]:
    """Return the first three cumulants of phi(z)^2 from its moments (2j-1)!! (1 + slope^(2j)) / 2."""
    one, two, three = (sp.factorial2(2 * j - 1) * (1 + slope ** (2 * j)) / 2 for j in (1, 2, 3))
    third = three - 3 * one * two + 2 * one**3
    return one, sp.expand(two - one**2), sp.expand(third)


def special_expansion(activation: str) -> Derivation:
    """Derive the expansion for one activation from the cumulants of phi(z)^2.

    Parameters
    ----------
    activation : str
        "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> special_expansion("linear").conclusion.equals(sp.exp(1 / (2 * d)) / sp.sqrt(d))
    True
    """
    general = expansion()
    definition = _deviation(conditional_mean(activation, 1))
    law = ByCumulants(*_cumulants(_SLOPES[activation]))
    values = tuple(zip((m1, v, k3), law.args, strict=True))
    done = Derivation(f"{general.id}.{activation}", definition, _MEANING, order=_ORDER)
    for order in (1, 0):
        body = WherePositive(sp.log(_TOTAL) ** order, _TOTAL)
        rule, old = CumulantsOfSquare(NORMAL, _TERMS), log_power_mean(activation, order)
        done = done.then(rule, old, Expectation(body, (_TERMS, law)), "cumulants of phi(z)^2")
    inserted = _value().subs(dict(values))
    done = done.then(Lemma(general, values), done.conclusion, inserted, "for any activation")
    return settled(done, _published(activation))


def _published(activation: str) -> Any:
    """Return the expansion as it is usually written."""
    slope = _SLOPES[activation]
    one, two, _ = _cumulants(slope)
    rate = sp.factor(two / (4 * one**2))
    return sp.sqrt(2 / ((1 + slope**2) * d)) * sp.exp(rate / d)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.sussillo-abbott": expansion}
)
#: special activations
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {f"fm.sussillo-abbott.{x}": partial(special_expansion, x) for x in _SLOPES}
)
