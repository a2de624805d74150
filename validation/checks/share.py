"""The share check: at least a stated share of replicates exceeds a threshold, by the exact binomial law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["ShareCheck", "decide", "min_replicates", "resolves"]


def decide(
    count: int, replicates: int, share: float, resolution: float, budget: Budget = BUDGET
) -> tuple[Decision, float]:
    """Decide whether the true share is `share` at least, and return the one-sided exact p-value.

    Parameters
    ----------
    count, replicates : int
        Successes and trials.
    share : float
        Claimed lower bound.
    resolution : float
        Relative shortfall of the share that the check declares to see.
    budget : Budget
        Error rates.

    Returns
    -------
    decision : Decision
        `inconclusive` where the sample is too small for the resolution.
    p_value : float

    Examples
    --------
    >>> decide(0, 200, 0.5, 0.8)[0], decide(120, 200, 0.5, 0.8)[0], decide(20, 30, 0.5, 0.8)[0]
    (<Decision.REFUTED: 'refuted'>, <Decision.CONSISTENT: 'consistent'>, <Decision.INCONCLUSIVE: 'inconclusive'>)
    """
    p_value = float(binom.cdf(count, replicates, share))
    if p_value < budget.alpha:
        return Decision.REFUTED, p_value
    seen = resolves(replicates, share, resolution, budget)
    return (Decision.CONSISTENT if seen else Decision.INCONCLUSIVE), p_value


def resolves(replicates: int, share: float, resolution: float, budget: Budget = BUDGET) -> bool:
    """Whether a true share of (1 - resolution) times the claimed one is refuted, missing it at the budget's rate.

    Parameters
    ----------
    replicates : int
        Trials.
    share : float
        Claimed lower bound.
    resolution : float
        Relative shortfall.
    budget : Budget
        Error rates.

    Returns
    -------
    bool

    Examples
    --------
    >>> resolves(100, 0.5, 0.8), resolves(200, 0.5, 0.8)
    (False, True)
    """
    count = _planted(replicates, share * (1 - resolution), budget)
    return bool(binom.cdf(count, replicates, share) < budget.alpha)


def min_replicates(share: float, resolution: float, budget: Budget = BUDGET) -> int:
    """Replicates that resolve a relative shortfall of the share, at most 2 % more than needed.

    Parameters
    ----------
    share : float
        Claimed lower bound.
    resolution : float
        Relative shortfall that must be seen.
    budget : Budget
        Error rates.

    Returns
    -------
    int

    Examples
    --------
    >>> resolves(min_replicates(0.5, 0.8), 0.5, 0.8)
    True
    """
    replicates = 10
    while not resolves(replicates, share, resolution, budget):
        replicates += replicates // 50 + 1
    return replicates


@dataclass(frozen=True)
class ShareCheck:
    """P(log value > threshold) is at least a stated share.

    A one-sided claim has errors on one side only: the planted one is a sample of too small a share.

    Parameters
    ----------
    experiment : Simulation
        Must keep the count at the threshold.
    threshold : float
        Of the logarithm.
    share : float
        Claimed lower bound.
    event : str
        What exceeding the threshold means, for the record.
    resolution : float
        Relative shortfall of the share that must be seen.
    """

    experiment: Simulation
    threshold: float
    share: float
    event: str
    resolution: float

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Count, and refute the count of a sample whose true share falls short by the resolution."""
        replicates = self.experiment.replicates
        below = samples[self.experiment].cdf(np.array([self.threshold]))[0]
        count = replicates - round(float(below) * replicates)
        decision, p_value = decide(count, replicates, self.share, self.resolution)
        mutants = (self._short_sample(),)
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"share of replicates where {self.event}, {self.experiment.description}",
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=self.share,
            estimate=count / replicates,
            standard_error=float(np.sqrt(self.share * (1 - self.share) / replicates)),
            replicates=replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self._detectable(),
            quantity="share",
            p_value=p_value,
        )

    def _short_sample(self) -> Mutant:
        replicates = self.experiment.replicates
        count = _planted(replicates, self.share * (1 - self.resolution), BUDGET)
        decision, _ = decide(count, replicates, self.share, self.resolution)
        name = f"a sample of true share {self.share * (1 - self.resolution):g}"
        return Mutant(name, -self.resolution, decision)

    def _detectable(self) -> float:
        """Smallest relative shortfall that is resolved, by bisection to 0.1 %."""
        low, high = 0.0, 1.0
        while high - low > 1e-3 * high:
            middle = (low + high) / 2
            seen = resolves(self.experiment.replicates, self.share, middle)
            low, high = (low, middle) if seen else (middle, high)
        return high


def _planted(replicates: int, share: float, budget: Budget) -> int:
    """The count that a sample of this true share exceeds with probability miss_rate at most."""
    return int(binom.isf(budget.miss_rate, replicates, share))
