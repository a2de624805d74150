"""The norm at a given depth: independent steps, moments, characteristic function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_law as law
from theory.derivations import fractional_moments_law_mellin as law_mellin
from theory.derivations import fractional_moments_mixtures as mixtures
from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.formal_tails import GivenPast, PositivePower, Survives
from theory.derivations.fractional_moments_variance import layer_laplace
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_characteristic import (
    EqualOnHalfLine,
    LimitOfTransform,
    PositiveTogether,
)
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_random_walk import (
    IidProduct,
    IndependentSteps,
    ProductOfConstant,
    ScaleSteps,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, d, d_in, d_out, depth, p, s, sigma2, t, w

__all__ = [
    "DERIVATIONS",
    "EQUAL_WIDTHS",
    "INDEPENDENT",
    "PRODUCT",
    "SCALED",
    "SQUARES",
    "SUPPLEMENTS",
    "characteristic",
    "moment",
    "over_squares",
    "survival",
    "walk_of",
]

_RATIOS = sp.IndexedBase("r", nonnegative=True)
_INPUTS = sp.IndexedBase("x", real=True)
_LAYER = sp.Symbol("m", integer=True, positive=True)
#: the squared norms y_m of phi(z), one for each layer
SQUARES = sp.IndexedBase("y", nonnegative=True)
#: their product over the layers
PRODUCT = sp.Product(SQUARES[_LAYER], (_LAYER, 1, depth))
#: widths of a layer
EQUAL_WIDTHS = ((d_in, d), (d_out, d))
_ORDER = sp.I * w / 2
#: expression number at which |x_k|^2/|x_0|^2 is sigma^2k times the product of independent y_m
SCALED = 4
#: expression number at which the squared ratios are independent
INDEPENDENT = 2


def _transform(activation: str) -> Any:
    """Return psi^d, the transform of Q."""
    value = layer_laplace(activation).conclusion.subs(dict(EQUAL_WIDTHS))
    return value.subs(t, t / sigma2)


def over_squares(body: Any, activation: str) -> Any:
    """Return E of `body`, a function of SQUARES, iid with the transform psi^d of `activation`.

    Examples
    --------
    >>> over_squares(Survives(PRODUCT), "linear").variables
    (y,)
    """
    pair = (SQUARES, ByTransform(sp.Lambda(t, _transform(activation))))
    return Expectation(body, pair)


def walk_of(name: str, activation: str, function: Callable[[Any], Any], meaning: str) -> Derivation:
    """From E f(product of squared ratios), each by its law given the past, to E f(sigma^2k prod y_m).

    Parameters
    ----------
    name, activation : str
        Id, and "linear", "relu" or "leaky-relu".
    function : callable
        f, of |x_k|^2/|x_0|^2.
    meaning : str
        The expectation in words.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> walk_of("demo", "linear", Survives, "P(x_k != 0)").verify().verdict.value
    'proved'
    """
    layer = layer_laplace(activation)
    ratios = sp.Product(_RATIOS[_LAYER], (_LAYER, 1, depth))
    given, value = (side.subs(dict(EQUAL_WIDTHS)) for side in (layer.definition, layer.conclusion))
    definition, inserted = (
        Expectation(function(ratios), (_RATIOS, GivenPast(sp.Lambda(t, side), _INPUTS)))
        for side in (given, value)
    )
    independent = Expectation(function(ratios), (_RATIOS, ByTransform(sp.Lambda(t, value))))
    gained = sp.Product(sigma2 * SQUARES[_LAYER], (_LAYER, 1, depth))
    about = f"{meaning}; r_m = |x_m|^2/|x_(m-1)|^2, {activation}, equal widths d"
    rule = Lemma(layer, EQUAL_WIDTHS)
    return (
        Derivation(name, definition, about)
        .then(rule, given, value, "Laplace transform of one layer, whatever its input")
        .then(IndependentSteps(), inserted, independent, "so the steps are independent")
        .then(
            ScaleSteps(sigma2, SQUARES),
            independent,
            over_squares(function(gained), activation),
            "a step is sigma^2 Q",
        )
        .then(ProductOfConstant(), gained, sigma2**depth * PRODUCT, "sigma^2 of every layer")
    )


_MOMENTS = {"linear": sums.linear, "relu": sums.relu, "leaky-relu": mixtures.leaky_relu}


def moment(name: str, activation: str) -> Derivation:
    """Derive E|x_k|^s/|x_0|^s = (sigma^s M_d(s/2))^k.

    Parameters
    ----------
    name, activation : str
        Id, and "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> moment("fm.norm-law.moment.linear", "linear").verify().verdict.value
    'proved'
    """
    lemma = _MOMENTS[activation]()
    walk = walk_of(name, activation, lambda y: y ** (s / 2), "E|x_k|^s/|x_0|^s, k the depth")
    power = PRODUCT ** (s / 2)
    plain = over_squares(power, activation)
    one = Expectation(Q ** (s / 2), (Q, *plain.pairs[0][1:]))
    scale = sigma2 ** (depth * s / 2)
    value = lemma.conclusion.subs(p, s / 2)
    return (
        walk.then(Linearity(), walk.conclusion, scale * plain, "constant factor")
        .then(IidProduct(Q), plain, one**depth, "E of a product of independent factors")
        .then(Lemma(lemma, ((p, s / 2),), sums.NAMED), one, value, "moment of order s")
        .then(Algebra(), scale * value**depth, (sigma2 ** (s / 2) * value) ** depth, "one power")
    )


_ONE_LAYER = {"linear": law.linear, "relu": law.relu, "leaky-relu": law_mellin.leaky_relu}


def characteristic(activation: str) -> Derivation:
    """Derive E[(|x_k|/|x_0|)^(iw); x_k != 0] = (sigma^(iw) E[Q^(iw/2); Q > 0])^k.

    Parameters
    ----------
    activation : str
        "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> characteristic("linear").verify().verdict.value
    'proved'
    """
    name = f"fm.norm-law.characteristic.depth.{activation}"
    meaning = "E[(|x_k|/|x_0|)^(iw); x_k != 0], k the depth"
    walk = walk_of(name, activation, lambda y: PositivePower(y, _ORDER), meaning)
    plain = over_squares(PositivePower(PRODUCT, _ORDER), activation)
    one = Expectation(PositivePower(Q, _ORDER), (Q, *plain.pairs[0][1:]))
    lemma, halved = _ONE_LAYER[activation](), ((w, w / 2),)
    value = lemma.conclusion.subs(dict(halved))
    gain = sigma2 ** (depth * _ORDER)
    split = gain * PositivePower(PRODUCT, _ORDER)
    return (
        walk.then(EqualOnHalfLine(PRODUCT), walk.conclusion.body, split, "power of a product")
        .then(Linearity(), over_squares(split, activation), gain * plain, "constant factor")
        .then(IidProduct(Q), plain, one**depth, "E of a product of independent factors")
        .then(Lemma(lemma, halved, law.NAMED), one, value, "one layer")
        .then(Algebra(), gain * value**depth, (sigma2**_ORDER * value) ** depth, "one power")
    )


_ATOMS = {"linear": sp.Integer(0), "relu": 2**-d, "leaky-relu": sp.Integer(0)}


def survival(activation: str) -> Derivation:
    """Derive P(x_k != 0) = (1 - psi(oo)^d)^k.

    Parameters
    ----------
    activation : str
        "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> survival("relu").conclusion
    (1 - 1/2**d)**depth
    """
    name = f"fm.norm-law.survival.{activation}"
    walk = walk_of(name, activation, Survives, "P(x_k != 0), k the depth")
    plain = over_squares(Survives(PRODUCT), activation)
    one = Expectation(Survives(Q), (Q, *plain.pairs[0][1:]))
    return (
        walk.then(PositiveTogether(PRODUCT), walk.conclusion.body, plain.body, "sigma^2 > 0")
        .then(IidProduct(Q), plain, one**depth, "E of a product of independent factors")
        .then(LimitOfTransform(), one, 1 - _ATOMS[activation], "P(Q = 0) = psi(oo)^d")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.norm-law.moment": partial(moment, "fm.norm-law.moment", "leaky-relu")}
)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **{
            f"fm.norm-law.moment.{x}": partial(moment, f"fm.norm-law.moment.{x}", x)
            for x in ("linear", "relu")
        },
        **{f"fm.norm-law.characteristic.depth.{x}": partial(characteristic, x) for x in _ONE_LAYER},
        **{f"fm.norm-law.survival.{x}": partial(survival, x) for x in _ONE_LAYER},
    }
)
