"""Runs that are killed and go on: bit for bit the same numbers; files that must not be used."""

from __future__ import annotations

import ast
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import scipy

from numerics import provenance
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


@pytest.mark.parametrize("library", [np, scipy])
def test_the_versions_of_numpy_and_scipy_count(library, monkeypatch):
    before = run_digest({})
    monkeypatch.setattr(library, "__version__", "0.0")
    assert run_digest({}) != before


CHECKS = {"array_checks", "checks", "networks", "provenance", "recording"}  # no number is theirs


def test_the_sources_of_every_number_count(monkeypatch):
    """Of full nets and of reduced ones: all that the two trainers import; changed sources are refused."""
    found = []
    monkeypatch.setattr(
        provenance, "source_fingerprint", lambda *paths: found.extend(paths) or "changed"
    )
    changed = run_digest({})
    monkeypatch.undo()
    assert changed != run_digest({})
    assert _imports("deep_linear") | _imports("orthogonal_reduction") <= {
        each.stem for each in found
    }


def _imports(name):
    """Modules of ours that a module imports, directly or not."""
    known, ahead = set(), {name}
    while ahead:
        name = ahead.pop()
        known.add(name)
        tree = ast.parse(Path(importlib.util.find_spec(f"numerics.{name}").origin).read_text())
        froms = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom) and each.level]
        found = {each.module for each in froms if each.module}
        found |= {alias.name for each in froms if not each.module for alias in each.names}
        ahead |= found - known - CHECKS
    return known


def test_arrays_count_by_shape_type_and_numbers_however_they_lie_in_memory():
    array = np.arange(24.0).reshape(2, 3, 4)
    same = (array, np.asfortranarray(array), np.repeat(array, 2, axis=2)[..., ::2])
    other = (
        array[None],
        array.astype("float32"),
        array.astype(">f8"),
        array + 1.0,
        np.zeros((0, 3)),
    )
    other += (np.zeros((3, 0)), np.array(3.0), np.array([3.0]))
    assert len({run_digest({"x": each}) for each in same}) == 1
    assert len({run_digest({"x": each}) for each in (array, *other)}) == 1 + len(other)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    _leave_state(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="checkpoint must be readable"):
        Checkpoint(path, 0.0, run_digest({})).read()


def _read(path):
    """What a checkpoint holds, or the message it is refused with."""
    try:
        return Checkpoint(path, 0.0, run_digest({})).read()
    except ValueError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore")  # of what a header may say
@pytest.mark.parametrize("bit", [0, 3])
def test_a_changed_byte_is_refused_or_changes_nothing(tmp_path, bit):
    """At every place of the directory of the file: the arrays have checksums."""
    path = tmp_path / "state.npz"
    state = {"step": np.array(3), "weights_0": np.arange(20.0).reshape(4, 5), "nets": np.arange(3)}
    Checkpoint(path, 0.0, run_digest({})).write(state)
    content = bytearray(path.read_bytes())
    found = []
    for place in range(content.index(b"PK\1\2"), len(content)):
        content[place] ^= 1 << bit
        path.write_bytes(content)
        content[place] ^= 1 << bit
        found.append(_read(path))
    refused = [each for each in found if isinstance(each, str)]
    assert len(refused) > 100
    assert all(each.startswith("checkpoint must be") for each in refused)
    for each in found:
        assert isinstance(each, str) or each.keys() == state.keys()
        assert isinstance(each, str) or all((each[name] == state[name]).all() for name in state)


def _array_alone(path):
    with path.open("wb") as stream:
        np.save(stream, np.arange(3))


OTHERS = {
    "a bare array": _array_alone,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("losses"),
    "no list of names": lambda path: np.savez(path, digest=run_digest({}), step=3),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files_are_refused(kind, tmp_path):
    OTHERS[kind](tmp_path / "state.npz")
    with pytest.raises(ValueError, match="checkpoint must be readable, got"):
        Checkpoint(tmp_path / "state.npz", 0.0, run_digest({})).read()


def test_a_kill_while_writing_leaves_nothing_behind_in_the_end(tmp_path, monkeypatch):
    """The file half written goes when the resumed run ends, even if that never writes."""
    savez, path = np.savez, tmp_path / "state.npz"

    def killed(stream, **arrays):
        savez(stream, **arrays)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", killed)
        with pytest.raises(KeyboardInterrupt):
            train(**arguments(), checkpoint=path, checkpoint_seconds=0.0)
    assert len(list(tmp_path.iterdir())) == 1
    train(**arguments(), checkpoint=path)
    assert not list(tmp_path.iterdir())


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
