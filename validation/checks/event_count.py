"""The event-count check: how many replicates exceed a threshold, against an exact probability, on both sides.

As the tail-count check, for events whose probability no weight variance moves: errors are relative to the probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from validation.budget import BUDGET
from validation.checks import Samples
from validation.checks.tail_count import min_replicates, p_value, power
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["EventCountCheck", "size_for"]


def size_for(probability: float, resolution: float) -> int:
    """Replicates that resolve a relative error of the probability on both sides.

    Parameters
    ----------
    probability : float
        In (0, 1).
    resolution : float
        Relative; (1 + resolution) probability must be below 1.

    Returns
    -------
    int

    Examples
    --------
    >>> size_for(0.5, 0.1) < size_for(0.5, 0.05) < size_for(0.1, 0.05)
    True
    """
    sides = (probability * (1 + side * resolution) for side in (1, -1))
    return max(min_replicates(claimed, probability) for claimed in sides)


@dataclass(frozen=True)
class EventCountCheck:
    """P(log value <= threshold) against an exact probability.

    Parameters
    ----------
    experiment : Simulation
        Must keep the count at the threshold.
    threshold : float
        Of the logarithm.
    probability : float
        Claimed.
    event : str
        What staying at or below the threshold means, for the record.
    resolution : float
        Relative error of the probability that must be seen.
    rivals : mapping of str to float
        Other probabilities that must be refuted.
    """

    experiment: Simulation
    threshold: float
    probability: float
    event: str
    resolution: float = 0.005
    rivals: Mapping[str, float] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Count, and refute probabilities that are off by the resolution."""
        replicates = self.experiment.replicates
        share = float(samples[self.experiment].cdf(np.array([self.threshold]))[0])
        count = round(share * replicates)
        resolves = self._resolves(self.resolution)
        mutants = tuple(
            Mutant(name, wrong / self.probability - 1, self._decide(count, wrong, resolves))
            for name, wrong in {**self._sides(self.resolution), **self.rivals}.items()
        )
        spread = self.probability * (1 - self.probability) / replicates
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"count of networks where {self.event}, {self.experiment.description}",
            decision=guarded(self._decide(count, self.probability, resolves), mutants),
            mutants=mutants,
            expected=self.probability,
            estimate=share,
            standard_error=float(np.sqrt(spread)),
            replicates=replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self._detectable(),
            quantity="probability",
            p_value=p_value(count, replicates, self.probability),
        )

    def _sides(self, size: float) -> dict[str, float]:
        factors = (1 + size, 1 - size)
        return {f"probability x {f:g}": min(1.0, f * self.probability) for f in factors}

    def _resolves(self, size: float) -> bool:
        replicates = self.experiment.replicates
        powers = (
            power(replicates, wrong, self.probability) for wrong in self._sides(size).values()
        )
        return all(p >= 1 - BUDGET.miss_rate for p in powers)

    def _decide(self, count: int, claimed: float, resolves: bool) -> Decision:
        if p_value(count, self.experiment.replicates, claimed) < BUDGET.alpha:
            return Decision.REFUTED
        return Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE

    def _detectable(self) -> float:
        """Smallest relative error of the probability that is resolved, by bisection to 0.1 %."""
        low, high = 0.0, 0.9
        while high - low > 1e-3 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self._resolves(middle) else (middle, high)
        return high
