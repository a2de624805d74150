"""Repetitions of a whole experiment: the sampling law of a sample moment over a fixed number of networks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from numerics.activations import Activation as ElementaryActivation
from numerics.propagation import log_norms, plan
from theory.activations import Activation
from validation.sampled import Sampled

__all__ = ["SampleMoments"]


@dataclass(frozen=True)
class SampleMoments(Sampled):
    """Sample moments mean((|x_L|/|x_0|)^order) over `networks` networks, many times: a Simulation.

    Parameters
    ----------
    widths : tuple of int
        Widths of input, layers and output.
    variances : tuple of float
        Weight variance of each layer.
    activation : theory.activations.Activation
        Only its slopes and dropout are used.
    networks : int
        Networks of one experiment.
    order : float
        Of the moment.
    replicates : int
        Independent experiments.
    thresholds : tuple of float
        Increasing; counts of log(sample moment) <= threshold that are kept.
    method : {"matrix", "gaussian", "chi2"}
        How `numerics.propagation` draws them.

    Examples
    --------
    >>> from theory.activations import relu
    >>> SampleMoments((2, 3), (1.0,), relu(), 500, 2.0, 10, (0.0,)).chunks
    (10,)
    """

    widths: tuple[int, ...]
    variances: tuple[float, ...]
    activation: Activation
    networks: int
    order: float
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)
    method: str = "chi2"

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.widths) - 1

    @property
    def description(self) -> str:
        """Sizes of one experiment."""
        return (
            f"{self.networks} networks each, order {self.order:g}, {self.method} draws, "
            f"depth {self.depth}, width {self.widths[-1]}, {self.activation.name}"
        )

    @property
    def _networks(self) -> dict[str, Any]:
        activation = ElementaryActivation(**asdict(self.activation))
        return {"widths": self.widths, "activation": activation, "method": self.method}

    @cached_property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return float(plan(replicates=self.networks, **self._networks).seconds) * self.replicates

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        networks = self.chunks[0] * self.networks
        return int(plan(replicates=networks, **self._networks).bytes) + 4 * 8 * networks

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw `replicates` experiments and count their sample moments.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "counts" (thresholds,).
        """
        log_ratio = log_norms(
            **self._networks,
            variances=self.variances,
            replicates=replicates * self.networks,
            rng=rng,
            layers="last",
        )[0].reshape(replicates, self.networks)
        log_moment = logsumexp(self.order * log_ratio, axis=1) - np.log(self.networks)
        counts = [float(np.sum(log_moment <= threshold)) for threshold in self.thresholds]
        return {"replicates": np.array([float(replicates)]), "counts": np.array(counts)}
