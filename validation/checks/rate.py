"""The rate check: a remainder falls like a stated power of the width, or of another growing number, and no slower."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from theory.domain import Array
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["RateCheck", "slope"]

_TINIEST = 1e-12  # where the bisection for the smallest detectable error gives up
_TOLERANCE = 0.05  # of the extrapolated exponent; the next possible exponents are 1 away


def slope(remainders: Array) -> float:
    """Exponent of a power law from values at widths that double, extrapolated to infinite width.

    The local slope s(d), log2 of the ratio of neighbours, differs from the exponent by O(1/d) where the remainder has
    an expansion in 1/d, so 2 s(2d) - s(d) is free of that.

    Parameters
    ----------
    remainders : ndarray
        Three values of one sign at widths d, 2d, 4d.

    Returns
    -------
    float

    Examples
    --------
    >>> d = 2.0 ** np.arange(7, 10)
    >>> abs(slope(3 / d**2 + 5 / d**3) + 2) < 0.01
    True
    """
    first, second = np.diff(np.log2(np.abs(remainders)))
    return float(2 * second - first)


@dataclass(frozen=True)
class RateCheck:
    """exact(d)/approximation(d) - 1 falls like d^-exponent as the width d doubles.

    Parameters
    ----------
    name : str
        What is expanded, for the record.
    exact : callable
        Widths to values, accurate to rounding.
    terms : callable
        Widths to the separate terms of the approximation, shape (terms, widths); errors are planted in the last.
    exponent : int
        The order of the first term left out: how fast the remainder should fall.
    widths : tuple of int
        Three, each twice the one before.
    resolution : float
        Relative error of the last term's coefficient that must be seen.
    variable : str
        What doubles, where it is no width: a depth, the reciprocal of a learning rate.
    """

    name: str
    exact: Callable[[Array], Array]
    terms: Callable[[Array], Array]
    exponent: int
    widths: tuple[int, ...]
    resolution: float = 0.005
    variable: str = "widths"

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Measure the exponent; refute the approximation with its last coefficient off by the resolution."""
        rate = self._rate(1.0)
        mutants = tuple(
            Mutant(f"last coefficient x {f:g}", f - 1, self._decide(self._rate(f)))
            for f in (1 + self.resolution, 1 - self.resolution)
        )
        return Evidence(
            kind=Kind.RATE,
            method=f"{self.name}: exponent of the remainder at {self.variable} {self.widths}",
            decision=guarded(self._decide(rate), mutants),
            mutants=mutants,
            expected=-float(self.exponent),
            estimate=rate,
            resolution=self.resolution,
            detectable=self._detectable(),
            quantity="last coefficient",
        )

    def _rate(self, factor: float) -> float:
        width = np.asarray(self.widths, dtype=np.float64)
        terms = np.array(self.terms(width))
        terms[-1] *= factor
        return slope(self.exact(width) / terms.sum(axis=0) - 1)

    def _detectable(self) -> float:
        """Smallest relative error of the last coefficient that is refuted on both sides, by bisection to 1 %."""
        low, high = 0.0, 1.0
        while high - low > 0.01 * high and high > _TINIEST:
            middle = (low + high) / 2
            rates = (self._rate(1 + side * middle) for side in (1, -1))
            caught = all(self._decide(rate) is Decision.REFUTED for rate in rates)
            low, high = (low, middle) if caught else (middle, high)
        return high

    def _decide(self, rate: float) -> Decision:
        close = abs(rate + self.exponent) < _TOLERANCE
        return Decision.CONSISTENT if close else Decision.REFUTED
