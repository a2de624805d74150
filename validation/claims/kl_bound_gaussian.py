"""Claims on Gaussian stationary laws: divergences, the means that make them least, tightness of the bound."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb, ctx

from theory.catalogue_kl_bound import EXTENSION, PAPER
from validation.checks.ordering import OrderingCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_covariance as covariance
from validation.claims import kl_bound_relaxation as relaxation
from validation.claims import kl_bound_samples_sgd as samples
from validation.claims.derived import derived
from validation.claims.kl_bound_common import closed, enclosed, oracle
from validation.claims.kl_bound_quadratures import least_bound
from validation.references_kl_bound import divergence, minimiser, thin

__all__ = ["claims"]

_SPECTRA = ((0.7,), (0.2, 3.0), (0.05, 0.3, 0.4, 9.0))
_SPREADS = tuple(
    {"covariance": c, "initial_variance": s} for c in _SPECTRA for s in (0.02, 1.0, 30.0)
)
_COVARIANCES = tuple({"covariance": c} for c in _SPECTRA[1:])


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
    >>> "kl.jeffreys-variance" in [claim.id for claim in claims(PROFILES["quick"])]
    True
    """
    yield from covariance.claims(profile)
    yield from _divergences()
    yield _anisotropic(profile)
    yield _minimum_divergence()
    yield _tightness()
    yield _jeffreys()
    yield _mean_order()
    yield from relaxation.claims(profile)


# Divergences


def _summed(covariance: tuple[float, ...], initial_variance: float, forward: bool) -> arb:
    """Sum of the directions' divergences, each a quadrature."""
    pairs = [(c, initial_variance)[:: -1 if forward else 1] for c in covariance]
    return thin(mp.fsum(divergence(*pair) for pair in pairs))


def _divergences() -> Iterator[Claim]:
    table = (
        ("to-initial", "KL(p_ss || p_0)", "c_i/s0 - 1 - log(c_i/s0)", f"{PAPER}: (25)", False),
        ("from-initial", "KL(p_0 || p_ss)", "s0/c_i - 1 - log(s0/c_i)", EXTENSION, True),
    )
    for name, what, form, source, forward in table:
        result = f"kl.divergence.{name}"
        other = closed(f"kl.divergence.{table[not forward][0]}")
        yield Claim(
            result,
            f"{what} of N(0, C) and N(0, s0 I) is half the sum of {form} over the eigenvalues",
            source,
            (
                *derived(result),
                enclosed(result, _SPREADS),
                oracle(
                    f"{what} against quadratures of p log(p/q)",
                    closed(result),
                    partial(_summed, forward=forward),
                    _SPREADS,
                    {"the other direction": other, "doubled": _doubled(closed(result))},
                ),
            ),
            result=result,
        )


def _doubled(value: Any) -> Any:
    return lambda **point: 2 * value(**point)


def _searched(covariance: tuple[float, ...], which: str) -> Any:
    """Where the divergence to the initial law, or the sum of both, is least."""

    def objective(variance: Any) -> Any:
        both = which == "both"
        terms = (divergence(c, variance) + both * divergence(variance, c) for c in covariance)
        return mp.fsum(terms)

    return minimiser(objective, min(covariance), max(covariance))


_least = cache(_searched)


def _means(covariance: tuple[float, ...]) -> dict[str, float]:
    c = np.asarray(covariance)
    return {
        "arithmetic": float(c.mean()),
        "geometric": float(np.exp(np.log(c).mean())),
        "harmonic": float(1 / (1 / c).mean()),
    }


def _anisotropic(profile: Profile) -> Claim:
    result = "kl.optimal-variance.anisotropic"
    return Claim(
        result,
        "for any Gaussian stationary law KL(p_ss || p_0) is least at s0 = tr C/K, the arithmetic mean of the "
        "eigenvalues",
        f"{PAPER}: (26)",
        (
            *derived(result),
            enclosed(result, _COVARIANCES),
            oracle(
                "tr C/K against a search for the least KL(p_ss || p_0) by quadrature",
                closed(result),
                lambda covariance: thin(_least(covariance, "to")),
                _COVARIANCES,
                {f"{mean} for arithmetic mean": _mean(mean) for mean in ("harmonic", "geometric")},
            ),
            *samples.trace_checks(profile),
        ),
        result=result,
    )


