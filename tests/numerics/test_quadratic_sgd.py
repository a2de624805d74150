"""SGD on a quadratic against dumb loops over the examples, exact moments and laws; bad input."""

from __future__ import annotations

import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from numerics import quadratic_sgd
from numerics.quadratic_sgd import sgd_on_quadratic

HESSIAN = np.array([[1.2, 0.3], [0.3, 0.5]])
FACTOR = np.array([[0.7, 0.0, -0.4], [0.2, 0.9, 0.1]])
SIGMAS = 6.2  # two-sided normal quantile at the tests' false-alarm rate, 1e-9 or less


def simulate(seed=0, **change):
    base = {
        "hessian": HESSIAN,
        "noise_factor": FACTOR,
        "learning_rate": 0.3,
        "batch_size": 5,
        "chains": 4,
        "steps": 3,
        "rng": np.random.default_rng(seed),
    }
    return sgd_on_quadratic(**base | change)


class Recorder(np.random.Generator):
    """A Generator that remembers its normals and its random words."""

    def __init__(self):
        super().__init__(np.random.PCG64(7))
        self.drawn = []

    def standard_normal(self, size):
        self.drawn.append(super().standard_normal(size))
        return self.drawn[-1].copy()

    def integers(self, *args, **kwargs):
        self.drawn.append(super().integers(*args, **kwargs))
        return self.drawn[-1].copy()


def _signs(words, count):
    """The first `count` random bits as signs, 64 a word; the last word gives its leading bits."""
    signs = []
    for word in words:
        taken = min(64, count - len(signs))
        signs += [1.0 if int(word) >> (63 - bit) & 1 else -1.0 for bit in range(taken)]
    return signs


def _dumb_step(w, examples):
    """One chain: the mean of the examples' gradients A w + B xi, one number at a time."""
    gradient = [0.0, 0.0]
    for xi in examples:
        for i in range(2):
            pull = sum(HESSIAN[i, j] * w[j] for j in range(2))
            gradient[i] += (pull + sum(FACTOR[i, j] * xi[j] for j in range(3))) / len(examples)
    return [a - 0.3 * b for a, b in zip(w, gradient, strict=True)]


@pytest.mark.parametrize("batch", [1, 5, 70])
@pytest.mark.parametrize("law", ["normal", "rademacher"])
def test_every_step_is_the_definition(law, batch):
    rng = Recorder()
    options = {"law": law, "batch_size": batch, "initial": [1.0, -2.0], "rng": rng}
    computed = simulate(**options, record=(0, 1, 2, 3))
    if law == "normal":
        examples = np.concatenate(rng.drawn)
    else:
        words = np.stack(rng.drawn).reshape(3, -1, 4, 3)
        examples = np.array(
            [
                [[_signs(words[k, :, chain, j], batch) for j in range(3)] for chain in range(4)]
                for k in range(3)
            ]
        )
        examples = np.moveaxis(examples, -1, 1).reshape(3 * batch, 4, 3)
    assert len(examples) == 3 * batch
    for chain in range(4):
        w = [1.0, -2.0]
        for k in range(4):
            np.testing.assert_allclose(computed[k, chain], w, rtol=1e-12)
            w = _dumb_step(w, examples[k * batch : (k + 1) * batch, chain]) if k < 3 else w


def _exact_covariance(batch, steps):
    """C after so many steps from 0: the covariance of one step, added up."""
    kept, added = np.eye(2) - 0.3 * HESSIAN, 0.3**2 / batch * FACTOR @ FACTOR.T
    covariance = np.zeros((2, 2))
    for _ in range(steps):
        covariance = kept @ covariance @ kept.T + added
    return covariance


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("law", ["normal", "rademacher"])
def test_covariance_after_some_steps(law, batch):
    """Entries to SIGMAS standard errors; 5 % of a variance, twice that, takes 8 SIGMAS^2/0.05^2 chains."""
    states = simulate(law=law, batch_size=batch, steps=6, chains=150_000)[0]
    exact = _exact_covariance(batch, 6)
    products = states[:, :, None] * states[:, None, :]
    errors = products.std(axis=0) / math.sqrt(len(states))
    assert (np.abs(products.mean(axis=0) - exact) < SIGMAS * errors).all()
    assert (2 * SIGMAS * np.diag(errors) < 0.05 * np.diag(exact)).all()


