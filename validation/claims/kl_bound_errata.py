"""Errata of Horii & Has: formula (20), the constant of (18), what the optimum is an optimum of, proportional weights.

Each has a printed formula, refuted by two kinds of evidence, and a corrected one, supported by every check of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb, ctx

from theory import kl_bound
from theory.catalogue import find
from theory.catalogue_kl_bound import PAPER
from validation.checks import Check
from validation.checks.formula import FormulaCheck
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.checks.pointwise import Point, PointwiseCheck
from validation.claim import Claim, Expectation, Profile
from validation.claims.derived import derived
from validation.claims.kl_bound_common import EIGENVALUES, HESSIAN, resolution
from validation.claims.kl_bound_quadratures import bound_by_quadrature, quadratic, stationary
from validation.claims.kl_bound_samples import TEMPERATURE, heated, unrelaxed
from validation.evidence import Kind
from validation.references_kl_bound import gibbs, initial_cross_entropy, thin

__all__ = ["claims", "printed_optimum"]

_SPECTRA = ((1.0,) * 5, EIGENVALUES, (0.1, 0.2, 0.3, 1.0, 5.0))
_GRID: tuple[Point, ...] = tuple(
    {"hessian": a, "temperature": t} for a in _SPECTRA for t in (0.26, 0.08, 0.01, 3e-4)
)
_VISIBLE = 1e-3  # relative: what the printed formulas are judged to

_A_E1 = (
    "printed (20): at the optimal variance the bound is (T/2)(log V + log 2 pi e + log C_loc); corrected: log C_loc "
    "has the factor 2/K, without which (20) does not follow from (14). At K = 5 and unit curvature the printed one "
    "is 0.26, 2.0, 5.2 and 10.4 times the bound at T = 0.26, 0.08, 0.01 and 0.0003; where it is below 1 it is no "
    "bound at all"
)
_A_E2 = (
    "printed (18): as s0 -> 0 the bound is K_1 V with a constant K_1; corrected: K_1 = T/(2 s0) depends on s0, and "
    "diverges"
)
_A_E3 = (
    "printed: the variance s0 = E_ss|W|^2/K minimises the loss at the quasi-stationary state, read here as: that loss "
    "depends on s0 as its bound (14) does; corrected: under the paper's own assumptions it is T/2 per parameter at "
    "every s0, and only the bound and KL(p_ss || p_0) depend on s0"
)
_A_E5 = (
    "printed: as s0 varies, E_ss|W|^2 following in proportion, E_ss|W|^2 = rho K s0, the bound is least at rho = 1, "
    "read here as its slope (T/2)(1 - rho) in log s0; corrected: the slope is T/2 at every rho with C_loc held "
    "fixed, so there is no minimum inside. The minimisation holds E_ss|W|^2 fixed"
)


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the errata.

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
    ['kl.erratum.a-e1', 'kl.erratum.a-e2']
    """
    table: tuple[tuple[str, str, str, Callable[[Profile], Iterator[Check]]], ...] = (
        ("a-e1", _A_E1, "kl.optimal-loss-bound", _optimum),
        ("a-e2", _A_E2, "kl.loss-bound.small-variance", _constant),
        ("a-e3", _A_E3, "kl.equipartition", _loss),
        ("a-e5", _A_E5, "kl.proportional-second-moment", _slope),
    )
    for name, statement, result, checks in table:
        derivations = (FormulaCheck("corrected", check) for check in derived(result))
        yield Claim(
            f"kl.erratum.{name}",
            statement,
            PAPER,
            (*derivations, *checks(profile)),
            expectation=Expectation.ERRATUM,
        )


def _pair(
    kind: Kind,
    name: str,
    printed: Callable[..., Any],
    corrected: Callable[..., Any],
    reference: Callable[..., arb],
    points: tuple[Point, ...],
    accuracy: float = 1e-12,
) -> Iterator[FormulaCheck]:
    """Both formulas against one reference: the printed one only has to be right to what is visible."""
    yield FormulaCheck("printed", PointwiseCheck(kind, name, printed, reference, points, _VISIBLE))
    yield FormulaCheck(
        "corrected", PointwiseCheck(kind, name, corrected, reference, points, accuracy)
    )


