"""Trainability contours: the width at which half of the nets train in a given time, and how it grows with depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.deep_linear import train
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import draw_reduced
from validation.deep_linear_problems import Problem, counts_up_to
from validation.sampled import Sampled

__all__ = ["ContourSlopes"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class ContourSlopes(Sampled):
    """Slope of log m* against log L, m*(L) the width at which half of a batch of nets train.

    A net trains if after `steps` steps its excess loss is `fall` times the first at most; it may also be stuck, or
    diverge, a class of its own: how many do is kept. m* is where the median of log(l(t)/l(0)) passes log(fall),
    on the line through the medians at two widths; a diverged net's is infinite.

    Parameters
    ----------
    problem : Problem
        What they learn.
    initialisation : {"orthogonal", "gaussian"}
        How the weights are drawn.
    depths : tuple of int
        Two.
    widths : tuple of pairs of int
        The two widths at each depth.
    share : float
        eta, as a share of d_y/(2 L |X|^2).
    steps : int
        Of gradient descent.
    fall : float
        See there.
    batch : int
        Nets of each depth and width in a replicate.
    replicates : int
        Batches.
    thresholds : tuple of float
        Increasing; counts of the slopes up to them are kept.

    Examples
    --------
    >>> problem = Problem((1.0, 1.0), ((1.0, 0.0), (0.0, 1.0)), 2)
    >>> sizes = ((4, 8), ((2, 5), (2, 5)))
    >>> slopes = ContourSlopes(problem, "orthogonal", *sizes, 1.0, 8, 0.1, 9, 3, (0.0,))
    >>> sorted(slopes.simulate(3, np.random.default_rng(1)))
    ['counts', 'diverged', 'replicates']
    """

    problem: Problem
    initialisation: str
    depths: tuple[int, int]
    widths: tuple[tuple[int, int], tuple[int, int]]
    share: float
    steps: int
    fall: float
    batch: int
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)

    @property
    def depth(self) -> int:
        """The larger one."""
        return self.depths[-1]

    @property
    def description(self) -> str:
        """Sizes, rate and criterion."""
        cells = ", ".join(f"{m}" for pair in self.widths for m in pair)
        return (
            f"{self.initialisation} nets, L = {self.depths}, m = {cells}, {self.problem.description}, "
            f"eta = {self.share:g} d_y/(2 L |X|^2), {1 / self.fall:.3g}-fold in {self.steps} steps, "
            f"batches of {self.batch}"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it, roughly."""
        if self.initialisation == "orthogonal":
            each = sum(2 * depth for depth in self.depths) * self.steps * 8e-7
        else:
            each = 1.35e-8 * sum(
                depth * m**2
                for depth, pair in zip(self.depths, self.widths, strict=True)
                for m in pair
            )
        return self.replicates * self.batch * each

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Train `replicates` batches in every cell and count their slopes.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "counts" (thresholds,), "diverged" (depths, widths): how many nets did.
        """
        medians, diverged = np.empty((2, 2, replicates)), np.empty((2, 2))
        for k, j in product(range(2), range(2)):
            ratios, diverged[k, j] = self._train(k, j, replicates * self.batch, rng)
            medians[k, j] = np.median(ratios.reshape(replicates, self.batch), axis=1)
        counts = counts_up_to(self._slopes(medians), self.thresholds)
        return {
            "replicates": np.array([float(replicates)]),
            "counts": counts,
            "diverged": diverged,
        }

    def _slopes(self, medians: _Array) -> _Array:
        """From the medians (depths, widths, replicates); a contour at 0 or infinity makes no finite slope."""
        logs = np.log(np.array(self.widths, dtype=np.float64))[:, :, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            place = (np.log(self.fall) - medians[:, 0]) / (medians[:, 1] - medians[:, 0])
            contour = logs[:, 0] + place * (logs[:, 1] - logs[:, 0])
        slopes = (contour[1] - contour[0]) / np.log(self.depths[1] / self.depths[0])
        return np.asarray(np.where(np.isnan(slopes), np.inf, slopes))

    def _train(self, k: int, j: int, nets: int, rng: np.random.Generator) -> tuple[_Array, float]:
        """Log-ratios of the losses in a cell, and how many nets diverged."""
        data, depth, width = self.problem.data, self.depths[k], self.widths[k][j]
        common: dict[str, Any] = {
            "data": data,
            "depth": depth,
            "learning_rate": self.share * data.out_dim / (2 * depth * data.norm**2),
            "steps": self.steps,
            "record": [0, self.steps],
        }
        if self.initialisation == "orthogonal":
            drawn = draw_reduced(
                input_dim=data.in_dim,
                out_dim=data.out_dim,
                rank=data.rank,
                width=width,
                nets=nets,
                rng=rng,
            )
            history = train_reduced(nets=drawn, **common)
        else:
            history = train(
                width=width,
                initialisation=self.initialisation,
                nets=nets,
                rng=rng,
                dtype=np.float32,
                **common,
            )
        return np.log(history.losses[1] / history.losses[0]), float(np.sum(history.diverged))
