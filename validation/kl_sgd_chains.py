"""SGD on a quadratic, iterated as it is defined: an `Observed` simulation without an error of discretisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numerics.quadratic_sgd import sgd_on_quadratic
from validation.observables import cubic_sums
from validation.sampled import FLOP, NORMAL, PASS, Sampled

__all__ = ["SgdChains"]

_Array = NDArray[np.float64]
_Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class SgdChains(Sampled):
    """Independent chains of SGD, W <- W - alpha (A W + mean of B xi over a batch): an `Observed` simulation.

    Observables: "loss" W^T A W/2, "square" |W|^2, "slope" |A W|^2 and "w_i w_j" for the pairs.

    Parameters
    ----------
    hessian, noise_factor : tuple of tuples of float
        A and B: the noise covariance of one example is B B^T.
    learning_rate : float
        alpha.
    batch_size : int
        b.
    initial_variance : float
        s0: W starts from N(0, s0 I).
    record : tuple of int
        Increasing numbers of steps after which the observables are kept.
    replicates : int
        Independent chains.
    law : {"normal", "rademacher"}
        Of xi.
    pairs : tuple of (int, int)
        Indices from 1.

    Examples
    --------
    >>> SgdChains(((1.0,),), ((1.0,),), 0.1, 2, 1.0, (50,), 10, pairs=((1, 1),)).observables
    ('loss', 'square', 'slope', 'w_1 w_1')
    """

    hessian: _Matrix
    noise_factor: _Matrix
    learning_rate: float
    batch_size: int
    initial_variance: float
    record: tuple[int, ...]
    replicates: int
    law: str = "normal"
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def depth(self) -> int:
        """No layers."""
        return 0

    @property
    def observables(self) -> tuple[str, ...]:
        """Names of what is kept."""
        return ("loss", "square", "slope", *(f"w_{i} w_{j}" for i, j in self.pairs))

    @property
    def description(self) -> str:
        """Rate, batch, start and law of the noise."""
        return (
            f"{self.record[-1]} steps of SGD, K = {len(self.hessian)}, learning rate {self.learning_rate:g}, "
            f"batch {self.batch_size}, {self.law} noise, initial variance {self.initial_variance:g}"
        )

    @cached_property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        parameters = len(self.hessian)
        drawn = self.batch_size if self.law == "normal" else 1 + self.batch_size // 64
        each = drawn * NORMAL + 6 * PASS + 4 * parameters * FLOP
        return self.replicates * self.record[-1] * parameters * each

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return 8 * self.chunks[0] * len(self.hessian) * (6 + len(self.record))

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Run `replicates` chains and reduce their observables to sums that add up over chunks.

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
        shape = (replicates, len(self.hessian))
        states = sgd_on_quadratic(
            hessian=np.array(self.hessian),
            noise_factor=np.array(self.noise_factor),
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            chains=replicates,
            steps=self.record[-1],
            rng=rng,
            law=self.law,
            initial=np.sqrt(self.initial_variance) * rng.standard_normal(shape),
            record=self.record,
        )
        sums = [cubic_sums(np.column_stack(list(self._observe(each)))) for each in states]
        return {"replicates": np.array([float(replicates)]), "cubic_sums": np.array(sums)}

    def _observe(self, states: _Array) -> Iterator[_Array]:
        gradients = states @ np.array(self.hessian)
        yield np.einsum("ck,ck->c", gradients, states) / 2
        yield np.einsum("ck,ck->c", states, states)
        yield np.einsum("ck,ck->c", gradients, gradients)
        for i, j in self.pairs:
            yield states[:, i - 1] * states[:, j - 1]
