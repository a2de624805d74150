"""Claims on training without weight decay: the transient bound and the growth of the weights, at every time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb

from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION
from validation.checks import Check
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.ordering import OrderingCheck
from validation.claim import Claim, Profile
from validation.claims.derived import derived
from validation.claims.kl_bound_common import (
    Matrix,
    closed,
    diagonal,
    enclosed,
    oracle,
    resolution,
    sized,
)
from validation.evidence import Kind
from validation.kl_chains import LangevinChains
from validation.kl_landscapes import LinearNetwork, Quadratic
from validation.references_kl_bound import thin
from validation.references_kl_dynamics import relaxation

__all__ = ["claims"]

_INPUTS: Matrix = ((1.0, 0.5), (-0.3, 0.8), (0.2, -1.0))
_LINES: Matrix = ((1.0,), (-0.5,), (0.3,))
_TARGETS: Matrix = ((0.5,), (1.0,), (-0.5,))
_NETWORKS = (
    (LinearNetwork((2, 2, 1), _INPUTS, _TARGETS), 0.1, 0.75),
    (LinearNetwork((1, 2, 2, 1), _LINES, _TARGETS), 0.3, 0.55),
)  # with temperature, and the scatter of what is bounded in units of K T/2, measured and rounded up
_STARTS = {
    0.05: 0.1,
    0.2: 0.1,
    0.4: 0.05,
}  # s0, and the step of two layers: the greater the weights, the steeper the loss
_STEEPER = 8  # so much shorter are the steps of one layer more: or a few chains overshoot, and make all of the change
_TIMES = (0.2, 0.5, 1.0)
_POINTS = tuple(
    {
        "initial_loss": 0.4,
        "initial_variance": s,
        "second_moment": m,
        "temperature": 0.3,
        "parameters": k,
    }
    for s in (1e-3, 0.7)
    for m in (0.02, 50.0)
    for k in (1, 10**6)
)


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [claim.id for claim in claims(PROFILES["quick"])]
    ['kl.transient-bound', 'kl.second-moment-bound']
    """
    yield _transient(profile)
    yield _second_moment(profile)


# The transient bound


def _transient(profile: Profile) -> Claim:
    def margin(hessian: Any, temperature: float, variance: float, time: float) -> list[arb]:
        """Bound and loss on a quadratic, their moments integrated in time."""
        moments = [relaxation(time, a, temperature, variance, 0.0)[1] for a in hessian]
        with mp.workdps(30):
            size, second = len(hessian), mp.fsum(moments)
            start = mp.fsum(mp.mpf(a) * variance / 2 for a in hessian)
            heat = mp.mpf(temperature) * size / 2
            bound = start + heat * mp.log(second / (size * mp.mpf(variance)))
            loss = mp.fsum(mp.mpf(a) * v / 2 for a, v in zip(hessian, moments, strict=True))
            return [thin(bound), thin(loss)]

    chains = [
        (a, 0.3, s, t) for a in ((1.0,), (0.5, 2.0)) for s in (0.02, 0.5, 3.0) for t in (0.1, 1.0)
    ]
    return Claim(
        "kl.transient-bound",
        "at every time, stationary law or none, E_t[L] <= E_0[L] + (K T/2) log(E_t|W|^2/(K s0)). Simulated for linear "
        "networks without weight decay of two and three layers, from three initial variances at three times",
        EXTENSION,
        (
            *derived("kl.transient-bound"),
            enclosed("kl.transient-bound", _POINTS),
            OrderingCheck(
                "the bound above the loss of quadratics, moments by integration in time",
                lambda: [margin(*point) for point in chains],
                kind=Kind.ORACLE,
            ),
            *_transient_checks(profile),
        ),
        result="kl.transient-bound",
    )


def _sample(
    network: LinearNetwork, temperature: float, scatter: float, variance: float, profile: Profile
) -> LangevinChains:
    step = _STARTS[variance] / _STEEPER ** (len(network.widths) - 3)
    step *= 0.5 if profile.resolution < 0.005 else 1.0
    record = tuple(round(t / step) for t in _TIMES)
    steep = 1.4 if variance > 0.3 else 1.0
    size = sized(steep * scatter, 1.45, resolution(profile), stepped=True)
    return LangevinChains(network, temperature, variance, step, record, size)


def _transient_checks(profile: Profile) -> Iterator[Check]:
    for network, temperature, scatter in _NETWORKS:
        for variance in _STARTS:
            chains = _sample(network, temperature, scatter, variance, profile)
            for record in range(len(_TIMES)):
                yield _bounded(chains, _initial_loss(network, variance), record, profile)
    yield from _quadratic_checks(profile)


