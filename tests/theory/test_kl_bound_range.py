"""theory.kl_bound where factors and partial sums leave the range of float64 and the result does not."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from theory.activations import leaky_relu
from theory.kl_bound import (
    LyapunovResidualWarning,
    expected_initial_loss,
    expected_output_power,
    forward_bound,
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    loss_bound,
    lyapunov_residual,
    optimal_loss_bound,
    optimal_scale,
    optimal_variances,
    relaxation_divergence,
    second_moment_bound,
    stationary_covariance,
    stationary_total_loss,
    temperature,
    transient_bound,
    virial_variance,
)

CLOSE = 1e-12
HUGE, TINY = 1e300, 5e-324


# --- networks ---


@pytest.mark.parametrize(
    ("widths", "variances", "power"),
    [
        ((2**53, 2, 2), (HUGE, 1e-300), 1.0),
        ((1, 1, 1), (TINY, HUGE), 1.0),
        ((1, 2**53, 1), (TINY, HUGE), 1.0),
        ((4, 4), (1e-300,), 1e300),
        ((3, 5), (1e-308,), 1.7e308),
        ((1, 1, 1), (1e300, 1e300), 1e-320),
    ],
)
def test_powers_whose_factors_leave_the_range(widths, variances, power, kl_oracles):
    exact = kl_oracles.output_power(widths, variances, power, 0.5)
    logs = np.log(0.5) + np.log(widths[:-1]) + np.log(variances)
    budget = 1e-15 * (2 * len(variances) + np.sum(np.abs(logs)))
    value = expected_output_power(widths, variances, power)
    assert kl_oracles.relative(value, exact) < budget
    value = expected_initial_loss(widths, variances, power, 0.0)
    assert kl_oracles.relative(value, exact / 2) < budget


def test_a_loss_is_finite_though_the_power_is_not():
    value = expected_initial_loss((1, 2), 1.0, 1.5e308, 0.0, "linear")
    assert value == pytest.approx(1.5e308, rel=1e-14)
    assert expected_output_power((1, 2), 1.0, 1.5e308, "linear") == math.inf


def test_powers_keep_their_digits_at_extreme_slopes():
    """m1 is 5e299, and s its inverse: the logarithm of the first layer's gain is 690."""
    steep = leaky_relu(1e150)
    value = expected_output_power((1, 1, 1), (1.0, 1 / steep.second_moment), 1.0, steep)
    assert value == pytest.approx(1, abs=7e-13)


def test_scales_of_one_layer_are_products(kl_oracles):
    mp = kl_oracles.MP
    exact = mp.mpf(7e-290) * 3 * 21 / 7 / mp.mpf(1.3e10)
    assert kl_oracles.relative(optimal_scale((3, 7), 7e-290, 1.3e10, "linear"), exact) < 1e-15


@pytest.mark.parametrize("depth", [1, 2, 3, 17])
@pytest.mark.parametrize("temp", [1e-300, 1e-20, 3e150])
def test_scales_keep_their_digits_over_the_range(depth, temp, kl_oracles):
    mp, widths = kl_oracles.MP, (5,) * (depth + 1)
    for power in (1e-150, 7.0, 1e15):
        exact = (mp.mpf(0.5) * 25 * mp.mpf(temp) / mp.mpf(power)) ** (mp.one / depth)
        value = optimal_scale(widths, temp, power)
        if 1e-300 < exact < 1e300:
            assert kl_oracles.relative(value, exact) < 2e-15


def test_variances_of_a_tiny_share_of_a_tiny_temperature():
    """One weight has s = T/(lambda + P_x), which is 1e-200 of T/lambda, or 1e-300."""
    value = optimal_variances((1, 1), 1e-200, 1e-300, 1e-100, activation="linear")
    assert value[0] == pytest.approx(1e-100, rel=CLOSE)
    value = optimal_variances((1, 1), 1e200, 1e-200, 1e100, activation="linear")
    assert value[0] == pytest.approx(1e100, rel=CLOSE)


# --- bounds ---


@pytest.mark.parametrize(
    ("call", "exact"),
    [
        (lambda: loss_bound(1e-200, 1e200, 0.0, 1e-200, 1), 5e199),
        (lambda: loss_bound(1.0, 1.0, 1e300, 1e300, 2**53), math.inf),
        (lambda: loss_bound(1e-300, 1e300, -1e300, 1e-300, 1), 5e299),
        (lambda: optimal_loss_bound(1.0, 1e300, 1e-300, 1), 1.0),
        (lambda: second_moment_bound(1e-300, 1.0, 1.0, 10, 10, 1e308), 500000010.0),
        (lambda: second_moment_bound(1e-10, 1.0, 1e308, 10, 1, 0.0), 2e299),
        (lambda: second_moment_bound(0.0, 1.1, 1e308, 10, 2**53, 1e308), 11.0),
        (lambda: forward_bound(-1.5e308, 1.0, 2.0, 1, 1.5e308), 1.5e308),
        (lambda: transient_bound(-1.5e308, 1.0, 2 * math.e**2, 1.5e308, 2), 1.5e308),
        (lambda: transient_bound(0.0, 1e-300, 1e300, 1.0, 2), 600 * math.log(10) - math.log(2)),
        (lambda: temperature(2.0, 1, 1e308), 1e308),
        (lambda: temperature(3e-300, 10**15, 1e300), 1.5e-15),
        (lambda: stationary_total_loss([1.5e308] * 16, 1e-5, 1), 6e303),
        (lambda: stationary_total_loss(np.diag([1e-320, 1e-320]), 1e300, 1), None),
    ],
)
def test_partial_results_beyond_the_range(call, exact):
    exact = 2 * 1e-320 * 1e300 / 4 if exact is None else exact
    assert call() == pytest.approx(exact, rel=1e-13)


