"""The derivations on drift and survival, by id of the result they conclude."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.derivations import fractional_moments_drift as closed
from theory.derivations import fractional_moments_drift_integrals as integrals
from theory.derivations import fractional_moments_drift_layers as layers
from theory.derivations import fractional_moments_drift_limits as limits
from theory.derivations import fractional_moments_drift_series as series
from theory.derivations import fractional_moments_survival as survival
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS"]

#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **closed.DERIVATIONS,
        **integrals.DERIVATIONS,
        **layers.DERIVATIONS,
        **limits.DERIVATIONS,
        **survival.DERIVATIONS,
        **series.DERIVATIONS,
    }
)
#: other activations, second routes, special expansions
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        **integrals.SUPPLEMENTS,
        **layers.SUPPLEMENTS,
        **limits.SUPPLEMENTS,
        **survival.SUPPLEMENTS,
        **series.SUPPLEMENTS,
    }
)
