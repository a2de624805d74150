"""Gaussian deep linear nets on their plateau: how long the loss stays where it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from numerics.deep_linear import train
from validation.deep_linear_problems import Problem, counts_up_to
from validation.sampled import Sampled

__all__ = ["LifetimeGrowth", "Plateaus", "flow_lifetimes"]

_Array = NDArray[np.float64]
_MOVE = (
    0.5  # share of its norm by which a weight matrix moves in a step, at most, divided by the depth
)
_FLOOR = 0.01  # square below which a norm counts no less: weights of width 1 must be able to pass through 0
_STABLE = 0.5  # step times the kernel, at most; explicit Euler is stable below 2


@dataclass(frozen=True)
class Plateaus(Sampled):
    """Logarithm of the first step at which l - l* leaves [low, high] |Y|_F^2, of nets under gradient descent.

    Parameters
    ----------
    problem : Problem
        What they learn.
    width, depth : int
        m and L.
    learning_rate : float
        eta.
    steps : int
        Of gradient descent; a net still inside then counts as leaving at infinity.
    replicates : int
        Nets.
    thresholds : tuple of float
        Increasing; counts of log steps up to them are kept.
    initialisation : {"gaussian", "orthogonal"}
        How the weights are drawn.
    band : tuple of float
        Low and high.

    Examples
    --------
    >>> nets = Plateaus(Problem((1.0,), ((1.0,),), 1), 2, 40, 0.1, 20, 30, (np.log(20),))
    >>> bool(nets.simulate(30, np.random.default_rng(1))["counts"][0] < 10)
    True
    """

    problem: Problem
    width: int
    depth: int
    learning_rate: float
    steps: int
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)
    initialisation: str = "gaussian"
    band: tuple[float, float] = (0.4, 0.6)

    @property
    def description(self) -> str:
        """Sizes and rate."""
        return (
            f"{self.initialisation} nets, m = {self.width}, L = {self.depth}, {self.problem.description}, "
            f"eta = {self.learning_rate:.3g}, {self.steps} steps"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it, roughly."""
        each = 2e-7 + 1.5e-9 * self.width**2
        return self.depth * self.steps * (3e-5 + self.replicates * each)

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Train `replicates` nets and count the logarithms of their exits.

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
        data = self.problem.data
        history = train(
            data=data,
            width=self.width,
            depth=self.depth,
            learning_rate=self.learning_rate,
            steps=self.steps,
            record=range(self.steps + 1),
            initialisation=self.initialisation,
            nets=replicates,
            rng=rng,
        )
        power = 2 * data.target_loss
        low, high = (end * power for end in self.band)
        outside = (history.losses < low) | (history.losses > high)
        first = np.where(outside.any(axis=0), outside.argmax(axis=0), np.inf)
        with np.errstate(divide="ignore"):
            counts = counts_up_to(np.log(first), self.thresholds)
        return {"replicates": np.array([float(replicates)]), "counts": counts}


