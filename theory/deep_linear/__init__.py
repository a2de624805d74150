"""Deep linear nets: orthogonal against Gaussian initialisation (Hu, Xiao & Pennington), with extensions.

Nets f(x) = alpha W_L ... W_1 x of width m, loss |f(X) - Y|_F^2/2; norms are spectral unless said.
"""

from theory.deep_linear.chi import chi_moment, gamma_ratio, gamma_ratio_bound
from theory.deep_linear.kernel import expected_initial_loss, kernel_loss, ntk_eigenvalues
from theory.deep_linear.modes import mode_strength
from theory.deep_linear.products import log_norm_mean, log_norm_variance, product_spectral_moment
from theory.deep_linear.rates import (
    contraction_factor,
    gaussian_contraction_factor,
    gaussian_max_learning_rate,
    max_learning_rate,
    weight_movement_bound,
)
from theory.deep_linear.scales import log_output_scale, output_scale
from theory.deep_linear.widths import gaussian_required_width, required_width

__all__ = [
    "chi_moment",
    "contraction_factor",
    "expected_initial_loss",
    "gamma_ratio",
    "gamma_ratio_bound",
    "gaussian_contraction_factor",
    "gaussian_max_learning_rate",
    "gaussian_required_width",
    "kernel_loss",
    "log_norm_mean",
    "log_norm_variance",
    "log_output_scale",
    "max_learning_rate",
    "mode_strength",
    "ntk_eigenvalues",
    "output_scale",
    "product_spectral_moment",
    "required_width",
    "weight_movement_bound",
]
