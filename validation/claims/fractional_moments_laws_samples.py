"""The simulated side of the exact laws: log-norms of layers and networks, sized by the error budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from theory.activations import Activation
from theory.fractional_moments import extinction_probability, norm_moment
from theory.norm_law import NormLaw
from validation.checks import kolmogorov
from validation.checks.event_count import EventCountCheck, size_for
from validation.checks.exact_law import Cdf, ExactLawCheck
from validation.checks.log_moment import LogMomentCheck
from validation.checks.mean import MeanCheck, min_replicates
from validation.checks.tail_count import TailCountCheck
from validation.checks.tail_count import min_replicates as count_replicates
from validation.claim import Profile
from validation.experiment import Experiment

__all__ = [
    "extinction_check",
    "law_check",
    "log_moment_checks",
    "moment_check",
    "tail_check",
]

_FAN_IN = 2  # the output's law given the input does not depend on it; it differs from every fan-out
_DEAD = -1e300  # below every logarithm of a positive double: only what is 0 is counted


def log_moment_checks(
    width: int,
    depth: int,
    variance: float,
    activation: Activation,
    profile: Profile,
    judged: tuple[str, ...] = ("mean", "variance"),
    rivals: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[LogMomentCheck]:
    """Yield checks of mean and variance of the log-norm given survival, every weight drawn, on one sample.

    Parameters
    ----------
    width, depth : int
        Units of every layer but the input; layers.
    variance : float
        Of the weights.
    activation : Activation
        With or without dropout.
    profile : Profile
        Its resolution is that of the weight variance for the mean; the log-norm's variance is resolved to twice that.
    judged : tuple of str
        Which of "mean" and "variance".
    rivals : mapping of str to float
        Means that must be refuted.

    Yields
    ------
    LogMomentCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> len(list(log_moment_checks(3, 1, 1.0, linear(), PROFILES["quick"])))
    2
    """
    law = NormLaw(width, depth, variance, activation)
    resolution = {"mean": profile.resolution, "variance": 2 * profile.resolution}
    seen = {"mean": depth / 2 * np.log1p(profile.resolution), "variance": resolution["variance"]}
    survivors = max(min_replicates(*_SHAPES[name](law), float(seen[name])) for name in judged)
    experiment = _network(width, depth, variance, activation, profile, logs=True)
    sample = _sized(experiment, survivors / (1 - law.extinction))
    for name in judged:
        exact = law.log.var() if name == "variance" else None
        wrong = rivals if exact is None else {}
        yield LogMomentCheck(sample, law.log.mean(), exact, resolution[name], wrong)


def law_check(
    width: int,
    depth: int,
    variance: float,
    activation: Activation,
    profile: Profile,
    normal: bool = False,
) -> ExactLawCheck:
    """Return the check of the whole law of the norm, the atom included, every weight drawn.

    Parameters
    ----------
    width, depth, variance, activation
        As for `log_moment_checks`.
    profile : Profile
        Resolution.
    normal : bool
        Whether the sample must tell the law from the normal one of the same mean and variance, given survival.

    Returns
    -------
    ExactLawCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> list(law_check(3, 10, 1 / 3, linear(), PROFILES["quick"], normal=True).rivals)
    ['the normal law']
    """
    law = NormLaw(width, depth, variance, activation)
    grid = law.log.mean() + law.log.std() * np.linspace(-6, 4, 301)
    rivals = {"the normal law": _normal_cdf(law)} if normal else {}

    def check(replicates: int) -> ExactLawCheck:
        network = _network(width, depth, variance, activation, profile, thresholds=_plain(grid))
        sample = _sized(network, replicates)
        return ExactLawCheck(sample, _cdf(law), "its exact law", profile.resolution, rivals)

    seen = check(1).distance_of_resolution()
    told = [float(np.max(np.abs(rival(grid) - _cdf(law)(grid)))) for rival in rivals.values()]
    return check(kolmogorov.min_size(min(seen, *told)) if told else kolmogorov.min_size(seen))


def moment_check(
    width: int, depth: int, order: float, variance: float, activation: Activation, profile: Profile
) -> MeanCheck:
    """Return the check of a moment of a network of several layers, every weight drawn.

    Parameters
    ----------
    width, depth, variance, activation
        As for `log_moment_checks`.
    order : float
        Of the moment.
    profile : Profile
        Resolution.

    Returns
    -------
    MeanCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> print(f"{moment_check(3, 2, 2.0, 1 / 3, linear(), PROFILES['quick']).expected:.9f}")
    1.000000000
    """
    first, second, third = (
        float(norm_moment(k * order, width, activation)) ** depth for k in (1, 2, 3)
    )
    spread = second / first**2 - 1
    skewness = (third / first**3 - 3 * second / first**2 + 2) / spread**1.5
    seen = 1 - (1 + profile.resolution) ** (-order / 2 * depth)
    size = min_replicates(float(np.sqrt(spread)), float(skewness), seen)
    network = _network(width, depth, variance, activation, profile, orders=(order,))
    expected = float(NormLaw(width, depth, variance, activation).moment(order))
    return MeanCheck(_sized(network, size), order, expected, profile.resolution)


def tail_check(
    width: int,
    depth: int,
    threshold: float,
    variance: float,
    activation: Activation,
    profile: Profile,
) -> TailCountCheck:
    """Return the check of the share of networks whose log-norm exceeds a threshold, every weight drawn.

    Parameters
    ----------
    width, depth, variance, activation
        As for `log_moment_checks`.
    threshold : float
        Of the log-norm.
    profile : Profile
        Resolution.

    Returns
    -------
    TailCountCheck

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.claim import PROFILES
    >>> tail_check(3, 10, -1.0, 1 / 3, linear(), PROFILES["quick"]).threshold
    -1.0
    """
    law = NormLaw(width, depth, variance, activation)

    def tail(point: float) -> float:
        return float(law.sf(np.exp(point)))

    shifts = (depth / 2 * np.log1p(side * profile.resolution) for side in (1, -1))
    exact = tail(threshold)
    size = max(count_replicates(tail(threshold - shift), exact) for shift in shifts)
    network = _network(width, depth, variance, activation, profile, thresholds=(threshold,))
    return TailCountCheck(_sized(network, size), threshold, tail, profile.resolution)


def extinction_check(
    width: int, depth: int, activation: Activation, profile: Profile
) -> EventCountCheck:
    """Return the check of the share of networks that are dead, every weight drawn.

    Parameters
    ----------
    width, depth, activation
        As for `log_moment_checks`.
    profile : Profile
        Its resolution is that of the probability here.

    Returns
    -------
    EventCountCheck

    Examples
    --------
    >>> from theory.activations import relu
    >>> from validation.claim import PROFILES
    >>> print(f"{extinction_check(2, 2, relu(), PROFILES['quick']).probability:.12g}")
    0.4375
    """
    dead, later = (float(extinction_probability(width, k, activation)) for k in (depth, depth + 1))
    network = _network(width, depth, 1.0, activation, profile, thresholds=(_DEAD,))
    return EventCountCheck(
        _sized(network, size_for(dead, profile.resolution)),
        _DEAD,
        dead,
        "every unit is 0",
        profile.resolution,
        {"one layer more": later},
    )


def _network(
    width: int, depth: int, variance: float, activation: Activation, profile: Profile, **kept: Any
) -> Mapping[str, Any]:
    """An experiment but for its size."""
    widths = (_FAN_IN, *(width,) * depth)
    return {
        "widths": widths,
        "variances": (variance,) * depth,
        "activation": activation,
        "backend": profile.backend,
        **kept,
    }


def _sized(network: Mapping[str, Any], replicates: float) -> Experiment:
    return Experiment(**network, replicates=int(np.ceil(replicates)))


def _plain(grid: Any) -> tuple[float, ...]:
    return tuple(float(t) for t in grid)


def _cdf(law: NormLaw) -> Cdf:
    return lambda thresholds: np.asarray(law.cdf(np.exp(thresholds)))


def _normal_cdf(law: NormLaw) -> Cdf:
    alive = 1 - law.extinction
    return lambda thresholds: law.extinction + alive * np.asarray(law.log.gaussian_cdf(thresholds))


def _mean_shape(law: NormLaw) -> tuple[float, float]:
    """Standard deviation and skewness of the log-norm given survival."""
    return law.log.std(), law.log.skewness()


def _variance_shape(law: NormLaw) -> tuple[float, float]:
    """Of (l - E l)^2, l the log-norm given survival: standard deviation over mean, and skewness.

    By a coarse trapezium rule on the density: they size the sample, they decide nothing.
    """
    x = np.linspace(-26, 8, 273)
    density = np.maximum(np.asarray(law.log.pdf(law.log.mean() + law.log.std() * x)), 0)
    second, fourth, sixth = (float(np.sum(density * x**k) / np.sum(density)) for k in (2, 4, 6))
    variance = fourth - second**2
    skewness = (sixth - 3 * fourth * second + 2 * second**3) / variance**1.5
    return float(np.sqrt(variance)) / second, skewness


_SHAPES = {"mean": _mean_shape, "variance": _variance_shape}
