"""What a check may say: verdicts, outcomes of one rule, reports of a whole derivation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Outcome", "Report", "StepReport", "Verdict", "worst"]


class Verdict(StrEnum):
    """Verdict on a step or a derivation, from best to worst; the last two are failures.

    Attributes
    ----------
    PROVED
        The rule's hypotheses and conclusion were established symbolically (named theorems apart).
    ENCLOSED
        Part of the step rests on rigorous ball arithmetic at sampled points and boxes.
    UNKNOWN
        The step was not verified: either it is wrong or the checker is too weak.
    TIMEOUT
        The step's CPU-time budget ran out.

    Examples
    --------
    >>> Verdict.PROVED.passed, Verdict.TIMEOUT.passed
    (True, False)
    """

    PROVED = "proved"
    ENCLOSED = "enclosed"
    UNKNOWN = "unknown"
    TIMEOUT = "timeout"

    @property
    def passed(self) -> bool:
        """Whether the verdict counts as verification."""
        return self in (Verdict.PROVED, Verdict.ENCLOSED)


_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of the verdicts; none at all is `unknown`, for nothing was checked.

    Examples
    --------
    >>> worst([Verdict.PROVED, Verdict.ENCLOSED]).value
    'enclosed'
    >>> worst([]).value
    'unknown'
    """
    return max(verdicts, key=_ORDER.__getitem__, default=Verdict.UNKNOWN)


@dataclass(frozen=True)
class Outcome:
    """What a rule found: a verdict and, in words, why."""

    verdict: Verdict
    detail: str = ""

    @classmethod
    def proved(cls, detail: str = "") -> Outcome:
        """Build a proved outcome."""
        return cls(Verdict.PROVED, detail)

    @classmethod
    def unknown(cls, detail: str) -> Outcome:
        """Build a failed outcome; the detail says what could not be established."""
        return cls(Verdict.UNKNOWN, detail)

    @property
    def passed(self) -> bool:
        """Whether the verdict counts as verification."""
        return self.verdict.passed

    def also(self, other: Outcome) -> Outcome:
        """Combine two checks that must both pass: the worse verdict, both details."""
        details = [part for part in (self.detail, other.detail) if part]
        return Outcome(worst([self.verdict, other.verdict]), "; ".join(dict.fromkeys(details)))


@dataclass(frozen=True)
class StepReport:
    """Verdict on one step; `seconds` is CPU time."""

    rule: str
    reason: str
    verdict: Verdict
    seconds: float
    detail: str


@dataclass(frozen=True)
class Report:
    """Verdict on a derivation: the worst of its steps; `seconds` is CPU time."""

    verdict: Verdict
    steps: tuple[StepReport, ...]
    seconds: float
