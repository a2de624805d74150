"""theory.kl_bound: bounds, networks and their optima, stated as properties over random arguments."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theory.activations import leaky_relu
from theory.kl_bound import (
    expected_initial_loss,
    expected_output_power,
    forward_bound,
    kl_from_initial,
    kl_to_initial,
    loss_bound,
    optimal_initial_variance,
    optimal_loss_bound,
    optimal_scale,
    optimal_variances,
    second_moment_bound,
    stationary_loss,
    tightness,
    transient_bound,
    virial_variance,
)

EPS = np.finfo(np.float64).eps
CLOSE = 2e-12  # two values of the same number: twice the promised 1e-12
POSITIVE = st.floats(1e-6, 1e6)
FACTORS = st.floats(1e-3, 1e3)
SPECTRA = st.lists(POSITIVE, min_size=1, max_size=6).map(np.array)
TIMES = st.floats(0, 20)
WIDTHS = st.lists(st.integers(1, 300), min_size=2, max_size=8)


def close(value, exact, tolerance=CLOSE):
    np.testing.assert_allclose(value, exact, rtol=tolerance, atol=0)


# --- bounds ---


@given(SPECTRA, FACTORS, FACTORS)
def test_gap_of_the_loss_bound_is_the_divergence(hessian, temp, ratio):
    """p_ss = N(0, T/A): the bound exceeds T/2 by (T/K) KL(p_ss || p_0), at its best T/2 times the tightness."""
    k, covariance = len(hessian), temp / hessian
    log_c = np.sum(np.log(hessian / (2 * np.pi * temp))) / 2
    second, s0 = np.sum(covariance), ratio * np.mean(covariance)
    gap = loss_bound(s0, second, log_c, temp, k) - stationary_loss(temp)
    scale = temp * max(abs(log_c) / k, second / s0 / k, abs(math.log(2 * np.pi * s0)), 1)
    exact = temp / k * kl_to_initial(covariance, s0)
    assert gap == pytest.approx(exact, rel=1e-12, abs=1e-14 * scale)
    best = optimal_loss_bound(second, log_c, temp, k)
    assert best == pytest.approx(temp / 2 * tightness(covariance), abs=1e-14 * scale)


@given(POSITIVE, POSITIVE, st.floats(-100, 100), st.integers(1, 10**6), FACTORS)
def test_loss_bound_is_least_at_its_optimum(second, temp, log_c, k, factor):
    """A factor f off costs (T/2) (1/f - 1 + log f), whatever the rest."""
    best = optimal_initial_variance(second, k)
    least = optimal_loss_bound(second, log_c, temp, k)
    scale = temp * (2 + abs(math.log(best * factor)) + abs(log_c) / k + 1 / factor)
    off = loss_bound(best * factor, second, log_c, temp, k) - least
    exact = temp / 2 * (1 / factor - 1 + math.log(factor))
    assert off == pytest.approx(exact, rel=1e-12, abs=1e-14 * scale)


@given(SPECTRA, FACTORS, FACTORS)
def test_gap_of_the_forward_bound_is_the_divergence(hessian, temp, ratio):
    """T KL(p_0 || p_ss) above K T/2; at the virial variance least, where s0 tr A = K T."""
    k, covariance = len(hessian), temp / hessian
    entropy = np.sum(np.log(2 * np.pi * np.e * covariance)) / 2
    best = virial_variance(hessian, temp)
    close(best * np.sum(hessian), k * temp, 1e-14)
    s0 = ratio * best
    loss = s0 * np.sum(hessian) / 2
    gap = forward_bound(loss, s0, temp, k, entropy) - k * stationary_loss(temp)
    logs = np.sum(np.abs(np.log(2 * np.pi * np.e * covariance)))
    scale = loss + temp * (k * (4 + abs(math.log(s0))) + logs)
    exact = temp * kl_from_initial(covariance, s0)
    assert gap == pytest.approx(exact, rel=1e-12, abs=1e-14 * scale)
    least = forward_bound(best * np.sum(hessian) / 2, best, temp, k, entropy)
    off = gap + k * stationary_loss(temp) - least
    assert off == pytest.approx(k * temp / 2 * (ratio - 1 - math.log(ratio)), abs=1e-14 * scale)


@given(SPECTRA, FACTORS, FACTORS, TIMES)
def test_transient_bound_holds_along_the_relaxation(hessian, temp, ratio, time):
    """At a quadratic minimum loss and second moment at time t are exact; at t = 0 the bound is the loss itself."""
    k, covariance = len(hessian), temp / hessian
    s0 = ratio * np.mean(covariance)
    decay = np.exp(-2 * hessian * time / np.min(hessian))
    variances = covariance + (s0 - covariance) * decay
    start, loss = (np.sum(hessian * v) / 2 for v in (s0, variances))
    bound = transient_bound(start, s0, np.sum(variances), temp, k)
    rounding = k * temp * (1 / ratio + ratio) * np.max(hessian) / np.min(hessian)
    assert bound >= loss - 1e-14 * rounding
    assert transient_bound(start, s0, k * s0, temp, k) == pytest.approx(start, abs=k * temp * EPS)


@given(st.floats(-5, 5), st.floats(-5, 5), FACTORS, POSITIVE, TIMES)
def test_second_moment_bound_holds_for_one_weight(x, y, temp, s0, time):
    """f = w x, depth 1: mean and variance are those of an Ornstein-Uhlenbeck process around y/x."""
    assume(abs(x) > 1e-2)
    decay = math.exp(-x * x * time)
    mean = y / x * (1 - decay)
    grown = -math.expm1(-2 * x * x * time) * temp / (x * x)
    second = mean**2 + s0 * decay**2 + grown
    assert second <= second_moment_bound(time, s0, temp, 1, 1, y * y) * (1 + 1e-14)


def test_second_moment_bound_is_attained_where_f_is_half_of_y():
    """There W . grad L = depth (f^2 - f y) is least; the growth rate of E|W|^2 is that of the bound."""
    x, y, temp, w = 1.3, 0.7, 0.25, 0.7 / 2.6
    rate = -2 * w * x * (w * x - y) + 2 * temp
    gained = second_moment_bound(1.0, 0.1, temp, 1, 1, y * y) - second_moment_bound(
        0.0, 0.1, temp, 1, 1, y * y
    )
    assert gained == pytest.approx(rate, rel=1e-14)


# --- networks ---

ACTIVATIONS = st.sampled_from(["linear", "relu", "leaky_relu", "rrelu", leaky_relu(2.0)])


def critical(widths, c=1.0, unit=0.5):
    return c / (unit * np.array(widths[:-1]))


@given(WIDTHS, FACTORS, st.floats(0.5, 2))
def test_power_under_a_shared_scale(widths, power, c):
    """P_x G = c^L n_L P_x/(n_0 m1)."""
    value = expected_output_power(widths, critical(widths, c), power)
    depth = len(widths) - 1
    close(value, power * c**depth * 2 * widths[-1] / widths[0], 1e-13)


@given(WIDTHS, WIDTHS, ACTIVATIONS, FACTORS, FACTORS)
def test_networks_compose(lower, upper, activation, power, s):
    """The upper part sees m1 times the output power of the lower one."""
    joint, cut = [*lower, *upper[1:]], len(lower) - 1
    variances = s / np.array(joint[:-1])
    whole = expected_output_power(joint, variances, power, activation)
    inner = expected_output_power(lower, variances[:cut], power, activation)
    unit = expected_output_power([1, 1, 1], 1.0, 1.0, activation)
    outer = expected_output_power(joint[cut:], variances[cut:], unit * inner, activation)
    close(whole, outer, 1e-12)


@given(WIDTHS, ACTIVATIONS, FACTORS, st.floats(0, 1e3))
def test_initial_losses(widths, activation, power, target):
    variances = critical(widths)
    gain = expected_output_power(widths, variances, power, activation)
    value = expected_initial_loss(widths, variances, power, target, activation)
    close(value, (gain + target) / 2, 1e-14)
    c = widths[-1]
    if c > 1:
        args = (widths, variances, power, target, activation, "cross_entropy")
        close(expected_initial_loss(*args), math.log(c) + (c - 1) * gain / (2 * c * c), 1e-14)


@given(WIDTHS, FACTORS, FACTORS, ACTIVATIONS)
def test_the_best_scale_balances_loss_and_entropy(widths, temp, power, activation):
    """Its variances satisfy the virial condition of all weights together: 2 beta P_x G L = K T."""
    unit = expected_output_power([1, 1, 1], 1.0, 1.0, activation)
    depth, k = len(widths) - 1, sum(n * m for n, m in itertools.pairwise(widths))
    for loss in ["half_squared", *["cross_entropy"] * (widths[-1] > 1)]:
        best = optimal_scale(widths, temp, power, activation, loss)
        gain = expected_output_power(widths, critical(widths, best, unit), power, activation)
        beta = 0.5 if loss == "half_squared" else (1 - 1 / widths[-1]) / (2 * widths[-1])
        close(2 * beta * gain * depth, k * temp, 1e-12)


@given(st.integers(1, 100), FACTORS, FACTORS)
def test_the_best_scale_tends_to_one_with_depth(width, temp, power):
    """Per layer He's; the end-to-end gain B = c*^L stays at K T/(2 beta P_x L) n_0 m1/n_L, here with n_l = width."""
    limit = width**2 * temp / (2 * power)
    for depth in (1, 10, 10**3, 10**5):
        c = optimal_scale((width,) * (depth + 1), temp, power)
        close(depth * math.log(c), math.log(limit), 1e-12 * depth / min(1, abs(math.log(limit))))
    assert abs(c - 1) < 3 * abs(math.log(limit)) / depth + 1e-15


