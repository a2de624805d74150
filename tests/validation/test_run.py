"""Runs: the same numbers for any number of jobs, other numbers for another seed, nothing lost when killed."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from validation.claim import PROFILES
from validation.ledger import comparable, now
from validation.run import Run

CHEAP = ("fm.lecun",)  # two experiments of about a second


def run(directory, seed=3, jobs=1, ids=CHEAP):
    return Run(PROFILES["quick"], seed, ids, Path(directory), jobs)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    settings = {"one": (3, 1), "two": (3, 2), "other": (4, 2)}
    return {
        name: run(tmp_path_factory.mktemp(name), *setting).execute().to_json()
        for name, setting in settings.items()
    }


def estimates(ledger):
    return [
        evidence["estimate"]
        for claim in ledger["claims"]
        for evidence in claim["evidence"]
        if evidence["kind"] == "monte-carlo"
    ]


def test_same_seed_same_ledger_for_one_job_and_two(ledgers):
    assert comparable(ledgers["one"]) == comparable(ledgers["two"])


def test_times_are_told(ledgers):
    ledger = ledgers["one"]
    assert ledger["started"] < now()
    simulated = [e for e in ledger["claims"][0]["evidence"] if e["kind"] == "monte-carlo"]
    assert all(e["seconds"] > 0.01 for e in simulated)


def test_other_seed_other_estimates_same_verdict(ledgers):
    one, other = estimates(ledgers["one"]), estimates(ledgers["other"])
    assert one
    assert all(a != b for a, b in zip(one, other, strict=True))
    assert ledgers["other"]["summary"]["supported"] == 1


def test_the_ledger_follows_the_schema(ledgers):
    ledger = ledgers["one"]
    assert json.loads(json.dumps(ledger, allow_nan=False)) == ledger
    assert ledger["schema"] == 1
    assert ledger["false_alarm_rate"] == ledger["miss_rate"] == 1e-6
    evidence = {"kind", "decision", "expected", "estimate", "standard_error", "replicates", "alpha"}
    evidence |= {"resolution", "detectable", "p_value", "method", "mutants", "seconds"}
    for claim in ledger["claims"]:
        assert {"id", "statement", "source", "expectation", "verdict", "evidence"} == set(claim)
        assert all(evidence <= set(piece) for piece in claim["evidence"])


def test_pieces_stay_until_they_are_discarded(tmp_path):
    """A run whose ledger could not be written loses nothing; another run's pieces are left alone."""
    one, other = run(tmp_path), run(tmp_path, ids=("fm.laplace.relu",))
    one.execute()
    other.execute()
    other.discard()
    assert other.plan().done == 0
    assert one.plan().done == one.plan().cells
    one.discard()
    assert not list(tmp_path.iterdir())


def test_a_killed_run_resumes(tmp_path):
    """Killed (SIGKILL) once a piece is stored; the next run computes the rest only, to the same ledger."""
    command = [sys.executable, "-m", "validation", *CHEAP, "--seed", "3", "--jobs", "1"]
    process = subprocess.Popen(
        [*command, "--output", str(tmp_path)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    cells = tmp_path / "cells"
    deadline = time.monotonic() + 60
    while (
        not list(cells.glob("*/*.json")) and time.monotonic() < deadline and process.poll() is None
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = run(tmp_path / "cells")
    plan = resumed.plan()
    assert 1 <= plan.done < plan.cells
    assert comparable(resumed.execute().to_json()) == comparable(
        run(tmp_path / "b").execute().to_json()
    )


def test_an_experiment_is_simulated_once_however_many_checks_read_it():
    cells = run("unused", ids=("fm.norm-moment.linear",)).cells()
    claim = run("unused", ids=("fm.norm-moment.linear",)).claims["fm.norm-moment.linear"]
    experiments = {e for check in claim.checks for e in check.experiments}
    chunks = sum(len(e.chunks) for e in experiments)
    assert len([c for c in cells if c.key.startswith("experiment-")]) == chunks
    assert len({c.key for c in cells}) == len(cells)


def test_the_full_profile_resolves_more():
    assert PROFILES["full"].resolution < PROFILES["quick"].resolution
    assert (
        replace(run("unused"), profile=PROFILES["full"]).plan().seconds
        > run("unused").plan().seconds
    )


@pytest.mark.slow
def test_every_claim_has_the_same_ledger_for_one_job_and_two(tmp_path):
    one, two = (run(tmp_path / str(jobs), jobs=jobs, ids=()).execute() for jobs in (1, 2))
    assert comparable(one.to_json()) == comparable(two.to_json())
    assert not one.unexpected
