"""Check suite of a backend: every draw has its law, shape and type. Runs on CuPy where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

SIZE = 40_000


def _rng(device, seed=0):
    return device.rngs(np.random.SeedSequence(seed), 1)[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("draw", ["standard_normal", "uniform"])
def test_shape_and_type(device, draw, dtype):
    xp_dtype = getattr(device.xp, dtype)
    drawn = getattr(device, draw)(_rng(device), (3, 4, 5), xp_dtype)
    assert drawn.shape == (3, 4, 5)
    assert drawn.dtype == xp_dtype


def test_normal_law(device, laws):
    drawn = device.to_numpy(device.standard_normal(_rng(device), (SIZE,), device.xp.float64))
    assert laws.follows(drawn, stats.norm.cdf)
    assert not laws.follows(1.1 * drawn, stats.norm.cdf)


def test_uniform_law(device, laws):
    drawn = device.to_numpy(device.uniform(_rng(device), (SIZE,), device.xp.float64))
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert laws.follows(drawn, stats.uniform.cdf)


@pytest.mark.parametrize(
    ("trials", "probability"),
    [(1, 0.5), (63, 0.5), (64, 0.5), (65, 0.5), (256, 0.5), (1025, 0.5), (20, 0.3), (7, 1.0)],
)
def test_binomial_law(device, laws, trials, probability):
    drawn = device.to_numpy(device.binomial(_rng(device), trials, probability, (SIZE,)))
    assert drawn.shape == (SIZE,)
    assert np.issubdtype(drawn.dtype, np.integer)
    assert laws.follows(drawn, lambda k: stats.binom.cdf(k, trials, probability))


def test_binomial_law_is_not_that_of_a_biased_coin(device, laws):
    drawn = device.to_numpy(device.binomial(_rng(device), 256, 0.5, (SIZE,)))
    assert not laws.follows(drawn, lambda k: stats.binom.cdf(k, 256, 0.505))
    assert not laws.follows(drawn, lambda k: stats.binom.cdf(k, 257, 0.5))


def test_binomial_with_many_trials(device, laws):
    trials = device.asarray(np.repeat(np.array([0, 3, 40]), SIZE))
    drawn = device.to_numpy(device.binomial(_rng(device), trials, 0.5, (3 * SIZE,)))
    assert (drawn[:SIZE] == 0).all()
    assert laws.follows(drawn[SIZE : 2 * SIZE], lambda k: stats.binom.cdf(k, 3, 0.5))
    assert laws.follows(drawn[2 * SIZE :], lambda k: stats.binom.cdf(k, 40, 0.5))


def test_chisquare_law(device, laws):
    df = device.asarray(np.repeat(np.array([0, 1, 7]), SIZE))
    drawn = device.to_numpy(device.chisquare(_rng(device), df, device.xp.float64))
    assert (drawn[:SIZE] == 0.0).all()
    assert laws.follows(drawn[SIZE : 2 * SIZE], lambda q: stats.chi2.cdf(q, 1))
    assert laws.follows(drawn[2 * SIZE :], lambda q: stats.chi2.cdf(q, 7))


def test_ndtri_inverts_the_normal_cdf(device):
    grid = np.linspace(0.001, 0.999, 99)
    values = device.to_numpy(device.ndtri(device.asarray(grid)))
    np.testing.assert_allclose(stats.norm.cdf(values), grid, rtol=1e-12)


def test_host_and_back(device):
    values = np.array([[1.0, -np.inf], [0.5, 2.0]])
    np.testing.assert_array_equal(device.to_numpy(device.asarray(values)), values)


def test_same_seed_same_draws(device):
    first, second, other = (
        device.to_numpy(device.uniform(_rng(device, seed), (5,), device.xp.float64))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
