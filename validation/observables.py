"""Named observables of a replicate, reduced to sums from which the moments of any linear combination follow.

What is kept is sum_n z_i z_j z_k over the replicates, z = (1, y_1, ..., y_d): size, mean, standard deviation and
skewness of every combination of the y's are contractions of it, so that a check may combine them after the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from validation.checks.mean import MeanSample
from validation.simulation import Simulation, Summary, sample_moments

__all__ = ["HALVING", "Observed", "combination", "cubic_sums", "halving_change"]

HALVING = " on halving the step"
"""Ends the name of an observable's change from a step to half of it, on the same Brownian path."""

_BLOCK = 20_000  # replicates at once: bounds the memory of the products

_Array = NDArray[np.float64]


class Observed(Simulation, Protocol):
    """A simulation that keeps the array "cubic_sums", one block of it for each recorded time."""

    @property
    def observables(self) -> tuple[str, ...]:
        """Names of the y's, in order."""
        ...


def cubic_sums(values: _Array) -> _Array:
    """Return sum_n z_i z_j z_k, z = (1, y_1, ..., y_d).

    Parameters
    ----------
    values : ndarray
        Shape (replicates, d).

    Returns
    -------
    ndarray
        Shape (d + 1, d + 1, d + 1).

    Examples
    --------
    >>> sums = cubic_sums(np.array([[1.0], [2.0]]))
    >>> [float(sums[0, 0, 0]), float(sums[0, 0, 1]), float(sums[0, 1, 1]), float(sums[1, 1, 1])]
    [2.0, 3.0, 5.0, 9.0]
    """
    size, width = values.shape[0], values.shape[1] + 1
    total = np.zeros((width, width * width))
    for start in range(0, size, _BLOCK):
        block = values[start : start + _BLOCK]
        z = np.column_stack([np.ones(len(block)), block])
        total += z.T @ (z[:, :, None] * z[:, None, :]).reshape(len(block), -1)
    return total.reshape(width, width, width)


def combination(summary: Summary, weights: Mapping[str, float], record: int = 0) -> MeanSample:
    """Return the moments of a linear combination of observables.

    Parameters
    ----------
    summary : Summary
        Of an `Observed` simulation.
    weights : mapping of str to float
        Coefficient of each observable that enters; "1" is the constant one.
    record : int
        Which of the recorded times.

    Returns
    -------
    MeanSample

    Raises
    ------
    ValueError
        For an observable that the simulation does not keep.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> kept = {"cubic_sums": cubic_sums(np.array([[1.0, 0.0], [2.0, 5.0], [3.0, 7.0]]))[None]}
    >>> summary = Summary(SimpleNamespace(observables=("a", "b")), kept)
    >>> sample = combination(summary, {"a": 2.0, "b": -1.0})  # 2, -1, -1
    >>> sample.replicates, round(sample.mean, 12), round(sample.std, 12), round(sample.skewness, 12)
    (3, 0.0, 1.732050807569, 0.707106781187)
    """
    names = ("1", *summary.experiment.observables)  # type: ignore[attr-defined]
    unknown = sorted(set(weights) - set(names))
    if unknown:
        raise ValueError(f"weights must be of observables among {names}, got {unknown}")
    vector = np.array([weights.get(name, 0.0) for name in names])
    sums = summary.arrays["cubic_sums"][record]
    size, one = sums[0, 0, 0], np.eye(len(names))[0]
    powers = ((one, one, vector), (one, vector, vector), (vector, vector, vector))
    first, second, third = (np.einsum("ijk,i,j,k->", sums, *p) for p in powers)
    return MeanSample(round(size), *sample_moments(size, first, second, third))


def halving_change(
    summary: Summary, weights: Mapping[str, float], record: int = 0
) -> MeanSample | None:
    """Return the moments of the combination's change from a step to half of it, where the simulation keeps it.

    Parameters
    ----------
    summary, weights, record
        As for `combination`.

    Returns
    -------
    MeanSample or None
        None for a simulation without steps in time, or one whose step is exact.

    Raises
    ------
    ValueError
        For an observable without its change, where others have theirs.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> halving_change(Summary(SimpleNamespace(observables=("a",)), {}), {"a": 1.0}) is None
    True
    """
    observables = summary.experiment.observables  # type: ignore[attr-defined]
    if not any(name.endswith(HALVING) for name in observables):
        return None
    changes = {name + HALVING: weight for name, weight in weights.items() if name != "1"}
    return combination(summary, changes, record)