def _initial_loss(network: LinearNetwork, variance: float) -> float:
    powers = network.input_power, network.target_power
    loss = kl_bound.expected_initial_loss(network.widths, variance, *powers, activation="linear")
    return float(loss)


def _bounded(chains: LangevinChains, start: float, record: int, profile: Profile) -> MeanBoundCheck:
    """E L - (K T/2) log E|W|^2 <= E_0[L] - (K T/2) log(K s0)."""
    size = chains.landscape.parameters
    heat, log_start = size * chains.temperature / 2, float(np.log(size * chains.initial_variance))
    return MeanBoundCheck(
        chains,
        {"loss": 1.0},
        start - heat * log_start,
        f"L - (K T/2) log E|W|^2 at time {chains.record[record] * chains.step:.2g}",
        scale=heat,
        resolution=resolution(profile),
        logarithm=("square", heat),
        wrong_coefficients={"the logarithm's sign changed": (start + heat * log_start, -heat)}
        if min(_STARTS) == chains.initial_variance
        else {},
        record=record,
    )


def _quadratic_checks(profile: Profile) -> Iterator[Check]:
    """Where the bound is tight enough to tell T from T/2: from half the stationary variance."""
    rates, temperature = (0.9, 1.0, 1.1, 1.0), 0.3
    variance = 0.5 * temperature
    step = 0.2 * (profile.resolution / 0.005) ** 0.5
    chains = LangevinChains(
        Quadratic(diagonal(*rates)),
        temperature,
        variance,
        step,
        (round(3 / step),),
        sized(0.6, 1.45, resolution(profile), stepped=True),
    )
    start = variance * sum(rates) / 2
    check = _bounded(chains, start, 0, profile)
    log_start = float(np.log(len(rates) * variance))
    wrong = {
        "T/2 for T": (start - check.scale / 2 * log_start, check.scale / 2),
        "without the logarithm": (start, 0.0),
    }
    yield MeanBoundCheck(**{**vars(check), "wrong_coefficients": wrong})


# Growth of the weights


def _second_moment(profile: Profile) -> Claim:
    points = tuple(
        {
            "time": t,
            "initial_variance": 0.2,
            "temperature": 0.3,
            "parameters": k,
            "depth": depth,
            "target_power": power,
        }
        for t in (0.0, 2.5)
        for k, depth in ((2, 2), (10**6, 30))
        for power in (0.0, 1.7)
    )
    flat = tuple(
        {**p, "depth": 1} for p in points if p["target_power"] == 0 and p["parameters"] == 2
    )

    def free(**point: Any) -> arb:
        """Without a gradient the weights diffuse: K s0 + 2 K T t, by integration in time."""
        if not point["time"]:
            return arb(point["parameters"]) * arb(point["initial_variance"])
        heat, start = point["temperature"], point["initial_variance"]
        return thin(point["parameters"] * relaxation(point["time"], 0.0, heat, start, 0.0)[1])

    value = closed("kl.second-moment-bound")
    return Claim(
        "kl.second-moment-bound",
        "for a network homogeneous of degree L in its weights and |f - y|^2/2, E_t|W|^2 <= K s0 + (2 K T + L P_y/2) t, "
        "which closes the transient bound",
        EXTENSION,
        (
            *derived("kl.second-moment-bound"),
            enclosed("kl.second-moment-bound", points),
            oracle(
                "K s0 + 2 K T t against diffusion without a gradient, integrated in time",
                value,
                free,
                flat,
                {"K T for 2 K T": lambda **p: value(**{**p, "temperature": p["temperature"] / 2})},
            ),
            *_second_moment_checks(profile),
        ),
        result="kl.second-moment-bound",
    )  # fmt: skip


def _second_moment_checks(profile: Profile) -> Iterator[Check]:
    for network, temperature, scatter in _NETWORKS:
        for variance in (min(_STARTS), max(_STARTS)):
            chains = _sample(network, temperature, scatter, variance, profile)
            size, depth = network.parameters, len(network.widths) - 1
            for record in (0, 2):
                time = chains.record[record] * chains.step
                arguments = (time, variance, temperature, size, depth, network.target_power)
                bound = float(kl_bound.second_moment_bound(*arguments))
                half = float(
                    kl_bound.second_moment_bound(*arguments[:2], temperature / 2, *arguments[3:])
                )
                cold = variance == min(_STARTS)
                yield MeanBoundCheck(
                    chains,
                    {"square": 1.0},
                    bound,
                    f"|W|^2 at time {time:.2g} below K s0 + (2 K T + L P_y/2) t",
                    scale=bound,
                    resolution=resolution(profile),
                    rivals={"K T for 2 K T": half, "the start alone": size * variance} if cold else {},
                    record=record,
                )  # fmt: skip
