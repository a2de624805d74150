"""What the run needs of a simulation, and the sums that its chunks add up to.

A simulation knows no theory. Its replicates are cut into chunks of a size that depends on nothing but itself, so the
numbers are the same for any number of workers; each chunk is reduced at once to sums and counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Simulation", "Summary", "chunk_sizes", "contents_key", "sample_moments"]

_CHUNK_SECONDS = 2.0  # estimated; a killed run loses at most this much per worker
_CHUNK_REPLICATES = 2_000_000  # bounds the memory of one chunk
_ABOUT = ("replicates", "seconds")  # of a chunk, and not among its sums


class Simulation(Protocol):
    """A sample of independent replicates: a frozen dataclass with these attributes."""

    @property
    def replicates(self) -> int:
        """How many independent replicates."""
        ...

    @property
    def key(self) -> str:
        """A name that depends on the contents alone; it seeds the random streams. See `contents_key`."""
        ...

    @property
    def chunks(self) -> tuple[int, ...]:
        """Replicates of each chunk. See `chunk_sizes`."""
        ...

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        ...

    @property
    def bytes(self) -> int:
        """Estimated peak memory of a chunk."""
        ...

    @property
    def orders(self) -> tuple[float, ...]:
        """Orders of the moments whose sums are kept, as rows of the array "sums"."""
        ...

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Increasing; the counts of values up to them are kept, as the array "counts"."""
        ...

    @property
    def depth(self) -> int:
        """Layers: a relative error e of every weight variance shifts the log-norm by depth/2 log(1 + e)."""
        ...

    @property
    def description(self) -> str:
        """What is drawn, for the record."""
        ...

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Draw a chunk: the array "replicates" (1,), and arrays that add up over chunks."""
        ...


def contents_key(simulation: Any) -> str:
    """Return a name that depends on a dataclass's type and contents alone.

    Parameters
    ----------
    simulation : dataclass instance
        Its fields must be plain JSON types, or dataclasses of such.

    Returns
    -------
    str
        16 hexadecimal digits. The contents include variances computed by closed forms: the same seed gives the same
        numbers with the same versions on the same kind of processor, not across them.

    Examples
    --------
    >>> from theory.activations import linear, relu
    >>> contents_key(relu()) == contents_key(relu()), contents_key(relu()) == contents_key(linear())
    (True, False)
    """
    contents = {"type": type(simulation).__name__, **asdict(simulation)}
    text = json.dumps(contents, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def chunk_sizes(replicates: int, seconds: float) -> tuple[int, ...]:
    """Cut replicates into nearly equal chunks of about two seconds and at most two million replicates.

    Parameters
    ----------
    replicates : int
        In all.
    seconds : float
        Estimated time for all of them.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> chunk_sizes(10, 4.0)
    (5, 5)
    """
    count = max(1, round(seconds / _CHUNK_SECONDS), -(-replicates // _CHUNK_REPLICATES))
    cuts = np.linspace(0, replicates, min(count, replicates) + 1).astype(int)
    return tuple(int(n) for n in np.diff(cuts))


@dataclass(frozen=True)
class Summary:
    """A simulation's chunks added up.

    Parameters
    ----------
    experiment : Simulation
        What was simulated.
    arrays : mapping of str to ndarray
        As `Simulation.simulate` returns them, added over the chunks.
    seconds : float
        Time the simulation took, over all workers.

    Examples
    --------
    >>> from theory.activations import linear
    >>> from validation.experiment import Experiment
    >>> experiment = Experiment((1, 1), (1.0,), linear(), 1000, orders=(2.0,), thresholds=(0.0,))
    >>> chunk = experiment.simulate(1000, np.random.default_rng(1))
    >>> mean, std, skewness = Summary.of(experiment, [chunk]).moments(2.0)
    >>> bool(abs(mean - 1) < 6 * 2**0.5 / 1000**0.5)
    True
    """

    experiment: Simulation
    arrays: Mapping[str, NDArray[np.float64]]
    seconds: float = 0.0

    @classmethod
    def of(
        cls, experiment: Simulation, chunks: Iterable[Mapping[str, NDArray[np.float64]]]
    ) -> Summary:
        """Add up the chunks, which must together have the simulation's replicates."""
        parts = list(chunks)
        total = sum(float(part["replicates"][0]) for part in parts)
        if total != experiment.replicates:
            raise ValueError(f"chunks hold {total:g} replicates, expected {experiment.replicates}")
        names = [name for name in parts[0] if name not in _ABOUT]
        arrays = {name: np.sum([part[name] for part in parts], axis=0) for name in names}
        seconds = sum(float(part.get("seconds", [0.0])[0]) for part in parts)
        return cls(experiment, arrays, seconds)

    def moments(self, order: float) -> tuple[float, float, float]:
        """Sample mean, standard deviation and skewness of (|x_L|/|x_0|)^order."""
        row = self.arrays["sums"][self.experiment.orders.index(order)]
        return sample_moments(self.experiment.replicates, *row)

    def cdf(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Empirical distribution function at thresholds among the simulation's own."""
        known = np.asarray(self.experiment.thresholds)
        if not np.all(np.isin(thresholds, known)):
            raise ValueError(f"thresholds must be among the experiment's own, got {thresholds}")
        position = np.searchsorted(known, thresholds)
        result: NDArray[np.float64] = self.arrays["counts"][position] / self.experiment.replicates
        return result


def sample_moments(
    size: float, first: float, second: float, third: float
) -> tuple[float, float, float]:
    """Return mean, standard deviation and skewness from a sample's size and sums of powers.

    Parameters
    ----------
    size : float
        Number of values, at least 2.
    first, second, third : float
        Sums of y, y^2 and y^3.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> mean, std, skewness = sample_moments(4, 4.0, 6.0, 10.0)  # 0, 1, 1, 2
    >>> mean, round(std, 12), skewness
    (1.0, 0.816496580928, 0.0)
    """
    one, two, three = first / size, second / size, third / size
    variance = two - one**2
    skewness = (three - 3 * one * two + 2 * one**3) / variance**1.5
    return float(one), float(np.sqrt(variance * size / (size - 1))), float(skewness)