def _mean(name: str) -> Any:
    return lambda covariance: _means(covariance)[name]


def _minimum_divergence() -> Claim:
    result = "kl.minimum-divergence"

    def least(covariance: tuple[float, ...]) -> arb:
        at = _least(covariance, "to")
        return thin(mp.fsum(divergence(c, at) for c in covariance))

    return Claim(
        result,
        "the least KL(p_ss || p_0) is (K/2) log(AM/GM) of the eigenvalues of C: 0 only if C is isotropic",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, _COVARIANCES),
            oracle(
                "(K/2) log(AM/GM) against the least of a quadrature",
                closed(result),
                least,
                _COVARIANCES,
                {"AM/HM for AM/GM": _am_over_hm, "K for K/2": _doubled(closed(result))},
            ),
        ),
        result=result,
    )


def _am_over_hm(covariance: tuple[float, ...]) -> float:
    means = _means(covariance)
    return float(len(covariance) / 2 * np.log(means["arithmetic"] / means["harmonic"]))


def _tightness() -> Claim:
    result, temperature = "kl.tightness", 0.25

    def ratio(covariance: tuple[float, ...]) -> arb:
        """At a quadratic minimum whose stationary law has these eigenvalues, c_i = T/a_i."""
        hessian = tuple(temperature / c for c in covariance)
        return thin(least_bound(hessian, temperature)[1] / (mp.mpf(temperature) / 2))

    points = tuple({"covariance": c} for c in ((0.5, 0.25, 1.0), (0.125, 8.0)))  # exact quotients
    return Claim(
        result,
        "the optimal bound is (T/2)(1 + log(AM/GM)): it exceeds the loss that it bounds unless C is isotropic",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, _COVARIANCES),
            oracle(
                "1 + log(AM/GM) against the least of (14) by quadrature over T/2",
                closed(result),
                ratio,
                points,
                {"1, a tight bound": lambda covariance: 1.0, "AM/HM for AM/GM": _loose},
            ),
        ),
        result=result,
    )


def _loose(covariance: tuple[float, ...]) -> float:
    return 1 + 2 / len(covariance) * _am_over_hm(covariance)


def _jeffreys() -> Claim:
    result = "kl.jeffreys-variance"
    return Claim(
        result,
        "the sum of both divergences is least at s0 = sqrt(tr C/tr C^-1) = sqrt(AM HM)",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, _COVARIANCES),
            oracle(
                "sqrt(AM HM) against a search for the least sum of both divergences by quadrature",
                closed(result),
                lambda covariance: thin(_least(covariance, "both")),
                _COVARIANCES[1:],  # of two eigenvalues the geometric mean is the same
                {f"{mean} mean": _mean(mean) for mean in ("arithmetic", "geometric", "harmonic")},
            ),
        ),
        result=result,
    )


def _mean_order() -> Claim:
    spectra = [np.random.default_rng(seed).gamma(0.7, size=seed + 2).tolist() for seed in range(12)]

    def chain(values: list[float]) -> list[arb]:
        """The three optima from their definitions, tr C/K, sqrt(tr C/tr C^-1) and K/tr C^-1."""
        with ctx.workprec(128):
            total, inverse = (
                sum(map(arb, values), arb(0)),
                sum((1 / arb(v) for v in values), arb(0)),
            )
            return [total / len(values), (total / inverse).sqrt(), len(values) / inverse]

    return Claim(
        "kl.mean-order",
        "the forward optimum is at most the Jeffreys optimum, and that at most the paper's: HM <= sqrt(AM HM) <= AM, "
        "strictly unless C is isotropic",
        EXTENSION,
        (
            *derived("kl.mean-order"),
            OrderingCheck(
                "tr C/K, sqrt(tr C/tr C^-1), K/tr C^-1 of random spectra decrease",
                lambda: [chain(values) for values in spectra],
            ),
        ),
    )
