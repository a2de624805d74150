"""Langevin dynamics against dumb loops, exact Ornstein-Uhlenbeck moments and the generator; bad input.

Most moments are computed without sampling: the normals are replaced by unit impulses, whose response
is the covariance of a linear recursion, or by the nodes of a Gauss-Hermite rule.
"""

from __future__ import annotations

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import sympy as sp
from scipy import linalg, stats

from numerics.langevin import langevin, refined_pair

ORDERS = {"euler": 1, "heun": 2}
HESSIAN = np.array([[1.5, 0.4], [0.4, 0.7]])


class Scripted(np.random.Generator):
    """A Generator whose standard normals are given."""

    def __init__(self, normals):
        super().__init__(np.random.PCG64(0))
        self.normals = iter(normals)

    def standard_normal(self, size):
        drawn = np.array(next(self.normals), dtype=float)
        assert drawn.shape == tuple(np.atleast_1d(size))
        return drawn


def cubic(w):
    """A coupled and nonlinear field, in any shape (..., 2)."""
    return np.stack([w[..., 0] ** 3 - w[..., 1], np.sin(w[..., 0]) + 2.0 * w[..., 1]], axis=-1)


def simulate(seed=0, run=langevin, **change):
    base = {
        "gradient": cubic,
        "initial": np.linspace(-1.0, 1.0, 10).reshape(5, 2),
        "temperature": 0.3,
        "step": 0.05,
        "steps": 4,
        "rng": np.random.default_rng(seed),
    }
    return run(**base | change)


def _dumb(method, normals, start, temperature, step):
    """One chain, one coordinate at a time."""
    w = list(start)
    for z in normals:
        kick = [math.sqrt(2 * temperature * step) * each for each in z]
        slope = [w[0] ** 3 - w[1], math.sin(w[0]) + 2 * w[1]]
        moved = [a - step * b + c for a, b, c in zip(w, slope, kick, strict=True)]
        if method == "heun":
            ahead = [moved[0] ** 3 - moved[1], math.sin(moved[0]) + 2 * moved[1]]
            moved = [
                a - step * (b + d) / 2 + c for a, b, c, d in zip(w, slope, kick, ahead, strict=True)
            ]
        w = moved
    return w


@pytest.mark.parametrize("method", ORDERS)
def test_steps_are_the_definition(method):
    normals = np.random.default_rng(1).standard_normal((4, 5, 2))
    initial = np.random.default_rng(2).standard_normal((5, 2))
    computed = simulate(method=method, initial=initial, rng=Scripted(normals))[0]
    for chain in range(5):
        expected = _dumb(method, normals[:, chain], initial[chain], 0.3, 0.05)
        np.testing.assert_allclose(computed[chain], expected, rtol=1e-12)


def test_the_default_method_is_heun():
    np.testing.assert_array_equal(simulate(), simulate(method="heun"))
    assert not np.array_equal(simulate(), simulate(method="euler"))


def _impulses(draws):
    """Normals that are 1 at one draw and coordinate in each chain, and 0 in the last chain."""
    chains = 2 * draws + 1
    for k in range(draws):
        normals = np.zeros((chains, 2))
        normals[2 * k, 0] = normals[2 * k + 1, 1] = 1.0
        yield normals


def _moments(end):
    """Mean and covariance of a linear recursion from its responses to `_impulses`."""
    responses = end[:-1] - end[-1]
    return np.concatenate([end[-1], (responses.T @ responses).ravel()])


def _linear(draws, step, run=langevin, **options):
    """Run the linear recursion on impulses, as many as it draws arrays of normals in time 1."""
    initial = np.tile([1.0, -0.5], (2 * draws + 1, 1))
    return run(
        gradient=lambda w: w @ HESSIAN,
        initial=initial,
        temperature=0.3,
        step=step,
        steps=round(1.0 / step),
        rng=Scripted(_impulses(draws)),
        **options,
    )


