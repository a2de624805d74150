"""Runs that are killed and go on: bit for bit the same numbers; files that must not be used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from numerics.backends import NumpyBackend
from numerics.deep_linear import train
from numerics.deep_linear_checkpoint import Checkpoint, run_digest
from numerics.linear_data import reduce

PROGRAM = """
import sys
import numpy as np
from tests_arguments import arguments
from numerics.deep_linear import train
train(**arguments(), checkpoint=sys.argv[1], checkpoint_seconds=0.0)
"""
ARGUMENTS = """
import numpy as np
from numerics.linear_data import reduce

def arguments():
    rng = np.random.default_rng(0)
    data = reduce(rng.standard_normal((6, 4)), rng.standard_normal((2, 4)))
    return dict(
        data=data, width=20, depth=5, learning_rate=0.004, steps=4000, record=range(0, 4001, 7),
        nets=3, rng=np.random.default_rng(1), invariants=True, stop_at_floor=False,
    )
"""


def _killed_while_running(folder, path):
    """Start a run elsewhere, and kill it once it has written its state some times."""
    (folder / "tests_arguments.py").write_text(ARGUMENTS)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], env=environment)
    deadline = time.monotonic() + 60.0
    while not (path.exists() and _step(path) >= 200):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _step(path):
    with np.load(path) as stored:
        return int(stored["step"])


def test_a_killed_run_goes_on_bit_for_bit(tmp_path):
    path = tmp_path / "state.npz"
    _killed_while_running(tmp_path, path)
    assert 200 <= _step(path) < 4000
    scope = {}
    exec(ARGUMENTS, scope)  # the same arguments here
    resumed = train(**scope["arguments"](), checkpoint=path)
    whole = train(**scope["arguments"]())
    _assert_same(resumed, whole)
    assert not path.exists()


def _assert_same(first, second):
    for name in ("losses", "diverged_at", "stopped_at"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name in ("largest", "smallest", "movement"):
        if first.invariants is not None:
            one, other = getattr(first.invariants, name), getattr(second.invariants, name)
            np.testing.assert_array_equal(one, other)


class InterruptedRunError(Exception):
    pass


def arguments(**change):
    rng = np.random.default_rng(0)
    data = reduce(rng.standard_normal((6, 40)), rng.standard_normal((2, 40)))
    base = {"data": data, "width": 9, "depth": 3, "learning_rate": 0.008, "steps": 900}
    base |= {"rng": np.random.default_rng(1), "nets": 5, "patience": 10, "record": range(0, 901, 9)}
    return base | change


@pytest.mark.parametrize("steps", [1, 40, 300, 601, 1000])
def test_interruptions_anywhere(tmp_path, monkeypatch, steps):
    """In any batch, before and after nets have stopped, which happens from step 300 on or so."""
    monkeypatch.setattr("numerics.deep_linear_plan._CACHE", 1)
    monkeypatch.setattr(NumpyBackend, "batch_bytes", 2 * 8 * 500)
    whole = train(**arguments())
    assert (whole.stopped_at > 0).any()
    write, asked = Checkpoint.write, 0

    def due(_):
        nonlocal asked
        asked += 1
        return asked == steps

    def write_and_stop(self, state):
        write(self, state)
        raise InterruptedRunError

    path = tmp_path / "state.npz"
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "due", property(due))
        patch.setattr(Checkpoint, "write", write_and_stop)
        with pytest.raises(InterruptedRunError):
            train(**arguments(), checkpoint=path)
    _assert_same(train(**arguments(), checkpoint=path), whole)


def _leave_state(path, **change):
    state = {"step": np.array(3)}
    Checkpoint(path, 0.0, run_digest(change)).write(state)


def test_the_state_of_another_run_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    _leave_state(path, width=8)
    assert Checkpoint(path, 0.0, run_digest({"width": 8})).read()["step"] == 3
    with pytest.raises(ValueError, match="checkpoint must be of a run with the same arguments"):
        Checkpoint(path, 0.0, run_digest({"width": 9})).read()
    with pytest.raises(ValueError, match="checkpoint must be of a run with the same arguments"):
        train(**arguments(), checkpoint=path)


def test_every_argument_counts(tmp_path, monkeypatch):
    digests = set()
    monkeypatch.setattr(
        "numerics.deep_linear.run_digest", lambda parts: digests.add(run_digest(parts)) or ""
    )
    changes = [
        {}, {"width": 10}, {"depth": 4}, {"learning_rate": 0.007}, {"steps": 901}, {"nets": 4},
        {"rng": np.random.default_rng(2)}, {"patience": 11}, {"dtype": "float32"},
        {"record": (900,)}, {"initialisation": "gaussian"}, {"stop_at_floor": False},
        {"invariants": True}, {"data": reduce(np.eye(6), np.ones((2, 6)))},
        {"weights": (np.ones((1, 9, 6)), np.ones((1, 9, 9)), np.ones((1, 2, 9)))},
        {"weights": (np.ones((1, 9, 6)), np.ones((1, 9, 9)), np.zeros((1, 2, 9)))},
    ]  # fmt: skip
    for change in changes:
        train(**arguments(**{"steps": 900} | change), checkpoint=tmp_path / "state.npz")
    assert len(digests) == len(changes)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    _leave_state(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="checkpoint must be readable"):
        Checkpoint(path, 0.0, run_digest({})).read()


def test_a_write_that_fails_leaves_the_old_state(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    _leave_state(path)

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        Checkpoint(path, 0.0, run_digest({})).write({"step": np.array(4)})
    assert _step(path) == 3


def test_nothing_is_written_before_its_time(tmp_path):
    path = tmp_path / "state.npz"
    checkpoint = Checkpoint(path, 1e6, "")
    assert not checkpoint.due
    assert Checkpoint(path, 0.0, "").due
    assert not Checkpoint(None, 0.0, "").due
    assert checkpoint.read() is None