def test_normal_noise_gives_a_normal_law(laws):
    exact = stats.norm(scale=math.sqrt(_exact_covariance(5, 4)[0, 0]))
    size = laws.replicates_against(exact.cdf, 1.05)
    states = simulate(chains=size, steps=4)[0, :, 0]
    assert laws.follows(states, exact.cdf)
    assert not laws.follows(1.05 * states, exact.cdf)


@pytest.mark.parametrize("batch", [1, 3, 64, 65])
def test_signs_are_fair_and_independent(laws, batch):
    """After one step from 0, -b W/(alpha B) is the sum of b signs: 2 Bin(b, 1/2) - b."""
    options = {"hessian": 1.0, "noise_factor": 2.0, "learning_rate": 0.5, "steps": 1}
    states = simulate(**options, law="rademacher", batch_size=batch, chains=20_000).ravel()
    ones = 0.5 * (batch - states * batch)
    np.testing.assert_allclose(ones, np.round(ones), atol=1e-10)
    assert laws.follows(np.round(ones), stats.binom(batch, 0.5).cdf)
    assert not laws.follows(np.round(ones), stats.binom(batch, 0.6).cdf)


@pytest.mark.parametrize("law", ["normal", "rademacher"])
def test_vectors_and_numbers_stand_for_matrices(law):
    diagonal, spread = np.array([0.5, 1.5]), np.array([0.3, 0.7])
    full = simulate(hessian=np.diag(diagonal), noise_factor=np.diag(spread), law=law)
    np.testing.assert_allclose(
        simulate(hessian=diagonal, noise_factor=spread, law=law), full, rtol=1e-13
    )
    same = simulate(hessian=diagonal, noise_factor=2.0 * np.eye(2), law=law)
    np.testing.assert_allclose(
        simulate(hessian=diagonal, noise_factor=2.0, law=law), same, rtol=1e-13
    )
    one = simulate(hessian=[[0.5]], noise_factor=[[2.0]], law=law)
    np.testing.assert_allclose(simulate(hessian=0.5, noise_factor=2.0, law=law), one, rtol=1e-13)


def test_examples_drawn_a_few_at_a_time_are_the_same_examples(monkeypatch):
    together = simulate(batch_size=50)
    monkeypatch.setattr(quadratic_sgd, "_DRAWN", 30)
    np.testing.assert_allclose(simulate(batch_size=50), together, rtol=1e-12)


