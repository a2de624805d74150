"""The stationary-mean check: the mean of a monotone function of a stationary chain, bracketed by two coupled starts.

Started at 0 and far above, the two chains' means lie on either side of the stationary one, but for the slack where the
stationary chain may start farther still; how far they are apart is measured. Both cost power only. The central limit
theorem as in `validation.checks.mean`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from scipy.special import ndtr

from validation.budget import BUDGET, Budget
from validation.chains import Chains
from validation.checks import Samples
from validation.checks.mean import MeanSample, decide, min_discrepancy
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Summary, sample_moments

__all__ = ["StationaryMeanCheck", "bracketed"]


def bracketed(
    low: MeanSample,
    high: MeanSample,
    expected: float,
    resolution: float,
    budget: Budget = BUDGET,
    slack: float = 0.0,
) -> tuple[Decision, float]:
    """Decide whether a mean is `expected`, from one sample whose mean is at most that and one at least.

    Parameters
    ----------
    low, high : MeanSample
        Of coupled chains.
    expected : float
        The theory's mean.
    resolution : float
        Absolute error that the check declares to see.
    budget : Budget
        Error rates.
    slack : float
        By how much the samples' means may fail to bracket it.

    Returns
    -------
    decision : Decision
        `inconclusive` where the samples are too small, or too far apart.
    p_value : float
        Twice the smaller tail.

    Examples
    --------
    >>> sample = MeanSample(1_000_000, 1.0, 1.0, 1.0)
    >>> bracketed(sample, sample, 1.0, 0.02)[0], bracketed(sample, sample, 1.02, 0.02)[0]
    (<Decision.CONSISTENT: 'consistent'>, <Decision.REFUTED: 'refuted'>)
    """
    over = (low.mean - slack - expected) / low.standard_error
    under = (expected - high.mean - slack) / high.standard_error
    p_value = min(1.0, 2 * float(ndtr(-max(over, under))))
    if not all(decide(sample, sample.mean, inf, budget)[0].supports for sample in (low, high)):
        return Decision.INCONCLUSIVE, p_value  # too skewed for the normal law
    if p_value < budget.alpha:
        return Decision.REFUTED, p_value
    seen = _reach(low, high, budget, slack) <= resolution
    return (Decision.CONSISTENT if seen else Decision.INCONCLUSIVE), p_value


def _reach(low: MeanSample, high: MeanSample, budget: Budget, slack: float) -> float:
    """Smallest absolute error that is refuted, whichever side it is on."""
    apart = high.mean - low.mean + slack
    return apart + max(min_discrepancy(sample, budget) for sample in (low, high))


@dataclass(frozen=True)
class StationaryMeanCheck:
    """E f(R) of the stationary law against a closed form.

    Parameters
    ----------
    experiment : Chains
        From 0 and from a start above; must keep the sums.
    order : float or None
        f(R) = |x|^order; None for the experiment's increment.
    expected : float
        The theory's value.
    planted : mapping of str to (float, float)
        Relative size of an error of `quantity` and the value with it: both sides of the resolution at least.
    resolution : float
        Relative error that must be seen.
    quantity : str
        Of what.
    rivals : mapping of str to float
        Other values that must be refuted.
    slack : float
        By how much the chains' means may fail to bracket the stationary one.
    """

    experiment: Chains
    order: float | None
    expected: float
    planted: Mapping[str, tuple[float, float]]
    resolution: float
    quantity: str = "weight variance"
    rivals: Mapping[str, float] = field(default_factory=dict)
    slack: float = 0.0

    @property
    def experiments(self) -> tuple[Chains, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the values of the planted errors."""
        low, high = self._samples(samples[self.experiment])
        absolute = min(abs(value - self.expected) for _, value in self.planted.values())
        decision, p_value = self._decide(low, high, self.expected, absolute)
        wrong = {**self.planted, **{name: (None, value) for name, value in self.rivals.items()}}
        mutants = tuple(
            Mutant(name, size, self._decide(low, high, value, absolute)[0])
            for name, (size, value) in wrong.items()
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"{self._mean}; coupled means {high.mean - low.mean:.1e} apart, {self.experiment.description}",
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=self.expected,
            estimate=low.mean,
            standard_error=low.standard_error,
            replicates=low.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self.resolution * _reach(low, high, BUDGET, self.slack) / absolute,
            quantity=self.quantity,
            p_value=p_value,
        )

    def _decide(
        self, low: MeanSample, high: MeanSample, claimed: float, absolute: float
    ) -> tuple[Decision, float]:
        return bracketed(low, high, claimed, absolute, slack=self.slack)

    @property
    def _mean(self) -> str:
        if self.order is not None:
            return f"mean of |x_k|^{self.order:g}"
        shift, power = self.experiment.increment or (0.0, 0.0)
        return f"mean of (R + {shift:.4g})^{power:g} - R^{power:g}"

    def _samples(self, summary: Summary) -> tuple[MeanSample, ...]:
        """The two chains' samples, the one with the smaller mean first: f may decrease."""
        samples = (self._sample(summary, suffix) for suffix in ("", "_above"))
        return tuple(sorted(samples, key=lambda sample: sample.mean))

    def _sample(self, summary: Summary, suffix: str) -> MeanSample:
        size = self.experiment.replicates
        sums: Any = (
            summary.arrays[f"increment_sums{suffix}"]
            if self.order is None
            else summary.arrays[f"sums{suffix}"][self.experiment.orders.index(self.order)]
        )
        return MeanSample(size, *sample_moments(size, *sums))
