"""The mean-bound check: a mean does not exceed a bound, or does not fall below one, by the central limit theorem.

One-sided: it says nothing of how far the bound is from the mean, so the evidence reports both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, log
from typing import Literal

from scipy.special import ndtr, ndtri

from validation.budget import BUDGET, Budget
from validation.checks import Samples, mean
from validation.checks.mean import MeanSample
from validation.checks.observable_mean import rates, step_error
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.observables import Observed, combination, halving_change
from validation.simulation import Summary

__all__ = ["MeanBoundCheck", "decide", "min_excess"]


def min_excess(sample: MeanSample, slack: float = 0.0, budget: Budget = BUDGET) -> float:
    """Smallest excess of the mean over the bound that is refuted, missing it at most at the budget's rate.

    Parameters
    ----------
    sample : MeanSample
        The measured moments.
    slack : float
        Systematic error of the sample's mean, at most.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{min_excess(MeanSample(10_000, 0.0, 1.0, 0.0)):.4f}")
    0.1064
    """
    quantiles = -float(ndtri(budget.alpha)) - float(ndtri(budget.miss_rate))
    return quantiles * sample.standard_error + 2 * slack


def decide(
    sample: MeanSample, bound: float, resolution: float, slack: float = 0.0, budget: Budget = BUDGET
) -> tuple[Decision, float]:
    """Decide whether the sample's mean is at most `bound`, and return the one-sided p-value.

    Parameters
    ----------
    sample : MeanSample
        The measured moments.
    bound : float
        Claimed upper bound.
    resolution : float
        Absolute excess that the check declares to see.
    slack : float
        Systematic error of the sample's mean, at most.
    budget : Budget
        Error rates.

    Returns
    -------
    decision : Decision
        `inconclusive` where the sample is too small for the normal law or for the resolution.
    p_value : float

    Examples
    --------
    >>> sample = MeanSample(1_000_000, 1.0, 1.0, 1.0)
    >>> [str(decide(sample, bound, 0.02)[0]) for bound in (2.0, 1.0, 0.98)]
    ['consistent', 'consistent', 'refuted']
    """
    p_value = float(ndtr(-(sample.mean - slack - bound) / sample.standard_error))
    if mean.decide(sample, sample.mean, inf, budget)[0] is not Decision.CONSISTENT:
        return Decision.INCONCLUSIVE, p_value  # too skewed for the normal law
    if p_value < budget.alpha:
        return Decision.REFUTED, p_value
    seen = min_excess(sample, slack, budget) <= resolution
    return (Decision.CONSISTENT if seen else Decision.INCONCLUSIVE), p_value


@dataclass(frozen=True)
class MeanBoundCheck:
    """E[sum of weights times observables] <= bound + coefficient log E[observable], or >=.

    Parameters
    ----------
    experiment : Observed
        Must keep the observables.
    weights : mapping of str to float
        The combination.
    bound : float
        What does not depend on the sample.
    name : str
        What is bounded by what, for the record.
    scale : float
        > 0; what the resolution is relative to.
    resolution : float
        Excess over the bound, relative to the scale, that must be seen.
    side : {"upper", "lower"}
        Which bound it is.
    logarithm : tuple of (str, float), optional
        Observable and coefficient of the logarithm of a mean that the bound contains.
    rivals : mapping of str to float
        Wrong values of `bound` that must be refuted.
    wrong_coefficients : mapping of str to (float, float)
        Wrong values of `bound` and of the logarithm's coefficient that must be refuted.
    record : int
        Which of the recorded times.
    offset : float
        Bound on a systematic error of the combination's mean that is known beforehand: a law not quite stationary yet.
    """

    experiment: Observed
    weights: Mapping[str, float]
    bound: float
    name: str
    scale: float
    resolution: float = 0.02
    side: Literal["upper", "lower"] = "upper"
    logarithm: tuple[str, float] | None = None
    rivals: Mapping[str, float] = field(default_factory=dict)
    wrong_coefficients: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    record: int = 0
    offset: float = 0.0

    @property
    def experiments(self) -> tuple[Observed, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Compare; refute a bound that the mean exceeds by the resolution, and the wrong ones."""
        summary = samples[self.experiment]
        coefficient = self.logarithm[1] if self.logarithm else 0.0
        sample, slack, budget = self._sample(summary, coefficient)
        seen, sign = self.resolution * self.scale, self._sign
        decision, p_value = decide(sample, sign * self.bound, seen, slack, budget)
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"{self.name}, {self.experiment.description}; systematic error below "
            f"{slack / self.scale:.1e} of {self.scale:.4g}",
            decision=guarded(decision, mutants := self._mutants(summary, sample, slack, budget)),
            mutants=mutants,
            expected=self.bound,
            estimate=sign * sample.mean,
            standard_error=sample.standard_error,
            replicates=sample.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=min_excess(sample, slack, budget) / self.scale,
            quantity=f"excess over the bound, in units of {self.scale:.4g}",
            p_value=p_value,
        )

    @property
    def _sign(self) -> int:
        """A lower bound is an upper one of minus the mean."""
        return 1 if self.side == "upper" else -1

    def _sample(self, summary: Summary, coefficient: float) -> tuple[MeanSample, float, Budget]:
        """Sample of what must not exceed the bound, its systematic error and the error rates.

        The logarithm is linearised about the sample's own mean m; by concavity log E y <= log m + E y/m - 1, and the
        remainder is at most e^2/(2 - 2e), e the relative error of m: one more random number that shares the slot.
        """
        weights, constant, remainder = dict(self.weights), 0.0, 0.0
        halved = halving_change(summary, weights, self.record)
        budget = rates(halved, others=int(bool(self.logarithm)))
        if self.logarithm and coefficient:
            name = self.logarithm[0]
            measured = combination(summary, {name: 1.0}, self.record)
            weights[name] = weights.get(name, 0.0) - coefficient / measured.mean
            constant = coefficient * (1 - log(measured.mean))
            error = budget.critical * measured.standard_error / measured.mean
            remainder = abs(coefficient) * error**2 / (2 - 2 * error) if error < 1 else inf
        weights = {name: self._sign * weight for name, weight in weights.items()}
        change = halving_change(summary, weights, self.record)
        sample = combination(summary, {**weights, "1": self._sign * constant}, self.record)
        return sample, self.offset + remainder + step_error(change, budget), budget

    def _mutants(
        self, summary: Summary, sample: MeanSample, slack: float, budget: Budget
    ) -> tuple[Mutant, ...]:
        seen, sign = self.resolution * self.scale, self._sign
        below = decide(sample, sample.mean - seen, seen, slack, budget)[0]
        planted = [Mutant(f"the mean beyond its bound by {seen:.3g}", self.resolution, below)]
        for name, bound in self.rivals.items():
            decision = decide(sample, sign * bound, seen, slack, budget)[0]
            planted.append(Mutant(name, None, decision))
        for name, (bound, coefficient) in self.wrong_coefficients.items():
            other, error, _ = self._sample(summary, coefficient)
            decision = decide(other, sign * bound, seen, error, budget)[0]
            planted.append(Mutant(name, None, decision))
        return tuple(planted)
