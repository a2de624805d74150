"""Claims on what happens to the norm in the end: networks die, decay almost surely, and their survivors may grow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flint import arb, ctx

from theory import enclosures_drift, enclosures_norm_law, enclosures_survival
from theory.activations import Activation, leaky_relu, linear, relu
from theory.fractional_moments import (
    extinction_probability,
    survivor_growth_order,
    weight_variance,
)
from validation.checks.log_moment import LogMomentCheck
from validation.checks.ordering import OrderingCheck
from validation.checks.pointwise import PointwiseCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_laws_samples as samples
from validation.claims.derived import derived
from validation.evidence import Kind
from validation.references_logs import growth_order_by_sum

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"

_DROPOUT = relu().with_dropout(0.8)
_THRESHOLD = -1.0  # of the log-norm: a network below it has lost two thirds of its input's norm
_GROWING = (2, 0.8)  # ReLU of this width at this order: the survivors grow
_SIDES = 0.05  # relative distance from s* at which the survivors' drift is seen to have its sign


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
    ['fm.extinction', 'fm.almost-sure-decay', 'fm.survivor-growth-order']
    """
    yield _extinction(profile)
    yield _decay(profile)
    yield _growth(profile)


def _extinction(profile: Profile) -> Claim:
    table = ((2, 5, relu()), (3, 10, _DROPOUT), (2, 15, linear().with_dropout(0.7)))
    enclosed = (
        PointwiseCheck(
            Kind.ENCLOSURE,
            f"extinction_probability against Arb balls, {activation.name}",
            partial(extinction_probability, activation=activation),
            partial(enclosures_survival.extinction_probability, activation=activation),
            tuple({"width": d, "depth": k} for d in (1, 3, 16, 40) for k in (1, 10, 1000)),
            1e-13,
        )
        for _, _, activation in table
    )
    return Claim(
        "fm.extinction",
        "without biases a network is dead by layer k with probability 1 - (1 - P0)^k, P0 = P(phi(z) = 0)^width, "
        "whatever the weight variance",
        _EXTENSION,
        (
            *derived("fm.extinction"),
            *enclosed,
            *(samples.extinction_check(*case, profile) for case in table),
        ),
        result="fm.extinction",
    )


def _decay(profile: Profile) -> Claim:
    cases: tuple[tuple[Activation, int], ...] = ((linear(), 3), (relu(), 8))
    preserved = PointwiseCheck(
        Kind.ENCLOSURE,
        "1 against Arb balls of E|x_k|^s/|x_0|^s in the order-s scheme",
        lambda order, width, depth, activation: 1.0,
        _enclosed_moment,
        tuple(
            {"order": s, "width": d, "depth": k, "activation": a}
            for s in (0.5, 1.0, 2.0)
            for d, a in ((3, linear()), (4, relu()), (64, relu()), (8, leaky_relu(0.3)))
            for k in (1, 100, 1000)
        ),
        1e-10,
    )
    return Claim(
        "fm.almost-sure-decay",
        "the order-s scheme keeps E|x_k|^s while |x_k| -> 0 almost surely: the survivors' exponent is below "
        "-log(1 - P0)/s, which is 0 without an atom; every quantile tends to 0, though survivors may grow",
        f"{_GH} (almost sure limit); with an atom: extension",
        (
            *derived("fm.almost-sure-decay"),
            preserved,
            OrderingCheck("-log(1 - P0)/s, then the survivors' exponent", _jensen_chains),
            OrderingCheck(
                f"P(log-norm > {_THRESHOLD:g}) of the order-1 scheme at depths 10, 50, 250",
                _falling_tails,
            ),
            *(
                samples.tail_check(
                    width, k, _THRESHOLD, _variance(1.0, width, activation), activation, profile
                )
                for activation, width in cases
                for k in (10, 40)
            ),
        ),
        result="fm.almost-sure-decay",
    )


def _variance(order: float, width: int, activation: Activation) -> float:
    return float(weight_variance(order, width, activation=activation))


def _enclosed_moment(order: float, width: int, depth: int, activation: Activation) -> arb:
    """At the float variance that a user would take."""
    variance = _variance(order, width, activation)
    return enclosures_norm_law.norm_law_moment(order, width, depth, variance, activation)


