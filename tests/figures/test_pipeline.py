"""Compute step: reproducible, resumable, stored with provenance; damage is noticed; the plot step computes nothing."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from figures import pipeline, store
from figures.manifest import FIGURES
from figures.pipeline import Run


@pytest.fixture
def tiny():
    """Figure 1(b) with three small widths and a hundred networks."""
    record = FIGURES["gh-fig1b"]
    small = {"widths": [30, 31], "simulated_widths": [3, 4, 5], "replicates": 100}
    return replace(record, parameters={"quick": {**record.parameters["quick"], **small}})


def arrays(record, run):
    pipeline.compute(record, run)
    return store.load(run.data, run.key(record)).arrays


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[k], second[k]) for k in first)


def test_same_numbers_for_a_seed_whatever_the_jobs(tiny, tmp_path):
    one = arrays(tiny, Run(tmp_path / "one", jobs=1, seed=5))
    two = arrays(tiny, Run(tmp_path / "two", jobs=2, seed=5))
    assert same(one, two)


def test_seeds_change_simulations_and_nothing_else(tiny, tmp_path):
    first, second = (arrays(tiny, Run(tmp_path, seed=seed)) for seed in (1, 2))
    for name, values in first.items():
        assert name.startswith("curves.") <= np.array_equal(values, second[name])
    assert not np.any(first["simulation.variance"] == second["simulation.variance"])


def test_finished_cells_are_not_computed_again(tiny, tmp_path):
    run, done = Run(tmp_path), []
    assert pipeline.plan(tiny, run).done == 0
    pipeline.compute(tiny, run, done.append)
    assert next(cell.key for cell in done) in {
        cell.key for cell in tiny.cells(tiny.parameters["quick"], "numpy")
    }
    assert pipeline.plan(tiny, run).done == len(done) == 4
    before = {path: path.stat().st_mtime_ns for path in run.cells(tiny).iterdir()}
    pipeline.compute(tiny, run)
    assert before == {path: path.stat().st_mtime_ns for path in run.cells(tiny).iterdir()}


def test_plan_writes_nothing(tiny, tmp_path):
    pipeline.plan(tiny, Run(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_stored_data_round_trip_with_provenance(small_records, small_run):
    record = small_records["gh-fig4"]
    stored = store.load(small_run.data, "gh-fig4-quick")
    expected = {"profile": "quick", "backend": "numpy", **record.parameters["quick"]}
    assert stored.provenance["parameters"] == json.loads(json.dumps(expected))
    assert stored.provenance["seed"] == 0
    assert stored.provenance["function"] == "figures.gh_fig4.compute"
    assert {"sha256", "fingerprint", "seconds"} <= set(stored.provenance)
    assert {"numpy", "scipy", "python"} <= set(stored.provenance["versions"])
    again = {
        cell.key: record.compute(cell.parameters, None)
        for cell in record.cells(record.parameters["quick"], "numpy")
        if cell.key == "curves"
    }
    for name, values in store.merged(again).items():
        np.testing.assert_array_equal(stored.arrays[name], values)


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "altered arrays": ("*.npz", flip_a_byte),
    "truncated arrays": ("*.npz", lambda path: path.write_bytes(path.read_bytes()[:-10])),
    "missing arrays": ("*.npz", lambda path: path.unlink()),
    "record is no JSON": ("*.json", lambda path: path.write_text("{")),
    "record without seed": ("*.json", lambda path: path.write_text('{"key": "gh-fig4-quick"}')),
    "missing record": ("*.json", lambda path: path.unlink()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_are_noticed(damage, small_records, small_run, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(small_run.data, data)
    pattern, harm = DAMAGES[damage]
    (path,) = data.glob(f"gh-fig4-quick-{pattern}")
    harm(path)
    with pytest.raises(store.StoredDataError, match="gh-fig4-quick"):
        pipeline.draw(small_records["gh-fig4"], data, "quick", tmp_path, ["png"])
    assert not list(tmp_path.glob("*.png"))


def test_drawing_needs_stored_data_alone(small_records, small_run, tmp_path):
    def forbidden(*_):
        raise AssertionError("the plot step computed")

    record = replace(small_records["gh-fig1b"], compute=forbidden, cells=forbidden)
    (path,) = pipeline.draw(record, small_run.data, "quick", tmp_path, ["svg"])
    assert path.stat().st_size > 10_000


def test_merged_refuses_groups_of_unequal_shape():
    with pytest.raises(ValueError, match="same shape"):
        store.merged({"a/1": {"x": np.zeros(2)}, "a/2": {"x": np.zeros(3)}})
