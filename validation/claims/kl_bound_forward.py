"""Claims on the free energy: the identity, the forward bound, its optimum, the virial condition, the entropy bound."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb

from numerics.two_parameter_chain import ChainQuantities, chain_quantities
from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION
from validation.checks.ordering import OrderingCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_samples_forward as samples
from validation.claims.derived import derived
from validation.claims.kl_bound_common import EIGENVALUES, closed, enclosed, oracle
from validation.claims.kl_bound_quadratures import quadratic
from validation.evidence import Kind
from validation.references_kl_bound import gibbs, initial_cross_entropy, minimiser, thin

__all__ = ["claims"]

_CHAINS = tuple(
    {
        "input": x,
        "target": y,
        "weight_decay": decay,
        "temperature": t,
        "initial_variance": s,
    }
    for x, y, decay, t in ((1.3, 0.7, 0.4, 0.25), (-0.8, 1.5, 1.1, 0.6))
    for s in (0.1, 0.3, 1.2)
)
_BOUNDS = tuple(
    {
        "initial_loss": e,
        "initial_variance": s,
        "temperature": 0.3,
        "parameters": k,
        "stationary_entropy": h,
    }
    for e, h in ((0.2, -3.0), (40.0, 7.5))
    for s in (1e-3, 2.0)
    for k in (1, 10**6)
)
_SPECTRA = ((0.5, 2.0), EIGENVALUES)


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
    >>> [claim.id for claim in claims(PROFILES["quick"])][:2]
    ['kl.free-energy', 'kl.forward-bound']
    """
    yield _free_energy(profile)
    yield _forward_bound(profile)
    yield _virial_variance(profile)
    yield _virial_condition(profile)
    yield _entropy_bound()


@cache
def _chain(**point: float) -> ChainQuantities:
    return chain_quantities(**point)


def _free_energy(profile: Profile) -> Claim:
    def parts(**point: float) -> dict[str, Any]:
        law = _chain(**point)
        return {
            "initial_loss": law.initial_loss,
            "initial_entropy": np.log(
                2 * np.pi * np.e * point["initial_variance"]
            ),  # of two weights
            "stationary_entropy": law.entropy,
            "divergence": law.kl_from_initial,
            "temperature": point["temperature"],
        }

    def rival(**changes: str) -> Any:
        def value(**point: float) -> float:
            known = parts(**point) | {"other": _chain(**point).kl_to_initial}
            changed = {name: known[changes[name]] for name in changes}
            del known["other"]
            return closed("kl.free-energy")(**{**known, **changed})

        return value

    points = tuple(
        {
            "initial_loss": e,
            "initial_entropy": -2.0,
            "stationary_entropy": h,
            "divergence": d,
            "temperature": 0.3,
        }
        for e in (0.5, 40.0)
        for h in (-3.0, 7.5)
        for d in (0.25, 6.0)
    )
    return Claim(
        "kl.free-energy",
        "E_ss[L] = E_0[L] - T (S_0 - S_ss) - T KL(p_0 || p_ss) for any loss with a Gibbs law and any initial law",
        EXTENSION,
        (
            *derived("kl.free-energy"),
            enclosed("kl.free-energy", points),
            oracle(
                "the identity's parts and E_ss[L] of the chain f = w1 w2 x, each by quadrature over the plane",
                lambda **p: closed("kl.free-energy")(**parts(**p)),
                lambda **p: arb(_chain(**p).mean_loss),
                _CHAINS,
                {
                    "KL(p_ss || p_0) for KL(p_0 || p_ss)": rival(divergence="other"),
                    "entropies exchanged": rival(
                        initial_entropy="stationary_entropy", stationary_entropy="initial_entropy"
                    ),
                },
                accuracy=1e-10,
            ),
            *samples.free_energy_checks(profile),
        ),
        result="kl.free-energy",
    )  # fmt: skip


def _forward_bound(profile: Profile) -> Claim:
    def bound(temperature_factor: float = 1.0, **point: float) -> float:
        law, temperature = _chain(**point), temperature_factor * point["temperature"]
        value = kl_bound.forward_bound(
            law.initial_loss, point["initial_variance"], temperature, 2, law.entropy
        )
        return float(value)

    def with_gap(**point: float) -> arb:
        law = _chain(**point)
        return arb(law.mean_loss) + arb(point["temperature"]) * arb(law.kl_from_initial)

    return Claim(
        "kl.forward-bound",
        "E_ss[L] <= E_0[L] - (T K/2) log(2 pi e s0) + T S_ss, and the gap is exactly T KL(p_0 || p_ss)",
        EXTENSION,
        (
            *derived("kl.forward-bound"),
            enclosed("kl.forward-bound", _BOUNDS),
            oracle(
                "the bound against E_ss[L] + T KL(p_0 || p_ss) of the chain by quadrature over the plane",
                bound,
                with_gap,
                _CHAINS,
                {
                    "T/2 for T": lambda **p: bound(0.5, **p),
                    "tight": lambda **p: _chain(**p).mean_loss,
                },
                accuracy=1e-10,
            ),
            *samples.forward_bound_checks(profile),
        ),
        result="kl.forward-bound",
    )


