"""theory.kl_bound: temperatures, stationary covariances and the relaxation towards them against the oracles.

Budget: 1e-12 relative for numbers and eigenvalues; matrices lose eps times the Hessian's condition number.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from theory.kl_bound import (
    lyapunov_residual,
    relaxation_divergence,
    stationary_covariance,
    stationary_loss,
    stationary_total_loss,
    temperature,
)

EPS = np.finfo(np.float64).eps
CLOSE = 1e-12
TEMPERATURES = [1e-12, 1e-3, 0.25, 7.0, 1e6]
MATRICES = [(1, 1.0), (2, 1.5), (2, 1e3), (3, 1.000001), (4, 30.0), (5, 1e8)]  # rows, condition


def test_covariances_of_the_oracles_agree(kl_oracles):
    """The linear system, scipy's and the iterates; the relaxed state at a late time."""
    hessian, noise = kl_oracles.random_matrix(4, 30.0, 4), kl_oracles.random_matrix(4, 3.0, 9)
    for discrete, solve in [
        (False, kl_oracles.continuous_covariance),
        (True, kl_oracles.discrete_covariance),
    ]:
        exact = kl_oracles.to_array(solve(hessian, noise, 0.25, 4))
        by_scipy = kl_oracles.scipy_covariance(hessian, noise, 0.25, 4, discrete)
        np.testing.assert_allclose(by_scipy, exact, rtol=0, atol=1e-12 * np.abs(exact).max())
    settled = kl_oracles.settled_covariance(hessian, noise, 0.25, 4, 4000)
    np.testing.assert_allclose(settled, exact, rtol=0, atol=1e-12 * np.abs(exact).max())
    late, _ = kl_oracles.relaxed_matrix(400.0, hessian, 0.5, 2.0, [0.0] * 4)
    by_system = kl_oracles.continuous_covariance(hessian, np.eye(4), 1.0, 1)
    np.testing.assert_allclose(
        kl_oracles.to_array(late), kl_oracles.to_array(by_system), rtol=0, atol=1e-9
    )


def test_relaxations_of_the_oracles_agree(kl_oracles):
    hessian = np.diag([0.3, 1.0, 2.5])
    covariance, mean = kl_oracles.relaxed_matrix(0.7, hessian, 0.4, 2.0, [0.5, 0.1, -0.3])
    variances, means = kl_oracles.relaxed_spectrum(
        0.7, np.diag(hessian), 0.4, 2.0, [0.5, 0.1, -0.3]
    )
    for i in range(3):
        assert abs(covariance[i, i] / variances[i] - 1) < 1e-50
        assert abs(mean[i] / means[i] - 1) < 1e-50


# --- temperatures and stationary states ---


@pytest.mark.parametrize("rate", [1e-9, 1e-4, 0.3])
@pytest.mark.parametrize("batch", [1, 100, 2**40])
@pytest.mark.parametrize("noise", [1e-12, 0.7, 1e12])
def test_temperature(rate, batch, noise, kl_oracles):
    """Half of eps sigma^2, the coefficient of the second derivative in the Fokker-Planck equation."""
    mp = kl_oracles.MP
    assert (
        kl_oracles.relative(temperature(rate, batch, noise), mp.mpf(rate) / batch * noise / 2)
        < 1e-15
    )


