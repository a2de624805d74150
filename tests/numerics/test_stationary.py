"""Whole networks with biases, far from the input: against the scalar recursion and exact moments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.perpetuity import coupled_squared_norms, squared_norms
from numerics.propagation import log_norms
from numerics.stationary import stationary_norms

BASE = {
    "width": 5,
    "variance": 0.2,
    "bias_variance": 0.5,
    "activation": relu(),
    "replicates": 20_000,
    "burn_in": 12,
}


def simulate(seed=0, **change):
    return stationary_norms(**BASE | {"rng": np.random.default_rng(seed)} | change)


def recursion(seed, steps=12, **change):
    arguments = {key: BASE[key] for key in ("width", "variance", "bias_variance", "activation")}
    arguments |= {"steps": steps, "chains": 20_000, "rng": np.random.default_rng(seed)}
    return squared_norms(**arguments | change)[0]


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
@pytest.mark.parametrize(
    "activation", [linear(), relu(), leaky_relu(0.3).with_dropout(0.7), randomized_leaky_relu()]
)
def test_the_squared_norm_follows_the_recursion(device, laws, method, activation):
    norms = simulate(method=method, activation=activation, variance=0.12, backend=device)
    squared = recursion(1, activation=activation, variance=0.12)
    assert laws.same(norms**2, squared)
    assert not laws.same(norms**2, recursion(2, activation=activation, variance=0.18))


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_it_is_log_norms_from_the_input_zero(method):
    last = log_norms(
        widths=(5,) * 13,
        variances=0.2,
        bias_variance=0.5,
        activation=relu(),
        replicates=20_000,
        rng=np.random.default_rng(0),
        method=method,
        layers="last",
        initial_norm=0.0,
    )
    np.testing.assert_array_equal(simulate(method=method), np.exp(last[0]))


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_one_layer_from_zero_is_chi_square(laws, method):
    """The biases alone: |b|^2 / bias_variance is chi-square, whatever the weights."""
    size = laws.replicates_against(stats.chi2(5).cdf, 1.03)
    arguments = {"method": method, "burn_in": 1, "activation": linear(), "variance": 50.0}
    scaled = simulate(**arguments, replicates=size) ** 2 / 0.5
    assert laws.follows(scaled, stats.chi2(5).cdf)
    assert not laws.follows(1.03 * scaled, stats.chi2(5).cdf)


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_stationary_mean_square(method):
    """E|x|^2 = bias_variance m1 d / (1 - variance m1 d): variance E Q = 1/10 here."""
    arguments = {"width": 10, "variance": 0.02, "method": method}
    squares = simulate(**arguments, replicates=300_000, burn_in=7) ** 2  # 10^-7 is left
    expected, error = 0.5 * 5 / (1 - 0.1), squares.std() / math.sqrt(squares.size)
    assert squares.size >= 1e5 * stats.skew(squares) ** 2
    assert abs(squares.mean() - expected) < 6.2 * error < 0.01 * expected


@pytest.mark.parametrize("law", ["uniform", "truncated_normal"])
def test_other_weights_keep_the_mean_square_and_change_the_law(laws, law):
    """A linear unit of width 1: second moments agree with normal weights, distributions do not."""
    arguments = {"width": 1, "variance": 0.5, "activation": linear(), "bias_variance": 0.01}
    arguments |= {"initial_norm": 1.0, "burn_in": 1}
    squares = simulate(**arguments, weight_law=law, replicates=400_000) ** 2
    error = squares.std() / math.sqrt(squares.size)
    assert squares.size >= 1e5 * stats.skew(squares) ** 2
    assert abs(squares.mean() - 0.51) < 6.2 * error < 0.02 * 0.51
    arguments["replicates"] = laws.replicates_for(0.02)  # both are further from normal than that
    assert not laws.same(simulate(**arguments), simulate(1, **arguments, weight_law=law))


def test_burn_in_can_be_measured():
    """Two starts on common factors, the second at an independent run's end, bracket what is left."""
    late = recursion(3, steps=12)
    low, high = coupled_squared_norms(
        **{key: BASE[key] for key in ("width", "variance", "bias_variance", "activation")},
        steps=(1, 12, 40),
        chains=20_000,
        starts=(0.0, late),
        rng=np.random.default_rng(4),
    )
    left = (high - low).max(axis=1)
    assert (high >= low).all()
    assert left[0] > left[1] > left[2]
    assert left[2] < 1e-6


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_the_start_is_forgotten(laws, method):
    near, far = (
        simulate(seed, method=method, burn_in=60, initial_norm=10.0 * seed) for seed in (0, 1)
    )
    assert laws.same(near, far)


def test_growth_without_end_gives_infinity():
    norms = simulate(variance=1e300, activation=linear(), replicates=10, burn_in=20)
    assert np.isinf(norms).all()


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_stand_ins_give_the_numbers_of_numpy(stand_in, method):
    arguments = {"method": method, "replicates": 50}
    there = simulate(**arguments, backend=stand_in)
    np.testing.assert_allclose(there, simulate(**arguments), rtol=1e-12)


BAD = [
    ({"width": 0}, "width must be an integer >= 1, got 0"),
    ({"burn_in": 0}, "burn_in must be an integer >= 1, got 0"),
    ({"variance": 0.0}, r"variance must be finite and > 0, got 0\.0"),
    ({"bias_variance": 0.0}, r"bias_variance must be finite and > 0, got 0\.0"),
    ({"initial_norm": -1.0}, r"initial_norm must be finite and >= 0, got -1\.0"),
    ({"method": "chi2"}, "method 'chi2' allows no biases"),
    ({"method": "gaussian", "weight_law": "uniform"}, "weight_law must be 'normal' for method"),
    ({"replicates": 0}, "replicates must be an integer >= 1, got 0"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(**change)


def test_rng_must_be_a_generator():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(rng=None)