# A-E1: formula (20)


def printed_optimum(
    second_moment: float, log_prefactor: float, temperature: float, parameters: int
) -> float:
    """Return formula (20) as printed.

    Parameters
    ----------
    second_moment, log_prefactor, temperature : float
        E_ss|W|^2, log C_loc and T.
    parameters : int
        K.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{printed_optimum(2.0, 0.0, 2.0, 2):.6f}")  # log(2 pi e)
    2.837877
    """
    spread = np.log(second_moment / parameters) + np.log(2 * np.pi * np.e)
    return float(temperature / 2 * (spread + log_prefactor))


def _printed_at(hessian: tuple[float, ...], temperature: float) -> float:
    return printed_optimum(**stationary(hessian, temperature))


def _corrected_at(hessian: tuple[float, ...], temperature: float) -> float:
    return float(kl_bound.optimal_loss_bound(**stationary(hessian, temperature)))


def _optimum(profile: Profile) -> Iterator[FormulaCheck]:
    def by_quadrature(hessian: tuple[float, ...], temperature: float) -> arb:
        with mp.workdps(40):
            law = gibbs(quadratic(hessian), temperature)
            return thin(bound_by_quadrature(hessian, temperature, law.second_moment / len(hessian)))

    def by_balls(hessian: tuple[float, ...], temperature: float) -> arb:
        """(14) itself at s0 = M/K, by its enclosure, at the doubles that the formulas are given."""
        known = stationary(hessian, temperature)
        with ctx.workprec(128):
            optimum = float(
                known["second_moment"] / known["parameters"]
            )  # its rounding is second order
            ball: arb = find("kl.loss-bound").enclosure(initial_variance=optimum, **known)
            return ball

    for kind, reference in ((Kind.ORACLE, by_quadrature), (Kind.ENCLOSURE, by_balls)):
        yield from _pair(
            kind, "(20) against (14) at s0 = V, K = 5", _printed_at, _corrected_at, reference, _GRID
        )
    chains, weights = heated(HESSIAN, 0.05, profile), {"loss": 1 / len(EIGENVALUES)}
    arguments = (EIGENVALUES, TEMPERATURE)
    printed, corrected = _printed_at(*arguments), _corrected_at(*arguments)
    for formula, bound, rivals in (
        ("printed", printed, {}),
        ("corrected", corrected, {"printed": printed}),
    ):
        check = MeanBoundCheck(
            chains,
            weights,
            bound,
            "L/K below the optimal bound (20)",
            scale=TEMPERATURE / 2,
            resolution=resolution(profile),
            rivals=rivals,
            offset=unrelaxed(chains, weights),
        )
        yield FormulaCheck(formula, check)  # type: ignore[arg-type]


# A-E2: the constant of (18)


def _constant(_: Profile) -> Iterator[FormulaCheck]:
    points = tuple(
        {"hessian": a, "temperature": t, "initial_variance": s}
        for a in _SPECTRA
        for t in (0.26, 0.01)
        for s in (1e-15, 1e-16, 1e-17)
    )

    def corrected(temperature: float, initial_variance: float, **_: Any) -> float:
        return temperature / (2 * initial_variance)

    def printed(temperature: float, **_: Any) -> float:
        """K_1 from one s0, at all the others."""
        return corrected(temperature, 1e-15)

    def by_quadrature(hessian: Any, temperature: float, initial_variance: float) -> arb:
        with mp.workdps(40):
            spread = gibbs(quadratic(hessian), temperature).second_moment / len(hessian)
            return thin(bound_by_quadrature(hessian, temperature, initial_variance) / spread)

    def by_balls(hessian: Any, temperature: float, initial_variance: float) -> arb:
        known = stationary(hessian, temperature)
        with ctx.workprec(128):
            ball: arb = find("kl.loss-bound").enclosure(initial_variance=initial_variance, **known)
            ratio: arb = ball / (arb(known["second_moment"]) / known["parameters"])
            return ratio

    for kind, reference in ((Kind.ORACLE, by_quadrature), (Kind.ENCLOSURE, by_balls)):
        name = "K_1, the bound over V, at s0 = 1e-15 to 1e-17"
        yield from _pair(kind, name, printed, corrected, reference, points, accuracy=1e-9)