def _order(errors):
    """p of errors c h^p (1 + d h + O(h^2)) at h, h/2, h/4: the slope without its part in h."""
    first, second = (np.log2(np.abs(a / b)) for a, b in itertools.pairwise(errors))
    return 2.0 * second - first


def _exact_moments():
    """Mean and covariance at time 1 of dW = -A W dt + sqrt(2 T) dB (Van Loan's block exponential)."""
    block = np.block([[-HESSIAN, 2 * 0.3 * np.eye(2)], [np.zeros((2, 2)), HESSIAN.T]])
    exponential = linalg.expm(block)
    decay = exponential[:2, :2]
    covariance = exponential[:2, 2:] @ decay.T
    return np.concatenate([decay @ [1.0, -0.5], covariance.ravel()])


@pytest.mark.parametrize("method", ORDERS)
def test_weak_order_on_a_linear_system(method):
    """Exact errors of mean and covariance fall by 2^p a halving, in every entry."""
    errors = [
        _moments(_linear(n, 1.0 / n, method=method)[0]) - _exact_moments() for n in (64, 128, 256)
    ]
    np.testing.assert_allclose(_order(errors), ORDERS[method], atol=0.05)


@pytest.mark.parametrize("method", ORDERS)
def test_a_refined_pair_shows_the_bias(method):
    """Extrapolated from the pair, the bias of either is its exact error, up to a factor 1 + O(h)."""
    pair = _linear(128, 1 / 64, refined_pair, method=method)
    coarse, fine = (_moments(each[0]) for each in pair)
    shrink = 2 ** ORDERS[method]
    np.testing.assert_allclose(
        (coarse - fine) * shrink / (shrink - 1), coarse - _exact_moments(), rtol=0.1
    )
    np.testing.assert_allclose((coarse - fine) / (shrink - 1), fine - _exact_moments(), rtol=0.2)


