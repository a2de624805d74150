"""The scalar recursion against dumb loops, exact moments and laws; starts, memory, bad input."""

from __future__ import annotations

import math
import tracemalloc
import warnings

import numpy as np
import pytest
from scipy import stats

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.backends import NumpyBackend
from numerics.perpetuity import coupled_squared_norms, plan, squared_norms

BASE = {
    "width": 3,
    "variance": 0.3,
    "bias_variance": 0.7,
    "activation": relu(),
    "steps": 4,
    "chains": 9,
}
ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(-0.3),
    relu().with_dropout(0.6),
    leaky_relu(0.2).with_dropout(0.6, rescale=False),
]
RANDOM = [randomized_leaky_relu(), randomized_leaky_relu().with_dropout(0.6)]
SIGMAS = 6.2  # two-sided normal quantile at the tests' false-alarm rate, 1e-9 or less


def simulate(seed=0, **change):
    return squared_norms(**BASE | {"rng": np.random.default_rng(seed)} | change)


def couple(seed=0, **change):
    return coupled_squared_norms(**BASE | {"rng": np.random.default_rng(seed)} | change)


class Recorder(NumpyBackend):
    """NumPy that remembers its draws, in order."""

    def __init__(self):
        object.__setattr__(self, "drawn", [])

    def _keep(self, values):
        self.drawn.append(values)
        return values

    def standard_normal(self, rng, shape, dtype):
        return self._keep(super().standard_normal(rng, shape, dtype))

    def uniform(self, rng, shape, dtype):
        return self._keep(super().uniform(rng, shape, dtype))

    def chisquare(self, rng, df, dtype):
        return self._keep(super().chisquare(rng, df, dtype))


def _dumb_chain(draws, chain, activation, steps, squared):
    """One chain, one unit at a time, from the recorded draws."""
    draws = iter(draws)
    trajectory = []
    spread = activation.upper - activation.lower
    scale = 1 / activation.keep_prob if activation.rescale else 1.0
    for _ in range(steps):
        normals = next(draws)[chain]
        slopes = next(draws)[chain] if spread else [0.0] * 3
        kept = next(draws)[chain] if activation.keep_prob < 1 else [0.0] * 3
        q = 0.0
        for z, u, keep in zip(normals, slopes, kept, strict=True):
            phi = z if z > 0 else (activation.lower + spread * u) * z
            q += (scale * phi) ** 2 if keep < activation.keep_prob else 0.0
        squared = (0.3 * squared + 0.7) * q
        trajectory.append(squared)
    return trajectory


@pytest.mark.parametrize("activation", ACTIVATIONS + RANDOM)
def test_gaussian_is_the_definition(activation):
    backend = Recorder()
    computed = simulate(activation=activation, backend=backend, steps=(1, 2, 3, 4), start=2.5)
    for chain in range(9):
        expected = _dumb_chain(backend.drawn, chain, activation, 4, 2.5)
        np.testing.assert_allclose(computed[:, chain], expected, rtol=1e-12)


@pytest.mark.parametrize("slope", [0.0, 1.0, -0.3])
def test_chi2_is_the_recursion_on_its_chi_squares(slope):
    backend = Recorder()
    arguments = {"activation": leaky_relu(slope), "method": "chi2", "backend": backend}
    computed = simulate(**arguments, steps=(1, 2, 3, 4))
    parts = 1 if slope in (0.0, 1.0) else 2
    for chain in range(9):
        squared, draws = 0.0, iter(backend.drawn)
        for row in range(4):
            weights = (1.0, slope**2)[:parts]
            q = sum(weight * next(draws)[chain] for weight in weights)
            squared = (0.3 * squared + 0.7) * q
            assert computed[row, chain] == pytest.approx(squared, rel=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS + RANDOM)
def test_methods_and_devices_agree_in_law(device, laws, activation):
    arguments = {"activation": activation, "chains": 20_000, "width": 6, "steps": 5}
    here = simulate(0, **arguments)[0]
    for seed, method in enumerate(("gaussian",) if activation.is_random else ("gaussian", "chi2")):
        there = simulate(seed + 1, **arguments, backend=device, method=method)[0]
        assert laws.same(here, there)
    wrong = simulate(3, **arguments, backend=device, variance=0.4)[0]
    assert not laws.same(here, wrong)


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_stand_ins_give_the_numbers_of_numpy(stand_in, method):
    arguments = {"activation": leaky_relu(0.2).with_dropout(0.6), "method": method}
    there = couple(**arguments, starts=(0.0, 3.0), backend=stand_in)
    np.testing.assert_allclose(there, couple(**arguments, starts=(0.0, 3.0)), rtol=1e-12)


