"""The derivation check: every step of a derivation verifies by machine, and no mutated step does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from theory.derivations.mutants import mutants as mutated

from theory.derivations.steps import Derivation
from theory.derivations.verdicts import Verdict
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment

__all__ = ["DerivationCheck"]

_DECISION = {
    Verdict.PROVED: Decision.PROVED,
    Verdict.ENCLOSED: Decision.ENCLOSED,
    Verdict.UNKNOWN: Decision.INCONCLUSIVE,
    Verdict.TIMEOUT: Decision.INCONCLUSIVE,
}


@dataclass(frozen=True)
class DerivationCheck:
    """A derivation, verified step by step.

    Parameters
    ----------
    build : callable
        Returns the derivation.
    mutants : int
        How many of its mutants to try (the test suite tries more).
    """

    build: Callable[[], Derivation]
    mutants: int = 2

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Verify it, and see that its mutants do not verify."""
        derivation = self.build()
        report = derivation.verify()
        planted = tuple(
            Mutant(_describe(i, mutant), 0.01, _refusal(mutant))
            for i, mutant in enumerate(islice(mutated(derivation), self.mutants))
        )
        rules = ", ".join(f"{step.rule} ({step.verdict})" for step in report.steps)
        return Evidence(
            kind=Kind.DERIVATION,
            method=f"{len(report.steps)} steps: {rules}",
            decision=guarded(_DECISION[report.verdict], planted),
            mutants=planted,
            quantity="one constant of one step",
        )


def _refusal(mutant: Derivation) -> Decision:
    """A mutant is refuted if it does not verify."""
    verified = mutant.verify().verdict in (Verdict.PROVED, Verdict.ENCLOSED)
    return Decision.PROVED if verified else Decision.REFUTED


def _describe(number: int, mutant: Derivation) -> str:
    return f"mutant {number + 1} of {mutant.id}"
