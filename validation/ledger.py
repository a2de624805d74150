"""The ledger: every claim with its verdict and its evidence, as JSON (schema 1)."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from validation.budget import BUDGET
from validation.claim import Expectation
from validation.evidence import Decision, Evidence

__all__ = ["SCHEMA", "Ledger", "Record", "Verdict", "comparable", "now", "verdict_of"]

SCHEMA = 1
_PACKAGES = ("numpy", "scipy", "sympy", "mpmath", "python-flint", "joblib")


class Verdict(StrEnum):
    """What the evidence amounts to."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    ERRATUM_CONFIRMED = "erratum-confirmed"


_EXPECTED = {
    Expectation.HOLDS: (Verdict.SUPPORTED,),
    Expectation.ERRATUM: (Verdict.ERRATUM_CONFIRMED,),
    Expectation.OPEN: (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE),
}


def verdict_of(expectation: Expectation, evidence: Iterable[Evidence]) -> Verdict:
    """Return the verdict that the evidence amounts to.

    Parameters
    ----------
    expectation : Expectation
        An erratum is confirmed if its printed formula is refuted by two kinds of evidence and its corrected one
        supported.
    evidence : iterable of Evidence
        All of the claim's.

    Returns
    -------
    Verdict
        Refuted if any evidence refutes; supported if there is evidence of two kinds at least and all of it supports;
        else inconclusive.

    Examples
    --------
    >>> verdict_of(Expectation.HOLDS, [])
    <Verdict.INCONCLUSIVE: 'inconclusive'>
    """
    pieces = list(evidence)
    if expectation is Expectation.ERRATUM:
        return _erratum(pieces)
    if any(e.decision is Decision.REFUTED for e in pieces):
        return Verdict.REFUTED
    enough = len({e.kind for e in pieces}) >= 2
    supported = enough and all(e.decision.supports for e in pieces)
    return Verdict.SUPPORTED if supported else Verdict.INCONCLUSIVE


def _erratum(pieces: list[Evidence]) -> Verdict:
    printed = [e for e in pieces if e.formula == "printed"]
    corrected = [e for e in pieces if e.formula == "corrected"]
    if any(e.decision is Decision.REFUTED for e in corrected):
        return Verdict.REFUTED
    kinds = {e.kind for e in printed if e.decision is Decision.REFUTED}
    confirmed = len(kinds) >= 2 and corrected and all(e.decision.supports for e in corrected)
    return Verdict.ERRATUM_CONFIRMED if confirmed else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Record:
    """One claim as judged.

    Parameters
    ----------
    id, statement, source : str
        As the Claim has them.
    expectation : Expectation
        What we expected.
    evidence : tuple of Evidence
        What the checks reported.
    """

    id: str
    statement: str
    source: str
    expectation: Expectation
    evidence: tuple[Evidence, ...]

    @property
    def verdict(self) -> Verdict:
        """See `verdict_of`."""
        return verdict_of(self.expectation, self.evidence)

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is what we expected."""
        return self.verdict in _EXPECTED[self.expectation]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "id": self.id,
            "statement": self.statement,
            "source": self.source,
            "expectation": str(self.expectation),
            "verdict": str(self.verdict),
            "evidence": [e.to_json() for e in self.evidence],
        }


def now() -> str:
    """The time, UTC, to the second.

    Examples
    --------
    >>> now().endswith("+00:00")
    True
    """
    return datetime.now(UTC).isoformat(timespec="seconds")


def _environment() -> dict[str, Any]:
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


@dataclass(frozen=True)
class Ledger:
    """A run's result.

    Parameters
    ----------
    profile : str
        "quick" or "full".
    seed : int
        The run's seed: with the profile it determines every number but the times.
    records : tuple of Record
        In the order of the claims.
    seconds : float
        Wall time of the run.
    started : str
        When it started, UTC.
    environment : dict
        Python, platform and package versions.
    """

    profile: str
    seed: int
    records: tuple[Record, ...]
    seconds: float = 0.0
    started: str = field(default_factory=now)
    environment: dict[str, Any] = field(default_factory=_environment)

    @property
    def unexpected(self) -> list[Record]:
        """The records whose verdict is not what we expected."""
        return [record for record in self.records if not record.as_expected]

    def summary(self) -> dict[str, int]:
        """Count verdicts, evidence and planted errors."""
        evidence = [e for record in self.records for e in record.evidence]
        planted = [m for e in evidence for m in e.mutants]
        verdicts = Counter(record.verdict for record in self.records)
        return {
            "claims": len(self.records),
            **{str(verdict): verdicts[verdict] for verdict in Verdict},
            "unexpected": len(self.unexpected),
            "evidence": len(evidence),
            "random_decisions": sum(e.alpha is not None for e in evidence),
            "mutants": len(planted),
            "mutants_refuted": sum(m.decision is Decision.REFUTED for m in planted),
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, schema 1."""
        return {
            "schema": SCHEMA,
            "version": version("init-theory"),
            "profile": self.profile,
            "seed": self.seed,
            "started": self.started,
            "seconds": self.seconds,
            "environment": self.environment,
            "false_alarm_rate": BUDGET.false_alarm_rate,
            "miss_rate": BUDGET.miss_rate,
            "slots": BUDGET.slots,
            "claims": [record.to_json() for record in self.records],
            "summary": self.summary(),
        }

    def dumps(self) -> str:
        """Return the JSON text."""
        return json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n"


def comparable(ledger: dict[str, Any]) -> dict[str, Any]:
    """Return a ledger's JSON without times and environment: two runs are identical if these are equal.

    Parameters
    ----------
    ledger : dict
        As `Ledger.to_json` returns it.

    Returns
    -------
    dict

    Examples
    --------
    >>> comparable({"seed": 1, "seconds": 2.0, "claims": [{"evidence": [{"seconds": 1.0}]}]})
    {'seed': 1, 'claims': [{'evidence': [{}]}]}
    """

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            hidden = ("seconds", "started", "environment")
            return {key: strip(item) for key, item in value.items() if key not in hidden}
        return [strip(item) for item in value] if isinstance(value, list) else value

    stripped: dict[str, Any] = strip(ledger)
    return stripped
