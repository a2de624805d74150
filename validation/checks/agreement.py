"""The agreement check: two computations of the same numbers differ by rounding only, and planted ones do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["AgreementCheck", "distance"]

_RESOLUTION = 3.0  # in tolerances: an error of this size leaves at least 2 after the permitted one

_Array = NDArray[np.float64]
_Values = Callable[[], ArrayLike]


def distance(first: _Array, second: _Array) -> float:
    """Largest difference of two arrays; infinite if the shapes differ or a number is not finite.

    Parameters
    ----------
    first, second : ndarray
        The numbers.

    Returns
    -------
    float

    Examples
    --------
    >>> distance(np.array([1.0, 2.0]), np.array([1.0, 2.5])), distance(np.ones(2), np.array([1.0, np.nan]))
    (0.5, inf)
    """
    if first.shape != second.shape or not first.size:
        return np.inf
    worst = float(np.max(np.abs(first - second)))
    return worst if isfinite(worst) else np.inf


@dataclass(frozen=True)
class AgreementCheck:
    """No number of the first computation differs from the second's by more than a tolerance.

    Parameters
    ----------
    kind : Kind
        How the numbers are obtained.
    name : str
        What is compared with what, for the record.
    first, second : callable
        Return the numbers, in units in which 1 is their natural size.
    tolerance : float
        Permitted rounding error, > 0.
    planted : mapping of str to callable
        Numbers in place of the second ones that must be told from the first.
    """

    kind: Kind
    name: str
    first: _Values
    second: _Values
    tolerance: float
    planted: Mapping[str, _Values]

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated in chunks."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the planted numbers, and numbers off by three tolerances to either side."""
        first, second = (np.asarray(f(), dtype=np.float64) for f in (self.first, self.second))
        apart = distance(first, second)
        sides = (_RESOLUTION * self.tolerance, -_RESOLUTION * self.tolerance)
        wrong: list[tuple[str, float | None, _Values]]
        wrong = [(f"all shifted by {e:+.0e}", e, partial(np.add, second, e)) for e in sides]
        wrong += [(name, None, values) for name, values in self.planted.items()]
        mutants = tuple(
            Mutant(name, size, self._decide(distance(first, np.asarray(values()))))
            for name, size, values in wrong
        )
        return Evidence(
            kind=self.kind,
            method=f"{self.name}: {first.size} numbers, at most {apart:.1e} apart",
            decision=guarded(self._decide(apart), mutants),
            mutants=mutants,
            expected=0.0,
            estimate=apart,
            resolution=_RESOLUTION * self.tolerance,
            detectable=2 * self.tolerance,
            quantity="size of the numbers",
        )

    def _decide(self, apart: float) -> Decision:
        return Decision.CONSISTENT if apart <= self.tolerance else Decision.REFUTED
