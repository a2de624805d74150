"""Claims on the relaxation to the stationary law of a quadratic: divergence at every time, its rate, dissipation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb

from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_samples as samples
from validation.claims.derived import derived
from validation.claims.kl_bound_common import closed, enclosed, oracle
from validation.references_kl_bound import divergence, thin
from validation.references_kl_dynamics import dissipated, relaxation

__all__ = ["claims"]

_RESULT = "kl.relaxation"
_SHARED = {"hessian": (0.5, 2.0), "temperature": 0.3}
_POINTS = tuple(
    {**_SHARED, "time": t, "initial_variance": s, "initial_mean": m}
    for t in (0.0, 0.4, 3.0)
    for s in (0.02, 1.7)
    for m in ((0.0, 0.0), (0.6, -1.1))
)


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
    ['kl.relaxation', 'kl.relaxation.rate', 'kl.dissipation']
    """
    yield _relaxation(profile)
    yield _rate()
    yield _dissipation()


def _relaxation(profile: Profile) -> Claim:
    def by_integration(**point: Any) -> arb:
        """Mean and variance of each direction by Taylor integration, then the divergence by quadrature."""
        total = mp.mpf(0)
        for rate, mean in zip(point["hessian"], point["initial_mean"], strict=True):
            heat, start = point["temperature"], point["initial_variance"]
            at = (
                relaxation(point["time"], rate, heat, start, mean)
                if point["time"]
                else (mean, start)
            )
            total += divergence(at[1], mp.mpf(heat) / rate, at[0])
        return thin(total)

    def at_time(factor: float) -> Any:
        return lambda **p: closed(_RESULT)(**{**p, "time": factor * p["time"]})

    return Claim(
        _RESULT,
        "at a quadratic minimum p_t stays Gaussian and KL(p_t || p_ss) is half the sum over the directions of "
        "r - 1 - log r + a mu^2 exp(-2 a t)/T, r = 1 + (a s0/T - 1) exp(-2 a t)",
        EXTENSION,
        (
            *derived(_RESULT),
            enclosed(_RESULT, _POINTS),
            oracle(
                "KL(p_t || p_ss) against integrated moments and quadratures of p log(p/q)",
                closed(_RESULT),
                by_integration,
                _POINTS,
                {"rate a for 2a": at_time(0.5), "rate 4a for 2a": at_time(2.0)},
            ),
            *samples.relaxation_checks(profile),
        ),
        result=_RESULT,
    )  # fmt: skip


def _rate() -> Claim:
    """In d = exp(2 a_min t) the divergence falls as d^-2 from a centred start, as d^-1 from another."""
    slow, fast, temperature, variance = 0.5, 2.0, 0.3, 1.7

    def exact(mean: float) -> Any:
        def values(decay: Any) -> Any:
            times = np.log(decay) / (2 * slow)
            return kl_bound.relaxation_divergence(times, (slow, fast), temperature, variance, mean)

        return values

    excess = slow * variance / temperature - 1

    def centred(decay: Any) -> Any:
        return np.array([excess**2 / 4 / decay**2])

    def displaced(decay: Any) -> Any:
        return np.array([slow * 0.8**2 / (2 * temperature) / decay])

    checks = tuple(
        RateCheck(
            f"KL(p_t || p_ss) over its leading term, {name} start",
            exact(mean),
            terms,
            1,
            (2**10, 2**11, 2**12),
            variable="exp(2 a_min t)",
        )
        for name, mean, terms in (("centred", 0.0, centred), ("displaced", 0.8, displaced))
    )
    return Claim(
        "kl.relaxation.rate",
        "KL(p_t || p_ss) decays as exp(-4 a_min t) from a centred start and as exp(-2 a_min t) from another",
        EXTENSION,
        (*derived("kl.relaxation.rate"), *checks),
    )


def _dissipation() -> Claim:
    points = tuple(
        {"stop": t, "rate": a, "temperature": 0.4, "initial_variance": s, "initial_mean": m}
        for t, a in ((1.5, 0.5), (0.3, 2.0))
        for s, m in ((0.05, 0.0), (1.4, 0.7))
    )

    def lost(
        stop: float, rate: float, temperature: float, initial_variance: float, initial_mean: float
    ) -> float:
        """T times the divergence's decrease: what the free energy loses from time 0 on."""
        start, end = (
            kl_bound.relaxation_divergence(t, (rate,), temperature, initial_variance, initial_mean)
            for t in (0.0, stop)
        )
        return float(temperature * (start - end))

    def reference(**point: Any) -> arb:
        return thin(dissipated(0.0, **point))

    return Claim(
        "kl.dissipation",
        "the free energy never grows: d/dt (E_t[L] - T S_t) = -int p_t |grad L + T grad log p_t|^2 <= 0",
        EXTENSION,
        (
            *derived("kl.dissipation"),
            oracle(
                "T (KL(p_0 || p_ss) - KL(p_t || p_ss)) against the dissipation by quadrature over states and times",
                lost,
                reference,
                points,
                {"half of it": lambda **p: lost(**p) / 2, "without T": lambda **p: lost(**p) / 0.4},
                accuracy=1e-10,
            ),
        ),
    )
