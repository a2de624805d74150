"""Initial weights: exact orthogonality and scales, laws, and the norm they keep on average."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.deep_linear_weights import draw_weights, net_shape
from numerics.linear_data import reduce

SIGMAS = 6.2  # two-sided normal quantile at a false-alarm rate of 1e-9 or less


def whole(in_dim, out_dim=2):
    """Data that see all of W_1: X = I."""
    return reduce(np.eye(in_dim), np.ones((out_dim, in_dim)))


def draw(data, width, depth, initialisation, nets=1, seed=0, **change):
    options = {"width": width, "depth": depth, "initialisation": initialisation, "nets": nets}
    return draw_weights(data=data, rng=np.random.default_rng(seed), **options, **change)


def _full(data, weights, width, depth):
    """W_1 (times a rotation of the inputs), ..., W_L of all nets."""
    scale = math.sqrt(width if depth > 1 else data.out_dim)
    return [scale * each for each in weights]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("width", "in_dim"), [(8, 3), (8, 8), (5, 8)])
def test_orthogonal_matrices_of_equation_four(width, in_dim, dtype):
    data = whole(in_dim)
    weights = draw(data, width, 4, "orthogonal", nets=3, dtype=dtype)
    assert {each.dtype.name for each in weights} == {dtype}
    first, *hidden, last = _full(data, weights, width, 4)
    slack = 20 * width * np.finfo(dtype).eps
    for net in range(3):
        if width >= in_dim:
            np.testing.assert_allclose(
                first[net].T @ first[net], width * np.eye(in_dim), atol=slack * width
            )
        else:  # orthonormal rows times sqrt(d_x)
            np.testing.assert_allclose(
                first[net] @ first[net].T, in_dim * np.eye(width), atol=slack * in_dim
            )
        for each in hidden:
            np.testing.assert_allclose(
                each[net].T @ each[net], width * np.eye(width), atol=slack * 8
            )
        np.testing.assert_allclose(last[net] @ last[net].T, width * np.eye(2), atol=slack * width)


@pytest.mark.parametrize(("in_dim", "out_dim"), [(6, 2), (3, 3), (2, 5)])
def test_one_layer_is_semi_orthogonal(in_dim, out_dim):
    data = whole(in_dim, out_dim)
    weights = draw(data, 77, 1, "orthogonal")
    [[matrix]] = _full(data, weights, 77, 1)
    gram = matrix @ matrix.T if out_dim <= in_dim else matrix.T @ matrix
    expected = max(in_dim, out_dim) * np.eye(min(in_dim, out_dim))
    np.testing.assert_allclose(gram, expected, atol=1e-13)
    np.testing.assert_array_equal(draw(data, 8, 1, "orthogonal")[0], weights[0])


@pytest.mark.parametrize("initialisation", ["orthogonal", "gaussian"])
@pytest.mark.parametrize(("width", "depth"), [(9, 3), (4, 3), (9, 1)])
def test_outputs_keep_the_norm_on_average(initialisation, width, depth):
    """E |f(x)|^2 = |x|^2 for x in the column space, three columns of six dimensions."""
    rng = np.random.default_rng(5)
    data = reduce(rng.standard_normal((6, 3)), np.ones((2, 3)))
    nets = 4000
    weights = draw(data, width, depth, initialisation, nets=nets)
    outputs = np.broadcast_to([0.6, 0.0, 0.8], (nets, 3))[..., None]
    for each in weights:
        outputs = each @ outputs
    norms = (width if depth > 1 else 2) / 2 * (outputs**2).sum(axis=(1, 2))
    error = norms.std() / math.sqrt(nets)
    assert abs(norms.mean() - 1.0) <= SIGMAS * error
    assert SIGMAS * error < 0.2


def test_first_layers_narrower_than_the_inputs_keep_the_norm_on_average():
    """E |W_1 x|^2 = m |x|^2; (m/d_x)|x|^2 would be 4 times smaller."""
    rng = np.random.default_rng(5)
    data = reduce(rng.standard_normal((16, 2)), np.ones((2, 2)))
    first, *_ = draw(data, 4, 2, "orthogonal", nets=8000)
    norms = (first[:, :, 0] ** 2).sum(axis=1)
    assert abs(norms.mean() - 1.0) <= SIGMAS * norms.std() / math.sqrt(8000)


def test_gaussian_weights_are_standard_normal(laws):
    data = reduce(np.random.default_rng(5).standard_normal((6, 3)), np.ones((2, 3)))
    weights = _full(data, draw(data, 10, 3, "gaussian", nets=300), 10, 3)
    for each in weights:
        assert laws.follows(each.ravel(), stats.norm.cdf)
        assert not laws.follows(1.2 * each.ravel(), stats.norm.cdf)


@pytest.mark.parametrize("initialisation", ["orthogonal", "gaussian"])
def test_nets_and_layers_are_independent_and_do_not_depend_on_their_number(initialisation):
    data = whole(4)
    few, many = (draw(data, 4, 4, initialisation, nets=nets) for nets in (2, 5))
    for one, other in zip(few, many, strict=True):
        np.testing.assert_array_equal(one, other[:2])
    square = np.concatenate([many[1], many[2]])
    distances = np.abs(square[:, None] - square[None]).max(axis=(2, 3)) + np.eye(10)
    assert distances.min() > 0.01


def test_shapes():
    assert net_shape(whole(4), 8, 1).layers == ((2, 4),)
    assert net_shape(whole(4), 8, 3).layers == ((8, 4), (8, 8), (2, 8))
    assert net_shape(whole(4), 8, 3).weights == 8 * 4 + 8 * 8 + 2 * 8


BAD = [
    ({"width": 1}, "width must be >= out_dim, 2, for an orthogonal output layer, got 1"),
    ({"depth": 0}, "depth must be an integer >= 1, got 0"),
    ({"nets": 0}, "nets must be an integer >= 1, got 0"),
    ({"initialisation": ""}, "initialisation must be one of 'orthogonal', 'gaussian', got ''"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    good = {"data": whole(4), "width": 8, "depth": 3, "initialisation": "orthogonal"}
    with pytest.raises(ValueError, match=message):
        draw(**good | change)
