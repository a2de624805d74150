"""Langevin diffusion on any landscape, and draws of its initial law: `Observed` simulations.

The diffusion is stepped through time; every observable's change on halving the step, on the same Brownian path, is kept
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numerics.langevin import refined_pair
from validation.kl_landscapes import Landscape, LinearNetwork
from validation.observables import HALVING, cubic_sums
from validation.sampled import FLOP, NORMAL, PASS, Sampled

__all__ = ["InitialStates", "LangevinChains"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class LangevinChains(Sampled):
    """Independent chains dW = -grad L dt + sqrt(2T) dB from N(0, s0 I), by the stochastic Heun method at half a step.

    Observables, at every recorded time: "loss" L, "square" |W|^2, "virial" W . grad L, "w_i w_j" for the pairs, and the
    change of each from a step to half of it.

    Parameters
    ----------
    landscape : Landscape
        L.
    temperature : float
        T.
    initial_variance : float
        s0.
    step : float
        The coarser one; the observables are those of the finer, half of it.
    record : tuple of int
        Increasing numbers of (coarse) steps after which the observables are kept.
    replicates : int
        Independent chains.
    pairs : tuple of (int, int)
        Indices from 1.

    Examples
    --------
    >>> from validation.kl_landscapes import Quadratic
    >>> LangevinChains(Quadratic(((1.0,),)), 0.5, 1.0, 0.1, (10, 20), 10).observables[:4]
    ('loss', 'square', 'virial', 'loss on halving the step')
    """

    landscape: Landscape
    temperature: float
    initial_variance: float
    step: float
    record: tuple[int, ...]
    replicates: int
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def depth(self) -> int:
        """No layers."""
        return 0

    @property
    def observables(self) -> tuple[str, ...]:
        """Names of what is kept."""
        names = ("loss", "square", "virial", *(f"w_{i} w_{j}" for i, j in self.pairs))
        return (*names, *(name + HALVING for name in names))

    @property
    def description(self) -> str:
        """Landscape, temperature, start and time."""
        return (
            f"Langevin chains to time {self.record[-1] * self.step:g}, steps {self.step / 2:g}, "
            f"{self.landscape.description}, temperature {self.temperature:g}, "
            f"initial variance {self.initial_variance:g}"
        )

    @cached_property
    def seconds(self) -> float:
        """Estimated single-core time of all of it: two normals and six gradients for each step and parameter."""
        parameters = self.landscape.parameters
        each = parameters * (2 * NORMAL + 9 * PASS + 8 * parameters * FLOP)
        if isinstance(self.landscape, LinearNetwork):
            each += 2 * parameters * sum(self.landscape.widths) * PASS
        return self.replicates * self.record[-1] * each

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return 8 * self.chunks[0] * self.landscape.parameters * (20 + 2 * len(self.record))

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Run `replicates` chains at both steps and reduce their observables to sums that add up over chunks.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "cubic_sums" (recorded times, d + 1, d + 1, d + 1).
        """
        shape = (replicates, self.landscape.parameters)
        coarse, fine = refined_pair(
            gradient=self.landscape.gradients,
            initial=np.sqrt(self.initial_variance) * rng.standard_normal(shape),
            temperature=self.temperature,
            step=self.step,
            steps=self.record[-1],
            rng=rng,
            record=self.record,
        )
        sums = [cubic_sums(self._observe(*pair)) for pair in zip(coarse, fine, strict=True)]
        return {"replicates": np.array([float(replicates)]), "cubic_sums": np.array(sums)}

    def _observe(self, coarse: _Array, fine: _Array) -> _Array:
        before, after = (np.column_stack(list(self._columns(s))) for s in (coarse, fine))
        return np.column_stack([after, after - before])

    def _columns(self, states: _Array) -> Iterator[_Array]:
        yield from _columns(self.landscape, states)
        for i, j in self.pairs:
            yield states[:, i - 1] * states[:, j - 1]


@dataclass(frozen=True)
class InitialStates(Sampled):
    """Independent draws of N(0, s0 I) on a landscape: an `Observed` simulation.

    Observables: "loss" L, "square" |W|^2, "virial" W . grad L.

    Parameters
    ----------
    landscape : Landscape
        L.
    initial_variance : float
        s0.
    replicates : int
        Independent draws.

    Examples
    --------
    >>> from validation.kl_landscapes import Quadratic
    >>> InitialStates(Quadratic(((1.0,),)), 0.5, 10).chunks
    (10,)
    """

    landscape: Landscape
    initial_variance: float
    replicates: int

    @property
    def depth(self) -> int:
        """No layers."""
        return 0

    @property
    def observables(self) -> tuple[str, ...]:
        """Names of what is kept."""
        return ("loss", "square", "virial")

    @property
    def description(self) -> str:
        """Landscape and variance."""
        return (
            f"initial draws of variance {self.initial_variance:.6g}, {self.landscape.description}"
        )

    @cached_property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * self.landscape.parameters * (NORMAL + 20 * PASS)

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return 8 * self.chunks[0] * self.landscape.parameters * 12

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Draw `replicates` states and reduce their observables to sums that add up over chunks.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "cubic_sums" (1, 4, 4, 4).
        """
        shape = (replicates, self.landscape.parameters)
        states = np.sqrt(self.initial_variance) * rng.standard_normal(shape)
        observed = np.column_stack(list(_columns(self.landscape, states)))
        return {
            "replicates": np.array([float(replicates)]),
            "cubic_sums": cubic_sums(observed)[None],
        }


def _columns(landscape: Landscape, states: _Array) -> Iterator[_Array]:
    """L, |W|^2 and W . grad L."""
    yield landscape.losses(states)
    yield np.einsum("ck,ck->c", states, states)
    yield np.einsum("ck,ck->c", states, landscape.gradients(states))
