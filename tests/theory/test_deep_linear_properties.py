"""theory.deep_linear at initialisation, as properties over random arguments: scales, chi moments, products."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theory.deep_linear import (
    chi_moment,
    gamma_ratio,
    gamma_ratio_bound,
    log_norm_mean,
    log_norm_variance,
    log_output_scale,
    output_scale,
    product_spectral_moment,
)
from theory.ratios import ratio

CLOSE = 3e-15  # two values of a few roundings each
POSITIVE = st.floats(1e-6, 1e6)
ANY_SIZE = st.floats(1e-300, 1e300)
WIDTHS = st.integers(1, 10**12)
DEPTHS = st.integers(1, 10**6)
OUTPUTS = st.integers(1, 10**6)
SPECTRA = st.lists(st.floats(1e-2, 1e2), min_size=1, max_size=5)
PROBABILITIES = st.floats(1e-12, 1 - 1e-12)


def close(value, exact, tolerance=CLOSE):
    np.testing.assert_allclose(value, exact, rtol=tolerance, atol=0)


# --- ratios and scales ---


@given(st.lists(ANY_SIZE, max_size=5), st.lists(ANY_SIZE, max_size=5))
def test_ratio_is_the_exact_one(above, below):
    """Whatever the partial products do; the last step into the subnormal range may halve a bit."""
    exact = math.prod(map(Fraction, above), start=Fraction(1)) / math.prod(map(Fraction, below))
    value = float(ratio(tuple(above), tuple(below)))
    if exact < Fraction(np.finfo(float).max):
        allowed = exact * Fraction(10 * 2.0**-53) + Fraction(1, 2**1074)
        assert abs(Fraction(value) - exact) <= allowed
    else:
        assert value == math.inf


@given(WIDTHS, DEPTHS, OUTPUTS)
def test_a_layer_costs_the_root_of_its_width(m, depth, out):
    difference = log_output_scale(m, depth + 1, out) - log_output_scale(m, depth, out)
    rounding = 2e-15 * abs(log_output_scale(m, depth + 1, out))
    assert abs(difference + math.log(m) / 2) <= rounding + 1e-15
    assert output_scale(m, depth, out) == np.exp(log_output_scale(m, depth, out))
    assert output_scale(m, 1, out) == pytest.approx(out**-0.5, rel=1e-14)
    assert output_scale(1, depth, out) == output_scale(m, 1, out)


# --- chi moments and the Gamma inequality ---


@given(st.floats(1e-3, 50), WIDTHS)
def test_chi_moments_follow_their_recurrence(q, d):
    log = abs(math.log(chi_moment(q + 1, d)))
    close(chi_moment(q + 1, d), chi_moment(q, d) * (1 + 2 * q / d), 4e-15 * (2 + q + log))


@given(st.floats(1e-3, 20), st.floats(1e-3, 20), st.integers(1, 10**5))
def test_power_means_increase_with_the_order(p, q, d):
    """Lyapunov: (E Z^q)^(1/q) does not decrease; below 1 for q < 1, above for q > 1."""
    assume(q - p > 1e-3)
    assert math.log(chi_moment(q, d)) / q > math.log(chi_moment(p, d)) / p
    assert chi_moment(1, d) == 1
    if abs(q - 1) > 1e-3:
        assert (chi_moment(q, d) < 1) == (q < 1)


@given(st.floats(0.01, 10), st.integers(10**8, 10**12))
def test_chi_moments_of_many_degrees(q, d):
    """1 + q (q - 1)/d to first order."""
    rest = 30 * (1 + q) ** 4 / d**2
    assert abs(chi_moment(q, d) - (1 + q * (q - 1) / d)) < rest + 1e-15 * (2 + q)


@given(st.integers(1, 10**12))
def test_mean_root_of_a_mean_square(d):
    """E sqrt(Z) = sqrt(2/d) Gamma(d/2 + 1/2)/Gamma(d/2) <= 1 - 0.1/d."""
    close(chi_moment(0.5, d), math.sqrt(2 / d) * gamma_ratio(d / 2), 5e-15)
    assert chi_moment(0.5, d) < 1 - 0.1 / d


@given(st.floats(0.5, 1e12))
def test_the_gamma_inequality(a):
    """And sqrt(a - 1/4) from below, which shows how much the bound gives away."""
    assert gamma_ratio(a) < gamma_ratio_bound(a)
    assert gamma_ratio(a) > math.sqrt(a - 0.25) * (1 - 3e-15)


@given(st.floats(0.5, 1e300))
def test_two_gamma_ratios_make_a_step_of_one(a):
    close(gamma_ratio(a) * gamma_ratio(a + 0.5), a, 5e-15)


# --- products of Gaussian matrices ---


@given(WIDTHS, DEPTHS, OUTPUTS)
def test_log_norms_are_random_walks_in_depth(m, depth, out):
    for moment in (log_norm_mean, log_norm_variance):
        first, last = moment(m, 1, out), moment(m, depth + 1, out)
        close(last, first + depth * moment(m, 1, m), 3e-14)
        assert moment(1, 1, out) == first
    assert log_norm_mean(m, depth, out) < 0 < log_norm_variance(m, depth, out)


@given(st.integers(1, 10**6), DEPTHS, OUTPUTS)
def test_width_calms_the_log_norm(m, depth, out):
    assert log_norm_mean(2 * m, depth + 1, out) > log_norm_mean(m, depth + 1, out)
    assert log_norm_variance(2 * m, depth + 1, out) < log_norm_variance(m, depth + 1, out)


@given(st.integers(10, 10**12), st.integers(2, 10**6))
def test_depth_over_width_controls_both(m, depth):
    """-1/(2m) - 1/(6 m^2) and 1/(2m) + 1/(2 m^2) a layer, to the next order."""
    close(log_norm_mean(m, depth, m), -depth / (2 * m), 1 / m + 1e-14)
    close(log_norm_variance(m, depth, m), depth / (2 * m), 2 / m + 1e-14)
    if m < 10**4:
        more = depth / (2 * m * m)
        assert abs(log_norm_mean(m, depth, m) + depth / (2 * m) + more / 3) < more / m
        assert abs(log_norm_variance(m, depth, m) - depth / (2 * m) - more) < 2 * more / m


@given(st.integers(1, 1000))
def test_log_moments_are_derivatives_of_the_moments(m):
    """log E Z^q = q E log Z + q^2 var log Z/2 + ... at q = 1e-3, with the third cumulant below 17."""
    q, mean, variance = 1e-3, log_norm_mean(m, 1, m) * 2, log_norm_variance(m, 1, m) * 4
    rest = 17 * q**3 / 6 / m**2 + 1e-15
    assert abs(math.log(chi_moment(q, m)) - q * mean - q * q * variance / 2) < rest


@given(st.integers(1, 10**5), st.integers(1, 300))
def test_second_moment_of_products(m, depth):
    """Above 1, the value of orthogonal products; more with depth, less with width."""
    value = product_spectral_moment(m, depth, 2)
    assert value > product_spectral_moment(m, depth, 1) == 1
    assert product_spectral_moment(m, depth + 1, 2) > value
    if depth > 1:
        assert product_spectral_moment(m + 1, depth, 2) < value


@given(st.integers(1, 1000), st.integers(10**7, 2**53))
def test_second_moment_in_wide_nets(depth, m):
    close(product_spectral_moment(m, depth, 2), 1 + depth, depth / m + 1e-14)


@given(st.floats(0.01, 20), st.integers(10**5, 10**8))
def test_second_moment_at_fixed_depth_over_width(tau, m):
    """(m/3)(e^(2 tau) - e^-tau) to first order."""
    depth = math.ceil(tau * m)
    tau = depth / m
    limit = m / 3 * (math.exp(2 * tau) - math.exp(-tau))
    close(product_spectral_moment(m, depth, 2), limit, 10 * (1 + tau + 1 / tau) / m)


@pytest.mark.parametrize(("width", "depth"), [(3, 4), (20, 9)])
def test_orthogonal_products_have_moments_one(dl_oracles, width, depth):
    rng = np.random.default_rng(width)
    whole = np.linalg.multi_dot(
        dl_oracles.orthogonal_weights(width, width, width, depth, rng)
    ) / width ** (depth / 2)
    for power in (1, 2):
        moment = np.trace(np.linalg.matrix_power(whole @ whole.T, power)) / width
        assert moment == pytest.approx(1, rel=1e-13)
        assert product_spectral_moment(width, depth, power) >= 1
