"""The simulated side of the claims on fractional moments: experiments sized by the error budget, and their checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.catalogue import results
from theory.fractional_moments import norm_moment, weight_variance
from validation.checks import kolmogorov, tail_count, two_sample
from validation.checks.derivation import DerivationCheck
from validation.checks.exact_law import ExactLawCheck
from validation.checks.mean import MeanCheck, min_replicates
from validation.checks.tail_count import TailCountCheck
from validation.checks.two_sample import TwoSampleCheck, widened
from validation.claim import Claim, Profile
from validation.experiment import Experiment
from validation.references import active_unit_cdf, active_unit_tail

__all__ = [
    "gain_checks",
    "law_claims",
    "method_claims",
    "moment_checks",
    "preservation_checks",
]

_FAN_IN = 2  # the output's law given the input does not depend on it; it differs from every fan-out


def moment_checks(
    activation: Activation, orders: tuple[float, ...], profile: Profile
) -> Iterator[MeanCheck]:
    """Yield checks of norm_moment at these orders and the profile's widths, every weight drawn, at variance 1/width.

    Parameters
    ----------
    activation : Activation
        With or without dropout.
    orders : tuple of float
        Orders of the moment, all read off one sample.
    profile : Profile
        Resolution and widths.

    Yields
    ------
    MeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(moment_checks(relu(), (1.0, 2.0), PROFILES["quick"])))
    4
    """
    for width in profile.widths:
        experiment = _one_layer(width, 1.0 / width, activation, orders, profile)
        for order in orders:
            expected = float(norm_moment(order, width, activation)) * width ** (-order / 2)
            yield MeanCheck(experiment, order, expected, profile.resolution)


def preservation_checks(
    activation: Activation, orders: tuple[float, ...], profile: Profile
) -> Iterator[MeanCheck]:
    """Yield checks that a rectangular layer keeps the moment, in both modes, and that wrong variances do not.

    Parameters
    ----------
    activation : Activation
        With or without dropout.
    orders : tuple of float
        Orders of the preserved moment.
    profile : Profile
        Resolution and widths.

    Yields
    ------
    MeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(preservation_checks(relu(), (1.0,), PROFILES["quick"])))
    4
    """
    for order in orders:
        for width in profile.widths:
            for preserve, kept in (("rms", width / _FAN_IN), ("norm", 1.0)):
                variance = float(weight_variance(order, _FAN_IN, width, activation, preserve))
                experiment = _one_layer(width, variance, activation, (order,), profile)
                rivals = {
                    name: kept ** (order / 2) * (wrong / variance) ** (order / 2)
                    for name, wrong in _wrong_variances(order, width, activation, preserve).items()
                }
                yield MeanCheck(experiment, order, kept ** (order / 2), profile.resolution, rivals)


def gain_checks(activation: Activation, gain: float, profile: Profile) -> Iterator[MeanCheck]:
    """Yield checks that weights of variance gain/fan_in keep the mean square of a unit.

    Parameters
    ----------
    activation : Activation
        With or without dropout.
    gain : float
        1/E phi^2.
    profile : Profile
        Resolution and widths.

    Yields
    ------
    MeanCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(gain_checks(relu(), 2.0, PROFILES["quick"])))
    2
    """
    for width in profile.widths:
        experiment = _one_layer(width, gain / _FAN_IN, activation, (2.0,), profile)
        rivals = {"gain/fan_out in place of gain/fan_in": 1.0}
        yield MeanCheck(experiment, 2.0, width / _FAN_IN, profile.resolution, rivals)


def law_claims(profile: Profile, source: str) -> Iterator[Claim]:
    """Yield the claim on the law of one layer: binomial mixture of chi laws, against matrix draws.

    Parameters
    ----------
    profile : Profile
        Resolution and widths.
    source : str
        Whose claim it is.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [claim.id for claim in law_claims(PROFILES["quick"], "source")]
    ['fm.layer-laplace']
    """
    activations = (linear(), relu(), relu().with_dropout(0.8))
    checks = [
        check
        for activation in activations
        for width in profile.widths
        for check in _law_checks(width, activation, profile)
    ]
    yield Claim(
        "fm.layer-laplace",
        "given the input, |x_1|^2 = variance |x_0|^2 Q in law, Q a sum of iid phi(z)^2: one layer's norm "
        "is a binomial mixture of chi laws (linear, ReLU, dropout)",
        source,
        (DerivationCheck(results()["fm.layer-laplace"].derive), *checks),
        result="fm.layer-laplace",
    )


def method_claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims that the faster simulators agree in law with the one that draws every weight matrix.

    Parameters
    ----------
    profile : Profile
        Resolution and widths.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(method_claims(PROFILES["quick"])))
    5
    """
    table = (
        ("linear", linear(), 4, ("gaussian", "chi2")),
        ("relu", relu(), 6, ("gaussian", "chi2")),  # wider, so that fewer networks die
        ("leaky-relu", leaky_relu(0.3), 4, ("gaussian", "chi2")),
        ("rrelu", randomized_leaky_relu(), 4, ("gaussian",)),
        ("dropout", linear().with_dropout(0.8), 4, ("gaussian", "chi2")),
    )
    for name, activation, width, methods in table:
        yield Claim(
            f"fm.methods-agree.{name}",
            f"propagation by {' and '.join(methods)} draws has the law of propagation by weight matrices, "
            f"{activation.name}",
            "extension: the simulators' own consistency",
            (
                # what gaussian draws rest on: W x is normal given x; and chi2 draws: a mixture of chi-squares
                DerivationCheck(results()["fm.layer-laplace"].derive),
                DerivationCheck(results()[f"fm.norm-moment.{name}"].derive),
                *_method_checks(activation, width, methods, profile),
            ),
        )


