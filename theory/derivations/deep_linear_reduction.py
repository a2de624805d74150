"""The exact reduction of orthogonal nets to width r + d_y (D1): invariance, blocks, and the limit of large width."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from theory.derivations import (
    deep_linear_reduction_blocks,
    deep_linear_reduction_invariance,
    deep_linear_reduction_limit,
    deep_linear_reduction_subspaces,
)
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS"]

_PARTS = (
    deep_linear_reduction_subspaces,
    deep_linear_reduction_invariance,
    deep_linear_reduction_blocks,
    deep_linear_reduction_limit,
)

#: the reduction is a statement about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: in the order of the argument
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {name: build for part in _PARTS for name, build in part.SUPPLEMENTS.items()}
)