def _jensen_chains() -> list[list[arb]]:
    return [
        [_atom_rate(width, activation) / s, _exponent(s, width, activation)]
        for s in (0.3, 1.0, 2.0)
        for activation in (linear(), leaky_relu(0.3), relu(), _DROPOUT)
        for width in (1, 4, 30)
    ]


def _atom_rate(width: int, activation: Activation) -> arb:
    """-log(1 - P0)."""
    with ctx.workprec(128):
        return -(1 - enclosures_survival.extinction_probability(width, 1, activation)).log()


def _exponent(order: float, width: int, activation: Activation) -> arb:
    variance = _variance(order, width, activation)
    return enclosures_drift.lyapunov_exponent(variance, width, activation)


def _falling_tails() -> list[list[arb]]:
    return [
        [_tail(width, k, _variance(1.0, width, activation), activation) for k in (10, 50, 250)]
        for activation, width in ((linear(), 3), (relu(), 4), (leaky_relu(0.3), 5))
    ]


def _tail(width: int, depth: int, variance: float, activation: Activation) -> arb:
    """P(log-norm > threshold), death counted as below."""
    below = enclosures_norm_law.norm_law_cdf(_THRESHOLD, width, depth, variance, activation)
    dead = enclosures_survival.extinction_probability(width, depth, activation)
    with ctx.workprec(128):
        return (1 - dead) * (1 - below)


def _growth(profile: Profile) -> Claim:
    return Claim(
        "fm.survivor-growth-order",
        "below an order s*(d) the survivors of the order-s scheme grow, above it they shrink, while the network dies "
        "out at every order: s* solves E[Q^(s/2)]^(2/s) = exp(E[log Q | Q > 0]); ReLU: 1.372, 0.888 and 0.631 at "
        "d = 1, 2 and 3",
        _EXTENSION,
        (
            *derived("fm.survivor-growth-order"),
            _growth_enclosed(),
            _growth_oracle(),
            OrderingCheck(
                "ReLU, width 2, order 0.8: P(not grown | alive), then P(alive), at depths 4 to 256",
                _two_mechanisms,
            ),
            *_drift_signs(profile),
        ),
        result="fm.survivor-growth-order",
    )


def _drift_signs(profile: Profile) -> Iterator[LogMomentCheck]:
    """Survivors after two layers, and after one at orders on both sides of s*: no drift is a planted error."""
    width, order = _GROWING
    critical = float(survivor_growth_order(width))
    cases = ((order, 2), (critical * (1 - _SIDES), 1), (critical * (1 + _SIDES), 1))
    for s, depth in cases:
        variance = _variance(s, width, relu())
        yield from samples.log_moment_checks(
            width, depth, variance, relu(), profile, ("mean",), {"no drift": 0.0}
        )


def _growth_enclosed() -> PointwiseCheck:
    points: tuple[Any, ...] = tuple(
        {"width": d, "activation": a}
        for d, a in (*((d, relu()) for d in (1, 2, 3, 8, 16)), (1, _DROPOUT), (6, _DROPOUT))
    )
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "survivor_growth_order against Arb balls",
        survivor_growth_order,
        enclosures_survival.survivor_growth_order,
        points,
        1e-8,
    )


def _growth_oracle() -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ORACLE,
        "survivor_growth_order against the root of sums over active units",
        partial(survivor_growth_order, activation=relu()),
        partial(growth_order_by_sum, activation=relu()),
        tuple({"width": d} for d in (1, 2, 4)),
        1e-8,
    )


def _two_mechanisms() -> list[list[arb]]:
    """The survivors' median rises through 1 and on; the share of survivors falls."""
    width, order = _GROWING
    variance, depths = _variance(order, width, relu()), (4, 16, 64, 256)
    stunted = [enclosures_norm_law.norm_law_cdf(0, width, k, variance, relu()) for k in depths]
    dead = [enclosures_survival.extinction_probability(width, k, relu()) for k in depths]
    with ctx.workprec(128):
        return [stunted, [1 - p for p in dead]]
