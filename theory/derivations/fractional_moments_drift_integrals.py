"""Mean and variance of a step of the log-norm, any activation: integrals of the Laplace transform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_mellin as mellin
from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.formal_limits import WherePositive
from theory.derivations.fractional_moments_drift import (
    conditional_mean,
    log_power_mean,
)
from theory.derivations.fractional_moments_drift_frullani import (
    RATE,
    log_as_integral,
    log_integrand,
    over_half_line,
)
from theory.derivations.fractional_moments_sums import (
    MASK,
    NORMAL,
    ONE_MASK,
    ONE_NORMAL,
    STANDARD,
    TOTAL,
)
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_arrays import LawOfIidSum
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_frullani import FrullaniSwap
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_survival import ConditionOnSurvival
from theory.derivations.rules_transforms import ReadTransform
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, q, t

__all__ = [
    "DERIVATIONS",
    "ENTRIES",
    "SUPPLEMENTS",
    "log_norm_mean",
    "log_norm_variance",
    "survival_atom",
    "unit_transform",
]

#: the size given that it is > 0
_ALIVE = sp.Symbol("Y", positive=True)
#: array -> the variable that stands for one entry in `unit_transform`
ENTRIES: Mapping[Any, Any] = MappingProxyType(
    {NORMAL: ONE_NORMAL, MASK: ONE_MASK, mellin.SLOPES: laplace.SLOPE}
)
#: activation -> derivation of psi, the transform of phi(z)^2
_UNITS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "linear": laplace.linear,
        "relu": laplace.relu,
        "leaky-relu": laplace.leaky_relu,
        "rrelu": laplace.randomised,
        "dropout": laplace.dropout,
        "dropout.relu": partial(laplace.dropout, laplace.relu(), sp.Integer(0)),
    }
)
#: activation -> psi(oo) = P(phi(z) = 0), where it is not 0
_ATOMS = MappingProxyType({"relu": sp.Rational(1, 2), "dropout": 1 - q, "dropout.relu": 1 - q / 2})


def unit_transform(activation: str) -> Derivation:
    """Return the derivation of psi, the Laplace transform of phi(z)^2.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> unit_transform("linear").conclusion
    1/sqrt(2*t + 1)
    """
    return _UNITS[activation]()


def survival_atom(activation: str) -> Any:
    """Return P0 = psi(oo)^d = P(Q = 0).

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Expr

    Examples
    --------
    >>> survival_atom("relu"), survival_atom("leaky-relu")
    ((1/2)**d, 0)
    """
    return _ATOMS[activation] ** d if activation in _ATOMS else sp.Integer(0)


def _named(start: Derivation, activation: str, orders: tuple[int, ...]) -> Derivation:
    """Name Q by its transform psi^d in every E[(log Q)^k; Q > 0]."""
    lemma = unit_transform(activation)
    arrays = [array for array, _ in MODELS[activation].pairs(NORMAL, STANDARD)]
    rule = LawOfIidSum(TOTAL, t, tuple((x, ENTRIES[x]) for x in arrays))
    done = start
    for order in orders:
        new = Expectation(_log_where_alive(order), *_pair(lemma.definition**d))
        old = log_power_mean(activation, order)
        done = done.then(rule, old, new, "Q is a sum of d iid terms")
    return done.then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "Laplace transform of one term"
    )


def _log_where_alive(order: int) -> Any:
    return WherePositive(sp.log(TOTAL) ** order, TOTAL)


def _pair(transform: Any, variable: Any = TOTAL) -> tuple[Any, ...]:
    return ((variable, ByTransform(sp.Lambda(t, transform))),)


def _conditioned(done: Derivation, activation: str, orders: tuple[int, ...]) -> Derivation:
    """Replace every E[(log Q)^k; Q > 0] by (1 - P0) E (log Y)^k, Y of the law of Q given Q > 0."""
    share, alive = _excess(activation)
    given, named = _pair(share / alive, _ALIVE), _pair(unit_transform(activation).conclusion ** d)
    for order in orders:
        old = Expectation(_log_where_alive(order), *named)
        mean = Expectation(sp.log(_ALIVE) ** order, *given) if order else sp.Integer(1)
        done = done.then(ConditionOnSurvival(_ALIVE), old, alive * mean, "the law given Q > 0")
    return done


def _as_integrals(done: Derivation, activation: str, orders: tuple[int, ...]) -> Derivation:
    """Replace every E (log Y)^k, the highest k first, by an integral of the transform of Y."""
    share, alive = _excess(activation)
    pair = _pair(share / alive, _ALIVE)
    tilted = Expectation(sp.exp(-t * _ALIVE), *pair)
    for order in sorted(filter(None, orders), reverse=True):
        integrand = log_integrand(order, sp.exp(-t * _ALIVE))
        body, under = over_half_line(integrand), Expectation(integrand, *pair)
        swapped, split = over_half_line(under), sp.expand(log_integrand(order, tilted), deep=False)
        lemma = Lemma(log_as_integral(order), ((RATE, _ALIVE),), reverse=True)
        done = (
            done.then(lemma, sp.log(_ALIVE) ** order, body, "Frullani's integral")
            .then(FrullaniSwap(), Expectation(body, *pair), swapped, "Fubini's theorem")
            .then(Linearity(), under, split, "linearity")
        )
    done = done.then(ReadTransform(), tilted, share / alive, "Laplace transform of Q given Q > 0")
    for order in filter(None, orders):
        whole = log_integrand(order, share / alive)
        apart = over_half_line(sp.expand(whole, deep=False))
        done = done.then(Algebra(), apart, over_half_line(whole), "collect")
    return done


def _excess(activation: str) -> tuple[Any, Any]:
    """Return psi^d - P0 and 1 - P0, P0 = psi(oo)^d."""
    atom = survival_atom(activation)
    return unit_transform(activation).conclusion ** d - atom, 1 - atom


def _derive(definition: Any, activation: str, what: str, orders: tuple[int, ...]) -> Derivation:
    # Linear and ReLU have closed forms; these integrals are a second route to them.
    suffix = ".integral" if activation in ("linear", "relu") else ""
    start = Derivation(
        f"fm.log-norm-{what}.{activation}{suffix}",
        definition,
        f"the {what} of (1/2) log Q given Q > 0, Q = sum of phi(z_i)^2 over a layer of width d",
        constraints=unit_transform(activation).constraints,
    )
    done = _conditioned(_named(start, activation, orders), activation, orders)
    return _as_integrals(done, activation, orders)


def log_norm_mean(activation: str) -> Derivation:
    """Derive E[log Q | Q > 0] / 2 = int (e^-t - (psi^d - P0)/(1-P0)) dt/t / 2, P0 = P(Q = 0).

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> log_norm_mean("leaky-relu").verify().verdict.value
    'proved'
    """
    return _derive(conditional_mean(activation, 1) / 2, activation, "mean", (0, 1))


def log_norm_variance(activation: str) -> Derivation:
    """Derive Var[log Q | Q > 0] / 4 from integrals of e^-t - (psi^d - P0)/(1-P0).

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> log_norm_variance("leaky-relu").verify().verdict.value
    'proved'
    """
    definition = (conditional_mean(activation, 2) - conditional_mean(activation, 1) ** 2) / 4
    return _derive(definition, activation, "variance", (0, 1, 2))


def _both(*activations: str) -> dict[str, Callable[[], Derivation]]:
    """Return the builders of mean and variance, by id."""
    builders = (
        partial(derive, x) for derive in (log_norm_mean, log_norm_variance) for x in activations
    )
    return {build().id: build for build in builders}


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    _both("leaky-relu", "rrelu", "dropout")
)
#: ReLU with dropout; a second route for linear and ReLU
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    _both("dropout.relu", "linear", "relu")
)
