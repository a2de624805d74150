"""Approximations of the theory, its limits, and what it does not cover: how far off, and in which regime."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, ctx

from theory import enclosures
from theory.activations import Activation, leaky_relu, relu
from theory.catalogue import results
from theory.fractional_moments import weight_variance
from validation.checks.derivation import DerivationCheck
from validation.checks.pointwise import Point, PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_departures_drift as drift
from validation.claims import fractional_moments_departures_paths as paths
from validation.claims import fractional_moments_departures_samples as samples
from validation.evidence import Kind
from validation.references_weights import (
    EXCESS_KURTOSIS,
    fourth_moment,
    fourth_moment_by_quadrature,
)

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        Resolution and widths of the Monte Carlo checks.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> "fm.weight-law.uniform" in [claim.id for claim in claims(PROFILES["quick"])]
    True
    """
    yield drift.sussillo_abbott(profile)
    yield drift.small_orders(profile)
    yield from _weight_laws(profile)
    yield from _stacks(profile)
    yield paths.dominance(profile)
    yield paths.no_extra_cost()


# Other laws of the weights


def _weight_laws(profile: Profile) -> Iterator[Claim]:
    """The theory's value is a planted error here: each check must refute it."""
    for law, kurtosis in EXCESS_KURTOSIS.items():
        if law != "normal":
            yield _weight_law(law, law.replace("_", "-"), kurtosis, profile)


def _weight_law(law: str, name: str, kurtosis: float, profile: Profile) -> Claim:
    points: tuple[Point, ...] = tuple(
        {"fan_in": n, "fan_out": m} for n in (1, 2, 3) for m in (1, 3, 8)
    )
    oracle = PointwiseCheck(
        Kind.ORACLE,
        f"E|x_1|^4 under {name} weights against quadrature of the definition, ReLU",
        partial(fourth_moment, excess_kurtosis=kurtosis),
        lambda fan_in, fan_out: arb(fourth_moment_by_quadrature(fan_in, fan_out, law)),
        points,
        1e-12,
        {"the theory's value, for normal weights": partial(fourth_moment, excess_kurtosis=0.0)},
    )
    rate = RateCheck(
        f"E|x_1|^4 under {name} weights over its value for normal ones, ReLU: 1 + 6k/d^2",
        partial(_fourth_ratio, kurtosis),
        lambda width: np.array([np.ones_like(width), 6 * kurtosis / width**2]),
        exponent=3,
        widths=(512, 1024, 2048),
    )
    deviations = ", ".join(
        f"{100 * (_fourth_ratio(kurtosis, d) - 1):.2g} % at {d} x {d}" for d in (3, 8, 64)
    )
    return Claim(
        f"fm.weight-law.{name}",
        f"{name} weights are not covered: of the theory's variance, one ReLU layer preserves order 2 but not 1 and 4. "
        f"E|x_1|^4 is off by "
        f"6k/((fan_in + 2)(fan_out + 5)), k = {kurtosis:.3g} their excess kurtosis ({deviations}), which falls like "
        "width^-2; E|x_1| is off to the other side, seen at fan_in 1 and 2",
        _EXTENSION,
        (
            # the theory's value, which the other checks refute
            DerivationCheck(results()["fm.norm-moment.relu"].derive),
            oracle,
            rate,
            *samples.law_checks(law, profile),
        ),
    )


def _fourth_ratio(kurtosis: float, width: Any) -> Any:
    return fourth_moment(width, width, kurtosis) / fourth_moment(width, width, 0.0)


# Stacks of layers of several widths, with dropout

_STACKS = (
    ("rms", relu().with_dropout(0.8), (2, 6, 4, 9)),
    ("norm", leaky_relu(0.3).with_dropout(0.9, rescale=False), (5, 3, 8, 4)),
)


def _stacks(profile: Profile) -> Iterator[Claim]:
    for preserve, activation, widths in _STACKS:
        shape = "-".join(map(str, widths))
        check = PointwiseCheck(
            Kind.ENCLOSURE,
            f"product of the layers' moments, widths {shape}, {activation.name}, against Arb balls",
            partial(_preserved, preserve, widths),
            partial(_stack_moment, preserve, activation, widths),
            tuple({"order": s, "depth": k} for s in (0.5, 1.0, 1.5) for k in (1, 2, 3)),
            1e-13,
        )
        yield Claim(
            f"fm.stack.{preserve}",
            f"a stack of layers of different widths with dropout preserves E|x_k|^s, of the {preserve}, from layer to "
            f"layer, each layer's variance from its own fan_in and fan_out: widths {shape}, {activation.name}",
            _EXTENSION,
            (
                DerivationCheck(results()["fm.weight-variance.dropout"].derive),
                check,
                *samples.stack_checks(activation, widths, preserve, profile),
            ),
        )


def _preserved(preserve: str, widths: tuple[int, ...], order: float, depth: int) -> float:
    return float((widths[depth] / widths[0]) ** (order / 2)) if preserve == "rms" else 1.0


def _stack_moment(
    preserve: str, activation: Activation, widths: tuple[int, ...], order: float, depth: int
) -> arb:
    """At the float variances that a user would take."""
    with ctx.workprec(128):
        product = arb(1)
        for n, m in pairwise(widths[: depth + 1]):
            variance = arb(float(weight_variance(order, n, m, activation, preserve)))
            moment = enclosures.norm_moment(order, m, activation)
            product *= variance ** (arb(order) / 2) * moment
        return product
