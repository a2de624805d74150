"""Invariants of the proof against products written out, net by net."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from numerics.deep_linear import train
from numerics.deep_linear_plan import plan
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce

WIDTH, DEPTH = 6, 4


def data():
    rng = np.random.default_rng(0)
    return reduce(rng.standard_normal((5, 3)), rng.standard_normal((2, 3)))


def run(**change):
    base = {"data": data(), "width": WIDTH, "depth": DEPTH, "learning_rate": 0.01, "steps": 9}
    base |= {"rng": np.random.default_rng(1), "nets": 3, "invariants": True, "record": (0, 9)}
    return train(**base | change)


def _dumb_trained(weights, steps, rate):
    """One net's V_1, ..., V_L after some steps, by matrices written out."""
    reduced, layers = data(), list(weights)
    for _ in range(steps):
        product = np.linalg.multi_dot(layers[::-1])
        errors = math.sqrt(WIDTH / 2) * product * reduced.singular_values - reduced.targets
        pull = math.sqrt(WIDTH / 2) * errors * reduced.singular_values
        gradients = []
        for k in range(DEPTH):
            behind = np.eye(2) if k == DEPTH - 1 else np.eye(WIDTH)
            for each in layers[k + 1 :]:
                behind = each if behind.shape[0] != WIDTH else each @ behind
            before = np.eye(3)
            for each in layers[:k]:
                before = each @ before
            gradients.append(behind.T @ pull @ before.T)
        layers = [v - rate / WIDTH * g for v, g in zip(layers, gradients, strict=True)]
    return layers


@pytest.mark.parametrize("initialisation", ["orthogonal", "gaussian"])
def test_invariants_are_those_of_the_definition(initialisation):
    found = run(initialisation=initialisation).invariants
    drawn = draw_weights(
        data=data(), width=WIDTH, depth=DEPTH, initialisation=initialisation, nets=3,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert len(found.pairs) == DEPTH * (DEPTH + 1) // 2
    for net in range(3):
        start = [each[net] for each in drawn]
        for row, steps in enumerate((0, 9)):
            layers = _dumb_trained(start, steps, 0.01)
            for column, (i, j) in enumerate(found.pairs):
                product = np.eye(layers[i - 1].shape[1])
                for each in layers[i - 1 : j]:
                    product = each @ product
                values = np.linalg.svd(product)[1]
                assert found.largest[row, net, column] == pytest.approx(values[0], rel=1e-12)
                assert found.smallest[row, net, column] == pytest.approx(values[-1], rel=1e-10)
            for k, (now, then) in enumerate(zip(layers, start, strict=True)):
                moved = math.sqrt(WIDTH) * np.linalg.norm(now - then)
                assert found.movement[row, net, k] == pytest.approx(moved, rel=1e-10, abs=1e-13)


def test_orthogonal_products_start_at_one():
    found = run().invariants
    short = [(i, j) != (1, DEPTH) for i, j in found.pairs]
    assert np.abs(found.largest[0][:, short] - 1.0).max() < 1e-13
    assert np.abs(found.smallest[0][:, short] - 1.0).max() < 1e-13
    assert (found.movement[1] > 0).all()


def test_losses_do_not_depend_on_them():
    np.testing.assert_array_equal(run().losses, run(invariants=False).losses)


def test_diverged_nets_are_left_blank(recwarn):
    found = run(learning_rate=50.0, steps=100, record=(0, 100)).invariants
    assert np.isfinite(found.largest[0]).all()
    assert np.isnan(found.largest[1]).all()
    assert np.isnan(found.movement[1]).all()
    assert not recwarn.list


def test_stopped_nets_are_filled_forward():
    well = reduce(np.eye(3), np.ones((2, 3)))
    options = {"data": well, "learning_rate": 0.2, "patience": 20, "steps": 1500}
    history = run(**options, record=(0, 1000, 1500))
    assert (history.stopped_at < 1000).all()
    assert (history.stopped_at > 0).all()
    for name in ("largest", "smallest", "movement"):
        values = getattr(history.invariants, name)
        np.testing.assert_array_equal(values[1], values[2])
    net = 0
    alone = run(**options | {"steps": int(history.stopped_at[net])}, record=None)
    np.testing.assert_array_equal(
        alone.invariants.movement[0, net], history.invariants.movement[1, net]
    )


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_nets_that_end_at_different_steps_are_as_they_are_alone(batch, monkeypatch):
    """One diverges, one stalls, the others stop one after another: movement is from each one's own start."""
    well = reduce(np.eye(3), np.ones((2, 3)))
    weights = draw_weights(
        data=well, width=WIDTH, depth=DEPTH, initialisation="orthogonal", nets=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    weights[0][1] *= 30.0
    weights[2][1] *= 0.3
    weights[1][3] = 0.0
    options = {"data": well, "learning_rate": 0.2, "patience": 20, "steps": 1500}
    options |= {"record": (0, 50, 400, 1500)}
    made = dataclasses.replace(plan(data=well, width=WIDTH, depth=DEPTH, steps=1), batch=batch)
    monkeypatch.setattr("numerics.deep_linear.make_plan", lambda *_: made)
    together = run(**options, weights=weights)
    assert together.diverged.tolist() == [False, True, False, False, False]
    assert len(set(together.stopped_at.tolist())) >= 4
    for net in range(5):
        alone = run(**options, weights=[each[[net]] for each in weights])
        np.testing.assert_array_equal(alone.losses[:, 0], together.losses[:, net])
        for name in ("largest", "smallest", "movement"):
            one, other = (getattr(each.invariants, name) for each in (alone, together))
            np.testing.assert_array_equal(one[:, 0], other[:, net])


def test_none_unless_asked_for():
    assert run(invariants=False).invariants is None
