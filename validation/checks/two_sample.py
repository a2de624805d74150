"""The two-sample check: two ways of simulating one law, by the Kolmogorov distance of two samples of equal size.

P(sup |F_n - G_n| > e) <= 2 exp(-n e^2) for two samples of one size n >= 458 (Wei & Dudley 2012): no limit theorem, and
no reference law that could itself be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment

__all__ = ["TwoSampleCheck", "critical_distance", "min_discrepancy", "min_replicates", "widened"]

_SMALLEST = 458  # of either sample, for Wei and Dudley's constant


def critical_distance(replicates: int, budget: Budget = BUDGET) -> float:
    """Distance that two samples of one law, of this size each, exceed with probability alpha at most.

    Examples
    --------
    >>> print(f"{critical_distance(1_000_000):.5f}")
    0.00455
    """
    return float(np.sqrt(np.log(2 / budget.alpha) / replicates))


def min_discrepancy(replicates: int, budget: Budget = BUDGET) -> float:
    """Distance between two laws that is refuted, missing it at most at the budget's rate (Hoeffding at one threshold).

    Examples
    --------
    >>> print(f"{min_discrepancy(1_000_000):.5f}")
    0.00827
    """
    return critical_distance(replicates, budget) + float(
        np.sqrt(np.log(1 / budget.miss_rate) / replicates)
    )


def min_replicates(distance: float, budget: Budget = BUDGET) -> int:
    """Replicates of each sample that resolve a distance between two laws.

    Examples
    --------
    >>> min_discrepancy(min_replicates(0.005)) <= 0.005
    True
    """
    return max(_SMALLEST, int(np.ceil((min_discrepancy(1, budget) / distance) ** 2)))


def widened(thresholds: NDArray[np.float64], depth: int, resolution: float) -> tuple[float, ...]:
    """Thresholds, and the same shifted as the planted errors of `TwoSampleCheck` need, for its second experiment.

    Examples
    --------
    >>> len(widened(np.array([0.0, 1.0]), 2, 0.005))
    6
    """
    shifted = [thresholds - shift for shift in (0.0, *_shifts(depth, resolution))]
    return tuple(float(t) for t in np.unique(np.concatenate(shifted)))


@dataclass(frozen=True)
class TwoSampleCheck:
    """Two experiments that should have one law of log(|x_L|/|x_0|).

    Parameters
    ----------
    first, second : Experiment
        Of equal size; the second keeps the counts at `widened` thresholds too.
    resolution : float
        Relative error of the weight variance of every layer that must be seen.
    """

    first: Experiment
    second: Experiment
    resolution: float = 0.005

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Both experiments."""
        return (self.first, self.second)

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute a second sample with variances too great and too small by the resolution."""
        thresholds = np.asarray(self.first.thresholds)
        one = samples[self.first].cdf(thresholds)

        def other(shift: float) -> NDArray[np.float64]:
            return samples[self.second].cdf(thresholds - shift)

        shifts = _shifts(len(self.first.widths) - 1, self.resolution)
        seen = min(float(np.max(np.abs(other(s) - other(0.0)))) for s in shifts)
        distance, decision = self._decide(one, other(0.0), seen)
        mutants = tuple(
            Mutant(f"variances x {1 + size:g}", size, self._decide(one, other(shift), seen)[1])
            for shift, size in zip(shifts, (self.resolution, -self.resolution), strict=True)
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=self._method(),
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=0.0,
            estimate=distance,
            replicates=self.first.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self.resolution * min_discrepancy(self.first.replicates) / seen,
            quantity="weight variance of every layer",
            p_value=min(1.0, float(2 * np.exp(-self.first.replicates * distance**2))),
        )

    def _decide(
        self, one: NDArray[np.float64], other: NDArray[np.float64], seen: float
    ) -> tuple[float, Decision]:
        distance = float(np.max(np.abs(one - other)))
        if distance > critical_distance(self.first.replicates):
            return distance, Decision.REFUTED
        resolves = min_discrepancy(self.first.replicates) <= seen
        return distance, Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE

    def _method(self) -> str:
        shape = "-".join(map(str, self.first.widths))
        return (
            f"Kolmogorov distance of log|x_L|/|x_0|, {self.first.method} against {self.second.method} draws, "
            f"widths {shape}, {self.first.activation.name}"
        )


def _shifts(depth: int, resolution: float) -> tuple[float, float]:
    """What a relative error +-resolution of each layer's variance adds to the log-norm."""
    return (depth / 2 * float(np.log1p(resolution)), depth / 2 * float(np.log1p(-resolution)))
