"""Claims on networks with biases: the Kesten recursion, its tail index and tail constant, its stationary moments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from flint import arb, ctx

from theory import enclosures, enclosures_tails
from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import weight_variance
from theory.heavy_tails import StationaryLaw, stationary_moment, tail_index
from validation.checks.ordering import OrderingCheck
from validation.checks.pointwise import PointwiseCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_tails_constants as constants
from validation.claims import fractional_moments_tails_samples as samples
from validation.claims.derived import derived
from validation.claims.fractional_moments_tails_laws import scheme_law
from validation.claims.fractional_moments_tails_networks import kesten_check
from validation.evidence import Kind
from validation.references import active_unit_sum

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"
_KESTEN = f"Kesten 1973; {_GH} (heavy tails with biases)"

_ACTIVATIONS = (
    linear(),
    relu(),
    leaky_relu(0.3),
    randomized_leaky_relu(),
    relu().with_dropout(0.8),
)
_INDEX_ACCURACY = 1e-11
_SCHEMES = tuple(
    product((1.0, 5.0, 0.5, 2.0, 8.0), (16, 2))
)  # orders and widths; for random slopes the first two
_INDEX_RESOLUTION = 0.05  # relative, of the tail index at every threshold


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the subject's claims.

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
    >>> [claim.id for claim in claims(PROFILES["quick"])][:2]
    ['fm.kesten', 'fm.tail-index']
    """
    yield _kesten(profile)
    yield _tail_index(profile)
    yield from constants.claims(profile, _INDEX_RESOLUTION)
    yield from _moments(profile)


def _kesten(profile: Profile) -> Claim:
    return Claim(
        "fm.kesten",
        "with biases N(0, sigma_b^2) R_k = |x_k|^2 obeys the scalar recursion R_k = (sigma^2 R_(k-1) + sigma_b^2) Q_k "
        "in law",
        _KESTEN,
        (
            *derived("fm.kesten"),
            kesten_check(1 / 4, 4, linear(), 30, 0.015, profile),
            kesten_check(2 / 6, 6, relu(), 12, 0.04, profile),
        ),
        result="fm.kesten",
    )


def _tail_index(profile: Profile) -> Claim:
    table = ((1.5, 3, relu(), 60, 2.0), (2.0, 3, relu(), 50, 1.5), (1.5, 2, linear(), 160, 2.0))
    counts = (
        check
        for order, width, activation, steps, rival in table
        for check in samples.index_checks(
            order, width, activation, steps, _INDEX_RESOLUTION, rival, profile
        )
    )
    return Claim(
        "fm.tail-index",
        "with biases the scheme of order s has a stationary law with tail index s: P(|x| > r) ~ C r^-s, E|x|^q is "
        "finite for q < s only; He's has index 2",
        _KESTEN,
        (
            *derived("fm.tail-index"),
            _index_enclosed(),
            _scheme_index(),
            _index_oracle(),
            OrderingCheck("E A^q at q = (1 + 1e-9) s/2, 1, E A^q at (1 - 1e-9) s/2", _crossings),
            _moments_below(),
            *counts,
        ),
        result="fm.tail-index",
    )


def _index_enclosed() -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "tail_index against Arb balls",
        tail_index,
        enclosures_tails.tail_index,
        tuple(
            {"variance": c / (d * a.second_moment), "width": d, "activation": a}
            for a in _ACTIVATIONS
            for d in (1, 6, 64)
            for c in (0.95, 1.0)
        ),
        _INDEX_ACCURACY,
    )


def _scheme_index() -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "s against Arb balls of the tail index of the order-s scheme",
        lambda order, width, activation: order,
        _enclosed_scheme_index,
        tuple(
            {"order": s, "width": d, "activation": a}
            for a in _ACTIVATIONS
            for s, d in (_SCHEMES if a.lower == a.upper else _SCHEMES[:2])
        ),
        _INDEX_ACCURACY,
    )


def _enclosed_scheme_index(order: float, width: int, activation: Activation) -> arb:
    """At the float variance that a user would take."""
    variance = float(weight_variance(order, width, activation=activation))
    return enclosures_tails.tail_index(variance, width, activation)


