"""Drift of the log-norm through a layer, from the weights, and the variance of no drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_drift as drift
from theory.derivations import fractional_moments_drift_integrals as integrals
from theory.derivations.formal import Equation, Expectation, Gaussian
from theory.derivations.formal_limits import WherePositive, given_positive
from theory.derivations.fractional_moments_drift import (
    layer_size,
    log_power_mean,
)
from theory.derivations.fractional_moments_sums import INDEX, NORMAL, STANDARD
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_arrays import GaussianLinearForm
from theory.derivations.rules_calculus import Algebra, EqualOnSigns, PullOut
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithms import SolveLogarithm
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d_in, sigma2

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "log_norm_mean",
    "lyapunov",
    "zero_drift",
]

_WEIGHTS = sp.IndexedBase("W", real=True)
_INPUTS = sp.IndexedBase("x", real=True)
_COLUMN = sp.Symbol("j", integer=True, positive=True)
_NORM = sp.Symbol("rho", positive=True)
_COLUMNS = (_COLUMN, 1, d_in)
_ROW = sp.Sum(_WEIGHTS[INDEX, _COLUMN] * _INPUTS[_COLUMN], _COLUMNS)
_SQUARED_NORM = sp.Sum(_INPUTS[_COLUMN] ** 2, _COLUMNS)
_SCALE = sp.sqrt(sigma2) * _NORM
_GAUSSIAN_ROWS = GaussianLinearForm(_WEIGHTS, _INPUTS, NORMAL, _NORM)
_ONE = sp.Integer(1)


def log_norm_mean(activation: str) -> Derivation:
    """Return the derivation of E[log Q | Q > 0] / 2: closed where it is (linear, ReLU), else an integral.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> log_norm_mean("linear").id, log_norm_mean("rrelu").id
    ('fm.log-norm-mean.linear', 'fm.log-norm-mean.rrelu')
    """
    if activation in ("linear", "relu"):
        return drift.log_norm_mean(activation)
    return integrals.log_norm_mean(activation)


def _means(size: Any, value: Any, pairs: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return E[value; size > 0] and P(size > 0)."""
    bodies = (WherePositive(x, size) for x in (value, _ONE))
    mean, chance = (Expectation(body, *pairs) for body in bodies)
    return mean, chance


def lyapunov(activation: str) -> Derivation:
    """Derive E[log(|x_1|/|x_0|) | x_1 != 0] = (1/2) log sigma2 + the mean log-norm, x_1 = phi(W x_0).

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> lyapunov("linear").conclusion
    log(sigma2)/2 + polygamma(0, d/2)/2 + log(2)/2
    """
    model = MODELS[activation]
    output = layer_size(activation, _ROW)
    pairs = model.pairs(_WEIGHTS, Gaussian(sigma2))
    value = sp.log(output / _SQUARED_NORM) / 2
    lemma = log_norm_mean(activation)
    meaning = "E[log(|x_1|/|x_0|) | x_1 != 0], x_1 = phi(W x_0) of width d, W_ij iid N(0, sigma2)"
    name = "fm.lyapunov" + ("" if activation == "relu" else f".{activation}")
    start = Derivation(
        name, given_positive(value, output, *pairs), meaning, constraints=lemma.constraints
    )
    done = _to_normal(start, activation, _means(output, value, pairs))
    return _split_scale(done, activation).then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "mean of (1/2) log Q given Q > 0"
    )


def _to_normal(start: Derivation, activation: str, means: tuple[Any, Any]) -> Derivation:
    """Replace W x by |x| sigma z; take sigma^2 |x|^2 out of the sum of squares."""
    model = MODELS[activation]
    scaled = layer_size(activation, _SCALE * NORMAL[INDEX])
    value = sp.log(scaled / _NORM**2) / 2
    done = start
    for old, new in zip(means, _means(scaled, value, model.pairs(NORMAL, STANDARD)), strict=True):
        done = done.then(_GAUSSIAN_ROWS, old, new, "W x is |x| sigma z in law")
    term = scaled.function
    gain = sp.piecewise_fold(sigma2 * _NORM**2 * model.square(NORMAL[INDEX]))
    if gain != term:
        rule = EqualOnSigns(NORMAL[INDEX])
        done = done.then(rule, term, gain, "phi is positively homogeneous")
    inside = sp.Sum(gain, *scaled.limits)
    outside = sigma2 * _NORM**2 * layer_size(activation)
    return done.then(PullOut(), inside, outside, "constant factor of the sum")


def _split_scale(done: Derivation, activation: str) -> Derivation:
    """Split log(sigma^2 Q) / 2 into (1/2) log sigma^2 and (1/2) log Q, given Q > 0."""
    size = layer_size(activation)
    pairs = MODELS[activation].pairs(NORMAL, STANDARD)
    value, constant = sp.log(sigma2 * size) / 2, sp.log(sigma2) / 2
    whole = WherePositive(value, size)
    apart = constant * WherePositive(_ONE, size) + WherePositive(sp.log(size), size) / 2
    mean, chance = (log_power_mean(activation, order) for order in (1, 0))
    split = constant * chance + mean / 2
    return (
        done.then(EqualOnSigns(size), whole, apart, "logarithm of a product")
        .then(Linearity(), Expectation(apart, *pairs), split, "linearity")
        .then(Algebra(), split / chance, constant + mean / chance / 2, "collect")
    )


def zero_drift(activation: str) -> Derivation:
    """Derive the variance of no drift, exp(-E[log Q | Q > 0]), from E[log(|x_1|/|x_0|) | x_1 != 0] = 0.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> zero_drift("linear").conclusion
    exp(-polygamma(0, d/2))/2
    """
    lemma = lyapunov(activation)
    definition = Equation(lemma.definition, sp.Integer(0))
    meaning = f"the variance sigma2 at which this is 0: {lemma.meaning}"
    start = Derivation(
        f"fm.zero-drift.{activation}", definition, meaning, constraints=lemma.constraints
    )
    done = start.then(Lemma(lemma), lemma.definition, lemma.conclusion, "drift of the log-norm")
    root = sp.exp(-2 * log_norm_mean(activation).conclusion)
    return done.then(SolveLogarithm(sigma2), done.conclusion, root, "solve for sigma2")


_FIVE = ("linear", "relu", "leaky-relu", "rrelu", "dropout")
_OTHERS = ("linear", "leaky-relu", "rrelu", "dropout", "dropout.relu")
#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.lyapunov": partial(lyapunov, "relu"),
        **{f"fm.zero-drift.{x}": partial(zero_drift, x) for x in _FIVE},
    }
)
#: the other activations, and ReLU with dropout
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **{f"fm.lyapunov.{x}": partial(lyapunov, x) for x in _OTHERS},
        "fm.zero-drift.dropout.relu": partial(zero_drift, "dropout.relu"),
    }
)
