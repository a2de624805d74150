"""What Theorem 5.1 rests on: the output of a Gaussian net shrinks on average like exp(-L/(10 m)).

The theorem itself (narrow nets stay on the plateau for exp(Omega(L^g)) steps) is not derived here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_products import gain_moment, norm_moment
from theory.derivations.deep_linear_products_chi import root_chi_mean
from theory.derivations.rules_bounded_factors import ExponentialAboveTangent, PowersOfLemmas
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, d, d_y, m

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "mean_norm", "plateau"]

_HALF, _ONE = sp.Rational(1, 2), sp.Integer(1)
_EVALUATED = 2  # expression of `root_chi_mean` at which E sqrt(Z) is a quotient of Gamma functions


def _shortfall(width: Any) -> Any:
    return 1 / (10 * width)


def mean_norm() -> Derivation:
    """Derive E|f(x)|/|x| <= (1 - 1/(10 m))^(L-1) (1 - 1/(10 d_y)).

    Examples
    --------
    >>> mean_norm().relation
    '<='
    """
    done = norm_moment("dl.mean-norm", _HALF)
    factors = tuple(
        (
            Lemma(root_chi_mean(), ((d, width),), _EVALUATED),
            gain_moment(width, _HALF),
            1 - _shortfall(width),
            power,
        )
        for width, power in ((m, L - 1), (d_y, _ONE))
    )
    bound = (1 - _shortfall(m)) ** (L - 1) * (1 - _shortfall(d_y))
    return done.then(PowersOfLemmas(factors), done.conclusion, bound, "E sqrt(Z) of every layer")


def plateau() -> Derivation:
    """Derive E|f(x)|/|x| <= exp(-(L - 1)/(10 m) - 1/(10 d_y)).

    Examples
    --------
    >>> plateau().verify().verdict.value
    'proved'
    """
    so_far = replace(mean_norm(), id="dl.plateau")
    pairs = ((_shortfall(m), L - 1), (_shortfall(d_y), _ONE))
    bound = sp.exp(-(L - 1) * _shortfall(m) - _shortfall(d_y))
    rule = ExponentialAboveTangent(pairs)
    return so_far.then(rule, so_far.conclusion, bound, "1 - u <= exp(-u)")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: bounds on the mean norm
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.mean-norm": mean_norm, "dl.plateau": plateau}
)
