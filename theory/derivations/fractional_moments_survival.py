"""Extinction, and the drift given survival of the scheme of order s: decay, growth, their border."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import ByTransform, Expectation
from theory.derivations.formal_limits import ProductOver, WherePositive
from theory.derivations.fractional_moments_drift import (
    conditional_mean,
    layer_size,
    log_power_mean,
)
from theory.derivations.fractional_moments_drift_integrals import (
    ENTRIES,
    survival_atom,
    unit_transform,
)
from theory.derivations.fractional_moments_drift_layers import log_norm_mean
from theory.derivations.fractional_moments_drift_limits import order_variance
from theory.derivations.fractional_moments_mellin import SLOPES
from theory.derivations.fractional_moments_sums import INDEX, MASK, NORMAL, STANDARD, TOTAL
from theory.derivations.fractional_moments_variance import MODELS
from theory.derivations.rules_arrays import LawOfIidSum
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_jensen import JensenLogarithm, LogOfMean, LyapunovLogarithm
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_survival import ConditionOnSurvival, SurvivalOfProduct
from theory.derivations.steps import Derivation
from theory.derivations.symbols import d, depth, h, k, p, s, t

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "almost_sure_decay",
    "drift_decreases",
    "drift_of_order",
    "extinction",
]

_ALIVE = sp.Symbol("Y", positive=True)
#: arrays of one layer -> of all layers, entries iid over layers and units
_LAYERED: Mapping[Any, Any] = MappingProxyType(
    {
        NORMAL: sp.IndexedBase("zeta", real=True),
        MASK: sp.IndexedBase("mu", nonnegative=True),
        SLOPES: sp.IndexedBase("beta", real=True),
    }
)


def _suffix(activation: str, main: str = "relu") -> str:
    return "" if activation == main else f".{activation}"


def _survival(start: Derivation, activation: str) -> Derivation:
    """Return the derivation with P(Q > 0) in its conclusion evaluated: 1 - P0, P0 = psi(oo)^d.

    Examples
    --------
    >>> start = Derivation("demo", log_power_mean("relu", 0), "P(Q > 0)")
    >>> _survival(start, "relu").conclusion
    1 - (1/2)**d
    """
    unit = unit_transform(activation)
    arrays = [array for array, _ in MODELS[activation].pairs(NORMAL, STANDARD)]
    rule = LawOfIidSum(TOTAL, t, tuple((x, ENTRIES[x]) for x in arrays))
    alive = WherePositive(sp.Integer(1), TOTAL)
    of_unit, of_value = (
        Expectation(alive, (TOTAL, ByTransform(sp.Lambda(t, x**d))))
        for x in (unit.definition, unit.conclusion)
    )
    chance = 1 - survival_atom(activation)
    return (
        start.then(rule, log_power_mean(activation, 0), of_unit, "Q is a sum of d iid terms")
        .then(Lemma(unit), unit.definition, unit.conclusion, "Laplace transform of one term")
        .then(ConditionOnSurvival(_ALIVE), of_value, chance, "the transform at infinity")
    )


def extinction(activation: str) -> Derivation:
    """Derive P(x_depth = 0) = 1 - (1 - P0)^depth, P0 = P(Q = 0).

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> extinction("relu").conclusion
    1 - (1 - (1/2)**d)**depth
    """
    model = MODELS[activation]
    pairs = model.pairs(NORMAL, STANDARD)
    entries = {array[INDEX]: _LAYERED[array][k, INDEX] for array, _ in pairs}
    one = layer_size(activation).xreplace(entries)
    product = ProductOver(sp.Lambda(k, one), depth)
    layered = tuple((_LAYERED[array], law) for array, law in pairs)
    alive = Expectation(WherePositive(sp.Integer(1), product), *layered)
    meaning = "P(Q_1 ... Q_depth = 0), Q_k iid, Q_k = sum of phi(z_ki)^2 over a layer of width d"
    start = Derivation(
        f"fm.extinction{_suffix(activation)}",
        1 - alive,
        meaning,
        constraints=unit_transform(activation).constraints,
        notes=("|x_k|^2 = sigma2 |x_(k-1)|^2 Q_k, so x_depth = 0 if and only if a Q_k is 0",),
    )
    rule = SurvivalOfProduct(tuple((_LAYERED[array], array) for array, _ in pairs))
    powered = log_power_mean(activation, 0) ** depth
    return _survival(start.then(rule, alive, powered, "independent layers"), activation)


def _drift(activation: str, order: Any) -> Any:
    """Return the drift given survival at the variance of an order, equal widths."""
    return sp.log(order_variance(activation, order)) / 2 + conditional_mean(activation, 1) / 2


def _expanded(start: Derivation, activation: str, order: Any) -> Derivation:
    """Write log((E Q^(s/2))^(-2/s)) as -(2/s) log E Q^(s/2)."""
    variance = order_variance(activation, order)
    plain = -2 / order * sp.log(variance.base)
    return start.then(LogOfMean(), sp.log(variance), plain, "logarithm of a power")


def _start(name: str, activation: str, order: Any) -> Derivation:
    meaning = (
        f"the drift (1/2) E[log(sigma2 Q) | Q > 0] at the variance of order {order}, "
        f"sigma2 = (E Q^(({order})/2))^(-2/({order}))"
    )
    constraints = unit_transform(activation).constraints
    definition = _drift(activation, order)
    return Derivation(f"{name}{_suffix(activation)}", definition, meaning, constraints=constraints)


def almost_sure_decay(activation: str) -> Derivation:
    """Derive that the drift given survival at the variance of order s is < -(1/s) log(1 - P0).

    Without an atom, P0 = 0, it is < 0: the norm tends to 0 almost surely while its moment of order
    s stays constant.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> almost_sure_decay("leaky-relu").conclusion, almost_sure_decay("relu").conclusion
    (0, -log(1 - (1/2)**d)/s)
    """
    begun = _expanded(_start("fm.almost-sure-decay", activation, s), activation, s)
    moment, chance = order_variance(activation).base, log_power_mean(activation, 0)
    logarithms = sp.log(moment) - sp.log(chance)
    bound = -sp.log(moment) / s + logarithms / s
    done = begun.then(JensenLogarithm(s / 2), begun.conclusion, bound, "Jensen's inequality")
    return _survival(done.then(Algebra(), bound, -sp.log(chance) / s, "collect"), activation)


def drift_of_order(activation: str = "relu") -> Derivation:
    """Derive the drift given survival at the variance of order s: -(1/s) log M_d(s/2) + mean log-norm.

    Survivors grow where it is > 0. It decreases strictly in s (`drift_decreases`) and its zero is
    the order s* below which survivors grow.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> drift_of_order().verify().verdict.value
    'proved'
    """
    lemma, mean = MODELS[activation].lemma(), log_norm_mean(activation)
    begun = _expanded(_start("fm.survivor-growth-order", activation, s), activation, s)
    value = lemma.conclusion.subs(p, s / 2)
    moment = order_variance(activation).base
    return begun.then(Lemma(lemma, ((p, s / 2),)), moment, value, "moment of order s").then(
        Lemma(mean), mean.definition, mean.conclusion, "mean of (1/2) log Q given Q > 0"
    )


def drift_decreases(activation: str = "relu") -> Derivation:
    """Derive that the drift given survival at order s + h is less than that at order s, h > 0.

    Parameters
    ----------
    activation : str
        A key of MODELS.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> drift_decreases().relation
    '<'
    """
    begun = _expanded(
        _start("fm.survivor-growth-order.decreasing", activation, s + h), activation, s + h
    )
    lower = -sp.log(order_variance(activation).base) / s + conditional_mean(activation, 1) / 2
    return begun.then(
        LyapunovLogarithm(s / 2), begun.conclusion, lower, "Lyapunov's inequality, strict"
    )


_ALL = ("linear", "relu", "leaky-relu", "rrelu", "dropout", "dropout.relu")
_OTHERS = tuple(x for x in _ALL if x != "relu")
#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "fm.extinction": partial(extinction, "relu"),
        "fm.almost-sure-decay": partial(almost_sure_decay, "relu"),
        "fm.survivor-growth-order": drift_of_order,
    }
)
#: the other activations; the drift decreases in the order
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **{f"fm.extinction.{x}": partial(extinction, x) for x in _OTHERS},
        **{f"fm.almost-sure-decay.{x}": partial(almost_sure_decay, x) for x in _OTHERS},
        "fm.survivor-growth-order.decreasing": drift_decreases,
    }
)
