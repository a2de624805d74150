"""Claims on the stationary covariance and loss of SGD at a quadratic minimum: in steps, in the limit, the rate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb

from theory import kl_bound
from theory.catalogue_kl_bound import EXTENSION, PAPER
from validation.checks.rate import RateCheck
from validation.claim import Claim, Profile
from validation.claims import kl_bound_samples_sgd as samples
from validation.claims.derived import derived
from validation.claims.kl_bound_common import closed, enclosed, oracle, rotated
from validation.references_kl_bound import thin
from validation.references_kl_dynamics import limit_covariance, step_covariance

__all__ = ["claims"]

_RATES = ((0.3, 2.0), (1.0, 1.0), (1e-3, 4.0))
_COMPONENTS = tuple(
    {"hessian": a, "noise_covariance": s, "learning_rate": alpha, "batch_size": b}
    for a in _RATES
    for s in (0.7, -2.5)
    for alpha, b in ((1e-6, 1), (0.1, 32), (0.45, 3))
)  # fmt: skip
_SYSTEMS = (2, 3)  # parameters of random Hessians and noise covariances


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
    >>> next(claims(PROFILES["quick"])).id
    'kl.stationary-covariance'
    """
    yield _limit()
    yield _steps(profile)
    yield _rate()
    yield _total_loss(profile)


@cache
def _system(size: int) -> tuple[Any, Any]:
    """A random Hessian and a random noise covariance, neither diagonal in the other's basis."""
    hessian = rotated(tuple(np.linspace(0.4, 2.0, size).tolist()), 10 + size)
    noise = rotated(tuple(np.linspace(0.2, 3.0, size).tolist()), 20 + size)
    return hessian, noise


def _entries(rate: float, batch: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"size": n, "row": i, "column": j, "rate": rate, "batch": batch}
        for n in _SYSTEMS
        for i in range(n)
        for j in range(i, n)
    )


def _entry(size: int, row: int, column: int, rate: float, batch: int, discrete: bool) -> float:
    hessian, noise = _system(size)
    matrix = kl_bound.stationary_covariance(
        np.array(hessian), np.array(noise), rate, batch, discrete=discrete
    )
    return float(np.asarray(matrix)[row, column])


def _referred(solve: Any, size: int, row: int, column: int, rate: float, batch: int) -> arb:
    return thin(solve(*_system(size), rate, batch)[row, column])


def _limit() -> Claim:
    points = (*_entries(0.05, 4), *_entries(0.3, 1))
    first = partial(_entry, discrete=False)
    return Claim(
        "kl.stationary-covariance",
        "in the limit of small learning rates the stationary covariance solves A C + C A = eps Sigma: "
        "C_12 = alpha Sigma_12/(b (a_1 + a_2)) in the eigenbasis of A, for any A and Sigma",
        f"{PAPER}: (24), after Mandt, Hoffman & Blei 2017",
        (
            *derived("kl.stationary-covariance"),
            enclosed("kl.stationary-covariance", _COMPONENTS, {"alpha for eps = alpha/b": _batchless}),
            oracle(
                "the matrix solution against elementwise integrals of (alpha/b) exp(-A t) Sigma exp(-A t)",
                first,
                partial(_referred, limit_covariance),
                points,
                {"of SGD in steps": partial(_entry, discrete=True), "doubled": lambda **p: 2 * first(**p)},
            ),
        ),
        result="kl.stationary-covariance",
    )  # fmt: skip


def _batchless(**point: Any) -> float:
    return closed("kl.stationary-covariance")(**{**point, "batch_size": 1})


