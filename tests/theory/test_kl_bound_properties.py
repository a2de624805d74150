"""theory.kl_bound of Gaussian states: its mathematics, stated as properties over random arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theory.kl_bound import (
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    lyapunov_residual,
    optimal_initial_variance,
    relaxation_divergence,
    stationary_covariance,
    stationary_loss,
    stationary_total_loss,
    temperature,
    tightness,
    virial_variance,
)

EPS = np.finfo(np.float64).eps
CLOSE = 2e-12  # two values of the same number: twice the promised 1e-12
POSITIVE = st.floats(1e-6, 1e6)
FACTORS = st.floats(1e-3, 1e3)
SPECTRA = st.lists(POSITIVE, min_size=1, max_size=6).map(np.array)
RATES = st.floats(1e-6, 1)
BATCHES = st.integers(1, 10**6)
TIMES = st.floats(0, 20)


def close(value, exact, tolerance=CLOSE):
    np.testing.assert_allclose(value, exact, rtol=tolerance, atol=0)


@st.composite
def matrices(draw, size=None, condition=100.0):
    """Symmetric positive definite of 1 to 5 rows, condition to 100, largest eigenvalue near 1."""
    size = size or draw(st.integers(1, 5))
    spectrum = draw(st.lists(st.floats(1 / condition, 1), min_size=size, max_size=size))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    basis, _ = np.linalg.qr(rng.standard_normal((size, size)))
    matrix = (basis * spectrum) @ basis.T
    return (matrix + matrix.T) / 2


# --- divergences ---


@given(SPECTRA, POSITIVE)
def test_divergence_vanishes_only_at_the_isotropic_state(spectrum, s0):
    for divergence in (kl_to_initial, kl_from_initial):
        assert divergence(np.full(len(spectrum), s0), s0) == 0
        assert divergence(spectrum, s0) >= 0
        assert (divergence(spectrum, s0) > 0) == bool(np.any(spectrum != s0))
        nearby = np.append(np.full(4, s0), np.nextafter(s0, 0))
        assert divergence(nearby, s0) > 0
    assert tightness(np.full(len(spectrum), s0)) == 1
    assert tightness(spectrum) >= 1


@given(SPECTRA, POSITIVE)
def test_one_direction_is_the_other_of_inverse_variances(spectrum, s0):
    """KL(N(0, s0) || N(0, c)) depends on s0/c only, which inverting both exchanges."""
    spectrum, s0 = 2.0 ** np.round(np.log2(spectrum)), 2.0 ** round(math.log2(s0))
    close(kl_from_initial(spectrum, s0), kl_to_initial(1 / spectrum, 1 / s0))


@given(SPECTRA, POSITIVE, st.integers(-300, 300))
def test_divergence_has_no_unit(spectrum, s0, power):
    """A common power of two changes nothing but the units of C and s0."""
    for divergence in (kl_to_initial, kl_from_initial):
        scaled = divergence(spectrum * 2.0**power, s0 * 2.0**power)
        close(scaled, divergence(spectrum, s0), 1e-13)
    close(tightness(spectrum * 2.0**power), tightness(spectrum), 1e-14)
    close(jeffreys_variance(spectrum * 2.0**power), jeffreys_variance(spectrum) * 2.0**power, 1e-14)


@given(SPECTRA, SPECTRA, POSITIVE, st.randoms(use_true_random=False))
def test_independent_directions_add_in_any_order(one, other, s0, random):
    joint = np.concatenate([one, other])
    random.shuffle(joint)
    for divergence in (kl_to_initial, kl_from_initial):
        close(divergence(joint, s0), divergence(one, s0) + divergence(other, s0))


@given(st.floats(0.01, 1), st.floats(0, 2 * math.pi), st.floats(0.01, 100))
def test_rotations_of_the_plane(ratio, angle, s0):
    """R diag(1, ratio) R' has the divergences of its eigenvalues, known to a few eps each."""
    c, s = math.cos(angle), math.sin(angle)
    rotation = np.array([[c, -s], [s, c]])
    spectrum = np.array([1.0, ratio])
    matrix = (rotation * spectrum) @ rotation.T
    matrix[1, 0] = matrix[0, 1]
    unknown = 8 * EPS
    for divergence, slope in [
        (kl_to_initial, np.abs(1 / s0 - 1 / spectrum)),
        (kl_from_initial, np.abs(1 - s0 / spectrum) / spectrum),
    ]:
        exact = divergence(spectrum, s0)
        budget = CLOSE * exact + unknown * np.sum(slope) + (unknown / ratio) ** 2
        assert abs(divergence(matrix, s0) - exact) <= budget
    close(tightness(matrix), tightness(spectrum), unknown / ratio)
    close(jeffreys_variance(matrix), jeffreys_variance(spectrum), unknown / ratio)


