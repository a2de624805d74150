"""The claim on the sampler of orthogonal matrices: they are Haar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath as mp
import numpy as np
from numpy.typing import NDArray

from numerics.haar import haar
from validation.checks.agreement import AgreementCheck
from validation.checks.event_count import EventCountCheck, size_for
from validation.checks.observable_mean import ObservableMeanCheck
from validation.checks.planted_simulation import PlantedSimulationCheck
from validation.claim import Claim, Profile
from validation.claims.deep_linear_common import EXTENSION
from validation.claims.kl_bound_common import resolution, sized
from validation.deep_linear_haar import Eigenangles, HaarMatrices
from validation.evidence import Kind

__all__ = ["claims"]

_Array = NDArray[np.float64]


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claim.

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
    ['dl.haar']
    """
    yield _haar(profile)


def _haar(profile: Profile) -> Claim:
    size, sees = 3, resolution(profile)
    cut = 0.5  # Q_11 is uniform on [-1, 1] at m = 3
    replicates = max(sized(1.42, 2.9, sees), size_for(cut, sees))
    matrices = HaarMatrices(size, replicates, True, (float(np.log(cut)),))
    wrong = HaarMatrices(size, replicates, False, (float(np.log(cut)),))

    def mean(weights: dict[str, float], expected: float, name: str, **rivals: float) -> Any:
        check = ObservableMeanCheck(matrices, weights, expected, name, sees, rivals)
        return PlantedSimulationCheck(check, {"QR without its signs": {"experiment": wrong}})

    normal = float(mp.erf(cut * mp.sqrt(size / 2)))
    entries = EventCountCheck(
        matrices, float(np.log(cut)), cut, "|Q_11| <= 1/2", sees, {"normal entries": normal}
    )
    square = ObservableMeanCheck(
        matrices, {"Q_11^2": 1.0}, 1 / size, "Q_11^2", sees, {"1": 1.0, "1/(m-1)": 1 / (size - 1)}
    )
    return Claim(
        "dl.haar",
        "the sampler's orthogonal matrices are Haar: E (tr Q)^2 = 1, E tr(Q^2) = 1, E Q_11 = 0, E Q_11^2 = 1/m, and at "
        "m = 3 P(|Q_11| <= 1/2) = 1/2, Q_11 being uniform on [-1, 1], and the angle of the rotation det(Q) Q has the "
        "density (1 - cos theta)/pi: mean pi/2 + 2/pi, P(theta <= 2 pi/3) = 2/3 - sqrt(3)/(2 pi). Judged at "
        "m = 3, where a QR without the correction of signs is refuted; orthogonality itself at five sizes to 64 x 64",
        EXTENSION,
        (
            mean({"(tr Q)^2": 1.0}, 1.0, "(tr Q)^2", uncorrected=0.5),
            mean({"tr Q^2": 1.0}, 1.0, "tr Q^2", none=1e-9),
            mean({"Q_11": 1.0, "1": 1.0}, 1.0, "1 + Q_11", negative=0.5),
            square,
            entries,
            *_eigenangle(sees),
            _orthogonality(),
        ),
    )


def _eigenangle(sees: float) -> tuple[PlantedSimulationCheck, ...]:
    """By Weyl's density on SO(3), (1 - cos theta)/pi on [0, pi]: the mean, and the share with det(Q) tr Q >= 0."""
    mean, share = np.pi / 2 + 2 / np.pi, 2 / 3 - 3**0.5 / (2 * np.pi)
    cut = float(np.log(2 * np.pi / 3))
    replicates = max(sized(0.3, -0.61, sees), size_for(share, sees))
    angles = Eigenangles(replicates, True, (cut,))
    checks = (
        ObservableMeanCheck(
            angles, {"theta": 1.0}, mean, "theta", sees, {"uniform angle": np.pi / 2}
        ),
        EventCountCheck(angles, cut, share, "theta <= 2 pi/3", sees, {"uniform angle": 2 / 3}),
    )
    wrong = {"QR without its signs": {"experiment": Eigenangles(replicates, False, (cut,))}}
    return tuple(PlantedSimulationCheck(check, wrong) for check in checks)


def _orthogonality() -> AgreementCheck:
    def defects(corrected: bool, scale: float = 1.0) -> _Array:
        found = []
        for rows, columns in ((1, 1), (3, 3), (40, 7), (7, 40), (64, 64)):
            rng = np.random.default_rng(rows + columns)
            [q] = haar(rows=rows, columns=columns, batch=1, rng=rng, corrected=corrected)
            q = q if rows >= columns else q.T
            found.append(float(np.abs(scale * q.T @ q - np.eye(min(rows, columns))).max()))
        return np.array(found)

    return AgreementCheck(
        Kind.ORACLE,
        "|Q^T Q - I| of tall, wide and square matrices against 0",
        lambda: np.zeros(5),
        lambda: defects(True),
        1e-13,
        {"scaled by 1.001": lambda: defects(True, 1.001)},
    )
