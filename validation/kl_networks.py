"""Random networks at initialisation: output power and losses over a few examples, every weight drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from numerics.activations import Activation
from numerics.network_outputs import network_outputs
from validation.observables import cubic_sums
from validation.sampled import Sampled

__all__ = ["InitialNetworks"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class InitialNetworks(Sampled):
    """Independent networks f(x) = W_L phi(... phi(W_1 x)), weights of layer l from N(0, s_l): an `Observed` simulation.

    Observables, means over the examples: "power" |f|^2, "half squared" |f - y|^2/2 if there are targets,
    "cross entropy" log sum_c exp f_c - f_label if there are labels.

    Parameters
    ----------
    widths : tuple of int
        n_0, ..., n_L.
    variances : tuple of float
        s_1, ..., s_L.
    slope : float
        Of phi on the negative half-line: 1 linear, 0 ReLU.
    inputs : tuple of tuples of float
        One example a row.
    replicates : int
        Independent networks.
    targets : tuple of tuples of float
        One row an example, or nothing.
    labels : tuple of int
        One class an example, from 0, or nothing.

    Examples
    --------
    >>> InitialNetworks((1, 2), (1.0,), 0.0, ((1.0,),), 10, labels=(1,)).observables
    ('power', 'cross entropy')
    """

    widths: tuple[int, ...]
    variances: tuple[float, ...]
    slope: float
    inputs: tuple[tuple[float, ...], ...]
    replicates: int
    targets: tuple[tuple[float, ...], ...] = ()
    labels: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.widths) - 1

    @property
    def observables(self) -> tuple[str, ...]:
        """Names of what is kept."""
        squared = ("half squared",) if self.targets else ()
        return ("power", *squared, *(("cross entropy",) if self.labels else ()))

    @property
    def description(self) -> str:
        """Widths from output to input, slope and examples."""
        shape = " x ".join(map(str, reversed(self.widths)))
        return f"networks {shape}, negative slope {self.slope:g}, {len(self.inputs)} examples, every weight drawn"

    @property
    def _weights(self) -> int:
        return sum(n * m for n, m in pairwise(self.widths))

    @cached_property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        each = self._weights * (1.8e-8 + 2e-9 * len(self.inputs)) + 3e-7 * self.depth
        return self.replicates * each

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return 2**27 + 8 * self.chunks[0] * len(self.inputs) * self.widths[-1] * 4

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Draw `replicates` networks and reduce their observables to sums that add up over chunks.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "cubic_sums" (1, d + 1, d + 1, d + 1).
        """
        outputs = network_outputs(
            widths=self.widths,
            variances=self.variances,
            activation=Activation(self.slope, self.slope),
            inputs=np.array(self.inputs),
            replicates=replicates,
            rng=rng,
        )
        sums = cubic_sums(np.column_stack(list(self._observe(outputs))))
        return {"replicates": np.array([float(replicates)]), "cubic_sums": sums[None]}

    def _observe(self, outputs: _Array) -> Iterator[_Array]:
        """From outputs of shape (networks, examples, n_L)."""
        yield np.einsum("nec,nec->n", outputs, outputs) / outputs.shape[1]
        if self.targets:
            apart = outputs - np.array(self.targets)
            yield np.einsum("nec,nec->n", apart, apart) / (2 * outputs.shape[1])
        if self.labels:
            highest = outputs.max(axis=2)
            totals = np.exp(outputs - highest[:, :, None]).sum(axis=2)
            right = np.take_along_axis(outputs, np.array(self.labels)[None, :, None], axis=2)
            yield (np.log(totals) + highest - right[:, :, 0]).mean(axis=1)
