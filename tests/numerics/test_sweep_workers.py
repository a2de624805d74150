"""Sweeps in real worker processes: any number of jobs, kills, interrupts, BLAS threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

SCRIPT = """
import os, sys, time
from pathlib import Path
import numpy as np
from numerics.sweep import Cell, run

def work(parameters, rng):
    started = time.monotonic()
    with open("calls.log", "a") as log:
        log.write(f"{parameters['n']}\\n")
    time.sleep(parameters["sleep"])
    matrix = rng.normal(size=(300, 300))
    return {
        "product": matrix @ matrix,
        "threads": np.array([int(os.environ[name]) for name in
                             ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")]),
        "times": np.array([started, time.monotonic()]),
        "pid": np.array(os.getpid()),
    }
"""
MAIN = """
import sys
from cells import work
from numerics.sweep import Cell, run
directory, jobs, sleep, count = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
cells = [Cell(f"c{n}", {"n": n, "sleep": sleep}) for n in range(count)]
run(work, cells, directory=directory, seed=5, jobs=jobs)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cells.py").write_text(SCRIPT)
    (tmp_path / "main.py").write_text(MAIN)
    return tmp_path


def _heed_interrupts():
    """Undo what a shell does to background jobs: they, and so all their children, ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _start(folder, directory, jobs, sleep, count):
    """Start a sweep in a process group of its own, in an environment that allows two threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return subprocess.Popen(
        [sys.executable, "main.py", *map(str, (directory, jobs, sleep, count))],
        cwd=folder,
        env=os.environ | dict.fromkeys(names, "2"),
        start_new_session=True,
        stderr=subprocess.PIPE,
        preexec_fn=_heed_interrupts,
    )


def _finish(*arguments):
    process = _start(*arguments)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()


def _results(folder, directory):
    return {path.name: dict(np.load(path)) for path in sorted((folder / directory).glob("*.npz"))}


def _wait_for_records(folder, directory, count):
    deadline = time.monotonic() + 60
    while len(list((folder / directory).glob("*.json"))) < count:
        assert time.monotonic() < deadline, "no cell finished in a minute"
        time.sleep(0.02)


def _calls(folder):
    return sorted(map(int, (folder / "calls.log").read_text().split()))


def test_any_number_of_jobs_gives_the_same_numbers(folder):
    for jobs in (1, 2):
        _finish(folder, f"jobs-{jobs}", jobs, 0.1, 4)
    one, two = (_results(folder, f"jobs-{jobs}") for jobs in (1, 2))
    assert len(one) == 4
    for name, cell in one.items():
        assert cell["product"].tobytes() == two[name]["product"].tobytes()
        assert (cell["threads"] == 1).all()
        assert (two[name]["threads"] == 1).all()
    assert _most_at_once(one) == 1
    assert _most_at_once(two) == 2


def _most_at_once(results):
    """The largest number of cells in flight at one time."""
    spans = [cell["times"] for cell in results.values()]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)


def test_a_killed_sweep_loses_only_the_cells_in_flight(folder):
    process = _start(folder, "killed", 2, 0.3, 6)
    _wait_for_records(folder, "killed", 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    stored = len(list((folder / "killed").glob("*.json")))
    assert 3 <= stored < 6
    (folder / "calls.log").unlink()
    _finish(folder, "killed", 2, 0.0, 0)  # an empty sweep disturbs nothing
    _finish(folder, "killed", 2, 0.3, 6)
    assert len(_calls(folder)) == 6 - stored
    _finish(folder, "whole", 2, 0.3, 6)
    killed, whole = _results(folder, "killed"), _results(folder, "whole")
    assert killed.keys() == whole.keys()
    for name, cell in whole.items():
        assert cell["product"].tobytes() == killed[name]["product"].tobytes()


def test_an_interrupted_sweep_keeps_its_finished_cells(folder):
    process = _start(folder, "interrupted", 1, 0.3, 6)
    _wait_for_records(folder, "interrupted", 2)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    stored = len(list((folder / "interrupted").glob("*.json")))
    assert 2 <= stored < 6
    (folder / "calls.log").unlink()
    _finish(folder, "interrupted", 1, 0.3, 6)
    assert len(_calls(folder)) == 6 - stored
