"""Claims on where deep linear nets can be trained: the plateau of narrow Gaussian nets, and trainability contours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from theory import deep_linear
from validation.checks.agreement import AgreementCheck
from validation.checks.median_band import MedianBandCheck, thresholds_for
from validation.checks.planted_simulation import PlantedSimulationCheck
from validation.checks.rate import RateCheck
from validation.checks.share import ShareCheck, min_replicates
from validation.claim import Claim, Expectation, Profile
from validation.claims.deep_linear_common import EXTENSION, PAPER, regression
from validation.claims.derived import derived
from validation.deep_linear_contours import ContourSlopes
from validation.deep_linear_plateaus import LifetimeGrowth, Plateaus
from validation.evidence import Kind

__all__ = ["claims"]

_SHARE, _SHORTFALL = 0.9, 0.6
_BEND = (
    -0.125,
    0.125,
)  # half-way to what lifetimes like a power of L, and like exp(c L^2), would give
_POWER, _SQUARE = (-0.3, -0.2), (0.2, 0.3)
_FLAT, _LINEAR = (-0.2, 0.2), (0.8, 1.2)
"""The equivalence bands of the contours' slopes, orthogonal and Gaussian, fixed before any was measured."""

_CELLS = {
    "orthogonal": ((8, 64), ((5, 8), (5, 8))),
    "quick": ((8, 24), ((12, 24), (36, 72))),
    "full": ((16, 48), ((24, 48), (72, 144))),
}
"""Depths and widths: of orthogonal nets, and of Gaussian ones by profile."""


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        "full" simulates more batches, and deeper Gaussian nets: at depths 8 and 24 their slope is not yet that of large
        depth, and the quick profile's sample leaves it open whether it is below 1.2.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [claim.id for claim in claims(PROFILES["quick"])]
    ['dl.plateau', 'dl.contour.orthogonal', 'dl.contour.gaussian']
    """
    yield _plateau(profile)
    yield _contour(profile, "orthogonal")
    yield _contour(profile, "gaussian")


def _batches(profile: Profile, quick: int) -> int:
    return quick * (4 if profile.name == "full" else 1)


def _plateau(profile: Profile) -> Claim:
    bands = (_BEND, _POWER, _SQUARE)
    growth = LifetimeGrowth(2, (20, 40, 60), 64, _batches(profile, 160), thresholds_for(bands))
    return Claim(
        "dl.plateau",
        "narrow Gaussian nets: with probability 0.9 the loss stays within [0.4, 0.6] |Y|_F^2 for a number of steps "
        "exponential in depth. Judged at m = 2 and a fixed eta = 0.1 d_y/|X|^2 as exp(0.08 L) steps at L = 40, "
        "60, 80; and "
        "the median log-lifetime under gradient flow is linear in depth",
        f"{PAPER}: Theorem 5.1; the rate: extension",
        (
            *derived("dl.plateau", "dl.mean-norm"),
            *(_stays(depth) for depth in (40, 60, 80)),
            _shrinking(),
            MedianBandCheck(
                growth,
                _BEND,
                "(M_3 - 2 M_2 + M_1)/(M_3 - M_1), M the median log-lifetime",
                {"a power of the depth": _POWER, "exp(c L^2)": _SQUARE},
            ),
        ),
    )


def _stays(depth: int) -> PlantedSimulationCheck:
    problem = regression(1, 1, 1.0, 1.0, 1)
    steps = int(np.exp(0.08 * depth))
    inside = float(np.log(steps))
    size = min_replicates(_SHARE, _SHORTFALL)
    nets = Plateaus(problem, 2, depth, 0.1, steps, size, (inside,))
    event = f"0.4 |Y|_F^2 <= l(t) <= 0.6 |Y|_F^2 for every t <= {steps}"
    check = ShareCheck(nets, inside, _SHARE, event, _SHORTFALL)
    wide = replace(nets, width=32)
    return PlantedSimulationCheck(
        check,
        {
            "orthogonal nets": {"experiment": replace(nets, initialisation="orthogonal")},
            **({"m = 32": {"experiment": wide}} if depth == 40 else {}),
        },
    )


def _shrinking() -> RateCheck:
    """What makes the plateau: the typical output falls like exp(-c L), c = -d E log|f| / dL, exactly linear."""
    return RateCheck(
        "E log(|f(x)|/|x|) of Gaussian nets, m = 2, less its value at large depth, linear in L",
        lambda depth: np.asarray(deep_linear.log_norm_mean(2, depth, 1)),
        lambda depth: np.asarray(depth * (np.euler_gamma / -2))[None],
        exponent=1,
        widths=(512, 1024, 2048),
        variable="depths",
    )


# Contours


def _contour(profile: Profile, kind: str) -> Claim:
    orthogonal = kind == "orthogonal"
    band, other = (_FLAT, _LINEAR) if orthogonal else (_LINEAR, _FLAT)
    half = (0.4, 0.6)
    depths, widths = _CELLS["orthogonal" if orthogonal else profile.name]
    slopes = ContourSlopes(
        regression(4, 4, 1.5, 1.0, 4),
        kind,
        depths,
        widths,
        1.0,
        8,
        1 / 16,
        16,
        256 if profile.name == "full" else 96,
        thresholds_for((band, other, half)),
    )
    words = "does not depend on depth" if orthogonal else "is linear in depth"
    return Claim(
        f"dl.contour.{kind}",
        f"the width that {kind} nets need to train {words}: the slope of log m* against log L, m* the width at "
        "which half "
        f"of the nets bring their loss down 16-fold in 8 steps at the largest learning rate of Theorem 4.1, has "
        "its median "
        f"over batches of nets in [{band[0]:g}, {band[1]:g}]. No constants are published: open. Time and "
        "threshold were "
        "chosen in a pilot, so that both contours lie at widths that can be simulated",
        f"{PAPER}: abstract and section 6; the measurement: {EXTENSION}",
        (
            MedianBandCheck(
                slopes,
                band,
                "the slope",
                {f"slope in [{b[0]:g}, {b[1]:g}]": b for b in (other, half)},
            ),
            _sufficient(kind, depths),
        ),
        expectation=Expectation.OPEN,
    )


def _sufficient(kind: str, depths: tuple[int, int]) -> AgreementCheck:
    """What theory offers beside the measurement: how the widths that are enough grow, up to their constants."""
    problem = regression(4, 4, 1.5, 1.0, 4)
    known = (problem.singular_values, problem.target_norm, problem.out_dim, 0.5)

    def orthogonal() -> list[float]:
        widths = [float(deep_linear.required_width(*known)) for _ in depths]
        return [float(np.log(widths[1] / widths[0]) / np.log(depths[1] / depths[0]))]

    def gaussian() -> list[float]:
        widths = [float(deep_linear.gaussian_required_width(*known, depth)) for depth in depths]
        return [float(np.log(widths[1] / widths[0]) / np.log(depths[1] / depths[0]))]

    slopes = {"orthogonal": (0.0, orthogonal), "gaussian": (1.0, gaussian)}
    slope, widths = slopes.pop(kind)
    [(other, (_, wrong))] = slopes.items()
    return AgreementCheck(
        Kind.ORACLE,
        f"slope of the logarithm of the theorem's sufficient width, {kind} nets, against {slope:g}",
        lambda: [slope],
        widths,
        1e-12,
        {f"that of {other} nets": wrong},
    )
