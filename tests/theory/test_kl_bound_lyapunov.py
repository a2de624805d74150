"""theory.kl_bound: steps that diverge are refused, equations that are hard warn with their residual."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from theory.kl_bound import (
    LyapunovResidualWarning,
    lyapunov_residual,
    stationary_covariance,
)

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
