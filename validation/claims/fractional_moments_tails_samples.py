"""The simulated side of the heavy tails: long chains of the recursion that networks with biases follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from theory.activations import Activation
from theory.fractional_moments import norm_moment
from theory.heavy_tails import StationaryLaw, stationary_moment
from validation.chains import Chains
from validation.checks import stationary_tail
from validation.checks.mean import min_replicates
from validation.checks.stationary_mean import StationaryMeanCheck
from validation.checks.stationary_tail import StationaryTailCheck
from validation.claim import Profile
from validation.claims.fractional_moments_tails_laws import (
    BIAS_VARIANCE,
    beyond,
    scheme_law,
    scheme_variance,
)

__all__ = ["goldie_check", "index_checks", "moment_check"]

_LEVELS = (0.1, 0.01, 0.002)  # probabilities beyond the thresholds
_FAR = 1e-6  # probability beyond the upper start
_UNMET = 0.02  # share of a probability allowed for chains that have not met, in the sizes


def index_checks(
    order: float,
    width: int,
    activation: Activation,
    steps: int,
    resolution: float,
    rival: float,
    profile: Profile,
) -> Iterator[StationaryTailCheck]:
    """Yield checks of exact counts beyond several thresholds against the law of tail index `order`, on one sample.

    Parameters
    ----------
    order, width, activation
        As for `fractional_moments_tails_laws.scheme_variance`.
    steps : int
        Of the chains; what their start leaves is measured.
    resolution : float
        Relative error of the tail index that must be seen at every threshold.
    rival : float
        Another order, whose law must be refuted.
    profile : Profile
        Backend.

    Yields
    ------
    StationaryTailCheck

    Examples
    --------
    >>> from theory.activations import relu
    >>> from validation.claim import PROFILES
    >>> checks = list(index_checks(1.5, 3, relu(), 60, 0.05, 2.0, PROFILES["quick"]))
    >>> len(checks), list(checks[0].planted)
    (3, ['tail index x 1.05', 'tail index x 0.95'])
    """
    law, chains = (
        scheme_law(order, width, activation),
        _chains(order, width, activation, steps, resolution, profile),
    )
    planted = {
        f"tail index x {1 + size:g}": (
            size,
            scheme_law(order * (1 + size), width, activation).sf,
        )
        for size in (resolution, -resolution)
    }
    rivals = {f"the law of order {rival:g}": scheme_law(rival, width, activation).sf}
    for level in _LEVELS:
        yield StationaryTailCheck(
            chains, beyond(law, level), law.sf, planted, resolution, "tail index", rivals
        )


def goldie_check(
    order: float,
    width: int,
    activation: Activation,
    steps: int,
    resolution: float,
    profile: Profile,
) -> StationaryMeanCheck:
    """Return the check of E[(R + c)^p - R^p] = C p E[A^p log A], c = bias_variance/variance: Goldie's formula for C.

    Parameters
    ----------
    order : float
        p = order/2, below 1: the increment is bounded by c^p.
    width, activation, steps, resolution
        As for `index_checks`, whose sample it reads.
    profile : Profile
        Its resolution is that of the tail constant here.

    Returns
    -------
    StationaryMeanCheck

    Examples
    --------
    >>> from theory.activations import relu
    >>> from validation.claim import PROFILES
    >>> goldie_check(1.5, 3, relu(), 60, 0.05, PROFILES["quick"]).quantity
    'tail constant'
    """
    law, variance = scheme_law(order, width, activation), scheme_variance(order, width, activation)
    p = order / 2
    expected = law.tail_constant * p * _log_slope(p, variance, width, activation)
    chains = _chains(order, width, activation, steps, resolution, profile)
    planted = _sides("tail constant", profile.resolution, lambda factor: factor * expected)
    rivals = {
        "E[A^p log Q] in place of E[A^p log A]": expected - law.tail_constant * p * np.log(variance)
    }
    slack = (
        _FAR * (BIAS_VARIANCE / variance) ** p
    )  # of a bounded increment, at starts beyond the upper one
    return StationaryMeanCheck(
        chains, None, expected, planted, profile.resolution, "tail constant", rivals, slack
    )


def moment_check(
    n: int, shrinkage: float, width: int, activation: Activation, steps: int, profile: Profile
) -> StationaryMeanCheck:
    """Return the check of E|x|^(2n) of the stationary law, where it has six times that moment.

    Parameters
    ----------
    n : int
        Half the order.
    shrinkage : float
        E A = variance width E phi^2, below 1.
    width, activation, steps
        As for `index_checks`.
    profile : Profile
        Resolution.

    Returns
    -------
    StationaryMeanCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> print(f"{moment_check(1, 0.6, 8, linear(), 30, PROFILES['quick']).expected:.9g}")  # 8/(1 - 0.6)
    20
    """
    variance = shrinkage / (width * activation.second_moment)

    def moment(k: int, factor: float = 1.0) -> float:
        return float(stationary_moment(k, factor * variance, BIAS_VARIANCE, width, activation))

    planted = _sides("variance", profile.resolution, lambda factor: moment(n, factor))
    seen = min(abs(value / moment(n) - 1) for _, value in planted.values())
    first, second, third = (moment(k * n) for k in (1, 2, 3))
    spread = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / spread**1.5
    chains = Chains(
        width,
        variance,
        BIAS_VARIANCE,
        activation,
        steps,
        min_replicates(float(np.sqrt(spread)) / first, skewness, seen),
        starts=(0.0, 10 * float(np.sqrt(moment(1)))),  # E R^n falls to its limit from there
        orders=(2.0 * n,),
        backend=profile.backend,
    )
    rivals = {"biases of twice the variance": 2.0**n * moment(n)}
    return StationaryMeanCheck(
        chains, 2.0 * n, moment(n), planted, profile.resolution, rivals=rivals
    )


@cache
def _chains(
    order: float,
    width: int,
    activation: Activation,
    steps: int,
    resolution: float,
    profile: Profile,
) -> Chains:
    """The sample that both the tail index and the tail constant are judged on."""
    law, variance = scheme_law(order, width, activation), scheme_variance(order, width, activation)
    far, thresholds = beyond(law, _FAR), [beyond(law, level) for level in _LEVELS]
    sizes = [
        stationary_tail.min_replicates(
            (float(sf(r)), float(sf(far))), float(law.sf(r)), unmet=_UNMET * float(law.sf(r))
        )
        for side in (1, -1)
        for sf in (scheme_law(order * (1 + side * resolution), width, activation).sf,)
        for r in thresholds
    ]
    shift, p = BIAS_VARIANCE / variance, order / 2
    bounded = p < 1  # the increment of Goldie's formula
    if bounded:
        sizes.append(min_replicates(*_increment_shape(law, shift, p), profile.resolution))
    return Chains(
        width,
        variance,
        BIAS_VARIANCE,
        activation,
        steps,
        max(sizes),
        starts=(0.0, far),
        thresholds=tuple(float(np.log(r)) for r in thresholds),
        increment=(shift, p) if bounded else None,
        backend=profile.backend,
    )


def _sides(name: str, resolution: float, value: Any) -> Mapping[str, tuple[float, float]]:
    """The planted errors on both sides."""
    return {
        f"{name} x {1 + size:g}": (size, float(value(1 + size)))
        for size in (resolution, -resolution)
    }


def _log_slope(p: float, variance: float, width: int, activation: Activation) -> float:
    """E[A^p log A] where E A^p = 1: the slope of log E A^p, by a central difference good to 1e-7."""
    step = 1e-4
    high, low = (
        q * np.log(variance) + np.log(norm_moment(2 * q, width, activation))
        for q in (p + step, p - step)
    )
    return float((high - low) / (2 * step))


def _increment_shape(law: StationaryLaw, shift: float, p: float) -> tuple[float, float]:
    """Standard deviation over mean, and skewness, of (R + c)^p - R^p: they size the sample, they decide nothing."""
    r = np.exp(np.linspace(np.log(beyond(law, 0.9999 - law.atom)), np.log(beyond(law, _FAR)), 2001))
    mass = np.append(1 - law.sf(r[0]), -np.diff(law.sf(r)))
    y = (r**2 + shift) ** p - r ** (2 * p)
    first, second, third = (float(np.sum(mass * y**k) / np.sum(mass)) for k in (1, 2, 3))
    spread = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / spread**1.5
    return float(np.sqrt(spread)) / first, skewness
