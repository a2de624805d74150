"""Erratum B-E1: the 1/width^2 term of the variance that preserves a moment through leaky ReLU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from theory import enclosures
from theory.activations import leaky_relu
from validation.checks.formula import Formula, FormulaCheck
from validation.checks.pointwise import PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Profile
from validation.claims import fractional_moments_errata_samples as samples
from validation.evidence import Kind

__all__ = ["COEFFICIENTS", "leaky_checks"]

_Coefficient = Callable[[Any, Any], Any]
_WIDTH = 8  # of the simulated layers: the term matters, and two correct terms are exact to 0.03 %


def _printed_coefficient(order: Any, slope: Any) -> Any:
    square = slope * slope
    return (2 - order) * ((5 * order - 24) * square + 10) / (2 * (order + 2) * square + 4)


def _corrected_coefficient(order: Any, slope: Any) -> Any:
    square = slope * slope
    return (2 - order) * (5 - 2 * square + 5 * square**2) / (2 * (1 + square) ** 3)


COEFFICIENTS: Mapping[Formula, _Coefficient] = MappingProxyType(
    {"printed": _printed_coefficient, "corrected": _corrected_coefficient}
)
"""Order and slope to the coefficient of 1/width^2."""


def leaky_checks(profile: Profile) -> Iterator[FormulaCheck]:
    """Yield the checks of both coefficients: limit, rate, the linear case, and layers drawn at the printed variance.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Yields
    ------
    FormulaCheck

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> len(list(leaky_checks(PROFILES["quick"])))
    10
    """
    for formula, coefficient in COEFFICIENTS.items():
        yield FormulaCheck(formula, _limit(coefficient))
        yield FormulaCheck(formula, _at_slope_one(coefficient))
        for order, slope in ((1.0, 0.5), (0.5, 1.0)):
            yield FormulaCheck(formula, _rate(coefficient, order, slope))
    printed = float(_two_terms(COEFFICIENTS["printed"], 1.0, 0.5, np.array(_WIDTH)).sum())
    yield from samples.preservation_checks(
        1.0, _WIDTH, printed, leaky_relu(0.5), profile.resolution
    )


def _limit(coefficient: _Coefficient) -> PointwiseCheck:
    """width^2 (variance - leading term) at a width where the next term is 1e-9 of it."""
    points = tuple({"order": s, "slope": a} for s in (0.5, 1.0, 1.5) for a in (0.25, 0.5, 1.0))
    name = "coefficient of width^-2 against Arb balls of the exact variance at width 1e9"
    return PointwiseCheck(Kind.ENCLOSURE, name, coefficient, _second_term, points, 1e-6)


def _second_term(order: float, slope: float) -> arb:
    width = 10**9
    variance = enclosures.weight_variance(
        order, width, activation=leaky_relu(slope), rel_radius=1e-35
    )
    with ctx.workprec(256):
        return (variance - arb(2) / (1 + arb(slope) ** 2) / width) * width**2


def _rate(coefficient: _Coefficient, order: float, slope: float) -> RateCheck:
    return RateCheck(
        f"two terms of the variance of order {order:g}, leaky_relu({slope:g})",
        partial(_enclosed_variance, order, slope),
        partial(_two_terms, coefficient, order, slope),
        exponent=2,
        widths=(4096, 8192, 16384),
    )


def _enclosed_variance(
    order: float, slope: float, width: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.array([_midpoint(order, slope, int(d)) for d in width])


@cache
def _midpoint(order: float, slope: float, width: int) -> float:
    """Of a ball of relative radius 1e-25."""
    return float(enclosures.weight_variance(order, width, activation=leaky_relu(slope)))


def _two_terms(
    coefficient: _Coefficient, order: float, slope: float, width: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.array([2 / ((1 + slope**2) * width), coefficient(order, slope) / width**2])


def _at_slope_one(coefficient: _Coefficient) -> PointwiseCheck:
    """Slope 1 is the linear network, whose term the same function has right: (2 - s)/2."""
    points = tuple({"order": s} for s in (0.5, 1.0, 1.5))
    return PointwiseCheck(
        Kind.ORACLE,
        "coefficient at slope 1 against (2-s)/2, the linear branch of the same function",
        lambda order: coefficient(order, 1.0),
        lambda order: (2 - arb(order)) / 2,
        points,
        1e-15,
    )
