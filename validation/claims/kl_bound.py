"""Claims on the KL bound of Horii & Has: the stationary law, the bound (14) and its limits.

The claims on its optimum, on Gaussian laws, on the forward and transient bounds and on networks have modules of their
own; this module yields all of them, the errata apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath as mp
from flint import arb

from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION, PAPER
from validation.claim import Claim, Profile
from validation.claims import kl_bound_forward as forward
from validation.claims import kl_bound_gaussian as gaussian
from validation.claims import kl_bound_networks as networks
from validation.claims import kl_bound_optimum as optimum
from validation.claims import kl_bound_samples as samples
from validation.claims import kl_bound_samples_chain as chain
from validation.claims import kl_bound_transient as transient
from validation.claims.derived import derived
from validation.claims.kl_bound_common import EIGENVALUES, closed, enclosed, oracle
from validation.claims.kl_bound_quadratures import (
    bound_by_quadrature,
    stationary,
)
from validation.references_kl_bound import thin

__all__ = ["claims"]

_SPECTRA = ((1.0,), (0.5, 2.0), EIGENVALUES)
_TEMPERATURES = (0.05, 0.3, 2.0)
_GRID = tuple(
    {"hessian": a, "temperature": t, "initial_variance": s}
    for a in _SPECTRA
    for t in _TEMPERATURES
    for s in (0.02, 0.3, 4.0)
)
_MOMENTS = tuple(
    {"second_moment": m, "parameters": k} for m in (1e-6, 0.7, 30.0) for k in (1, 5, 10**6)
)
_BOUNDS = tuple(
    {**p, "log_prefactor": c, "temperature": 0.3} for p in _MOMENTS for c in (-4.0, 2.5)
)


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the subject's claims, the errata apart.

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
    >>> next(iter(claims(PROFILES["quick"]))).id
    'kl.gibbs'
    """
    yield _gibbs(profile)
    yield _many_parameters(profile)
    yield _loss_bound(profile)
    yield _small_variance()
    yield _large_variance()
    yield from optimum.claims(profile)
    yield from gaussian.claims(profile)
    yield from forward.claims(profile)
    yield from transient.claims(profile)
    yield from networks.claims(profile)


# The stationary law


def _gibbs(profile: Profile) -> Claim:
    return Claim(
        "kl.gibbs",
        "p_ss = C exp(-L/T) has no flux under the Fokker-Planck equation of dW = -grad L dt + sqrt(2T) dB; with "
        "isotropic gradient noise T = alpha sigma^2/(2b). Simulated for a double well",
        f"{PAPER}: (11)-(12)",
        (*derived("kl.gibbs"), *chain.double_well_checks(profile)),
    )


def _many_parameters(profile: Profile) -> Claim:
    return Claim(
        "kl.gibbs.many-parameters",
        "every component of the flux of C exp(-L/T) is 0 in any number of dimensions. Simulated for the chain "
        "f = w1 w2 x with weight decay, against its quadrature over the plane",
        f"{PAPER}: (11)-(12)",
        (
            *derived("kl.gibbs.many-parameters"),
            *chain.chain_checks(profile, ("loss", "square")),
        ),
    )


# The bound