def _index_oracle() -> PointwiseCheck:
    """The variance that preserves order s by sums over active units, so that the index must be s."""
    return PointwiseCheck(
        Kind.ORACLE,
        "tail_index at the order-s variance of active_unit_sum",
        lambda order, width, activation: float(
            tail_index(_summed_variance(order, width, activation), width, activation)
        ),
        lambda order, width, activation: arb(order),
        tuple(
            {"order": s, "width": d, "activation": a}
            for s in (0.8, 1.5, 3.0)
            for d in (1, 4)
            for a in (linear(), relu())
        ),
        _INDEX_ACCURACY,
    )


def _summed_variance(order: float, width: int, activation: Activation) -> float:
    with ctx.workprec(128):
        return float(active_unit_sum(order, width, activation) ** (arb(-2) / arb(order)))


def _crossings() -> list[list[arb]]:
    """E A^q = 1 at q = s/2 and nowhere else above 0: below it moments are finite, above it infinite."""
    return [
        [_factor_moment(s, 1 + 1e-9, d, a), arb(1), _factor_moment(s, 1 - 1e-9, d, a)]
        for s in (0.8, 2.0, 6.0)
        for d in (2, 32)
        for a in (linear(), relu(), leaky_relu(0.3))
    ]


def _factor_moment(order: float, factor: float, width: int, activation: Activation) -> arb:
    """E A^(factor order/2), A = variance Q, at the variance of that order."""
    with ctx.workprec(192):
        power = arb(order * factor)
        variance = enclosures.weight_variance(order, width, activation=activation)
        moment = enclosures.norm_moment(order * factor, width, activation)
        return moment * variance ** (power / 2)


def _moments_below() -> PointwiseCheck:
    """Whole moments below the index: the solved law's against exact rational recursions."""
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "StationaryLaw.moment below the index against Arb balls",
        lambda n, order, width, activation: float(
            scheme_law(order, width, activation).moment(2 * n)
        ),
        _enclosed_scheme_moment,
        tuple(
            {"n": n, "order": s, "width": d, "activation": a}
            for n, s in ((1, 3.0), (1, 5.0), (2, 5.0))
            for d, a in ((2, linear()), (3, relu()), (6, leaky_relu(0.3)))
        ),
        1e-9,
    )


def _enclosed_scheme_moment(n: int, order: float, width: int, activation: Activation) -> arb:
    variance = float(weight_variance(order, width, activation=activation))
    return enclosures_tails.stationary_moment(n, variance, 1, width, activation)


def _moments(profile: Profile) -> Iterator[Claim]:
    table: tuple[tuple[str, int, str, Activation], ...] = (
        ("first", 1, "sigma_b^2 m1 d/(1 - sigma^2 m1 d), finite iff sigma^2 m1 d < 1", relu()),
        ("second", 2, "E A^2 (2 c E R + c^2)/(1 - E A^2), finite iff E A^2 < 1", linear()),
    )
    for name, n, formula, activation in table:
        result = f"fm.stationary-moment.{name}"
        yield Claim(
            result,
            f"the stationary E|x|^{2 * n} is {formula}; m1 = E phi^2, c = sigma_b^2/sigma^2, A = sigma^2 Q",
            _EXTENSION,
            (
                *derived(result),
                _moment_enclosed(n),
                _moment_solved(n),
                samples.moment_check(n, 0.6, 32, activation, 40, profile),
            ),
            result=result,
        )


def _moment_points(n: int) -> tuple[Any, ...]:
    return tuple(
        {"variance": c / (d * a.second_moment), "bias_variance": b, "width": d, "activation": a}
        for a in (linear(), relu(), leaky_relu(0.3), relu().with_dropout(0.8))
        for d, c in ((1, 0.3), (4, 0.5), (30, 0.9 - 0.1 * n))
        for b in (0.1, 2.0)
    )


def _moment_enclosed(n: int) -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "stationary_moment against Arb balls",
        partial(stationary_moment, n),
        partial(enclosures_tails.stationary_moment, n),
        _moment_points(n),
        1e-12,
    )


def _moment_solved(n: int) -> PointwiseCheck:
    """The same moments from the law as the solution of its integral equation."""
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "StationaryLaw.moment against Arb balls",
        lambda variance, bias_variance, width, activation: float(
            StationaryLaw(variance, bias_variance, width, activation).moment(2 * n)
        ),
        partial(enclosures_tails.stationary_moment, n),
        _moment_points(n),
        1e-9,
    )
