"""How a run ends: at the rounding floor, in divergence, at a kill; and what it refuses."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from numerics.deep_linear import train
from numerics.deep_linear_checkpoint import Checkpoint
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import ReducedNets, draw_reduced, reduced_from_weights
from numerics.reduced_steps import ReducedState

DEPTH = 6


def problem(seed: int = 0):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((12, 3))
    return reduce(inputs, rng.standard_normal((2, 12)) @ inputs)


def draw(width: int, nets: int = 2, seed: int = 1) -> ReducedNets:
    rng = np.random.default_rng(seed)
    return draw_reduced(input_dim=12, out_dim=2, rank=3, width=width, nets=nets, rng=rng)


DATA = problem()
LARGEST = 2 / (2 * DEPTH * DATA.norm**2)


def run(nets: ReducedNets, steps: int = 1500, rate=LARGEST, **options):
    options = {"record": [0, 10, 100, steps // 2, steps]} | options
    return train_reduced(
        data=DATA, nets=nets, depth=DEPTH, learning_rate=rate, steps=steps, **options
    )


def test_a_net_stops_where_nothing_but_rounding_is_left():
    record = range(0, 2001, 10)
    stopped, whole = (
        run(draw(60), steps=2000, record=record, stop_at_floor=stop) for stop in (True, False)
    )
    assert (stopped.stopped_at > 0).all()
    assert (whole.stopped_at == -1).all()
    # what is filled in differs from what would have come by no more than the floor itself
    scale = 0.5 * max(np.sum(DATA.targets**2), DATA.norm**2)
    floor = (5 * DEPTH * np.finfo(float).eps) ** 2 * scale
    assert np.abs(stopped.losses - whole.losses).max() <= floor
    steps = np.array(stopped.record)
    before = steps < stopped.stopped_at.min()
    assert np.array_equal(stopped.losses[before], whole.losses[before])
    after = steps >= stopped.stopped_at.max()
    assert after.sum() > 10
    assert (np.ptp(stopped.losses[after], axis=0) == 0).all()


def test_divergence_is_recorded_without_a_warning():
    nets = draw(60)
    rates = [LARGEST, 200 * LARGEST]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = run(nets, rate=rates)
    assert history.diverged_at[0] == -1
    assert 0 < history.diverged_at[1] < 1500
    steps = np.array(history.record)
    after = steps >= history.diverged_at[1]
    assert np.isinf(history.losses[after, 1]).all()
    assert np.isfinite(history.losses[~after]).all()
    assert history.stopped_at.tolist()[1] == -1
    # the net beside it is none the worse
    alone = run(ReducedNets(nets.first[:1], nets.last[:1], nets.widths[:1]))
    assert np.abs(history.losses[:, 0] - alone.losses[:, 0]).max() <= 1e-12 * alone.losses[0, 0]


def test_all_nets_may_diverge():
    history = run(draw(60), rate=300 * LARGEST)
    assert (history.diverged_at > 0).all()
    assert np.isinf(history.losses[-1]).all()


@pytest.mark.parametrize(
    ("rate", "record"), [(LARGEST, [0, 1]), (18 * LARGEST, [0, 1]), (18 * LARGEST, [1, 1500])]
)
def test_all_steps_are_taken_whatever_is_recorded_as_on_every_weight(rate, record):
    """Both simulators say where a net diverged or stopped, after the last recorded step too."""
    options = {"data": DATA, "depth": DEPTH, "learning_rate": rate, "steps": 1500}
    weights = draw_weights(
        data=DATA,
        width=20,
        depth=DEPTH,
        initialisation="orthogonal",
        nets=1,
        rng=np.random.default_rng(3),
    )
    reduced = train_reduced(nets=reduced_from_weights(weights), record=record, **options)
    full = train(width=20, weights=weights, record=record, **options)
    assert reduced.diverged_at.tolist() == full.diverged_at.tolist()
    assert (reduced.stopped_at >= 0).tolist() == (full.stopped_at >= 0).tolist()
    assert (reduced.diverged_at + reduced.stopped_at)[0] > 1


def test_a_start_out_of_range_is_divergence_without_a_warning():
    huge = ReducedNets(np.full((1, 5, 3), 1e308), np.full((1, 2, 5), 1e308), [9])
    assert DATA.norm > 2  # the first layer's inputs overflow already
    history = run(huge)
    assert history.diverged_at.tolist() == [0]
    assert np.isinf(history.losses).all()


class _KilledError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("killed_after", [1, 7, 130, 700])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, killed_after):
    """Nets of a run that ends at different steps: by divergence, at the floor, not at all."""
    single = [draw(width, nets=1, seed=width) for width in (60, 6, 200)]
    nets = ReducedNets(
        np.concatenate([each.first for each in single]),
        np.concatenate([each.last for each in single]),
        [60, 6, 200],
    )
    rates = [LARGEST, 0.01 * LARGEST, 200 * LARGEST]
    whole = run(nets, rate=rates)
    assert whole.diverged_at[2] > 0
    assert whole.stopped_at[0] > 0 > whole.stopped_at[1]
    path, write, step, steps = tmp_path / "a.npz", Checkpoint.write, ReducedState.step, []

    def write_then_die(self, state):
        write(self, state)
        if len(steps) == killed_after:
            raise _KilledError

    monkeypatch.setattr(ReducedState, "step", lambda self: steps.append(1) or step(self))
    monkeypatch.setattr(Checkpoint, "write", write_then_die)
    with pytest.raises(_KilledError):
        run(nets, rate=rates, checkpoint=path, checkpoint_seconds=0.0)
    monkeypatch.setattr(Checkpoint, "write", write)
    assert path.exists()
    steps.clear()
    resumed = run(nets, rate=rates, checkpoint=path, checkpoint_seconds=600.0)
    assert len(steps) == 1500 - killed_after  # it went on, not began again: one net never ends
    for name in ("record", "losses", "diverged_at", "stopped_at"):
        assert np.array_equal(getattr(resumed, name), getattr(whole, name))
    assert not list(tmp_path.iterdir())


NETS = draw(60)


def changed_nets(**change) -> ReducedNets:
    return dataclasses.replace(NETS, **change)


CHANGES = {
    "steps": {"steps": 31, "record": [0, 10, 30]},
    "record": {"record": [0, 30]},
    "learning_rate": {"learning_rate": [LARGEST, 0.5 * LARGEST]},
    "depth": {"depth": DEPTH - 1},
    "stop_at_floor": {"stop_at_floor": True},
    "patience": {"patience": 201},
    "values": {
        "data": dataclasses.replace(DATA, singular_values=DATA.singular_values * [1, 1, 0.9])
    },
    "targets": {"data": dataclasses.replace(DATA, targets=DATA.targets[::-1])},
    "first": {"nets": changed_nets(first=NETS.first[::-1] + 1e-9)},
    "last": {"nets": changed_nets(last=NETS.last[::-1])},
    "widths": {"nets": changed_nets(widths=[60, 61])},
}


@pytest.mark.parametrize("change", [None, *CHANGES])
def test_every_argument_counts_in_a_checkpoint(tmp_path, monkeypatch, change):
    options = {"data": DATA, "nets": NETS, "depth": DEPTH, "learning_rate": LARGEST, "steps": 30}
    options |= {"record": [0, 10, 30], "checkpoint": tmp_path / "a.npz"}
    options |= {"stop_at_floor": False}  # a floor would change with other arguments, and tell
    write = Checkpoint.write

    def write_then_die(self, state):
        write(self, state)
        raise _KilledError

    monkeypatch.setattr(Checkpoint, "write", write_then_die)
    with pytest.raises(_KilledError):
        train_reduced(**options, checkpoint_seconds=0.0)
    if change is None:
        train_reduced(**options)
        return
    with pytest.raises(ValueError, match="checkpoint must be of a run with the same arguments"):
        train_reduced(**(options | CHANGES[change]))


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    Checkpoint(path, 0.0, "of another").write({"step": np.array(3)})
    with pytest.raises(ValueError, match="checkpoint must be of a run with the same arguments"):
        run(draw(60), checkpoint=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, r"data must be a LinearData \(make one: linear_data.reduce\), got None"),
        ({"nets": None}, r"nets must be ReducedNets \(draw_reduced makes them\), got None"),
        ({"depth": 1}, "depth must be >= 2"),
        ({"depth": 2.5}, "depth must be"),
        ({"learning_rate": 0.0}, "learning_rate must be finite and > 0, got 0.0"),
        ({"learning_rate": -1.0}, "learning_rate must be"),
        ({"learning_rate": float("nan")}, "learning_rate must be"),
        ({"learning_rate": [0.1, 0.1, 0.1]}, "one number or one a net, 2"),
        ({"learning_rate": [[0.1, 0.1]]}, "learning_rate must be"),
        ({"steps": 0}, "steps must be"),
        ({"record": [0, 11]}, "record must hold increasing integers from 0 to steps, 10"),
        ({"nets": ReducedNets(np.ones((1, 4, 2)), np.ones((1, 2, 4)), [9])}, "d_y = 2 and r = 3"),
        ({"patience": 0}, "patience must be"),
        ({"checkpoint_seconds": -1.0}, "checkpoint_seconds must be"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    good = {"data": DATA, "nets": draw(60), "depth": 3, "learning_rate": 0.1, "steps": 10}
    with pytest.raises(ValueError, match=message):
        train_reduced(**(good | change))
