"""The simulated side of the claims on networks: every weight drawn, at variances that a condition prescribes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from theory import kl_bound
from theory.activations import leaky_relu
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import Profile
from validation.claims.kl_bound_common import Matrix, resolution, sized
from validation.kl_networks import InitialNetworks

__all__ = [
    "cross_entropy_checks",
    "decay_checks",
    "half_squared_checks",
    "power_checks",
    "scale_checks",
]

_INPUTS: Matrix = ((1.0, 0.5, -0.3), (-0.4, 0.8, 0.9), (0.2, -1.0, 0.6), (0.7, 0.1, 1.2))
_TARGETS: Matrix = (
    (0.5, -0.2, 0.1, 0.4, -0.5, 0.3, 0.0, 0.6),
    (-0.1, 0.5, 0.7, -0.4, 0.2, 0.1, -0.6, 0.2),
    (0.3, 0.3, -0.5, 0.2, 0.8, -0.2, 0.4, -0.1),
    (-0.6, 0.2, 0.4, 0.1, 0.0, 0.5, -0.3, 0.7),
)
_POWER = float(np.mean(np.sum(np.array(_INPUTS) ** 2, axis=1)))
_TARGET_POWER = float(np.mean(np.sum(np.array(_TARGETS) ** 2, axis=1)))

# name: widths, variances, slope, and the power's standard deviation over mean and skewness, measured and rounded up
_CASES: Mapping[str, tuple[tuple[int, ...], tuple[float, ...], float, float, float]] = {
    "linear": ((3, 10, 8), (0.4, 0.12), 1.0, 0.5, 1.4),
    "relu": ((3, 12, 8), (0.5, 0.2), 0.0, 0.6, 1.75),
    "leaky": ((3, 12, 10, 8), (0.6, 0.12, 0.15), 0.3, 0.8, 2.6),
}
_ACTIVATIONS: Mapping[str, Any] = {"linear": "linear", "relu": "relu", "leaky": leaky_relu(0.3)}


def _networks(name: str, profile: Profile) -> InitialNetworks:
    widths, variances, slope, variation, skewness = _CASES[name]
    size = sized(variation, skewness, resolution(profile))
    return InitialNetworks(widths, variances, slope, _INPUTS, size, _TARGETS)


def _expected_power(name: str) -> float:
    widths, variances, *_ = _CASES[name]
    power = kl_bound.expected_output_power(widths, variances, _POWER, _ACTIVATIONS[name])
    return float(power)


def power_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the output power of a linear, a ReLU and a leaky network of unequal widths.

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
    >>> len(list(power_checks(PROFILES["quick"])))
    3
    """
    for name, (widths, _, slope, *_rest) in _CASES.items():
        kept = (1 + slope**2) / 2
        expected = _expected_power(name)
        rivals = {"n_(l-1) for n_l": expected * widths[0] / widths[-1]}
        if kept < 1:
            rivals["phi on the output"] = expected * kept
            rivals["no phi"] = expected / kept ** (len(widths) - 2)
        yield ObservableMeanCheck(
            _networks(name, profile), {"power": 1.0}, expected, "|f|^2", resolution(profile), rivals
        )


