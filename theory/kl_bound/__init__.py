"""The KL bound and the optimal initialisation variance (Horii & Has), corrected and extended.

A covariance or Hessian argument is a number (one parameter), eigenvalues (1-d) or a symmetric positive definite matrix
(2-d); it is not batched. Everything else broadcasts. What is said of accuracy
holds for results in the normal range of float64; beyond its ends they are inf, subnormal or 0, without a warning.
"""

from theory.kl_bound.bounds import (
    forward_bound,
    loss_bound,
    optimal_loss_bound,
    second_moment_bound,
    transient_bound,
)
from theory.kl_bound.divergence import kl_from_initial, kl_to_initial, tightness
from theory.kl_bound.networks import expected_initial_loss, expected_output_power
from theory.kl_bound.optima import jeffreys_variance, optimal_initial_variance, virial_variance
from theory.kl_bound.relaxation import relaxation_divergence
from theory.kl_bound.scales import optimal_scale, optimal_variances
from theory.kl_bound.stationary import (
    LyapunovResidualWarning,
    lyapunov_residual,
    stationary_covariance,
    stationary_loss,
    stationary_total_loss,
    temperature,
)

__all__ = [
    "LyapunovResidualWarning",
    "expected_initial_loss",
    "expected_output_power",
    "forward_bound",
    "jeffreys_variance",
    "kl_from_initial",
    "kl_to_initial",
    "loss_bound",
    "lyapunov_residual",
    "optimal_initial_variance",
    "optimal_loss_bound",
    "optimal_scale",
    "optimal_variances",
    "relaxation_divergence",
    "second_moment_bound",
    "stationary_covariance",
    "stationary_loss",
    "stationary_total_loss",
    "temperature",
    "tightness",
    "transient_bound",
    "virial_variance",
]
