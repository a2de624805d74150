"""The tail-count check: how many networks exceed a threshold, against the exact probability, by the binomial law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["TailCountCheck", "min_replicates", "p_value", "power"]


def p_value(count: int, replicates: int, probability: float) -> float:
    """Two-sided exact binomial p-value: twice the smaller tail.

    Parameters
    ----------
    count, replicates : int
        Successes and trials.
    probability : float
        Claimed.

    Returns
    -------
    float

    Examples
    --------
    >>> p_value(0, 10, 0.5)
    0.001953125
    """
    tails = (
        binom.cdf(count, replicates, probability),
        binom.sf(count - 1, replicates, probability),
    )
    return min(1.0, 2 * float(min(tails)))


def power(replicates: int, claimed: float, true: float, budget: Budget = BUDGET) -> float:
    """Probability that a sample of the true law refutes the claimed probability, exactly.

    Parameters
    ----------
    replicates : int
        Trials.
    claimed, true : float
        Probabilities of success.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> 0.999 < power(100_000, 0.1, 0.12) <= 1
    True
    """
    highest_low = binom.ppf(budget.alpha / 2, replicates, claimed) - 1
    lowest_high = binom.isf(budget.alpha / 2, replicates, claimed) + 1
    refuted_low = binom.cdf(highest_low, replicates, true)
    return float(refuted_low + binom.sf(lowest_high - 1, replicates, true))


def min_replicates(claimed: float, true: float, budget: Budget = BUDGET) -> int:
    """Replicates at which the power is at least 1 - miss_rate.

    Starts from the normal approximation and grows by 2 % until the exact binomial power suffices.

    Parameters
    ----------
    claimed, true : float
        Probabilities of success.
    budget : Budget
        Error rates.

    Returns
    -------
    int

    Examples
    --------
    >>> n = min_replicates(0.1, 0.101)
    >>> power(n, 0.1, 0.101) >= 1 - 1e-6
    True
    """
    spread = budget.critical * np.sqrt(claimed * (1 - claimed))
    spread += (budget.reach - budget.critical) * np.sqrt(true * (1 - true))
    replicates = int((spread / (true - claimed)) ** 2) + 10
    while power(replicates, claimed, true, budget) < 1 - budget.miss_rate:
        replicates += replicates // 50 + 1
    return replicates


@dataclass(frozen=True)
class TailCountCheck:
    """P(log(|x_L|/|x_0|) > threshold) against the exact tail probability.

    Parameters
    ----------
    experiment : Simulation
        Must keep the count at the threshold.
    threshold : float
        Of the log-ratio of norms.
    tail : callable
        Exact P(log ratio > threshold).
    resolution : float
        Relative error of the weight variance that must be seen.
    scaled : callable, optional
        Factor to the tail probability at every weight variance times it. Default: log-norms shift by depth/2 times its
        logarithm.
    """

    experiment: Simulation
    threshold: float
    tail: Callable[[float], float]
    resolution: float = 0.005
    scaled: Callable[[float], float] | None = None

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    def claims(self, size: float) -> dict[str, float]:
        """Tail probabilities of the planted errors: weight variance too great and too small by a relative size."""
        factors = (1 + size, 1 - size)
        scaled = self.scaled or self._shifted
        return {f"variance x {f:g}": scaled(f) for f in factors}

    def _shifted(self, factor: float) -> float:
        return self.tail(self.threshold - self.experiment.depth / 2 * float(np.log(factor)))

    def resolves(self, size: float) -> bool:
        """Whether an error of this size is refuted on both sides, missing it at most at the budget's rate: exactly."""
        exact, replicates = self.tail(self.threshold), self.experiment.replicates
        powers = (power(replicates, wrong, exact) for wrong in self.claims(size).values())
        return all(p >= 1 - BUDGET.miss_rate for p in powers)

    def judge(self, samples: Samples) -> Evidence:
        """Count, and refute the tails of the planted errors."""
        replicates, exact = self.experiment.replicates, self.tail(self.threshold)
        below = samples[self.experiment].cdf(np.array([self.threshold]))[0]
        count = replicates - round(float(below) * replicates)
        resolves = self.resolves(self.resolution)
        mutants = tuple(
            Mutant(name, size, self._decide(count, wrong, resolves))
            for (name, wrong), size in zip(
                self.claims(self.resolution).items(),
                (self.resolution, -self.resolution),
                strict=True,
            )
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=self._method(),
            decision=guarded(self._decide(count, exact, resolves), mutants),
            mutants=mutants,
            expected=exact,
            estimate=count / replicates,
            standard_error=float(np.sqrt(exact * (1 - exact) / replicates)),
            replicates=replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self._detectable(),
            quantity="weight variance",
            p_value=p_value(count, replicates, exact),
        )

    def _decide(self, count: int, claimed: float, resolves: bool) -> Decision:
        if p_value(count, self.experiment.replicates, claimed) < BUDGET.alpha:
            return Decision.REFUTED
        return Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE

    def _detectable(self) -> float:
        """Smallest relative error of the variance that the count resolves, by bisection to 0.1 %."""
        low, high = 0.0, 0.9
        while high - low > 1e-3 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self.resolves(middle) else (middle, high)
        return high

    def _method(self) -> str:
        return (
            f"count of log(|x_L|/|x_0|) > {self.threshold:.4g} against the exact tail, "
            f"{self.experiment.description}"
        )
