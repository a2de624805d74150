"""The simulated side of the forward bound: the chain of two parameters, and the virial of initial draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from theory import kl_bound
from validation.checks import Check
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import Profile
from validation.claims.kl_bound_common import (
    EIGENVALUES,
    HESSIAN,
    closed,
    quadratic_shape,
    resolution,
    sized,
)
from validation.claims.kl_bound_samples import TEMPERATURE
from validation.claims.kl_bound_samples_chain import (
    CHAIN,
    UNRELAXED,
    chain_at,
    chain_checks,
    chain_landscape,
    chain_sample,
)
from validation.kl_chains import InitialStates
from validation.kl_landscapes import Quadratic

__all__ = [
    "forward_bound_checks",
    "free_energy_checks",
    "virial_condition_checks",
    "virial_variance_checks",
]


def free_energy_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield the check of E_ss[L] of the chain against the free-energy identity, its parts by quadrature.

    Parameters
    ----------
    profile : Profile
        Resolution.

    Yields
    ------
    ObservableMeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> print(f"{next(free_energy_checks(PROFILES['quick'])).expected:.6f}")
    0.357411
    """
    (check,) = chain_checks(profile, ("loss",))
    chains = chain_sample(profile)
    law, temperature = chain_at(chains.initial_variance), chains.temperature
    entropy = float(np.log(2 * np.pi * np.e * chains.initial_variance))
    free = law.initial_loss - temperature * (entropy - law.entropy)
    rivals = {
        "without the divergence": free,
        "the other divergence": free - temperature * law.kl_to_initial,
    }
    expected = closed("kl.free-energy")(
        initial_loss=law.initial_loss,
        initial_entropy=entropy,
        stationary_entropy=law.entropy,
        divergence=law.kl_from_initial,
        temperature=temperature,
    )
    yield ObservableMeanCheck(
        chains,
        {"loss": 1.0},
        expected,
        "loss",
        resolution(profile),
        rivals,
        offset=check.offset,
    )


def forward_bound_checks(profile: Profile) -> Iterator[Check]:
    """Yield checks that E_ss[L] of the chain stays below the forward bound of three initial variances.

    Parameters
    ----------
    profile : Profile
        Resolution.

    Yields
    ------
    Check

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [round(check.bound, 3) for check in forward_bound_checks(PROFILES["quick"])]
    [0.597, 0.493, 0.792]
    """
    chains = chain_sample(profile)
    temperature = chains.temperature
    for factor in (0.4, 1.0, 2.5):
        variance = factor * chains.initial_variance
        law = chain_at(variance)
        bound = float(
            kl_bound.forward_bound(law.initial_loss, variance, temperature, 2, law.entropy)
        )
        wrong = 2 * bound - law.initial_loss - temperature * law.entropy
        below = wrong < law.mean_loss  # else it is true as well, and cannot be told
        yield MeanBoundCheck(
            chains,
            {"loss": 1.0},
            bound,
            f"L of the chain below the forward bound at s0 = {variance:.3g}",
            scale=law.mean_loss,
            resolution=resolution(profile),
            rivals={"the initial entropy counted twice": wrong} if below else {},
            offset=UNRELAXED * law.mean_loss,
        )


def virial_variance_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield the check of E_0[W . grad L] = K T at the forward optimum of a quadratic, on initial draws.

    Parameters
    ----------
    profile : Profile
        Resolution.

    Yields
    ------
    ObservableMeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> next(virial_variance_checks(PROFILES["quick"])).expected
    1.5
    """
    size = len(EIGENVALUES)
    variance = float(kl_bound.virial_variance(np.array(HESSIAN), TEMPERATURE))
    draws = sized(*quadratic_shape(EIGENVALUES), resolution(profile))
    arithmetic = float(np.mean(TEMPERATURE / np.array(EIGENVALUES)))
    rivals = {
        "arithmetic for harmonic mean": size * TEMPERATURE * variance / arithmetic,
        "K T/2 for K T": size * TEMPERATURE / 2,
    }
    yield ObservableMeanCheck(
        InitialStates(Quadratic(HESSIAN), variance, draws),
        {"virial": 1.0},
        size * TEMPERATURE,
        "W . grad L",
        resolution(profile),
        rivals,
    )


def virial_condition_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of E_0[W . grad L] = K T on initial draws of the chain, at its forward optimum.

    Parameters
    ----------
    profile : Profile
        Resolution.

    Yields
    ------
    ObservableMeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> next(virial_condition_checks(PROFILES["quick"])).expected
    0.5
    """
    chains = chain_sample(profile)
    expected = 2 * chains.temperature
    draws = sized(2.4, 7.0, resolution(profile))
    paper = chain_at(chains.initial_variance).second_moment / 2
    slope = CHAIN["input"] ** 2 * paper + CHAIN["weight_decay"]
    yield ObservableMeanCheck(
        InitialStates(chain_landscape(), chains.initial_variance, draws),
        {"virial": 1.0},
        expected,
        "W . grad L",
        resolution(profile),
        {"K T/2 for K T": expected / 2, "the paper's optimum": 2 * paper * slope},
    )
