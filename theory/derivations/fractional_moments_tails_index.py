"""The tail index of the stationary norm: weights of order s have tail index s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_sums as sums
from theory.derivations.formal import ByTransform, Equation, Expectation
from theory.derivations.formal_tails import Indicator, PositiveRoot, Stationary
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_tails import KestenIndex, UniqueRoot, UnitMoment
from theory.derivations.steps import Derivation
from theory.derivations.symbols import Q, R, d, p, s, sigma2, sigma_b2, t

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "tail_index", "tail_index_linear"]

_LEVEL = sp.Symbol("r", positive=True)
_KAPPA = sp.Symbol("kappa", positive=True)


def _preserved(pair: Any, scale: Any, moment: Any) -> Derivation:
    """Derive E (sigma2 Q)^(s/2) = 1 from (rule, value) for E Q^(s/2)."""
    definition = Expectation((scale * Q) ** (s / 2), pair)
    plain, (rule, value) = Expectation(Q ** (s / 2), pair), moment
    pulled = scale ** (s / 2) * plain
    start = Derivation("lemma.order-preserved", definition, "E of the squared ratio, power s/2")
    if definition != pulled:
        start = start.then(Linearity(), definition, pulled, "constant factor")
    return start.then(rule, plain, value, "moment of order s")


def _tail_index(name: str, psi: Derivation, scale: Any, moment: Any) -> Derivation:
    """From the tail of the stationary norm, weights of variance `scale`, to the index s."""

    def limit(transform: Any) -> tuple[Any, Any]:
        pair = (Q, ByTransform(sp.Lambda(t, transform**d)))
        law = Stationary(sp.Lambda(R, (scale * R + sigma_b2) * Q), pair)
        tail = Expectation(1 - Indicator(sp.sqrt(R), _LEVEL), (R, law))
        return sp.Limit(-sp.log(tail) / sp.log(_LEVEL), _LEVEL, sp.oo), pair

    definition, _ = limit(psi.definition)
    inserted, pair = limit(psi.conclusion)
    ratio = Expectation((scale * Q) ** (_KAPPA / 2), pair)
    root = PositiveRoot(Equation(ratio, sp.Integer(1)), _KAPPA)
    meaning = (
        "the limit of -log P(|x| > r)/log r, |x|^2 stationary for R -> (sigma2 R + sigma_b2) Q, "
        "sigma2 of order s at equal widths d"
    )
    return (
        Derivation(name, definition, meaning)
        .then(Lemma(psi), psi.definition, psi.conclusion, "Laplace transform of one unit")
        .then(KestenIndex(_KAPPA), inserted, root, "Kesten's theorem")
        .then(UniqueRoot(_preserved(pair, scale, moment)), root, s, "order s preserves E |x|^s")
    )


def tail_index() -> Derivation:
    """Derive that weights of order s give a stationary norm of tail index s, leaky ReLU.

    Examples
    --------
    >>> tail_index().verify().verdict.value
    'proved'
    """
    rule = UnitMoment(sigma2, s / 2, "the weights are of order s")
    return _tail_index("fm.tail-index", laplace.leaky_relu(), sigma2, (rule, sigma2 ** (-s / 2)))


def tail_index_linear() -> Derivation:
    """Derive the same for the linear network, its variance of order s in closed form.

    Examples
    --------
    >>> tail_index_linear().verify().verdict.value
    'proved'
    """
    value = sums.chi_moment(d, s / 2)
    rule = Lemma(sums.linear(), ((p, s / 2),), sums.NAMED)
    scale = value ** (-2 / s)
    return _tail_index("fm.tail-index.linear", laplace.linear(), scale, (rule, value))


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.tail-index": tail_index}
)

#: the same with an explicit variance
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.tail-index.linear": tail_index_linear}
)
