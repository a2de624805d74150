"""Speed of stationary covariances: the eigenvalues' route against scipy's Schur method, and a matrix of 2000 rows."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

from theory.kl_bound import kl_to_initial, optimal_variances, stationary_covariance, tightness

pytestmark = pytest.mark.benchmark


def problem(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A Hessian of condition 100 or so, and a noise covariance."""
    root, other = np.random.default_rng(size).standard_normal((2, size, size)) / size**0.5
    return root @ root.T + 0.04 * np.eye(size), other @ other.T + np.eye(size)


def best(call: Callable[[], object], repeats: int) -> float:
    """Shortest time in seconds: a busy machine only adds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("discrete", [False, True])
def test_eigenvalues_beat_the_schur_method(discrete):
    """One symmetric eigenproblem, products and the residual against Schur forms and a Sylvester solve alone."""
    hessian, noise = problem(400)
    rate = 0.1

    def schur() -> np.ndarray:
        if not discrete:
            return solve_continuous_lyapunov(hessian, rate * noise)
        step = np.eye(400) - rate * hessian
        return solve_discrete_lyapunov(step, rate**2 * noise, method="bilinear")

    def own() -> np.ndarray:
        return stationary_covariance(hessian, noise, rate, 1, discrete=discrete)

    np.testing.assert_allclose(own(), schur(), rtol=0, atol=1e-9)
    assert best(own, 5) < best(schur, 3)


def test_two_thousand_parameters():
    """Covariance with its residual, divergence and tightness: under 10 s each, on one core."""
    hessian, noise = problem(2000)
    assert best(lambda: stationary_covariance(hessian, noise, 0.1, 1), 1) < 10
    assert best(lambda: kl_to_initial(hessian, np.array([0.5, 1.0, 2.0])), 1) < 10
    assert best(lambda: tightness(hessian), 1) < 10


def test_many_initial_variances_cost_what_one_does():
    """A million eigenvalues are summed up once; 0.1 s, against 0.6 ms for their logarithms alone."""
    spectrum = np.random.default_rng(1).uniform(0.1, 10, 10**6)
    one = best(lambda: kl_to_initial(spectrum, 1.0), 5)
    assert best(lambda: kl_to_initial(spectrum, np.geomspace(0.1, 10, 1000)), 5) < 2 * one


def test_variances_of_a_thousand_layers():
    """A scalar equation: about a thousand evaluations of a thousand terms at most."""
    widths = (784, *(64,) * 999, 10)
    term = best(lambda: np.log(np.arange(1.0, 1001.0)).sum(), 20)
    assert best(lambda: optimal_variances(widths, 0.05, 1.6, 2.0), 3) < 1000 * 20 * term