@given(WIDTHS, st.floats(1e-3, 10), st.floats(1e-3, 10), st.floats(1e-2, 100), ACTIVATIONS)
def test_the_best_variances_are_stationary(widths, temp, decay, power, activation):
    """K_l (T - decay s_l) = 2 beta P_x G for every layer: one number; and 0 < s_l < T/decay."""
    counts = np.array([n * m for n, m in itertools.pairwise(widths)])
    for loss in ["half_squared", *["cross_entropy"] * (widths[-1] > 1)]:
        s = optimal_variances(widths, temp, decay, power, activation, loss)
        gain = expected_output_power(widths, s, power, activation)
        beta = 0.5 if loss == "half_squared" else (1 - 1 / widths[-1]) / (2 * widths[-1])
        assert np.all((s > 0) & (s <= temp / decay))
        np.testing.assert_allclose(
            counts * decay * s + 2 * beta * gain, counts * temp, rtol=1e-11 * len(counts)
        )


@given(WIDTHS, st.floats(1e-3, 10), st.floats(1e-3, 10), st.integers(0, 1000))
def test_the_best_variances_minimise_the_forward_bound(widths, temp, decay, seed):
    """Its curvature in log s is decay K_l s_l/2 at least: a step d costs at least that times d^2/2, convexly."""
    counts = np.array([n * m for n, m in itertools.pairwise(widths)])
    s = optimal_variances(widths, temp, decay, 2.0)

    def bound(variances):
        loss = expected_initial_loss(widths, variances, 2.0, 0.0)
        penalty = decay * np.sum(counts * variances) / 2
        return loss + penalty - temp * np.sum(counts * np.log(variances)) / 2

    scale = temp * np.sum(counts * (1 + np.abs(np.log(s))))
    direction = np.random.default_rng(seed).standard_normal(len(s))
    for size in (-1.0, -0.1, 0.1, 1.0):
        assert bound(s * np.exp(size * direction)) > bound(s) - 1e-13 * scale
    curvature = decay * np.sum(counts * s * direction**2) / 2
    both = sum(bound(s * np.exp(h * direction)) for h in (-0.3, 0.3)) - 2 * bound(s)
    assert both >= 0.09 * curvature - 1e-13 * scale


