"""The planted-sample check: two ways of simulating one law, and samples of planted errors in place of planted formulas.

For laws in which an error of a variance is no shift of the logarithm, so that the wrong law must be simulated too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.budget import BUDGET
from validation.checks import Samples, kolmogorov
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["PlantedSampleCheck"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlantedSampleCheck:
    """Two simulations that should have one law, on the first one's thresholds.

    Parameters
    ----------
    first, second : Simulation
        Of equal size and thresholds.
    planted : mapping of str to (float, Simulation)
        Relative size of an error of `quantity`, and the second simulation with it; of the same size and thresholds.
    resolution : float
        Relative error that must be seen.
    quantity : str
        Of what.
    rivals : mapping of str to Simulation
        Other wrong samples that must be refuted.
    """

    first: Simulation
    second: Simulation
    planted: Mapping[str, tuple[float, Simulation]]
    resolution: float
    quantity: str
    rivals: Mapping[str, Simulation]

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The two, and those of the planted errors."""
        wrong = (simulation for _, simulation in self.planted.values())
        return (self.first, self.second, *wrong, *self.rivals.values())

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the planted samples."""
        thresholds = np.asarray(self.first.thresholds)
        cdf = {s: samples[s].cdf(thresholds) for s in self.experiments}
        one, two = cdf[self.first], cdf[self.second]
        seen = min(self._surely_seen(cdf[s], two) for _, s in self.planted.values())
        distance, decision = self._decide(one, two, seen)
        wrong = {**self.planted, **{name: (None, s) for name, s in self.rivals.items()}}
        mutants = tuple(
            Mutant(name, size, self._decide(one, cdf[s], seen)[1])
            for name, (size, s) in wrong.items()
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"Kolmogorov distance of log|x|: {self.first.description}; against {self.second.description}",
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=0.0,
            estimate=distance,
            replicates=self.first.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self.resolution * kolmogorov.min_discrepancy(self._size) / max(seen, 1e-300),
            quantity=self.quantity,
            p_value=kolmogorov.p_value(distance, self._size),
        )

    @property
    def _size(self) -> float:
        """The effective sample size of two samples."""
        return self.first.replicates / 2

    def _surely_seen(self, wrong: _Array, right: _Array) -> float:
        """Distance that the planted error makes at least: the samples' own, less its sampling error."""
        spread = (wrong * (1 - wrong) + right * (1 - right)) / self.second.replicates
        return float(np.max(np.abs(wrong - right) - BUDGET.critical * np.sqrt(spread)))

    def _decide(self, one: _Array, other: _Array, seen: float) -> tuple[float, Decision]:
        distance = float(np.max(np.abs(one - other)))
        return distance, kolmogorov.decide(distance, self._size, seen)
