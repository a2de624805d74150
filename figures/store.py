"""Stored data of a figure: one .npz of arrays and one .json of provenance, all that its plot step reads.

Files are written, named and verified by `numerics.cell_store`; here they are found again by figure and profile,
so that committed reference data can be drawn years after the code that made them has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from numerics.cell_store import CellStore, DamagedError, Identity, OutdatedError

__all__ = ["REFERENCE", "StoredDataError", "StoredFigure", "load", "merged"]

REFERENCE = Path(__file__).with_name("reference")
"""Committed data and drawings of the full profile: ``python -m figures --profile full``, its data and .png copied."""

_SEPARATOR = "/"


class StoredDataError(LookupError):
    """The data of a figure are missing, or cannot be trusted."""


@dataclass(frozen=True)
class StoredFigure:
    """Data of a figure and how they were made.

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
        ``curves.<name>``, ``simulation.<name>``, ...
    provenance : dict
        key, parameters (profile and backend among them), seed, function, fingerprint of the sources, sha256 of the
        arrays, seconds, versions.
    """

    arrays: dict[str, np.ndarray]
    provenance: dict[str, Any]


def merged(cells: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Gather the cells of a sweep: ``name`` as it is, all of ``group/...`` stacked along a new first axis.

    Parameters
    ----------
    cells : mapping of str to mapping of str to numpy.ndarray
        Arrays by cell key. Cells of one group have arrays of the same names and shapes.

    Returns
    -------
    dict of str to numpy.ndarray
        With keys ``name.array`` and ``group.array``, in the order of the cells.

    Raises
    ------
    ValueError
        If the arrays of a group differ in shape.

    Examples
    --------
    >>> merged({"curves": {"x": np.array([1.0, 2.0])}, "mc/1": {"m": np.array(3)}, "mc/2": {"m": np.array(4)}})
    {'curves.x': array([1., 2.]), 'mc.m': array([3, 4])}
    """
    arrays: dict[str, Any] = {}
    for key, cell in cells.items():
        group, is_member, _ = key.partition(_SEPARATOR)
        for name, values in cell.items():
            if is_member:
                arrays.setdefault(f"{group}.{name}", []).append(values)
            else:
                arrays[f"{group}.{name}"] = values
    return {
        name: np.stack(values) if isinstance(values, list) else values
        for name, values in arrays.items()
    }


def load(directory: Path, key: str) -> StoredFigure:
    """Find the data stored under a key and verify them.

    Parameters
    ----------
    directory : pathlib.Path
        Where `numerics.cell_store.CellStore` wrote them.
    key : str
        ``<figure id>-<profile>``.

    Returns
    -------
    StoredFigure

    Raises
    ------
    StoredDataError
        If there are none, or a file is missing, truncated or altered.

    Examples
    --------
    >>> import tempfile
    >>> directory = Path(tempfile.mkdtemp())
    >>> identity = Identity("fig-quick", {"profile": "quick"}, seed=0, function="f", fingerprint="")
    >>> CellStore(directory).write(identity, {"curves.x": np.arange(3)}, seconds=0.1)
    >>> load(directory, "fig-quick").arrays
    {'curves.x': array([0, 1, 2])}
    """
    path = _record_path(directory, key)
    try:
        provenance = json.loads(path.read_bytes())
        identity = Identity(**{field.name: provenance[field.name] for field in fields(Identity)})
        return StoredFigure(CellStore(directory).read(identity), provenance)
    except (DamagedError, OutdatedError, OSError, ValueError, TypeError, KeyError) as error:
        raise StoredDataError(f"data of {key} in {directory} cannot be trusted: {error}") from error


def _record_path(directory: Path, key: str) -> Path:
    """Return the one record that is named after the key: the key, then a hash."""
    name = re.compile(rf"{re.escape(key.lower())}-[0-9a-f]{{16}}\.json")
    found = [path for path in directory.glob("*.json") if name.fullmatch(path.name)]
    if len(found) != 1:
        raise StoredDataError(f"data of {key} not found in {directory}: compute them first")
    return found[0]
