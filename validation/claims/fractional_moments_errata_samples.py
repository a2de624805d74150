"""The simulated side of the errata: layers at the printed variance, repetitions of the published experiment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from theory.activations import Activation, relu
from theory.fractional_moments import norm_moment, weight_std, weight_variance
from validation.checks import share
from validation.checks.formula import FormulaCheck
from validation.checks.mean import MeanCheck, min_replicates
from validation.checks.share import ShareCheck
from validation.claim import Profile
from validation.claims.fractional_moments_errata_tails import DEPTH, NETWORKS, WIDTH, deep_moment
from validation.experiment import Experiment
from validation.repetitions import SampleMoments

__all__ = ["curve_checks", "drawn_std", "preservation_checks", "sample_moment_checks"]


def preservation_checks(
    order: float,
    width: int,
    variance: float,
    activation: Activation,
    resolution: float,
    depth: int = 1,
    method: str = "matrix",
) -> Iterator[FormulaCheck]:
    """Yield two checks on one sample of layers at a printed variance: it preserves the moment, or is off as computed.

    Parameters
    ----------
    order : float
        Order s of the moment.
    width : int
        Of all layers.
    variance : float
        The printed one.
    activation : Activation
        With or without dropout.
    resolution : float
        Relative error of the weight variance that must be seen.
    depth : int
        Number of layers.
    method : {"matrix", "gaussian", "chi2"}
        How to draw them.

    Yields
    ------
    FormulaCheck

    Examples
    --------
    >>> checks = preservation_checks(0.8, 2, 1.75, relu(), 0.005)
    >>> [check.formula for check in checks]
    ['printed', 'corrected']
    """
    exact = float(weight_variance(order, width, activation=activation))
    replicates = _replicates(order, width, activation, resolution, depth)
    experiment = Experiment(
        (width,) * (depth + 1),
        (variance,) * depth,
        activation,
        replicates,
        method=method,
        orders=(order,),
    )
    moment = (variance / exact) ** (order / 2 * depth)
    yield FormulaCheck("printed", MeanCheck(experiment, order, 1.0, resolution))
    yield FormulaCheck("corrected", MeanCheck(experiment, order, moment, resolution))


def _replicates(
    order: float, width: int, activation: Activation, resolution: float, depth: int
) -> int:
    """Networks that resolve the variance of every layer: standard deviation and skewness of a product of layers."""
    first, second, third = (
        float(norm_moment(k * order, width, activation)) ** depth for k in (1, 2, 3)
    )
    spread = second / first**2 - 1
    skewness = (third / first**3 - 3 * second / first**2 + 2) / spread**1.5
    seen = 1 - (1 + resolution) ** (-order / 2 * depth)
    return min_replicates(float(np.sqrt(spread)), float(skewness), seen)


def drawn_std(fan_in: int) -> float:
    """Return what the notebook draws at abscissa `fan_in`: sigma(0.1, d) of the next width.

    Parameters
    ----------
    fan_in : int
        Abscissa, >= 0.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{np.log(drawn_std(0)):.2f}")  # its first point
    7.51
    """
    return float(weight_std(0.1, fan_in + 1))


def curve_checks(profile: Profile) -> Iterator[FormulaCheck]:
    """Yield checks that layers at the drawn standard deviation preserve order 2, as the label says, or do not.

    Parameters
    ----------
    profile : Profile
        Resolution and widths.

    Yields
    ------
    FormulaCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(curve_checks(PROFILES["quick"])))
    4
    """
    for width in profile.widths[:2]:
        yield from preservation_checks(
            2.0, width, drawn_std(width) ** 2, relu(), profile.resolution
        )


def sample_moment_checks(profile: Profile) -> Iterator[FormulaCheck]:
    """Yield checks of sample moments of 500 networks at depth 500, and of the exact moments where samples suffice.

    Parameters
    ----------
    profile : Profile
        Resolution of the exact moments.

    Yields
    ------
    FormulaCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [check.formula for check in sample_moment_checks(PROFILES["quick"])]
    ['printed', 'printed', 'corrected', 'corrected']
    """
    for order in (2.0, 3.0):
        yield FormulaCheck("printed", _reaches_half(order))
    for order in (2.0, 3.0):
        depth, variance = 2, 2 / WIDTH
        replicates = _replicates(order, WIDTH, relu(), profile.resolution, depth)
        experiment = Experiment(
            (WIDTH,) * (depth + 1),
            (variance,) * depth,
            relu(),
            replicates,
            method="chi2",
            orders=(order,),
        )
        expected = float((variance ** (order / 2) * norm_moment(order, WIDTH)) ** depth)
        yield FormulaCheck("corrected", MeanCheck(experiment, order, expected, profile.resolution))


def _reaches_half(order: float) -> ShareCheck:
    """He's scheme; the distribution of sample moment over moment does not depend on the scheme."""
    claimed, resolution = 0.5, 0.6
    threshold = float(np.log(deep_moment(order) / 2))
    experiment = SampleMoments(
        (WIDTH,) * (DEPTH + 1),
        (2 / WIDTH,) * DEPTH,
        relu(),
        networks=NETWORKS,
        order=order,
        replicates=share.min_replicates(claimed, resolution),
        thresholds=(threshold,),
    )
    event = f"the sample moment of order {order:g} reaches half of the exact moment"
    return ShareCheck(experiment, threshold, claimed, event, resolution)
