"""Where each quantity of fractional moments lives: its float64 closed form and its enclosure, with the same arguments.

What a derivation concludes and no module offers under one name is composed here of what they do offer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from theory import fractional_moments
from theory.activations import Activation
from theory.catalogue_deferred import Deferred, quantities_in
from theory.complex_moments import ComplexMoments
from theory.domain import Floats, count, positive
from theory.norm_law import NormLaw

__all__ = ["QUANTITIES"]


def _laplace(t: Any, activation: Activation) -> Floats:
    return activation.laplace(t)


def _layer_laplace(t: Any, variance: Any, fan_out: Any, activation: Activation) -> Floats:
    scaled = t * positive("variance", variance)
    power: Floats = activation.laplace(scaled) ** count("fan_out", fan_out)
    return power


def _biased_laplace(
    t: Any,
    input_norm: Any,
    variance: Any,
    bias_variance: Any,
    fan_out: Any,
    activation: Activation,
) -> Floats:
    """E exp(-t |x_1|^2) for a layer with biases."""
    spread = positive("variance", variance) * positive("input_norm", input_norm) ** 2
    size = spread + positive("bias_variance", bias_variance)
    return _layer_laplace(t, size, fan_out, activation)


def _equal_width_variance(order: Any, width: Any, activation: Activation) -> Floats:
    return fractional_moments.weight_variance(order, width, activation=activation)


def _survivor_drift(order: Any, width: Any, activation: Activation) -> Floats:
    variance = _equal_width_variance(order, width, activation)
    return fractional_moments.lyapunov_exponent(variance, width, activation)


def _survivor_drift_bound(order: Any, width: Any, activation: Activation) -> Floats:
    dead = fractional_moments.extinction_probability(width, 1, activation)
    bound: Floats = -np.log1p(-dead) / positive("order", order)
    return bound


def _zero_drift_std_expansion(width: Any, activation: Activation) -> Floats:
    d = count("width", width)
    spread = activation.moment_ratio(2) - 1
    std: Floats = np.exp(spread / (4 * d)) / np.sqrt(activation.second_moment * d)
    return std


def _norm_law_moment(
    order: Any, width: Any, depth: Any, variance: Any, activation: Activation
) -> Floats:
    return NormLaw(width, depth, variance, activation).moment(order)


def _norm_ratio_cdf(
    point: Any, width: Any, depth: Any, variance: Any, activation: Activation
) -> Floats:
    return NormLaw(width, depth, variance, activation).cdf(np.exp(point))


def _complex_moment(frequency: Any, width: Any, activation: Activation) -> Any:
    """E[Q^(i frequency); Q > 0], frequency >= 0."""
    d = int(count("width", width))
    alive = 1 - fractional_moments.extinction_probability(d, 1, activation)
    mean = fractional_moments.norm_moment(2, d, activation) / alive
    normalised = ComplexMoments(d, activation)(np.atleast_1d(np.float64(frequency)))[0]
    return alive * normalised * np.exp(1j * frequency * np.log(mean))


def _characteristic(
    frequency: Any, width: Any, depth: Any, variance: Any, activation: Activation
) -> Any:
    """E[(|x_depth|/|x_0|)^(i frequency); x_depth /= 0], frequency >= 0."""
    phase = np.exp(0.5j * frequency * np.log(positive("variance", variance)))
    return (phase * _complex_moment(frequency / 2, width, activation)) ** count("depth", depth)


def _joined_characteristic(depth_first: Any, depth_second: Any, **arguments: Any) -> Any:
    return _characteristic(depth=depth_first + depth_second, **arguments)


def _clt_constant(width: Any, activation: Activation) -> Floats:
    skewness = NormLaw(width, 1, 1.0, activation).log.skewness()
    constant: Floats = np.abs(np.float64(skewness)) / (6 * np.sqrt(2 * np.pi))
    return constant


def _tails(name: str, **arguments: Any) -> Any:
    return Deferred("theory.heavy_tails", name)(**arguments)


def _scheme_tail_index(order: Any, width: Any, activation: Activation) -> Any:
    variance = _equal_width_variance(order, width, activation)
    return _tails("tail_index", variance=variance, width=width, activation=activation)


def _scheme_tail_constant(
    order: Any, bias_variance: Any, width: Any, activation: Activation
) -> Any:
    variance = _equal_width_variance(order, width, activation)
    return _tails(
        "tail_constant",
        variance=variance,
        bias_variance=bias_variance,
        width=width,
        activation=activation,
    )


_WIDTH = MappingProxyType({"width": "fan_in"})

QUANTITIES: Mapping[str, tuple[Callable[..., Any], Deferred]] = MappingProxyType(
    {
        **quantities_in(
            "theory.enclosures",
            laplace=_laplace,
            layer_laplace=_layer_laplace,
            norm_moment=fractional_moments.norm_moment,
            weight_variance=fractional_moments.weight_variance,
            weight_variance_expansion=fractional_moments.weight_variance_expansion,
        ),
        "equal_width_variance": (
            _equal_width_variance,
            Deferred("theory.enclosures", "weight_variance", _WIDTH),
        ),
        **quantities_in(
            "theory.enclosures_drift",
            log_norm_mean=fractional_moments.log_norm_mean,
            log_norm_variance=fractional_moments.log_norm_variance,
            zero_drift_variance=fractional_moments.zero_drift_variance,
            lyapunov_exponent=fractional_moments.lyapunov_exponent,
        ),
        **quantities_in(
            "theory.enclosures_survival",
            extinction_probability=fractional_moments.extinction_probability,
            survivor_growth_order=fractional_moments.survivor_growth_order,
            survivor_drift=_survivor_drift,
            survivor_drift_bound=_survivor_drift_bound,
        ),
        **quantities_in(
            "theory.enclosures_rates",
            clt_constant=_clt_constant,
            zero_drift_std_expansion=_zero_drift_std_expansion,
        ),
        **quantities_in("theory.enclosures_complex", complex_moment=_complex_moment),
        **quantities_in(
            "theory.enclosures_norm_law",
            norm_law_moment=_norm_law_moment,
            norm_ratio_cdf=_norm_ratio_cdf,
            joined_characteristic=_joined_characteristic,
        ),
        **quantities_in(
            "theory.enclosures_tails",
            biased_laplace=_biased_laplace,
            scheme_tail_index=_scheme_tail_index,
            stationary_moment="theory.heavy_tails",
            tail_index="theory.heavy_tails",
        ),
        "scheme_tail_constant": (
            _scheme_tail_constant,
            Deferred("theory.enclosures_tails", "tail_constant"),
        ),
    }
)
"""Name of a quantity -> its closed form and its enclosure, functions of the same keyword arguments."""
