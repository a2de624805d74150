"""A run: every experiment simulated and every deterministic check made in worker processes, then the verdicts.

All of it goes through `numerics.sweep`, so each finished piece is stored at once: a killed run, called again, resumes.
Once a run's ledger is written its pieces are discarded, so that the next one measures everything anew.
"""

from __future__ import annotations

import hashlib
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
from validation.ledger import Ledger, Record, now
from validation.simulation import Simulation, Summary

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

    Examples
    --------
    >>> from dataclasses import asdict
    >>> from validation.claim import PROFILES
    >>> cell = {"profile": asdict(PROFILES["quick"]), "claim": "fm.laplace.relu", "check": 1}
    >>> text = execute(cell, np.random.default_rng(1))["evidence"]
    >>> json.loads(str(text))["decision"]
    'enclosed'
    """
    profile = Profile(**{**parameters["profile"], "widths": tuple(parameters["profile"]["widths"])})
    check = select(profile, [parameters["claim"]])[parameters["claim"]].checks[parameters["check"]]
    if "experiment" in parameters:
        start = time.perf_counter()
        chunk = check.experiments[parameters["experiment"]].simulate(parameters["replicates"], rng)
        return {**chunk, "seconds": np.array([time.perf_counter() - start])}
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
        """Do what is not done yet, and judge. The pieces stay until `discard`."""
        start, started = time.perf_counter(), now()
        results = sweep.run(execute, self.cells(), **self._where(), progress=progress)
        records = tuple(self._record(claim, results) for claim in self.claims.values())
        seconds = time.perf_counter() - start
        return Ledger(self.profile.name, self.seed, records, seconds=seconds, started=started)

    def discard(self) -> None:
        """Remove the run's pieces, and no other run's, once its ledger is safe."""
        shutil.rmtree(self._store, ignore_errors=True)

    @property
    def _store(self) -> Path:
        """A folder of the run's own: another selection of claims does not touch it."""
        selection = hashlib.sha256(" ".join(self.claims).encode()).hexdigest()[:8]
        return (
            self.directory / f"{self.profile.name}-{self.profile.backend}-{self.seed}-{selection}"
        )

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
                judged = _timed(check, samples)
                simulated = sum(sample.seconds for sample in samples.values())
                evidence.append(replace(judged, seconds=judged.seconds + simulated))
            else:
                text = str(results[_check_key(claim, position)]["evidence"])
                evidence.append(Evidence.from_json(json.loads(text)))
        return Record(claim.id, claim.statement, claim.source, claim.expectation, tuple(evidence))


def _check_key(claim: Claim, position: int) -> str:
    return f"{claim.id}/{position}"


def _chunk_key(experiment: Simulation, chunk: int) -> str:
    return f"experiment-{experiment.key}/{chunk}"


def _summary(experiment: Simulation, results: Mapping[str, Mapping[str, Any]]) -> Summary:
    keys = (_chunk_key(experiment, chunk) for chunk in range(len(experiment.chunks)))
    return Summary.of(experiment, [dict(results[key]) for key in keys])
