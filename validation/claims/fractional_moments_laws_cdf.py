"""Claims on the distribution function of a network's output norm, and on how fast the normal law approaches it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

import numpy as np
from flint import arb
from numpy.typing import NDArray

from theory.activations import Activation, leaky_relu, linear, relu
from theory.enclosures_norm_law import norm_law_cdf
from theory.enclosures_rates import clt_constant
from theory.norm_law import NormLaw
from validation.checks.pointwise import PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_laws_samples as samples
from validation.claims.derived import derived
from validation.evidence import Kind
from validation.references import active_unit_cdf

__all__ = ["claims"]

_GH = "Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_EXTENSION = f"extension of {_GH}"
_Array = NDArray[np.float64]

_DEPTHS = (1, 10, 100)
_CASES: tuple[tuple[Activation, int], ...] = (
    (linear(), 4),
    (relu(), 8),
    (leaky_relu(0.3), 4),
    (linear().with_dropout(0.8), 8),
)
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
    >>> [claim.id for claim in claims(PROFILES["quick"])]
    ['fm.norm-law.cdf', 'fm.clt-rate']
    """
    yield _cdf(profile)
    yield _clt_rate(profile)


def _unit_variance(width: int, activation: Activation) -> float:
    """He's, LeCun's and the like."""
    return 1 / (width * activation.second_moment)


def _law(width: int, depth: int, activation: Activation) -> NormLaw:
    return NormLaw(width, depth, _unit_variance(width, activation), activation)


def _cdf(profile: Profile) -> Claim:
    return Claim(
        "fm.norm-law.cdf",
        "the law of |x_k|/|x_0| at finite width and depth is an atom at 0 of mass 1 - (1 - P0)^k and the Gil-Pelaez "
        "inversion of (variance^(iw/2) E[Q^(iw/2) | Q > 0])^k; at depth 10 it is not the normal one",
        _EXTENSION,
        (
            *derived("fm.norm-law.cdf", "fm.norm-law.survival", "fm.norm-law.characteristic"),
            *(_enclosed_cdf(activation, width) for activation, width in _CASES),
            _one_layer_oracle(),
            *(
                samples.law_check(
                    width, k, _unit_variance(width, activation), activation, profile, k == 10
                )
                for activation, width in _CASES
                for k in _DEPTHS
            ),
        ),
        result="fm.norm-law.cdf",
    )


def _enclosed_cdf(activation: Activation, width: int) -> PointwiseCheck:
    """Given survival, a standard deviation below the mean to one above."""

    def cdf(depth: int, place: float) -> float:
        law = _law(width, depth, activation).log
        return float(law.cdf(law.mean() + place * law.std()))

    def enclosed(depth: int, place: float) -> arb:
        law, variance = _law(width, depth, activation).log, _unit_variance(width, activation)
        point = law.mean() + place * law.std()
        return norm_law_cdf(point, width, depth, variance, activation, rel_radius=1e-17)

    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"LogNormLaw.cdf against Arb balls, width {width}, {activation.name}",
        cdf,
        enclosed,
        tuple({"depth": k, "place": x} for k in _DEPTHS for x in (-1.0, 0.0, 1.0)),
        _CDF_ACCURACY,
    )


def _one_layer_oracle() -> PointwiseCheck:
    """In float64, good to 1e-13: enough for this accuracy."""

    def mixture(width: int, point: float) -> arb:
        cdf = active_unit_cdf(width, _unit_variance(width, relu()), relu())
        return arb(float(cdf(np.array([point]))[0]))

    return PointwiseCheck(
        Kind.ORACLE,
        "NormLaw.cdf at depth 1 against the binomial mixture of chi laws, ReLU",
        lambda width, point: float(_law(width, 1, relu()).cdf(np.exp(point))),
        mixture,
        tuple({"width": d, "point": x} for d in (1, 3, 20) for x in (-0.5, 0.0, 0.4)),
        _CDF_ACCURACY,
    )


def _clt_rate(profile: Profile) -> Claim:
    """The distance is computed from the exact law; its remainder after the constant is O(1/depth), relatively."""
    rates = (
        RateCheck(
            f"distance of the standardised log-norm's law to the normal one, constant depth^(-1/2), width {width}, "
            f"{activation.name}, in depth for width",
            partial(_distances, width, activation),
            partial(_leading, width, activation),
            exponent=1,
            widths=(128, 256, 512),
        )
        for activation, width in _CASES
    )
    constants = PointwiseCheck(
        Kind.ENCLOSURE,
        "|k3|/(6 sqrt(2 pi) tau^3) against Arb balls",
        _constant,
        clt_constant,
        tuple({"width": d, "activation": a} for a, _ in _CASES for d in (1, 8, 64)),
        1e-11,
    )
    return Claim(
        "fm.clt-rate",
        "given survival (L_k - k gamma)/(tau sqrt(k)) is normal in the limit only: the largest difference of the "
        "distribution functions is |k3|/(6 sqrt(2 pi) tau^3) k^(-1/2) (1 + O(1/k)), k3 the third cumulant of a step, "
        "so that simulation refutes the normal law at depth 10",
        f"{_GH} (the limit); rate and constant (Esseen 1945): extension",
        (
            *derived("fm.clt-rate"),
            constants,
            *rates,
            *(
                samples.law_check(
                    width, 10, _unit_variance(width, activation), activation, profile, normal=True
                )
                for activation, width in _CASES[:2]
            ),
        ),
        result="fm.clt-rate",
    )


def _constant(width: int, activation: Activation) -> float:
    skewness = NormLaw(width, 1, 1.0, activation).log.skewness()
    return float(abs(skewness) / (6 * np.sqrt(2 * np.pi)))


def _leading(width: int, activation: Activation, depth: _Array) -> _Array:
    return np.asarray(_constant(width, activation) / np.sqrt(depth))[None]


def _distances(width: int, activation: Activation, depth: _Array) -> _Array:
    return np.array([_distance(width, int(k), activation) for k in depth])


@cache
def _distance(width: int, depth: int, activation: Activation) -> float:
    """Largest |cdf - normal cdf|: on a coarse grid of standard deviations, then on a fine one about its maximum."""
    law, where, step = _law(width, depth, activation), 0.0, 8.0
    for _ in range(3):
        x = where + step * np.linspace(-1, 1, 161)
        points = law.log.mean() + law.log.std() * x
        gap = np.abs(np.asarray(law.log.cdf(points)) - np.asarray(law.log.gaussian_cdf(points)))
        where, step = float(x[np.argmax(gap)]), step / 40
    return float(gap.max())
