"""Activations against dumb loops over units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from numerics.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from numerics.backends import NumpyBackend

finite = st.floats(-1e6, 1e6)


def _dumb(z, slope, kept, keep_prob, rescale):
    """One unit, from the definition."""
    value = z if z > 0 else slope * z
    if not kept:
        return 0.0
    return value / keep_prob if rescale else value


@given(st.lists(st.tuples(finite, finite, st.booleans()), min_size=1), st.floats(0.1, 1.0))
@pytest.mark.parametrize("rescale", [True, False])
def test_apply_is_the_definition(rescale, units, keep_prob):
    z, slopes, mask = (np.array(column) for column in zip(*units, strict=True))
    activation = relu().with_dropout(keep_prob, rescale)
    expected = [_dumb(*unit, keep_prob, rescale) for unit in units]
    applied = activation.apply(z, slopes.astype(float), mask)
    np.testing.assert_allclose(applied, expected, rtol=1e-15, atol=0)


def test_apply_on_every_device(device):
    z = device.asarray(np.array([[1.0, -2.0], [-3.0, 4.0]]))
    mask = device.asarray(np.array([[True, True], [True, False]]))
    applied = leaky_relu(0.5).with_dropout(0.25).apply(z, 0.5, mask)
    np.testing.assert_array_equal(device.to_numpy(applied), [[4.0, -4.0], [-6.0, 0.0]])


def test_apply_keeps_single_precision(device):
    z = device.asarray(np.ones((2, 2), dtype=np.float32))
    mask = device.asarray(np.ones((2, 2), dtype=bool))
    assert relu().with_dropout(0.3).apply(z, 0.0, mask).dtype == device.xp.float32


@given(finite)
def test_special_slopes(z):
    values = np.array([z])
    assert linear().apply(values, 1.0, None) == z
    assert relu().apply(values, 0.0, None) == max(z, 0.0)
    assert leaky_relu(-1.0).apply(values, -1.0, None) == abs(z)


def test_random_slopes_are_uniform_and_fresh(device, laws):
    [rng] = device.rngs(np.random.SeedSequence(0), 1)
    activation = randomized_leaky_relu(0.25, 0.5)
    slopes = device.to_numpy(activation.draw_slopes(device, rng, (200, 200), device.xp.float64))
    assert slopes.min() >= 0.25
    assert slopes.max() <= 0.5
    assert np.unique(slopes).size == slopes.size
    assert laws.follows(slopes.ravel(), stats.uniform(0.25, 0.25).cdf)
    assert not laws.follows(slopes.ravel(), stats.uniform(0.25, 0.26).cdf)


def test_fixed_slopes_draw_nothing():
    assert leaky_relu(0.2).draw_slopes(NumpyBackend(), None, (3, 3), np.float64) == 0.2
    assert leaky_relu(0.2).draw_mask(NumpyBackend(), None, (3, 3)) is None


def test_masks_keep_with_the_given_probability(device):
    [rng] = device.rngs(np.random.SeedSequence(0), 1)
    mask = device.to_numpy(relu().with_dropout(0.7).draw_mask(device, rng, (300, 300)))
    assert stats.binomtest(int(mask.sum()), mask.size, 0.7).pvalue > 1e-9
    assert stats.binomtest(int(mask.sum()), mask.size, 0.72).pvalue < 1e-9


def test_defaults_are_those_of_pytorch():
    assert leaky_relu() == Activation(0.01, 0.01)
    assert randomized_leaky_relu() == Activation(1 / 8, 1 / 3)


@pytest.mark.parametrize("slope", [math.nan, math.inf, 1e31, "0.1", True, None])
def test_bad_slope(slope):
    with pytest.raises(ValueError, match="slope must be finite"):
        leaky_relu(slope)


@pytest.mark.parametrize(
    ("lower", "upper"), [(0.5, 0.25), (-0.1, 0.2), (0.3, 0.3), (math.nan, 0.5), (0.1, math.inf)]
)
def test_bad_random_slopes(lower, upper):
    with pytest.raises(ValueError, match=r"lower|upper"):
        randomized_leaky_relu(lower, upper)


def test_direct_construction_is_checked_too():
    with pytest.raises(ValueError, match="lower and upper must be equal or"):
        Activation(-1.0, 0.5)


@pytest.mark.parametrize("keep_prob", [0.0, -0.5, 1.0001, math.nan])
def test_bad_keep_prob(keep_prob):
    with pytest.raises(ValueError, match="keep_prob must be in"):
        relu().with_dropout(keep_prob)
