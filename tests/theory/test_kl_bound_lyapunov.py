"""theory.kl_bound: steps that diverge are refused, equations that are hard warn with their residual."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

from theory.kl_bound import (
    LyapunovResidualWarning,
    kl_to_initial,
    lyapunov_residual,
    stationary_covariance,
)
from theory.kl_bound.spectra import eigenvalues

EPS = np.finfo(np.float64).eps

# --- steps that diverge, equations that are hard ---


@pytest.mark.parametrize("hessian", [2.0, [0.1, 2.0], np.diag([0.1, 2.0])], ids=str)
@pytest.mark.parametrize("rate", [1.0, 1.0000001, 5.0])
def test_steps_that_diverge(hessian, rate):
    """From alpha = 2/lambda_max on there is no stationary law of the steps; the limit has one at any alpha."""
    noise = np.ones_like(hessian) if np.ndim(hessian) < 2 else np.eye(2)
    with pytest.raises(ValueError, match=r"^learning_rate must be (below|<) .*2/lambda_max.*got"):
        stationary_covariance(hessian, noise, rate, 1, discrete=True)
    assert np.all(np.isfinite(stationary_covariance(hessian, noise, rate, 1)))
    value = stationary_covariance(hessian, noise, 0.999999, 1, discrete=True)
    assert np.max(value) == pytest.approx(0.999999 / (4 - 0.999999 * 4), rel=1e-9)


def hard_problem(condition):
    """An ill-conditioned Hessian in a random basis, noise that excites everything."""
    rng = np.random.default_rng(5)
    basis, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    hessian = (basis * np.geomspace(1 / condition, 1, 6)) @ basis.T
    return (hessian + hessian.T) / 2, np.eye(6) + 0.5


@pytest.mark.parametrize("discrete", [False, True])
def test_ill_conditioned_equations_warn_with_their_residual(discrete):
    hessian, noise = hard_problem(1e13)
    with pytest.warns(LyapunovResidualWarning) as caught:
        value = stationary_covariance(hessian, noise, 0.1, 1, discrete=discrete)
    residual = lyapunov_residual(value, hessian, noise, 0.1, 1, discrete=discrete)
    warning = caught[0].message
    assert len(caught) == 1
    assert warning.residual > 1e-8
    assert warning.residual == pytest.approx(residual, rel=1e-6)
    assert f"{warning.residual:.1e}" in str(warning)
    left = hessian @ value + value @ hessian - discrete * 0.1 * hessian @ value @ hessian
    by_hand = np.linalg.norm(left - 0.1 * noise) / np.linalg.norm(0.1 * noise)
    assert warning.residual == pytest.approx(by_hand, rel=0.5)  # both are made of rounding


@pytest.mark.parametrize("discrete", [False, True])
def test_well_conditioned_equations_do_not_warn(discrete):
    """Nor do eigenvalues, of whatever range."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for condition in (1.0, 1e3, 1e6):
            hessian, noise = hard_problem(condition)
            stationary_covariance(hessian, noise, 0.1, 1, discrete=discrete)
        stationary_covariance([1e-200, 1.0], [1.0, 1.0], 0.1, 1, discrete=discrete)


def test_the_warning_is_a_user_warning_with_a_number():
    warning = LyapunovResidualWarning(1e-5)
    assert isinstance(warning, UserWarning)
    assert warning.residual == 1e-5


@pytest.mark.parametrize("discrete", ["no", 0, 1.0, None, np.array([True, False])], ids=repr)
@pytest.mark.parametrize("form", [1.0, [1.0, 2.0], np.eye(2)], ids=str)
def test_discrete_is_yes_or_no(discrete, form):
    message = re.escape(f"discrete must be True or False, got {discrete!r}")
    with pytest.raises(ValueError, match=message):
        stationary_covariance(form, form, 0.1, 1, discrete=discrete)
    with pytest.raises(ValueError, match=message):
        lyapunov_residual(form, form, form, 0.1, 1, discrete=discrete)


def test_noise_that_is_no_covariance():
    with pytest.raises(ValueError, match=r"^noise_covariance must be positive definite"):
        stationary_covariance(np.eye(2), [[1.0, 2.0], [2.0, 1.0]], 0.1, 1)


@pytest.mark.parametrize(("condition", "warns"), [(1e7, False), (1e10, True)])
def test_half_of_the_digits_is_the_limit(condition, warns):
    """Residuals here are about 1e-17 times the condition number."""
    hessian, noise = hard_problem(condition)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = stationary_covariance(hessian, noise, 0.1, 1)
    residual = lyapunov_residual(value, hessian, noise, 0.1, 1)
    assert (residual > 1e-8) == warns
    assert residual < 1e-5
    assert [warning.filename for warning in caught] == [__file__] * warns


def test_asymmetry_beyond_rounding_is_refused():
    for gap, refused in [(1e-10, True), (3e-12, True), (3e-13, False)]:
        matrix = np.array([[1.0, 0.5 + gap], [0.5, 1.0]])
        if refused:
            with pytest.raises(ValueError, match="must be symmetric"):
                eigenvalues("covariance", matrix)
        else:
            both = [kl_to_initial(m, 0.7) for m in (matrix, matrix.T)]
            assert both[0] == both[1]
            middle = [[1.0, 0.5 + gap / 2], [0.5 + gap / 2, 1.0]]
            assert both[0] == pytest.approx(kl_to_initial(middle, 0.7), rel=1e-14)


def test_a_spectrum_within_rounding_of_a_singular_one_is_refused():
    """The bound is K eps of the largest eigenvalue, not eps."""
    spectrum = np.ones(16)
    for smallest, refused in [(8 * EPS, True), (32 * EPS, False)]:
        spectrum[0] = smallest
        if refused:
            with pytest.raises(ValueError, match="positive definite beyond rounding"):
                eigenvalues("covariance", np.diag(spectrum))
        else:
            assert eigenvalues("covariance", np.diag(spectrum))[0] == pytest.approx(smallest)