@dataclass(frozen=True)
class LifetimeGrowth(Sampled):
    """How the median log-lifetime M of a plateau bends with depth: (M_3 - 2 M_2 + M_1)/(M_3 - M_1).

    0 if M is linear in depth. A lifetime is the time in which gradient flow brings (f(x) - y)^2/2 below 0.4 y^2, of
    a Gaussian net with one input and one output, x = y = 1, times the depth: it counts the steps at a learning rate
    in proportion to 1/L.

    Parameters
    ----------
    width : int
        m.
    depths : tuple of int
        Three, evenly spaced.
    batch : int
        Nets of each depth in a replicate.
    replicates : int
        Batches.
    thresholds : tuple of float
        Increasing; counts of the statistic up to them are kept.

    Examples
    --------
    >>> growth = LifetimeGrowth(2, (5, 10, 15), 20, 4, (0.0,))
    >>> growth.simulate(4, np.random.default_rng(1))["counts"].shape
    (1,)
    """

    width: int
    depths: tuple[int, int, int]
    batch: int
    replicates: int
    thresholds: tuple[float, ...] = field(repr=False)

    @property
    def depth(self) -> int:
        """The largest."""
        return self.depths[-1]

    @property
    def description(self) -> str:
        """Sizes."""
        return (
            f"gradient flow of Gaussian nets, m = {self.width}, L = {self.depths}, d_x = d_y = 1, "
            f"medians of {self.batch} nets"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it, roughly."""
        return self.replicates * self.batch * sum(self.depths) * 5e-6 * self.width

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Find the lifetimes of `replicates` batches and count how they bend.

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
        nets = replicates * self.batch
        medians = []
        for depth in self.depths:
            times = depth * flow_lifetimes(self.width, depth, nets, rng)
            with np.errstate(divide="ignore"):
                logs = np.log(times).reshape(replicates, self.batch)
            medians.append(np.median(logs, axis=1))
        first, second, third = medians
        with np.errstate(invalid="ignore"):  # medians of -inf: most nets start off the plateau
            bend = (third - 2 * second + first) / (third - first)
        counts = counts_up_to(bend, self.thresholds)
        return {"replicates": np.array([float(replicates)]), "counts": counts}


def flow_lifetimes(
    width: int, depth: int, nets: int, rng: np.random.Generator, move: float = _MOVE
) -> _Array:
    """Return the times at which gradient flow brings the loss of Gaussian nets below 0.4, x = y = 1.

    Explicit Euler, each net with its own step: no matrix moves by more than a share of its norm, of order 1/L so
    that no product changes by much, and the step is far below the limit of stability.

    Parameters
    ----------
    width, depth : int
        m and L >= 2.
    nets : int
        Independent nets.
    rng : numpy.random.Generator
        Source of the weights.
    move : float
        That share, times the depth.

    Returns
    -------
    ndarray, shape (nets,)
        0 for nets that start below.

    Examples
    --------
    >>> times = flow_lifetimes(2, 20, 50, np.random.default_rng(0))
    >>> bool(np.median(times) > 1) and times.shape
    (50,)
    """
    shapes = [(width, 1), *[(width, width)] * (depth - 2), (1, width)]
    layers = [
        rng.standard_normal((nets, *shape)) / (np.sqrt(width) if k else 1.0)
        for k, shape in enumerate(shapes)
    ]
    times, moving = np.zeros(nets), np.arange(nets)
    while moving.size:
        states, errors = _forward(layers)
        going = errors**2 / 2 >= 0.4
        moving, errors = moving[going], errors[going]
        layers, states = ([x[going] for x in each] for each in (layers, states))
        slopes = _slopes(layers, states, width)
        step = _step(layers, slopes, errors, width, move / depth)
        times[moving] += step
        for layer, slope in zip(layers, slopes, strict=True):
            layer -= (step * errors)[:, None, None] * slope
    return times


def _forward(layers: list[_Array]) -> tuple[list[_Array], _Array]:
    """States after each layer, and f(x) - y."""
    states = [layers[0]]
    for layer in layers[1:]:
        states.append(layer @ states[-1])
    return states, states[-1][:, 0, 0] - 1


def _slopes(layers: list[_Array], states: list[_Array], width: int) -> list[_Array]:
    """Velocities of the scaled layers for an error of -1: W_l = V_l sqrt(m) but for the first, so df/dV_l / m."""
    above, slopes = np.ones((len(states[0]), 1, 1)), []
    for k in range(len(layers) - 1, 0, -1):
        slopes.append(above.mT @ states[k - 1].mT / width)
        above = above @ layers[k]
    return [above.mT, *reversed(slopes)]


def _step(
    layers: list[_Array], slopes: list[_Array], errors: _Array, width: int, move: float
) -> _Array:
    """The longest permitted step of each net."""
    squares = [np.sum(slope**2, axis=(1, 2)) for slope in slopes]
    sizes = [_FLOOR + np.sum(layer**2, axis=(1, 2)) for layer in layers]
    kernel = squares[0] + width * np.sum(squares[1:], axis=0)
    fastest = np.sqrt(np.max([s / z for s, z in zip(squares, sizes, strict=True)], axis=0))
    return np.asarray(1 / np.maximum(np.abs(errors) * fastest / move, kernel / _STABLE))
