"""The checks: each declares what it can see, and is fed planted errors of exactly that size.

Every check has `experiments` (what must be simulated for it, perhaps nothing) and `judge(samples)`, which returns the
Evidence. `samples` maps each of those experiments to its Summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from validation.evidence import Evidence
from validation.simulation import Simulation, Summary

__all__ = ["Check", "Samples"]

Samples = Mapping[Simulation, Summary]


class Check(Protocol):
    """What the run needs of a check."""

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The experiments whose summaries `judge` reads."""
        ...

    def judge(self, samples: Samples) -> Evidence:
        """Decide, and decide on the planted errors."""
        ...
