"""How fast the law of a quadratic minimum relaxes: its divergence from the stationary law at time tau."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.diffusions import Diffusion
from theory.derivations.formal import Density, Equation, Expectation, Gaussian
from theory.derivations.formal_arrays import Independent
from theory.derivations.kl_bound_gaussian_divergence import RANGE
from theory.derivations.kl_bound_gaussian_divergence import one_direction as normal_divergence
from theory.derivations.rules_calculus import Algebra, PullOut
from theory.derivations.rules_diffusion import MomentOverTime, OntoDensity
from theory.derivations.rules_gaussian_solution import GaussianSolution
from theory.derivations.rules_independent import (
    CentreNormal,
    LogOfProduct,
    SumOverEntries,
    normal_density,
)
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_naming import WithNamed
from theory.derivations.rules_rates import ExponentialForm
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import A, T, i, s0, tau

__all__ = [
    "DERIVATIONS",
    "MEAN",
    "MEANS",
    "RATE",
    "SUPPLEMENTS",
    "moment",
    "one_direction",
    "relaxation",
]

#: mean of coordinate i at time 0, in the eigenbasis of A
MEANS = sp.IndexedBase("mu", real=True)
_W = sp.IndexedBase("W", real=True)
#: a coordinate, the variable of its density, its deviation from the mean
_X, _Y, _Z = sp.symbols("w y z", real=True)
#: curvature, and mean at time 0, of one coordinate
RATE, MEAN = sp.Symbol("a", positive=True), sp.Symbol("mu_a", real=True)


def _process(w: Any = _X, rate: Any = RATE, mean: Any = MEAN) -> Diffusion:
    """Return a coordinate of dW = -A W dt + sqrt(2T) dB, from N(mean, s0)."""
    return Diffusion((w,), (rate,), ((T,),), tau, (mean, s0))


def _decay(rate: Any) -> Any:
    return sp.exp(-2 * rate * tau)


_SINH = sp.sinh(RATE * tau)
#: a name for it, whatever its value > 0
_S = sp.Symbol("S", positive=True)


def _variance(sinh: Any) -> Any:
    """Return the variance at time tau, T/a + (s0 - T/a) exp(-2 a tau), as a sum of terms > 0."""
    return s0 * _decay(RATE) + 2 * T / RATE * sp.exp(-RATE * tau) * sinh


_MOMENTS = {
    "mean": (_X, -RATE * _X, MEAN * sp.exp(-RATE * tau)),
    "second-moment": (
        _X**2,
        2 * T - 2 * RATE * _X**2,
        T / RATE + (s0 + MEAN**2 - T / RATE) * _decay(RATE),
    ),
}


def _moment_equation(name: str) -> Derivation:
    """Derive d/dt E f = E of a weight for f = w or w^2, by parts."""
    process, (function, weight, _) = _process(), _MOMENTS[name]
    tested = process.tested(function)
    definition = Equation(sp.Derivative(process.mean(function), tau), tested)
    meaning = f"d/dt E[{function}] by the Fokker-Planck equation d_t p = (a w p)' + T p''"
    return Derivation(f"kl.relaxation.{name}.equation", definition, meaning).then(
        OntoDensity(process.density), tested, process.mean(weight), "by parts"
    )


def moment(name: str) -> Derivation:
    """Derive E[w] or E[w^2] at time tau from its differential equation.

    Parameters
    ----------
    name : str
        "mean" or "second-moment".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> print(moment("mean").conclusion)
    mu_a*exp(-a*tau)
    """
    process, (function, _, value) = _process(), _MOMENTS[name]
    rule = MomentOverTime(process, _moment_equation(name))
    definition = process.mean(function)
    meaning = f"E[{function}] at time tau, dW = -a W dt + sqrt(2T) dB from N(mu_a, s0)"
    start = Derivation(f"kl.relaxation.{name}", definition, meaning)
    return start.then(rule, definition, value, "a linear differential equation")


def _ratio(density: Any, w: Any, rate: Any) -> Any:
    """Return a density at w over that of the stationary law N(0, T/a), exp(-a w^2/2T) up to a factor."""
    return density / normal_density(w, sp.Integer(0), T / rate)


def _value(rate: Any, mean: Any) -> Any:
    """Return twice the divergence of one direction."""
    excess = (rate * s0 / T - 1) * _decay(rate)
    return excess - sp.log(1 + excess) + rate * mean**2 / T * _decay(rate)


def one_direction() -> Derivation:
    """Derive KL(p_tau || p_ss) for dW = -a W dt + sqrt(2T) dB from N(mu_a, s0).

    Examples
    --------
    >>> one_direction().verify().verdict.passed
    True
    """
    mean, variance = MEAN * sp.exp(-RATE * tau), _variance(_SINH)
    rules = [GaussianSolution(_process(w), mean, variance) for w in (_X, _Y)]
    unknown = [rule.process.density for rule in rules]
    normal = [normal_density(w, mean, variance) for w in (_X, _Y)]

    def divergence(density: Any, law: Any) -> Any:
        pair = (_X, Density(sp.Lambda(_Y, law), -sp.oo, sp.oo))
        return Expectation(sp.log(_ratio(density, _X, RATE)), pair)

    moved = normal_density(mean + _Z, mean, variance)
    centred = Expectation(sp.log(_ratio(moved, mean + _Z, RATE)), (_Z, Gaussian(variance)))
    lemma = normal_divergence()
    names = {x.name: x for x in lemma.definition.free_symbols}
    named = {names["v"]: _variance(_S), names["u"]: T / RATE, names["m"]: mean}
    value = lemma.conclusion.subs(named, simultaneous=True).xreplace({_S: _SINH})
    centre = WithNamed(CentreNormal(mean, _variance(_S), _Z), _SINH, _S)
    divergent = WithNamed(Lemma(lemma, tuple(named.items())), _SINH, _S)
    relaxing = T / RATE + (s0 - T / RATE) * _decay(RATE)
    simple = value.xreplace({variance: relaxing})
    meaning = "KL(p_tau || p_ss), p_tau the law at time tau of dW = -a W dt + sqrt(2T) dB from N(mu_a, s0)"
    return (
        Derivation("kl.relaxation.one-direction", divergence(*unknown), meaning)
        .then(rules[0], unknown[0], normal[0], "it stays normal")
        .then(rules[1], unknown[1], normal[1], "and so is the law")
        .then(centre, divergence(*normal), centred, "w = mean + z")
        .then(divergent, centred, value, "divergence of normal laws")
        .then(ExponentialForm(), variance, relaxing, "in terms of exp(-2 a tau)")
        .then(Algebra(), simple, _value(RATE, MEAN) / 2, "in terms of the excess of variance")
    )


def relaxation() -> Derivation:
    """Derive KL(p_tau || p_ss) = (1/2) sum_i (x_i - log(1 + x_i) + A_i mu_i^2 exp(-2 A_i tau)/T).

    Here x_i = (A_i s0/T - 1) exp(-2 A_i tau).

    Examples
    --------
    >>> relaxation().verify().verdict.passed
    True
    """
    lemma, values = one_direction(), {RATE: A[i], MEAN: MEANS[i]}
    law = Density(sp.Lambda(_Y, _process(_Y, A[i], MEANS[i]).density), -sp.oo, sp.oo)
    pair = (_W, Independent(sp.Lambda(i, law)))
    ratio = _ratio(_process(_W[i], A[i], MEANS[i]).density, _W[i], A[i])
    product = sp.log(sp.Product(ratio, RANGE))
    total = sp.Sum(sp.log(ratio), RANGE)
    one = Expectation(sp.log(ratio).xreplace({_W[i]: _X}), (_X, law))
    value = lemma.conclusion.subs(values, simultaneous=True)
    meaning = (
        "KL(p_tau || p_ss), p_tau the law at time tau of dW = -A W dt + sqrt(2T) dB from N(mu, s0 I), in "
        "the eigenbasis of A, where the coordinates are independent"
    )
    halves = sp.Sum(_value(A[i], MEANS[i]), RANGE) / 2
    return (
        Derivation("kl.relaxation", Expectation(product, pair), meaning)
        .then(LogOfProduct(), product, total, "logarithm of a product")
        .then(SumOverEntries(_X), Expectation(total, pair), sp.Sum(one, RANGE), "term by term")
        .then(Lemma(lemma, tuple(values.items())), one, value, "one direction")
        .then(PullOut(), sp.Sum(value, RANGE), halves, "constant factor")
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.relaxation": relaxation}
)

SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **{f"kl.relaxation.{x}.equation": partial(_moment_equation, x) for x in _MOMENTS},
        **{f"kl.relaxation.{x}": partial(moment, x) for x in _MOMENTS},
        "kl.relaxation.one-direction": one_direction,
    }
)
