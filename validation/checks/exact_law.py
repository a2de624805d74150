"""The exact-law check: a simulated distribution against an exact cdf, by the DKW inequality with Massart's constant.

P(sup |F_n - F| > e) <= 2 exp(-2 n e^2) at every n (Massart 1990): no limit theorem. The supremum is taken over a grid
of thresholds, which can only lower it: the false-alarm rate still holds, and the power is computed on the same grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment

__all__ = ["ExactLawCheck", "critical_distance", "min_discrepancy", "min_replicates"]

Cdf = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def critical_distance(replicates: int, budget: Budget = BUDGET) -> float:
    """Kolmogorov distance that iid replicates of the exact law exceed with probability alpha at most.

    Examples
    --------
    >>> print(f"{critical_distance(1_000_000):.5f}")
    0.00322
    """
    return float(np.sqrt(np.log(2 / budget.alpha) / (2 * replicates)))


def min_discrepancy(replicates: int, budget: Budget = BUDGET) -> float:
    """Kolmogorov distance between law and claim that is refuted, missing it at most at the budget's rate.

    The empirical cdf at the worst threshold falls short of the true one by more than sqrt(log(1/miss_rate)/(2n)) with
    probability miss_rate at most (Hoeffding).

    Examples
    --------
    >>> print(f"{min_discrepancy(1_000_000):.5f}")
    0.00585
    """
    slack = np.sqrt(np.log(1 / budget.miss_rate) / (2 * replicates))
    return critical_distance(replicates, budget) + float(slack)


def min_replicates(distance: float, budget: Budget = BUDGET) -> int:
    """Replicates that resolve a Kolmogorov distance.

    Examples
    --------
    >>> min_discrepancy(min_replicates(0.004)) <= 0.004
    True
    """
    return int(np.ceil((min_discrepancy(1, budget) / distance) ** 2))


@dataclass(frozen=True)
class ExactLawCheck:
    """The law of log(|x_L|/|x_0|) against an exact cdf, on the experiment's thresholds.

    Parameters
    ----------
    experiment : Experiment
        Must keep counts at thresholds.
    cdf : callable
        Exact cdf of log(|x_L|/|x_0|), an atom at -inf included.
    law : str
        What the cdf is, for the record.
    resolution : float
        Relative error of the weight variance that must be seen.
    rivals : mapping of str to callable
        Wrong laws that must be refuted.
    """

    experiment: Experiment
    cdf: Cdf
    law: str
    resolution: float = 0.005
    rivals: Mapping[str, Cdf] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The one experiment."""
        return (self.experiment,)

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """The experiment's thresholds."""
        return np.asarray(self.experiment.thresholds)

    def distance_of_resolution(self) -> float:
        """Kolmogorov distance, on the thresholds, that an error of the resolution makes: the smaller of both sides."""
        exact = self.cdf(self.thresholds)
        return min(
            float(np.max(np.abs(wrong(self.thresholds) - exact)))
            for wrong in self._sides().values()
        )

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the laws of a weight variance too great and too small by the resolution."""
        empirical = samples[self.experiment].cdf(self.thresholds)
        replicates, seen = self.experiment.replicates, self.distance_of_resolution()
        distance, decision = self._decide(empirical, self.cdf, seen)
        sizes = dict(zip(self._sides(), (self.resolution, -self.resolution), strict=True))
        mutants = tuple(
            Mutant(name, sizes.get(name), self._decide(empirical, wrong, seen)[1])
            for name, wrong in {**self._sides(), **self.rivals}.items()
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=self._method(),
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=0.0,
            estimate=distance,
            replicates=replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self.resolution * min_discrepancy(replicates) / seen,
            quantity="weight variance",
            p_value=min(1.0, float(2 * np.exp(-2 * replicates * distance**2))),
        )

    def _sides(self) -> dict[str, Cdf]:
        """The law's cdf at a weight variance (1 +- resolution) times too great: log-norms shift by half the log."""
        factors = (1 + self.resolution, 1 - self.resolution)
        return {f"variance x {f:g}": _shifted(self.cdf, np.log(f) / 2) for f in factors}

    def _decide(
        self, empirical: NDArray[np.float64], claimed: Cdf, seen: float
    ) -> tuple[float, Decision]:
        distance = float(np.max(np.abs(empirical - claimed(self.thresholds))))
        if distance > critical_distance(self.experiment.replicates):
            return distance, Decision.REFUTED
        resolves = min_discrepancy(self.experiment.replicates) <= seen
        return distance, Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE

    def _method(self) -> str:
        shape = " x ".join(map(str, reversed(self.experiment.widths)))
        return (
            f"Kolmogorov distance of log|x_1|/|x_0| to {self.law}, {self.experiment.method} draws, "
            f"{shape}, {self.experiment.activation.name}"
        )


def _shifted(cdf: Cdf, shift: float) -> Cdf:
    return lambda thresholds: cdf(thresholds - shift)
