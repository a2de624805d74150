"""Without drift: Sussillo & Abbott's approximations of the zero-drift scheme, and the limit of small orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from theory import enclosures, enclosures_drift
from theory.activations import Activation, leaky_relu, linear, relu
from theory.derivations.fractional_moments import DERIVATIONS, SUPPLEMENTS
from theory.fractional_moments import weight_variance, zero_drift_variance
from validation.checks.derivation import DerivationCheck
from validation.checks.log_moment import LogMomentCheck
from validation.checks.pointwise import PointwiseCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import fractional_moments_departures_samples as samples
from validation.evidence import Kind

__all__ = ["small_orders", "sussillo_abbott"]

_Array = NDArray[np.float64]

_SUSSILLO_ABBOTT = (
    "Sussillo & Abbott 2014 (arXiv 1412.6558), as in the public code of Gurbuzbalaban & Hu 2021 "
    "(frac_init.py, function randomwalk_normal_, commit 3af9cb40977d); exact values: extension"
)


def _derivations(name: str) -> Iterator[DerivationCheck]:
    """The result's derivation and its supplements."""
    yield DerivationCheck(DERIVATIONS[name])
    for key, build in SUPPLEMENTS.items():
        if key.startswith(f"{name}."):
            yield DerivationCheck(build)


# Sussillo & Abbott's random-walk initialisation


def _random_walk_std(width: Any, activation: Activation) -> Any:
    """The forms in the code: exact to O(width^-2) for linear layers, a fit with a pole at 2.4 for ReLU."""
    if activation == linear():
        return np.exp(1 / (2 * width)) / np.sqrt(width)
    return np.sqrt(2 / width) * np.exp(1.2 / (width - 2.4))


def _zero_drift_std(activation: Activation, width: Any) -> Any:
    return np.sqrt(zero_drift_variance(width, activation))


def _walk_ratio(width: int, activation: Activation) -> float:
    return float(_random_walk_std(width, activation) / _zero_drift_std(activation, width))


def _enclosed_walk_ratio(width: int, activation: Activation) -> arb:
    exact = enclosures_drift.zero_drift_variance(width, activation)
    with ctx.workprec(128):
        d = arb(width)
        if activation == linear():
            return (1 / (2 * d)).exp() / (d * exact).sqrt()
        return (2 / (d * exact)).sqrt() * (6 / (5 * d - 12)).exp()


def _ratio_check(activation: Activation, widths: tuple[int, ...]) -> PointwiseCheck:
    return PointwiseCheck(
        Kind.ENCLOSURE,
        f"their std over the zero-drift std, {activation.name}, against Arb balls",
        _walk_ratio,
        _enclosed_walk_ratio,
        tuple({"width": d, "activation": activation} for d in widths),
        1e-13,
    )


def _exponential_terms(constant: float, scale: float, width: _Array) -> _Array:
    """sqrt(scale/width) exp(constant/width), in two terms."""
    leading = np.sqrt(scale / width)
    return np.array([leading, leading * np.expm1(constant / width)])


def _fitted_terms(width: _Array) -> _Array:
    """Their ReLU form, and what it lacks to first order: 1.25 in place of 1.2."""
    fitted = _random_walk_std(width, relu())
    return np.array([fitted, fitted * 0.05 / width])


def _walk_rate(
    name: str, activation: Activation, terms: Callable[[_Array], _Array], widths: tuple[int, ...]
) -> RateCheck:
    return RateCheck(name, partial(_zero_drift_std, activation), terms, exponent=2, widths=widths)


def _walk_drift(
    width: int, activation: Activation, profile: Profile, method: str = "matrix"
) -> LogMomentCheck:
    """Layers drawn at their std drift as computed; that they do not is refuted."""
    variance = float(_random_walk_std(width, activation) ** 2)
    return samples.drift_check(width, variance, activation, profile, {"no drift": 0.0}, method)


