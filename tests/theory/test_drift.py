"""Drift of the log-norm and survival: accuracy against mpmath, the paper's numbers, mathematics as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from scipy.special import polygamma

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import (
    extinction_probability,
    log_norm_mean,
    log_norm_variance,
    lyapunov_exponent,
    norm_moment,
    survivor_growth_order,
    weight_variance,
    zero_drift_variance,
)
from theory.log_cumulants import log_cumulants

LAWS = {
    "linear": (1.0, 1.0, 1.0, True),
    "relu": (0.0, 0.0, 1.0, True),
    "relu, keep 0.5": (0.0, 0.0, 0.5, True),
    "relu, keep 0.9, not rescaled": (0.0, 0.0, 0.9, False),
    "linear, keep 0.01": (1.0, 1.0, 0.01, True),
    "leaky 0.01": (0.01, 0.01, 1.0, True),
    "leaky 1.7": (1.7, 1.7, 1.0, True),
    "rrelu 1/8 1/3": (1 / 8, 1 / 3, 1.0, True),
    "rrelu 0 1": (0.0, 1.0, 1.0, True),
    "leaky 0.3, keep 0.8": (0.3, 0.3, 0.8, True),
}
WIDTHS = (1, 2, 3, 7, 16, 25, 64, 340, 1000)
ACTIVATIONS = [Activation(*law) for law in LAWS.values()]
activations = st.sampled_from(ACTIVATIONS)


@pytest.mark.parametrize("name", LAWS)
def test_mean_and_variance_against_mpmath(name, log_oracles, assert_errors):
    law, rows = LAWS[name], []
    for width in WIDTHS if law[0] == law[1] in (0.0, 1.0) else (1, 3, 25, 1000):
        mean, variance = log_oracles.log_moments(law, width)
        mine = log_norm_mean(width, Activation(*law)), log_norm_variance(width, Activation(*law))
        bound = 3e-15 + 1e-15 * abs(float(mean))
        rows.append(((width, "mean"), abs(float(mine[0] - mean / 2)), bound))
        rows.append(((width, "variance"), abs(float(4 * mine[1] / variance - 1)), 1e-13))
    assert_errors(rows)


@pytest.mark.parametrize("slope", [1e-3, 0.3, 1.7])
def test_one_leaky_unit_is_a_mixture_of_two(slope):
    """log Q is log z^2, plus 2 log(slope) with probability 1/2."""
    gap = 2 * np.log(slope)
    mean, variance, third = (c[0] for c in log_cumulants(np.array([1.0]), leaky_relu(slope)))
    assert mean == pytest.approx(np.log(2) + polygamma(0, 0.5) + gap / 2, abs=1e-14)
    assert variance == pytest.approx(polygamma(1, 0.5) + gap**2 / 4, rel=1e-13)
    assert third == pytest.approx(polygamma(2, 0.5), rel=2e-11, abs=1e-12 * abs(gap) ** 3)


@pytest.mark.parametrize("width", [10**4, 10**6, 10**9])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=list(LAWS))
def test_wide_layers_follow_the_cumulant_series(width, activation):
    """Var log Q = v/d + O(d^-2) and third cumulant k3 - 3 v^2 + O(d^-3), in cumulants of phi^2 over its mean."""
    second, third = activation.moment_ratio(2), activation.moment_ratio(3)
    v, k3 = second - 1, third - 3 * second + 2
    _, variance, skew = (c[0] for c in log_cumulants(np.array([float(width)]), activation))
    assert variance * width == pytest.approx(v, rel=20 * (1 + v) / width + 1e-13)
    assert skew * width**2 == pytest.approx(
        k3 - 3 * v**2, rel=0, abs=100 * (1 + v) ** 3 / width + 1e-9 * v**2
    )


def test_the_paper_s_numbers():
    assert lyapunov_exponent(2 / 64, 64) == pytest.approx(-0.0200543, abs=5e-8)
    assert lyapunov_exponent(weight_variance(1, 64), 64) == pytest.approx(-0.0101960, abs=5e-8)
    assert log_norm_variance(64) == pytest.approx(0.0207493, abs=5e-8)


def test_zero_drift_is_the_limit_of_small_orders_with_the_atom_taken_out():
    for activation in ACTIVATIONS:
        for width in (5, 64):
            alive = 1 - extinction_probability(width, 1, activation)
            orders = np.array([0.02, 0.01])
            scaled = np.log(
                weight_variance(orders, width, activation=activation)
            ) + 2 / orders * np.log(alive)
            limit = 2 * scaled[1] - scaled[0]  # linear in the order, to leading order
            assert limit == pytest.approx(np.log(zero_drift_variance(width, activation)), abs=2e-4)


@given(activations, st.integers(1, 10**6))
def test_zero_drift_has_no_drift(activation, width):
    variance = zero_drift_variance(width, activation)
    assert lyapunov_exponent(variance, width, activation) == pytest.approx(0, abs=1e-14)


@given(activations, st.integers(1, 3000), st.floats(0.05, 6.0))
def test_jensen_bounds_the_exponent_of_a_preserving_scheme(activation, width, order):
    variance = weight_variance(order, width, activation=activation)
    alive = 1 - extinction_probability(width, 1, activation)
    assert lyapunov_exponent(variance, width, activation) <= -np.log(alive) / order + 1e-13


@given(st.integers(1, 500), st.floats(0.1, 10.0))
def test_scaling_all_slopes_shifts_the_log(width, scale):
    """phi(z)/scale with slopes (1, a) has the law of slopes (1/scale, a/scale); here through dropout's factor."""
    plain, scaled = (
        log_norm_mean(width, relu().with_dropout(0.7, rescale)) for rescale in (False, True)
    )
    assert scaled - plain == pytest.approx(-np.log(0.7), abs=1e-14)
    exponent = lyapunov_exponent(scale, width) - lyapunov_exponent(1.0, width)
    assert exponent == pytest.approx(np.log(scale) / 2, abs=1e-14)


