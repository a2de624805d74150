"""The derivations of the deep-linear subject, by id of the result they conclude.

Source: Hu, Xiao & Pennington for orthogonal initialisation, and Du & Hu for Gaussian; the end-to-end map's laws and the
exact reduction are extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.derivations import (
    deep_linear_products,
    deep_linear_products_alignment,
    deep_linear_products_chi,
    deep_linear_products_modes,
    deep_linear_products_moments,
    deep_linear_products_plateau,
    deep_linear_products_scalar,
    deep_linear_rates,
    deep_linear_rates_widths,
    deep_linear_reduction,
    deep_linear_spectra,
    deep_linear_spectra_loss,
    deep_linear_spectra_step,
)
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "Builder"]

Builder = Callable[[], Derivation]

_PARTS = (
    deep_linear_spectra,
    deep_linear_spectra_step,
    deep_linear_spectra_loss,
    deep_linear_rates,
    deep_linear_rates_widths,
    deep_linear_reduction,
    deep_linear_products,
    deep_linear_products_moments,
    deep_linear_products_chi,
    deep_linear_products_scalar,
    deep_linear_products_plateau,
    deep_linear_products_modes,
    deep_linear_products_alignment,
)

#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Builder] = MappingProxyType(
    {id: build for part in _PARTS for id, build in part.DERIVATIONS.items()}
)

#: statements beside the catalogue (no number to evaluate), and lemmas
SUPPLEMENTS: Mapping[str, Builder] = MappingProxyType(
    {id: build for part in _PARTS for id, build in part.SUPPLEMENTS.items()}
)
