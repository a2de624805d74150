"""Claims on fractional moments (Gurbuzbalaban & Hu 2021): what is claimed, and by which checks it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from theory import enclosures
from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.catalogue import results
from theory.derivations.fractional_moments import SUPPLEMENTS
from theory.fractional_moments import norm_moment, weight_variance, weight_variance_expansion
from validation.checks.derivation import DerivationCheck
from validation.checks.ordering import OrderingCheck
from validation.checks.pointwise import Point, PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_samples as samples
from validation.evidence import Kind
from validation.references import active_unit_sum, moment_by_quadrature

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"

_PLAIN = {
    "linear": linear(),
    "relu": relu(),
    "leaky-relu": leaky_relu(0.3),
    "rrelu": randomized_leaky_relu(),
}
_DROPOUT = {
    "linear": linear().with_dropout(0.8, rescale=False),
    "relu": relu().with_dropout(0.8),
    "leaky-relu": leaky_relu(0.01).with_dropout(0.9),
    "rrelu": randomized_leaky_relu().with_dropout(0.7, rescale=False),
}
_ACCURACY = {
    "linear": 1e-13,
    "relu": 1e-13,
}  # of weight_variance and norm_moment; 1e-12 for the others
_ORDERS = (0.5, 1.0, 1.5, 2.0)


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
    >>> len(list(claims(PROFILES["quick"]))) >= 14
    True
    """
    yield from _laplace()
    yield from _routes()
    yield from _norm_moments(profile)
    yield from _weight_variances(profile)
    yield from _second_order(profile)
    yield from _expansions()
    yield _monotone()
    yield from samples.law_claims(profile, _GH)
    yield from samples.method_claims(profile)


def _derivations(name: str) -> Iterator[DerivationCheck]:
    """The result's derivation and its supplements: norm mode, special cases.

    A supplementary bound has room: a bound scaled by 1.01 is still true, so it cannot be fed such planted errors here.
    """
    yield DerivationCheck(results()[name].derive)
    for key, build in SUPPLEMENTS.items():
        if key.startswith(f"{name}.") and not key.endswith(".bound"):
            yield DerivationCheck(build)


def _enclosed(
    function: Any, enclosure: Any, points: tuple[Point, ...], accuracy: float, **fixed: Any
) -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"{function.__name__} against Arb balls",
        partial(function, **fixed),
        partial(enclosure, **fixed),
        points,
        accuracy,
    )


def _laplace() -> Iterator[Claim]:
    points = tuple({"t": t} for t in (1e-6, 0.1, 1.0, 30.0, 1e4))
    for name, activation in {**_PLAIN, "dropout": _DROPOUT["leaky-relu"]}.items():
        check = PointwiseCheck(
            Kind.ENCLOSURE,
            "Activation.laplace against Arb balls",
            activation.laplace,
            partial(enclosures.laplace, activation=activation),
            points,
            1e-13,
        )
        yield Claim(
            f"fm.laplace.{name}",
            f"E exp(-t phi(z)^2) has the stated closed form, {activation.name}",
            _EXTENSION,
            (*_derivations(f"fm.laplace.{name}"), check),
            result=f"fm.laplace.{name}",
        )


def _routes() -> Iterator[Claim]:
    points = tuple({"order": s, "width": d} for s in (0.3, 1.0, 1.7) for d in (1, 5, 40))
    table: tuple[tuple[str, str, Any], ...] = (
        (
            "fm.mellin",
            "E Q^p = p/Gamma(1-p) int (1 - psi(t)^d) t^(-p-1) dt for 0 < p < 1",
            "mellin",
        ),
        ("fm.two-routes", "the finite sum over active units equals the Mellin integral", "sum"),
    )
    for name, statement, route in table:
        by_route = partial(enclosures.norm_moment, route=route)
        checks = tuple(
            _enclosed(norm_moment, by_route, points, 1e-12, activation=activation)
            for activation in (relu(), leaky_relu(0.3))
        )
        yield Claim(name, statement, _EXTENSION, (*_derivations(name), *checks), result=name)


def _norm_moments(profile: Profile) -> Iterator[Claim]:
    for name, activation in _PLAIN.items():
        yield Claim(
            f"fm.norm-moment.{name}",
            f"E|phi(z)|^s over {activation.name} units has the stated closed form",
            _GH if name != "rrelu" else _EXTENSION,
            (*_derivations(f"fm.norm-moment.{name}"), *_moment_checks(name, activation, profile)),
            result=f"fm.norm-moment.{name}",
        )
    dropout = (
        check
        for name, activation in _DROPOUT.items()
        for check in _moment_checks(name, activation, profile)
    )
    yield Claim(
        "fm.norm-moment.dropout",
        "E|phi(z)|^s with dropout is the binomial mixture over kept units, rescaled or not",
        f"{_GH} (abstract: dropout)",
        (*_derivations("fm.norm-moment.dropout"), *dropout),
        result="fm.norm-moment.dropout",
    )


def _moment_checks(name: str, activation: Activation, profile: Profile) -> Iterator[Any]:
    """Enclosure at many widths, oracle from the definition at small ones, simulation with every weight drawn."""
    accuracy = _ACCURACY.get(name, 1e-12)
    widths = (1, 3, 64, 1000, 10**9)
    points = tuple({"order": s, "width": d} for s in (0.1, 0.7, 1.3, 2.0) for d in widths)
    yield _enclosed(norm_moment, enclosures.norm_moment, points, accuracy, activation=activation)
    yield _oracle(activation, accuracy, moment_by_quadrature, (1, 2) if name != "rrelu" else (1,))
    if name in _ACCURACY:
        yield _oracle(activation, accuracy, active_unit_sum, (3, 5, 16))
    yield from samples.moment_checks(activation, _ORDERS, profile)


