"""What a check reports: a decision, the numbers behind it and the planted errors it was fed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

__all__ = ["Decision", "Evidence", "Kind", "Mutant", "guarded"]


class Decision(StrEnum):
    """What a check may decide. Only the first three support a claim."""

    PROVED = "proved"
    ENCLOSED = "enclosed"
    CONSISTENT = "consistent"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"

    @property
    def supports(self) -> bool:
        """Whether this decision supports the claim.

        Examples
        --------
        >>> Decision.ENCLOSED.supports, Decision.INCONCLUSIVE.supports
        (True, False)
        """
        return self not in (Decision.REFUTED, Decision.INCONCLUSIVE)


class Kind(StrEnum):
    """How the evidence was obtained."""

    DERIVATION = "derivation"
    ENCLOSURE = "enclosure"
    ORACLE = "oracle"
    MONTE_CARLO = "monte-carlo"
    RATE = "rate"
    EXPERIMENT = "experiment"


@dataclass(frozen=True)
class Mutant:
    """A planted error and what the check said of it.

    Parameters
    ----------
    id : str
        What was changed.
    relative_size : float or None
        Relative size of the error in the quantity that `Evidence.resolution` refers to; None if it has no size.
    decision : Decision
        The check must refute it; a derivation must not verify.
    """

    id: str
    relative_size: float | None
    decision: Decision


@dataclass(frozen=True)
class Evidence:
    """One check's report on one claim.

    Parameters
    ----------
    kind : Kind
        How it was obtained.
    method : str
        What was compared with what, at which parameters.
    decision : Decision
        See `Decision`.
    expected, estimate, standard_error, replicates, p_value : number or None
        The theory's value, the measured one and its statistics, where they apply.
    alpha : float or None
        False-alarm rate of this decision; None for a deterministic check.
    resolution, detectable : float or None
        The relative error that the check declares to see, and the smallest that it could have seen.
    quantity : str
        What resolution, detectable and the mutants' relative sizes are relative to.
    mutants : tuple of Mutant
        The planted errors.
    formula : str or None
        For an erratum: which formula is judged, "printed" or "corrected".
    seconds : float
        Time of the judgement and of all the simulation that it read, whether or not other checks read it too.
    """

    kind: Kind
    method: str
    decision: Decision
    mutants: tuple[Mutant, ...]
    expected: float | None = None
    estimate: float | None = None
    standard_error: float | None = None
    replicates: int | None = None
    alpha: float | None = None
    resolution: float | None = None
    detectable: float | None = None
    quantity: str = "closed form"
    p_value: float | None = None
    formula: str | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; JSON has no NaN or inf, so those become None.

        Returns
        -------
        dict

        Examples
        --------
        >>> Evidence(Kind.ORACLE, "m", Decision.CONSISTENT, ()).to_json()["kind"]
        'oracle'
        """
        record = {name: _plain(value) for name, value in asdict(self).items()}
        record["kind"], record["decision"] = str(self.kind), str(self.decision)
        record["mutants"] = [
            {**asdict(m), "decision": str(m.decision), "relative_size": _plain(m.relative_size)}
            for m in self.mutants
        ]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Evidence:
        """Return the Evidence that `to_json` wrote.

        Examples
        --------
        >>> evidence = Evidence(Kind.RATE, "m", Decision.REFUTED, (Mutant("x", 0.1, Decision.REFUTED),))
        >>> Evidence.from_json(evidence.to_json()) == evidence
        True
        """
        mutants = tuple(
            Mutant(m["id"], m["relative_size"], Decision(m["decision"])) for m in record["mutants"]
        )
        known = {**record, "kind": Kind(record["kind"]), "decision": Decision(record["decision"])}
        return cls(**{**known, "mutants": mutants})


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def guarded(decision: Decision, mutants: tuple[Mutant, ...]) -> Decision:
    """Return the decision, or `inconclusive` if a planted error was not caught (or none was planted).

    A check that passes what it should refute has not seen what it claims to see.

    Parameters
    ----------
    decision : Decision
        The check's decision on the claim itself.
    mutants : tuple of Mutant
        Its decisions on the planted errors.

    Returns
    -------
    Decision

    Examples
    --------
    >>> guarded(Decision.CONSISTENT, (Mutant("x", 0.1, Decision.CONSISTENT),))
    <Decision.INCONCLUSIVE: 'inconclusive'>
    """
    caught = bool(mutants) and all(m.decision is Decision.REFUTED for m in mutants)
    return decision if caught or not decision.supports else Decision.INCONCLUSIVE
