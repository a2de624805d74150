"""Where each quantity of the KL bound lives: its float64 closed form and its enclosure, with the same arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from theory import kl_bound
from theory.catalogue_deferred import Deferred, quantities_in
from theory.domain import Floats

__all__ = ["QUANTITIES"]


def _small_variance_bound(
    initial_variance: Any, second_moment: Any, temperature: Any, parameters: Any
) -> Floats:
    """The leading term of the bound as the initial variance tends to 0."""
    optimum = kl_bound.optimal_initial_variance(second_moment, parameters)
    bound: Floats = kl_bound.stationary_loss(temperature) * optimum / initial_variance
    return bound


def _large_variance_bound(initial_variance: Any, temperature: Any) -> Floats:
    """The leading term of the bound as the initial variance tends to infinity."""
    bound: Floats = kl_bound.stationary_loss(temperature) * np.log(initial_variance)
    return bound


def _mean_variance(covariance: Any) -> Floats:
    return kl_bound.optimal_initial_variance(np.sum(covariance), len(covariance))


def _minimum_divergence(covariance: Any) -> Floats:
    return kl_bound.kl_to_initial(covariance, _mean_variance(covariance))


def _covariance_component(
    hessian: Any, noise_covariance: Any, learning_rate: Any, batch_size: Any, discrete: bool
) -> Floats:
    """The covariance of two directions, as an entry of the matrix; the noise in each only has to be large enough."""
    size = 1 + abs(noise_covariance)
    noise = [[size, noise_covariance], [noise_covariance, size]]
    matrix = kl_bound.stationary_covariance(
        np.diag(hessian), noise, learning_rate, batch_size, discrete
    )
    component: Floats = np.asarray(matrix)[0, 1]
    return component


def _free_energy_loss(
    initial_loss: Any,
    initial_entropy: Any,
    stationary_entropy: Any,
    divergence: Any,
    temperature: Any,
) -> Floats:
    """The stationary loss: the forward bound less its gap, for an initial law of that entropy."""
    gap = initial_entropy - stationary_entropy + divergence
    loss: Floats = np.float64(initial_loss) - temperature * gap
    return loss


def _optimal_variance(layer: int, **arguments: Any) -> Any:
    return kl_bound.optimal_variances(**arguments)[layer - 1]


QUANTITIES: Mapping[str, tuple[Callable[..., Any], Deferred]] = MappingProxyType(
    {
        **quantities_in(
            "theory.enclosures_kl_bound",
            loss_bound=kl_bound.loss_bound,
            optimal_loss_bound=kl_bound.optimal_loss_bound,
            small_variance_bound=_small_variance_bound,
            large_variance_bound=_large_variance_bound,
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_forward",
            free_energy_loss=_free_energy_loss,
            forward_bound=kl_bound.forward_bound,
            transient_bound=kl_bound.transient_bound,
            second_moment_bound=kl_bound.second_moment_bound,
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_optima",
            optimal_initial_variance=kl_bound.optimal_initial_variance,
            mean_variance=_mean_variance,
            virial_variance=kl_bound.virial_variance,
            jeffreys_variance=kl_bound.jeffreys_variance,
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_stationary",
            stationary_loss=kl_bound.stationary_loss,
            stationary_total_loss=kl_bound.stationary_total_loss,
            temperature=kl_bound.temperature,
        ),
        "covariance_component": (
            _covariance_component,
            Deferred("theory.enclosures_kl_bound_stationary", "stationary_covariance"),
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_divergence",
            kl_to_initial=kl_bound.kl_to_initial,
            kl_from_initial=kl_bound.kl_from_initial,
            minimum_divergence=_minimum_divergence,
            tightness=kl_bound.tightness,
            relaxation_divergence=kl_bound.relaxation_divergence,
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_networks",
            expected_output_power=kl_bound.expected_output_power,
            expected_initial_loss=kl_bound.expected_initial_loss,
        ),
        **quantities_in(
            "theory.enclosures_kl_bound_scales",
            optimal_scale=kl_bound.optimal_scale,
            optimal_variance=_optimal_variance,
        ),
    }
)
"""Name of a quantity -> its closed form and its enclosure, functions of the same keyword arguments."""
