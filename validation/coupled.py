"""Two schemes on one set of draws: differences of their log-norms, path by path."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.activations import Activation as ElementaryActivation
from numerics.coupling import coupled_log_norms
from numerics.propagation import plan
from theory.activations import Activation
from validation.sampled import Sampled

__all__ = ["CoupledDifferences"]


@dataclass(frozen=True)
class CoupledDifferences(Sampled):
    """Differences log|x_L| of a second scheme minus a first one, on the same draws: a Simulation.

    Parameters
    ----------
    widths : tuple of int
        Widths of input, layers and output.
    first, second : float
        Weight variance of every layer in the two schemes.
    activation : theory.activations.Activation
        Only its slopes and dropout are used.
    replicates : int
        Independent networks, each drawn once for both schemes.
    thresholds : tuple of float
        Increasing; counts of differences <= threshold that are kept, over the networks alive in a scheme at least.
    bias_variance : float
        Variance of the normal biases.

    Examples
    --------
    >>> from theory.activations import relu
    >>> CoupledDifferences((2, 3), 1.0, 2.0, relu(), 10, (0.0,)).chunks
    (10,)
    """

    widths: tuple[int, ...]
    first: float
    second: float
    activation: Activation
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)
    bias_variance: float = 0.0

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.widths) - 1

    @property
    def description(self) -> str:
        """Sizes of the networks."""
        bias = f", biases of variance {self.bias_variance:g}" if self.bias_variance else ""
        shape = " x ".join(map(str, reversed(self.widths)))
        return f"matrix draws common to both, {shape}, {self.activation.name}{bias}"

    @property
    def _networks(self) -> dict[str, Any]:
        activation = ElementaryActivation(**asdict(self.activation))
        return {
            "widths": self.widths,
            "activation": activation,
            "bias_variance": self.bias_variance,
        }

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return 2 * float(plan(replicates=self.replicates, **self._networks).seconds)

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return 2 * int(plan(replicates=self.chunks[0], **self._networks).bytes)

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw `replicates` networks and count the differences.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "alive" (1,): networks alive in a scheme at least, "counts" (thresholds,) among them.
        """
        first, second = coupled_log_norms(
            **self._networks,
            variances=(self.first, self.second),
            replicates=replicates,
            rng=rng,
            layers="last",
        )[:, 0]
        alive = (first > -np.inf) | (second > -np.inf)
        difference = second[alive] - first[alive]
        counts = [float(np.sum(difference <= threshold)) for threshold in self.thresholds]
        return {
            "replicates": np.array([float(replicates)]),
            "alive": np.array([float(difference.size)]),
            "counts": np.array(counts),
        }
