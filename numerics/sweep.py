"""A grid of cells over local processes, each finished cell stored: every long run goes this way.

``run`` computes the cells that are not stored yet and returns all of them; killed and called again
it loses at most the cells in flight. A cell's random numbers depend on (seed, key) alone, so any
number of jobs gives the same arrays. joblib does the scheduling: its default worker processes here,
or whatever ``joblib.parallel_config`` says (a Dask cluster, say). `Cell` and `CellError` are offered here
too, so that callers need this module alone.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .cell_store import Arrays, CellStore, DamagedError, OutdatedError
from .cells import Cell as Cell
from .cells import Entry, make_grid
from .networks import positive_integer
from .worker_pool import CellError as CellError
from .worker_pool import CellFunction, compute

__all__ = ["Plan", "StoredCellWarning", "plan", "run"]


class StoredCellWarning(UserWarning):
    """A stored cell was damaged and is computed again."""


@dataclass(frozen=True)
class Plan:
    """What `run` would do.

    Parameters
    ----------
    cells : int
        Cells in the sweep.
    done : int
        Cells stored and valid.
    seconds : float
        Estimated wall time of the rest, spread over the jobs.
    bytes : int
        Estimated memory: the largest cells of the rest, one for each job.
    """

    cells: int
    done: int
    seconds: float
    bytes: int

    def __str__(self) -> str:
        return (
            f"{self.cells} cells, {self.done} done, {self.cells - self.done} to compute: "
            f"about {self.seconds:.3g} s, {self.bytes / 2**20:.1f} MiB"
        )


def run(
    function: CellFunction,
    cells: Iterable[Cell],
    *,
    directory: str | os.PathLike[str],
    seed: int,
    jobs: int = 1,
    fingerprint: str = "",
    progress: Callable[[Cell], None] | None = None,
) -> dict[str, Arrays]:
    """Compute the cells that are not stored yet, store each, return all.

    Parameters
    ----------
    function : callable
        ``function(parameters, rng)`` returns a dict of arrays; defined at the top level of a
        module, so that worker processes find it.
    cells : iterable of Cell
        The grid.
    directory : path
        Where finished cells are kept; made if need be. One sweep writes to it at a time.
    seed : int
        The run's seed, >= 0.
    jobs : int, default 1
        Cells computed at a time, each in a worker process with one BLAS thread (one job too:
        threads change the last bits, and can only be limited before NumPy loads).
    fingerprint : str, default ""
        Hash of the code the numbers depend on (see `numerics.provenance.source_fingerprint`): a cell stored under
        another one is computed again.
    progress : callable, optional
        Called in this process with each cell as it is done, stored ones first.

    Returns
    -------
    dict of str to dict of str to numpy.ndarray
        The arrays of each cell by its key, in the order of `cells`.

    Raises
    ------
    ValueError
        If an argument is outside its domain or `directory` cannot be written to.
    CellError
        If `function` fails; cells finished before stay stored.

    Warns
    -----
    StoredCellWarning
        If a stored cell is missing a file, truncated or altered; it is computed again.

    Examples
    --------
    >>> import joblib, pathlib, sys, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "my_cells.py").write_text(
    ...     "def mean(parameters, rng): return {'mean': rng.random(parameters['n']).mean()}"
    ... )
    >>> sys.path.insert(0, str(folder))
    >>> from my_cells import mean
    >>> cells = [Cell("few", {"n": 10}), Cell("many", {"n": 10**5})]
    >>> print(plan(mean, cells, directory=folder / "cells", seed=0))
    2 cells, 0 done, 2 to compute: about 0 s, 0.0 MiB
    >>> with joblib.parallel_config("threading"):  # without it: worker processes
    ...     result = run(mean, cells, directory=folder / "cells", seed=0)
    >>> print(plan(mean, cells, directory=folder / "cells", seed=0))
    2 cells, 2 done, 0 to compute: about 0 s, 0.0 MiB
    >>> float(result["many"]["mean"].round(2))
    0.5
    """
    grid = make_grid(function, cells, seed, fingerprint)
    jobs, store, notify = positive_integer("jobs", jobs), CellStore(directory), progress or _silent
    store.prepare()
    results = _stored(store, grid.values())
    for key in results:
        notify(grid[key].cell)
    pending = [entry.identity for key, entry in grid.items() if key not in results]
    for key, arrays, seconds in compute(function, pending, jobs):
        store.write(grid[key].identity, arrays, seconds)
        results[key] = store.read(grid[key].identity)
        notify(grid[key].cell)
    return {key: results[key] for key in grid}


def plan(
    function: CellFunction,
    cells: Iterable[Cell],
    *,
    directory: str | os.PathLike[str],
    seed: int,
    jobs: int = 1,
    fingerprint: str = "",
) -> Plan:
    """Say what `run` with the same arguments would do, without computing or writing.

    Parameters
    ----------
    function, cells, directory, seed, jobs, fingerprint
        As for `run`.

    Returns
    -------
    Plan
        Cells, how many are done, estimated seconds and bytes of the rest.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Warns
    -----
    StoredCellWarning
        If a stored cell is damaged.

    Examples
    --------
    >>> from math import hypot  # any importable function: none is called here
    >>> cells = [Cell("few", 10, seconds=2.0), Cell("many", 1000, seconds=4.0)]
    >>> print(plan(hypot, cells, directory="never-made", seed=0, jobs=2))
    2 cells, 0 done, 2 to compute: about 4 s, 0.0 MiB
    """
    grid, jobs = make_grid(function, cells, seed, fingerprint), positive_integer("jobs", jobs)
    done = _stored(CellStore(directory), grid.values())
    rest = [entry.cell for key, entry in grid.items() if key not in done]
    seconds = [cell.seconds for cell in rest]
    largest = sorted((cell.bytes for cell in rest), reverse=True)[:jobs]
    # no number of jobs makes a sweep shorter than its longest cell
    wall = max(sum(seconds) / jobs, max(seconds, default=0.0))
    return Plan(len(grid), len(done), wall, sum(largest))


def _stored(store: CellStore, entries: Iterable[Entry]) -> dict[str, Arrays]:
    """Load the cells that are stored and valid, warning of each damaged one."""
    found = {}
    for entry in entries:
        try:
            found[entry.cell.key] = store.read(entry.identity)
        except OutdatedError:
            continue
        except DamagedError as damage:
            warnings.warn(
                f"stored cell {entry.cell.key!r} in {store.directory} is computed again: {damage}",
                StoredCellWarning,
                stacklevel=3,
            )
    return found


def _silent(cell: Cell) -> None:
    """Report nothing."""