def _steps(profile: Profile) -> Claim:
    points = (*_entries(0.05, 4), *_entries(0.8, 2))
    first = partial(_entry, discrete=True)

    def eps_for_alpha(size: int, row: int, column: int, rate: float, batch: int) -> float:
        """C = (1 - eps A) C (1 - eps A) + (alpha^2/b) Sigma: the rate of the mean taken for that of the noise."""
        hessian, noise = _system(size)
        matrix = kl_bound.stationary_covariance(
            np.array(hessian), batch * np.array(noise), rate / batch, 1, discrete=True
        )
        return float(batch * np.asarray(matrix)[row, column])

    return Claim(
        "kl.stationary-covariance.discrete",
        "SGD on a quadratic, in steps of any size below 2/max a, has the covariance "
        "C = (1 - alpha A) C (1 - alpha A) + (alpha^2/b) Sigma, whatever the law of the noise",
        EXTENSION,
        (
            *derived("kl.stationary-covariance.discrete"),
            enclosed("kl.stationary-covariance.discrete", _COMPONENTS),
            oracle(
                "the matrix solution against the sum over past steps",
                first,
                partial(_referred, step_covariance),
                points,
                {"in the limit": partial(_entry, discrete=False), "eps for alpha": eps_for_alpha},
            ),
            *samples.covariance_checks(profile),
        ),
        result="kl.stationary-covariance.discrete",
    )


def _rate() -> Claim:
    """Width stands for the reciprocal of the learning rate."""
    a, b = 0.7, 1.6

    def component(reciprocal: Any, discrete: bool) -> Any:
        value = closed("kl.stationary-covariance" + (".discrete" if discrete else ""))
        return np.array(
            [
                value(hessian=(a, b), noise_covariance=0.9, learning_rate=1 / d, batch_size=2)
                for d in reciprocal
            ]
        )

    def terms(reciprocal: Any) -> Any:
        limit = component(reciprocal, False)
        return np.array([limit, limit * a * b / (a + b) / reciprocal])

    checks = tuple(
        RateCheck(
            f"covariance of SGD in steps over its limit, {name}",
            partial(component, discrete=True),
            expansion,
            exponent,
            (2**10, 2**11, 2**12),
            variable="reciprocal learning rates",
        )
        for name, expansion, exponent in (
            ("error O(alpha)", lambda d: component(d, False)[None], 1),
            ("1 + alpha a_1 a_2/(a_1 + a_2) + O(alpha^2)", terms, 2),
        )
    )
    return Claim(
        "kl.stationary-covariance.rate",
        "the covariance of SGD in steps over its limit is 1 + alpha a_1 a_2/(a_1 + a_2) + O(alpha^2)",
        EXTENSION,
        (*derived("kl.stationary-covariance.rate"), *checks),
    )  # fmt: skip


# The loss under anisotropic noise


def _total_loss(profile: Profile) -> Claim:
    result = "kl.equipartition.anisotropic"

    def by_trace(size: int, rate: float, batch: int) -> arb:
        hessian, noise = _system(size)
        with mp.workdps(40):
            product = mp.matrix(hessian) * limit_covariance(hessian, noise, rate, batch)
            return thin(mp.fsum(product[k, k] for k in range(size)) / 2)

    def value(size: int, rate: float, batch: int) -> float:
        return float(kl_bound.stationary_total_loss(np.array(_system(size)[1]), rate, batch))

    points = tuple(
        {"size": n, "rate": r, "batch": b} for n in _SYSTEMS for r, b in ((0.05, 4), (0.3, 1))
    )
    noises = tuple(
        {"noise_covariance": s, "learning_rate": 0.1, "batch_size": b}
        for s in ((0.7,), (0.2, 3.0), (0.05, 0.3, 0.4, 9.0))
        for b in (1, 7)
    )
    return Claim(
        result,
        "whatever the noise E_ss[L] = eps tr Sigma/4 in the limit of small learning rates; SGD in steps obeys "
        "E[L] = eps tr Sigma/4 + (alpha/4) E|grad L|^2 exactly",
        EXTENSION,
        (
            *derived(result),
            enclosed(result, noises),
            oracle(
                "eps tr Sigma/4 against tr(A C)/2 with C by elementwise integrals",
                value,
                by_trace,
                points,
                {
                    "alpha for eps": lambda size, rate, batch: value(size, rate, 1),
                    "doubled": lambda **p: 2 * value(**p),
                },
            ),
            *samples.total_loss_checks(profile),
        ),
        result=result,
    )  # fmt: skip
