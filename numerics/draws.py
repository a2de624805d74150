"""Random numbers of one simulation of networks: a stream for every kind of draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .activations import Activation
from .backends import Array, Backend
from .weights import standard_weights

__all__ = ["Draws"]

_STREAMS = (
    "start",
    "weights",
    "biases",
    "slopes",
    "masks",
    "kept",
    "signs",
    "positive",
    "negative",
)


@dataclass(frozen=True)
class Draws:
    """Random numbers of one simulation: a stream for every kind of draw.

    With one stream a kind, each consumed network by network within a layer, the numbers a network
    receives do not depend on how the networks are cut into batches.

    Parameters
    ----------
    backend : Backend
        Where to draw.
    dtype : dtype
        Floating type of the states.
    rngs : mapping
        Generator of each kind of draw.
    """

    backend: Backend
    dtype: Any
    rngs: Mapping[str, Any]

    @classmethod
    def start(cls, backend: Backend, dtype: Any, sequence: np.random.SeedSequence) -> Draws:
        """Open the streams of one simulation."""
        rngs = backend.rngs(sequence, len(_STREAMS))
        return cls(backend, dtype, dict(zip(_STREAMS, rngs, strict=True)))

    def normal(self, kind: str, *shape: int) -> Array:
        """Draw standard normals from one stream."""
        return self.backend.standard_normal(self.rngs[kind], shape, self.dtype)

    def weights(self, law: str, *shape: int) -> Array:
        """Draw standardised weights."""
        return standard_weights(law, self.backend, self.rngs["weights"], shape, self.dtype)

    def slopes(self, activation: Activation, *shape: int) -> Array | float:
        """Draw negative-side slopes."""
        return activation.draw_slopes(self.backend, self.rngs["slopes"], shape, self.dtype)

    def mask(self, activation: Activation, *shape: int) -> Array | None:
        """Draw the dropout mask."""
        return activation.draw_mask(self.backend, self.rngs["masks"], shape)

    def counts(self, kind: str, trials: int | Array, probability: float, size: int) -> Array:
        """Draw binomial counts from one stream."""
        return self.backend.binomial(self.rngs[kind], trials, probability, (size,))

    def chisquare(self, kind: str, df: Array) -> Array:
        """Draw chi-squares from one stream."""
        return self.backend.chisquare(self.rngs[kind], df, self.dtype)