def _moments(activation):
    """E phi^2 and E phi^4, from the definition of the activation."""
    keep, scale = activation.keep_prob, activation.kept_scale
    nodes, weights = np.polynomial.legendre.leggauss(20)
    slopes = activation.lower + (activation.upper - activation.lower) * (nodes + 1) / 2
    return [
        keep * scale**n * moment * (1 + float(weights @ slopes**n) / 2) / 2
        for n, moment in ((2, 1.0), (4, 3.0))
    ]


def _exact_mean(activation, width, steps, start):
    """E R_k by its recursion."""
    mean = start
    for _ in range(steps):
        mean = (0.3 * mean + 0.7) * width * _moments(activation)[0]
    return mean


def _check_mean(sample, expected, resolution):
    """The mean is right, an error of the resolution would show, and the normal levels hold."""
    error = sample.std() / math.sqrt(sample.size)
    assert sample.size >= 1e5 * stats.skew(sample) ** 2
    assert abs(sample.mean() - expected) < SIGMAS * error
    assert 2 * SIGMAS * error < resolution * expected


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
@pytest.mark.parametrize("activation", ACTIVATIONS + RANDOM[:1])
@pytest.mark.parametrize(("width", "start"), [(16, 0.0), (24, 5.0)])
def test_mean_of_the_first_steps(method, activation, width, start):
    """Exact means after 1 and 2 steps."""
    if method == "chi2" and activation.is_random:
        pytest.skip("refused; see test_chi2_refuses_random_slopes")
    arguments = {"width": width, "activation": activation, "method": method, "start": start}
    computed = simulate(**arguments, steps=(1, 2), chains=1_000_000)
    for row, steps in zip(computed, (1, 2), strict=True):
        _check_mean(row, _exact_mean(activation, width, steps, start), 0.02)


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_stationary_mean(method):
    """E R = bias_variance m1 d / (1 - variance m1 d); variance E Q = 1/4 leaves 4^-15 to go."""
    arguments = {"width": 16, "variance": 1 / 32, "method": method, "activation": relu()}
    squared = simulate(**arguments, steps=15, chains=300_000)[0]
    _check_mean(squared, 0.7 * 8 / (1 - 0.25), 0.02)


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_first_step_is_chi_square(laws, method):
    size = laws.replicates_against(stats.chi2(3).cdf, 1.03)
    scaled = simulate(activation=linear(), method=method, steps=1, chains=size, start=2.0)[0] / 1.3
    assert laws.follows(scaled, stats.chi2(3).cdf)
    assert not laws.follows(1.03 * scaled, stats.chi2(3).cdf)


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_deaths_are_forgotten_at_once(method):
    """At width 1 ReLU kills half the chains a step; from the input 0 the next step starts again."""
    squared = simulate(method=method, width=1, steps=(1, 2), chains=20_000)
    for row in squared:
        assert stats.binomtest(int((row > 0).sum()), row.size, 0.5).pvalue > 1e-9
    assert (squared[1][squared[0] == 0] > 0).any()


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_coupled_chains_differ_by_the_product(method):
    """R - R' is the first difference times prod variance Q, which is the recursion without bias."""
    arguments = {"method": method, "activation": leaky_relu(0.5), "steps": (1, 2, 8)}
    low, high = couple(**arguments, starts=(1.0, 3.0))
    product = simulate(**arguments, bias_variance=0.0, start=1.0)
    np.testing.assert_allclose(high - low, 2.0 * product, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_each_start_gives_the_numbers_of_a_run_alone(method):
    own = np.linspace(0.0, 2.0, 9)
    coupled = couple(method=method, starts=(0.0, own), steps=(2, 5))
    for row, start in zip(coupled, (0.0, own), strict=True):
        np.testing.assert_array_equal(row, simulate(method=method, start=start, steps=(2, 5)))


def test_chains_meet_for_good_at_a_death():
    low, high = couple(width=2, steps=range(1, 60), chains=200, starts=(0.0, 1e6))
    met = low == high
    assert not met[0].all()
    assert met[-1].all()
    assert (met[1:] >= met[:-1]).all()


def test_order_of_starts_is_kept():
    low, high = couple(activation=linear(), starts=(0.0, 1.0), steps=(1, 10))
    assert (low < high).all()


def test_from_zero_the_law_grows_to_the_stationary_one(laws):
    early, late = simulate(steps=(1, 40), chains=20_000, width=4)
    assert not laws.same(early, late)
    assert laws.same(late, simulate(1, steps=80, chains=20_000, width=4)[0])


def test_recorded_steps_are_those_of_longer_runs():
    several = simulate(steps=(1, 3, 7))
    assert several.shape == (3, 9)
    for row, steps in zip(several, (1, 3, 7), strict=True):
        np.testing.assert_array_equal(simulate(steps=steps), row[None])


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_no_stationary_law_saturates_and_revives(method):
    """Beyond the range of doubles R is infinite, never NaN, and a death still brings it to 0."""
    arguments = {"variance": 1e300, "method": method, "steps": range(1, 30), "chains": 300}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        squared = simulate(**arguments, width=2)
    assert not np.isnan(squared).any()
    assert np.isinf(squared).any()
    assert ((squared[:-1] == np.inf) & (squared[1:] == 0.0)).any()


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
def test_numbers_do_not_depend_on_the_byte_cap(method):
    arguments = {"method": method, "chains": 5000, "activation": leaky_relu(0.2), "width": 40}
    with pytest.raises(ValueError, match="byte_cap must be at least") as error:
        simulate(**arguments, byte_cap=1)
    least = int(str(error.value).split("at least ")[1].split()[0])
    for cap in (least, least + 5000, 2**20):
        np.testing.assert_array_equal(simulate(**arguments, byte_cap=cap), simulate(**arguments))


@pytest.mark.parametrize("method", ["gaussian", "chi2"])
@pytest.mark.parametrize(("width", "starts"), [(2, 1), (2, 12), (300, 2)])
def test_the_plan_bounds_the_memory(method, width, starts):
    arguments = {"width": width, "method": method, "activation": leaky_relu(0.2), "steps": 2}
    made = plan(**arguments, chains=6000, starts=starts)
    couple(**arguments, starts=(0.0,) * starts)  # imports and caches
    tracemalloc.start()
    result = couple(**arguments, chains=6000, starts=(0.0,) * starts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    small_objects = 100_000
    assert peak - result.nbytes <= made.bytes + small_objects


def test_planned_seconds_grow_with_the_work():
    arguments = {"width": 4, "activation": relu(), "chains": 100}
    one, ten = (plan(**arguments, steps=steps).seconds for steps in (5, (20, 50)))
    assert ten == pytest.approx(10 * one)


BAD = [
    ({"width": 0}, "width must be an integer >= 1, got 0"),
    ({"width": 2.5}, r"width must be an integer >= 1, got 2\.5"),
    ({"variance": 0.0}, r"variance must be finite and > 0, got 0\.0"),
    ({"variance": math.nan}, "variance must be finite and > 0, got nan"),
    ({"variance": [0.3]}, r"variance must be finite and > 0, got \[0\.3\]"),
    ({"bias_variance": -1.0}, r"bias_variance must be finite and >= 0, got -1\.0"),
    ({"bias_variance": math.inf}, "bias_variance must be finite and >= 0, got inf"),
    ({"activation": "relu"}, r"activation must be a numerics\.activations\.Activation, got 'relu'"),
    ({"steps": 0}, "steps must be an integer >= 1, got 0"),
    ({"steps": ()}, r"steps must be one number or increasing numbers, got \(\)"),
    ({"steps": (3, 3)}, r"steps must be one number or increasing numbers, got \(3, 3\)"),
    ({"chains": 0}, "chains must be an integer >= 1, got 0"),
    ({"method": "matrix"}, "method must be one of 'gaussian', 'chi2', got 'matrix'"),
    ({"start": -1.0}, r"start must be finite and >= 0, got -1\.0"),
    ({"start": math.inf}, "start must be finite and >= 0, got inf"),
    ({"start": [1.0, 2.0]}, r"start must be a number or one per chain \(9\)"),
    ({"start": "one"}, "start must be numbers, got 'one'"),
    ({"byte_cap": 0}, "byte_cap must be an integer >= 1, got 0"),
    ({"backend": "torch"}, "backend must be one of 'numpy', 'cupy', got 'torch'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(**change)


@pytest.mark.parametrize("starts", [(), 1.0, None])
def test_starts_must_be_a_sequence(starts):
    with pytest.raises(ValueError, match="starts must hold at least one start, got"):
        couple(starts=starts)


def test_every_start_is_checked():
    with pytest.raises(ValueError, match=r"starts must be finite and >= 0, got -2\.0"):
        couple(starts=(0.0, -2.0))


def test_chi2_refuses_random_slopes():
    with pytest.raises(ValueError, match="method 'chi2' needs a fixed slope"):
        simulate(method="chi2", activation=randomized_leaky_relu())


@pytest.mark.parametrize("rng", [0, None])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(rng=rng)
