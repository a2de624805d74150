"""The simulated side of the approximations and departures: drifts, other laws of the weights, stacks of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from theory.activations import Activation, relu
from theory.fractional_moments import (
    log_norm_mean,
    norm_moment,
    weight_variance,
)
from theory.log_cumulants import log_cumulants
from validation.checks.log_moment import LogMomentCheck
from validation.checks.mean import MeanCheck, min_replicates
from validation.claim import Profile
from validation.experiment import Experiment
from validation.references_weights import EXCESS_KURTOSIS, fourth_moment, moment_by_inversion

__all__ = ["drift_check", "law_checks", "stack_checks"]

_FAN_IN = 2  # the output's law given the input does not depend on it, for normal weights


def drift_check(
    width: int,
    variance: float,
    activation: Activation,
    profile: Profile,
    rivals: Mapping[str, float],
    method: str = "matrix",
) -> LogMomentCheck:
    """Return a check of the drift of one layer, given survival, at a weight variance.

    Parameters
    ----------
    width : int
        Number of units.
    variance : float
        Of the weights.
    activation : Activation
        With or without dropout.
    profile : Profile
        Resolution.
    rivals : mapping of str to float
        Drifts that must be refuted.
    method : {"matrix", "gaussian", "chi2"}
        How to draw the layers.

    Returns
    -------
    LogMomentCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> drift_check(3, 0.5, relu(), PROFILES["quick"], {}).experiment.logs
    True
    """
    mean = float(np.log(variance) / 2 + log_norm_mean(width, activation))
    experiment = Experiment(
        (_FAN_IN, width),
        (variance,),
        activation,
        _drift_replicates(width, activation, profile.resolution),
        method=method,
        backend=profile.backend,
        logs=True,
    )
    return LogMomentCheck(experiment, mean, resolution=profile.resolution, rivals=rivals)


def _drift_replicates(width: int, activation: Activation, resolution: float) -> int:
    """Networks of which enough survive to resolve the shift of the mean log-norm."""
    _, variance, third = (c[0] for c in log_cumulants(np.array([float(width)]), activation))
    survivors = min_replicates(
        float(np.sqrt(variance)) / 2, float(third / variance**1.5), np.log1p(resolution) / 2
    )
    return int(np.ceil(survivors / (1 - activation.zero_probability**width)))


def law_checks(law: str, profile: Profile) -> Iterator[MeanCheck]:
    """Yield checks of moments under another law of the weights, which must refute the theory's value.

    Parameters
    ----------
    law : {"uniform", "truncated_normal"}
        Of a weight; its variance is the theory's for normal weights.
    profile : Profile
        Resolution and widths.

    Yields
    ------
    MeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [check.order for check in law_checks("uniform", PROFILES["quick"])]
    [4.0, 4.0, 1.0, 1.0, 2.0]
    """
    kurtosis = EXCESS_KURTOSIS[law]
    for width in profile.widths[:2]:
        ratio = fourth_moment(width, width, kurtosis) / fourth_moment(width, width, 0.0)
        yield _law_check(law, 4.0, width, width, ratio, profile)
    fan_out = profile.widths[1]
    for fan_in in (1, 2):
        ratio = moment_by_inversion(1.0, fan_in, fan_out, law) / float(norm_moment(1, fan_out))
        yield _law_check(law, 1.0, fan_in, fan_out, ratio, profile)
    yield _law_check(law, 2.0, 2, fan_out, 1.0, profile)


def _law_check(
    law: str, order: float, fan_in: int, fan_out: int, ratio: float, profile: Profile
) -> MeanCheck:
    """E|x_1|^order at the variance that preserves it (as a norm) for normal weights is `ratio` in place of 1."""
    variance = float(weight_variance(order, fan_in, fan_out, preserve="norm"))
    seen = 1 - (1 + profile.resolution) ** (-order / 2)
    experiment = Experiment(
        (fan_in, fan_out),
        (variance,),
        relu(),
        min_replicates(*_shape(order, (fan_out,), relu()), seen),
        orders=(order,),
        backend=profile.backend,
        weight_law=law,
    )
    rivals = {"the theory's value, for normal weights": 1.0} if ratio != 1 else {}
    return MeanCheck(experiment, order, ratio, profile.resolution, rivals)


def stack_checks(
    activation: Activation, widths: tuple[int, ...], preserve: str, profile: Profile
) -> Iterator[MeanCheck]:
    """Yield checks that order 1 is preserved from the input to each layer of a stack, from the second on.

    The whole stack is drawn weight by weight, its first layers by chi-squares.

    Parameters
    ----------
    activation : Activation
        With or without dropout.
    widths : tuple of int
        Of input, layers and output.
    preserve : {"rms", "norm"}
        What is preserved.
    profile : Profile
        Resolution.

    Yields
    ------
    MeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> checks = stack_checks(relu(), (2, 6, 4, 9), "rms", PROFILES["quick"])
    >>> [round(check.expected**2, 12) for check in checks]
    [2.0, 4.5]
    """
    order = 1.0
    for depth in range(2, len(widths)):
        used = widths[: depth + 1]
        experiment = Experiment(
            used,
            _variances(order, used, activation, preserve),
            activation,
            _stack_replicates(order, used[1:], activation, profile.resolution),
            method="matrix" if used == widths else "chi2",
            orders=(order,),
            backend=profile.backend,
        )
        kept = _kept(order, used, preserve)
        rivals = {
            name: kept * float(np.prod(wrong)) ** (order / 2)
            for name, wrong in _wrong(order, used, activation, preserve).items()
        }
        yield MeanCheck(experiment, order, kept, profile.resolution, rivals)


def _kept(order: float, widths: tuple[int, ...], preserve: str) -> float:
    """E(|x_L|/|x_0|)^order when the rms, or the norm, is preserved."""
    return float((widths[-1] / widths[0]) ** (order / 2)) if preserve == "rms" else 1.0


def _variances(
    order: float, widths: tuple[int, ...], activation: Activation, preserve: str
) -> tuple[float, ...]:
    pairs = pairwise(widths)
    return tuple(float(weight_variance(order, n, m, activation, preserve)) for n, m in pairs)


def _wrong(
    order: float, widths: tuple[int, ...], activation: Activation, preserve: str
) -> dict[str, list[float]]:
    """Ratios of variances that people use to the right ones, layer by layer."""
    pairs = list(pairwise(widths))
    right = _variances(order, widths, activation, preserve)
    plain = Activation(activation.lower, activation.upper)
    wrong = {
        "order 2 in place of 1": [weight_variance(2, *p, activation, preserve) for p in pairs],
        "dropout forgotten": [weight_variance(order, *p, plain, preserve) for p in pairs],
        "width of the layer before": [
            weight_variance(order, n, n, activation, preserve) for n, _ in pairs
        ],
    }
    ratios = {
        name: [float(w) / r for w, r in zip(values, right, strict=True)]
        for name, values in wrong.items()
    }
    return {name: ratio for name, ratio in ratios.items() if abs(np.prod(ratio) - 1) > 1e-9}


def _stack_replicates(
    order: float, widths: tuple[int, ...], activation: Activation, resolution: float
) -> int:
    seen = 1 - (1 + resolution) ** (-order / 2 * len(widths))
    return min_replicates(*_shape(order, widths, activation), seen)


def _shape(order: float, widths: tuple[int, ...], activation: Activation) -> tuple[float, float]:
    """Standard deviation over mean, and skewness, of a product of layers: they size the sample, they decide nothing."""
    first, second, third = (
        float(np.prod([norm_moment(k * order, d, activation) for d in widths])) for k in (1, 2, 3)
    )
    variance = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
    return float(np.sqrt(variance) / first), float(skewness)