def test_a_moment_below_the_normal_range(kl_oracles):
    """E|W|^2/K is 1e-315, a few bits in float64."""
    mp = kl_oracles.MP
    cross = mp.log(2 * mp.pi * mp.mpf(1e-320)) / 2 + mp.mpf(1e-305) / 10**10 / mp.mpf(1e-320) / 2
    assert kl_oracles.relative(loss_bound(1e-320, 1e-305, 0.0, 1.0, 10**10), cross) < 1e-15
    growth = 5 * 10**9 * mp.log(mp.mpf(1e-305) / 10**10 / mp.mpf(1e-320))
    assert kl_oracles.relative(transient_bound(0.0, 1e-320, 1e-305, 1.0, 10**10), growth) < 1e-15


@pytest.mark.parametrize("excess", [0.0, 3e-16, -1e-15, 1e-9, -1e-4, 0.1])
@pytest.mark.parametrize("far", [1.0, 1e-3, 1e3, 1e-280, 1e300])
def test_logarithms_of_volumes_keep_their_digits(excess, far, kl_oracles):
    """At s0 = 1/(2 pi) and 1/(2 pi e) the term vanishes; all others are smaller still."""
    mp = kl_oracles.MP
    s0 = (1 + excess) * far / (2 * np.pi)
    exact = mp.log(2 * mp.pi * mp.mpf(s0)) / 2
    moment = s0 * 1e-20
    other = mp.mpf(moment) / mp.mpf(s0) / 2
    value = loss_bound(s0, moment, 0.0, 1.0, 1)
    assert abs(value - exact - other) <= 1e-15 * max(abs(exact), other)
    s0 /= np.e
    exact = -mp.log(2 * mp.pi * mp.e * mp.mpf(s0)) / 2
    assert abs(forward_bound(0.0, s0, 1.0, 1, 0.0) - exact) <= 1e-15 * abs(exact)


@pytest.mark.parametrize("size", [1, 3, 10**15])
def test_the_least_bound_of_unit_variances(size, kl_oracles):
    """log V is near 0 where log E|W|^2 and log K cancel."""
    mp = kl_oracles.MP
    moment = size * (1 + 1e-9)
    log_v = mp.log(mp.mpf(moment) / size)
    exact = (log_v + mp.log(2 * mp.pi * mp.e)) / 2
    assert kl_oracles.relative(optimal_loss_bound(moment, 0.0, 1.0, size), exact) < 1e-15


# --- stationary states ---


