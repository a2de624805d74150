"""What the optimal variance rests on: second moments that do not follow s0, and layers one by one.

If E_ss|W|^2 is proportional to s0 the bound (14) has no minimum inside; for a product p_0 every layer has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import (
    Block,
    Blocks,
    Gibbs,
    IsotropicGaussian,
    LogDensity,
    SquaredNorm,
    Unspecified,
)
from theory.derivations.formal_minimisers import LogSlope, Minimiser
from theory.derivations.kl_bound_paper import (
    LOSS,
    WEIGHTS,
    evaluate_cross_entropy,
    log_density_mean,
    unevaluated_bound,
)
from theory.derivations.rules_densities import LogDensityByDefinition, SecondMoment
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_minimisers import ConvexMinimiser, EvaluateLogSlope
from theory.derivations.steps import Derivation
from theory.derivations.symbols import rho
from theory.derivations.symbols_kl_bound import K, M, T, log_C, s0

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "layerwise_variance", "proportional_second_moment"]

_VARIANCE, _POINT = sp.Symbol("r", positive=True), sp.Symbol("w")
#: log_C of a law whose shape does not change as it is spread in proportion to sqrt(r), up to a constant
_RESCALED = log_C - K * sp.log(_VARIANCE) / 2
_OTHER_SIZE = sp.Symbol("K_other", integer=True, positive=True)
_OTHER_MOMENT = sp.Symbol("M_other", positive=True)


def proportional_second_moment(rescaled: bool = False) -> Derivation:
    """Derive the slope of the bound (14) in log s0 when E_ss|W|^2 = rho K s0: T/2, or 0 if log_C is `rescaled`.

    Examples
    --------
    >>> proportional_second_moment().conclusion, proportional_second_moment(rescaled=True).conclusion
    (T/2, 0)
    """
    log_constant, value = (_RESCALED, sp.Integer(0)) if rescaled else (log_C, T / 2)
    moment = rho * K * _VARIANCE
    loss = sp.Lambda(_POINT, LOSS(_POINT, _VARIANCE))
    law = Gibbs(loss, T, log_constant, sp.Tuple(K, moment))
    meaning = "slope in log s0 of the bound (14) if E_ss|W|^2 = rho K s0 and log_C is "
    meaning += "a constant less (K/2) log s0" if rescaled else "a constant"
    bound = unevaluated_bound(_VARIANCE, law, log_constant)
    suffix = ".rescaled" if rescaled else ""
    name, slope = (
        f"kl.proportional-second-moment{suffix}",
        LogSlope(sp.Lambda(_VARIANCE, bound), s0),
    )
    done = evaluate_cross_entropy(Derivation(name, slope, meaning), _VARIANCE, moment, law)
    return done.then(EvaluateLogSlope(), done.conclusion, value, "differentiate in log s0")


def layerwise_variance() -> Derivation:
    """Derive M/K for a layer of K weights, M = E_ss|W_l|^2, whatever the laws of the other layers.

    Examples
    --------
    >>> layerwise_variance().conclusion
    M/K
    """
    stationary = Gibbs(
        sp.Lambda(_POINT, LOSS(_POINT)),
        T,
        log_C,
        sp.Tuple(K, M),
        sp.Tuple(_OTHER_SIZE, _OTHER_MOMENT),
    )
    layer = IsotropicGaussian(s0, K)
    others = Unspecified(sp.Symbol("q"), _OTHER_SIZE)
    initial = Blocks(layer, others)
    whole = LogDensity(initial, WEIGHTS)
    own, rest = (
        LogDensity(law, Block(WEIGHTS, sp.Integer(j))) for j, law in enumerate((layer, others), 1)
    )
    meaning = "the variance s0 of one layer's K weights at which the bound (14) for a product p_0 is least"
    bound = T / (K + _OTHER_SIZE) * (log_C - log_density_mean(initial, stationary))
    start = Derivation("kl.layerwise-variance", Minimiser(sp.Lambda(s0, bound)), meaning)
    split = start.then(LogDensityByDefinition(initial), whole, own + rest, "independent layers")
    return _least(split, layer, own, rest, (WEIGHTS, stationary))


def _least(so_far: Derivation, layer: Any, own: Any, rest: Any, pair: Any) -> Derivation:
    """Evaluate the layer's cross-entropy, and minimise: the other layers' is a constant."""
    norm = SquaredNorm(own.args[1])
    constant = -K * sp.log(2 * sp.pi * s0) / 2
    written = constant - norm / (2 * s0)
    mean, other = Expectation(norm, pair), Expectation(rest, pair)
    apart = constant - mean / (2 * s0) + other
    done = (
        so_far.then(LogDensityByDefinition(layer), own, written, "density of N(0, s0 I)")
        .then(Linearity(), Expectation(written + rest, pair), apart, "linearity")
        .then(SecondMoment(), mean, M, "M is the name of the layer's E_ss|W_l|^2")
    )
    return done.then(ConvexMinimiser(), done.conclusion, M / K, "strictly convex in log s0")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.layerwise-variance": layerwise_variance}
)

#: beside the results: the slope of the bound when the second moment follows s0
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.proportional-second-moment": proportional_second_moment,
        "kl.proportional-second-moment.rescaled": partial(proportional_second_moment, True),
    }
)
