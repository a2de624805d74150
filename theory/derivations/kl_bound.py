"""The derivations of the KL-bound subject, by id of the result they conclude.

Source: Horii & Has for the bound (14), its optimum and the anisotropic covariance; the errata, the forward and the
transient bound and everything on networks are extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.derivations import (
    kl_bound_forward,
    kl_bound_forward_moment,
    kl_bound_forward_time,
    kl_bound_forward_virial,
    kl_bound_gaussian,
    kl_bound_networks,
    kl_bound_networks_layers,
    kl_bound_networks_losses,
    kl_bound_networks_scale,
    kl_bound_networks_variances,
    kl_bound_paper,
    kl_bound_paper_gibbs,
    kl_bound_paper_layers,
    kl_bound_paper_optimum,
)
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "Builder"]

Builder = Callable[[], Derivation]

_PARTS = (
    kl_bound_paper,
    kl_bound_paper_gibbs,
    kl_bound_paper_optimum,
    kl_bound_paper_layers,
    kl_bound_gaussian,
    kl_bound_forward,
    kl_bound_forward_time,
    kl_bound_forward_moment,
    kl_bound_forward_virial,
    kl_bound_networks_layers,
    kl_bound_networks,
    kl_bound_networks_losses,
    kl_bound_networks_scale,
    kl_bound_networks_variances,
)

#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Builder] = MappingProxyType(
    {id: build for part in _PARTS for id, build in part.DERIVATIONS.items()}
)

#: statements beside the catalogue (no number to evaluate), and lemmas
SUPPLEMENTS: Mapping[str, Builder] = MappingProxyType(
    {id: build for part in _PARTS for id, build in part.SUPPLEMENTS.items()}
)