def _oracle(
    activation: Activation, accuracy: float, reference: Any, widths: tuple[int, ...]
) -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ORACLE,
        f"norm_moment against {reference.__name__}, {activation.name}",
        partial(norm_moment, activation=activation),
        partial(reference, activation=activation),
        tuple({"order": s, "width": d} for s in (0.1, 0.8, 1.5, 3.0) for d in widths),
        accuracy,
    )


def _weight_variances(profile: Profile) -> Iterator[Claim]:
    points = tuple(
        {"order": s, "fan_in": n, "fan_out": m, "preserve": mode}
        for s in (0.1, 0.8, 1.0, 1.7)
        for n, m in ((1, 1), (7, 2), (2, 33), (512, 512), (10**9, 10**6))
        for mode in ("rms", "norm")
    )
    for name, activation in {**_PLAIN, "dropout": _DROPOUT["relu"]}.items():
        accuracy = _ACCURACY.get(name, 1e-12)
        yield Claim(
            f"fm.weight-variance.{name}",
            f"weight_variance(s, fan_in, fan_out) preserves E|x|^s, {activation.name}, "
            "both of the rms and of the norm",
            _GH if name in _ACCURACY else _EXTENSION,
            (
                *_derivations(f"fm.weight-variance.{name}"),
                _enclosed(
                    weight_variance,
                    enclosures.weight_variance,
                    points,
                    accuracy,
                    activation=activation,
                ),
                *samples.preservation_checks(activation, (0.5, 1.0), profile),
            ),
            result=f"fm.weight-variance.{name}",
        )


def _second_order(profile: Profile) -> Iterator[Claim]:
    """At order 2 and equal rms: LeCun's 1/fan_in, He's 2/fan_in, 2/((1 + a^2) fan_in)."""
    table = (
        ("fm.lecun", "LeCun et al. 1998: 1/fan_in", linear(), fmpq(1)),
        ("fm.he", "He et al. 2015: 2/fan_in", relu(), fmpq(2)),
        ("fm.he-leaky", "He et al. 2015: 2/((1 + a^2) fan_in)", leaky_relu(0.5), fmpq(8, 5)),
    )
    points = tuple({"fan_in": n, "fan_out": m} for n in (1, 3, 784, 10**9) for m in (1, 10, 4096))
    for name, statement, activation, gain in table:
        check = PointwiseCheck(
            Kind.ENCLOSURE,
            f"weight_variance at order 2 against {gain}/fan_in",
            partial(weight_variance, 2, activation=activation),
            partial(_gain_over_fan_in, gain),
            points,
            1e-15,
        )
        yield Claim(
            name,
            f"order 2 reduces to {statement}, {activation.name}",
            _GH,
            (
                *_derivations(name),
                check,
                *samples.gain_checks(activation, float(gain.p) / float(gain.q), profile),
            ),
            result=name,
        )


def _gain_over_fan_in(gain: fmpq, fan_in: int, fan_out: int) -> arb:
    """2/fan_in and the like, whatever fan_out is."""
    with ctx.workprec(128):
        return arb(gain / fan_in) + 0 * fan_out


def _expansions() -> Iterator[Claim]:
    table = (
        ("fm.expansion.second-order", 2, (4096, 8192, 16384)),
        ("fm.expansion.third-order", 3, (1024, 2048, 4096)),
    )
    for name, terms, widths in table:
        checks = tuple(
            RateCheck(
                f"{terms} terms of weight_variance, order {s:g}, {activation.name}",
                partial(_by_width, weight_variance, s, activation),
                partial(_terms, s, activation, terms),
                exponent=terms,
                widths=widths,
            )
            for activation in (*_PLAIN.values(), _DROPOUT["relu"])
            for s in (0.5, 1.5)
        )
        source = _GH if terms == 2 else _EXTENSION
        yield Claim(
            name,
            f"the first {terms} terms of the weight variance in 1/width leave a remainder of relative "
            f"order width^-{terms}",
            source,
            (*_derivations(name), *checks),
            result=name,
        )


def _by_width(
    function: Any, order: float, activation: Activation, width: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(function(order, width, activation=activation))


def _terms(
    order: float, activation: Activation, terms: int, width: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The expansion's separate terms: differences of its partial sums."""
    partial_sums = [
        np.asarray(weight_variance_expansion(order, width, activation, k + 1)) for k in range(terms)
    ]
    return np.diff(np.array([np.zeros_like(width), *partial_sums]), axis=0)


def _monotone() -> Claim:
    orders = (0.1, 0.5, 1.0, 1.5, 2.0, 4.0)
    activations = (*_PLAIN.values(), _DROPOUT["relu"])

    def chains() -> list[list[arb]]:
        return [
            [enclosures.weight_variance(s, width, activation=activation) for s in orders]
            for activation in activations
            for width in (1, 2, 16, 500)
        ]

    return Claim(
        "fm.monotone",
        "the weight variance of order s is non-increasing in s (Lyapunov's inequality)",
        _GH,
        (
            *_derivations("fm.monotone"),
            OrderingCheck("weight_variance decreases in the order", chains),
        ),
        result="fm.monotone",
    )
