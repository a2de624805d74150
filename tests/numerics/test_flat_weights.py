"""Rows of weights and matrices of layers: layout, round trips, laws; bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from numerics.flat_weights import draw_weights, flatten, parameters, unflatten

widths_lists = st.lists(st.integers(1, 5), min_size=2, max_size=5)


@given(widths_lists)
def test_parameters_counts_the_entries_of_the_matrices(widths):
    assert parameters(widths) == sum(np.ones(pair).size for pair in itertools.pairwise(widths))


@given(widths_lists, st.integers(1, 4))
def test_round_trip(widths, chains):
    weights = np.arange(float(chains * parameters(widths))).reshape(chains, -1)
    matrices = unflatten(weights, widths)
    shapes = [(chains, out, into) for into, out in itertools.pairwise(widths)]
    assert [each.shape for each in matrices] == shapes
    np.testing.assert_array_equal(flatten(matrices), weights)


def test_layout_is_layer_by_layer_and_row_by_row():
    row = list(range(2 * 3 + 3 * 2))
    first, second = unflatten(np.array([row]), (2, 3, 2))
    assert first[0].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert second[0].tolist() == [[6, 7, 8], [9, 10, 11]]


def test_matrices_are_views():
    weights = np.zeros((3, 9))
    unflatten(weights, (2, 3, 1))[1][2, 0, 1] = 5.0
    assert weights[2, 7] == 5.0


def test_weights_are_normal_with_the_variance_of_their_layer(laws):
    widths, variances = (4, 5, 2), (0.5, 0.02)
    size = laws.replicates_against(stats.norm.cdf, 1.05)
    rng = np.random.default_rng(0)
    drawn = draw_weights(widths=widths, variances=variances, chains=math.ceil(size / 10), rng=rng)
    for matrix, variance in zip(unflatten(drawn, widths), variances, strict=True):
        scaled = matrix.ravel() / math.sqrt(variance)
        assert laws.follows(scaled, stats.norm.cdf)
        assert not laws.follows(1.05 * scaled, stats.norm.cdf)


def test_draws_are_the_generator_s_normals_times_the_standard_deviation():
    options = {"widths": (2, 3, 1), "variances": (0.5, 2.0), "chains": 4}
    normals = np.random.default_rng(1).standard_normal((4, 9))
    scale = np.sqrt([0.5] * 6 + [2.0] * 3)
    drawn = draw_weights(**options, rng=np.random.default_rng(1))
    np.testing.assert_allclose(drawn, scale * normals, rtol=1e-14)


def test_one_variance_stands_for_all_layers():
    one, three = (
        draw_weights(widths=(2, 3, 1, 2), variances=v, chains=4, rng=np.random.default_rng(1))
        for v in (0.3, (0.3, 0.3, 0.3))
    )
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": (3,)}, "widths must hold at least two widths"),
        ({"widths": (3, 0)}, "widths must be an integer >= 1, got 0"),
        ({"variances": -1.0}, r"variances must be finite and > 0, got -1\.0"),
        ({"variances": (1.0, 1.0)}, r"variances must be a number or one per layer \(1\)"),
        ({"chains": 0}, "chains must be an integer >= 1, got 0"),
    ],
)
def test_bad_draws(change, message):
    base = {"widths": (3, 2), "variances": 0.5, "chains": 2, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=message):
        draw_weights(**base | change)


def test_rng_must_be_a_generator():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        draw_weights(widths=(3, 2), variances=0.5, chains=2, rng=0)


@pytest.mark.parametrize("shape", [(9,), (2, 8), (2, 10), (9, 9, 1), (1, 2, 9), ()])
def test_rows_must_fit(shape):
    with pytest.raises(ValueError, match=r"weights must have shape \(chains, 9\), got shape"):
        unflatten(np.zeros(shape), (2, 3, 1))


@pytest.mark.parametrize("weights", [[[0.0] * 9], None, 3.0])
def test_rows_must_be_an_array(weights):
    with pytest.raises(ValueError, match=r"weights must be an array of shape \(chains, 9\), got"):
        unflatten(weights, (2, 3, 1))


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        [(3, 2)],
        [(4, 3, 2), (3, 1, 3)],
        [(4, 3, 2), (4, 1, 2)],
        [(4, 3, 2), (4, 3)],
        [(4, 3, 2, 1)],
        [()],
    ],
)
def test_matrices_must_fit(shapes):
    with pytest.raises(ValueError, match=r"matrices must have shapes \(chains, n_l, n_\(l-1\)\)"):
        flatten([np.zeros(shape) for shape in shapes])


@pytest.mark.parametrize(
    "widths", [(), (3,), (3, 1.5), (3, True), 3, None, "34", [[1, 2], [3, 4]], [[1], [2, 3]]]
)
def test_bad_widths(widths):
    with pytest.raises(ValueError, match="widths must"):
        parameters(widths)