@given(st.floats(0.01, 0.99), st.integers(1, 300))
def test_a_slope_and_its_inverse_swap_the_sides(slope, width):
    """max(z, a z) for slope 1/a is the other side's leaky unit, enlarged."""
    one, other = leaky_relu(slope), leaky_relu(1 / slope)
    assert log_norm_mean(width, other) + np.log(slope) == pytest.approx(
        log_norm_mean(width, one), abs=1e-13
    )
    assert log_norm_variance(width, other) == pytest.approx(
        log_norm_variance(width, one), rel=1e-12
    )


def test_survivors_grow_below_the_order_of_growth_and_shrink_above():
    for activation in (relu(), relu().with_dropout(0.5), linear().with_dropout(0.9)):
        for width in (1, 2, 5, 12):
            order = survivor_growth_order(width, activation)
            below, above = (
                lyapunov_exponent(
                    weight_variance(order * f, width, activation=activation), width, activation
                )
                for f in (0.999, 1.001)
            )
            assert below > 0 > above


def test_survivor_growth_orders_of_the_theory():
    widths = [1, 2, 3, 4, 5, 6, 8, 10, 16, 32]
    expected = [1.372, 0.888, 0.631, 0.468, 0.356, 0.273, 0.163, 0.096, 0.017, 1e-4]
    found = survivor_growth_order(widths)
    assert np.all(np.abs(found[:-1] - expected[:-1]) <= 5e-4 + 1e-12)
    assert found[-1] == pytest.approx(1e-4, rel=0.05)
    assert survivor_growth_order(1, relu().with_dropout(0.5)) == pytest.approx(2.11, abs=5e-3)


