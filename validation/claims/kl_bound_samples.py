"""The simulated side of the claims on quadratics: Langevin chains, each observable's step error measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from theory import kl_bound
from validation.checks import Check
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import Profile
from validation.claims import kl_bound_samples_sgd as sgd
from validation.claims.kl_bound_common import (
    HESSIAN,
    diagonal,
    quadratic_shape,
    resolution,
    rotated,
    sized,
)
from validation.claims.kl_bound_quadratures import stationary
from validation.kl_chains import LangevinChains
from validation.kl_landscapes import Quadratic

__all__ = [
    "TEMPERATURE",
    "equipartition_checks",
    "heated",
    "loss_bound_checks",
    "relaxation_checks",
    "unrelaxed",
]

TEMPERATURE = 0.3
"""Of the simulated quadratics."""


def heated(
    hessian: tuple[tuple[float, ...], ...], initial_variance: float, profile: Profile
) -> LangevinChains:
    """Return chains on a quadratic, run until all but 2e-4 of what the slowest direction started with is gone.

    Parameters
    ----------
    hessian : matrix
        A.
    initial_variance : float
        s0.
    profile : Profile
        Resolution.

    Returns
    -------
    LangevinChains

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> heated(HESSIAN, 0.3, PROFILES["quick"]).temperature
    0.3
    """
    rates = np.linalg.eigvalsh(np.array(hessian))
    step = 0.12 / rates.max() * (profile.resolution / 0.005) ** 0.5
    steps = round(4.2 / (rates.min() * step))
    size = sized(*quadratic_shape(np.ones(len(rates))), resolution(profile), stepped=True)
    return LangevinChains(Quadratic(hessian), TEMPERATURE, initial_variance, step, (steps,), size)


def unrelaxed(chains: LangevinChains, weights: Mapping[str, float]) -> float:
    """Return by how much a combination of "loss" and "square" is still off its stationary mean, exactly.

    Parameters
    ----------
    chains : LangevinChains
        On a quadratic.
    weights : mapping of str to float
        The combination.

    Returns
    -------
    float

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> unrelaxed(heated(HESSIAN, 0.3, PROFILES["quick"]), {"loss": 1.0}) < 1e-4
    True
    """
    rates = np.linalg.eigvalsh(np.array(chains.landscape.hessian))  # type: ignore[attr-defined]
    left = np.exp(-2 * rates * chains.record[-1] * chains.step)
    squares = (chains.initial_variance - chains.temperature / rates) * left
    each = weights.get("loss", 0.0) * rates / 2 + weights.get("square", 0.0)
    return float(abs(np.sum(each * squares)))


_OTHER = rotated((0.9, 1.0, 1.1, 1.3, 1.5), 8)
_QUADRATICS = ((HESSIAN, 0.05), (HESSIAN, 1.5), (_OTHER, 0.3))


def equipartition_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of E_ss[L]/K = T/2 for two Hessians and several initial variances, and for SGD.

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
    >>> len(list(equipartition_checks(PROFILES["quick"])))
    5
    """
    for hessian, variance in _QUADRATICS:
        chains = heated(hessian, variance, profile)
        rates = np.linalg.eigvalsh(np.array(hessian))
        known = stationary(tuple(rates.tolist()), TEMPERATURE)
        expected = float(kl_bound.stationary_loss(TEMPERATURE))
        rivals = {
            "T for T/2": 2 * expected,
            "the bound (14) at s0": float(kl_bound.loss_bound(variance, **known)),
            "the initial loss": variance * float(rates.mean()) / 2,
        }
        weights = {"loss": 1 / len(rates)}
        yield ObservableMeanCheck(
            chains,
            weights,
            expected,
            "L/K",
            resolution(profile),
            rivals,
            offset=unrelaxed(chains, weights),
        )
    yield from sgd.isotropic_checks(profile)


def loss_bound_checks(profile: Profile) -> Iterator[Check]:
    """Yield checks of (14) at two initial variances: the loss stays below it, by exactly (T/K) KL(p_ss || p_0).

    Parameters
    ----------
    profile : Profile
        Resolution: of the bound relative to the stationary loss, of the gap to the mean of L/K - T |W|^2/(2 K s0).

    Yields
    ------
    Check

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(loss_bound_checks(PROFILES["quick"])))
    4
    """
    chains = heated(_OTHER, 0.3, profile)
    rates = np.linalg.eigvalsh(np.array(_OTHER))
    known = stationary(tuple(rates.tolist()), TEMPERATURE)
    size, loss, moment = len(rates), TEMPERATURE / 2, known["second_moment"]
    for factor in (1.0, 2.0):
        variance = factor * moment / size
        bound = float(kl_bound.loss_bound(variance, **known))
        weights = {"loss": 1 / size, "square": -TEMPERATURE / (2 * variance * size)}
        rest = bound + weights["square"] * moment
        yield MeanBoundCheck(
            chains,
            weights,
            rest,
            f"L/K - T |W|^2/(2 K s0) at s0 = {factor:g} M/K below the rest of (14)",
            scale=loss,
            resolution=resolution(profile),
            rivals={"T/2 for T": rest - bound / 2},
            offset=unrelaxed(chains, weights),
        )
    for factor in (2.0, 4.0):
        variance = factor * moment / size
        bound = float(kl_bound.loss_bound(variance, **known))
        gap, other = (
            TEMPERATURE / size * float(divergence(TEMPERATURE / rates, variance))
            for divergence in (kl_bound.kl_to_initial, kl_bound.kl_from_initial)
        )
        weights = {"loss": 1 / size, "square": -TEMPERATURE / (2 * variance * size)}
        rest = bound + weights["square"] * moment
        yield ObservableMeanCheck(
            chains,
            weights,
            rest - gap,
            f"L/K - T |W|^2/(2 K s0) at s0 = {factor:g} M/K",
            resolution(profile),
            {"no gap": rest, "the other divergence": rest - other},
            offset=unrelaxed(chains, weights),
        )


def relaxation_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the variances of two directions on their way to the stationary law.

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
    >>> len(list(relaxation_checks(PROFILES["quick"])))
    4
    """
    rates, start = (0.5, 2.0), 1.7
    step = 0.05 * (profile.resolution / 0.005) ** 0.5
    record = tuple(round(t / step) for t in (0.4, 1.2))
    size = sized(*quadratic_shape([1.0]), resolution(profile), stepped=True)
    chains = LangevinChains(
        Quadratic(diagonal(*rates)), TEMPERATURE, start, step, record, size, ((1, 1), (2, 2))
    )
    for position, steps in enumerate(record):
        for k, rate in enumerate(rates):
            values = [
                TEMPERATURE / rate + (start - TEMPERATURE / rate) * np.exp(-f * rate * steps * step)
                for f in (2, 1, 4)
            ]
            exact, *wrong = map(float, values)
            yield ObservableMeanCheck(
                chains,
                {f"w_{k + 1} w_{k + 1}": 1.0},
                exact,
                f"w_{k + 1}^2 at time {steps * step:.2g}",
                resolution(profile),
                dict(zip(("rate a for 2a", "rate 4a for 2a"), wrong, strict=True)),
                record=position,
            )
