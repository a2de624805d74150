"""The log-moment check: mean and variance of the log-norm of the networks alive, by the central limit theorem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any, Literal

import numpy as np

from validation.budget import BUDGET
from validation.checks import Samples
from validation.checks.mean import MeanSample, decide, min_discrepancy
from validation.evidence import Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation, Summary, sample_moments

__all__ = ["LogMomentCheck", "deviation_sample"]


def deviation_sample(summary: Summary, centre: float, power: int) -> MeanSample:
    """Return the moments of (l - centre)^power over the networks alive, l = log(|x_L|/|x_0|).

    Parameters
    ----------
    summary : Summary
        Of an experiment that keeps the sums of powers of l.
    centre : float
        A number that does not depend on the sample.
    power : {1, 2}
        1 for the mean, 2 for the variance.

    Returns
    -------
    MeanSample

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.experiment import Experiment
    >>> experiment = Experiment((2, 2), (0.5,), linear(), 1000, logs=True)
    >>> chunk = experiment.simulate(1000, np.random.default_rng(1))
    >>> sample = deviation_sample(Summary.of(experiment, [chunk]), 0.0, 1)
    >>> bool(abs(sample.mean + 0.2886) < 0.1)  # (log(1/2) + log 2 + digamma(1))/2
    True
    """
    sums = summary.arrays["log_sums"]
    alive = float(sums[0])
    powers = (_central(sums, centre, power * k) for k in (1, 2, 3))
    return MeanSample(int(alive), *sample_moments(alive, *powers))


def _central(sums: Any, centre: float, power: int) -> float:
    """The sum of (l - centre)^power from the sums of powers of l."""
    terms = (comb(power, k) * (-centre) ** (power - k) * sums[k] for k in range(power + 1))
    return float(sum(terms))


@dataclass(frozen=True)
class LogMomentCheck:
    """Mean or variance of log(|x_L|/|x_0|), given survival, against a closed form.

    Parameters
    ----------
    experiment : Simulation
        Must keep the array "log_sums".
    mean : float
        The theory's mean.
    variance : float or None
        The theory's variance, if that is judged; its planted errors are relative to it. The mean's planted errors are
        relative errors of the weight variance.
    resolution : float
        Relative error of the weight variance, or of the variance, that must be seen.
    rivals : mapping of str to float
        Other values of the mean that must be refuted: wrong formulas that people use.
    """

    experiment: Simulation
    mean: float
    variance: float | None = None
    resolution: float = 0.005
    rivals: Mapping[str, float] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    @property
    def _judged(self) -> Literal["mean", "variance"]:
        return "mean" if self.variance is None else "variance"

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute closed forms that are off by the resolution."""
        power = 1 if self.variance is None else 2
        sample = deviation_sample(samples[self.experiment], self.mean, power)
        expected = 0.0 if self.variance is None else self.variance
        absolute = min(abs(self._error(size)) for size in (self.resolution, -self.resolution))
        decision, p_value = decide(sample, expected, absolute)
        mutants = tuple(
            Mutant(name, size, decide(sample, expected + error, absolute)[0])
            for name, size, error in self._planted()
        )
        shown = self.mean if self.variance is None else 0.0
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"{self._judged} of log(|x_L|/|x_0|) given survival, {self.experiment.description}",
            decision=guarded(decision, mutants),
            mutants=mutants,
            expected=shown + expected,
            estimate=shown + sample.mean,
            standard_error=sample.standard_error,
            replicates=sample.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self.resolution * min_discrepancy(sample) / absolute,
            quantity="weight variance" if self.variance is None else "variance of the log-norm",
            p_value=p_value,
        )

    def _error(self, size: float) -> float:
        """What a relative error adds: to the mean log-norm, or to its variance."""
        if self.variance is None:
            return self.experiment.depth / 2 * float(np.log1p(size))
        return size * self.variance

    def _planted(self) -> Iterator[tuple[str, float, float]]:
        """Name, relative size and what it adds, of each planted error."""
        quantity = "variance" if self.variance is None else "variance of the log-norm"
        for size in (self.resolution, -self.resolution):
            yield f"{quantity} x {1 + size:g}", size, self._error(size)
        for name, mean in self.rivals.items():
            added = mean - self.mean
            yield name, float(np.expm1(2 * added / self.experiment.depth)), added
