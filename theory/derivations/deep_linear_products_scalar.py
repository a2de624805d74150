"""Width 1: the law of the product of L iid normal weights, by its Mellin transform; mean and spread of its logarithm.

The plateau of width 1 (Shamir 2018) is this product, and what is left of it without one factor: both fall like
exp(-L (gamma + log 2)/2) typically.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_limits import AtZero, WherePositive, given_positive
from theory.derivations.fractional_moments_drift import settled
from theory.derivations.rules_calculus import SplitAtZero
from theory.derivations.rules_expectations import Unfold
from theory.derivations.rules_half_normal import HalfNormalIntegral
from theory.derivations.rules_layer_products import IidFactors
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithms import EvaluateAtZero, LogMoment
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, q

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "log_mean", "log_variance", "scalar_law"]

_WEIGHTS, _LAYER = sp.IndexedBase("w", real=True), sp.Symbol("l", integer=True, positive=True)
_WEIGHT, _X = sp.Symbol("w", real=True), sp.Symbol("x", positive=True)
_STANDARD = Gaussian(sp.Integer(1))
#: |w_1 ... w_L|
_SIZE = sp.Product(sp.Abs(_WEIGHTS[_LAYER]), (_LAYER, 1, L))


def _over_weights(body: Any) -> Any:
    return Expectation(body, (_WEIGHTS, _STANDARD))


def scalar_law() -> Derivation:
    """Derive E|w_1 ... w_L|^q = (2^(q/2) Gamma((q+1)/2)/sqrt(pi))^L, w_l iid N(0, 1), q > 0.

    Examples
    --------
    >>> scalar_law().verify().verdict.value
    'proved'
    """
    about = "E|w_1 ... w_L|^q, w_l iid N(0, 1): the Mellin transform, which determines the law"
    notes = ("the sign of the product is symmetric and independent of its size",)
    start = Derivation("dl.scalar-law", _over_weights(_SIZE**q), about, notes=notes)
    one = Expectation(sp.Abs(_WEIGHT) ** q, (_WEIGHT, _STANDARD))
    density = sp.exp(-(_WEIGHT**2) / 2) / sp.sqrt(2 * sp.pi)
    line = sp.Integral(sp.Abs(_WEIGHT) ** q * density, (_WEIGHT, -sp.oo, sp.oo))
    half = sp.Integral(_X**q * density.subs(_WEIGHT, _X), (_X, 0, sp.oo))
    value = 2 ** (q / 2) * sp.gamma((q + 1) / 2) / (2 * sp.sqrt(sp.pi))
    return (
        start.then(IidFactors(_WEIGHT), start.definition, one**L, "independent factors")
        .then(Unfold(), one, line, "density")
        .then(SplitAtZero(_X), line, 2 * half, "even")
        .then(HalfNormalIntegral(), half, value, "Gamma integral")
    )


def _log_moments(start: Derivation, orders: tuple[int, ...]) -> Derivation:
    """Evaluate every E[(log |w_1 ... w_L|)^k; not 0] as a derivative of the moment at q = 0."""
    lemma = scalar_law()
    done = start
    for order in orders:
        value = WherePositive(sp.log(_SIZE) ** order, _SIZE)
        limit = AtZero(sp.Lambda(q, lemma.definition), sp.Integer(order))
        reason = "derivative of the moment at order 0"
        done = done.then(LogMoment(q), _over_weights(value), limit, reason)
    done = done.then(Lemma(lemma), lemma.definition, lemma.conclusion, "moment of order q")
    for order in orders:
        limit = AtZero(sp.Lambda(q, lemma.conclusion), sp.Integer(order))
        done = done.then(EvaluateAtZero(), limit, _OF_LOG[order], "smooth at q = 0")
    return done


_FIRST = -L * (sp.EulerGamma + sp.log(2)) / 2
#: k -> E (log |w_1 ... w_L|)^k
_OF_LOG = {0: sp.Integer(1), 1: _FIRST, 2: L * sp.pi**2 / 8 + _FIRST**2}


def _mean(power: int) -> Any:
    return given_positive(sp.log(_SIZE) ** power, _SIZE, (_WEIGHTS, _STANDARD))


def log_mean() -> Derivation:
    """Derive E log |w_1 ... w_L| = -L (gamma + log 2)/2.

    Examples
    --------
    >>> log_mean().verify().verdict.value
    'proved'
    """
    start = Derivation("dl.scalar-law.log-mean", _mean(1), "E log |w_1 ... w_L|, w_l iid N(0, 1)")
    return settled(_log_moments(start, (0, 1)), _FIRST)


def log_variance() -> Derivation:
    """Derive Var log |w_1 ... w_L| = L pi^2/8.

    Examples
    --------
    >>> log_variance().conclusion
    pi**2*L/8
    """
    meaning = "Var log |w_1 ... w_L|, w_l iid N(0, 1)"
    start = Derivation("dl.scalar-law.log-variance", _mean(2) - _mean(1) ** 2, meaning)
    return settled(_log_moments(start, (0, 1, 2)), L * sp.pi**2 / 8)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.scalar-law": scalar_law}
)
#: the logarithm
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.scalar-law.log-mean": log_mean, "dl.scalar-law.log-variance": log_variance}
)