def _loss_bound(profile: Profile) -> Claim:
    points = tuple({**p, "initial_variance": s} for p in _BOUNDS for s in (1e-4, 1.0, 50.0))

    def judged(hessian: Any, temperature: float, initial_variance: float) -> float:
        return float(
            kl_bound.loss_bound(
                initial_variance=initial_variance, **stationary(hessian, temperature)
            )
        )

    def wrong(**changes: Any) -> Any:
        def rival(hessian: Any, temperature: float, initial_variance: float) -> float:
            known = stationary(hessian, temperature)
            changed = {name: factor * known[name] for name, factor in changes.items()}
            return float(
                kl_bound.loss_bound(initial_variance=initial_variance, **{**known, **changed})
            )

        return rival

    return Claim(
        "kl.loss-bound",
        "E_ss[L]/K <= (T/K)((K/2) log(2 pi s0) + log C_loc + E_ss|W|^2/(2 s0)), and the bound less the loss is exactly "
        "(T/K) KL(p_ss || p_0)",
        f"{PAPER}: (14); the gap is an {EXTENSION}",
        (
            *derived("kl.loss-bound"),
            enclosed("kl.loss-bound", points),
            oracle(
                "(14) against quadratures of (T/K)(log C_loc - E_ss log p_0)",
                judged,
                lambda **p: thin(bound_by_quadrature(**p)),
                _GRID,
                {
                    "T/2 for T": wrong(temperature=0.5),
                    "|W|^2/s0 for |W|^2/(2 s0)": wrong(second_moment=2.0),
                    "2 log C_loc": wrong(log_prefactor=2.0),
                },
            ),
            *samples.loss_bound_checks(profile),
        ),
        result="kl.loss-bound",
    )


def _small_variance() -> Claim:
    points = tuple(
        {"hessian": a, "temperature": t, "initial_variance": s}
        for a in _SPECTRA
        for t in _TEMPERATURES
        for s in (1e-15, 1e-17)
    )

    def leading(hessian: Any, temperature: float, initial_variance: float) -> float:
        known = stationary(hessian, temperature)
        del known["log_prefactor"]
        return closed("kl.loss-bound.small-variance")(initial_variance=initial_variance, **known)

    return Claim(
        "kl.loss-bound.small-variance",
        "as s0 -> 0 the bound grows as T E_ss|W|^2/(2 K s0): its constant depends on s0",
        f"{PAPER}: (18)",
        (
            *derived("kl.loss-bound.small-variance"),
            enclosed(
                "kl.loss-bound.small-variance",
                tuple({**p, "initial_variance": s, "temperature": 0.3} for p in _MOMENTS for s in (1e-9, 1e-3)),
            ),
            oracle(
                "T M/(2 K s0) against (14) by quadrature at s0 = 1e-15 and 1e-17",
                leading,
                lambda **p: thin(bound_by_quadrature(**p)),
                points,
                {
                    "T M/(K s0)": lambda **p: 2 * leading(**p),
                    "constant in s0": lambda hessian, temperature, initial_variance: leading(
                        hessian, temperature, 1e-15
                    ),
                },
                accuracy=1e-11,
            ),
        ),
        result="kl.loss-bound.small-variance",
    )  # fmt: skip


def _large_variance() -> Claim:
    points = tuple(
        {"hessian": a, "temperature": t, "decades": n}
        for a in _SPECTRA
        for t in _TEMPERATURES
        for n in (2, 4)
    )

    def growth(hessian: Any, temperature: float, decades: int) -> arb:
        """The bound's increase from s0 = 1e20 by so many decades."""
        ends = (
            bound_by_quadrature(hessian, temperature, mp.mpf(10) ** (20 + n)) for n in (decades, 0)
        )
        high, low = ends
        return thin(high - low)

    def leading(temperature: float, decades: int, **_: Any) -> float:
        value = closed("kl.loss-bound.large-variance")
        return value(initial_variance=10.0**decades, temperature=temperature)

    return Claim(
        "kl.loss-bound.large-variance",
        "as s0 -> oo the bound grows as (T/2) log s0",
        f"{PAPER}: (19)",
        (
            *derived("kl.loss-bound.large-variance"),
            enclosed(
                "kl.loss-bound.large-variance",
                tuple({"initial_variance": s, "temperature": 0.3} for s in (1e3, 1e6, 1e12)),
            ),
            oracle(
                "(T/2) log s0 against the growth of (14) by quadrature beyond s0 = 1e20",
                leading,
                growth,
                points,
                {"T log s0": lambda **p: 2 * leading(**p)},
            ),
        ),
        result="kl.loss-bound.large-variance",
    )  # fmt: skip
