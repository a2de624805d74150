"""The rate check: a remainder falls like a stated power of the width, and no slower."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment

__all__ = ["RateCheck", "slope"]

Array = NDArray[np.float64]

_TOLERANCE = 0.05  # of the extrapolated exponent; the next possible exponents are 1 away


def slope(remainders: Array) -> float:
    """Exponent of a power law from values at widths that double, extrapolated to infinite width.

    The local slope s(d), log2 of the ratio of neighbours, differs from the exponent by O(1/d) where the remainder has
    an expansion in 1/d, so 2 s(2d) - s(d) is free of that. Only the last three values are used.

    Parameters
    ----------
    remainders : ndarray
        At least three values of one sign at widths d, 2d, 4d, ...

    Returns
    -------
    float

    Examples
    --------
    >>> d = 2.0 ** np.arange(6, 10)
    >>> abs(slope(3 / d**2 + 5 / d**3) + 2) < 0.01
    True
    """
    local = np.diff(np.log2(np.abs(remainders[-3:])))
    return float(2 * local[1] - local[0])


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
        Each twice the one before, at least three.
    resolution : float
        Relative error of the last term's coefficient that must be seen.
    """

    name: str
    exact: Callable[[Array], Array]
    terms: Callable[[Array], Array]
    exponent: int
    widths: tuple[int, ...]
    resolution: float = 0.005

    @property
    def experiments(self) -> tuple[Experiment, ...]:
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
            method=f"{self.name}: exponent of the remainder, widths {self.widths[0]} to {self.widths[-1]}",
            decision=guarded(self._decide(rate), mutants),
            mutants=mutants,
            expected=-float(self.exponent),
            estimate=rate,
            resolution=self.resolution,
            detectable=self.resolution,
            quantity="last coefficient",
        )

    def _rate(self, factor: float) -> float:
        width = np.asarray(self.widths, dtype=np.float64)
        terms = np.array(self.terms(width))
        terms[-1] *= factor
        return slope(self.exact(width) / terms.sum(axis=0) - 1)

    def _decide(self, rate: float) -> Decision:
        close = abs(rate + self.exponent) < _TOLERANCE
        return Decision.CONSISTENT if close else Decision.REFUTED
