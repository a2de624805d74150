"""The exact-law check: a simulated distribution against an exact cdf, by finite-sample bounds.

The supremum is taken over a grid of thresholds, which can only lower it: the false-alarm rate of `kolmogorov` still
holds, and the power is computed on the same grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from validation.budget import BUDGET
from validation.checks import Samples, kolmogorov
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["Cdf", "ExactLawCheck"]

Cdf = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class ExactLawCheck:
    """The law of log(|x_L|/|x_0|) against an exact cdf, on the experiment's thresholds.

    Parameters
    ----------
    experiment : Simulation
        Must keep counts at thresholds.
    cdf : callable
        Exact cdf of log(|x_L|/|x_0|), an atom at -inf included.
    law : str
        What the cdf is, for the record.
    resolution : float
        Relative error of the weight variance that must be seen.
    rivals : mapping of str to callable
        Wrong laws that must be refuted.
    scaled : callable, optional
        Factor to the cdf at every weight variance times it. Default: log-norms shift by depth/2 times its logarithm.
    """

    experiment: Simulation
    cdf: Cdf
    law: str
    resolution: float = 0.005
    rivals: Mapping[str, Cdf] = field(default_factory=dict)
    scaled: Callable[[float], Cdf] | None = None

    @property
    def experiments(self) -> tuple[Simulation, ...]:
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
            detectable=self.resolution * kolmogorov.min_discrepancy(replicates) / seen,
            quantity="weight variance",
            p_value=kolmogorov.p_value(distance, replicates),
        )

    def _sides(self) -> dict[str, Cdf]:
        """The law's cdf at a weight variance (1 +- resolution) times too great."""
        factors = (1 + self.resolution, 1 - self.resolution)
        scaled = self.scaled or self._shifted
        return {f"variance x {f:g}": scaled(f) for f in factors}

    def _shifted(self, factor: float) -> Cdf:
        shift = self.experiment.depth / 2 * np.log(factor)
        return lambda thresholds: self.cdf(thresholds - shift)

    def _decide(
        self, empirical: NDArray[np.float64], claimed: Cdf, seen: float
    ) -> tuple[float, Decision]:
        distance = float(np.max(np.abs(empirical - claimed(self.thresholds))))
        return distance, kolmogorov.decide(distance, self.experiment.replicates, seen)

    def _method(self) -> str:
        return (
            f"Kolmogorov distance of log(|x_L|/|x_0|) to {self.law}, {self.experiment.description}"
        )
