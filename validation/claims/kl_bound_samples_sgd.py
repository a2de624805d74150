"""The simulated side of the claims on SGD at a quadratic minimum: no error of discretisation, every number exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from theory import kl_bound
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import Profile
from validation.claims.kl_bound_common import (
    EIGENVALUES,
    HESSIAN,
    Matrix,
    diagonal,
    quadratic_shape,
    resolution,
    rotated,
    sized,
)
from validation.kl_sgd_chains import SgdChains

__all__ = ["covariance_checks", "isotropic_checks", "total_loss_checks", "trace_checks"]

_PAIR = ((0.6, 0.25), (0.25, 1.4))  # a Hessian of two parameters
_FACTOR: Matrix = ((1.0, 0.2), (0.7, 0.5))
_WIDE: Matrix = rotated((0.3, 0.6, 1.0, 1.5, 2.2), 5)  # a factor of the noise of five


@cache
def _covariance(chains: SgdChains, discrete: bool = True) -> Any:
    factor = np.array(chains.noise_factor)
    return kl_bound.stationary_covariance(
        np.array(chains.hessian),
        factor @ factor.T,
        chains.learning_rate,
        chains.batch_size,
        discrete=discrete,
    )


def _product_shape(covariance: Any, i: int, j: int) -> tuple[float, float]:
    """Standard deviation over mean, and skewness, of w_i w_j: a difference of two chi-squares."""
    spread = np.sqrt(covariance[i, i] * covariance[j, j])
    if i == j:
        return quadratic_shape([spread])
    return quadratic_shape([(covariance[i, j] + spread) / 2, (covariance[i, j] - spread) / 2])


def covariance_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the covariance of two parameters, under normal and under two-valued noise.

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
    >>> len(list(covariance_checks(PROFILES["quick"])))
    6
    """
    pairs = ((1, 1), (1, 2), (2, 2))
    for law, batch in (("normal", 2), ("rademacher", 5)):
        shared: Mapping[str, Any] = {
            "hessian": _PAIR,
            "noise_factor": _FACTOR,
            "learning_rate": 0.6,
            "batch_size": batch,
            "initial_variance": 0.5,
            "record": (40,),
            "law": law,
            "pairs": pairs,
        }
        exact = _covariance(SgdChains(**shared, replicates=1))
        shapes = [_product_shape(exact, i - 1, j - 1) for i, j in pairs]
        size = max(sized(*shape, resolution(profile)) for shape in shapes)
        chains = SgdChains(**shared, replicates=size)
        limit, eps_for_alpha = _covariance(chains, discrete=False), _eps_for_alpha(chains)
        for i, j in pairs:
            rivals = {
                "the limit of small learning rates": float(limit[i - 1, j - 1]),
                "eps for alpha": float(eps_for_alpha[i - 1, j - 1]),
                "the batch left out": batch * float(exact[i - 1, j - 1]),
            }
            expected = float(exact[i - 1, j - 1])
            name = f"w_{i} w_{j}"
            yield ObservableMeanCheck(
                chains, {name: 1.0}, expected, name, resolution(profile), rivals
            )


def _eps_for_alpha(chains: SgdChains) -> Any:
    """C = (1 - eps A) C (1 - eps A) + (alpha^2/b) Sigma."""
    factor, batch = np.array(chains.noise_factor), chains.batch_size
    rate = chains.learning_rate / batch
    noise = batch * factor @ factor.T
    return (
        kl_bound.stationary_covariance(np.array(chains.hessian), noise, rate, 1, discrete=True)
        * batch
    )


def _five(
    factor: Matrix, rate: float, batch: int, start: float, profile: Profile, law: str
) -> SgdChains:
    """Chains of five parameters, run until what is left of the start is below 1e-8."""
    steps = int(np.ceil(np.log(1e-8) / (2 * np.log(1 - rate * min(EIGENVALUES)))))
    shared: Mapping[str, Any] = {
        "hessian": HESSIAN,
        "noise_factor": factor,
        "learning_rate": rate,
        "batch_size": batch,
        "initial_variance": start,
        "record": (steps,),
        "law": law,
    }
    exact, a = _covariance(SgdChains(**shared, replicates=1)), np.array(HESSIAN)
    root = np.linalg.cholesky(exact)
    combined = (a - rate / 2 * a @ a, np.eye(len(a)))  # of the loss less its correction, of |W|^2
    shapes = [quadratic_shape(np.linalg.eigvalsh(root.T @ m @ root)) for m in combined]
    size = max(sized(*shape, resolution(profile)) for shape in shapes)
    return SgdChains(**shared, replicates=size)


def _loss_check(
    chains: SgdChains, expected: float, rivals: Mapping[str, float], profile: Profile
) -> ObservableMeanCheck:
    return ObservableMeanCheck(
        chains,
        {"loss": 1.0, "slope": -chains.learning_rate / 4},
        expected,
        "L - (alpha/4)|grad L|^2",
        resolution(profile),
        rivals,
    )


def isotropic_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of K T/2 under isotropic noise, from two initial variances.

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
    >>> [check.weights["loss"] for check in isotropic_checks(PROFILES["quick"])]
    [1.0, 1.0]
    """
    std = 1.3
    for batch, start, law in ((2, 0.05, "normal"), (7, 4.0, "rademacher")):
        chains = _five(diagonal(*(std,) * 5), 0.4, batch, start, profile, law)
        temperature = float(kl_bound.temperature(0.4, batch, std**2))
        expected = 5 * float(kl_bound.stationary_loss(temperature))
        rivals = {
            "T for T/2": 5 * temperature,
            "alpha for eps": batch * expected,
            "the initial loss": start * float(np.trace(np.array(HESSIAN))) / 2,
        }
        yield _loss_check(chains, expected, rivals, profile)


def total_loss_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield the check of eps tr Sigma/4 under anisotropic noise.

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
    >>> print(f"{next(total_loss_checks(PROFILES['quick'])).expected:.6f}")
    0.284667
    """
    chains = _anisotropic(profile)
    factor = np.array(chains.noise_factor)
    noise = factor @ factor.T
    rate, batch = chains.learning_rate, chains.batch_size
    expected = float(kl_bound.stationary_total_loss(noise, rate, batch))
    rivals = {
        "doubled": 2 * expected,
        "alpha for eps": batch * expected,
        "isotropic noise of the largest eigenvalue": rate / batch * 5 * np.linalg.eigvalsh(noise).max() / 4,
    }  # fmt: skip
    yield _loss_check(chains, expected, rivals, profile)


def trace_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield the check of the paper's optimal variance tr C/K, measured as the mean square weight, anisotropic noise.

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
    >>> list(next(trace_checks(PROFILES["quick"])).rivals)
    ['geometric for arithmetic mean', 'harmonic for arithmetic mean', 'Jeffreys']
    """
    chains = _anisotropic(profile)
    exact = _covariance(chains)
    spread = np.linalg.eigvalsh(exact)
    rivals = {
        "geometric for arithmetic mean": float(np.exp(np.log(spread).mean())),
        "harmonic for arithmetic mean": float(1 / (1 / spread).mean()),
        "Jeffreys": float(kl_bound.jeffreys_variance(exact)),
    }
    expected = float(kl_bound.optimal_initial_variance(np.trace(exact), len(exact)))
    yield ObservableMeanCheck(
        chains, {"square": 1 / len(exact)}, expected, "|W|^2/K", resolution(profile), rivals
    )


def _anisotropic(profile: Profile) -> SgdChains:
    return _five(_WIDE, 0.4, 3, 1.0, profile, "normal")
