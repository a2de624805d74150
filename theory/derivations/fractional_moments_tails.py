"""Biases: the recursion of the squared norm and its stationary moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations.formal import ByCumulants, Expectation, Gaussian
from theory.derivations.formal_tails import Stationary
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, ONE_NORMAL, STANDARD
from theory.derivations.rules_arrays import ExponentialOfIidSum, GaussianLinearForm
from theory.derivations.rules_calculus import Algebra, EqualOnSigns, PullOut
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_perpetuity import (
    FixedPoint,
    GaussianSum,
    Independence,
    Stationarity,
    SumOfCumulants,
)
from theory.derivations.rules_series import CumulantMoments
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, R, a, d, d_in, d_out, m1, rho, sigma2, sigma_b2, t, v

__all__ = [
    "DERIVATIONS",
    "kesten",
    "stationary_first",
    "stationary_second",
]

_WEIGHTS, _BIASES = sp.IndexedBase("W", real=True), sp.IndexedBase("b", real=True)
_INPUTS, _ROWS = sp.IndexedBase("x", real=True), sp.IndexedBase("y", real=True)
_COLUMN = sp.Symbol("j", integer=True, positive=True)
_TERMS = sp.IndexedBase("Y", nonnegative=True)


def _square(z: Any) -> Any:
    return sp.piecewise_fold(laplace.phi(z, a) ** 2)


def kesten() -> Derivation:
    """Derive that, given x, |phi(W x + b)|^2 has the law of (sigma^2 |x|^2 + sigma_b^2) Q, by its transform.

    Examples
    --------
    >>> kesten().verify().verdict.value
    'proved'
    """
    linear = sp.Sum(_WEIGHTS[INDEX, _COLUMN] * _INPUTS[_COLUMN], (_COLUMN, 1, d_in))
    biased, unbiased = (_BIASES, Gaussian(sigma_b2)), (_WEIGHTS, Gaussian(sigma2))
    scale = sigma2 * rho**2 + sigma_b2

    def of(term: Any, *pairs: Any) -> Any:
        return Expectation(sp.exp(-t * sp.Sum(term, (INDEX, 1, d_out))), *pairs)

    definition = of(_square(linear + _BIASES[INDEX]), unbiased, biased)
    rows = of(
        _square(sp.sqrt(sigma2) * rho * NORMAL[INDEX] + _BIASES[INDEX]), (NORMAL, STANDARD), biased
    )
    standard = (_ROWS, STANDARD)
    joined = of(_square(sp.sqrt(scale) * _ROWS[INDEX]), standard)
    gained = sp.piecewise_fold(scale * _square(_ROWS[INDEX]))
    plain = sp.Sum(_square(_ROWS[INDEX]), (INDEX, 1, d_out))
    one = Expectation(sp.exp(-scale * t * _square(ONE_NORMAL)), (ONE_NORMAL, STANDARD))
    psi = laplace.leaky_relu()
    lemma = Lemma(psi, ((t, scale * t),))
    meaning = (
        "E exp(-t |phi(W x + b)|^2), W_ij iid N(0, sigma2), b_i iid N(0, sigma_b2), |x| = rho, "
        "phi leaky ReLU of slope a"
    )
    moved = Expectation(sp.exp(-t * scale * plain), standard)
    old = -t * sp.Sum(gained, (INDEX, 1, d_out))
    return (
        Derivation("fm.kesten", definition, meaning)
        .then(
            GaussianLinearForm(_WEIGHTS, _INPUTS, NORMAL, rho),
            definition,
            rows,
            "W x is |x| sigma z in law",
        )
        .then(GaussianSum(NORMAL, _BIASES, _ROWS), rows, joined, "variances add")
        .then(
            EqualOnSigns(_ROWS[INDEX]),
            _square(sp.sqrt(scale) * _ROWS[INDEX]),
            gained,
            "phi is positively homogeneous",
        )
        .then(PullOut(), old, -t * scale * plain, "constant factor of the sum")
        .then(ExponentialOfIidSum(((_ROWS, ONE_NORMAL),)), moved, one**d_out, "iid rows")
        .then(lemma, one, psi.conclusion.subs(t, scale * t), "Laplace transform of one unit")
    )


def _stationary(total: Any, *pairs: Any) -> Any:
    """Return (R, its stationary law) for R -> (sigma2 R + sigma_b2) total."""
    return R, Stationary(sp.Lambda(R, (sigma2 * R + sigma_b2) * total), *pairs)


_TOTAL, _PAIR = sp.Sum(_TERMS[INDEX], (INDEX, 1, d)), (_TERMS, ByCumulants(m1, v))
_SUMMED = (Q, ByCumulants(d * m1, d * v))
_MEAN = m1 * d
_SECOND = d * (v + d * m1**2)


def _moment_of_q(so_far: Derivation, order: int, value: Any) -> Derivation:
    """Insert E Q^order, Q the sum of d iid terms of mean m1 and variance v."""
    old, named = Expectation(_TOTAL**order, _PAIR), Expectation(Q**order, _SUMMED)
    return so_far.then(SumOfCumulants(Q), old, named, "cumulants add up").then(
        CumulantMoments(), named, value, f"moment {order} of Q"
    )


def _begin(name: str, order: int) -> Derivation:
    """From E R^order to E (sigma2 R + sigma_b2)^order E Q^order, by stationarity."""
    pair = _stationary(_TOTAL, _PAIR)
    definition = Expectation(R**order, pair)
    gain = (sigma2 * R + sigma_b2) ** order
    stepped = Expectation(gain * _TOTAL**order, pair, _PAIR)
    apart = Expectation(gain, pair) * Expectation(_TOTAL**order, _PAIR)
    norm = f"E |x|^{2 * order}, |x|^2 = R stationary for R -> (sigma2 R + sigma_b2) Q"
    return (
        Derivation(name, definition, f"{norm}, Q a sum of d iid terms of mean m1, variance v")
        .then(Stationarity(), definition, stepped, "R has the law of the next one")
        .then(Independence(), stepped, apart, "R and Q are independent")
    )


def stationary_first() -> Derivation:
    """Derive E R = sigma_b^2 m1 d / (1 - sigma^2 m1 d).

    Examples
    --------
    >>> stationary_first().verify().verdict.value
    'proved'
    """
    begun = _begin("fm.stationary-moment.first", 1)
    mean, gain = begun.definition, Expectation(sigma2 * R + sigma_b2, *begun.definition.pairs)
    begun = begun.then(Linearity(), gain, sigma2 * mean + sigma_b2, "linearity")
    return _solved(_moment_of_q(begun, 1, _MEAN), sigma_b2 * _MEAN / (1 - sigma2 * _MEAN))


def _solved(equation: Derivation, value: Any) -> Derivation:
    """Solve E f = alpha E f + beta, derived so far."""
    return equation.then(FixedPoint(equation), equation.conclusion, value, "solve for the moment")


def stationary_second() -> Derivation:
    """Derive E R^2 from E Q^2 = d (v + d m1^2).

    Examples
    --------
    >>> stationary_second().verify().verdict.value
    'proved'
    """
    begun, first = _begin("fm.stationary-moment.second", 2), stationary_first()
    second, mean = begun.definition, first.definition
    gain = (sigma2 * R + sigma_b2) ** 2
    wide = sp.expand(gain)
    linear = sigma2**2 * second + 2 * sigma2 * sigma_b2 * mean + sigma_b2**2
    equation = _moment_of_q(
        begun.then(Algebra(), gain, wide, "square")
        .then(Linearity(), Expectation(wide, *second.pairs), linear, "linearity")
        .then(Lemma(first), mean, first.conclusion, "mean"),
        2,
        _SECOND,
    )
    beta = 2 * sigma2 * sigma_b2 * first.conclusion + sigma_b2**2
    return _solved(equation, _SECOND * beta / (1 - sigma2**2 * _SECOND))


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.kesten": kesten,
        "fm.stationary-moment.first": stationary_first,
        "fm.stationary-moment.second": stationary_second,
    }
)
