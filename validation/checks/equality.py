"""The equality check: two computations give the very same numbers, and planted ones do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["EqualityCheck"]

_Values = Callable[[], ArrayLike]


@dataclass(frozen=True)
class EqualityCheck:
    """Two arrays of numbers are identical, to the last bit.

    Parameters
    ----------
    kind : Kind
        How the numbers are obtained.
    name : str
        What is compared with what, for the record.
    first, second : callable
        Return the numbers.
    planted : mapping of str to callable
        Numbers that must be told from the first ones: both more and less than they, where they have an order.
    """

    kind: Kind
    name: str
    first: _Values
    second: _Values
    planted: Mapping[str, _Values]

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated in chunks."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Compare, and refute the planted numbers."""
        first, second = np.asarray(self.first()), np.asarray(self.second())
        mutants = tuple(
            Mutant(name, _size(first, np.asarray(values())), _decide(first, np.asarray(values())))
            for name, values in self.planted.items()
        )
        return Evidence(
            kind=self.kind,
            method=f"{self.name}: {first.size} numbers",
            decision=guarded(_decide(first, second), mutants),
            mutants=mutants,
            expected=float(np.sum(first)),
            estimate=float(np.sum(second)),
            quantity="sum of the numbers",
        )


def _decide(first: np.ndarray, second: np.ndarray) -> Decision:
    return Decision.CONSISTENT if np.array_equal(first, second) else Decision.REFUTED


def _size(first: np.ndarray, second: np.ndarray) -> float | None:
    total = float(np.sum(first))
    return float(np.sum(second)) / total - 1 if total else None
