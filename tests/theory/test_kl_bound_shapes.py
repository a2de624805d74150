"""theory.kl_bound: shapes, types, and that a number, eigenvalues and a matrix are three forms of one argument."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from theory.kl_bound import (
    expected_initial_loss,
    expected_output_power,
    forward_bound,
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    loss_bound,
    lyapunov_residual,
    optimal_initial_variance,
    optimal_loss_bound,
    optimal_scale,
    optimal_variances,
    relaxation_divergence,
    second_moment_bound,
    stationary_covariance,
    stationary_loss,
    stationary_total_loss,
    temperature,
    tightness,
    transient_bound,
    virial_variance,
)

CLOSE = 2e-12  # two values of the same number: twice the promised 1e-12
POSITIVE = st.floats(1e-6, 1e6)
FACTORS = st.floats(1e-3, 1e3)
SPECTRA = st.lists(POSITIVE, min_size=1, max_size=6).map(np.array)


def close(value, exact, tolerance=CLOSE):
    np.testing.assert_allclose(value, exact, rtol=tolerance, atol=0)


# --- shapes ---


def test_shapes_broadcast():
    column, row = np.array([[0.5], [1.0]]), np.array([1.0, 2.0, 4.0])
    for value in (
        temperature(0.1, [[1], [2]], row),
        loss_bound(column, row, 0.0, 1.0, 3),
        optimal_loss_bound(row, column, 1.0, 3),
        forward_bound(column, row, 1.0, 3, 0.5),
        transient_bound(column, row, 3.0, 1.0, 3),
        second_moment_bound(column, row, 1.0, 3, 2, 0.0),
        optimal_initial_variance(row, [[1], [2]]),
        optimal_scale((3, 4), column, row),
        expected_output_power((3, 4, 5), np.ones((2, 3, 2)), row),
        expected_initial_loss((3, 4, 5), 1.0, column, row),
    ):
        assert value.shape == (2, 3)
        assert value.dtype == np.float64
    assert kl_to_initial([1.0, 2.0], column).shape == (2, 1)
    assert kl_from_initial(np.eye(3), row).shape == (3,)
    assert virial_variance([1.0, 2.0], column).shape == (2, 1)
    assert relaxation_divergence(column, [1.0, 2.0, 3.0], 1.0, 2.0).shape == (2, 1)
    assert relaxation_divergence(row, [1.0, 2.0, 3.0, 4.0], 1.0, 2.0, np.ones(4)).shape == (3,)
    assert stationary_loss(np.ones((2, 0))).shape == (2, 0)
    assert kl_to_initial([1.0], np.ones((2, 0))).shape == (2, 0)
    assert expected_output_power((3, 4, 5), [0.1, 0.2], 1.0).shape == ()
    assert optimal_variances((3, 4, 5), 1.0, 1.0, 1.0).shape == (2,)
    assert stationary_covariance([1.0, 2.0], [1.0, 1.0], 0.1, 1).shape == (2,)
    assert stationary_covariance(np.eye(3), np.eye(3), 0.1, 1).shape == (3, 3)


def test_scalars_are_float64():
    for value in (
        temperature(0.1, 1, 1.0),
        kl_to_initial(1.0, 2.0),
        kl_from_initial([1.0], 2),
        tightness([[1.0]]),
        jeffreys_variance(3),
        virial_variance([1, 2], 1),
        stationary_covariance(1, 1, 0.1, 1),
        lyapunov_residual(1, 1, 1, 0.1, 1),
        stationary_total_loss([1, 2], 0.1, 1),
        relaxation_divergence(1, 1, 1, 2),
        loss_bound(1, 1, 0, 1, 1),
        optimal_loss_bound(1, 0, 1, 1),
        forward_bound(0, 1, 1, 1, 0),
        transient_bound(0, 1, 1, 1, 1),
        second_moment_bound(0, 1, 1, 1, 1, 0),
        optimal_initial_variance(1, 1),
        stationary_loss(1),
        optimal_scale([1, 1], 1, 1),
        expected_output_power([1, 1], 1, 1),
        expected_initial_loss([1, 1], 1, 1, 0),
    ):
        assert isinstance(value, np.float64)


@given(SPECTRA, FACTORS)
def test_arrays_agree_with_scalars(spectrum, temp):
    variances = np.array([0.1, 1.0, 30.0])
    for function in (kl_to_initial, kl_from_initial):
        alone = [function(spectrum, v) for v in variances]
        close(function(spectrum, variances), alone, 1e-14)
    alone = [relaxation_divergence(t, spectrum, temp, 0.3) for t in variances]
    np.testing.assert_allclose(
        relaxation_divergence(variances, spectrum, temp, 0.3), alone, rtol=1e-13
    )


@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_a_number_is_one_eigenvalue_is_a_matrix(value, other):
    forms = [value, [value], [[value]]]
    for function in (
        lambda c: kl_to_initial(c, other),
        lambda c: kl_from_initial(c, other),
        tightness,
        jeffreys_variance,
        lambda a: virial_variance(a, other),
        lambda a: relaxation_divergence(0.3, a, other, 2.0, 0.5),
        lambda noise: stationary_total_loss(noise, 0.1, 2),
    ):
        alone = function(value)
        for form in forms[1:]:
            close(function(form), alone, 1e-14)
    alone = relaxation_divergence(0.3, value, other, 2.0, 0.5)
    assert relaxation_divergence(0.3, value, other, 2.0, [0.5]) == alone
    for discrete in (False, True):
        alone = stationary_covariance(value, other, 0.1, 2, discrete=discrete)
        for a, noise in [([value], [other]), ([[value]], [[other]])]:
            close(stationary_covariance(a, noise, 0.1, 2, discrete=discrete), alone, 1e-14)