@pytest.mark.parametrize("temp", TEMPERATURES)
def test_stationary_loss_is_a_gaussian_average(temp, kl_oracles):
    """E[a w^2/2] over exp(-a w^2/(2 T)), any a."""
    mp = kl_oracles.MP
    for a in (0.1, 3.0):
        scale = mp.sqrt(mp.mpf(temp) / a)
        ends = [scale * z for z in (-16, -8, 0, 8, 16)]
        weight = mp.quad(lambda w, a=a: mp.exp(-a * w * w / (2 * mp.mpf(temp))), ends)
        loss = mp.quad(lambda w, a=a: a * w * w / 2 * mp.exp(-a * w * w / (2 * mp.mpf(temp))), ends)
        assert kl_oracles.relative(stationary_loss(temp), loss / weight) < 1e-15


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("rate", [1e-9, 2.0**-5, 0.3])
def test_stationary_covariance_of_spectra(discrete, rate, kl_oracles):
    """One direction at a time; no difference loses digits but 2 - alpha a, whose rounding is alpha a's."""
    hessian = np.array([1e-150, 1e-6, 0.3, 1.0, 1.9 / rate, (2 - 1e-6) / rate])
    noise = np.array([1e150, 3.0, 1e-20, 0.7, 1.0, 2.0])
    values = stationary_covariance(hessian, noise, rate, 7, discrete=discrete)
    assert values.shape == hessian.shape
    solve = kl_oracles.discrete_covariance if discrete else kl_oracles.continuous_covariance
    for value, a, b in zip(values, hessian, noise, strict=True):
        with kl_oracles.MP.workdps(400):  # 1 - (1 - alpha a)^2 of the oracle, at alpha a = 1e-159
            exact = solve([[a]], [[b]], rate, 7)[0]
        budget = 1e-15 + (3 * EPS / (1 - rate * a / 2) if discrete else 0)
        assert kl_oracles.relative(value, exact) < budget
        assert stationary_covariance(a, b, rate, 7, discrete=discrete) == value


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize(("size", "condition"), MATRICES)
def test_stationary_covariance_of_matrices(size, condition, discrete, kl_oracles):
    hessian, noise = (
        kl_oracles.random_matrix(size, condition, size),
        kl_oracles.random_matrix(size, 5.0, 17),
    )
    solve = kl_oracles.discrete_covariance if discrete else kl_oracles.continuous_covariance
    exact = kl_oracles.to_array(solve(hessian, noise, 0.25, 4))
    value = stationary_covariance(hessian, noise, 0.25, 4, discrete=discrete)
    budget = 8 * size * EPS * condition * np.linalg.norm(exact)
    np.testing.assert_array_equal(value, value.T)
    assert np.linalg.norm(value - exact) < budget


@pytest.mark.parametrize("discrete", [False, True])
def test_stationary_covariance_of_a_large_matrix(discrete, kl_oracles):
    hessian, noise = kl_oracles.random_matrix(120, 100.0, 3), kl_oracles.random_matrix(120, 10.0, 4)
    exact = kl_oracles.scipy_covariance(hessian, noise, 0.25, 4, discrete)
    value = stationary_covariance(hessian, noise, 0.25, 4, discrete=discrete)
    assert np.linalg.norm(value - exact) < 1e3 * 120 * EPS * np.linalg.norm(exact)


@pytest.mark.parametrize("discrete", [False, True])
def test_residuals(discrete, kl_oracles):
    """Of covariances that solve nothing: the residual is a number of order 1, known to rounding."""
    mp = kl_oracles.MP
    hessian, noise, wrong = (kl_oracles.random_matrix(4, 7.0, seed) for seed in (1, 2, 3))
    a, c = mp.matrix(hessian), mp.matrix(wrong)
    source = mp.mpf(0.3) / 5 * mp.matrix(noise)
    left = a * c + c * a - (mp.mpf(0.3) * a * c * a if discrete else mp.zeros(4))
    exact = mp.norm(left - source, 2) / mp.norm(source, 2)
    value = lyapunov_residual(wrong, hessian, noise, 0.3, 5, discrete=discrete)
    assert kl_oracles.relative(value, exact) < CLOSE
    spectra = np.array([[0.3, 2.0], [1.0, 0.5], [1.0, 4.0]])
    as_matrices = [np.diag(values) for values in spectra]
    one, other = (lyapunov_residual(*args, 0.3, 5, discrete) for args in (spectra, as_matrices))
    assert one == pytest.approx(other, rel=1e-14)
    step, drift = (0.3 * 2.0 if discrete else 0.0), 0.3 / 5 * 4.0
    exact = abs((2 * 2.0 - step * 2.0) * 0.5 - drift) / drift
    alone = lyapunov_residual(0.5, 2.0, 4.0, 0.3, 5, discrete)
    assert alone == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-200, 1e150])
def test_residuals_of_tiny_and_huge_equations(scale, kl_oracles):
    """Squares of the entries leave the range; the ratio of norms does not."""
    wrong, hessian, noise = (kl_oracles.random_matrix(4, 7.0, seed) for seed in (3, 1, 2))
    exact = lyapunov_residual(wrong, hessian, noise, 0.25, 4)
    scaled = lyapunov_residual(scale * wrong, hessian, scale * noise, 0.25, 4)
    assert scaled == pytest.approx(exact, rel=1e-14)
    spectra = np.array([1.0, 2.0])
    value = lyapunov_residual(spectra, spectra, spectra, scale, 10)
    exact = math.hypot(2 - scale / 10, 8 - scale / 5) / math.hypot(scale / 10, scale / 5)
    assert value == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("noise", [0.7, [1.0, 3.0, 1e-3], [[2.0, 0.3], [0.3, 0.1]]])
