"""The mean check: a simulated moment against its closed form, by the central limit theorem at a safe sample size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["MeanCheck", "MeanSample", "decide", "min_discrepancy", "min_replicates"]

_SKEWNESS_FACTOR = 1e5  # replicates per squared skewness for the normal tail to hold at 1e-9 (tests/meta measures it)
_MARGIN = (
    1.05  # the sample's own standard deviation decides; it strays from the planned one by far less
)


@dataclass(frozen=True)
class MeanSample:
    """Sample size, mean, standard deviation and skewness of iid replicates."""

    replicates: int
    mean: float
    std: float
    skewness: float

    @property
    def standard_error(self) -> float:
        """std/sqrt(replicates)."""
        return float(self.std / np.sqrt(self.replicates))


def min_discrepancy(sample: MeanSample, budget: Budget = BUDGET, slack: float = 0.0) -> float:
    """Smallest absolute error of the expected mean that the check refutes, missing it at most at the budget's rate.

    Parameters
    ----------
    sample : MeanSample
        The measured moments.
    budget : Budget
        Error rates.
    slack : float
        Systematic error of the sample's mean, at most: it is allowed for, and it may hide as much again.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{min_discrepancy(MeanSample(10_000, 0.0, 1.0, 0.0)):.4f}")
    0.1076
    """
    return budget.reach * sample.standard_error + 2 * slack


def min_replicates(
    variation: float, skewness: float, resolution: float, budget: Budget = BUDGET
) -> int:
    """Replicates that resolve a relative error `resolution` of the mean.

    Parameters
    ----------
    variation : float
        Standard deviation over mean of one replicate.
    skewness : float
        Its skewness: the central limit theorem is trusted from 1e5 skewness^2 replicates on.
    resolution : float
        Relative error of the mean that must be seen.
    budget : Budget
        Error rates.

    Returns
    -------
    int

    Examples
    --------
    >>> min_replicates(1.0, 2.0, 0.005)
    4858216
    """
    power = (budget.reach * variation / resolution) ** 2
    return int(np.ceil(_MARGIN * max(power, _SKEWNESS_FACTOR * skewness**2)))


def decide(
    sample: MeanSample,
    expected: float,
    resolution: float,
    budget: Budget = BUDGET,
    slack: float = 0.0,
) -> tuple[Decision, float]:
    """Decide whether the sample's mean is `expected`, and return the two-sided p-value.

    Parameters
    ----------
    sample : MeanSample
        The measured moments.
    expected : float
        The theory's mean.
    resolution : float
        Absolute error that the check declares to see.
    budget : Budget
        Error rates.
    slack : float
        Systematic error of the sample's mean, at most.

    Returns
    -------
    decision : Decision
        `inconclusive` where the sample is too small for the normal law or for the resolution.
    p_value : float

    Examples
    --------
    >>> decide(MeanSample(1_000_000, 1.0, 1.0, 1.0), 1.005, 0.02)  # doctest: +ELLIPSIS
    (<Decision.CONSISTENT: 'consistent'>, 5.733...e-07)
    """
    excess = max(0.0, abs(sample.mean - expected) - slack)
    p_value = float(2 * ndtr(-excess / sample.standard_error))
    normal = sample.replicates >= _SKEWNESS_FACTOR * sample.skewness**2
    if not normal:
        return Decision.INCONCLUSIVE, p_value
    if p_value < budget.alpha:
        return Decision.REFUTED, p_value
    seen = min_discrepancy(sample, budget, slack) <= resolution
    return (Decision.CONSISTENT if seen else Decision.INCONCLUSIVE), p_value


@dataclass(frozen=True)
class MeanCheck:
    """E (|x_L|/|x_0|)^order of an experiment against a closed form.

    Parameters
    ----------
    experiment : Simulation
        Must keep the sums of this order.
    order : float
        Order s of the moment.
    expected : float
        The theory's value.
    resolution : float
        Relative error of the weight variance that must be seen; of the moment: depth order/2 times that.
    rivals : mapping of str to float
        Other values of the moment that must be refuted: wrong formulas that people use.
    """

    experiment: Simulation
    order: float
    expected: float
    resolution: float = 0.005
    rivals: Mapping[str, float] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    @property
    def _exponent(self) -> float:
        """The moment is proportional to the variance to this power."""
        return self.order / 2 * self.experiment.depth

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the closed form at a weight variance too great and too small by the resolution."""
        moments = samples[self.experiment].moments(self.order)
        sample = MeanSample(self.experiment.replicates, *moments)
        absolute = self.expected * self._relative()
        decision, p_value = decide(sample, self.expected, absolute)
        mutants = tuple(self._mutant(sample, absolute, *rival) for rival in self._planted())
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=self._method(),
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=self.expected,
            estimate=sample.mean,
            standard_error=sample.standard_error,
            replicates=sample.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=min_discrepancy(sample) / self.expected / self._exponent,
            quantity="weight variance",
            p_value=p_value,
        )

    def _relative(self) -> float:
        """Relative error of the moment that the resolution makes, on the side where it is smaller."""
        sides = ((1 + side * self.resolution) ** self._exponent - 1 for side in (1, -1))
        return float(min(abs(side) for side in sides))

    def _planted(self) -> list[tuple[str, float]]:
        sides = [
            (
                f"variance x {1 + side * self.resolution:g}",
                (1 + side * self.resolution) ** self._exponent,
            )
            for side in (1, -1)
        ]
        wrong = [(name, value / self.expected) for name, value in self.rivals.items()]
        return sides + wrong

    def _mutant(self, sample: MeanSample, absolute: float, name: str, factor: float) -> Mutant:
        decision, _ = decide(sample, self.expected * factor, absolute)
        return Mutant(name, factor ** (1 / self._exponent) - 1, decision)

    def _method(self) -> str:
        return f"mean of (|x_L|/|x_0|)^{self.order:g}, {self.experiment.description}"
