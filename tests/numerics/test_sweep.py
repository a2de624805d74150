"""The sweep's bookkeeping, in this process; real workers and kills are in test_sweep_workers.py."""

from __future__ import annotations

import math

import joblib
import numpy as np
import pytest

from numerics.sweep import Cell, CellError, StoredCellWarning, plan, run

CALLS: list[str] = []
CELLS = [Cell(f"n-{n}", {"n": n}, seconds=float(n), bytes=10 * n) for n in (1, 2, 3)]


def draw(parameters, rng):
    CALLS.append(f"n-{parameters['n']}")
    return {"x": rng.random(parameters["n"])}


def draw_twice(parameters, rng):
    return {"x": 2 * rng.random(parameters["n"])}


def fail_at_two(parameters, rng):
    if parameters["n"] == 2:
        raise ZeroDivisionError("two")
    return draw(parameters, rng)


def interrupt_at_three(parameters, rng):
    if parameters["n"] == 3:
        raise KeyboardInterrupt
    return draw(parameters, rng)


@pytest.fixture(autouse=True)
def _here():
    """Run cells in this process, by configuration, as a cluster would be named."""
    CALLS.clear()
    with joblib.parallel_config(backend="sequential"):
        yield


def sweep(directory, function=draw, cells=CELLS, seed=0, **options):
    return run(function, cells, directory=directory, seed=seed, **options)


def same(first, second):
    return first.keys() == second.keys() and all(
        (first[key]["x"] == second[key]["x"]).all() for key in first
    )


def test_results_come_in_the_order_of_the_cells(tmp_path):
    result = sweep(tmp_path)
    assert list(result) == ["n-1", "n-2", "n-3"]
    assert [result[key]["x"].shape for key in result] == [(1,), (2,), (3,)]


def test_second_run_computes_nothing(tmp_path):
    first = sweep(tmp_path)
    CALLS.clear()
    assert same(sweep(tmp_path), first)
    assert CALLS == []


def test_numbers_depend_on_seed_and_key_alone(tmp_path):
    whole, part = sweep(tmp_path / "whole"), sweep(tmp_path / "part", cells=CELLS[2:])
    assert (whole["n-3"]["x"] == part["n-3"]["x"]).all()
    assert (sweep(tmp_path / "other", seed=1)["n-3"]["x"] != whole["n-3"]["x"]).all()
    renamed = sweep(tmp_path / "renamed", cells=[Cell("m", {"n": 3})])
    assert (renamed["m"]["x"] != whole["n-3"]["x"]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"function": draw_twice},
        {"fingerprint": "new"},
        {"cells": [Cell("n-1", {"n": 4}), *CELLS[1:]]},
    ],
)
def test_nothing_outdated_is_reused(tmp_path, change):
    fresh = sweep(tmp_path / "fresh", **change)
    sweep(tmp_path / "used")
    assert same(sweep(tmp_path / "used", **change), fresh)


def test_a_damaged_cell_is_told_of_and_computed_again(tmp_path):
    first = sweep(tmp_path)
    CALLS.clear()
    [damaged] = tmp_path.glob("n-2*.npz")
    damaged.write_bytes(damaged.read_bytes()[:50])
    with pytest.warns(
        StoredCellWarning, match=r"stored cell 'n-2' .* is computed again: .*checksum"
    ):
        again = sweep(tmp_path)
    assert CALLS == ["n-2"]
    assert same(again, first)
    assert same(sweep(tmp_path), first)  # and no warning now: warnings are errors here


def test_a_failing_cell_is_named_and_costs_no_other(tmp_path):
    with pytest.raises(CellError, match="cell 'n-2' failed: ZeroDivisionError: two"):
        sweep(tmp_path, function=fail_at_two)
    assert plan(fail_at_two, CELLS, directory=tmp_path, seed=0).done == 1


def test_an_interrupt_leaves_the_finished_cells(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path, function=interrupt_at_three)
    assert plan(interrupt_at_three, CELLS, directory=tmp_path, seed=0).done == 2


def test_progress_sees_every_cell_once(tmp_path):
    seen = []
    sweep(tmp_path, cells=CELLS[:2], progress=seen.append)
    assert seen == CELLS[:2]
    seen.clear()
    sweep(tmp_path, progress=seen.append)
    assert seen == CELLS


def test_plan_counts_what_is_left(tmp_path):
    arguments = {"directory": tmp_path / "cells", "seed": 0}
    made = plan(draw, CELLS, **arguments)
    assert (made.cells, made.done, made.seconds, made.bytes) == (3, 0, 6.0, 30)
    assert not (tmp_path / "cells").exists()
    assert plan(draw, CELLS, **arguments, jobs=2).seconds == 3.0
    assert plan(draw, CELLS, **arguments, jobs=2).bytes == 50
    assert plan(draw, CELLS, **arguments, jobs=6).seconds == 3.0  # the longest cell
    sweep(tmp_path / "cells", cells=CELLS[2:])
    left = plan(draw, CELLS, **arguments)
    assert (left.done, left.seconds, left.bytes) == (1, 3.0, 20)
    assert str(left) == "3 cells, 1 done, 2 to compute: about 3 s, 0.0 MiB"


def test_parameters_are_used_as_recorded(tmp_path):
    cell = Cell("tuple", {"n": 1, "pair": (1, 2)})
    sweep(tmp_path, cells=[cell])
    assert plan(draw, [cell], directory=tmp_path, seed=0).done == 1


def test_no_cells(tmp_path):
    assert sweep(tmp_path, cells=[]) == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": ""}, "key must be a non-empty string"),
        ({"key": 3}, "key must be a non-empty string, got 3"),
        ({"seconds": -1.0}, r"seconds must be finite and >= 0, got -1\.0"),
        ({"seconds": math.nan}, "seconds must be finite and >= 0, got nan"),
        ({"bytes": -1}, "bytes must be finite and >= 0"),
        ({"parameters": {"x": math.nan}}, "parameters must be JSON without NaN"),
        ({"parameters": {"x": np.ones(2)}}, "parameters must be JSON"),
    ],
)
def test_bad_cell(fields, message):
    with pytest.raises(ValueError, match=message):
        Cell(**{"key": "a", "parameters": {}} | fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jobs": 0}, "jobs must be an integer >= 1, got 0"),
        ({"seed": -1}, "seed must be an integer >= 0, got -1"),
        ({"function": lambda parameters, rng: {}}, "function must be defined at the top level"),
        ({"function": 3}, "function must be defined at the top level of a module, got 3"),
        ({"cells": [*CELLS, CELLS[0]]}, r"cells must have distinct keys, got \['n-1'\]"),
    ],
)
def test_bad_sweep(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        sweep(tmp_path, **change)


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="directory must be writable"):
        sweep(tmp_path / "file" / "cells")
    assert CALLS == []
