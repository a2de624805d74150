"""Outputs of random networks against dumb loops, exact laws and homogeneity; memory, bad input."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.backends import NumpyBackend
from numerics.network_outputs import network_outputs

WIDTHS = (3, 4, 2, 3)
INPUTS = np.array([[1.0, -0.5, 0.3], [0.2, 0.0, -2.0]])
ACTIVATIONS = [relu(), leaky_relu(0.1), leaky_relu(-0.4), linear()]
SIGMAS = 6.2  # two-sided normal quantile at the tests' false-alarm rate, 1e-9 or less


def simulate(seed=0, **change):
    base = {
        "widths": WIDTHS,
        "variances": (0.5, 0.3, 0.4),
        "activation": relu(),
        "inputs": INPUTS,
        "replicates": 6,
        "rng": np.random.default_rng(seed),
    }
    return network_outputs(**base | change)


class Recorder(NumpyBackend):
    """NumPy that remembers its normals, in order."""

    def __init__(self):
        object.__setattr__(self, "drawn", [])

    def standard_normal(self, rng, shape, dtype):
        self.drawn.append(super().standard_normal(rng, shape, dtype))
        return self.drawn[-1].copy()


def _dumb(normals, slope, x):
    """One network at one input, one unit at a time."""
    variances = (0.5, 0.3, 0.4)
    for k, (rows, variance) in enumerate(zip(normals, variances, strict=True)):
        z = [math.sqrt(variance) * sum(w * v for w, v in zip(row, x, strict=True)) for row in rows]
        x = z if k == 2 else [v if v > 0 else slope * v for v in z]
    return x


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_the_definition(activation):
    backend = Recorder()
    computed = simulate(activation=activation, backend=backend)
    assert computed.shape == (6, 2, 3)
    assert [each.shape for each in backend.drawn] == [(6, 4, 3), (6, 2, 4), (6, 3, 2)]
    for network in range(6):
        normals = [each[network] for each in backend.drawn]
        expected = [_dumb(normals, activation.lower, x) for x in INPUTS]
        np.testing.assert_allclose(computed[network], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_are_positively_homogeneous(activation):
    np.testing.assert_allclose(
        simulate(activation=activation, inputs=3.0 * INPUTS),
        3.0 * simulate(activation=activation),
        rtol=1e-12,
    )


def test_every_input_sees_the_same_network():
    """Linear networks: f(x + y) = f(x) + f(y), network by network."""
    both = [INPUTS[0], INPUTS[1], INPUTS[0] + INPUTS[1]]
    first, second, summed = np.moveaxis(simulate(activation=linear(), inputs=both), 1, 0)
    np.testing.assert_allclose(first + second, summed, rtol=1e-11, atol=1e-14)


def test_one_layer_is_normal(laws):
    """W x is N(0, s |x|^2): no phi on the output."""
    exact = stats.norm(scale=math.sqrt(0.5 * 1.34))
    size = laws.replicates_against(exact.cdf, 1.05)
    outputs = simulate(widths=(3, 1), variances=0.5, inputs=INPUTS[:1], replicates=size).ravel()
    assert laws.follows(outputs, exact.cdf)
    assert not laws.follows(1.05 * outputs, exact.cdf)


@pytest.mark.parametrize(("activation", "second_moment"), [(relu(), 0.5), (linear(), 1.0)])
@pytest.mark.parametrize("weight_law", ["normal", "uniform", "truncated_normal"])
def test_mean_square_of_two_layers(activation, second_moment, weight_law):
    """E|f|^2 = |x|^2 (8 * 0.3) m (2 * 0.4): the weights are symmetric and independent."""
    outputs = simulate(
        widths=(3, 8, 2),
        variances=(0.3, 0.4),
        activation=activation,
        inputs=INPUTS[:1],
        weight_law=weight_law,
        replicates=400_000,
    )
    squares = (outputs[:, 0] ** 2).sum(axis=1)
    error = squares.std() / math.sqrt(squares.size)
    exact = 1.34 * 8 * 0.3 * second_moment * 2 * 0.4
    assert squares.size >= 1e3 * stats.skew(squares) ** 2
    assert abs(squares.mean() - exact) < SIGMAS * error
    assert 2 * SIGMAS * error < 0.05 * exact


def test_devices_agree_in_law(device, laws):
    """And twice the scale would show."""
    here, there = (
        simulate(seed, replicates=20_000, **options)[:, 0, 0]
        for seed, options in enumerate(({}, {"backend": device}))
    )
    assert laws.same(here, there)
    wrong = simulate(2, replicates=20_000, backend=device, variances=(0.5, 0.3, 1.6))[:, 0, 0]
    assert not laws.same(here, wrong)


def test_stand_ins_give_the_numbers_of_numpy(stand_in):
    options = {"activation": leaky_relu(0.2), "weight_law": "truncated_normal"}
    np.testing.assert_allclose(simulate(**options, backend=stand_in), simulate(**options))


@pytest.mark.parametrize("weight_law", ["normal", "uniform", "truncated_normal"])
def test_the_byte_cap_changes_rounding_at_most(weight_law):
    options = {"replicates": 3000, "weight_law": weight_law}
    with pytest.raises(ValueError, match="byte_cap must be at least") as error:
        simulate(**options, byte_cap=1)
    least = int(str(error.value).split("at least ")[1].split()[0])
    with pytest.raises(ValueError, match=f"byte_cap must be at least {least} for these widths"):
        simulate(**options, byte_cap=least - 1)
    for cap in (least, 3 * least, 2**20):
        np.testing.assert_allclose(
            simulate(**options, byte_cap=cap), simulate(**options), rtol=1e-12, atol=1e-15
        )


@pytest.mark.parametrize("weight_law", ["normal", "uniform", "truncated_normal"])
@pytest.mark.parametrize(("width", "examples"), [(60, 1), (3, 200)])
def test_the_byte_cap_bounds_the_memory(width, examples, weight_law):
    options = {
        "widths": (width, width, 1),
        "variances": 0.1,
        "activation": leaky_relu(0.1),
        "inputs": np.ones((examples, width)),
        "weight_law": weight_law,
    }
    simulate(**options)
    tracemalloc.start()
    result = simulate(**options, replicates=500, byte_cap=400_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes <= 400_000 + 100_000


def test_the_byte_cap_bounds_the_check_of_many_outputs():
    """A mask of all the outputs would take a megabyte."""
    options = {"widths": (1, 20), "variances": 0.1, "inputs": [[1.0]], "byte_cap": 40_000}
    simulate(**options)
    tracemalloc.start()
    result = simulate(**options, replicates=50_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes <= 40_000 + 50_000


def test_outputs_of_later_batches_are_checked_too():
    """One network a batch: that of the first is finite, that of one among a thousand is not."""
    options = {"widths": (1, 1, 1, 1), "variances": (1e308, 1e308, 0.3), "inputs": [[1.0]]}
    options |= {"activation": linear(), "byte_cap": 64}
    assert np.isfinite(simulate(**options, replicates=1)).all()
    with pytest.raises(ValueError, match="variances must be small enough for finite outputs"):
        simulate(**options, replicates=1000)


def test_runs_go_on_with_the_generator():
    rng = np.random.default_rng(0)
    assert not np.array_equal(simulate(rng=rng), simulate(rng=rng))
    np.testing.assert_array_equal(simulate(3), simulate(3))


BAD = [
    ({"widths": (3,)}, "widths must hold at least two"),
    ({"variances": 0.0}, r"variances must be finite and > 0, got 0\.0"),
    ({"variances": (0.5, 0.5)}, r"variances must be a number or one per layer \(3\)"),
    ({"variances": 1e300}, r"variances must be small enough for finite outputs, got 1e\+300"),
    ({"activation": "relu"}, r"activation must be a numerics\.activations\.Activation"),
    ({"activation": randomized_leaky_relu()}, "activation must have a fixed slope and no dropout"),
    ({"activation": relu().with_dropout(0.5)}, "activation must have a fixed slope"),
    ({"inputs": np.ones(3)}, r"inputs must have shape \(examples, 3\), got shape \(3,\)"),
    ({"inputs": np.ones((1, 2))}, r"inputs must have shape \(examples, 3\), got shape \(1, 2\)"),
    ({"inputs": [[1.0, math.inf, 0.0]]}, "inputs must be finite numbers, at least one"),
    ({"replicates": 0}, "replicates must be an integer >= 1, got 0"),
    ({"weight_law": "cauchy"}, "weight_law must be one of 'normal', 'uniform'"),
    ({"backend": "torch"}, "backend must be one of 'numpy', 'cupy', got 'torch'"),
    ({"byte_cap": 0}, "byte_cap must be an integer >= 1, got 0"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(**change)


@pytest.mark.parametrize("rng", [0, None])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(rng=rng)
