"""Fractional moments (Gurbuzbalaban & Hu 2021): weight variances that preserve them, drift and survival of the norm."""

from theory.fractional_moments.drift import (
    log_norm_mean,
    log_norm_variance,
    lyapunov_exponent,
    zero_drift_variance,
)
from theory.fractional_moments.survival import extinction_probability, survivor_growth_order
from theory.fractional_moments.variance import (
    norm_moment,
    weight_std,
    weight_variance,
    weight_variance_expansion,
)

__all__ = [
    "extinction_probability",
    "log_norm_mean",
    "log_norm_variance",
    "lyapunov_exponent",
    "norm_moment",
    "survivor_growth_order",
    "weight_std",
    "weight_variance",
    "weight_variance_expansion",
    "zero_drift_variance",
]