@pytest.mark.parametrize("law", ["normal", "rademacher"])
def test_memory_does_not_grow_with_the_batch(law):
    options = {"chains": 5000, "law": law, "steps": 2}
    simulate(**options)
    tracemalloc.start()
    result = simulate(**options, batch_size=2000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes <= 8 * 8 * 5000 * 3 + 2**19 + 100_000


def test_a_huge_batch_of_one_chain_takes_half_a_mebibyte():
    options = {"hessian": 1.0, "noise_factor": 1.0, "chains": 1, "steps": 1}
    simulate(**options)
    tracemalloc.start()
    simulate(**options, batch_size=10**6)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 2**19 <= peak <= 2**19 + 20_000


@pytest.mark.parametrize(
    ("hessian", "factor", "rate", "start"),
    [
        (0.0, 1.7e308, 1e-10, 0.0),
        (1e308, 0.0, 1e-308, 10.0),
        (1e-320, 1e-310, 1e300, 1e30),
        ([1e308, 1.0], [1e308, 1.0], 1e-308, 0.5),
    ],
)
def test_rates_balance_what_is_huge_or_tiny(hessian, factor, rate, start):
    """One step from a start, -alpha B xi apart: no product on the way leaves the doubles."""
    rng = Recorder()
    options = {"batch_size": 1, "chains": 8, "steps": 1, "rng": rng, "initial": start}
    [computed] = simulate(hessian=hessian, noise_factor=factor, learning_rate=rate, **options)
    pull, noise = (
        np.array([float(Fraction(rate) * Fraction(each)) for each in np.atleast_1d(values)])
        for values in (hessian, factor)
    )
    expected = start - pull * start - noise * rng.drawn[0][0]
    np.testing.assert_allclose(computed, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    "initial", [0.7, np.array([0.7, -0.2]), np.linspace(-1.0, 1.0, 8).reshape(4, 2)]
)
def test_starts(initial):
    states = simulate(initial=initial, record=(0, 3))
    np.testing.assert_array_equal(states[0], np.broadcast_to(initial, (4, 2)))
    np.testing.assert_array_equal(simulate(record=(0,))[0], np.zeros((4, 2)))


def test_the_start_is_left_as_it_is():
    initial = np.ones((4, 2))
    simulate(initial=initial)
    np.testing.assert_array_equal(initial, np.ones((4, 2)))


def test_recorded_steps_are_those_of_longer_runs():
    several = simulate(record=(1, 3), steps=9)
    assert several.shape == (2, 4, 2)
    for row, steps in zip(several, (1, 3), strict=True):
        np.testing.assert_array_equal(simulate(steps=steps), row[None])


BAD = [
    ({"hessian": [[1.0, 0.2], [0.3, 1.0]]}, "hessian must be a number, a vector or a symmetric"),
    ({"hessian": np.ones((2, 3))}, "hessian must be a number, a vector or a symmetric matrix, got"),
    ({"hessian": np.ones((2, 2, 2))}, "hessian must be a number, a vector or a symmetric matrix"),
    ({"hessian": math.nan}, "hessian must be finite numbers, at least one, got nan"),
    ({"hessian": []}, r"hessian must be finite numbers, at least one, got \[\]"),
    ({"noise_factor": np.ones(3)}, r"noise_factor must be a number, a vector \(2\) or a matrix"),
    (
        {"noise_factor": np.ones((2, 2, 2))},
        "noise_factor must be a number, a vector .* or a matrix",
    ),
    ({"noise_factor": np.ones((3, 2))}, "noise_factor must be a number, a vector .* with 2 rows"),
    ({"noise_factor": "one"}, "noise_factor must be finite numbers, at least one, got 'one'"),
    ({"learning_rate": 0.0}, r"learning_rate must be finite and > 0, got 0\.0"),
    ({"learning_rate": math.nan}, "learning_rate must be finite and > 0, got nan"),
    ({"batch_size": 0}, "batch_size must be an integer >= 1, got 0"),
    ({"batch_size": 1.5}, r"batch_size must be an integer >= 1, got 1\.5"),
    ({"chains": 0}, "chains must be an integer >= 1, got 0"),
    ({"steps": -1}, "steps must be an integer >= 1, got -1"),
    ({"law": "uniform"}, "law must be one of 'normal', 'rademacher', got 'uniform'"),
    ({"initial": np.ones(3)}, r"initial must be a number or have shape \(2,\) or \(4, 2\), got"),
    ({"initial": math.inf}, "initial must be finite numbers, at least one, got inf"),
    ({"record": (4,)}, "record must hold increasing integers from 0 to steps, 3"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(**change)


def test_a_learning_rate_too_large_is_said_in_words():
    with pytest.raises(ValueError, match=r"learning_rate must be small enough .*, got 50\.0"):
        simulate(learning_rate=50.0, steps=1000)


@pytest.mark.parametrize("rng", [0, None])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        simulate(rng=rng)
