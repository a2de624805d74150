"""Several variances on one set of normals: against separate runs and a dumb loop; scaling; bad input."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.backends import NumpyBackend
from numerics.coupling import coupled_log_norms
from numerics.propagation import log_norms

SCHEMES = (0.4, (0.1, 0.2, 0.3), 1.0)
BASE = {"widths": (5, 4, 6, 3), "variances": SCHEMES, "activation": relu(), "replicates": 50}


def couple(seed=0, **change):
    return coupled_log_norms(**BASE | {"rng": np.random.default_rng(seed)} | change)


def alone(variances, seed=0, **change):
    return log_norms(
        **BASE | {"rng": np.random.default_rng(seed)} | change | {"variances": variances}
    )


@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal"])
@pytest.mark.parametrize("bias_variance", [0.0, 0.3, (0.0, 0.5, 0.1)])
@pytest.mark.parametrize("activation", [relu(), randomized_leaky_relu().with_dropout(0.6)])
def test_each_scheme_gives_the_numbers_of_a_run_alone(law, bias_variance, activation):
    arguments = {"weight_law": law, "bias_variance": bias_variance, "activation": activation}
    computed = couple(**arguments)
    assert computed.shape == (3, 3, 50)
    for rows, variances in zip(computed, SCHEMES, strict=True):
        np.testing.assert_array_equal(rows, alone(variances, **arguments))


class _Recorder(NumpyBackend):
    """NumPy that remembers its normals, in order."""

    def __init__(self):
        object.__setattr__(self, "drawn", [])

    def standard_normal(self, rng, shape, dtype):
        self.drawn.append(super().standard_normal(rng, shape, dtype))
        return self.drawn[-1]


def _dumb_norms(draws, replicate, variance, bias_variance):
    """One network in plain numbers: nothing is normalised, no homogeneity used."""
    start, *draws = (each[replicate] for each in draws)
    x = start / math.sqrt(start @ start)
    per_layer = 2 if bias_variance else 1
    norms = []
    for k in range(0, len(draws), per_layer):
        weights, bias = draws[k], draws[k + 1] if bias_variance else 0.0
        z = math.sqrt(variance) * (weights @ x) + math.sqrt(bias_variance) * bias
        x = np.array([value if value > 0 else 0.0 for value in z])
        norms.append(math.sqrt(x @ x))
    return norms


@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
def test_all_schemes_share_the_definitions_draws(bias_variance):
    backend, variances = _Recorder(), (0.2, 0.5)
    arguments = {"variances": variances, "bias_variance": bias_variance, "replicates": 20}
    computed = np.exp(couple(**arguments, backend=backend))
    for row, variance in zip(computed, variances, strict=True):
        for replicate in range(20):
            expected = _dumb_norms(backend.drawn, replicate, variance, bias_variance)
            np.testing.assert_allclose(row[:, replicate], expected, rtol=1e-11, atol=1e-14)


def test_without_biases_schemes_differ_by_a_power_of_the_scale():
    small, large = couple(widths=(4,) * 31, variances=(0.4, 0.5))
    alive = large > -math.inf
    np.testing.assert_array_equal(alive, small > -math.inf)
    layers = np.broadcast_to(np.arange(1, 31)[:, None], alive.shape)
    expected = 0.5 * layers * math.log(0.4 / 0.5)
    np.testing.assert_allclose((small[alive] - large[alive]), expected[alive], atol=1e-11)


def test_biases_break_path_wise_order():
    """With biases and ReLU a larger variance may give a smaller norm, or even a death."""
    small, large = couple(variances=(0.4, 0.5), bias_variance=0.3, replicates=2000)
    assert (small[0] > large[0]).any()
    assert (small[0] < large[0]).any()


def test_one_linear_unit_in_a_chain_of_widths_one():
    """x_1 = sqrt(v) w_1 + b_1: three schemes lie on a line in sqrt(v), up to sign."""
    arguments = {"widths": (1, 1), "activation": linear(), "bias_variance": 1.0}
    first, middle, last = np.exp(couple(**arguments, variances=(1.0, 4.0, 9.0)))
    combinations = [abs(first + a * last - 2 * b * middle) for a in (1, -1) for b in (1, -1)]
    assert np.min(combinations, axis=0).max() < 1e-12


@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
def test_stand_ins_give_the_numbers_of_numpy(stand_in, bias_variance):
    arguments = {"bias_variance": bias_variance, "activation": leaky_relu(0.2).with_dropout(0.6)}
    there = couple(**arguments, backend=stand_in)
    np.testing.assert_allclose(there, couple(**arguments), rtol=1e-12)


def test_every_device_agrees_in_law(device, laws):
    arguments = {"replicates": 20_000, "bias_variance": 0.3, "variances": (0.2, 0.4)}
    here, there = couple(0, **arguments), couple(1, **arguments, backend=device)
    for scheme in range(2):
        assert laws.same(here[scheme, -1], there[scheme, -1])
    assert not laws.same(here[0, -1], there[1, -1])
    apart = [np.exp(sample[1, -1]) - np.exp(sample[0, -1]) for sample in (here, there)]
    assert laws.same(*apart)  # the joint law, too


def test_only_the_last_layer():
    np.testing.assert_array_equal(couple(layers="last"), couple()[:, -1:])


def test_numbers_do_not_depend_on_the_byte_cap():
    arguments = {"bias_variance": 0.1, "replicates": 5000, "activation": randomized_leaky_relu()}
    with pytest.raises(ValueError, match="byte_cap must be at least") as error:
        couple(**arguments, byte_cap=1)
    least = int(str(error.value).split("at least ")[1].split()[0])
    for cap in (least, 2**21):
        np.testing.assert_array_equal(couple(**arguments, byte_cap=cap), couple(**arguments))


@pytest.mark.parametrize("schemes", [1, 8])
def test_the_byte_cap_bounds_the_memory(schemes):
    arguments = {"widths": (50, 50, 50), "variances": (0.1,) * schemes, "bias_variance": 0.1}
    couple(**arguments)  # imports and caches
    cap = 2**25
    tracemalloc.start()
    result = couple(**arguments, replicates=4000, byte_cap=cap)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes <= cap + 100_000


def test_every_scheme_counts_in_the_memory():
    """The directions of 8 schemes alone, old and new, are 8 * 2 * 50 * 4000 doubles: 25.6 MB."""
    arguments = {"widths": (50, 50, 50), "replicates": 4000, "byte_cap": 25_600_000}
    couple(**arguments, variances=(0.1,) * 7)
    with pytest.raises(ValueError, match="byte_cap must be at least 2"):
        couple(**arguments, variances=(0.1,) * 8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_input_starts_from_the_biases(dtype):
    """From 0 the first layer has the biases alone: every scheme is the same there."""
    computed = couple(initial_norm=0.0, bias_variance=0.5, dtype=dtype)
    np.testing.assert_array_equal(computed[0, 0], computed[1, 0])
    assert (computed[0, 1] != computed[1, 1]).any()
    assert not np.isnan(computed).any()


BAD = [
    ({"variances": 0.5}, r"variances must hold one entry per scheme, got 0\.5"),
    ({"variances": ()}, r"variances must hold one entry per scheme, got \(\)"),
    ({"variances": (0.5, -1.0)}, r"variances must be finite and > 0, got -1\.0"),
    ({"variances": (0.5, (1.0, 2.0))}, r"variances must be a number or one per layer \(3\)"),
    ({"initial_norm": 0.0}, r"initial_norm must be finite and > 0, got 0\.0"),
    ({"initial_norm": -1.0, "bias_variance": 1.0}, r"initial_norm must be finite and >= 0"),
    ({"bias_variance": -1.0}, r"bias_variance must be finite and >= 0, got -1\.0"),
    ({"layers": "first"}, "layers must be one of 'all', 'last', got 'first'"),
    ({"weight_law": "orthogonal"}, "weight_law must be one of 'normal', 'uniform'"),
    ({"replicates": 0}, "replicates must be an integer >= 1, got 0"),
    ({"dtype": "float16"}, "dtype must be float64 or float32, got 'float16'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        couple(**change)


def test_rng_must_be_a_generator():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        couple(rng=0)
