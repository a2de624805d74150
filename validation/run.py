"""A run: every experiment simulated and every deterministic check made in worker processes, then the verdicts.

All of it goes through `numerics.sweep`, so each finished piece is stored at once: a killed run, called again, resumes.
A finished run removes its pieces, so that the next one measures everything anew.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import numerics
import theory
import validation
from numerics import sweep
from numerics.provenance import source_fingerprint
from validation.checks import Check, Samples
from validation.claim import Claim, Profile
from validation.claims import select
from validation.evidence import Evidence
from validation.experiment import Experiment, Summary
from validation.ledger import Ledger, Record

__all__ = ["Run", "execute"]

_DETERMINISTIC_SECONDS = 1.0  # a rough guess for the plan; the derivations vary


def execute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Do one cell of a run: a chunk of an experiment, or a deterministic check.

    Parameters
    ----------
    parameters : mapping
        "profile" (its fields), "claim", "check" (position), and for a chunk "experiment" (position), "replicates".
    rng : numpy.random.Generator
        The cell's own stream.

    Returns
    -------
    dict of arrays
        A chunk's sums and counts, or the evidence as JSON text.
    """
    profile = Profile(**{**parameters["profile"], "widths": tuple(parameters["profile"]["widths"])})
    check = select(profile, [parameters["claim"]])[parameters["claim"]].checks[parameters["check"]]
    if "experiment" in parameters:
        experiment = check.experiments[parameters["experiment"]]
        return dict(experiment.simulate(parameters["replicates"], rng))
    return {"evidence": np.array(json.dumps(_timed(check, {}).to_json()))}


def _timed(check: Check, samples: Samples) -> Evidence:
    start = time.perf_counter()
    evidence = check.judge(samples)
    return replace(evidence, seconds=evidence.seconds + time.perf_counter() - start)


@dataclass(frozen=True)
class Run:
    """Selected claims at a profile and a seed.

    Parameters
    ----------
    profile : Profile
        How much to simulate.
    seed : int
        Determines every random number, whatever the number of jobs.
    ids : tuple of str
        Claims; all if empty.
    directory : Path
        Where finished pieces are kept until the run is complete.
    jobs : int
        Worker processes.
    """

    profile: Profile
    seed: int
    ids: tuple[str, ...]
    directory: Path
    jobs: int = 1

    @property
    def claims(self) -> dict[str, Claim]:
        """The selected claims by id."""
        return select(self.profile, self.ids)

    def cells(self) -> list[sweep.Cell]:
        """The pieces of the run, dearest first: each distinct experiment in its chunks, each deterministic check."""
        cells: dict[str, sweep.Cell] = {}
        for claim in self.claims.values():
            for position, check in enumerate(claim.checks):
                for cell in self._cells_of(claim, position, check):
                    cells.setdefault(cell.key, cell)
        return sorted(cells.values(), key=lambda cell: -cell.seconds)

    def plan(self) -> sweep.Plan:
        """What the run will cost, without running it."""
        return sweep.plan(execute, self.cells(), **self._where())

    def execute(self, progress: Callable[[sweep.Cell], None] | None = None) -> Ledger:
        """Do what is not done yet, judge, and remove the pieces."""
        start = time.perf_counter()
        results = sweep.run(execute, self.cells(), **self._where(), progress=progress)
        records = tuple(self._record(claim, results) for claim in self.claims.values())
        shutil.rmtree(self._store, ignore_errors=True)
        return Ledger(self.profile.name, self.seed, records, seconds=time.perf_counter() - start)

    @property
    def _store(self) -> Path:
        return self.directory / f"{self.profile.name}-{self.profile.backend}-{self.seed}"

    def _where(self) -> dict[str, Any]:
        return {
            "directory": self._store,
            "seed": self.seed,
            "jobs": self.jobs,
            "fingerprint": source_fingerprint(theory, numerics, validation),
        }

    def _cells_of(self, claim: Claim, position: int, check: Check) -> Iterable[sweep.Cell]:
        profile = {**vars(self.profile), "widths": list(self.profile.widths)}
        common = {"profile": profile, "claim": claim.id, "check": position}
        if not check.experiments:
            yield sweep.Cell(_check_key(claim, position), common, seconds=_DETERMINISTIC_SECONDS)
        for number, experiment in enumerate(check.experiments):
            for chunk, replicates in enumerate(experiment.chunks):
                yield sweep.Cell(
                    _chunk_key(experiment, chunk),
                    {**common, "experiment": number, "replicates": replicates},
                    seconds=experiment.seconds * replicates / experiment.replicates,
                    bytes=experiment.bytes,
                )

    def _record(self, claim: Claim, results: Mapping[str, Mapping[str, Any]]) -> Record:
        evidence = []
        for position, check in enumerate(claim.checks):
            if check.experiments:
                samples = {e: _summary(e, results) for e in check.experiments}
                evidence.append(_timed(check, samples))
            else:
                text = str(results[_check_key(claim, position)]["evidence"])
                evidence.append(Evidence.from_json(json.loads(text)))
        return Record(claim.id, claim.statement, claim.source, claim.expectation, tuple(evidence))


def _check_key(claim: Claim, position: int) -> str:
    return f"{claim.id}/{position}"


def _chunk_key(experiment: Experiment, chunk: int) -> str:
    return f"experiment-{experiment.key}/{chunk}"


def _summary(experiment: Experiment, results: Mapping[str, Mapping[str, Any]]) -> Summary:
    keys = (_chunk_key(experiment, chunk) for chunk in range(len(experiment.chunks)))
    return Summary.of(experiment, [dict(results[key]) for key in keys])