@pytest.mark.parametrize(
    ("hessian", "noise", "rate", "exact"),
    [
        (1e-200, 1e-200, 1e-200, 5e-201),
        (1e10, 1e300, 1e10, 5e299),
        (1e-150, 1e-160, 1e-155, 5e-166),
        (1e300, 1e300, 1e300, 5e299),
        (1e-300, 1e-300, 1e-300, 5e-301),
        (1e160, 1e160, 1e-160, 5e-161),
    ],
)
def test_covariances_of_every_form(hessian, noise, rate, exact):
    """One number, two eigenvalues and a matrix of either; warnings are errors here."""
    spectra, pair = np.array([1.0, 2.0]), np.array([1.0, 0.5])
    matrix, rotated = np.diag(spectra), np.array([[1.5, 0.5], [0.5, 1.5]])
    basis = np.array([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)
    for form, expected in [
        (np.float64(1.0), exact),
        (spectra, exact * pair),
        (matrix, np.diag(exact * pair)),
        (rotated, exact * (basis * pair) @ basis.T),
    ]:
        identity = np.ones_like(form) if form.ndim < 2 else np.eye(2)
        value = stationary_covariance(hessian * form, noise * identity, rate, 1)
        np.testing.assert_allclose(value, expected, rtol=1e-14, atol=1e-14 * exact)
        residual = lyapunov_residual(value, hessian * form, noise * identity, rate, 1)
        assert residual < 1e-14
        wrong = lyapunov_residual(3 * value, hessian * form, noise * identity, rate, 1)
        assert wrong == pytest.approx(2, rel=1e-13)


def test_steps_far_from_one():
    for alpha in (1e-150, 1e-100, 1e100, 1e149):
        a, noise = 0.5 / alpha * np.array([1.0, 2.0]), np.array([3.0, 3.0])
        exact = alpha * (noise / a) / (2 - alpha * a)
        matrices = np.diag(a), np.diag(noise)
        value = stationary_covariance(*matrices, alpha, 1, discrete=True)
        np.testing.assert_allclose(np.diag(value), exact, rtol=1e-14)
        assert lyapunov_residual(value, *matrices, alpha, 1, discrete=True) < 1e-14


def test_residuals_of_wrong_covariances():
    assert lyapunov_residual(1e-200, 1e-200, 1e-200, 1e-200, 1) == pytest.approx(1, rel=1e-14)
    wide = lyapunov_residual([1e200, 3e-200], [1e-200, 1e200], [2.0, 2.0], 1.0, 1)
    assert wide == pytest.approx(math.sqrt(2), rel=1e-14)
    huge = lyapunov_residual(1.7e308 * np.eye(2), 0.9 * np.eye(2), 1e308 * np.eye(2), 1.0, 1)
    assert huge == pytest.approx(2.06, rel=1e-14)
    assert lyapunov_residual(1e200, 1e200, 1e-200, 1e-200, 1) == math.inf


# --- spectra ---


def two_sums(values, s0, kl_oracles):
    others = [s0] * len(values)
    return (
        kl_oracles.spectral_divergence(values, others),
        kl_oracles.spectral_divergence(others, values),
    )


@pytest.mark.parametrize("s0", [TINY, 1e-323, 1.5e-320, 1e-310, 1e-150, 1.0, 1e300])
@pytest.mark.parametrize("values", [(TINY, 1e-323), (3e-323, 4e-323, 3e-322), (1e-310, 3e-309)])
def test_divergences_of_subnormal_spectra(values, s0, kl_oracles):
    """Their means are off by a rounding of up to a half."""
    to, back = two_sums(values, s0, kl_oracles)
    assert kl_oracles.relative(kl_to_initial(values, s0), to) < CLOSE
    assert kl_oracles.relative(kl_from_initial(values, s0), back) < CLOSE


def test_means_of_subnormal_spectra(kl_oracles):
    mp, values = kl_oracles.MP, (TINY, 1e-323)
    mean = mp.fsum(map(mp.mpf, values)) / 2
    for temp in (1e-323, 1e-20):
        exact = mp.mpf(temp) / mean
        assert kl_oracles.relative(virial_variance(values, temp), exact) < 1e-14
    exact = mp.sqrt(mp.mpf(1) / 2 * 4 / (mp.mpf(1.5) / mp.mpf(TINY)))
    assert kl_oracles.relative(jeffreys_variance([TINY, 1e-323, 1.0, 1.0]), exact) < 1e-14
    assert jeffreys_variance([3e-318, 1e-317]) == pytest.approx(math.sqrt(30) * 1e-318, rel=1e-6)


def test_relaxation_of_a_subnormal_product(kl_oracles):
    """s0 a is 5e-321 and T 1e-320: their ratio, not their bits, is near 1/2."""
    mp = kl_oracles.MP
    ratio = mp.mpf(1e-160) * mp.mpf(0.5e-160) / mp.mpf(1e-320)
    exact = (ratio - 1 - mp.log(ratio)) / 2
    value = relaxation_divergence(0.0, 0.5e-160, 1e-320, 1e-160)
    assert kl_oracles.relative(value, exact) < CLOSE


def test_matrices_near_the_largest_float():
    matrix = np.diag([1e308, 1.5e308])
    assert kl_to_initial(matrix, 1e308) == pytest.approx(kl_to_initial([1.0, 1.5], 1.0), rel=CLOSE)
    with pytest.raises(ValueError, match="must be symmetric"):
        kl_to_initial([[1.0, 1.5e308], [-1.5e308, 1.0]], 1.0)
    tiny = kl_to_initial(np.diag([TINY, 1e-323]), 1e-323)
    assert tiny == pytest.approx(kl_to_initial([TINY, 1e-323], 1e-323), rel=CLOSE)


@pytest.mark.parametrize("age", [1e-9, 1e-10, 1e-13])
def test_relaxation_at_small_ages(age, kl_oracles):
    """1 - e^-x is not x yet: s0 a/T is far below the age, so that the age alone is the variance."""
    variances, means = kl_oracles.relaxed_spectrum(age / 2, [1.0], 1.0, 1e-18, [0.0])
    exact = kl_oracles.spectral_divergence(variances, [1.0], means)
    assert kl_oracles.relative(relaxation_divergence(age / 2, 1.0, 1.0, 1e-18), exact) < CLOSE


# --- the warning ---


def test_the_warning_can_be_copied_and_pickled():
    warning = LyapunovResidualWarning(1e-5)
    for other in (copy.copy(warning), pickle.loads(pickle.dumps(warning))):
        assert (other.residual, str(other)) == (1e-5, str(warning))
