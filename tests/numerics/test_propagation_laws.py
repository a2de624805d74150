"""The three methods agree with one another, and with the exact laws of one layer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.propagation import log_norms, survived

DEPTH, WIDTH, SHIFT = 2, 16, 0.02  # the tests must see 2 % more variance in every layer
ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(0.3),
    leaky_relu(-1.0),
    linear().with_dropout(0.7),
    relu().with_dropout(0.7, rescale=False),
    leaky_relu(0.3).with_dropout(0.7),
    randomized_leaky_relu(),
    randomized_leaky_relu().with_dropout(0.7),
]


def _last(seed, **arguments):
    base = {"widths": (2,) + (WIDTH,) * DEPTH, "variances": 2.0 / WIDTH, "layers": "last"}
    return log_norms(**base | {"rng": np.random.default_rng(seed)} | arguments)[0]


def _detectable_distance(activation):
    """Distance of the cdfs if every layer has 2 % more variance; the sum is nearly normal.

    The spread of one step, given survival, comes from a pilot of another method and seed.
    """
    pilot = _last(9, activation=activation, method="gaussian", widths=(1, WIDTH), replicates=20_000)
    shift, spread = 0.5 * DEPTH * math.log1p(SHIFT), pilot[survived(pilot)].var()
    return math.erf(shift / math.sqrt(8.0 * DEPTH * spread))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_methods_agree_in_law(laws, activation):
    size = laws.replicates_for(_detectable_distance(activation))
    matrix = _last(0, activation=activation, replicates=size)
    for method in ("gaussian",) if activation.is_random else ("gaussian", "chi2"):
        arguments = {"activation": activation, "replicates": size, "method": method}
        assert laws.same(matrix, _last(1, **arguments))
        assert not laws.same(matrix, _last(2, **arguments, variances=2.0 * (1 + SHIFT) / WIDTH))


def test_rectangular_layers_agree_in_law(laws):
    arguments = {"widths": (3, 20, 5, 11), "variances": (0.3, 0.1, 0.5), "replicates": 20_000}
    samples = [
        _last(seed, activation=leaky_relu(0.1), method=method, **arguments)
        for seed, method in enumerate(("matrix", "gaussian", "chi2"))
    ]
    assert laws.same(samples[0], samples[1])
    assert laws.same(samples[0], samples[2])


@pytest.mark.parametrize("activation", [linear(), relu(), randomized_leaky_relu()])
def test_biases_agree_in_law(laws, activation):
    arguments = {"widths": (4, 4, 4, 4), "variances": 0.4, "replicates": 20_000}
    arguments |= {"activation": activation, "bias_variance": (0.0, 0.5, 0.1)}
    matrix, gaussian = _last(0, **arguments), _last(1, **arguments, method="gaussian")
    assert laws.same(matrix, gaussian)
    without = _last(2, **arguments | {"bias_variance": 0.0}, method="gaussian")
    assert not laws.same(matrix, without)


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
@pytest.mark.parametrize("fan_in", [1, 7])
def test_one_linear_layer_is_chi_square(laws, method, fan_in):
    arguments = {"widths": (fan_in, 5), "variances": 0.3, "activation": linear()}
    size = laws.replicates_against(stats.chi2(5).cdf, 1.02)
    sample = _last(0, **arguments, method=method, replicates=size)
    scaled = np.exp(2.0 * sample) / 0.3
    assert laws.follows(scaled, stats.chi2(5).cdf)
    assert not laws.follows(1.02 * scaled, stats.chi2(5).cdf)


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_one_linear_layer_with_biases_is_chi_square(laws, method):
    arguments = {"widths": (4, 5), "variances": 0.3, "bias_variance": 0.7, "initial_norm": 2.0}
    size = laws.replicates_against(stats.chi2(5).cdf, 1.02)
    sample = _last(0, **arguments, activation=linear(), method=method, replicates=size)
    scaled = np.exp(2.0 * sample) / (0.3 * 2.0**2 + 0.7)
    assert laws.follows(scaled, stats.chi2(5).cdf)
    assert not laws.follows(1.02 * scaled, stats.chi2(5).cdf)


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
@pytest.mark.parametrize("keep_prob", [1.0, 0.6])
def test_one_relu_layer_is_a_binomial_mixture(laws, method, keep_prob):
    weights = stats.binom.pmf(range(7), 6, keep_prob / 2)

    def cdf(q):
        return weights[0] * (q >= 0) + sum(
            weight * stats.chi2.cdf(q, n) for n, weight in enumerate(weights[1:], start=1)
        )

    arguments = {"widths": (3, 6), "variances": 1.0, "method": method}
    arguments |= {"activation": relu().with_dropout(keep_prob)}
    sample = _last(0, **arguments, replicates=laws.replicates_against(cdf, 1.04))
    scaled = np.exp(2.0 * sample) * keep_prob**2
    assert laws.follows(scaled, cdf)
    assert not laws.follows(1.04 * scaled, cdf)


@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal"])
def test_every_weight_law_keeps_the_mean_square(law):
    arguments = {"widths": (3, 4), "variances": 0.25, "activation": linear(), "weight_law": law}
    squares = np.exp(2.0 * _last(0, **arguments, replicates=200_000))
    error = squares.std() / math.sqrt(squares.size)
    assert abs(squares.mean() - 1.0) < 6.2 * error < 0.02


def test_other_weight_laws_are_other_laws(laws):
    arguments = {"widths": (1, 1), "variances": 1.0, "activation": linear(), "replicates": 20_000}
    normal, uniform = (_last(0, **arguments, weight_law=law) for law in ("normal", "uniform"))
    assert not laws.same(normal, uniform)
    assert uniform.max() <= 0.5 * math.log(3.0) + 1e-12


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_deaths_at_width_1_are_fair_coins(method):
    size = 20_000
    alive = survived(
        log_norms(
            widths=(3,) + (1,) * 6,
            variances=1.0,
            activation=relu(),
            replicates=size,
            rng=np.random.default_rng(0),
            method=method,
        )
    )
    for layer, count in enumerate(alive.sum(axis=1), start=1):
        assert stats.binomtest(int(count), size, 0.5**layer).pvalue > 1e-9
        assert stats.binomtest(int(count), size, 1.3 * 0.5**layer).pvalue < 1e-3


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_biases_revive_the_dead(method):
    """At width 1 with biases each layer is alive with probability 1/2 whatever came before."""
    size = 20_000
    arguments = {"widths": (1,) * 7, "variances": 1.0, "bias_variance": 1.0, "method": method}
    rng = np.random.default_rng(0)
    alive = survived(log_norms(**arguments, activation=relu(), replicates=size, rng=rng))
    assert (alive[1:] > alive[:-1]).any()
    for count in alive.sum(axis=1):
        assert stats.binomtest(int(count), size, 0.5).pvalue > 1e-9


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_every_device_agrees_in_law(device, laws, method):
    arguments = {"activation": leaky_relu(0.3).with_dropout(0.7), "replicates": 20_000}
    here = _last(0, **arguments, method=method)
    there = _last(1, **arguments, method=method, backend=device)
    assert laws.same(here, there)
