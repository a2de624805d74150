"""Experiments: simulated samples, reduced at once to the sums and counts that the checks need.

An experiment knows no theory: it is a list of widths and plain weight variances for `numerics.propagation`. Several
checks may read the same experiment. Its replicates are cut into chunks of a size that depends on nothing but itself, so
the numbers are the same for any number of workers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.activations import Activation as ElementaryActivation
from numerics.propagation import log_norms, plan
from theory.activations import Activation

__all__ = ["Experiment", "Summary"]

_CHUNK_SECONDS = 2.0  # estimated; a killed run loses at most this much per worker
_CHUNK_REPLICATES = 2_000_000  # bounds the memory of one chunk


@dataclass(frozen=True)
class Experiment:
    """A sample of output norms of independent random networks.

    Parameters
    ----------
    widths : tuple of int
        Widths of input, layers and output.
    variances : tuple of float
        Weight variance of each layer: plain numbers.
    activation : theory.activations.Activation
        Only its slopes and dropout are used; the simulator has its own definition.
    replicates : int
        Independent networks.
    method : {"matrix", "gaussian", "chi2"}
        How `numerics.propagation` draws them.
    orders : tuple of float
        Orders s of the sums of (|x_L|/|x_0|)^s that are kept.
    thresholds : tuple of float
        Increasing; counts of log(|x_L|/|x_0|) <= threshold that are kept.
    backend : {"numpy", "cupy"}
        Where to simulate.

    Examples
    --------
    >>> from theory.activations import relu
    >>> Experiment((2, 3), (1.0,), relu(), 10, orders=(1.0,)).chunks
    (10,)
    """

    widths: tuple[int, ...]
    variances: tuple[float, ...]
    activation: Activation
    replicates: int
    method: str = "matrix"
    orders: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = field(default=(), repr=False)
    backend: str = "numpy"

    @cached_property
    def key(self) -> str:
        """A name that depends on the contents alone; it seeds the experiment's random streams.

        The contents include variances computed by closed forms: the same seed gives the same numbers with the same
        versions on the same kind of processor, not across them.
        """
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def _plan(self) -> Any:
        return plan(replicates=self.replicates, **self._arguments)

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "widths": self.widths,
            "activation": ElementaryActivation(**asdict(self.activation)),
            "method": self.method,
            "backend": self.backend,
        }

    @property
    def seconds(self) -> float:
        """Estimated single-core time of the whole experiment."""
        return float(self._plan.seconds)

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return int(self._plan.bytes) + 6 * 8 * self.chunks[0]

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """Replicates of each chunk."""
        count = max(
            1,
            round(self.seconds / _CHUNK_SECONDS),
            -(-self.replicates // _CHUNK_REPLICATES),
        )
        cuts = np.linspace(0, self.replicates, count + 1).astype(int)
        return tuple(int(n) for n in np.diff(cuts))

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw `replicates` networks and reduce them to sums and counts that add up over chunks.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "sums" (orders, 3): of y, y^2, y^3 with y = (|x_L|/|x_0|)^order, "counts" (thresholds,).
        """
        log_ratio = log_norms(
            **self._arguments,
            variances=self.variances,
            replicates=replicates,
            rng=rng,
            layers="last",
        )[0]
        sums = [[float(np.sum(y**k)) for k in (1, 2, 3)] for y in self._powers(log_ratio)]
        position = np.searchsorted(np.asarray(self.thresholds), log_ratio)
        counts = np.bincount(position, minlength=len(self.thresholds) + 1)
        return {
            "replicates": np.array([float(replicates)]),
            "sums": np.array(sums).reshape(len(self.orders), 3),
            "counts": np.cumsum(counts)[: len(self.thresholds)].astype(np.float64),
        }

    def _powers(self, log_ratio: NDArray[np.float64]) -> Iterable[NDArray[np.float64]]:
        return (np.exp(order * log_ratio) for order in self.orders)


@dataclass(frozen=True)
class Summary:
    """An experiment's chunks added up.

    Parameters
    ----------
    experiment : Experiment
        What was simulated.
    sums, counts : ndarray
        As `Experiment.simulate` returns them, added over the chunks.
    seconds : float
        Time the simulation took, over all workers.

    Examples
    --------
    >>> from theory.activations import linear
    >>> experiment = Experiment((1, 1), (1.0,), linear(), 1000, orders=(2.0,), thresholds=(0.0,))
    >>> chunk = experiment.simulate(1000, np.random.default_rng(1))
    >>> mean, std, skewness = Summary.of(experiment, [chunk]).moments(2.0)
    >>> bool(abs(mean - 1) < 6 * 2**0.5 / 1000**0.5)
    True
    """

    experiment: Experiment
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    seconds: float = 0.0

    @classmethod
    def of(
        cls, experiment: Experiment, chunks: Iterable[dict[str, NDArray[np.float64]]]
    ) -> Summary:
        """Add up the chunks, which must together have the experiment's replicates."""
        parts = list(chunks)
        total = sum(float(part["replicates"][0]) for part in parts)
        if total != experiment.replicates:
            raise ValueError(f"chunks hold {total:g} replicates, expected {experiment.replicates}")
        sums = np.sum([part["sums"] for part in parts], axis=0)
        counts = np.sum([part["counts"] for part in parts], axis=0)
        seconds = sum(float(part.get("seconds", [0.0])[0]) for part in parts)
        return cls(experiment, sums, counts, seconds)

    def moments(self, order: float) -> tuple[float, float, float]:
        """Sample mean, standard deviation and skewness of (|x_L|/|x_0|)^order."""
        n = self.experiment.replicates
        first, second, third = self.sums[self.experiment.orders.index(order)] / n
        variance = second - first**2
        skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
        return float(first), float(np.sqrt(variance * n / (n - 1))), float(skewness)

    def cdf(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Empirical distribution function at thresholds among the experiment's own."""
        known = np.asarray(self.experiment.thresholds)
        if not np.all(np.isin(thresholds, known)):
            raise ValueError(f"thresholds must be among the experiment's own, got {thresholds}")
        position = np.searchsorted(known, thresholds)
        result: NDArray[np.float64] = self.counts[position] / self.experiment.replicates
        return result
