"""Which formula of an erratum a check judges: the printed one, which must be refuted, or the corrected one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from validation.checks import Check, Samples
from validation.evidence import Evidence
from validation.simulation import Simulation

__all__ = ["Formula", "FormulaCheck"]

Formula = Literal["printed", "corrected"]
"""The formulas of an erratum."""


@dataclass(frozen=True)
class FormulaCheck:
    """A check of one of an erratum's two formulas.

    Parameters
    ----------
    formula : {"printed", "corrected"}
        Which of them.
    check : Check
        Its planted errors are errors in that formula.
    """

    formula: Formula
    check: Check

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Those of the check."""
        return self.check.experiments

    def judge(self, samples: Samples) -> Evidence:
        """Judge, and say which formula was judged."""
        evidence = self.check.judge(samples)
        return replace(evidence, formula=self.formula, method=f"{self.formula}: {evidence.method}")
