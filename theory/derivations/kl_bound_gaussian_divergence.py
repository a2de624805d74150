"""Divergences of a normal stationary law from the initial law N(0, s0 I), both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_arrays import Independent
from theory.derivations.rules_calculus import Algebra, PullOut
from theory.derivations.rules_independent import (
    LogOfProduct,
    NormalPowers,
    SumOverEntries,
    normal_density,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation, Rule
from theory.derivations.symbols_kl_bound import K, c, i, s0

__all__ = [
    "DERIVATIONS",
    "RANGE",
    "SUPPLEMENTS",
    "entrywise",
    "from_initial",
    "one_direction",
    "over_entries",
    "to_initial",
]

#: i = 1, ..., K, the eigendirections of C
RANGE = (i, 1, K)
_ZERO = sp.Integer(0)
_W, _Z = sp.IndexedBase("W", real=True), sp.Symbol("z", real=True)
_M = sp.Symbol("m", real=True)
_V, _U = sp.symbols("v u", positive=True)


def over_entries(body: Any, variance: Any) -> Any:
    """Return E of a function of (W[1], ..., W[K]), independent, W[i] ~ N(0, variance).

    Parameters
    ----------
    body, variance : Expr
        The function; the variance, which may depend on i.

    Returns
    -------
    Expectation

    Examples
    --------
    >>> print(over_entries(_W[1], c[i]))
    E[W[1]]
    """
    return Expectation(body, (_W, Independent(sp.Lambda(i, Gaussian(variance)))))


_LOGARITHM = -sp.log(_V / _U)


def one_direction(logarithm: Any = _LOGARITHM) -> Derivation:
    """Derive KL(N(m, v) || N(0, u)) = (v/u - 1 - log(v/u) + m^2/u)/2 on the line.

    Parameters
    ----------
    logarithm : Expr
        -log(v/u), or the same as log(u/v).

    Returns
    -------
    Derivation

    Examples
    --------
    >>> one_direction().verify().verdict.value
    'proved'
    """
    ratio = normal_density(_M + _Z, _M, _V) / normal_density(_M + _Z, _ZERO, _U)
    definition = Expectation(sp.log(ratio), (_Z, Gaussian(_V)))
    plain = (_M + _Z) ** 2 / (2 * _U) - _Z**2 / (2 * _V) + logarithm / 2
    value = (_V / _U - 1 + logarithm + _M**2 / _U) / 2
    meaning = "KL(N(m, v) || N(0, u)) in one dimension: E log of the densities' ratio at m + z"
    return (
        Derivation("kl.divergence.one-direction", definition, meaning)
        .then(Algebra(), sp.log(ratio), plain, "logarithm of the densities")
        .then(NormalPowers(), Expectation(plain, (_Z, Gaussian(_V))), value, "moments of z")
    )


def entrywise(start: Derivation, variance: Any, term: Any, lemma: tuple[Rule, Any]) -> Derivation:
    """From E log prod_i f(W[i]) to the sum over i of a lemma's value for E log f(z).

    Parameters
    ----------
    start : Derivation
        Whose conclusion holds the expectation.
    variance : Expr
        Of W[i].
    term : callable
        f.
    lemma : (Rule, Expr)
        For one entry z, and its value.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> to_initial().steps[1].rule.name
    'SumOverEntries'
    """
    rule, value = lemma
    product = sp.log(sp.Product(term(_W[i]), RANGE))
    total = sp.Sum(sp.log(term(_W[i])), RANGE)
    one = Expectation(sp.log(term(_Z)), (_Z, Gaussian(variance)))
    return (
        start.then(LogOfProduct(), product, total, "logarithm of a product")
        .then(SumOverEntries(_Z), over_entries(total, variance), sp.Sum(one, RANGE), "term by term")
        .then(rule, one, value, "one direction")
    )


def _divergence(name: str, variances: tuple[Any, Any], scalars: Any, meaning: str) -> Derivation:
    """Derive KL(prod_i N(0, v_i) || prod_i N(0, u_i)); `scalars` is -log(v/u) as it is to be written."""
    first, second = variances

    def ratio(w: Any) -> Any:
        return normal_density(w, _ZERO, first) / normal_density(w, _ZERO, second)

    definition = over_entries(sp.log(sp.Product(ratio(_W[i]), RANGE)), first)
    lemma = Lemma(one_direction(scalars), ((_V, first), (_U, second), (_M, _ZERO)))
    logarithm = scalars.xreplace({_V: first, _U: second})
    term = first / second - 1 + logarithm
    done = entrywise(Derivation(name, definition, meaning), first, ratio, (lemma, term / 2))
    return done.then(PullOut(), done.conclusion, sp.Sum(term, RANGE) / 2, "constant factor")


def to_initial() -> Derivation:
    """Derive KL(N(0, C) || N(0, s0 I)) = (1/2) sum_i (c_i/s0 - 1 - log(c_i/s0)).

    Examples
    --------
    >>> to_initial().verify().verdict.value
    'proved'
    """
    meaning = "KL(N(0, C) || N(0, s0 I)) in the eigenbasis of C, in which N(0, s0 I) is the same"
    return _divergence("kl.divergence.to-initial", (c[i], s0), _LOGARITHM, meaning)


def from_initial() -> Derivation:
    """Derive KL(N(0, s0 I) || N(0, C)) = (1/2) sum_i (s0/c_i - 1 + log(c_i/s0)).

    Examples
    --------
    >>> from_initial().verify().verdict.value
    'proved'
    """
    meaning = "KL(N(0, s0 I) || N(0, C)) in the eigenbasis of C, in which N(0, s0 I) is the same"
    return _divergence("kl.divergence.from-initial", (s0, c[i]), sp.log(_U / _V), meaning)


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.divergence.to-initial": to_initial, "kl.divergence.from-initial": from_initial}
)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.divergence.one-direction": one_direction}
)
