"""Where each quantity of deep linear nets lives: its float64 closed form and its enclosure, with the same arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from theory import deep_linear
from theory.catalogue_deferred import Deferred, quantities_in
from theory.domain import Floats, count

__all__ = ["QUANTITIES"]


def _root_chi_bound(degrees: Any) -> Floats:
    """The upper bound 1 - 1/(10 d) on E sqrt(Z)."""
    bound: Floats = 1 - 1 / (10 * count("degrees", degrees))
    return bound


def _scalar_product_moment(order: Any, depth: Any) -> Floats:
    """E|w_1 ... w_L|^q of independent normal weights: the square of each is chi-square of one degree."""
    with np.errstate(over="ignore"):
        moment: Floats = deep_linear.chi_moment(order / 2, 1) ** count("depth", depth)
    return moment


def _home(part: str, name: str) -> Deferred:
    return Deferred(f"theory.enclosures_deep_linear_{part}", name)


QUANTITIES: Mapping[str, tuple[Callable[..., Any], Deferred]] = MappingProxyType(
    {
        **quantities_in(
            "theory.enclosures_deep_linear_rates",
            contraction_factor=deep_linear.contraction_factor,
            gaussian_contraction_factor=deep_linear.gaussian_contraction_factor,
            weight_movement_bound=deep_linear.weight_movement_bound,
        ),
        **quantities_in(
            "theory.enclosures_deep_linear_widths",
            required_width=deep_linear.required_width,
            gaussian_required_width=deep_linear.gaussian_required_width,
        ),
        **quantities_in(
            "theory.enclosures_deep_linear_kernel",
            ntk_eigenvalues=deep_linear.ntk_eigenvalues,
        ),
        "initial_loss": (
            deep_linear.expected_initial_loss,
            _home("kernel", "expected_initial_loss"),
        ),
        **quantities_in(
            "theory.enclosures_deep_linear_modes", mode_strength=deep_linear.mode_strength
        ),
        **quantities_in(
            "theory.enclosures_deep_linear_chi",
            chi_moment=deep_linear.chi_moment,
            gamma_ratio_bound=deep_linear.gamma_ratio_bound,
            root_chi_bound=_root_chi_bound,
            scalar_product_moment=_scalar_product_moment,
        ),
        "product_spectral_moment": (
            deep_linear.product_spectral_moment,
            _home("products", "product_spectral_moment"),
        ),
        "output_log_norm_mean": (deep_linear.log_norm_mean, _home("products", "log_norm_mean")),
        "output_log_norm_variance": (
            deep_linear.log_norm_variance,
            _home("products", "log_norm_variance"),
        ),
    }
)
"""Name of a quantity -> its closed form and its enclosure, functions of the same keyword arguments."""
