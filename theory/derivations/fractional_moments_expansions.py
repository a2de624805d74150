"""Expansions of the weight variance in 1/width, and its monotonicity in the order."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_mixtures as mixtures
from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import ByCumulants, Expectation
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, STANDARD
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_inequalities import LyapunovInequality, UpperBoundOnBoxes
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_series import (
    CumulantMoments,
    CumulantsOfSquare,
    PowerTaylor,
    SeriesInWidth,
    Standardise,
    raw_moments,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d, h, k3, m1, p, s, v

__all__ = ["expansion", "linear_bound", "monotone", "special_expansion"]

_TERMS = sp.IndexedBase("Y", nonnegative=True)
_X = sp.Symbol("X", real=True)
_K4, _K5 = sp.symbols("k4 k5", real=True)
#: degree of the Taylor polynomial and bound on its remainder, by number of terms of the expansion
_TAYLOR = {2: (3, 2), 3: (5, 12)}
_NAMES = {2: "second", 3: "third"}
#: the remainder is bounded for powers s/2 in (0, 2]
_ORDERS = (sp.Le(s, 4),)


def _series(terms: int) -> Any:
    """Return (1 + c1/d + c2/d^2) / (m1 d), truncated to the given number of terms."""
    c1 = (2 - s) * v / (4 * m1**2)
    c2 = (s - 2) * (5 * s - 14) * v**2 / (32 * m1**4) - (s - 2) * (s - 4) * k3 / (24 * m1**3)
    return (1 + sum(c / d**j for j, c in enumerate([c1, c2][: terms - 1], start=1))) / (m1 * d)


def _of_power(total: Any, order: Any, *pairs: Any) -> Any:
    """Return (E total^(order/2))^(-2/order), the variance at equal widths."""
    return Expectation(total ** (order / 2), *pairs) ** (-2 / order)


def expansion(terms: int) -> Derivation:
    """Derive the expansion of sigma^2 at equal widths, any activation, from cumulants of phi^2.

    Parameters
    ----------
    terms : int
        2 (error O(d^-3)) or 3 (error O(d^-4)).

    Returns
    -------
    Derivation
        Of relation ~, equality up to that error.

    Examples
    --------
    >>> expansion(2).verify().verdict.passed
    True
    """
    degree, bound = _TAYLOR[terms]
    cumulants = (m1, v, k3, _K4, _K5)[:degree]
    definition = _of_power(
        sp.Sum(_TERMS[INDEX], (INDEX, 1, d)), s, (_TERMS, ByCumulants(*cumulants))
    )
    mean = m1 * d
    law = ByCumulants(sp.Integer(0), *(d * x / mean**j for j, x in enumerate(cumulants[1:], 2)))
    exact = Expectation((1 + _X) ** (s / 2), (_X, law))
    factored = mean ** (s / 2) * exact
    coefficients = [sp.ff(s / 2, j) / sp.factorial(j) for j in range(degree + 1)]
    taylor = Expectation(sp.Add(*(c * _X**j for j, c in enumerate(coefficients))), (_X, law))
    value = sp.Add(*(c * m for c, m in zip(coefficients, raw_moments(law.args), strict=True)))
    leading = 1 / mean
    (power,) = definition.atoms(Expectation)
    outer = -2 / s
    start = Derivation(
        f"fm.expansion.{_NAMES[terms]}-order",
        definition,
        f"the variance at equal widths d, up to a relative error O(d^-{terms})",
        constraints=_ORDERS,
        order=terms,
    )
    truncated = (mean ** (s / 2) * taylor) ** outer
    summed = (mean ** (s / 2) * value) ** outer
    split = leading * value**outer
    return (
        start.then(Standardise(_X), power, factored, "cumulants add up")
        .then(
            PowerTaylor(_X, degree, bound),
            factored**outer,
            truncated,
            f"Taylor polynomial; remainder <= {bound} |X|^{degree + 1}, in mean O(d^-{terms})",
        )
        .then(CumulantMoments(), taylor, value, "moments from cumulants")
        .then(Algebra(), summed, split, "power of a product")
        .then(SeriesInWidth(d, leading, terms - 1), split, _series(terms), "series in 1/d")
    )


def special_expansion(activation: str, terms: int) -> Derivation:
    """Derive the expansion of one activation, "linear", "relu" or "leaky-relu", from the cumulants of phi(z)^2.

    Errors are O(d^-(terms + 1)), terms 2 or 3. Two terms: linear: 1/d + (2-s)/(2d^2). ReLU 2/d + 5(2-s)/(2d^2);
    leaky ReLU 2/((1+a^2)d) + (2-s)(5 - 2a^2 + 5a^4) / (2(1+a^2)^3 d^2).

    Examples
    --------
    >>> special_expansion("relu", 2).conclusion.equals(2 / d + 5 * (2 - s) / (2 * d**2))
    True
    """
    general = expansion(terms)
    square = MODELS[activation].output(NORMAL[INDEX])
    definition = _of_power(sp.Sum(square, (INDEX, 1, d)), s, (NORMAL, STANDARD))
    count = len(general.definition.atoms(ByCumulants).pop().args)
    law = ByCumulants(*_cumulants(_SLOPES[activation], count))
    named = Expectation(sp.Sum(_TERMS[INDEX], (INDEX, 1, d)) ** (s / 2), (_TERMS, law))
    (old,) = definition.atoms(Expectation)
    values = tuple(zip((m1, v, k3, _K4, _K5), law.args, strict=False))
    inserted = _series(terms).subs(dict(values))
    name = f"{general.id}.{activation}"
    return (
        Derivation(
            name,
            definition,
            f"the variance at equal widths d, {activation}",
            constraints=_ORDERS,
            order=terms,
        )
        .then(CumulantsOfSquare(NORMAL, _TERMS), old, named, "cumulants of phi(z)^2")
        .then(Lemma(general, values), named ** (-2 / s), inserted, "expansion for any activation")
        .then(Algebra(), inserted, sp.expand(inserted), "collect powers of 1/d")
    )


#: slope of phi on the negative side, by activation
_SLOPES = {"linear": sp.Integer(1), "relu": sp.Integer(0), "leaky-relu": a}


def _cumulants(slope: Any, count: int) -> list[Any]:
    """Return the cumulants of phi(z)^2 from its moments (2j-1)!! (1 + slope^(2j)) / 2."""
    moments = [sp.factorial2(2 * j - 1) * (1 + slope ** (2 * j)) / 2 for j in range(count + 1)]
    cumulants: list[Any] = []
    for order in range(1, count + 1):
        known = (
            sp.binomial(order - 1, j - 1) * cumulants[j - 1] * moments[order - j]
            for j in range(1, order)
        )
        cumulants.append(sp.expand(moments[order] - sp.Add(*known)))
    return cumulants


def linear_bound() -> Derivation:
    """Bound the remainder of the linear expansion: sigma^2 <= (1 + (2-s)/(2d) + 2/d^2)/d on a box.

    Examples
    --------
    >>> linear_bound().relation
    '<='
    """
    definition = _of_power(sp.Sum(NORMAL[INDEX] ** 2, (INDEX, 1, d)), s, (NORMAL, STANDARD))
    lemma = sums.linear()
    value = lemma.conclusion.subs(p, s / 2)
    bound = (1 + (2 - s) / (2 * d) + 2 / d**2) / d
    box = UpperBoundOnBoxes(((d, 1, 8), (s, sp.Rational(1, 2), 2)))
    name = "fm.expansion.second-order.linear.bound"
    return (
        Derivation(name, definition, "the variance at equal widths d, linear")
        .then(Lemma(lemma, ((p, s / 2),)), definition.base, value, "moment of order s")
        .then(box, value ** (-2 / s), bound, "the remainder is at most 2/d^3 on the box")
    )


def monotone() -> Derivation:
    """Derive sigma^2 of order s + h <= sigma^2 of order s, h >= 0, leaky ReLU at equal widths.

    Examples
    --------
    >>> monotone().verify().verdict.passed
    True
    """
    model = MODELS["leaky-relu"]
    total = sp.Sum(model.output(NORMAL[INDEX]), (INDEX, 1, d))
    pairs = model.pairs(NORMAL, STANDARD)
    higher, lower = (_of_power(total, order, *pairs) for order in (s + h, s))
    lemma = mixtures.leaky_relu()
    value = lemma.conclusion.subs(p, s / 2)
    meaning = "the variance of order s + h at equal widths d, leaky ReLU of slope a != 0"
    return (
        Derivation("fm.monotone", higher, meaning)
        .then(LyapunovInequality(), higher, lower, "Lyapunov's inequality")
        .then(Lemma(lemma, ((p, s / 2),)), lower.base, value, "moment of order s")
    )
