"""Stored cells: what was written is read, and nothing else ever is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from numerics.cell_store import CellStore, DamagedError, Identity, OutdatedError

IDENTITY = Identity("width 8/ReLU", {"width": 8, "orders": [0.5, 1.0]}, 3, "module.f", "abc")
ARRAYS = {"x": np.arange(6.0).reshape(2, 3), "dead": np.array([True, False]), "n": np.array(3)}


@pytest.fixture
def store(tmp_path):
    made = CellStore(tmp_path / "cells")
    made.prepare()
    made.write(IDENTITY, ARRAYS, seconds=0.5)
    return made


def _file(store, suffix):
    [path] = store.directory.glob(f"*{suffix}")
    return path


def test_round_trip(store):
    stored = store.read(IDENTITY)
    assert set(stored) == set(ARRAYS)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(stored[name], values)
        assert stored[name].dtype == values.dtype


def test_record_holds_all_it_takes_to_repeat_the_cell(store):
    record = json.loads(_file(store, ".json").read_text())
    assert record["key"] == IDENTITY.key
    assert record["parameters"] == IDENTITY.parameters
    assert (record["seed"], record["function"], record["fingerprint"]) == (3, "module.f", "abc")
    assert record["versions"]["numpy"] == np.__version__
    assert {"python", "scipy", "joblib"} <= set(record["versions"])
    assert len(record["sha256"]) == 64
    assert record["seconds"] == 0.5


def test_no_temporary_file_is_left(store):
    assert sorted(path.suffix for path in store.directory.iterdir()) == [".json", ".npz"]


@pytest.mark.parametrize(
    "change",
    [{"parameters": {"width": 9}}, {"seed": 4}, {"function": "module.g"}, {"fingerprint": "abd"}],
)
def test_another_identity_is_outdated(store, change):
    with pytest.raises(OutdatedError, match=f"made with another {next(iter(change))}"):
        store.read(replace(IDENTITY, **change))


def test_another_key_is_another_cell(store):
    for key in ("width 8_ReLU", "width 8/relu", "WIDTH 8/RELU"):
        with pytest.raises(OutdatedError, match="not computed yet"):
            store.read(replace(IDENTITY, key=key))


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _list(path):
    path.write_text("[1]")


DAMAGES = [
    (".npz", _truncate, "checksum"),
    (".npz", _flip, "checksum"),
    (".npz", lambda path: path.write_bytes(b""), "checksum"),
    (".npz", lambda path: path.unlink(), "cannot be read"),
    (".json", _truncate, "not JSON"),
    (".json", lambda path: path.write_bytes(b"\xff\xfe"), "not JSON"),
    (".json", _list, "not a JSON object"),
]


@pytest.mark.parametrize(("suffix", "damage", "message"), DAMAGES)
def test_damage_is_noticed(store, suffix, damage, message):
    damage(_file(store, suffix))
    with pytest.raises(DamagedError, match=message):
        store.read(IDENTITY)


def test_arrays_swapped_with_a_matching_checksum_are_still_not_unpickled(store):
    """An object array smuggled in is refused by NumPy itself (allow_pickle=False)."""
    import hashlib

    path = _file(store, ".npz")
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    record = json.loads(_file(store, ".json").read_text())
    record["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    _file(store, ".json").write_text(json.dumps(record))
    with pytest.raises(DamagedError, match="cannot be read"):
        store.read(IDENTITY)


def test_a_kill_between_the_two_files_is_noticed(store):
    """New arrays beside the old record, as a kill between the two moves leaves them."""
    old_record = _file(store, ".json").read_bytes()
    store.write(IDENTITY, {"x": np.zeros(1)}, seconds=0.1)
    _file(store, ".json").write_bytes(old_record)
    with pytest.raises(DamagedError, match="checksum"):
        store.read(IDENTITY)


def test_writing_again_replaces(store):
    store.write(replace(IDENTITY, seed=9), {"y": np.ones(2)}, seconds=0.1)
    assert set(store.read(replace(IDENTITY, seed=9))) == {"y"}
    with pytest.raises(OutdatedError, match="seed"):
        store.read(IDENTITY)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([1, 2], "must return a dict of arrays, got list"),
        (None, "must return a dict of arrays, got NoneType"),
        ({1: np.ones(1)}, "must return a dict of arrays"),
        ({"file": np.ones(1)}, "must not name an array"),
        ({"x": np.array([object()])}, "must return arrays of numbers"),
    ],
)
def test_bad_arrays(store, arrays, message):
    with pytest.raises(ValueError, match=message):
        store.write(IDENTITY, arrays, seconds=0.0)


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"directory must be writable, got .*file.cells"):
        CellStore(tmp_path / "file" / "cells").prepare()
