"""Mean and variance of a step of the log-norm, linear and ReLU: derivatives of moments at order 0.

A step is log(|x_1|/|x_0|) given x_1 != 0, less log sigma: (1/2) log Q given Q > 0, with Q the sum
of phi(z_i)^2 over a layer of width d.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation
from theory.derivations.formal_limits import AtZero, WherePositive, given_positive
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, STANDARD
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithms import EvaluateAtZero, LogMoment
from theory.derivations.rules_sums import BinomialTheorem
from theory.derivations.rules_terms import ExtendSum
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, n, p

__all__ = [
    "BINOMIAL",
    "DERIVATIONS",
    "conditional_mean",
    "layer_size",
    "log_norm_mean",
    "log_norm_variance",
    "log_power_mean",
    "settled",
    "with_chance",
]

_HALF = sp.Rational(1, 2)
#: P(N = n) for the number N of positive entries
BINOMIAL = sp.binomial(d, n) * sp.Integer(2) ** -d
_MEANING = "of (1/2) log Q given Q > 0, Q = sum of phi(z_i)^2, z ~ N(0, I_d)"


def layer_size(activation: str, entries: Any = NORMAL[INDEX]) -> Any:
    """Return Q = sum_{i<=d} phi(z_i)^2 of an activation.

    Parameters
    ----------
    activation : str
        A key of MODELS.
    entries : Expr
        z_i; an entry of the array of normal variables by default.

    Returns
    -------
    Sum

    Examples
    --------
    >>> layer_size("linear")
    Sum(z[i]**2, (i, 1, d))
    """
    return sp.Sum(MODELS[activation].output(entries), (INDEX, 1, d))


def log_power_mean(activation: str, order: int) -> Any:
    """Return E[(log Q)^order; Q > 0] for `activation`, a key of MODELS.

    Examples
    --------
    >>> print(log_power_mean("linear", 1))
    E[log(Sum(z[i]**2, (i, 1, d)))*1{Sum(z[i]**2, (i, 1, d)) > 0}]
    """
    size = layer_size(activation)
    pairs = MODELS[activation].pairs(NORMAL, STANDARD)
    return Expectation(WherePositive(sp.log(size) ** order, size), *pairs)


def conditional_mean(activation: str, order: int) -> Any:
    """Return E[(log Q)^order | Q > 0] for `activation`, a key of MODELS.

    Examples
    --------
    >>> conditional_mean("relu", 1) == log_power_mean("relu", 1) / log_power_mean("relu", 0)
    True
    """
    size = layer_size(activation)
    return given_positive(sp.log(size) ** order, size, *MODELS[activation].pairs(NORMAL, STANDARD))


def settled(derivation: Derivation, final: Any, reason: str = "collect") -> Derivation:
    """Return the derivation with a step of algebra to `final`, if that is not its conclusion already.

    Parameters
    ----------
    derivation : Derivation
        So far.
    final : Expr
        What it should conclude.
    reason : str
        Of the step.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> start = Derivation("demo", (x + 1) ** 2, "a square")
    >>> settled(start, x**2 + 2 * x + 1).conclusion, settled(start, (x + 1) ** 2).steps
    (x**2 + 2*x + 1, ())
    """
    if derivation.conclusion == final:
        return derivation
    return derivation.then(Algebra(), derivation.conclusion, final, reason)


def _first(width: Any) -> Any:
    """Return E log X, X chi-square of `width`."""
    return sp.log(2) + sp.digamma(width / 2)


def _second(width: Any) -> Any:
    """Return E (log X)^2, X chi-square of `width`."""
    return sp.trigamma(width / 2) + _first(width) ** 2


#: k -> E[(log X)^k], X chi-square
_OF_CHI_SQUARE: Mapping[int, Callable[[Any], Any]] = MappingProxyType(
    {0: lambda _width: sp.Integer(1), 1: _first, 2: _second}
)


def _mixture(order: int) -> Any:
    """Return E[(log Q)^order; Q > 0] for ReLU: over the number n of positive entries."""
    return sp.Sum(BINOMIAL * _OF_CHI_SQUARE[order](n), (n, 1, d))


def _value(activation: str, order: int) -> Any:
    return _OF_CHI_SQUARE[order](d) if activation == "linear" else _mixture(order)


def _with_log_moments(start: Derivation, activation: str, orders: tuple[int, ...]) -> Derivation:
    """Evaluate every E[(log Q)^k; Q > 0], k in `orders`, as a derivative of E Q^p at p = 0."""
    lemma = MODELS[activation].lemma()
    moment = Expectation(layer_size(activation) ** p, *MODELS[activation].pairs(NORMAL, STANDARD))
    done = start
    for order in orders:
        limit = AtZero(sp.Lambda(p, moment), sp.Integer(order))
        old = log_power_mean(activation, order)
        done = done.then(LogMoment(p), old, limit, "derivative of the moment at order 0")
    done = done.then(Lemma(lemma), moment, lemma.conclusion, "moment of order p")
    for order in orders:
        limit = AtZero(sp.Lambda(p, lemma.conclusion), sp.Integer(order))
        done = done.then(EvaluateAtZero(), limit, _value(activation, order), "smooth at p = 0")
    return done if activation == "linear" else with_chance(done)


def with_chance(done: Derivation) -> Derivation:
    """Return the derivation with the sum over n >= 1 of P(N = n) evaluated: 1 - 2^-d, P(Q > 0) for ReLU.

    Parameters
    ----------
    done : Derivation
        So far; its conclusion has the sum.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> with_chance(Derivation("demo", sp.Sum(BINOMIAL, (n, 1, d)), "P(N >= 1)")).conclusion
    1 - 1/2**d
    """
    tail, whole = (sp.Sum(BINOMIAL, (n, first, d)) for first in (1, 0))
    theorem = BinomialTheorem(_HALF, _HALF, d, reverse=True)
    return done.then(ExtendSum(), tail, whole - sp.Integer(2) ** -d, "the term n = 0").then(
        theorem, whole, sp.Integer(1), "binomial theorem"
    )


def log_norm_mean(activation: str) -> Derivation:
    """Derive E[log Q | Q > 0] / 2 in closed form.

    Parameters
    ----------
    activation : str
        "linear" or "relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> log_norm_mean("linear").conclusion
    polygamma(0, d/2)/2 + log(2)/2
    """
    definition = conditional_mean(activation, 1) / 2
    start = Derivation(f"fm.log-norm-mean.{activation}", definition, f"the mean {_MEANING}")
    done = _with_log_moments(start, activation, (0, 1))
    mean = _mixture(1) / (1 - sp.Integer(2) ** -d)
    return settled(done, _first(d) / 2 if activation == "linear" else mean / 2)


def log_norm_variance(activation: str) -> Derivation:
    """Derive Var[log Q | Q > 0] / 4 in closed form.

    Parameters
    ----------
    activation : str
        "linear" or "relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> log_norm_variance("linear").conclusion
    polygamma(1, d/2)/4
    """
    definition = (conditional_mean(activation, 2) - conditional_mean(activation, 1) ** 2) / 4
    start = Derivation(f"fm.log-norm-variance.{activation}", definition, f"the variance {_MEANING}")
    done = _with_log_moments(start, activation, (0, 1, 2))
    alive = 1 - sp.Integer(2) ** -d
    mixed = (_mixture(2) / alive - (_mixture(1) / alive) ** 2) / 4
    return settled(done, sp.trigamma(d / 2) / 4 if activation == "linear" else mixed)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **{f"fm.log-norm-mean.{x}": partial(log_norm_mean, x) for x in ("linear", "relu")},
        **{f"fm.log-norm-variance.{x}": partial(log_norm_variance, x) for x in ("linear", "relu")},
    }
)