def sussillo_abbott(profile: Profile) -> Claim:
    """Return the claim on how far their forms are from the exact standard deviation, by width.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Returns
    -------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> sussillo_abbott(PROFILES["quick"]).id
    'fm.sussillo-abbott'
    """
    exact, exact_relu = (
        partial(_exponential_terms, 0.5, 1.0),
        partial(_exponential_terms, 1.25, 2.0),
    )
    return Claim(
        "fm.sussillo-abbott",
        "the zero-drift std is exp(1/(2d))/sqrt(d) for linear and sqrt(2/d) exp(1.25/d) for ReLU layers up to a "
        "relative error O(d^-2). The first is in use: 1.8 % too small at d = 3, 0.17 % at d = 10. So is "
        "sqrt(2/d) exp(1.2/(d - 2.4)) for ReLU: 396 % too great at d = 3, 0.42 % at d = 10, too small by 0.05/d at "
        "large d, and unusable up to the pole at 2.4",
        _SUSSILLO_ABBOTT,
        (
            *_derivations("fm.sussillo-abbott"),
            _walk_rate("exp(1/(2d))/sqrt(d), linear", linear(), exact, (256, 512, 1024)),
            _walk_rate("sqrt(2/d) exp(1.25/d), ReLU", relu(), exact_relu, (4096, 8192, 16384)),
            _walk_rate(
                "sqrt(2/d) exp(1.2/(d - 2.4)) (1 + 0.05/d), ReLU",
                relu(),
                _fitted_terms,
                (65536, 131072, 262144),
            ),
            _ratio_check(linear(), (1, 2, 3, 10, 64, 1000)),
            _ratio_check(relu(), (1, 2, 3, 4, 5, 8, 10, 64, 1000)),
            _walk_drift(3, linear(), profile),
            _walk_drift(3, relu(), profile, "chi2"),
            _walk_drift(10, relu(), profile),
        ),
        result="fm.sussillo-abbott",
    )


# Small orders


def small_orders(profile: Profile) -> Claim:
    """Return the claim on the limit of small orders, and on its divergence where there is an atom.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Returns
    -------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> small_orders(PROFILES["quick"]).id
    'fm.zero-drift.limit'
    """
    dropped = linear().with_dropout(0.8)
    rates = (
        RateCheck(
            f"variance of order 1/n times (1 - P0)^(2n), {activation.name}, width {width}, n",
            partial(_scaled_variance, width, activation),
            partial(_limit_term, width, activation),
            exponent=1,
            widths=(64, 128, 256),
        )
        for width, activation in ((3, relu()), (8, relu()), (4, dropped), (5, leaky_relu(0.3)))
    )
    return Claim(
        "fm.zero-drift.limit",
        "as s -> 0 the variance of order s times (1 - P0)^(2/s), P0 = P(Q = 0), tends to the zero-drift variance "
        "exp(-E[log Q | Q > 0]) like s; with an atom (ReLU, dropout) the variance itself diverges like "
        "(1 - P0)^(-2/s)",
        "Gurbuzbalaban & Hu 2021, PMLR 130:2233: limit s -> 0; the atom's factor: extension",
        (
            *_derivations("fm.zero-drift.limit"),
            *rates,
            _limit_ratio_check(),
            _zero_drift_check(8, relu(), profile),
            _zero_drift_check(2, dropped, profile),
        ),
        result="fm.zero-drift.limit",
    )


def _scaled_variance(width: int, activation: Activation, inverse_order: _Array) -> _Array:
    alive = 1 - activation.zero_probability**width
    variance = weight_variance(1 / inverse_order, width, activation=activation)
    return np.asarray(variance * alive ** (2 * inverse_order))


def _limit_term(width: int, activation: Activation, inverse_order: _Array) -> _Array:
    limit = float(zero_drift_variance(width, activation))
    return np.full((1, inverse_order.size), limit)


def _limit_ratio_check() -> PointwiseCheck:
    """How far the variance of a small order is from the limit, atom's factor included."""
    points = tuple({"order": s, "width": d} for s in (0.01, 0.1, 0.5) for d in (1, 3, 16))
    return PointwiseCheck(
        Kind.ENCLOSURE,
        "variance of order s over the zero-drift variance, ReLU, against Arb balls",
        lambda order, width: float(weight_variance(order, width) / zero_drift_variance(width)),
        _enclosed_limit_ratio,
        points,
        1e-12,
    )


def _enclosed_limit_ratio(order: float, width: int) -> arb:
    limit = enclosures_drift.zero_drift_variance(width, relu())
    return enclosures.weight_variance(order, width, activation=relu()) / limit


def _zero_drift_check(width: int, activation: Activation, profile: Profile) -> LogMomentCheck:
    """At the zero-drift variance the survivors do not drift; at that of order 0.1 they grow."""
    variance = float(zero_drift_variance(width, activation))
    small = float(weight_variance(0.1, width, activation=activation) / variance)
    rivals = {"drift of order 0.1, atom included": np.log(small) / 2}
    return samples.drift_check(width, variance, activation, profile, rivals)
