"""The derivation check: every step of a derivation verifies by machine, and no mutated step does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from theory.derivations.domains import Domain
from theory.derivations.mutants import Mutation, mutations
from theory.derivations.steps import Derivation
from theory.derivations.verdicts import Verdict
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

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
    mutated_steps : int
        How many of its steps to try one planted error in (the test suite tries them all).
    """

    build: Callable[[], Derivation]
    mutated_steps: int = 3

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Verify it, and see that planted errors in its first, last and middle steps do not verify."""
        derivation = self.build()
        report = derivation.verify()
        planted = tuple(_fed(mutation) for mutation in _spread(derivation, self.mutated_steps))
        rules = ", ".join(f"{step.rule} ({step.verdict})" for step in report.steps)
        return Evidence(
            kind=Kind.DERIVATION,
            method=f"{len(report.steps)} steps: {rules}",
            decision=guarded(_DECISION[report.verdict], planted),
            mutants=planted,
            quantity="one place of one step",
        )


def _spread(derivation: Derivation, count: int) -> list[Mutation]:
    """One mutation in each of `count` steps, from the first to the last, at a place that varies with the step."""
    by_step = [list(group) for _, group in groupby(mutations(derivation), key=lambda m: m.index)]
    last = len(by_step) - 1
    chosen = sorted({round(k * last / max(1, count - 1)) for k in range(count)})
    return [by_step[k][(7 * k + 3) % len(by_step[k])] for k in chosen]


def _fed(mutation: Mutation) -> Mutant:
    """The mutated step must fail by its own rule: it is refuted if it does not verify."""
    report = mutation.step.verify(Domain(mutation.derivation.constraints))
    decision = _DECISION[report.verdict] if report.verdict.passed else Decision.REFUTED
    return Mutant(f"step {mutation.index + 1}: {mutation.description}", None, decision)
