"""Deep linear nets under gradient descent: by how much a whole trajectory keeps a bound, and losses at chosen steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.deep_linear import train
from numerics.deep_linear_history import History
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import draw_reduced
from validation.deep_linear_problems import Problem, counts_up_to
from validation.observables import cubic_sums
from validation.sampled import Sampled

__all__ = ["STATISTICS", "TrainedLosses", "Trainings"]

_Array = NDArray[np.float64]


def _slowest(history: History) -> _Array:
    """-max over t of log(l(t)/l(0))/t: a bound l(t) <= rho^t l(0) holds throughout if it is -log rho at least."""
    with np.errstate(divide="ignore"):
        logs = np.log(history.losses[1:] / history.losses[0])
    return -np.asarray(np.max(logs / np.array(history.record[1:])[:, None], axis=0))


def _movement(history: History) -> _Array:
    """-log max over layers and steps of |W_i(t) - W_i(0)|_F/sqrt(l(0) - l*)."""
    assert history.invariants is not None
    moved = history.invariants.movement.max(axis=(0, 2)) / np.sqrt(history.losses[0])
    return -np.log(np.where(np.isnan(moved), np.inf, moved))


def _straying(history: History) -> _Array:
    """-log max over partial products, (1, L) apart, and steps of |singular value/m^(...) - 1|."""
    known = history.invariants
    assert known is not None
    inner = [k for k, pair in enumerate(known.pairs) if pair != known.pairs[_whole(known.pairs)]]
    ends = np.stack([known.largest[..., inner] - 1, 1 - known.smallest[..., inner]])
    worst = np.max(ends, axis=(0, 1, 3))
    return -np.log(np.where(np.isnan(worst), np.inf, worst))


def _whole(pairs: tuple[tuple[int, int], ...]) -> int:
    """Position of the product of all layers."""
    return max(range(len(pairs)), key=lambda k: pairs[k][1] - pairs[k][0])


STATISTICS: Mapping[str, tuple[Callable[[History], _Array], bool]] = MappingProxyType(
    {
        "rate": (_slowest, False),
        "movement": (_movement, True),
        "singular values": (_straying, True),
    }
)
"""Name of a statistic -> its computation from a net's history, and whether it takes the invariants of the proof."""


@dataclass(frozen=True)
class Trainings(Sampled):
    """Independent nets trained for a while, each reduced to one number: a Simulation.

    Parameters
    ----------
    problem : Problem
        What they learn.
    width, depth : int
        m and L.
    initialisation : {"orthogonal", "gaussian"}
        How the weights are drawn.
    learning_rate : float
        eta.
    steps : int
        Of gradient descent.
    replicates : int
        Nets.
    thresholds : tuple of float
        Increasing; counts of nets up to them are kept.
    statistic : {"rate", "movement", "singular values"}
        Which number; see the functions behind `STATISTICS`.
    reduced : bool
        Whether orthogonal nets are trained in the subspaces that matter, exactly, at the cost of width r + d_y.

    Examples
    --------
    >>> problem = Problem((1.0,), ((1.0,),), 1)
    >>> nets = Trainings(problem, 50, 4, "orthogonal", 0.1, 20, 30, (0.0,))
    >>> float(nets.simulate(30, np.random.default_rng(1))["counts"][0])
    0.0
    """

    problem: Problem
    width: int
    depth: int
    initialisation: str
    learning_rate: float
    steps: int
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)
    statistic: str = "rate"
    reduced: bool = True

    @property
    def description(self) -> str:
        """Sizes, initialisation and rate."""
        return (
            f"{self.initialisation} nets, m = {self.width}, L = {self.depth}, {self.problem.description}, "
            f"eta = {self.learning_rate:.3g}, {self.steps} steps"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it, roughly."""
        rank, outputs = len(self.problem.singular_values), self.problem.out_dim
        size = rank + outputs if self._short else self.width
        work = self.depth * (size**2 * (rank + 2 * outputs) * 6e-10 + 4e-7) * self.steps
        svd = 3e-9 * size**3 * self.depth * 5 if self._invariants else 0.0
        return self.replicates * (work + svd + (0 if self._short else 2e-8 * self.depth * size**2))

    @property
    def _short(self) -> bool:
        return self.reduced and self.initialisation == "orthogonal" and not self._invariants

    @property
    def _invariants(self) -> bool:
        return STATISTICS[self.statistic][1]

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Train `replicates` nets and count their statistics.

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
        every = max(1, self.steps // 4) if self._invariants else 1
        record = sorted({*range(0, self.steps + 1, every), self.steps})
        common = {"learning_rate": self.learning_rate, "steps": self.steps, "record": record}
        history = self._trained(replicates, rng, common)
        values = STATISTICS[self.statistic][0](history)
        counts = counts_up_to(values, self.thresholds)
        return {"replicates": np.array([float(replicates)]), "counts": counts}

    def _trained(self, nets: int, rng: np.random.Generator, common: dict[str, Any]) -> History:
        data = self.problem.data
        if self._short:
            drawn = draw_reduced(
                input_dim=data.in_dim,
                out_dim=data.out_dim,
                rank=data.rank,
                width=self.width,
                nets=nets,
                rng=rng,
            )
            return train_reduced(data=data, nets=drawn, depth=self.depth, **common)
        return train(
            data=data,
            width=self.width,
            depth=self.depth,
            initialisation=self.initialisation,
            nets=nets,
            rng=rng,
            invariants=self._invariants,
            **common,
        )


@dataclass(frozen=True)
class TrainedLosses(Sampled):
    """Excess losses of orthogonal nets at chosen steps: an `Observed` simulation, one block of sums a step.

    Parameters
    ----------
    problem : Problem
        What they learn.
    width, depth : int
        m and L.
    learning_rate : float
        eta.
    record : tuple of int
        Steps, increasing.
    replicates : int
        Nets.

    Examples
    --------
    >>> TrainedLosses(Problem((1.0,), ((1.0,),), 1), 50, 4, 0.1, (0, 5), 10).observables
    ('loss',)
    """

    problem: Problem
    width: int
    depth: int
    learning_rate: float
    record: tuple[int, ...]
    replicates: int

    @property
    def observables(self) -> tuple[str, ...]:
        """The excess loss."""
        return ("loss",)

    @property
    def description(self) -> str:
        """Sizes and rate."""
        return (
            f"orthogonal nets, m = {self.width}, L = {self.depth}, {self.problem.description}, "
            f"eta = {self.learning_rate:.3g}"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it, roughly."""
        return self.replicates * (4e-6 + 3e-7 * self.depth * self.record[-1])

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Train `replicates` nets and sum up the powers of their losses.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "cubic_sums" (recorded, 2, 2, 2).
        """
        data = self.problem.data
        nets = draw_reduced(
            input_dim=data.in_dim,
            out_dim=data.out_dim,
            rank=data.rank,
            width=self.width,
            nets=replicates,
            rng=rng,
        )
        history = train_reduced(
            data=data,
            nets=nets,
            depth=self.depth,
            learning_rate=self.learning_rate,
            steps=self.record[-1],
            record=self.record,
        )
        sums = np.stack([cubic_sums(losses[:, None]) for losses in history.losses])
        return {"replicates": np.array([float(replicates)]), "cubic_sums": sums}
