"""How tight the loss bound is at a normal stationary law, and the order of the three optimal variances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_minimisers import Minimum
from theory.derivations.kl_bound_gaussian_divergence import RANGE, entrywise, over_entries
from theory.derivations.kl_bound_gaussian_optima import LOG_SUM, TRACE, mean_ratio, split
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_cauchy_schwarz import CauchySchwarz
from theory.derivations.rules_independent import (
    LogOfProduct,
    NormalPowers,
    SumOfConstant,
    SumOverEntries,
    normal_density,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_minimisers import ConvexMinimum
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import K, T, c, i, s0

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "mean_loss", "mean_order", "optimal_bound", "tightness"]

_ZERO = sp.Integer(0)
_W, _Z = sp.IndexedBase("W", real=True), sp.Symbol("z", real=True)
_V, _U = sp.symbols("v u", positive=True)
_RECIPROCALS = sp.Sum(1 / c[i], RANGE)


def _peak_ratio(w: Any, variance: Any, other: Any) -> Any:
    """Return the density of N(0, variance) at 0, its largest, over that of N(0, other) at w."""
    return normal_density(_ZERO, _ZERO, variance) / normal_density(w, _ZERO, other)


def _one_direction() -> Derivation:
    """Derive E log of the peak of N(0, v) over the density of N(0, u) at z ~ N(0, v)."""
    ratio = _peak_ratio(_Z, _V, _U)
    definition = Expectation(sp.log(ratio), (_Z, Gaussian(_V)))
    plain = _Z**2 / (2 * _U) - sp.log(_V / _U) / 2
    value = (_V / _U - sp.log(_V / _U)) / 2
    meaning = "E_z log(q(0)/p_0(z)), q the density of N(0, v) and p_0 that of N(0, u), z ~ N(0, v)"
    return (
        Derivation("kl.loss-bound.one-direction", definition, meaning)
        .then(Algebra(), sp.log(ratio), plain, "logarithm of the densities")
        .then(NormalPowers(), Expectation(plain, (_Z, Gaussian(_V))), value, "second moment of z")
    )


def optimal_bound() -> Derivation:
    """Derive that (14) is (T/2)(1 + log(AM/GM)) at its least, p_ss = N(0, C).

    Examples
    --------
    >>> optimal_bound().verify().verdict.value
    'proved'
    """

    def ratio(w: Any) -> Any:
        return _peak_ratio(w, c[i], s0)

    body = over_entries(sp.log(sp.Product(ratio(_W[i]), RANGE)), c[i])
    definition = Minimum(sp.Lambda(s0, T / K * body))
    meaning = (
        "the least value over s0 of (14), (T/K) E_ss[log C_loc - log p_0(W)], with p_ss = N(0, C) and "
        "p_0 = N(0, s0 I), in the eigenbasis of C; C_loc = p_ss(0)"
    )
    values = Lemma(_one_direction(), ((_V, c[i]), (_U, s0)))
    term = (c[i] / s0 - sp.log(c[i] / s0)) / 2
    start = Derivation("kl.optimal-loss-bound.gaussian", definition, meaning)
    summed = entrywise(start, c[i], ratio, (values, term))
    parts = split(
        summed,
        sp.Sum(term, RANGE),
        lambda count: TRACE / (2 * s0) - LOG_SUM / 2 + sp.log(s0) / 2 * count,
    )
    means, ratio_of_means = sp.log(TRACE / K) - LOG_SUM / K, sp.log(mean_ratio())
    least = T / 2 + T * means / 2
    return (
        parts.then(ConvexMinimum(TRACE / K), parts.conclusion, least, "at s0 = tr C/K")
        .then(LogOfProduct(reverse=True), means, ratio_of_means, "logarithm of a product")
        .then(Algebra(), T / 2 + T * ratio_of_means / 2, T * (1 + ratio_of_means) / 2, "one factor")
    )


def mean_loss() -> Derivation:
    """Derive E_ss[L] = K T/2 for p_ss = N(0, C) = exp(-L/T) up to a factor, A-E3.

    Examples
    --------
    >>> mean_loss().conclusion
    K*T/2
    """
    loss = sp.Sum(T * _W[i] ** 2 / (2 * c[i]), RANGE)
    body = over_entries(loss, c[i])
    one = Expectation(T * _Z**2 / (2 * c[i]), (_Z, Gaussian(c[i])))
    halves = sp.Sum(T / 2, RANGE)
    meaning = "E_ss[L], L = T W^T C^-1 W/2 and p_ss = N(0, C), in the eigenbasis of C"
    return (
        Derivation("kl.equipartition.gaussian", body, meaning)
        .then(SumOverEntries(_Z), body, sp.Sum(one, RANGE), "direction by direction")
        .then(NormalPowers(), one, T / 2, "second moment of z")
        .then(SumOfConstant(), halves, K * T / 2, "K directions")
    )


def tightness() -> Derivation:
    """Derive that the least bound (14) is 1 + log(AM/GM) times the loss that it bounds, A-E4.

    Examples
    --------
    >>> tightness().verify().verdict.value
    'proved'
    """
    bound, loss = optimal_bound(), mean_loss()
    definition = bound.definition / (loss.definition / K)
    meaning = "the least value over s0 of (14) over E_ss[L]/K, both for p_ss = N(0, C)"
    return (
        Derivation("kl.tightness", definition, meaning)
        .then(Lemma(bound), bound.definition, bound.conclusion, "the least bound")
        .then(Lemma(loss), loss.definition, loss.conclusion, "equipartition")
    )


def mean_order() -> Derivation:
    """Derive HM <= sqrt(AM HM) <= AM: the optimum of the sum of both divergences lies between theirs.

    Examples
    --------
    >>> mean_order().verify().verdict.value
    'proved'
    """
    harmonic, middle, arithmetic = K / _RECIPROCALS, sp.sqrt(TRACE / _RECIPROCALS), TRACE / K
    x = sp.Symbol("x", positive=True)

    def rule(factor: Any) -> CauchySchwarz:
        function = sp.Lambda(x, factor * sp.sqrt(x))
        return CauchySchwarz(sp.sqrt(c[i]), 1 / sp.sqrt(c[i]), RANGE, function)

    meaning = "the harmonic mean K/sum 1/c_i: the optimal s0 of the divergence of p_0 from N(0, C)"
    return (
        Derivation("kl.mean-order", harmonic, meaning)
        .then(rule(1 / _RECIPROCALS), harmonic, middle, "K^2 <= sum c_i sum 1/c_i")
        .then(rule(middle / K), middle, arithmetic, "K^2 <= sum c_i sum 1/c_i")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({"kl.tightness": tightness})

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.loss-bound.one-direction": _one_direction,
        "kl.optimal-loss-bound.gaussian": optimal_bound,
        "kl.equipartition.gaussian": mean_loss,
        "kl.mean-order": mean_order,
    }
)
