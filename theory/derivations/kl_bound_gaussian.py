"""Derivations on normal stationary states of a quadratic minimum, by id of the result they conclude.

Source: Horii & Has 2026, equations (22) to (26), after Mandt, Hoffman & Blei 2017; SGD in steps, the
divergence of the initial law from the stationary one, tightness and relaxation are an extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.derivations import kl_bound_gaussian_covariance as covariance
from theory.derivations import kl_bound_gaussian_divergence as divergence
from theory.derivations import kl_bound_gaussian_equipartition as equipartition
from theory.derivations import kl_bound_gaussian_means as means
from theory.derivations import kl_bound_gaussian_optima as optima
from theory.derivations import kl_bound_gaussian_relaxation as relaxation
from theory.derivations import kl_bound_gaussian_relaxation_rate as relaxation_rate
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS"]

_RESULTS = (covariance, divergence, optima, means, equipartition, relaxation)
_BESIDE = (covariance, divergence, means, equipartition, relaxation, relaxation_rate)

#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {name: build for module in _RESULTS for name, build in module.DERIVATIONS.items()}
)

#: statements beside the results: rates, the order of the optimal variances, lemmas
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {name: build for module in _BESIDE for name, build in module.SUPPLEMENTS.items()}
)
