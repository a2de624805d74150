"""Experiments: simulated samples of output norms, reduced at once to the sums and counts that the checks need.

An experiment knows no theory: it is a list of widths and plain weight variances for `numerics.propagation`. Several
checks may read the same experiment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.activations import Activation as ElementaryActivation
from numerics.propagation import log_norms, plan
from theory.activations import Activation
from validation.sampled import Sampled

__all__ = ["LOG_POWERS", "Experiment"]

LOG_POWERS = 6
"""Highest power of the log-norm whose sum is kept: what the sample skewness of a squared deviation needs."""


@dataclass(frozen=True)
class Experiment(Sampled):
    """A sample of output norms of independent random networks: a `validation.simulation.Simulation`.

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
    weight_law : {"normal", "uniform", "truncated_normal"}
        Law of a weight.
    bias_variance : float
        Variance of the normal biases; with biases |x_0| = 1.
    logs : bool
        Whether the sums of powers of log(|x_L|/|x_0|) over the networks that are alive are kept.

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
    weight_law: str = "normal"
    bias_variance: float = 0.0
    logs: bool = False

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
            "weight_law": self.weight_law,
            "bias_variance": self.bias_variance,
        }

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.widths) - 1

    @property
    def description(self) -> str:
        """Method, law of the weights, widths from output to input, activation and biases."""
        law = (
            "" if self.weight_law == "normal" else f"{self.weight_law.replace('_', ' ')} weights, "
        )
        shape = " x ".join(_runs(self.widths[::-1]))
        bias = f", biases of variance {self.bias_variance:g}" if self.bias_variance else ""
        return f"{self.method} draws, {law}{shape}, {self.activation.name}{bias}"

    @property
    def seconds(self) -> float:
        """Estimated single-core time of the whole experiment."""
        return float(self._plan.seconds)

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return int(self._plan.bytes) + 6 * 8 * self.chunks[0]

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
            "replicates" (1,), "sums" (orders, 3): of y, y^2, y^3 with y = (|x_L|/|x_0|)^order, "counts" (thresholds,),
            "log_sums" (7,) if wanted: of the powers 0 to 6 of log(|x_L|/|x_0|) over the networks alive.
        """
        log_ratio = log_norms(
            **self._arguments,
            variances=self.variances,
            replicates=replicates,
            rng=rng,
            layers="last",
        )[0]
        kept = {
            "replicates": np.array([float(replicates)]),
            "sums": self._sums(log_ratio),
            "counts": self._counts(log_ratio),
        }
        return {**kept, "log_sums": _log_sums(log_ratio)} if self.logs else kept

    def _sums(self, log_ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = [_power_sums(np.exp(order * log_ratio), 3) for order in self.orders]
        return np.array(sums).reshape(len(self.orders), 3)

    def _counts(self, log_ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        position = np.searchsorted(np.asarray(self.thresholds), log_ratio)
        counts = np.bincount(position, minlength=len(self.thresholds) + 1)
        return np.cumsum(counts)[: len(self.thresholds)].astype(np.float64)


def _runs(widths: tuple[int, ...]) -> Iterator[str]:
    """The widths, four and more equal ones in a row as one item."""
    for width, run in groupby(widths):
        times = len(list(run))
        yield from [str(width)] * times if times < 4 else [f"{width} ({times} times)"]


def _log_sums(log_ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    alive = log_ratio[log_ratio > -np.inf]
    return np.array([float(alive.size), *_power_sums(alive, LOG_POWERS)])


def _power_sums(y: NDArray[np.float64], highest: int) -> list[float]:
    """Sums of y, y^2, ..., by multiplication: y**3 and on are several times slower."""
    power, sums = np.ones_like(y), []
    for _ in range(highest):
        power *= y
        sums.append(float(np.sum(power)))
    return sums
