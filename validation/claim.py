"""A claim: a statement of the theory, what we expect of it, and the checks that judge it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from validation.checks import Check

__all__ = ["PROFILES", "Claim", "Expectation", "Profile"]


class Expectation(StrEnum):
    """What we expect of a claim."""

    HOLDS = "holds"
    ERRATUM = "erratum"
    OPEN = "open"


@dataclass(frozen=True)
class Claim:
    """One claim.

    Parameters
    ----------
    id : str
        Permanent.
    statement : str
        In words and plain formulas.
    source : str
        Paper and statement; "extension" where ours.
    checks : tuple of Check
        Of two kinds at least.
    expectation : Expectation
        What we expect.
    result : str or None
        Id of the catalogue's result, where the claim is about one.
    """

    id: str
    statement: str
    source: str
    checks: tuple[Check, ...]
    expectation: Expectation = Expectation.HOLDS
    result: str | None = None


@dataclass(frozen=True)
class Profile:
    """How much a run simulates.

    Parameters
    ----------
    name : str
        "quick" or "full".
    resolution : float
        Relative error of a weight variance that every Monte Carlo check must see.
    widths : tuple of int
        Fan-outs of the simulated layers; fan-ins differ from them.
    backend : {"numpy", "cupy"}
        Where to simulate.
    """

    name: str
    resolution: float
    widths: tuple[int, ...]
    backend: str = "numpy"


PROFILES = {
    "quick": Profile("quick", resolution=0.005, widths=(3, 8)),
    "full": Profile("full", resolution=0.002, widths=(3, 8, 64)),
}
"""The run's sizes by name. Quick resolves 0.5 % of a weight variance at small widths, full 0.2 % up to width 64."""
