"""The median-band check: the median of a statistic lies in a band that was fixed beforehand, by exact sign tests.

Equivalence, not difference: the band's ends are refuted as values of the median, both of them. No limit theorem and no
moments: a replicate may be infinite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from validation.budget import BUDGET, Budget
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation, Summary

__all__ = ["MedianBandCheck", "decide", "interval", "needed", "thresholds_for"]

_Array = NDArray[np.float64]
_FINE = 40  # thresholds between the ends of the band, for the interval of the median


def needed(replicates: int, budget: Budget = BUDGET) -> int:
    """Replicates on one side of a number that refute it as the median, at half the budget's rate: there are two sides.

    Parameters
    ----------
    replicates : int
        In all.
    budget : Budget
        Error rates.

    Returns
    -------
    int
        More than `replicates` if there are too few of them to refute anything.

    Examples
    --------
    >>> needed(100) > needed(100, Budget(slots=1)) > 50
    True
    """
    return int(binom.isf(budget.alpha / 2, replicates, 0.5)) + 1


def decide(below: int, above: int, replicates: int, budget: Budget = BUDGET) -> Decision:
    """Decide whether the median lies in a band.

    Parameters
    ----------
    below, above : int
        Replicates at or below the band's lower end, and above its upper end.
    replicates : int
        In all.
    budget : Budget
        Error rates.

    Returns
    -------
    Decision
        `refuted` where the median is certainly outside, `consistent` where it is certainly inside.

    Examples
    --------
    >>> [str(decide(*sides, 200)) for sides in ((5, 5), (190, 0), (0, 190), (80, 5))]
    ['consistent', 'refuted', 'refuted', 'inconclusive']
    """
    enough = needed(replicates, budget)
    if max(below, above) >= enough:
        return Decision.REFUTED
    inside = replicates - max(below, above) >= enough
    return Decision.CONSISTENT if inside else Decision.INCONCLUSIVE


def thresholds_for(bands: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Thresholds that the check needs for its band, those beside it and any others it is to be judged by.

    Parameters
    ----------
    bands : tuple of pairs of float
        Lower and upper ends, the check's own first.

    Returns
    -------
    tuple of float
        Increasing.

    Examples
    --------
    >>> thresholds = thresholds_for(((0.0, 1.0),))
    >>> thresholds[0], thresholds[-1], len(thresholds)
    (-1.0, 2.0, 121)
    """
    low, high = bands[0]
    step = high - low
    grid = np.linspace(low - step, high + step, 3 * _FINE + 1).tolist()
    grid[_FINE], grid[2 * _FINE] = low, high  # to the last bit
    return tuple(sorted({*grid, *(float(end) for band in bands for end in band)}))


def interval(summary: Summary, budget: Budget = BUDGET) -> tuple[float, float, float]:
    """Interval of the median, and the median itself, to the spacing of the simulation's thresholds.

    Parameters
    ----------
    summary : Summary
        Of a simulation that keeps counts.
    budget : Budget
        Error rates.

    Returns
    -------
    low, estimate, high : float
        Infinite where no threshold is certainly beyond.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> counts = {"counts": np.array([0.0, 500.0, 1000.0])}
    >>> interval(Summary(SimpleNamespace(thresholds=(0.0, 1.0, 2.0), replicates=1000), counts))
    (0.0, 1.0, 2.0)
    """
    size, enough = summary.experiment.replicates, needed(summary.experiment.replicates, budget)
    thresholds, counts = np.asarray(summary.experiment.thresholds), summary.arrays["counts"]
    lower, upper = thresholds[size - counts >= enough], thresholds[counts >= enough]
    return (
        float(lower[-1]) if lower.size else -inf,
        float(np.interp(size / 2, counts, thresholds)),
        float(upper[0]) if upper.size else inf,
    )


@dataclass(frozen=True)
class MedianBandCheck:
    """The median of a simulation's statistic lies between two numbers.

    Parameters
    ----------
    experiment : Simulation
        Must keep the counts at `thresholds_for` the band and the rivals.
    band : tuple of float
        Lower and upper end, fixed before any simulation.
    statistic : str
        What it is, for the record.
    rivals : mapping of str to (float, float)
        Bands in which the median would lie were another theory right: they must be refuted.
    """

    experiment: Simulation
    band: tuple[float, float]
    statistic: str
    rivals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Count on both sides of the band; refute the bands beside it, and the rivals'."""
        summary = samples[self.experiment]
        low, estimate, high = interval(summary)
        step = self.band[1] - self.band[0]
        beside = {f"band shifted by {e:+g}": self._shifted(e) for e in (step, -step)}
        mutants = tuple(
            Mutant(name, None, self._decide(summary, band))
            for name, band in {**beside, **self.rivals}.items()
        )
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=f"median of {self.statistic} in [{self.band[0]:g}, {self.band[1]:g}]: certainly in "
            f"[{low:.3g}, {high:.3g}], {self.experiment.description}",
            decision=guarded(self._decide(summary, self.band), mutants),
            mutants=mutants,
            expected=(self.band[0] + self.band[1]) / 2,
            estimate=estimate,
            replicates=self.experiment.replicates,
            alpha=BUDGET.alpha,
            resolution=step / 2,
            detectable=(high - low) / 2,
            quantity="the statistic itself, absolutely: half the width of the band",
        )

    def _shifted(self, shift: float) -> tuple[float, float]:
        """The neighbouring band: it shares an end with this one."""
        low, high = self.band
        return (high, high + shift) if shift > 0 else (low + shift, low)

    def _decide(self, summary: Summary, band: tuple[float, float]) -> Decision:
        size, at = self.experiment.replicates, [self._position(end) for end in band]
        below, within = (round(float(summary.arrays["counts"][k])) for k in at)
        return decide(below, size - within, size)

    def _position(self, end: float) -> int:
        """Of an end among the thresholds, to rounding: no other band may be judged in its place."""
        apart = np.abs(np.asarray(self.experiment.thresholds) - end)
        nearest = int(np.argmin(apart))
        if apart[nearest] > 1e-9 * (self.band[1] - self.band[0]):
            raise ValueError(f"thresholds must contain the ends of every band, got none at {end:g}")
        return nearest
