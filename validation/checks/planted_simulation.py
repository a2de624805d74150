"""A check that is also fed whole simulations with an error planted in them, in place of its own."""

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
    """Another check, which must moreover refute the same claim of simulations that are wrong.

    Parameters
    ----------
    check : Check
        A dataclass with the one simulation `experiment`.
    planted : mapping of str to Simulation
        Simulations for which the claim is false, by what is wrong in them.
    """

    check: Any
    planted: Mapping[str, Simulation]

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """The check's own, and the wrong ones."""
        return (*self.check.experiments, *self.planted.values())

    def judge(self, samples: Samples) -> Evidence:
        """Judge the check on its own simulation, and on the wrong ones."""
        evidence = self.check.judge(samples)
        wrong = tuple(
            Mutant(name, None, self._on(simulation).judge(samples).decision)
            for name, simulation in self.planted.items()
        )
        return replace(
            evidence,
            decision=guarded(evidence.decision, wrong) if wrong else evidence.decision,
            mutants=(*evidence.mutants, *wrong),
        )

    def _on(self, simulation: Simulation) -> Check:
        check: Check = replace(self.check, experiment=simulation)
        return check