@pytest.mark.parametrize("width", [2, 8, 16, 24, 32, 40])
def test_survivor_growth_order_against_mpmath(width, log_oracles):
    """The root of log E[Q^p | Q > 0] = p E[log Q | Q > 0] - log(1 - P0), from sums over active units."""
    mp, law = log_oracles.MP, LAWS["relu"]
    alive = 1 - log_oracles.atom(law, width)
    mean, _ = log_oracles.log_moments(law, width)
    counts = log_oracles.active(law, width)

    def excess(p):
        moment = sum(w * mp.gammaprod([mp.mpf(n) / 2 + p], [mp.mpf(n) / 2]) for n, w in counts)
        return mp.log(moment * 2**p / alive) - p * mean + mp.log(alive)

    found = survivor_growth_order(width)
    root = 2 * mp.findroot(excess, mp.mpf(float(found)) / 2)
    assert abs(found / root - 1) < 1e-8


def test_no_atom_no_growth():
    for activation in (linear(), leaky_relu(0.2), randomized_leaky_relu()):
        assert survivor_growth_order(3, activation) == 0
        assert extinction_probability(3, 1000, activation) == 0


@given(st.integers(1, 60), st.integers(1, 1000))
def test_extinction_is_the_complement_of_surviving_every_layer(width, depth):
    assert extinction_probability(width, depth) == pytest.approx(
        1 - (1 - 0.5**width) ** depth, rel=1e-9, abs=1e-14
    )


def test_extinction_keeps_small_probabilities():
    assert extinction_probability(1000, 3) == pytest.approx(3 * 0.5**1000, rel=1e-12)


def test_arrays_broadcast():
    widths = np.array([[1, 2], [3, 4]])
    assert lyapunov_exponent(1.0, widths).shape == (2, 2)
    assert log_norm_mean(widths)[1, 0] == pytest.approx(log_norm_mean(3), rel=1e-14)
    assert norm_moment(1, widths).shape == extinction_probability(widths, 5).shape


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: log_norm_mean(0), "width must be a whole number"),
        (lambda: log_norm_variance(2.5), "width must be a whole number"),
        (lambda: zero_drift_variance(np.nan), "width must be a whole number"),
        (lambda: lyapunov_exponent(0.0, 3), "variance must be finite and > 0, got 0.0"),
        (lambda: lyapunov_exponent(-1.0, 3), "variance must be finite and > 0, got -1.0"),
        (lambda: lyapunov_exponent([1.0, 2.0], [1, 2, 3]), "must have shapes that broadcast"),
        (lambda: extinction_probability(3, 0), "depth must be a whole number from 1"),
        (lambda: extinction_probability(0, 3), "width must be a whole number from 1"),
        (lambda: survivor_growth_order("3"), "width must be real numbers"),
        (lambda: log_norm_mean(3, "gelu"), "activation must be an Activation or one of"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_slopes_far_apart_are_two_separate_scales():
    """One unit: |z| or slope |z|, so log Q has the variance of log z^2 plus log(slope)^2."""
    for slope in (1e-200, 1e-20, 1e20, 1e100, 1e200):
        expected = polygamma(1, 0.5) + np.log(slope) ** 2
        assert 4 * log_norm_variance(1, leaky_relu(slope)) == pytest.approx(expected, rel=1e-12)


def test_dropout_that_keeps_one_unit_of_a_wide_layer():
    """P(Q = 0) is (1 - 5e-7)^1e6: Poisson to 1e-6, digits from the binomial law of active units in mpmath."""
    activation = relu().with_dropout(1e-6, rescale=False)
    n, p = mp.mpf(10) ** 6, mp.mpf(1e-6) / 2
    weights = [mp.binomial(n, k) * p**k * (1 - p) ** (n - k) for k in range(1, 30)]
    means = [mp.log(2) + mp.digamma(mp.mpf(k) / 2) for k in range(1, 30)]
    expected = float(mp.fdot(weights, means) / mp.fsum(weights))
    assert 2 * log_norm_mean(10**6, activation) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("function", [log_norm_mean, zero_drift_variance, survivor_growth_order])
def test_empty_widths(function):
    assert function(np.empty((0, 3))).shape == (0, 3)


def test_norm_moment_at_a_subnormal_order_is_the_chance_of_survival():
    assert norm_moment(5e-324, 4) == pytest.approx(15 / 16, rel=1e-15)
