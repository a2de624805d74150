"""What most simulations have in common: a key, chunks, nothing kept unless said, and the cost of elementary work."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from validation.simulation import chunk_sizes, contents_key

__all__ = ["FLOP", "NORMAL", "PASS", "Sampled"]

FLOP = 2e-10
"""Seconds, estimated, of one operation of a product of matrices."""
NORMAL = 1.1e-8
"""Seconds, estimated, of drawing one normal number."""
PASS = 1e-9
"""Seconds, estimated, of reading and writing one double."""


class Sampled:
    """Base of a frozen dataclass that is a `validation.simulation.Simulation`; the dataclass adds the rest.

    No moments of a norm (`orders`) and no counts (`thresholds`) are kept unless it says so.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Coins(Sampled):
    ...     replicates: int
    ...     seconds: float = 4.0
    >>> Coins(10).chunks, Coins(10).key == Coins(11).key, Coins(10).orders
    ((5, 5), False, ())
    """

    replicates: int
    seconds: Any
    orders: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk, generously."""
        return 2**28

    @cached_property
    def key(self) -> str:
        """A name that depends on the contents alone; it seeds the random streams."""
        return contents_key(self)

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Replicates of each chunk."""
        return chunk_sizes(self.replicates, self.seconds)
