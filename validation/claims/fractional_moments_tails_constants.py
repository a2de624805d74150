"""Claims on Goldie's constant: the tail that it belongs to, and its closed cases."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory import enclosures_tails
from theory.activations import Activation, leaky_relu, linear, relu
from theory.fractional_moments import weight_variance
from theory.heavy_tails import tail_constant
from validation.checks.pointwise import PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_tails_samples as samples
from validation.claims.derived import derived
from validation.claims.fractional_moments_tails_laws import scheme_law
from validation.evidence import Kind

__all__ = ["claims"]

_GOLDIE = "Goldie 1991; simplified constant: extension of Gurbuzbalaban & Hu 2021, PMLR 130:2233"
_Array = NDArray[np.float64]


def claims(profile: Profile, resolution: float) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        Resolution of the tail constant in simulation.
    resolution : float
        Of the tail index, on whose samples the constant is judged.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [claim.id for claim in claims(PROFILES["quick"], 0.05)]
    ['fm.tail-constant', 'fm.tail-constant.two', 'fm.tail-constant.four']
    """
    yield _tail_constant(profile, resolution)
    yield from _closed_constants()


def _tail_constant(profile: Profile, resolution: float) -> Claim:
    cases: tuple[tuple[float, int, Activation], ...] = (
        (1.5, 3, relu()),
        (1.0, 2, linear()),
        (3.0, 6, leaky_relu(0.3)),
    )
    simulated = ((1.5, 3, relu(), 60), (1.5, 2, linear(), 160))
    return Claim(
        "fm.tail-constant",
        "P(|x|^2 > t) ~ C t^-p with C = E[(R + c)^p - R^p]/(p E[A^p log A]), c = sigma_b^2/sigma^2, A = sigma^2 Q, "
        "R = |x|^2 stationary, and the relative remainder is O(1/t)",
        _GOLDIE,
        (
            *derived("fm.tail-constant"),
            *(_tail_rate(*case) for case in cases),
            *(samples.goldie_check(*case, resolution, profile) for case in simulated),
        ),
    )


def _tail_rate(order: float, width: int, activation: Activation) -> RateCheck:
    """t^p P(|x|^2 > t)/C - 1 from the solved law, C by Goldie's formula."""
    return RateCheck(
        f"P(|x|^2 > t) of the solved law, C t^(-{order / 2:g}), width {width}, {activation.name}, in t for width",
        partial(_squared_tail, order, width, activation),
        partial(_power_tail, order, width, activation),
        exponent=1,
        widths=(2**14, 2**15, 2**16),
    )


def _squared_tail(order: float, width: int, activation: Activation, t: _Array) -> _Array:
    return np.asarray(scheme_law(order, width, activation).sf(np.sqrt(t)))


def _power_tail(order: float, width: int, activation: Activation, t: _Array) -> _Array:
    constant = scheme_law(order, width, activation).tail_constant
    return np.asarray(constant * t ** (-order / 2))[None]


def _closed_constants() -> Iterator[Claim]:
    table = (
        ("two", 2, "c/E[A log A]"),
        ("four", 4, "(2 c E R + c^2)/(2 E[A^2 log A])"),
    )
    for name, order, formula in table:
        result = f"fm.tail-constant.{name}"
        yield Claim(
            result,
            f"at tail index {order} Goldie's constant is {formula}, c = sigma_b^2/sigma^2, A = sigma^2 Q",
            _GOLDIE,
            (
                *derived(result),
                _closed_constant(order),
                *(_tail_rate(float(order), d, a) for d, a in ((3, relu()), (4, linear()))),
            ),
            result=result,
        )


def _closed_constant(order: int) -> PointwiseCheck:
    """tail_constant knows nothing of the closed cases: it solves for the law at every index."""
    points: tuple[Any, ...] = tuple(
        {"bias_variance": b, "width": d, "activation": a}
        for b in (0.5, 2.0)
        for d in (1, 4, 32)
        for a in (linear(), relu(), leaky_relu(0.3))
    )
    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"tail_constant at index {order} against Arb balls",
        lambda bias_variance, width, activation: float(
            tail_constant(
                weight_variance(order, width, activation=activation),
                bias_variance,
                width,
                activation,
            )
        ),
        partial(enclosures_tails.tail_constant, order),
        points,
        1e-9,
    )
