"""`log_norms` where the theory stops: other weight laws, rectangular layers; and the input zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, relu
from numerics.backends import NumpyBackend
from numerics.propagation import log_norms

WIDTHS = (3, 7, 2, 5)
VARIANCES = (0.2, 0.5, 0.3)
TRUNCATED = stats.truncnorm(-2.0, 2.0)
QUANTILES = {
    "uniform": lambda u: math.sqrt(3.0) * (2.0 * u - 1.0),
    "truncated_normal": lambda u: TRUNCATED.ppf(u) / TRUNCATED.std(),
}


class Recorder(NumpyBackend):
    """NumPy that remembers its draws, by kind."""

    def __init__(self):
        object.__setattr__(self, "normals", [])
        object.__setattr__(self, "uniforms", [])

    def standard_normal(self, rng, shape, dtype):
        self.normals.append(super().standard_normal(rng, shape, dtype))
        return self.normals[-1]

    def uniform(self, rng, shape, dtype):
        self.uniforms.append(super().uniform(rng, shape, dtype))
        return self.uniforms[-1]


def simulate(seed=0, **change):
    base = {"widths": WIDTHS, "variances": VARIANCES, "activation": leaky_relu(0.1)}
    return log_norms(**base | {"replicates": 20, "rng": np.random.default_rng(seed)} | change)


@pytest.mark.parametrize("law", QUANTILES)
@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
def test_other_weights_are_their_quantiles_of_uniforms(law, bias_variance):
    backend = Recorder()
    computed = simulate(weight_law=law, bias_variance=bias_variance, backend=backend)
    for replicate in range(20):
        start, *biases = (each[replicate] for each in backend.normals)
        x = start / math.sqrt(start @ start)
        for k, variance in enumerate(VARIANCES):
            weights = math.sqrt(variance) * QUANTILES[law](backend.uniforms[k][replicate])
            z = weights @ x
            if bias_variance:
                z = z + math.sqrt(bias_variance) * biases[k]
            x = np.where(z > 0, z, 0.1 * z)
            assert computed[k, replicate] == pytest.approx(0.5 * math.log(x @ x), abs=1e-10)


@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal"])
def test_rectangular_layers_keep_the_mean_square_of_every_law(law):
    """E|x_k|^2 = variance fan_out |x_{k-1}|^2 for linear layers, whatever the law."""
    arguments = {"weight_law": law, "activation": linear(), "layers": "last"}
    squares = np.exp(
        2.0 * simulate(**arguments, widths=(3, 7, 12), variances=(0.1, 0.2), replicates=500_000)
    )
    expected, error = 0.1 * 7 * 0.2 * 12, squares.std() / math.sqrt(squares.size)
    assert squares.size >= 1e5 * stats.skew(squares, axis=None) ** 2
    assert abs(squares.mean() - expected) < 6.2 * error < 0.02 * expected


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_input_zero_leaves_the_first_biases(laws, method):
    arguments = {"widths": (3, 5, 5), "variances": 0.4, "initial_norm": 0.0, "method": method}
    arguments |= {"activation": linear(), "bias_variance": (0.5, 0.0), "replicates": 20_000}
    first, second = simulate(**arguments)
    assert laws.follows(np.exp(2.0 * first) / 0.5, stats.chi2(5).cdf)
    assert np.isfinite(second).all()


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_input_zero_stays_dead_until_a_bias(method):
    arguments = {"widths": (3, 5, 5), "variances": 0.4, "initial_norm": 0.0, "method": method}
    first, second = simulate(**arguments, activation=linear(), bias_variance=(0.0, 0.5))
    assert (first == -np.inf).all()
    assert np.isfinite(second).all()


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_input_zero_on_stand_ins(stand_in, method):
    arguments = {"initial_norm": 0.0, "bias_variance": 0.3, "method": method, "activation": relu()}
    there = simulate(**arguments, backend=stand_in)
    np.testing.assert_allclose(there, simulate(**arguments), rtol=1e-12)


def test_input_zero_needs_biases():
    with pytest.raises(ValueError, match=r"initial_norm must be finite and > 0, got 0\.0"):
        simulate(initial_norm=0.0)
    with pytest.raises(ValueError, match=r"initial_norm must be finite and >= 0, got -1\.0"):
        simulate(initial_norm=-1.0, bias_variance=0.1)