def _semigroup(function, force, temperature, order, at):
    """Coefficients of E phi(W_h) in powers of h: L^k phi / k! at the start, L the generator."""
    w = sp.Symbol("w")
    phi, terms = function(w), []
    for k in range(order + 1):
        terms.append(float(phi.subs(w, at) / math.factorial(k)))
        phi = -force(w) * phi.diff(w) + temperature * phi.diff(w, 2)
    return terms


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("function", [lambda w: w**2, sp.cos, sp.exp])
def test_weak_order_of_one_step_of_a_nonlinear_force(method, function):
    """One step from w, its normal integrated by Gauss-Hermite: right up to h^p, wrong at h^(p+1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights /= weights.sum()
    order, at = ORDERS[method], sp.Rational(3, 5)
    terms = _semigroup(function, lambda w: w**3 - w, sp.Rational(3, 10), order, at)
    values = sp.lambdify(sp.Symbol("w"), function(sp.Symbol("w")), "numpy")
    errors = []
    for step in (1 / 64, 1 / 128, 1 / 256):
        end = langevin(
            gradient=lambda w: w**3 - w,
            initial=np.full((60, 1), 0.6),
            temperature=0.3,
            step=step,
            steps=1,
            rng=Scripted([nodes[:, None]]),
            method=method,
        )[0, :, 0]
        errors.append(weights @ values(end) - np.polyval(terms[::-1], step))
    assert _order(errors) == pytest.approx(order + 1, abs=0.05)


@pytest.mark.parametrize("method", ORDERS)
def test_law_of_a_linear_diffusion(laws, method):
    """Normal, with the exact variance T (1 - exp(-2 t)); the bias of the step is below 1 %."""
    exact = stats.norm(scale=math.sqrt(0.3 * (1 - math.exp(-2.0))))
    size = laws.replicates_against(lambda x: exact.cdf(x), 1.05)
    final = simulate(
        gradient=lambda w: w, initial=np.zeros((size, 1)), step=0.01, steps=100, method=method
    ).ravel()
    assert laws.follows(final, exact.cdf)
    assert not laws.follows(1.05 * final, exact.cdf)


def test_chains_and_coordinates_are_independent():
    final = simulate(gradient=lambda w: w, initial=np.zeros((40_000, 4)), steps=10)[0]
    samples = np.concatenate([final[:20_000], final[20_000:]], axis=1)
    correlations = np.corrcoef(samples.T)[np.triu_indices(8, 1)]
    assert np.abs(correlations).max() < 6.4 / math.sqrt(20_000)  # 28 pairs at 1e-9 together


def test_no_temperature_is_the_gradient_flow():
    errors = [
        float(
            simulate(
                gradient=lambda w: w**2, initial=np.ones((1, 1)), temperature=0, step=1 / n, steps=n
            )[0, 0, 0]
            - 0.5  # w' = -w^2 from 1: w = 1/(1 + t)
        )
        for n in (64, 128)
    ]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("method", ORDERS)
def test_the_fine_path_is_a_run_with_half_the_step(method):
    options = {"method": method}
    _, fine = simulate(run=refined_pair, **options, record=(0, 1, 4))
    alone = simulate(**options, step=0.025, steps=8, record=(0, 2, 8))
    np.testing.assert_array_equal(fine, alone)


@pytest.mark.parametrize("method", ORDERS)
def test_the_coarse_path_has_the_sum_of_the_increments(method):
    normals = np.random.default_rng(3).standard_normal((8, 5, 2))
    summed = (normals[0::2] + normals[1::2]) / math.sqrt(2.0)
    options = {"method": method, "record": (0, 1, 4)}
    coarse, _ = simulate(run=refined_pair, rng=Scripted(normals), **options)
    np.testing.assert_allclose(coarse, simulate(rng=Scripted(summed), **options), rtol=1e-13)


@pytest.mark.parametrize("run", [langevin, refined_pair])
def test_recorded_steps_are_those_of_longer_runs(run):
    def states(**change):
        result = simulate(run=run, **change)
        return np.stack(result) if isinstance(result, tuple) else result[None]

    several = states(record=(0, 1, 3), steps=9)
    assert several.shape[1:] == (3, 5, 2)
    np.testing.assert_array_equal(several[:, 0], states(record=(0,))[:, 0])
    for row, steps in ((1, 1), (2, 3)):
        np.testing.assert_array_equal(several[:, row], states(steps=steps)[:, 0])


def test_the_start_is_recorded_and_left_as_it_is():
    initial = np.ones((3, 2))
    states = simulate(initial=initial, record=(0, 4))
    np.testing.assert_array_equal(states[0], np.ones((3, 2)))
    np.testing.assert_array_equal(initial, np.ones((3, 2)))
    assert not np.array_equal(states[0], states[1])


@pytest.mark.parametrize("method", ORDERS)
def test_a_gradient_may_reuse_its_buffer(method):
    buffer = np.empty((5, 2))

    def gradient(w):
        buffer[:] = cubic(w)
        return buffer

    expected = simulate(method=method)
    np.testing.assert_array_equal(simulate(gradient=gradient, method=method), expected)
    expected = simulate(run=refined_pair, method=method)
    np.testing.assert_array_equal(
        simulate(gradient=gradient, run=refined_pair, method=method), expected
    )


@pytest.mark.parametrize(("run", "arrays"), [(langevin, 6), (refined_pair, 9)])
def test_memory_is_a_few_arrays(run, arrays):
    initial = np.zeros((20_000, 3))
    options = {"gradient": lambda w: 2.0 * w, "steps": 10, "run": run}
    simulate(**options)
    tracemalloc.start()
    result = simulate(initial=initial, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    returned = sum(each.nbytes for each in result)
    own_gradient = initial.nbytes
    assert peak <= arrays * initial.nbytes + returned + own_gradient + 20_000


@pytest.mark.parametrize("run", [langevin, refined_pair])
@pytest.mark.parametrize(
    ("temperature", "step"), [(0.25, 2.0), (1e-170, 1e-170), (1.5e308, 1e-300), (5e-324, 1e-320)]
)
def test_the_noise_is_right_where_temperature_times_step_is_no_double(run, temperature, step):
    """Without a force the state is sqrt(2 T h) times the normal, or its half steps' sum."""
    normals = [np.full((1, 1), 0.75)] * 2
    options = {"initial": [[0.0]], "gradient": np.zeros_like, "steps": 1, "rng": Scripted(normals)}
    states = np.ravel(simulate(run=run, temperature=temperature, step=step, **options))
    scale = 0.75 * math.sqrt(2.0) * math.sqrt(temperature) * math.sqrt(step)
    np.testing.assert_allclose(states, scale * (1.0 if run is langevin else math.sqrt(2.0)), 1e-14)


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, int])
def test_steps_are_double_whatever_the_gradient_returns(method, dtype):
    """A gradient is called at doubles, and its values are multiplied as doubles."""
    seen = []

    def gradient(w):
        seen.append(w.dtype)
        return np.round(8.0 * w).astype(dtype)

    computed = simulate(gradient=gradient, method=method, step=0.3)
    assert set(seen) == {np.dtype(np.float64)}
    expected = simulate(gradient=lambda w: np.round(8.0 * w), method=method, step=0.3)
    np.testing.assert_array_equal(computed, expected)


