"""The observable-mean check: the mean of a combination of observables against the theory's value, on both sides.

By the central limit theorem as in `validation.checks.mean`. Where the simulation steps through time, what the step
changes is measured on the same paths at half the step; it counts against the check, never for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.checks.mean import MeanSample, decide, min_discrepancy
from validation.evidence import Evidence, Kind, Mutant, guarded
from validation.observables import Observed, combination, halving_change

__all__ = ["ObservableMeanCheck", "rates", "step_error"]

_CHANGE_FACTOR = 100  # replicates per squared skewness of a change for its bound to be trusted


def step_error(change: MeanSample | None, budget: Budget = BUDGET) -> float:
    """Bound on the systematic error of a mean at the finer of two steps, from its measured change.

    Parameters
    ----------
    change : MeanSample or None
        From a step to half of it, on the same paths; None for a simulation without such an error.
    budget : Budget
        Error rates.

    Returns
    -------
    float
        For a method of order one at least the finer step's error is at most the change (for order two, a third of it);
        the change's own sampling error is added. Infinite where the change rests on a few chains alone.

    Notes
    -----
    Changes can be skewed: a coarse step overshoots where the loss is steep. With n >= 100 skewness^2 no fewer than some
    hundred chains make the change, and the reserve of three that a method of order two has covers what the normal law
    lacks: that k counted events and critical sqrt(k) are below a third of their true number is less likely than alpha.

    Examples
    --------
    >>> step_error(None)
    0.0
    >>> print(f"{step_error(MeanSample(10_000, -0.01, 0.1, 0.0)):.4f}")
    0.0160
    """
    if change is None:
        return 0.0
    if change.replicates < _CHANGE_FACTOR * change.skewness**2:
        return inf
    return abs(change.mean) + budget.critical * change.standard_error


def rates(change: MeanSample | None, budget: Budget = BUDGET, others: int = 0) -> Budget:
    """Return the error rates of a mean and of its step's error: equal false-alarm rates, as they share a slot.

    Parameters
    ----------
    change : MeanSample or None
        As for `step_error`.
    budget : Budget
        Error rates of the decision.
    others : int
        Further random numbers that share the slot.

    Returns
    -------
    Budget

    Examples
    --------
    >>> rates(None) == BUDGET, rates(MeanSample(9, 0.0, 1.0, 0.0)).alpha == BUDGET.alpha / 2
    (True, True)
    """
    return replace(budget, slots=(1 + (change is not None) + others) * budget.slots)


@dataclass(frozen=True)
class ObservableMeanCheck:
    """E[sum of weights times observables] against a closed form.

    Parameters
    ----------
    experiment : Observed
        Must keep the observables.
    weights : mapping of str to float
        The combination.
    expected : float
        The theory's value, not 0.
    name : str
        Which mean, for the record.
    resolution : float
        Relative error of the mean that must be seen.
    rivals : mapping of str to float
        Other values that must be refuted: wrong formulas.
    record : int
        Which of the recorded times.
    offset : float
        Bound on a systematic error of the mean that is known beforehand: a law not quite stationary yet.
    """

    experiment: Observed
    weights: Mapping[str, float]
    expected: float
    name: str
    resolution: float = 0.02
    rivals: Mapping[str, float] = field(default_factory=dict)
    record: int = 0
    offset: float = 0.0

    @property
    def experiments(self) -> tuple[Observed, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute values that are off by the resolution."""
        summary = samples[self.experiment]
        sample = combination(summary, self.weights, self.record)
        change = halving_change(summary, self.weights, self.record)
        budget = rates(change)
        slack = self.offset + step_error(change, budget)
        absolute = self.resolution * abs(self.expected)
        decision, p_value = decide(sample, self.expected, absolute, budget, slack)
        mutants = tuple(
            Mutant(
                name, value / self.expected - 1, decide(sample, value, absolute, budget, slack)[0]
            )
            for name, value in self._planted().items()
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"mean of {self.name}, {self.experiment.description}{_told(slack, self.expected)}",
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=self.expected,
            estimate=sample.mean,
            standard_error=sample.standard_error,
            replicates=sample.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=min_discrepancy(sample, budget, slack) / abs(self.expected),
            quantity="mean",
            p_value=p_value,
        )

    def _planted(self) -> dict[str, float]:
        sides = (1 + self.resolution, 1 - self.resolution)
        return {**{f"mean x {f:g}": f * self.expected for f in sides}, **self.rivals}


def _told(slack: float, expected: float) -> str:
    return f"; systematic error below {slack / abs(expected):.1e} of it" if slack else ""
