"""When a net is done, loss by loss; and where rounding stops one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.deep_linear import train
from numerics.deep_linear_history import DIVERGED, Outcomes, rounding_floor
from numerics.deep_linear_weights import NetShape
from numerics.linear_data import reduce


def feed(losses, target_loss=1.0, floor=0.0, patience=2):
    """Outcomes of one net with these losses, all recorded; it is left once it is done."""
    outcomes = Outcomes(range(len(losses)), 1, target_loss, floor, patience)
    with np.errstate(over="ignore"):
        for step, loss in enumerate(losses):
            if not outcomes.observe(step, np.arange(1), np.array([loss])).all():
                break
    return outcomes


@pytest.mark.parametrize(
    ("first", "target_loss"), [(1.0, 1e-3), (1e-3, 1.0), (1.0, 0.0)], ids=["l(0)", "|T|", "T = 0"]
)
def test_divergence_is_beyond_the_larger_of_the_first_loss_and_that_of_zero(first, target_loss):
    most = DIVERGED * 1.0
    within, beyond = feed([first, most], target_loss), feed([first, 1.001 * most], target_loss)
    assert within.diverged_at.tolist() == [-1]
    assert beyond.diverged_at.tolist() == [1]
    assert beyond.losses[:, 0].tolist() == [first, math.inf]


@pytest.mark.parametrize("first", [1.5e304, 1.0])
@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_a_loss_that_is_not_finite_has_diverged(first, loss):
    """Even where 1e8 times the scale is infinite, too."""
    found = feed([first, loss, loss])
    assert found.diverged_at.tolist() == [1]
    assert found.losses[1:, 0].tolist() == [math.inf, math.inf]


def test_huge_targets_diverge_at_their_first_infinite_loss():
    huge = reduce(np.eye(3), np.full((1, 3), 1e152))
    history = train(
        data=huge, width=4, depth=3, learning_rate=10.0, steps=400, record=range(401),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    [at] = history.diverged_at
    assert np.isinf(history.losses[:, 0]).argmax() == at


def test_a_net_stops_below_the_floor_after_a_while_without_a_new_least_loss():
    assert feed([1.0, 0.1, 0.2, 0.2], floor=0.5).stopped_at.tolist() == [3]
    assert feed([1.0, 0.1, 0.2, 0.2], floor=0.5, patience=3).stopped_at.tolist() == [-1]
    assert feed([1.0, 0.1, 0.2, 0.05, 0.1, 0.1], floor=0.5).stopped_at.tolist() == [5]


def test_no_net_stops_above_the_floor():
    """Nor where an earlier loss lay below it."""
    assert feed([1.0, 0.9, 0.9, 0.9, 0.9], floor=0.5).stopped_at.tolist() == [-1]
    assert feed([1.0, 0.4, 0.6, 0.6, 0.6], floor=0.5).stopped_at.tolist() == [-1]
    assert feed([1.0, 0.4, 0.6, 0.6, 0.5], floor=0.5).stopped_at.tolist() == [4]


@pytest.mark.parametrize(("inputs", "targets"), [(4.0, 1e-3), (1e-3, 4.0)])
def test_the_floor_is_that_of_the_larger_of_inputs_and_targets(inputs, targets):
    """(eps L m)^2 times |X|^2/2 or |T|_F^2/2, here of a 1 x 1 problem: 4^2/2."""
    shape = NetShape(width=10, depth=3, in_dim=1, out_dim=1, rank=1)
    data = reduce([[inputs]], [[targets]])
    floor = rounding_floor(data, shape, np.dtype("float32"))
    assert floor == pytest.approx((30 * 2.0**-23) ** 2 * 8.0, rel=1e-12)


def test_histories_and_data_are_compared_by_identity():
    """The arrays have no truth value; two runs are compared array by array."""
    data = reduce(np.eye(2), np.ones((1, 2)))
    options = {"data": data, "width": 4, "depth": 2, "learning_rate": 0.1, "steps": 2, "nets": 3}
    first, second = (
        train(**options, rng=np.random.default_rng(0), invariants=True) for _ in range(2)
    )
    assert first == first
    assert first != second
    assert first.invariants != second.invariants
    assert data != reduce(np.eye(2), np.ones((1, 2)))
