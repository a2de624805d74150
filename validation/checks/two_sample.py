"""The two-sample check: two ways of simulating one law, with no reference law that could itself be wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.budget import BUDGET, Budget
from validation.checks import Samples, kolmogorov
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment

__all__ = ["TwoSampleCheck", "min_replicates", "widened"]

_SMALLEST = 458  # for Wei and Dudley's constant


def min_replicates(distance: float, budget: Budget = BUDGET) -> int:
    """Replicates of each sample that resolve a distance between two laws.

    Parameters
    ----------
    distance : float
        In (0, 1].
    budget : Budget
        Error rates.

    Returns
    -------
    int
        458 at least.

    Examples
    --------
    >>> min_replicates(0.9)
    458
    """
    return max(_SMALLEST, 2 * kolmogorov.min_size(distance, budget))


def widened(thresholds: NDArray[np.float64], depth: int, resolution: float) -> tuple[float, ...]:
    """Thresholds, and the same shifted as the planted errors of `TwoSampleCheck` need, for its second experiment.

    Parameters
    ----------
    thresholds : ndarray
        The first experiment's.
    depth : int
        Layers, each of whose variances is off in the planted errors.
    resolution : float
        By how much, relatively.

    Returns
    -------
    tuple of float
        Increasing.

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
        seen = min(self._surely_seen(np.abs(other(s) - other(0.0))) for s in shifts)
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
            detectable=self.resolution * kolmogorov.min_discrepancy(self._size) / max(seen, 1e-300),
            quantity="weight variance of every layer",
            p_value=kolmogorov.p_value(distance, self._size),
        )

    @property
    def _size(self) -> float:
        """The effective sample size of two samples."""
        return self.first.replicates / 2

    def _surely_seen(self, difference: NDArray[np.float64]) -> float:
        """Distance that the planted error makes at least: the sample's own estimate, less its sampling error.

        The difference at a threshold is the share of networks between two values, so its variance is binomial.
        """
        error = np.sqrt(difference * (1 - difference) / self.second.replicates)
        return float(np.max(difference - BUDGET.critical * error))

    def _decide(
        self, one: NDArray[np.float64], other: NDArray[np.float64], seen: float
    ) -> tuple[float, Decision]:
        distance = float(np.max(np.abs(one - other)))
        return distance, kolmogorov.decide(distance, self._size, seen)

    def _method(self) -> str:
        shape = "-".join(map(str, self.first.widths))
        return (
            f"Kolmogorov distance of log|x_L|/|x_0|, {self.first.method} against {self.second.method} draws, "
            f"widths {shape}, {self.first.activation.name}"
        )


def _shifts(depth: int, resolution: float) -> tuple[float, float]:
    """What a relative error +-resolution of each layer's variance adds to the log-norm."""
    return (depth / 2 * float(np.log1p(resolution)), depth / 2 * float(np.log1p(-resolution)))
