"""A check that is also fed simulations with an error planted in them in place of its own, or other wrong settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from validation.checks import Check, Samples
from validation.evidence import Evidence, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["PlantedSimulationCheck"]


@dataclass(frozen=True)
class PlantedSimulationCheck:
    """Another check, which must moreover refute what is claimed with some of its fields replaced.

    Parameters
    ----------
    check : Check
        A dataclass with the one simulation `experiment`.
    planted : mapping of str to mapping
        By what is wrong: the replaced fields, most often `experiment`, a simulation for which the claim is false.
    """

    check: Any
    planted: Mapping[str, Mapping[str, Any]]

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The check's own, and the wrong ones."""
        wrong = (changes.get("experiment") for changes in self.planted.values())
        return (*self.check.experiments, *(e for e in wrong if e is not None))

    def judge(self, samples: Samples) -> Evidence:
        """Judge the check as it is, and with the wrong fields."""
        evidence: Evidence = self.check.judge(samples)
        wrong = tuple(
            Mutant(name, None, self._with(changes).judge(samples).decision)
            for name, changes in self.planted.items()
        )
        return replace(
            evidence,
            decision=guarded(evidence.decision, wrong),
            mutants=(*evidence.mutants, *wrong),
        )

    def _with(self, changes: Mapping[str, Any]) -> Check:
        check: Check = replace(self.check, **changes)
        return check
