"""Chains of the scalar Kesten recursion, from one start or from two that share every draw: a Simulation.

Two chains with the same Q keep their order, so what a chain from below and one from far above agree on does not depend
on the start: the distance to stationarity is measured.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.activations import Activation as ElementaryActivation
from numerics.perpetuity import coupled_squared_norms, plan
from theory.activations import Activation
from validation.sampled import Sampled

__all__ = ["Chains"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chains(Sampled):
    """Independent chains R_k = (variance R_(k-1) + bias_variance) Q_k, of which |x_k| = sqrt(R_k) is kept.

    Parameters
    ----------
    width : int
        Number of terms of Q.
    variance, bias_variance : float
        Of a weight and of a bias: plain numbers.
    activation : theory.activations.Activation
        Only its slopes and dropout are used.
    steps : int
        Number k of recursions.
    replicates : int
        Independent chains.
    starts : tuple of float
        |x_0|, increasing: one, or two that are coupled.
    orders : tuple of float
        Orders s of the sums of |x_k|^s that are kept.
    thresholds : tuple of float
        Increasing; counts of log|x_k| <= threshold that are kept.
    increment : tuple of float or None
        (shift, power) of the sums of (R + shift)^power - R^power that are kept, if any.
    method : {"gaussian", "chi2"}
        How `numerics.perpetuity` draws Q.
    backend : {"numpy", "cupy"}
        Where to simulate.

    Examples
    --------
    >>> from theory.activations import relu
    >>> Chains(3, 0.5, 1.0, relu(), 60, 10).chunks
    (10,)
    """

    width: int
    variance: float
    bias_variance: float
    activation: Activation
    steps: int
    replicates: int
    starts: tuple[float, ...] = (0.0,)
    orders: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = field(default=(), repr=False)
    increment: tuple[float, float] | None = None
    method: str = "chi2"
    backend: str = "numpy"

    @property
    def depth(self) -> int:
        """Number of recursions."""
        return self.steps

    @property
    def description(self) -> str:
        """Coefficients, starts, number of recursions."""
        starts = " and ".join(f"{start:.3g}" for start in self.starts)
        return (
            f"{self.steps} steps of the recursion from |x_0| = {starts}, {self.method} draws, width {self.width}, "
            f"{self.activation.name}, variances {self.variance:.6g} and {self.bias_variance:g}"
        )

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "activation": ElementaryActivation(**asdict(self.activation)),
            "steps": self.steps,
            "method": self.method,
            "backend": self.backend,
        }

    @cached_property
    def _plan(self) -> Any:
        return plan(chains=self.replicates, starts=len(self.starts), **self._arguments)

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return float(self._plan.seconds)

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        return int(self._plan.bytes) + (3 + len(self.starts)) * 8 * self.chunks[0]

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Run `replicates` chains and reduce them to sums and counts that add up over chunks.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,); for the first start "counts" (thresholds,), "sums" (orders, 3) of y, y^2, y^3 with
            y = |x_k|^order, "increment_sums" (3,); for the last start "counts_above", "sums_above",
            "increment_sums_above".
        """
        squared = coupled_squared_norms(
            **self._arguments,
            variance=self.variance,
            bias_variance=self.bias_variance,
            chains=replicates,
            starts=tuple(start**2 for start in self.starts),
            rng=rng,
        )
        below, above = squared[0, 0], squared[-1, 0]
        kept = {"replicates": np.array([float(replicates)]), **self._reduced(below)}
        return {**kept, **{f"{name}_above": value for name, value in self._reduced(above).items()}}

    def _reduced(self, squared: _Array) -> dict[str, _Array]:
        with np.errstate(divide="ignore"):
            position = np.searchsorted(np.asarray(self.thresholds), np.log(squared) / 2)
        counts = np.cumsum(np.bincount(position, minlength=len(self.thresholds) + 1))
        sums = [_powers(squared ** (order / 2)) for order in self.orders]
        kept = {
            "counts": counts[: len(self.thresholds)].astype(np.float64),
            "sums": np.array(sums).reshape(len(self.orders), 3),
        }
        if self.increment is None:
            return kept
        shift, power = self.increment
        return {**kept, "increment_sums": _powers((squared + shift) ** power - squared**power)}


def _powers(y: _Array) -> _Array:
    return np.array([float(np.sum(y**k)) for k in (1, 2, 3)])