@given(st.integers(1, 100), st.integers(1, 20), st.floats(1e-3, 10), st.floats(1e-2, 100))
def test_without_decay_square_networks_have_the_best_scale(width, depth, temp, power):
    """Equal layers: the limit of weak decay is the shared scale c*; of strong decay T/decay."""
    widths = (width,) * (depth + 1)
    weak = optimal_variances(widths, temp, 1e-14 * temp, power)
    assert np.all(weak == weak[0])
    shared = optimal_scale(widths, temp, power) * 2 / width
    close(weak[0], shared, 1e-12 + 1e-13 * shared)
    strong = optimal_variances(widths, temp, 1e15 * temp, power)
    close(strong, 1e-15, 1e-12 + width**2 * depth * 1e-15 * power / temp)


@given(WIDTHS, st.floats(1e-3, 10), st.floats(1.01, 100))
def test_variances_fall_with_the_decay(widths, temp, factor):
    """P_x G falls, so that each decay s_l = T - 2 beta P_x G/K_l rises."""
    s, t = (optimal_variances(widths, temp, decay, 1.0) for decay in (0.1, 0.1 * factor))
    power, other = (expected_output_power(widths, v, 1.0) for v in (s, t))
    assert other <= power * (1 + CLOSE)
    assert np.all(factor * t >= s * (1 - CLOSE))
