"""Claims on the exact law of a network's output norm: its moments, of real and complex order, and its convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from flint import arb, ctx

from theory.activations import Activation, leaky_relu, linear, relu
from theory.complex_moments import ComplexMoments
from theory.enclosures_complex import complex_moment
from theory.enclosures_norm_law import norm_law_moment
from theory.enclosures_survival import extinction_probability
from theory.fractional_moments import weight_variance
from theory.norm_law import NormLaw
from validation.checks.pointwise import PointwiseCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_laws_samples as samples
from validation.claims.derived import derived
from validation.evidence import Kind
from validation.references import active_unit_sum
from validation.references_logs import (
    characteristic_by_quadrature,
    characteristic_by_sum,
    two_layer_cdf,
)

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"

_CDF_ACCURACY = 1e-10  # absolute; the points are such that no probability is below 0.1


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
    >>> [claim.id for claim in claims(PROFILES["quick"])][0]
    'fm.norm-law.moment'
    """
    yield _moment(profile)
    yield from _characteristics()
    yield _convolution()


def _unit_variance(width: int, activation: Activation) -> float:
    """He's, LeCun's and the like."""
    return 1 / (width * activation.second_moment)


def _law(width: int, depth: int, activation: Activation) -> NormLaw:
    return NormLaw(width, depth, _unit_variance(width, activation), activation)


def _moment(profile: Profile) -> Claim:
    points = tuple(
        {"order": s, "width": d, "depth": k}
        for s in (0.5, 1.0, 3.0)
        for d, k in ((1, 1), (4, 10), (64, 100), (8, 1000))
    )
    width = profile.widths[0]
    return Claim(
        "fm.norm-law.moment",
        "E(|x_k|/|x_0|)^s = (variance^(s/2) E|phi(z)|^s)^k, the atom at 0 counted",
        _GH,
        (
            *derived("fm.norm-law.moment"),
            *(_moment_check(activation, points) for activation in (relu(), leaky_relu(0.3))),
            PointwiseCheck(
                Kind.ORACLE,
                "NormLaw.moment against powers of the mixture over active units, ReLU",
                partial(_law_moment, relu()),
                _oracle_moment,
                tuple({"order": s, "width": 3, "depth": k} for s in (0.5, 1.0) for k in (1, 7)),
                1e-12,
            ),
            *(
                samples.moment_check(width, 2, 1.0, 1 / width, activation, profile)
                for activation in (linear(), relu())
            ),
        ),
        result="fm.norm-law.moment",
    )


def _moment_check(activation: Activation, points: tuple[Any, ...]) -> PointwiseCheck:
    def enclosed(order: float, width: int, depth: int) -> arb:
        variance = _unit_variance(width, activation)
        return norm_law_moment(order, width, depth, variance, activation)

    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"NormLaw.moment against Arb balls, {activation.name}",
        partial(_law_moment, activation),
        enclosed,
        points,
        1e-10,
    )


def _law_moment(activation: Activation, order: float, width: int, depth: int) -> float:
    return float(_law(width, depth, activation).moment(order))


def _oracle_moment(order: float, width: int, depth: int) -> arb:
    with ctx.workprec(128):
        variance = arb(_unit_variance(width, relu()))
        return (variance ** (arb(order) / 2) * active_unit_sum(order, width, relu())) ** depth


def _characteristics() -> Iterator[Claim]:
    table: tuple[tuple[str, Activation, Any, tuple[int, ...]], ...] = (
        ("linear", linear(), characteristic_by_sum, (1, 2, 6)),
        ("relu", relu(), characteristic_by_sum, (1, 2, 6)),
        ("leaky-relu", leaky_relu(0.3), characteristic_by_quadrature, (1, 2)),
    )
    for name, activation, reference, widths in table:
        result = f"fm.norm-law.characteristic.{name}"
        enclosed = partial(_enclosed_part, activation)
        yield Claim(
            result,
            f"E[Q^(iw) | Q > 0], the characteristic function of log Q given survival, has the stated form, "
            f"{activation.name}",
            _EXTENSION,
            (
                *derived(result),
                _characteristic_check(
                    Kind.ENCLOSURE, "Arb balls", activation, enclosed, (1, 5, 64)
                ),
                _characteristic_check(
                    Kind.ORACLE,
                    reference.__name__,
                    activation,
                    partial(_oracle_part, reference, activation),
                    widths,
                ),
            ),
            result=result,
        )


def _characteristic_check(
    kind: Kind, name: str, activation: Activation, reference: Any, widths: tuple[int, ...]
) -> PointwiseCheck:
    return PointwiseCheck(
        kind,
        f"real and imaginary part against {name}, {activation.name}",
        partial(_part, activation),
        reference,
        tuple(
            {"frequency": w, "width": d, "part": part}
            for w in (0.2, 0.7, 1.5)
            for d in widths
            for part in (0, 1)
        ),
        1e-12,
    )


def _part(activation: Activation, frequency: float, width: int, part: int) -> float:
    """Real or imaginary part, 0 or 1."""
    moments = ComplexMoments(width, activation)
    phase = np.exp(1j * frequency * moments.reference.log_mean[0])
    value = complex(moments(np.array([frequency]))[0] * phase)
    return (value.real, value.imag)[part]


def _enclosed_part(activation: Activation, frequency: float, width: int, part: int) -> arb:
    with ctx.workprec(128):
        alive = 1 - extinction_probability(width, 1, activation)
        value = complex_moment(frequency, width, activation) / alive
        return (value.real, value.imag)[part]


def _oracle_part(
    reference: Any, activation: Activation, frequency: float, width: int, part: int
) -> arb:
    value: arb = reference(frequency, width, activation)[part]
    return value


def _convolution() -> Claim:
    checks = (
        PointwiseCheck(
            Kind.ORACLE,
            f"NormLaw.cdf at depth 2 against a quadrature over the first layer, {activation.name}",
            lambda width, point, a=activation: float(_law(width, 2, a).cdf(np.exp(point))),
            partial(_two_layers, activation),
            tuple({"width": d, "point": x} for d, x in ((1, 0.0), (2, -0.6), (2, 0.5))),
            _CDF_ACCURACY,
        )
        for activation in (linear(), relu())
    )
    return Claim(
        "fm.norm-law.convolution",
        "the law at depth a + b is the convolution of those at depths a and b: the moments of complex order multiply",
        _EXTENSION,
        (*derived("fm.norm-law.convolution"), *checks, _powers_of_moments()),
        result="fm.norm-law.convolution",
    )


def _two_layers(activation: Activation, width: int, point: float) -> arb:
    return two_layer_cdf(point, width, _unit_variance(width, activation), activation)


def _powers_of_moments() -> PointwiseCheck:
    """The moment of depth a + b against the product of enclosed moments of depths a and b."""

    def product(order: float, a: int, b: int) -> arb:
        variance = float(weight_variance(1.0, 5))
        one, two = (norm_law_moment(order, 5, k, variance, "relu") for k in (a, b))
        with ctx.workprec(128):
            return one * two

    return PointwiseCheck(
        Kind.ENCLOSURE,
        "NormLaw.moment at depth a + b against the product of Arb balls at a and b, ReLU",
        lambda order, a, b: float(NormLaw(5, a + b, float(weight_variance(1.0, 5))).moment(order)),
        product,
        tuple({"order": s, "a": a, "b": b} for s in (0.5, 2.0) for a, b in ((1, 1), (3, 40))),
        1e-12,
    )