def _virial_variance(profile: Profile) -> Claim:
    def value(hessian: tuple[float, ...], temperature: float) -> float:
        return closed("kl.virial-variance")(hessian=hessian, temperature=temperature)

    def searched(hessian: tuple[float, ...], temperature: float) -> arb:
        """Least E_0[L] - T S_0, direction by direction: the mean of a w^2/2, and -int p_0 log p_0 by quadrature."""

        def bound(variance: Any) -> Any:
            loss = mp.fsum(mp.mpf(a) * variance / 2 for a in hessian)
            return loss - temperature * len(hessian) * initial_cross_entropy(variance, variance)

        return thin(
            minimiser(bound, temperature / max(hessian) / 3, 3 * temperature / min(hessian))
        )

    points = tuple({"hessian": a, "temperature": t} for a in _SPECTRA for t in (0.05, 2.0))
    return Claim(
        "kl.virial-variance",
        "at a quadratic minimum the forward bound is least at s0 = K T/tr A, the harmonic mean of the eigenvalues "
        "T/a_i of C, where the paper's optimum is their arithmetic mean",
        EXTENSION,
        (
            *derived("kl.virial-variance"),
            enclosed("kl.virial-variance", points),
            oracle(
                "K T/tr A against a search for the least forward bound",
                value,
                searched,
                points,
                {
                    "arithmetic for harmonic mean": lambda hessian, temperature: float(
                        np.mean(temperature / np.array(hessian))
                    ),
                    "T/2 for T": lambda hessian, temperature: value(hessian, temperature / 2),
                },
            ),
            *samples.virial_variance_checks(profile),
        ),
        result="kl.virial-variance",
    )  # fmt: skip


def _virial_condition(profile: Profile) -> Claim:
    def root(input: float, weight_decay: float, temperature: float) -> float:
        """2 s0 dE_0[L]/ds0 = K T for the chain, E_0[L] = (x^2 s0^2 + y^2)/2 + lambda s0."""
        return float(
            (-weight_decay + np.hypot(weight_decay, 2 * abs(input) * temperature**0.5))
            / (2 * input**2)
        )

    def searched(input: float, weight_decay: float, temperature: float) -> arb:
        """Least E_0[L] - T S_0 by quadrature over the plane, in doubles."""

        def bound(variance: Any) -> Any:
            s = float(variance)
            law = _chain(
                input=input,
                target=0.7,
                weight_decay=weight_decay,
                temperature=temperature,
                initial_variance=s,
            )
            return law.initial_loss - temperature * np.log(s)

        return thin(_stationary_point(bound, root(input, weight_decay, temperature)))

    points = (
        {"input": 1.3, "weight_decay": 0.4, "temperature": 0.25},
        {"input": 0.6, "weight_decay": 1.5, "temperature": 0.8},
    )
    return Claim(
        "kl.virial-condition",
        "the forward bound is stationary in s0 where 2 s0 dE_0[L]/ds0 = E_0[W . grad L] = K T: the initial law then "
        "satisfies the virial identity that the stationary law satisfies exactly",
        EXTENSION,
        (
            *derived("kl.virial-condition"),
            oracle(
                "the condition's root for the chain against the least of its forward bound by quadrature",
                root,
                searched,
                points,
                {"K T/2 for K T": lambda **p: root(**{**p, "temperature": p["temperature"] / 2})},
                accuracy=1e-6,
            ),
            *samples.virial_condition_checks(profile),
        ),
    )


def _stationary_point(function: Any, near: float) -> Any:
    """Where a function given in doubles is least: the slope's zero by Richardson's differences in the logarithm.

    `near` only starts the secants, 10 % to either side; where they end does not depend on it.
    """

    def slope(x: float, h: float = 0.02) -> float:
        wide, narrow = (
            (function(np.exp(x + k)) - function(np.exp(x - k))) / (2 * k) for k in (2 * h, h)
        )
        return float((4 * narrow - wide) / 3)

    a, b = np.log(0.9 * near), np.log(1.1 * near)
    for _ in range(8):
        at = b - slope(b) * (b - a) / (slope(b) - slope(a))
        a, b = b, at
        if abs(b - a) < 1e-12:
            break
    return mp.exp(b)


def _entropy_bound() -> Claim:
    laws = {
        "double well": ((0.0, 0.0, -0.5, 0.0, 0.25),),
        "quartic": ((0.0, 0.0, 0.0, 0.0, 1.0),),
        "anisotropic": quadratic((0.5, 2.0)),
    }

    def chain(coefficients: Any, temperature: float, e: Any = mp.e) -> list[arb]:
        """What a Gaussian of the same second moment has, and the law's own entropy; nats."""
        law = gibbs(coefficients, temperature)
        with mp.workdps(40):
            size = law.parameters
            largest = size * mp.log(2 * mp.pi * e * law.second_moment / size) / 2
            return [thin(largest), thin(law.entropy)]

    return Claim(
        "kl.entropy-bound",
        "S <= (K/2) log(2 pi e E|W|^2/K): no law of that second moment has more entropy than the isotropic Gaussian",
        EXTENSION,
        (
            *derived("kl.entropy-bound"),
            OrderingCheck(
                "entropies of Gibbs laws by quadrature, below the Gaussian's",
                lambda: [chain(c, t) for c in laws.values() for t in (0.1, 0.6)],
                kind=Kind.ORACLE,
                rivals={"without e": lambda: [chain(c, 0.6, 1) for c in laws.values()]},
            ),
        ),
    )
