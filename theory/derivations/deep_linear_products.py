"""The norm of the output of a Gaussian deep linear net: moments, mean and variance of its logarithm (C7).

f(x) = alpha W_L ... W_1 x, alpha = 1/sqrt(m^(L-1) d_y): the product of W_l/sqrt(m), l < L, and W_L/sqrt(d_y).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.formal_limits import AtZero, WherePositive, given_positive
from theory.derivations.formal_tails import GivenPast
from theory.derivations.fractional_moments_drift import settled
from theory.derivations.fractional_moments_variance import layer_laplace
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_layer_products import IidFactors, IndependentLayers
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_logarithms import EvaluateAtZero, LogMoment
from theory.derivations.rules_perpetuity import Independence
from theory.derivations.rules_transforms import ScaleLaw
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, d, d_out, p, sigma2, t
from theory.derivations.symbols_deep_linear import L, d_y, m

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "gain_moment",
    "log_norm_mean",
    "log_norm_variance",
    "norm_moment",
    "over_layers",
    "power_of_norm",
]

_RATIOS, _STATE = sp.IndexedBase("r", nonnegative=True), sp.IndexedBase("x", real=True)
_LAST, _LAYER = sp.Symbol("R", nonnegative=True), sp.Symbol("l", integer=True, positive=True)
_HIDDEN = sp.Product(_RATIOS[_LAYER], (_LAYER, 1, L - 1))
_SIZE = _HIDDEN * _LAST
_LAWS = ((d_out, m), (sigma2, 1 / m)), ((d_out, d_y), (sigma2, 1 / d_y))
_ABOUT = "|f(x)|^2/|x|^2 is the product of r_l = |x_l|^2/|x_(l-1)|^2 over l < L and of R, the same of the last layer"


def _pairs(number: int) -> tuple[Any, Any]:
    """Return the variables with the laws of a step given its input, after `number` of them are inserted."""
    layer = layer_laplace("linear")
    laws = [
        GivenPast(
            sp.Lambda(t, (layer.conclusion if done else layer.definition).subs(dict(values))),
            _STATE,
        )
        for values, done in zip(_LAWS, (number > 0, number > 1), strict=True)
    ]
    return (_RATIOS, laws[0]), (_LAST, laws[1])


def over_layers(body: Any) -> Any:
    """Return E of a body in the ratios of the layers, each by its law given its input.

    Examples
    --------
    >>> over_layers(power_of_norm(p)).variables
    (r, R)
    """
    return Expectation(body, *_pairs(0))


def power_of_norm(order: Any) -> Any:
    """Return (|f(x)|^2/|x|^2)^order in the ratios of the layers.

    Examples
    --------
    >>> power_of_norm(p)
    (R*Product(r[l], (l, 1, L - 1)))**p
    """
    return _SIZE**order


def _transform(width: Any, argument: Any) -> Any:
    return (1 + 2 * argument) ** (-width / 2)


def gain_moment(width: Any, order: Any = p) -> Any:
    """Return E Z^order, width Z ~ chi-square of `width`, as the steps conclude it.

    Examples
    --------
    >>> gain_moment(sp.Integer(2), sp.Integer(1))
    1
    """
    return width**-order * sums.chi_moment(width, order)


def norm_moment(name: str = "dl.norm-moment", order: Any = p) -> Derivation:
    """Derive E(|f(x)|/|x|)^(2p) = (E Z_m^p)^(L-1) E Z_(d_y)^p, n Z_n ~ chi^2_n, for p > 0.

    Parameters
    ----------
    name : str
        Id.
    order : Expr
        p.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> norm_moment().verify().verdict.value
    'proved'
    """
    layer, power = layer_laplace("linear"), power_of_norm(order)
    done = Derivation(name, over_layers(power), f"E(|f(x)|/|x|)^(2 {order}); {_ABOUT}")
    for values in _LAWS:
        given, value = (x.subs(dict(values)) for x in (layer.definition, layer.conclusion))
        done = done.then(Lemma(layer, values), given, value, "one layer, whatever its input")
    laws = [ByTransform(sp.Lambda(t, _transform(n, t / n))) for n in (m, d_y)]
    free = Expectation(power, (_RATIOS, laws[0]), (_LAST, laws[1]))
    hidden = Expectation(_HIDDEN**order, (_RATIOS, laws[0]))
    one, last = Expectation(Q**order, (Q, laws[0])), Expectation(_LAST**order, (_LAST, laws[1]))
    done = (
        done.then(IndependentLayers(), done.conclusion, free, "so the layers are independent")
        .then(Independence(), free, hidden * last, "hidden layers and the last one")
        .then(IidFactors(Q), hidden, one ** (L - 1), "E of a product of independent factors")
    )
    return _chi_square(_chi_square(done, one, m, order), last, d_y, order)


def _chi_square(done: Derivation, one: Any, width: Any, order: Any) -> Derivation:
    """Evaluate E Z^order, width Z ~ chi-square, from the transform of Z."""
    pair = (Q, ByTransform(sp.Lambda(t, _transform(width, t))))
    scaled, plain = Expectation((Q / width) ** order, pair), Expectation(Q**order, pair)
    lemma = Lemma(sums.linear(), ((p, order), (d, width)), sums.NAMED)
    return (
        done.then(ScaleLaw(1 / width), one, scaled, "a mean of squares")
        .then(Linearity(), scaled, width**-order * plain, "constant factor")
        .then(lemma, plain, sums.chi_moment(width, order), "moment of chi-square")
    )


def _mean(power: int) -> Any:
    """Return E[(log |f|^2/|x|^2)^power | f != 0]."""
    return given_positive(sp.log(_SIZE) ** power, _SIZE, *_pairs(0))


def _log_moments(start: Derivation, orders: tuple[int, ...]) -> Derivation:
    """Evaluate every E[(log S)^k; S > 0], S = |f|^2/|x|^2, as a derivative of E S^p at p = 0."""
    lemma = norm_moment()
    done = start
    for order in orders:
        value = WherePositive(sp.log(_SIZE) ** order, _SIZE)
        limit = AtZero(sp.Lambda(p, lemma.definition), sp.Integer(order))
        reason = "derivative of the moment at order 0"
        done = done.then(LogMoment(p), over_layers(value), limit, reason)
    done = done.then(Lemma(lemma), lemma.definition, lemma.conclusion, "moment of order p")
    for order in orders:
        limit = AtZero(sp.Lambda(p, lemma.conclusion), sp.Integer(order))
        done = done.then(EvaluateAtZero(), limit, _OF_LOG[order], "smooth at p = 0")
    return done


def _drift(width: Any) -> Any:
    """Return E log Z, width Z ~ chi-square."""
    return sp.digamma(width / 2) + sp.log(2) - sp.log(width)


_FIRST = (L - 1) * _drift(m) + _drift(d_y)
_SPREAD = (L - 1) * sp.trigamma(m / 2) + sp.trigamma(d_y / 2)
#: k -> E (log S)^k
_OF_LOG = {0: sp.Integer(1), 1: _FIRST, 2: _SPREAD + _FIRST**2}


def log_norm_mean() -> Derivation:
    """Derive E log(|f(x)|/|x|) = (L - 1) (psi(m/2) - log(m/2))/2 + (psi(d_y/2) - log(d_y/2))/2.

    Examples
    --------
    >>> log_norm_mean().verify().verdict.value
    'proved'
    """
    start = Derivation("dl.log-norm-mean", _mean(1) / 2, f"E log(|f(x)|/|x|); {_ABOUT}")
    drifts = (sp.digamma(m / 2) - sp.log(m / 2), sp.digamma(d_y / 2) - sp.log(d_y / 2))
    return settled(_log_moments(start, (0, 1)), (L - 1) * drifts[0] / 2 + drifts[1] / 2)


def log_norm_variance() -> Derivation:
    """Derive Var log(|f(x)|/|x|) = (L - 1) psi'(m/2)/4 + psi'(d_y/2)/4.

    Examples
    --------
    >>> print(log_norm_variance().conclusion)
    (L - 1)*polygamma(1, m/2)/4 + polygamma(1, d_y/2)/4
    """
    definition = (_mean(2) - _mean(1) ** 2) / 4
    start = Derivation("dl.log-norm-variance", definition, f"Var log(|f(x)|/|x|); {_ABOUT}")
    done = _log_moments(start, (0, 1, 2))
    return settled(done, (L - 1) * sp.trigamma(m / 2) / 4 + sp.trigamma(d_y / 2) / 4)


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.log-norm-mean": log_norm_mean, "dl.log-norm-variance": log_norm_variance}
)
#: moments of the norm
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.norm-moment": norm_moment}
)
