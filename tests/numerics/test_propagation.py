"""The simulator against dumb loops fed with the same draws; memory, chunks and bad input."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.backends import NumpyBackend
from numerics.propagation import log_norms, plan, survived

BASE = {"widths": (5, 4, 6), "variances": 0.4, "activation": relu(), "replicates": 7}
ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(-0.3),
    randomized_leaky_relu(),
    leaky_relu(0.2).with_dropout(0.6),
    relu().with_dropout(0.6, rescale=False),
    randomized_leaky_relu().with_dropout(0.6),
]


def simulate(seed=0, **change):
    return log_norms(**BASE | {"rng": np.random.default_rng(seed)} | change)


class RecordingBackend(NumpyBackend):
    """NumPy that remembers what it drew, in order."""

    def __init__(self):
        object.__setattr__(self, "drawn", [])

    def standard_normal(self, rng, shape, dtype):
        self.drawn.append(super().standard_normal(rng, shape, dtype))
        return self.drawn[-1]

    def uniform(self, rng, shape, dtype):
        self.drawn.append(super().uniform(rng, shape, dtype))
        return self.drawn[-1]


def _dumb_network(draws, replicate, widths, std, bias_std, activation):
    """One network, one unit at a time, in plain numbers, from the recorded draws."""
    draws = iter(draws)
    start = next(draws)[replicate]
    x = [value / math.dist(start, [0] * len(start)) for value in start]
    norms = []
    for width in widths[1:]:
        weights = next(draws)[replicate]
        biases = next(draws)[replicate] if bias_std else [0.0] * width
        spread = activation.upper - activation.lower
        slopes = next(draws)[replicate] if spread else [0.0] * width
        kept = next(draws)[replicate] if activation.keep_prob < 1 else [0.0] * width
        scale = 1 / activation.keep_prob if activation.rescale else 1.0
        new = []
        for j in range(width):
            z = bias_std * biases[j]
            for i, value in enumerate(x):
                z += std * weights[j][i] * value
            y = z if z > 0 else (activation.lower + spread * slopes[j]) * z
            new.append(scale * y if kept[j] < activation.keep_prob else 0.0)
        x = new
        norm = math.dist(x, [0] * len(x))
        norms.append(math.log(norm) if norm > 0 else -math.inf)
    return norms


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias_variance", [0.0, 0.3])
def test_matrix_is_the_definition(activation, bias_variance):
    backend = RecordingBackend()
    widths = (5, 4, 6, 1, 3)
    arguments = {"widths": widths, "activation": activation, "bias_variance": bias_variance}
    computed = simulate(**arguments, backend=backend, replicates=20)
    for replicate in range(20):
        arguments = widths, math.sqrt(0.4), math.sqrt(bias_variance), activation
        expected = _dumb_network(backend.drawn, replicate, *arguments)
        np.testing.assert_allclose(computed[:, replicate], expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_stand_ins_give_the_numbers_of_numpy(stand_in, method, activation):
    if method == "chi2" and activation.is_random:
        pytest.skip("refused; see test_chi2_refuses_random_slopes")
    arguments = {"method": method, "activation": activation}
    expected = simulate(**arguments)
    np.testing.assert_allclose(simulate(**arguments, backend=stand_in), expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["matrix", "gaussian"])
def test_stand_ins_with_biases_and_single_precision(stand_in, method):
    arguments = {"method": method, "bias_variance": 0.3, "dtype": "float32"}
    expected = simulate(**arguments)
    np.testing.assert_allclose(simulate(**arguments, backend=stand_in), expected, rtol=1e-5)


@pytest.mark.parametrize("law", ["uniform", "truncated_normal"])
def test_stand_ins_with_other_weights(stand_in, law):
    expected = simulate(weight_law=law)
    np.testing.assert_allclose(simulate(weight_law=law, backend=stand_in), expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
@pytest.mark.parametrize("activation", [leaky_relu(0.2), leaky_relu(0.2).with_dropout(0.6)])
def test_numbers_do_not_depend_on_the_byte_cap(method, activation):
    arguments = {"method": method, "activation": activation, "replicates": 5000}
    whole = simulate(**arguments)
    least = _least_cap(**arguments)
    for cap in (least, least + 5000, 2**20):
        np.testing.assert_array_equal(simulate(**arguments, byte_cap=cap), whole)


def test_numbers_do_not_depend_on_the_byte_cap_with_biases():
    arguments = {"activation": randomized_leaky_relu(), "bias_variance": 0.1, "replicates": 5000}
    least = _least_cap(**arguments)
    np.testing.assert_array_equal(simulate(**arguments, byte_cap=least), simulate(**arguments))


def _least_cap(**arguments):
    """The smallest cap, as the error message states it."""
    with pytest.raises(ValueError, match="byte_cap must be at least") as error:
        simulate(**arguments, byte_cap=1)
    return int(str(error.value).split("at least ")[1].split()[0])


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal"])
@pytest.mark.parametrize("width", [3, 200])
def test_the_plan_bounds_the_memory(method, law, width):
    if method != "matrix" and law != "normal":
        pytest.skip("refused; see test_other_weights_need_matrix")
    arguments = {
        "widths": (width,) * 3,
        "activation": randomized_leaky_relu().with_dropout(0.5),
        "replicates": 3000 if width == 3 else 60,
        "method": method,
        "weight_law": law,
    }
    if method == "chi2":
        arguments["activation"] = leaky_relu(0.5).with_dropout(0.5)
    made = plan(**arguments)
    tracemalloc.start()
    result = simulate(**arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    small_objects = 100_000
    assert peak - result.nbytes <= made.bytes + small_objects
    assert made.bytes <= 2**28


def test_plan_reads_well():
    made = plan(widths=(8,) * 3, replicates=10_000, activation=relu(), byte_cap=2**20)
    assert made.chunks == math.ceil(4096 / made.batch) * 2 + math.ceil(1808 / made.batch)
    assert made.bytes <= 2**20
    assert str(made).startswith(f"matrix: 10000 networks in {made.chunks} chunks, ")


@pytest.mark.parametrize(("method", "block"), [("matrix", 2), ("gaussian", 4096), ("chi2", 4096)])
def test_only_directions_make_blocks_small(method, block):
    arguments = {"replicates": 10**6, "activation": relu(), "byte_cap": 2**30}
    assert plan(widths=(2, 2**20), method=method, **arguments).block == block


def test_planned_seconds_grow_with_the_work():
    one, ten = (
        plan(widths=(64,) * 3, replicates=n, activation=relu()).seconds for n in (100, 1000)
    )
    assert ten == pytest.approx(10 * one)


def test_only_the_last_layer():
    np.testing.assert_array_equal(simulate(layers="last"), simulate()[-1:])


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_initial_norm_shifts_the_logarithm(method):
    shifted = simulate(method=method, initial_norm=1e-300)
    expected = simulate(method=method) + math.log(1e-300)
    np.testing.assert_allclose(shifted, expected, rtol=1e-12)


def test_initial_norm_fades_behind_biases():
    """From a tiny or a huge input the same draws lead to the same scale, if weights are small."""
    near, far = (
        simulate(bias_variance=1.0, initial_norm=norm, layers="last", variances=1e-8)
        for norm in (1e-200, 1.0)
    )
    np.testing.assert_allclose(near, far, atol=1e-6)


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
@pytest.mark.parametrize("variance", [1e-300, 1e300])
def test_depth_2000_neither_underflows_nor_overflows(method, variance):
    arguments = {"widths": (4,) * 2001, "activation": linear(), "method": method}
    result = simulate(**arguments, variances=variance, replicates=2)
    unit = simulate(**arguments, variances=1.0, replicates=2)
    assert np.isfinite(result).all()
    layers = np.arange(1, 2001)[:, None]
    np.testing.assert_allclose(result, unit + 0.5 * layers * math.log(variance), rtol=1e-10)


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_tiny_slopes_do_not_kill(method):
    arguments = {"widths": (1, 1, 1), "activation": leaky_relu(1e-200), "replicates": 200}
    assert survived(simulate(**arguments, method=method)).all()


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_single_precision_is_close_in_law_and_depth(method, laws):
    arguments = {"widths": (8,) * 9, "activation": linear(), "method": method, "replicates": 20_000}
    single = simulate(0, **arguments, dtype=np.float32)
    double = simulate(1, **arguments)
    assert single.dtype == np.float64
    assert laws.same(single[-1], double[-1])


@pytest.mark.parametrize("method", ["matrix", "gaussian", "chi2"])
def test_the_dead_stay_dead(method):
    alive = survived(simulate(widths=(2,) * 8, method=method, replicates=500))
    assert not alive[-1].all()
    assert (alive[1:] <= alive[:-1]).all()


def test_same_seed_same_numbers_and_the_stream_moves_on():
    rng = np.random.default_rng(3)
    first, second = simulate(rng=rng), simulate(rng=rng)
    assert (first != second).any()
    np.testing.assert_array_equal(first, simulate(rng=np.random.default_rng(3)))


BAD = [
    ({"replicates": 0}, "replicates must be an integer >= 1, got 0"),
    ({"replicates": 1.5}, r"replicates must be an integer >= 1, got 1\.5"),
    ({"method": "exact"}, "method must be one of 'matrix', 'gaussian', 'chi2', got 'exact'"),
    ({"layers": "first"}, "layers must be one of 'all', 'last', got 'first'"),
    ({"initial_norm": 0.0}, r"initial_norm must be finite and > 0, got 0\.0"),
    ({"initial_norm": math.nan}, "initial_norm must be finite and > 0, got nan"),
    ({"dtype": "float16"}, "dtype must be float64 or float32, got 'float16'"),
    ({"dtype": "number"}, "dtype must be float64 or float32, got 'number'"),
    ({"byte_cap": 10}, r"byte_cap must be at least \d+ for method 'matrix'"),
    ({"byte_cap": 0}, "byte_cap must be an integer >= 1, got 0"),
    ({"backend": "torch"}, "backend must be one of 'numpy', 'cupy', got 'torch'"),
    ({"widths": (3,)}, "widths must hold at least two"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(**change)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0)])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(rng=rng)


def test_chi2_refuses_random_slopes():
    with pytest.raises(ValueError, match="method 'chi2' needs a fixed slope"):
        simulate(method="chi2", activation=randomized_leaky_relu())


def test_chi2_refuses_biases():
    with pytest.raises(ValueError, match="method 'chi2' allows no biases"):
        simulate(method="chi2", bias_variance=(0.0, 0.1))


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_other_weights_need_matrix(method):
    with pytest.raises(ValueError, match=f"weight_law must be 'normal' for method '{method}'"):
        simulate(method=method, weight_law="uniform")