# A-E3: what depends on the initial variance


def _loss(profile: Profile) -> Iterator[FormulaCheck]:
    points = tuple({**p, "initial_variance": s} for p in _GRID for s in (0.01, 1.0, 10.0))

    def printed(hessian: Any, temperature: float, initial_variance: float) -> float:
        return float(kl_bound.loss_bound(initial_variance, **stationary(hessian, temperature)))

    def corrected(temperature: float, **_: Any) -> float:
        return float(kl_bound.stationary_loss(temperature))

    def by_quadrature(hessian: Any, temperature: float, **_: Any) -> arb:
        with mp.workdps(40):
            return thin(gibbs(quadratic(hessian), temperature).mean_loss / len(hessian))

    name = "E_ss[L]/K by quadrature of L exp(-L/T)"
    yield from _pair(Kind.ORACLE, name, printed, corrected, by_quadrature, points)
    for variance in (0.05, 1.5):
        chains, weights = heated(HESSIAN, variance, profile), {"loss": 1 / len(EIGENVALUES)}
        bound = printed(EIGENVALUES, TEMPERATURE, variance)
        for formula, expected, rivals in (
            ("printed", bound, {}),
            ("corrected", TEMPERATURE / 2, {"the bound": bound, "T for T/2": TEMPERATURE}),
        ):
            check = ObservableMeanCheck(
                chains,
                weights,
                expected,
                "L/K",
                resolution(profile),
                rivals,
                offset=unrelaxed(chains, weights),
            )
            yield FormulaCheck(formula, check)  # type: ignore[arg-type]


# A-E5: weights that follow the initial variance

_SIZE, _REACH = 4, 3.0  # parameters; units of log s0


def _slope(_: Profile) -> Iterator[FormulaCheck]:
    points = tuple(
        {"ratio": r, "temperature": t} for r in (0.5, 0.995, 1.011, 2.0) for t in (0.05, 0.3)
    )

    def corrected(temperature: float, **_: Any) -> float:
        return temperature / 2

    def printed(ratio: float, temperature: float) -> float:
        return temperature / 2 * (1 - ratio)

    def by_quadrature(ratio: float, temperature: float) -> arb:
        """Mean slope of (T/K)(log C - E log p_0) over the reach, C fixed."""
        with mp.workdps(40):
            high, low = (
                initial_cross_entropy(mp.mpf(ratio) * s, s) for s in (mp.exp(_REACH), mp.mpf(1))
            )
            return thin(mp.mpf(temperature) * (high - low) / _REACH)

    def by_balls(ratio: float, temperature: float) -> arb:
        """The same of (14)'s enclosure, from s0 = 1 to 8: exact doubles."""
        with ctx.workprec(128):
            high, low = (
                find("kl.loss-bound").enclosure(
                    initial_variance=s,
                    second_moment=ratio * _SIZE * s,
                    log_prefactor=0.0,
                    temperature=temperature,
                    parameters=_SIZE,
                )
                for s in (8.0, 1.0)
            )
            ball: arb = (high - low) / arb(8).log()
            return ball

    for kind, reference in ((Kind.ORACLE, by_quadrature), (Kind.ENCLOSURE, by_balls)):
        name = "slope of (14) in log s0 with E_ss|W|^2 = rho K s0"
        yield from _pair(kind, name, printed, corrected, reference, points)
