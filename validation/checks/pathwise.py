"""The pathwise check: on every path two schemes differ by exactly the stated amount, up to rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation, Summary

__all__ = ["PathwiseCheck", "windows"]


def windows(expected: float, tolerance: float, depth: int, resolution: float) -> tuple[float, ...]:
    """Thresholds that the check needs: both ends of the stated window, and of the planted ones.

    Parameters
    ----------
    expected : float
        Stated difference of the log-norms.
    tolerance : float
        Permitted rounding error.
    depth : int
        Layers, in each of which the planted errors are made.
    resolution : float
        Relative error of a weight variance.

    Returns
    -------
    tuple of float
        Increasing.

    Examples
    --------
    >>> len(windows(-1.0, 1e-12, 10, 0.005))
    6
    """
    centres = (expected, *(expected + shift for shift in _shifts(depth, resolution)))
    ends = [centre + side * tolerance for centre in centres for side in (-1, 1)]
    return tuple(sorted(float(end) for end in ends))


@dataclass(frozen=True)
class PathwiseCheck:
    """Every path's difference of log-norms is the stated number: no statistics, one exception refutes.

    Parameters
    ----------
    experiment : Simulation
        Must keep counts at `windows` and the number "alive".
    expected : float
        Stated difference.
    tolerance : float
        Permitted rounding error of a log-norm.
    resolution : float
        Relative error of the ratio of weight variances that must be seen.
    """

    experiment: Simulation
    expected: float
    tolerance: float
    resolution: float = 0.005

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Count the paths outside the window; refute windows at a ratio of variances off by the resolution."""
        summary, depth = samples[self.experiment], self.experiment.depth
        sizes = (self.resolution, -self.resolution)
        mutants = tuple(
            Mutant(f"ratio of variances x {1 + size:g}", size, self._decide(summary, shift))
            for size, shift in zip(sizes, _shifts(depth, self.resolution), strict=True)
        )
        alive = float(summary.arrays["alive"][0])
        return Evidence(
            kind=Kind.EXPERIMENT,
            method=f"log|x_L| of two schemes differ by {self.expected:.6g} on every path, "
            f"{self.experiment.description}",
            decision=guarded(self._decide(summary, 0.0), mutants),
            mutants=mutants,
            expected=1.0,
            estimate=self._inside(summary, 0.0) / max(alive, 1.0),
            replicates=int(alive),
            resolution=self.resolution,
            detectable=float(np.expm1(4 * self.tolerance / depth)),
            quantity="ratio of weight variances",
        )

    def _inside(self, summary: Summary, shift: float) -> float:
        """Paths within the window around the stated difference plus a shift."""
        thresholds = np.asarray(self.experiment.thresholds)
        counts = summary.arrays["counts"]
        ends = self.expected + shift + self.tolerance * np.array([-1.0, 1.0])
        below, within = (counts[np.argmin(np.abs(thresholds - end))] for end in ends)
        return float(within - below)

    def _decide(self, summary: Summary, shift: float) -> Decision:
        alive = float(summary.arrays["alive"][0])
        if alive == 0:
            return Decision.INCONCLUSIVE
        same = self._inside(summary, shift) == alive
        return Decision.CONSISTENT if same else Decision.REFUTED


def _shifts(depth: int, resolution: float) -> tuple[float, float]:
    return (depth / 2 * float(np.log1p(resolution)), depth / 2 * float(np.log1p(-resolution)))
