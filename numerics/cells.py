"""The grid of a sweep: cells as the caller names them, checked and given their identities."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .cell_store import Identity
from .streams import seed_sequence
from .worker_pool import CellFunction

__all__ = ["Cell", "Entry", "make_grid"]


@dataclass(frozen=True)
class Cell:
    """One piece of a sweep.

    Parameters
    ----------
    key : str
        Its name, unique within the sweep; with the seed it fixes the random numbers.
    parameters : object
        JSON value (numbers, strings, lists, dicts with string keys) handed to the function.
    seconds : float, default 0.0
        Estimated wall time, >= 0.
    bytes : int, default 0
        Estimated memory, >= 0.

    Raises
    ------
    ValueError
        If a field is outside its domain.

    Examples
    --------
    >>> Cell("width-8", {"width": 8}).key
    'width-8'
    """

    key: str
    parameters: Any
    seconds: float = 0.0
    bytes: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not self.key:
            raise ValueError(f"key must be a non-empty string, got {self.key!r}")
        for name in ("seconds", "bytes"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be finite and >= 0, got {getattr(self, name)!r}")
        try:
            json.dumps(self.parameters, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"parameters must be JSON without NaN, got {self.parameters!r} ({error})"
            ) from error


@dataclass(frozen=True)
class Entry:
    """A cell, and all that its numbers depend on."""

    cell: Cell
    identity: Identity


def make_grid(
    function: CellFunction, cells: Iterable[Cell], seed: int, fingerprint: str
) -> dict[str, Entry]:
    """Check a sweep and key its entries, in the order given.

    Parameters
    ----------
    function : callable
        Defined at the top level of a module.
    cells : iterable of Cell
        With distinct keys.
    seed : int
        The run's seed, >= 0.
    fingerprint : str
        Hash of the code the numbers depend on.

    Returns
    -------
    dict of str to Entry

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Examples
    --------
    >>> from math import hypot  # any importable function: none is called here
    >>> grid = make_grid(hypot, [Cell("few", 10), Cell("many", 1000)], seed=0, fingerprint="")
    >>> grid["many"].identity
    Identity(key='many', parameters=1000, seed=0, function='math.hypot', fingerprint='')
    """
    name, listed = _function_name(function), list(cells)
    seed_sequence(seed)  # refuses a bad seed before anything runs
    grid = {cell.key: _entry(cell, seed, name, fingerprint) for cell in listed}
    if len(grid) < len(listed):
        keys = [cell.key for cell in listed]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise ValueError(f"cells must have distinct keys, got {twice!r} more than once")
    return grid


def _entry(cell: Cell, seed: int, function: str, fingerprint: str) -> Entry:
    """Give the function the parameters as JSON knows them: what is recorded is what was used."""
    parameters = json.loads(json.dumps(cell.parameters))
    return Entry(cell, Identity(cell.key, parameters, int(seed), function, fingerprint))


def _function_name(function: Any) -> str:
    """Module and name under which worker processes can import the function."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if name is None or getattr(sys.modules.get(str(module)), name, None) is not function:
        raise ValueError(f"function must be defined at the top level of a module, got {function!r}")
    return f"{module}.{name}"