def half_squared_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the half-squared loss on the same networks.

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
    >>> len(list(half_squared_checks(PROFILES["quick"])))
    3
    """
    for name, (widths, variances, *_rest) in _CASES.items():
        loss = kl_bound.expected_initial_loss(
            widths, variances, _POWER, _TARGET_POWER, _ACTIVATIONS[name]
        )
        rivals = {
            "|f - y|^2": 2 * float(loss),
            "without the targets": _expected_power(name) / 2,
        }
        yield ObservableMeanCheck(
            _networks(name, profile),
            {"half squared": 1.0},
            float(loss),
            "|f - y|^2/2",
            resolution(profile),
            rivals,
        )


def cross_entropy_checks(
    profile: Profile, side: Literal["upper", "lower"]
) -> Iterator[MeanBoundCheck]:
    """Yield checks that the cross-entropy lies between log C and its upper bound, at two scales of the variances.

    Parameters
    ----------
    profile : Profile
        Resolution, relative to log C.
    side : {"upper", "lower"}
        Which bound.

    Yields
    ------
    MeanBoundCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [round(check.bound, 4) for check in cross_entropy_checks(PROFILES["quick"], "lower")]
    [1.6094, 1.6094]
    """
    widths, labels = (3, 12, 5), (0, 4, 2, 2)
    for scale in (0.3, 2.0):
        variances = (scale * 0.5, scale * 0.15)
        networks = InitialNetworks(
            widths, variances, 0.0, _INPUTS, sized(0.5, 1.5, resolution(profile)), (), labels
        )
        classes, loss = float(np.log(widths[-1])), "cross_entropy"
        upper = float(kl_bound.expected_initial_loss(widths, variances, _POWER, 0.0, "relu", loss))
        half = (upper - classes) / 2
        bound, rivals = {
            "upper": (upper, {"log C": classes, "half of what is added": classes + half}),
            "lower": (classes, {"the upper bound": upper}),
        }[side]
        known = {"log C": classes} if side == "upper" else {}
        yield MeanBoundCheck(
            networks,
            {"cross entropy": 1.0},
            bound,
            f"cross-entropy of {widths[-1]} classes against its {side} bound",
            scale=classes,
            resolution=resolution(profile),
            side=side,
            rivals=rivals if scale > 1 else known,  # near log C the bounds are too close to be told
        )


def scale_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the condition at c*: the output power of networks drawn with it is K T/(2 beta L).

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
    >>> [list(check.rivals)[0] for check in scale_checks(PROFILES["quick"])]
    ['He, c = 1', 'He, c = 1', 'He, c = 1']
    """
    table: tuple[tuple[str, tuple[int, ...], str, float, float], ...] = (
        ("linear", (3, 10, 8), "half_squared", 0.5, 1.4),
        ("relu", (3, 12, 8), "half_squared", 0.6, 1.75),
        ("relu", (3, 12, 6), "cross_entropy", 0.65, 2.0),
    )
    for name, widths, loss, variation, skewness in table:
        temperature, slope = 0.05, _CASES[name][2]
        kept, layers = (1 + slope**2) / 2, len(widths) - 1
        scale = float(kl_bound.optimal_scale(widths, temperature, _POWER, name, loss))
        variances = tuple(scale / (kept * n) for n in widths[:-1])
        classes = widths[-1]
        beta = 0.5 if loss == "half_squared" else (1 - 1 / classes) / (2 * classes)
        size = sum(n * m for n, m in pairwise(widths))
        expected = size * temperature / (2 * beta * layers)
        rivals = {
            "He, c = 1": _POWER * classes / (widths[0] * kept),
            "T/2 for T": expected / 2,
            "K T/(2 beta)": expected * layers,
        }
        if loss == "cross_entropy":
            rivals["no (1 - 1/C)"] = expected * (1 - 1 / classes)
        networks = InitialNetworks(
            widths, variances, slope, _INPUTS, sized(variation, skewness, resolution(profile))
        )
        yield ObservableMeanCheck(
            networks, {"power": 1.0}, expected, "|f|^2 at c*", resolution(profile), rivals
        )


def decay_checks(profile: Profile) -> Iterator[ObservableMeanCheck]:
    """Yield checks of the condition under weight decay: the output power is K_l (T - lambda s_l)/(2 beta), every layer.

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
    >>> first, second = decay_checks(PROFILES["quick"])
    >>> abs(first.expected / second.expected - 1) < 1e-9  # the layers agree
    True
    """
    widths, temperature, decay = (3, 12, 8), 0.05, 0.1
    variances = np.asarray(kl_bound.optimal_variances(widths, temperature, decay, _POWER))
    networks = InitialNetworks(
        widths, tuple(variances.tolist()), 0.0, _INPUTS, sized(0.6, 1.75, resolution(profile))
    )
    sizes = [n * m for n, m in pairwise(widths)]
    for layer, size in enumerate(sizes):
        expected = float(size * (temperature - decay * variances[layer]))
        yield ObservableMeanCheck(
            networks,
            {"power": 1.0},
            expected,
            f"|f|^2 at s_l, the condition of layer {layer + 1}",
            resolution(profile),
            {"no weight decay": size * temperature, "the other layer's K_l": expected * sizes[1 - layer] / size},
        )  # fmt: skip
