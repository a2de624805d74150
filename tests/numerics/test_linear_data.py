"""Reduced regressions: the loss of any linear map, by its definition, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.linear_data import reduce


def problem(rank=3, in_dim=6, out_dim=2, examples=9, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((in_dim, rank)) @ rng.standard_normal((rank, examples))
    return inputs, rng.standard_normal((out_dim, examples))


def _dumb_loss(matrix, inputs, targets):
    """Half the squares of all errors, one example and one output at a time."""
    total = 0.0
    for example in range(inputs.shape[1]):
        for row, target in zip(matrix, targets[:, example], strict=True):
            predicted = sum(w * x for w, x in zip(row, inputs[:, example], strict=True))
            total += 0.5 * (predicted - target) ** 2
    return total


@pytest.mark.parametrize(("rank", "examples"), [(1, 9), (3, 9), (6, 9), (4, 4)])
def test_the_loss_of_any_map_is_kept(rank, examples):
    inputs, targets = problem(rank, examples=examples)
    data = reduce(inputs, targets)
    assert (data.rank, data.in_dim, data.out_dim) == (rank, 6, 2)
    for seed in range(3):
        matrix = np.random.default_rng(seed).standard_normal((2, 6))
        errors = matrix @ data.basis * data.singular_values - data.targets
        reduced = 0.5 * (errors**2).sum() + data.residual
        assert reduced == pytest.approx(_dumb_loss(matrix, inputs, targets), rel=1e-12)


def test_no_map_is_better_than_the_minimiser():
    inputs, targets = problem()
    data = reduce(inputs, targets)
    least = _dumb_loss(data.minimiser, inputs, targets)
    assert data.residual == pytest.approx(least, rel=1e-12)
    gradient = (data.minimiser @ inputs - targets) @ inputs.T
    assert np.abs(gradient).max() < 1e-11  # entries of order 10, sums of 9 terms
    np.testing.assert_allclose(data.minimiser @ data.basis @ data.basis.T, data.minimiser)


def test_scalars_are_those_of_the_data():
    inputs, targets = problem(6)
    data = reduce(inputs, targets)
    assert data.norm == pytest.approx(np.linalg.norm(inputs, 2), rel=1e-13)
    assert data.target_loss == pytest.approx(
        _dumb_loss(np.zeros((2, 6)), inputs, targets) - data.residual, rel=1e-12
    )
    np.testing.assert_allclose(data.basis.T @ data.basis, np.eye(6), atol=1e-14)


@pytest.mark.parametrize("scale", [1e-153, 1e-10, 1e152])
def test_rank_does_not_depend_on_the_scale(scale):
    inputs, targets = problem()
    data = reduce(scale * inputs, targets)
    assert data.rank == 3
    np.testing.assert_allclose(
        data.singular_values / scale, reduce(inputs, targets).singular_values, rtol=1e-12
    )


@pytest.mark.parametrize("scale", [2e-154, 1e154])
def test_the_square_of_every_norm_is_a_normal_double(scale):
    """At the ends of the range that `reduce` takes; of targets seen and unseen."""
    data = reduce([[scale, 0.0]], [[0.6 * scale, 0.8 * scale]])
    np.testing.assert_allclose([data.norm, data.targets[0, 0]], [scale, 0.6 * scale], rtol=1e-15)
    np.testing.assert_allclose(data.target_loss, 0.18 * scale**2, rtol=1e-15)
    np.testing.assert_allclose(data.residual, 0.32 * scale**2, rtol=1e-15)


def test_targets_may_be_zero():
    data = reduce(np.eye(2), np.zeros((1, 2)))
    assert (data.target_loss, data.residual) == (0.0, 0.0)


ONE = np.eye(2)
RANGE = r"must have a norm from 1.5e-154 to 1.3e.154, whose square is a normal double, got"
BAD = [
    (1e-155 * ONE, ONE, f"inputs {RANGE} 1e-155"),
    (1e155 * ONE, ONE, f"inputs {RANGE} 1e.155"),
    (np.full((3, 3), 1e308), np.ones((1, 3)), f"inputs {RANGE} inf"),
    (ONE, 5e-324 * ONE, f"targets {RANGE} 4.94e-324"),
    (ONE, 1e-170 * ONE, f"targets {RANGE} 1.41e-170"),
    (ONE, 1e154 * ONE, f"targets {RANGE} 1.41e.154"),  # each of the two squares is finite
    (np.ones((1, 3)), np.full((1, 3), 1.7e308), f"targets {RANGE} inf"),
    (np.ma.masked_equal(ONE, 0.0), ONE, "inputs must have no masked entries, got masked_array"),
    (ONE, np.ma.masked_equal(ONE, 0.0), "targets must have no masked entries, got masked_array"),
    (np.zeros((2, 3)), np.ones((1, 3)), "inputs must have a rank of at least 1, got zeros only"),
    ([[1.0, math.nan]], [[1.0, 2.0]], "inputs must be finite numbers, at least one, got"),
    ([[1.0, 2.0]], [[1.0, math.inf]], "targets must be finite numbers, at least one, got"),
    ([1.0, 2.0], [[1.0, 2.0]], r"inputs must be a matrix, one example a column, got shape \(2,\)"),
    ([[1.0, 2.0]], [[1.0]], r"targets must have as many columns as inputs, 2, got shape \(1, 1\)"),
    (np.ones((2, 0)), np.ones((1, 0)), "inputs must be finite numbers, at least one"),
]


@pytest.mark.parametrize(("inputs", "targets", "message"), BAD)
def test_bad_input(inputs, targets, message):
    with pytest.raises(ValueError, match=message):
        reduce(inputs, targets)