@given(SPECTRA, FACTORS)
def test_least_divergence_is_half_k_log_of_a_ratio_of_means(spectrum, factor):
    """At AM it is (K/2) log(AM/GM) = (K/2) (tightness - 1); a factor f off adds (K/2) (1/f - 1 + log f)."""
    k = len(spectrum)
    best = optimal_initial_variance(np.sum(spectrum), k)
    least = kl_to_initial(spectrum, best)
    assert least == pytest.approx(k / 2 * (tightness(spectrum) - 1), rel=CLOSE, abs=k * 1e-15)
    off = kl_to_initial(spectrum, best * factor)
    exact = least + k / 2 * (1 / factor - 1 + math.log(factor))
    assert off == pytest.approx(exact, rel=CLOSE, abs=k * 1e-13 * max(1, 1 / factor))


@given(SPECTRA, FACTORS)
def test_three_optima_in_order(spectrum, temp):
    """HM = virial <= Jeffreys <= AM = the paper's, all equal for an isotropic Hessian."""
    covariance, k = temp / spectrum, len(spectrum)
    harmonic = virial_variance(spectrum, temp)
    arithmetic = optimal_initial_variance(np.sum(covariance), k)
    middle = jeffreys_variance(covariance)
    assert harmonic * (1 - CLOSE) <= middle <= arithmetic * (1 + CLOSE)
    close(middle**2, harmonic * arithmetic)
    close(jeffreys_variance(np.full(k, temp)), temp, 1e-14)
    if np.ptp(spectrum) > 1e-3 * np.max(spectrum):
        assert harmonic < middle < arithmetic


@given(SPECTRA, FACTORS)
def test_each_optimum_is_least_for_its_own_divergence(spectrum, factor):
    assume(abs(factor - 1) > 1e-3)
    arithmetic, harmonic = np.mean(spectrum), 1 / np.mean(1 / spectrum)
    middle = jeffreys_variance(spectrum)
    assert kl_to_initial(spectrum, arithmetic) < kl_to_initial(spectrum, arithmetic * factor)
    assert kl_from_initial(spectrum, harmonic) < kl_from_initial(spectrum, harmonic * factor)
    at, off = (
        kl_to_initial(spectrum, s0) + kl_from_initial(spectrum, s0)
        for s0 in (middle, middle * factor)
    )
    assert at < off


# --- stationary states ---


@given(matrices(), st.integers(1, 1000), RATES, st.sampled_from([False, True]))
def test_the_covariance_solves_its_equation(hessian, batch, rate, discrete):
    noise = np.eye(len(hessian)) + 0.3
    value = stationary_covariance(hessian, noise, rate, batch, discrete=discrete)
    residual = lyapunov_residual(value, hessian, noise, rate, batch, discrete=discrete)
    assert residual <= 1e3 * EPS  # condition 100
    np.testing.assert_array_equal(value, value.T)
    assert np.all(np.linalg.eigvalsh(value) > 0)
    source = rate / batch * noise
    step = rate if discrete else 0.0
    left = hessian @ value + value @ hessian - step * hessian @ value @ hessian
    np.testing.assert_allclose(left, source, rtol=0, atol=1e3 * EPS * np.max(source))


@given(matrices(), st.integers(1, 1000), RATES)
def test_a_wrong_covariance_has_the_residual_of_its_error(hessian, batch, rate):
    """The equation is linear: (1 + d) C has residual |d|."""
    noise = np.eye(len(hessian)) + 0.3
    for discrete in (False, True):
        exact = stationary_covariance(hessian, noise, rate, batch, discrete=discrete)
        for d in (1e-3, -0.5, 4.0):
            value = lyapunov_residual((1 + d) * exact, hessian, noise, rate, batch, discrete)
            assert value == pytest.approx(abs(d), abs=1e4 * EPS)


@given(SPECTRA, RATES, BATCHES, st.floats(1e-3, 1e3))
def test_isotropic_noise_gives_temperature_over_hessian(spectrum, rate, batch, noise):
    temp = temperature(rate, batch, noise)
    value = stationary_covariance(spectrum, np.full(len(spectrum), noise), rate, batch)
    close(value, temp / spectrum, 4 * EPS)
    total = stationary_total_loss(np.full(len(spectrum), noise), rate, batch)
    close(total, len(spectrum) * stationary_loss(temp), 1e-14)


@given(matrices(), matrices(size=5), RATES, BATCHES)
def test_the_hessian_does_not_enter_the_stationary_loss(hessian, noise, rate, batch):
    """tr(A C)/2 = eps tr Sigma/4 for any noise."""
    noise = noise[: len(hessian), : len(hessian)]
    value = stationary_covariance(hessian, noise, rate, batch)
    close(np.trace(hessian @ value) / 2, stationary_total_loss(noise, rate, batch), 1e-11)