def _one_layer(
    width: int, variance: float, activation: Activation, orders: tuple[float, ...], profile: Profile
) -> Experiment:
    """One layer, as many networks as resolve the variance through the moment of every order."""
    replicates = max(
        min_replicates(
            *_shape(order, width, activation), 1 - (1 + profile.resolution) ** (-order / 2)
        )
        for order in orders
    )
    widths = (_FAN_IN, width)
    return Experiment(
        widths, (variance,), activation, replicates, orders=orders, backend=profile.backend
    )


def _shape(order: float, width: int, activation: Activation) -> tuple[float, float]:
    """Standard deviation over mean, and skewness, of |phi(z)|^order: they size the sample, they decide nothing."""
    first, second, third = (float(norm_moment(k * order, width, activation)) for k in (1, 2, 3))
    variance = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
    return float(np.sqrt(variance) / first), float(skewness)


def _wrong_variances(
    order: float, width: int, activation: Activation, preserve: str
) -> dict[str, float]:
    """Variances that people use in place of the right one."""
    wrong = {
        "order 2 in place of s": weight_variance(2, _FAN_IN, width, activation, preserve),
        "fan_in and fan_out exchanged": weight_variance(
            order, width, _FAN_IN, activation, preserve
        ),
    }
    return {name: float(value) for name, value in wrong.items()}


def _law_checks(width: int, activation: Activation, profile: Profile) -> Iterable[Any]:
    """The whole law by its Kolmogorov distance, and its upper tenth by an exact count, on one sample."""
    variance, resolution = 1.0 / width, profile.resolution
    cdf = active_unit_cdf(width, variance, activation)
    tail = active_unit_tail(width, variance, activation)
    grid = np.linspace(-4.0, 1.5, 276)
    top = float(grid[np.searchsorted(cdf(grid), 0.9)])
    wrong = tail(top - np.log1p(-resolution) / 2), tail(top - np.log1p(resolution) / 2)
    planned = ExactLawCheck(
        _law_experiment(width, activation, grid, 1, profile), cdf, "", resolution
    )
    replicates = max(
        kolmogorov.min_size(planned.distance_of_resolution()),
        *(tail_count.min_replicates(claimed, tail(top)) for claimed in wrong),
    )
    experiment = _law_experiment(width, activation, grid, replicates, profile)
    rival = active_unit_cdf(width, variance, _rival(activation))
    yield ExactLawCheck(
        experiment,
        cdf,
        "the binomial mixture of chi laws",
        resolution,
        {f"the law of {_rival(activation).name}": rival},
    )
    yield TailCountCheck(experiment, top, tail, resolution)


def _rival(activation: Activation) -> Activation:
    """An activation whose law must be told from this one's."""
    return relu() if activation == linear() else linear()


def _law_experiment(
    width: int,
    activation: Activation,
    grid: NDArray[np.float64],
    replicates: int,
    profile: Profile,
) -> Experiment:
    return Experiment(
        (_FAN_IN, width),
        (1.0 / width,),
        activation,
        replicates,
        thresholds=tuple(float(t) for t in grid),
        backend=profile.backend,
    )


def _method_checks(
    activation: Activation, width: int, methods: tuple[str, ...], profile: Profile
) -> Iterator[TwoSampleCheck]:
    """Four layers at He's or LeCun's variance, the matrix sample shared."""
    depth = 4
    variance = 1 / (width * activation.second_moment)
    grid = np.linspace(-8.0, 4.0, 481)
    replicates = _two_sample_size(width, depth, activation, profile.resolution)
    shared: Any = {
        "widths": (width,) * (depth + 1),
        "variances": (variance,) * depth,
        "activation": activation,
        "replicates": replicates,
        "backend": profile.backend,
    }
    first = Experiment(**shared, method="matrix", thresholds=tuple(float(t) for t in grid))
    for method in methods:
        second = Experiment(
            **shared, method=method, thresholds=widened(grid, depth, profile.resolution)
        )
        yield TwoSampleCheck(first, second, profile.resolution)


def _two_sample_size(width: int, depth: int, activation: Activation, resolution: float) -> int:
    """Replicates that resolve the shift of a roughly normal log-norm; the check itself measures what it resolves."""
    step = 1e-3
    alive = 1 - activation.zero_probability**width
    once, twice = (np.log(float(norm_moment(k * step, width, activation)) / alive) for k in (1, 2))
    spread = np.sqrt(depth * (twice - 2 * once)) / step
    shift = depth / 2 * np.log1p(resolution)
    distance = alive**depth * shift / (np.sqrt(2 * np.pi) * spread)
    return two_sample.min_replicates(0.87 * float(distance))
