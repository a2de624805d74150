"""Cells in worker processes with one BLAS thread each, scheduled by joblib."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import joblib
import numpy as np

from .cell_store import Identity
from .streams import seed_sequence

__all__ = ["CellError", "CellFunction", "Finished", "compute"]

CellFunction = Callable[[Any, np.random.Generator], Mapping[str, Any]]
"""``function(parameters, rng)`` returns arrays by name."""

Finished = tuple[str, Mapping[str, Any], float]
"""Key of a cell, its arrays by name, seconds of wall time in the worker."""

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class CellError(RuntimeError):
    """A cell's function failed; the message names the cell and what was raised."""


def compute(
    function: CellFunction, identities: Sequence[Identity], jobs: int
) -> Iterator[Finished]:
    """Compute cells, at most `jobs` at a time, and yield each as it finishes.

    Where ``joblib.parallel_config`` names a backend, that backend runs the cells; it must see to
    its own BLAS threads.

    Parameters
    ----------
    function : callable
        ``function(parameters, rng)`` returns a dict of arrays.
    identities : sequence of Identity
        The cells.
    jobs : int
        Cells in flight, >= 1.

    Yields
    ------
    key : str
    arrays : mapping of str to array
    seconds : float
        Wall time in the worker.

    Raises
    ------
    CellError
        If `function` fails.

    Examples
    --------
    >>> cell = Identity("answer", 21, seed=0, function="twice", fingerprint="")
    >>> finished = compute(lambda parameters, rng: {"twice": 2 * parameters}, [cell], jobs=1)
    >>> [(key, arrays) for key, arrays, seconds in finished]
    [('answer', {'twice': 42})]
    """
    if not identities:
        return
    # Worker processes for one job too (joblib would run it in this process): BLAS threads can be
    # limited only before NumPy loads. `pre_dispatch` is what bounds the cells in flight.
    parallel = joblib.Parallel(
        n_jobs=max(jobs, 2), pre_dispatch=jobs, batch_size=1, return_as="generator_unordered"
    )
    with _one_blas_thread():
        finished = parallel(joblib.delayed(_compute_one)(function, each) for each in identities)
        with contextlib.closing(finished):
            yield from finished


def _compute_one(function: CellFunction, identity: Identity) -> Finished:
    """Run one cell with the Generator that its seed and key fix."""
    rng = np.random.default_rng(seed_sequence(identity.seed, identity.key))
    started = time.perf_counter()
    try:
        arrays = function(identity.parameters, rng)
    except Exception as error:
        raise CellError(f"cell {identity.key!r} failed: {type(error).__name__}: {error}") from error
    return identity.key, arrays, time.perf_counter() - started


@contextlib.contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let worker processes started meanwhile inherit a limit of one thread."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