def test_stationary_total_loss(noise, kl_oracles):
    """tr(A C)/2 with the covariance of the linear system, for two Hessians."""
    matrix = np.diag(np.atleast_1d(noise)) if np.ndim(noise) < 2 else np.array(noise)
    size, mp = len(matrix), kl_oracles.MP
    for condition in (1.0, 40.0):
        hessian = kl_oracles.random_matrix(size, condition, 11)
        product = mp.matrix(hessian) * kl_oracles.continuous_covariance(hessian, matrix, 0.1, 3)
        exact = mp.fsum(product[i, i] for i in range(size)) / 2
        assert kl_oracles.relative(stationary_total_loss(noise, 0.1, 3), exact) < 1e-14


# --- relaxation ---


@pytest.mark.parametrize("temp", TEMPERATURES)
@pytest.mark.parametrize("mean", [0.0, 0.4])
def test_relaxation_of_spectra(temp, mean, kl_oracles, assert_errors):
    """Times at which e^(-2 a t) is 1 and at which nothing is left to 150 digits; s0 a is never near T."""
    hessian, rows = np.array([0.5, 1.0, 3.0, 40.0]), []
    for s0 in (1e-9, 0.11 * temp, 17.0 * temp, 1e9):
        for time in (0.0, 1e-12, 0.01, 0.3, 2.0, 30.0, 150.0):
            with kl_oracles.MP.workdps(400):
                variances, means = kl_oracles.relaxed_spectrum(time, hessian, temp, s0, [mean] * 4)
                stationary = [kl_oracles.MP.mpf(temp) / a for a in hessian]
                exact = kl_oracles.spectral_divergence(variances, stationary, means)
                value = relaxation_divergence(time, hessian, temp, s0, mean)
                rows.append(((s0, time), kl_oracles.relative(value, exact), CLOSE))
    assert_errors(rows)


@pytest.mark.parametrize("temp", [1.0, 3e-9, 1e6])
@pytest.mark.parametrize("excess", [1e-13, 1e-8, -1e-4])
def test_relaxation_from_nearly_stationary_states(excess, temp, kl_oracles):
    """a = 1: the product s0 a is exact, and no digit of s0 a - T may be lost."""
    for time in (0.0, 0.4):
        s0 = temp * (1 + excess)
        variances, means = kl_oracles.relaxed_spectrum(time, [1.0], temp, s0, [0.0])
        exact = kl_oracles.spectral_divergence(variances, [temp], means)
        assert kl_oracles.relative(relaxation_divergence(time, [1.0], temp, s0), exact) < CLOSE
    assert relaxation_divergence([0.0, 0.4], [1.0, 1.0], temp, temp).tolist() == [0, 0]


@pytest.mark.parametrize("temp", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("s0", [1e-300, 1e-12, 1e300])
def test_relaxation_at_the_ends_of_the_range(temp, s0, kl_oracles, assert_errors):
    """s0 a/T, a t and mu^2 leave the range, in one direction at a time; so may the value."""
    rows = []
    for a in (1e-250, 1.0, 1e250):
        for time in (0.0, 1e-250, 1.0, 1e250):
            for mean in (0.0, 1e-160, 1e160):
                with kl_oracles.MP.workdps(1400):
                    variances, means = kl_oracles.relaxed_spectrum(time, [a], temp, s0, [mean])
                    stationary = [kl_oracles.MP.mpf(temp) / a]
                    exact = kl_oracles.spectral_divergence(variances, stationary, means)
                    value = relaxation_divergence(time, a, temp, s0, mean)
                    if exact > 1e-300 or value != 0:
                        rows.append(((a, time, mean), kl_oracles.relative(value, exact), CLOSE))
    assert_errors(rows)


@pytest.mark.parametrize("mean", [0.0, 0.3, [0.4, -0.2, 0.0, 1.0]])
@pytest.mark.parametrize("time", [0.0, 0.2, 3.0])
def test_relaxation_of_matrices(time, mean, kl_oracles):
    """By the matrix exponential; the mean in coordinates."""
    hessian, mp = kl_oracles.random_matrix(4, 10.0, 21), kl_oracles.MP
    start = np.broadcast_to(mean, 4)
    covariance, moved = kl_oracles.relaxed_matrix(time, hessian, 0.25, 3.0, start)
    exact = kl_oracles.divergence(covariance, mp.mpf(0.25) * mp.matrix(hessian) ** -1, moved)
    value = relaxation_divergence(time, hessian, 0.25, 3.0, mean)
    assert (
        kl_oracles.relative(value, exact) < 1e-11
    )  # eigenvalues to 4 eps, condition 10, times to 3