@given(SPECTRA, st.floats(1e-6, 0.999))
def test_the_steps_spread_more_than_their_limit(spectrum, share):
    """Discrete over continuous is 2/(2 - alpha a) in each direction."""
    rate, noise = 2 * share / np.max(spectrum), np.ones(len(spectrum))
    ratio = stationary_covariance(spectrum, noise, rate, 3, discrete=True) / (
        stationary_covariance(spectrum, noise, rate, 3)
    )
    close(ratio, 2 / (2 - rate * spectrum), 1e-15 + 4 * EPS / (1 - share))
    assert np.all(ratio >= 1)


@pytest.mark.parametrize("size", [1, 4])
def test_the_limit_of_small_steps_has_slope_one(size):
    """The relative distance of both solutions halves with alpha, in norm."""
    rng = np.random.default_rng(size)
    root, other = rng.standard_normal((2, size, size))
    hessian, noise = root @ root.T + np.eye(size), other @ other.T + np.eye(size)
    rates = 2.0 ** -np.arange(6, 12)
    gaps = []
    for rate in rates:
        one, limit = (
            stationary_covariance(hessian, noise, rate, 8, discrete=d) for d in (True, False)
        )
        gaps.append(np.linalg.norm(one - limit) / np.linalg.norm(limit))
    slopes = np.diff(np.log2(gaps)) / np.diff(np.log2(rates))
    np.testing.assert_allclose(slopes[-1], 1, atol=0.02)
    assert np.all(np.diff(slopes) < 0)


@given(matrices(), st.floats(0.01, 100))
def test_covariance_scales(hessian, factor):
    noise = np.eye(len(hessian)) - 0.1
    value = stationary_covariance(hessian, noise, 0.1, 4)
    scale = np.max(np.abs(value))
    for other in (
        stationary_covariance(hessian, factor * noise, 0.1, 4) / factor,
        stationary_covariance(factor * hessian, noise, 0.1, 4) * factor,
        stationary_covariance(hessian, noise, 0.1, 4000) * 1000,
    ):
        np.testing.assert_allclose(other, value, rtol=0, atol=1e4 * EPS * scale)


# --- relaxation ---


@given(SPECTRA, FACTORS, FACTORS)
def test_relaxation_starts_at_the_divergence_from_the_initial_law(spectrum, temp, ratio):
    """At t = 0 centred: KL(p_0 || p_ss); and it falls with time."""
    stationary = temp / spectrum
    s0 = ratio * temp / np.min(spectrum)
    assume(np.all(np.abs(s0 / stationary - 1) > 1e-3))
    times = np.array([0.0, *(np.geomspace(0.01, 3, 6) / np.max(spectrum))])
    values = relaxation_divergence(times, spectrum, temp, s0)
    close(values[0], kl_from_initial(stationary, s0), 1e-11)  # T/a is rounded there
    assert np.all(np.diff(values) < 0)


@given(st.floats(0.1, 10), FACTORS, FACTORS, st.floats(-3, 3), TIMES, TIMES)
def test_relaxation_is_a_semigroup(a, temp, ratio, mean, first, second):
    """Stopping at an intermediate time and starting again there, one direction."""
    stationary = temp / a
    excess = (ratio - 1) * math.exp(-2 * a * first)
    middle, moved = stationary * (1 + excess), mean * math.exp(-a * first)
    value = relaxation_divergence(first + second, a, temp, ratio * stationary, mean)
    assume(abs(excess) > 1e-6)
    assume(value > 1e-290)
    again = relaxation_divergence(second, a, temp, middle, moved)
    rounding = 8 * EPS * (a * (first + second) + (1 + abs(excess)) / abs(excess))
    rounding += 8 * EPS / abs(ratio - 1)
    close(again, value, 1e-12 + 4 * rounding)


@given(SPECTRA, FACTORS, st.floats(1.5, 100))
def test_rates_of_relaxation(spectrum, temp, ratio):
    """Late divergences fall like e^(-4 a_min t) from a centred start and like e^(-2 a_min t) from another."""
    slowest = np.min(spectrum)
    spectrum = np.where(spectrum < 1.5 * slowest, slowest, spectrum)
    times = np.array([30.0, 31.0]) / slowest
    s0 = ratio * temp / slowest
    for mean, rate in [(0.0, 4.0), (math.sqrt(s0), 2.0)]:
        values = relaxation_divergence(times, spectrum, temp, s0, mean)
        assert np.log(values[0] / values[1]) == pytest.approx(rate, rel=1e-9)


@given(matrices(size=3), FACTORS, FACTORS, st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_relaxation_in_coordinates_and_in_the_eigenbasis(hessian, temp, ratio, mean):
    values, basis = np.linalg.eigh(hessian)
    s0 = ratio * temp / values[0]
    assume(np.all(np.abs(s0 * values / temp - 1) > 1e-2))
    times = np.array([0.0, 0.5, 2.0])
    one = relaxation_divergence(times, hessian, temp, s0, mean)
    other = relaxation_divergence(times, values, temp, s0, basis.T @ mean)
    np.testing.assert_allclose(one, other, rtol=1e-9)
