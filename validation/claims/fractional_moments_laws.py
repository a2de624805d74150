"""Claims on the exact law of the log-norm: drift and variance of a step, the weight variance without drift.

The claims on the law of whole networks are in `fractional_moments_laws_networks` and `fractional_moments_laws_cdf`,
those on death and decay in `fractional_moments_laws_decay`; this module yields all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flint import arb, ctx

from theory import enclosures_drift
from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import (
    log_norm_mean,
    log_norm_variance,
    lyapunov_exponent,
    zero_drift_variance,
)
from validation.checks.pointwise import Point, PointwiseCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_laws_cdf as cdf
from validation.claims import fractional_moments_laws_decay as decay
from validation.claims import fractional_moments_laws_networks as networks
from validation.claims import fractional_moments_laws_samples as samples
from validation.claims.derived import derived
from validation.evidence import Kind
from validation.references_logs import log_moments_by_quadrature, log_moments_by_sum

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"

_ACTIVATIONS = {
    "linear": linear(),
    "relu": relu(),
    "leaky-relu": leaky_relu(0.3),
    "rrelu": randomized_leaky_relu(),
    "dropout": relu().with_dropout(0.8),
}
_ORACLES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "linear": (log_moments_by_sum, (1, 2, 5)),
    "relu": (log_moments_by_sum, (1, 2, 5, 16)),
    "leaky-relu": (log_moments_by_quadrature, (1, 2)),
    "rrelu": (log_moments_by_quadrature, (1,)),
    "dropout": (log_moments_by_sum, (1, 2, 5)),
}
_ACCURACY = 1e-12
_WIDTHS = (1, 2, 7, 64, 1000, 10**6)


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the subject's claims.

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
    >>> "fm.norm-law.cdf" in [claim.id for claim in claims(PROFILES["quick"])]
    True
    """
    for name, activation in _ACTIVATIONS.items():
        yield from _step_claims(name, activation, profile)
        yield _zero_drift(name, activation, profile)
    yield _lyapunov(profile)
    yield from networks.claims(profile)
    yield from cdf.claims(profile)
    yield from decay.claims(profile)


def _step_claims(name: str, activation: Activation, profile: Profile) -> Iterator[Claim]:
    """Mean and variance of the log-norm after one layer, on one sample."""
    width = profile.widths[0]
    simulated = samples.log_moment_checks(width, 1, 1 / width, activation, profile)
    table = (
        ("mean", "E[log|phi(z)| | phi(z) /= 0]", log_norm_mean, enclosures_drift.log_norm_mean),
        (
            "variance",
            "Var[log|phi(z)| | phi(z) /= 0]",
            log_norm_variance,
            enclosures_drift.log_norm_variance,
        ),
    )
    for position, ((part, what, function, enclosure), check) in enumerate(
        zip(table, simulated, strict=True)
    ):
        result = f"fm.log-norm-{part}.{name}"
        yield Claim(
            result,
            f"{what} over z ~ N(0, I_d), {part} of a step of the log-norm's random walk, has the stated form, "
            f"{activation.name}",
            _GH if name in ("linear", "relu") else _EXTENSION,
            (
                *derived(result),
                _enclosed(function, enclosure, tuple({"width": d} for d in _WIDTHS), activation),
                _oracle(function, partial(_oracle_value, name, position), name),
                check,
            ),
            result=result,
        )


def _enclosed(
    function: Any, enclosure: Any, points: tuple[Point, ...], activation: Activation
) -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"{function.__name__} against Arb balls, {activation.name}",
        partial(function, activation=activation),
        partial(enclosure, activation=activation),
        points,
        _ACCURACY,
    )


def _oracle(function: Any, reference: Any, name: str) -> PointwiseCheck:
    """Against the definition: quadrature over z, or the mixture over active units."""
    oracle, widths = _ORACLES[name]
    return PointwiseCheck(
        Kind.ORACLE,
        f"{function.__name__} against {oracle.__name__}, {_ACTIVATIONS[name].name}",
        partial(function, activation=_ACTIVATIONS[name]),
        reference,
        tuple({"width": d} for d in widths),
        _ACCURACY,
    )


def _oracle_value(name: str, position: int, width: int) -> arb:
    value: arb = _ORACLES[name][0](width, _ACTIVATIONS[name])[position]
    return value


def _zero_drift(name: str, activation: Activation, profile: Profile) -> Claim:
    result, width = f"fm.zero-drift.{name}", profile.widths[1]
    variance = float(zero_drift_variance(width, activation))
    points = tuple({"width": d} for d in _WIDTHS)
    return Claim(
        result,
        "weights of variance exp(-E[log Q | Q > 0]) leave the survivors' log-norm without drift, "
        f"{activation.name}",
        f"Sussillo & Abbott 2014 (arXiv 1412.6558), exact at finite width: {_EXTENSION}",
        (
            *derived(result),
            _enclosed(
                zero_drift_variance, enclosures_drift.zero_drift_variance, points, activation
            ),
            _oracle(zero_drift_variance, partial(_oracle_zero_drift, name), name),
            *samples.log_moment_checks(width, 1, variance, activation, profile, ("mean",)),
        ),
        result=result,
    )


def _oracle_zero_drift(name: str, width: int) -> arb:
    with ctx.workprec(128):
        return (-2 * _oracle_value(name, 0, width)).exp()


def _lyapunov(profile: Profile) -> Claim:
    """At variances well off the zero-drift one, where the exponent has a relative accuracy."""
    points = tuple(
        {"width": d, "variance": c / d} for d in (1, 3, 64, 1000) for c in (0.2, 1.0, 10.0)
    )
    table: tuple[tuple[Activation, int, tuple[str, ...]], ...] = (
        (linear(), 4, ("mean", "variance")),
        (leaky_relu(0.3), 4, ("mean",)),
        (relu(), 8, ("mean",)),
        (linear().with_dropout(0.8), 8, ("mean",)),
    )
    simulated = (
        check
        for activation, width, judged in table
        for check in samples.log_moment_checks(
            width, 4, 1 / (width * activation.second_moment), activation, profile, judged
        )
    )
    return Claim(
        "fm.lyapunov",
        "given survival log|x_k| - log|x_0| is a random walk: its mean is k (log(variance)/2 + E[log|phi(z)|]) and its "
        "variance k Var[log|phi(z)|], so |x_k|^(1/k) tends to exp(mean/k)",
        _GH,
        (
            *derived("fm.lyapunov"),
            *(
                _enclosed(lyapunov_exponent, enclosures_drift.lyapunov_exponent, points, activation)
                for activation in (relu(), leaky_relu(0.3), _ACTIVATIONS["dropout"])
            ),
            _oracle(_exponent, _oracle_exponent, "relu"),
            *simulated,
        ),
        result="fm.lyapunov",
    )


_VARIANCE = 0.3  # of the weights, in the oracle's comparison


def _exponent(width: int, activation: Activation) -> float:
    """lyapunov_exponent at one variance."""
    return float(lyapunov_exponent(_VARIANCE, width, activation))


def _oracle_exponent(width: int) -> arb:
    with ctx.workprec(128):
        return arb(_VARIANCE).log() / 2 + _oracle_value("relu", 0, width)