@pytest.mark.parametrize("method", ORDERS)
def test_a_gradient_may_return_lists(method):
    listed = simulate(gradient=lambda w: cubic(w).tolist(), method=method)
    np.testing.assert_array_equal(listed, simulate(method=method))


BAD = [
    ({"gradient": 3.0}, r"gradient must be callable, got 3\.0"),
    ({"gradient": lambda w: w[0]}, r"gradient must return real numbers of shape \(5, 2\), got"),
    ({"gradient": lambda w: 1j * w}, "gradient must return real numbers of shape"),
    ({"gradient": lambda w: np.inf * (w + 9)}, "gradient must be finite at the initial states"),
    ({"gradient": lambda w: (1e300 * w) ** 3}, "gradient must be finite at the initial states"),
    ({"initial": np.zeros(3)}, r"initial must have shape \(chains, K\), got shape \(3,\)"),
    ({"initial": np.zeros((0, 2))}, "initial must be finite numbers, at least one"),
    ({"initial": [[math.nan]]}, r"initial must be finite numbers, at least one, got \[\[nan\]\]"),
    ({"initial": "start"}, "initial must be finite numbers, at least one, got 'start'"),
    ({"initial": [[1.0], [1.0, 2.0]]}, "initial must be finite numbers"),
    ({"temperature": -1.0}, r"temperature must be finite and >= 0, got -1\.0"),
    ({"temperature": math.nan}, "temperature must be finite and >= 0, got nan"),
    ({"step": 0.0}, r"step must be finite and > 0, got 0\.0"),
    ({"step": math.inf}, "step must be finite and > 0, got inf"),
    ({"steps": 0}, "steps must be an integer >= 1, got 0"),
    ({"steps": 2.5}, r"steps must be an integer >= 1, got 2\.5"),
    ({"record": (5,)}, "record must hold increasing integers from 0 to steps, 4"),
    ({"method": "milstein"}, "method must be one of 'heun', 'euler', got 'milstein'"),
]


@pytest.mark.parametrize("run", [langevin, refined_pair])
@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(run, change, message):
    with pytest.raises(ValueError, match=message):
        simulate(run=run, **change)


@pytest.mark.parametrize("run", [langevin, refined_pair])
@pytest.mark.parametrize("method", ORDERS)
def test_a_step_too_large_is_said_in_words(run, method):
    message = r"step must be small enough for this gradient and temperature 0\.3, got 9\.0"
    with pytest.raises(ValueError, match=message):
        simulate(run=run, method=method, step=9.0, steps=60)
    message = r"this gradient and temperature 1\.5e\+308, got 1\.5e\+308"
    with pytest.raises(ValueError, match=message):
        simulate(run=run, method=method, temperature=1.5e308, step=1.5e308)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0)])
@pytest.mark.parametrize("run", [langevin, refined_pair])
def test_rng_must_be_a_generator(run, rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(run=run, rng=rng)
