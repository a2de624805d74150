"""Which states of a trajectory a simulation returns: the check of `record`, and the copying."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["checked_record", "record_states"]


def checked_record(record: Sequence[int] | None, steps: int) -> tuple[int, ...]:
    """Return the steps after which states are recorded: integers from 0 to `steps`, increasing.

    Parameters
    ----------
    record : sequence of int or None
        The candidate; None is the last step alone, 0 the start.
    steps : int
        Number of steps of the simulation.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> checked_record(None, 100), checked_record([0, 10], 100)
    ((100,), (0, 10))
    """
    if record is None:
        return (steps,)
    try:
        values = np.asarray(record)
    except ValueError:  # ragged
        values = np.zeros(0)
    whole = values.ndim == 1 and values.size > 0 and values.dtype.kind in "iu"
    recorded = tuple(values.tolist()) if whole else ()
    rising = all(a < b for a, b in itertools.pairwise(recorded))
    if not (recorded and rising and recorded[0] >= 0 and recorded[-1] <= steps):
        raise ValueError(
            f"record must hold increasing integers from 0 to steps, {steps}, got {record!r}"
        )
    return recorded


def record_states(
    trajectory: Iterable[Any], recorded: Sequence[int], shape: tuple[int, ...], why: str
) -> np.ndarray:
    """Run a trajectory to the last recorded step and copy the recorded states.

    Parameters
    ----------
    trajectory : iterable of array
        The state after 0, 1, 2, ... steps.
    recorded : sequence of int
        As returned by `checked_record`.
    shape : tuple of int
        Shape of a state.
    why : str
        Beginning of the message for a state that is not finite: which argument is too large.

    Returns
    -------
    numpy.ndarray of float64, shape (len(recorded), *shape)

    Raises
    ------
    ValueError
        If a recorded state is not finite.

    Examples
    --------
    >>> record_states(([2.0**k] for k in range(9)), (0, 3), (1,), "step is too large")
    array([[1.],
           [8.]])
    """
    result = np.empty((len(recorded), *shape))
    row = 0
    with np.errstate(over="ignore", invalid="ignore"):  # found below, and said in words
        for k, state in enumerate(itertools.islice(trajectory, recorded[-1] + 1)):
            if k == recorded[row]:
                result[row] = state
                _require_finite(result[row], k, why)
                row += 1
    return result


def _require_finite(state: np.ndarray, steps: int, why: str) -> None:
    """Raise unless the trajectory is still among the doubles."""
    if not np.isfinite(state).all():
        raise ValueError(f"{why}: the states are no longer finite after {steps} steps")
