"""The grid, the rule and the cells of the experiment, on small versions of it."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from numerics import sweep
from numerics.deep_linear_history import History
from numerics.experiments import __main__ as command
from numerics.experiments import hxp, hxp_nets
from numerics.experiments.hxp_maps import maps
from numerics.experiments.hxp_nets import compute, learning_rate, problem

SMALL = dict(hxp.PARAMETERS["quick"]) | {
    "in_dim": 40,
    "out_dim": 3,
    "examples": 4,
    "widths": [4, 6, 30, 60],
    "depths": [1, 2, 7],
    "times": [20, 300],
    "seeds": 2,
}


def test_the_full_grid_is_the_papers():
    full = hxp.PARAMETERS["full"]
    assert (full["widths"][0], full["widths"][-1], len(full["widths"])) == (10, 1000, 10)
    assert (full["depths"][0], full["depths"][-1], len(full["depths"])) == (1, 700, 10)
    assert full["times"] == [1258, 10_000]
    assert (
        np.ptp(np.diff(np.log(full["widths"]))) < 0.1
    )  # evenly spaced, but for the rounding of 16.7 to 17
    data = problem(full)
    assert (data.in_dim, data.out_dim, data.rank) == (1024, 10, 16)
    assert data.residual < 1e-20 * data.target_loss  # a teacher without noise


def test_both_halves_have_one_learning_rate():
    data = problem(SMALL)
    rates = [learning_rate(SMALL, data, depth) for depth in (1, 10)]
    top = np.linalg.svd(data.basis * data.singular_values)[1][0]
    assert rates == pytest.approx([0.1 * 3 / (2 * top**2), 0.01 * 3 / (2 * top**2)])


@pytest.mark.parametrize("half", ["orthogonal", "gaussian"])
def test_a_sweep_of_each_half_fills_its_maps(half, tmp_path):
    cells = hxp.cells(SMALL, initialisations=(half,), checkpoints=str(tmp_path / "unfinished"))
    results = sweep.run(compute, cells, directory=tmp_path / "cells", seed=0)
    found = maps(SMALL, results)
    assert found["log_ratio"].shape == (2, 3, 4, 2)
    assert not np.isnan(found["log_ratio"]).any()
    assert not found["diverged"].any()
    assert (found["log_ratio"][1] < found["log_ratio"][0]).all()  # every net makes progress
    widest = found["log_ratio"][1, :, -1]
    assert (widest < -2).all()
    assert not list((tmp_path / "unfinished").iterdir())
    if half == "orthogonal":  # at depth 1 there is no width
        assert (np.ptp(found["log_ratio"][:, 0], axis=1) == 0).all()


def test_a_cell_is_reproduced_by_its_generator_alone():
    cell = hxp.cells(SMALL)[0]
    one, two, other = (compute(cell.parameters, np.random.default_rng(s)) for s in (0, 0, 1))
    assert np.array_equal(one["losses"], two["losses"])
    assert not np.array_equal(one["losses"], other["losses"])


def test_a_larger_grid_keeps_the_finished_cells():
    larger = SMALL | {"depths": [1, 2, 7, 9], "widths": [4, 6, 30, 60, 90]}
    before, after = (
        {cell.key: cell.parameters for cell in hxp.cells(grid, initialisations=("gaussian",))}
        for grid in (SMALL, larger)
    )
    assert before.items() <= after.items()
    deeper = SMALL | {"depths": [1, 2, 7, 9]}
    before, after = (
        {cell.key: cell.parameters for cell in hxp.cells(grid, initialisations=("orthogonal",))}
        for grid in (SMALL, deeper)
    )
    assert before.items() <= after.items()


def test_the_starts_have_the_law_of_the_whole_nets():
    """E l(0) = (|X|_F^2 + |Y|_F^2)/2 at every depth and width, from either initialisation."""
    data = problem(SMALL)
    many = SMALL | {"times": [1], "seeds": 4000, "depths": [1, 7], "widths": [6, 60]}
    exact = 0.5 * (np.sum(data.singular_values**2) + np.sum(data.targets**2))
    for cell in hxp.cells(many, initialisations=("orthogonal",)):
        result = compute(cell.parameters, np.random.default_rng(0))
        for width in many["widths"]:
            start = result["losses"][0, result["widths"] == width]
            assert abs(start.mean() - exact) < 4 * start.std() / len(start) ** 0.5


def test_missing_cells_and_divergence_are_told_apart():
    cell = {
        "steps": np.array([0, 5]),
        "losses": np.array([[1.0, 2.0], [0.0, np.inf]]),
        "widths": np.array([4, 4]),
        "depths": np.array([3, 3]),
        "diverged_at": np.array([-1, 2]),
    }
    found = maps({"times": [5], "depths": [3, 9], "widths": [4], "seeds": 2}, {"a": cell})
    assert np.isnan(found["log_ratio"][0, 1]).all()
    assert found["diverged"].tolist() == [[[False, True]], [[False, False]]]
    assert found["log_ratio"][0, 0, 0, 0] < -300
    assert found["log_ratio"][0, 0, 0, 1] == np.inf


def diverging_cell(**change):
    cell = {
        "steps": np.array([0, 2, 5]),
        "losses": np.array([[np.inf, 2.0, 2.0], [np.inf, 1.0, 1.0], [np.inf, np.inf, 0.2]]),
        "widths": np.array([4, 4, 4]),
        "depths": np.array([3, 3, 3]),
        "diverged_at": np.array([0, 3, -1]),
    }
    return cell | change


def test_a_net_has_diverged_from_the_step_on_at_which_it_did():
    """At the start even, without a warning; and after the last time of the maps it has not yet."""
    grid = {"times": [2, 5], "depths": [3], "widths": [4], "seeds": 3}
    found = maps(grid, {"a": diverging_cell()})
    expected = [[np.inf, -np.log10(2), -np.log10(2)], [np.inf, np.inf, -1.0]]
    np.testing.assert_allclose(found["log_ratio"][:, 0, 0], expected, rtol=1e-14)
    assert found["diverged"][0, 0].tolist() == [True, True, False]
    later = diverging_cell(diverged_at=np.array([-1, -1, 9]), losses=np.ones((3, 3)))
    found = maps(grid, {"a": later})
    assert (found["log_ratio"] == 0).all()
    assert found["diverged"][0, 0].tolist() == [False, False, True]


@pytest.mark.parametrize("times", [[2, 4], [6], [1]])
def test_losses_of_another_step_stand_in_for_none(times):
    grid = {"times": times, "depths": [3], "widths": [4], "seeds": 3}
    with pytest.raises(ValueError, match=r"times must be among the steps .*\[0, 2, 5\], got"):
        maps(grid, {"a": diverging_cell()})


def checkpoints_of(parameters, seed, monkeypatch) -> list:
    """Files that a cell would write to; nothing is trained."""
    found = []

    def seen(*, record, nets, checkpoint, **_):
        found.append(checkpoint)
        count = np.size(getattr(nets, "widths", range(parameters["seeds"])))
        return History(record, np.ones((len(record), count)), *np.full((2, count), -1))

    with monkeypatch.context() as patched:
        patched.setattr(hxp_nets, "train", seen)
        patched.setattr(hxp_nets, "train_reduced", seen)
        compute(parameters, np.random.default_rng(seed))
    return found


def test_every_run_has_a_checkpoint_of_its_own(tmp_path, monkeypatch):
    """Cells that run side by side, parts of a cell, seeds, and sources."""
    grid = SMALL | {"depths": [2, 7]}
    cells = hxp.cells(grid, checkpoints=str(tmp_path))

    def paths():
        return [
            path
            for cell in cells
            for seed in (0, 1)
            for path in checkpoints_of(cell.parameters, seed, monkeypatch)
        ]

    first = paths()
    assert len(first) == 2 * (2 * 3 + 2 * 4)  # dimensions 4, 6 and 7; four Gaussian widths
    assert len(set(first)) == len(first)
    assert paths() == first  # found again
    monkeypatch.setattr(hxp_nets, "source_fingerprint", lambda *_: "of other sources")
    assert not set(first) & set(paths())


def ran(*arguments):
    return CliRunner().invoke(command.main, arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jobs", "0"], "0 is not in the range x>=1"),
        (["--seed", "-1"], "-1 is not in the range x>=0"),
        (["--half", "both"], "'orthogonal', 'gaussian'"),
        (["--directory", "{file}/cells"], "directory must be writable"),
    ],
)
def test_bad_options_are_refused_in_a_line(arguments, message, tmp_path):
    (tmp_path / "file").write_text("")
    done = ran(*(each.format(file=tmp_path / "file") for each in arguments))
    assert done.exit_code == 2
    assert message in done.output
    assert isinstance(done.exception, SystemExit)


def test_a_half_named_twice_is_run_once():
    once, twice = (ran(*["--half", "gaussian"] * times, "--dry-run") for times in (1, 2))
    assert twice.exit_code == 0
    assert twice.output == once.output
    assert "25 cells" in once.output


def test_the_cost_is_said_beforehand():
    cells = hxp.cells(hxp.PARAMETERS["full"], initialisations=("gaussian",))
    cost = sweep.plan(compute, cells, directory="never-made", seed=0, jobs=2)
    assert cost.cells == 100
    assert 3600 < cost.seconds < 48 * 3600
    largest = max(cells, key=lambda cell: cell.seconds)
    assert largest.key == "gaussian-depth-700-width-1000"
    assert largest.bytes > 8 * 698 * 1000**2
