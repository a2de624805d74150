"""Finished cells on disk: arrays in .npz, the record of how they were made in .json beside them.

A pair is written so that a kill at any instant leaves either the old cell, or the new one, or a
pair that does not verify and is computed again: each file goes to a temporary name and is moved
over the old one, and the record, which holds the checksum of the arrays, comes last.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import platform
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Arrays", "CellStore", "DamagedError", "Identity", "OutdatedError"]

Arrays = dict[str, np.ndarray]
"""The numbers of a cell, by name."""

_SCHEMA = 1
_RESERVED = {"file", "allow_pickle"}  # argument names of numpy.savez


class OutdatedError(LookupError):
    """There is no stored cell, or it was made from something else: compute it."""


class DamagedError(LookupError):
    """A stored cell is there but cannot be trusted: say so, and compute it again."""


@dataclass(frozen=True)
class Identity:
    """All that a cell's numbers depend on; a stored cell counts only if every field agrees.

    Parameters
    ----------
    key : str
        Name of the cell.
    parameters : object
        JSON value handed to the function.
    seed : int
        The run's seed.
    function : str
        Module and qualified name of the function.
    fingerprint : str
        Hash of the sources the numbers depend on.
    """

    key: str
    parameters: Any
    seed: int
    function: str
    fingerprint: str


class CellStore:
    """Directory of finished cells, with one writing process.

    Parameters
    ----------
    directory : path
        Made if it does not exist.

    Examples
    --------
    >>> import tempfile
    >>> store = CellStore(tempfile.mkdtemp())
    >>> identity = Identity("a", {"width": 2}, 0, "module.function", "")
    >>> store.write(identity, {"x": np.arange(3)}, seconds=0.1)
    >>> store.read(identity)["x"]
    array([0, 1, 2])
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)

    def prepare(self) -> None:
        """Make the directory and see that it can be written to.

        Raises
        ------
        ValueError
            If it cannot: better now than after an hour of computing.
        """
        probe = self.directory / ".writable"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise ValueError(
                f"directory must be writable, got {str(self.directory)!r} ({error.strerror})"
            ) from error

    def write(self, identity: Identity, arrays: Mapping[str, Any], seconds: float) -> None:
        """Store a finished cell atomically.

        Parameters
        ----------
        identity : Identity
            What the numbers depend on.
        arrays : mapping of str to array
            The numbers; no object arrays.
        seconds : float
            Wall time the cell took.

        Raises
        ------
        ValueError
            If `arrays` is no mapping of names to plain arrays.
        """
        content = _packed(identity.key, arrays)
        record = {
            "schema": _SCHEMA,
            **asdict(identity),
            "sha256": hashlib.sha256(content).hexdigest(),
            "seconds": seconds,
            "versions": _versions(),
        }
        _replace(self._path(identity.key, ".npz"), content)
        _replace(self._path(identity.key, ".json"), json.dumps(record, indent=1).encode())

    def read(self, identity: Identity) -> Arrays:
        """Load a stored cell after checking its identity and checksum.

        Parameters
        ----------
        identity : Identity
            What the numbers must depend on.

        Returns
        -------
        dict of str to numpy.ndarray

        Raises
        ------
        OutdatedError
            If there is no such cell, or one with another identity.
        DamagedError
            If a file is missing, truncated or altered.
        """
        record = self._record(identity.key)
        wanted = asdict(identity)
        changed = [name for name in wanted if record.get(name) != wanted[name]]
        if changed or record.get("schema") != _SCHEMA:
            raise OutdatedError(f"made with another {', '.join(changed) or 'schema'}")
        content = _content(self._path(identity.key, ".npz"))
        if hashlib.sha256(content).hexdigest() != record.get("sha256"):
            raise DamagedError("the checksum of its arrays is wrong")
        return _unpacked(content)

    def _record(self, key: str) -> dict[str, Any]:
        """Load the record of a cell."""
        path = self._path(key, ".json")
        if not path.exists():
            raise OutdatedError("not computed yet")
        try:
            record = json.loads(_content(path))
        except ValueError as error:
            raise DamagedError(f"its record is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise DamagedError("its record is not a JSON object")
        return record

    def _path(self, key: str, suffix: str) -> Path:
        """File of a cell: readable, and distinct for distinct keys on any file system."""
        readable = re.sub(r"[^A-Za-z0-9.-]+", "_", key)[:60].lower()
        return (
            self.directory / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:16]}{suffix}"
        )


def _packed(key: str, arrays: Mapping[str, Any]) -> bytes:
    """Serialise arrays as .npz; the same arrays give the same bytes."""
    if not isinstance(arrays, Mapping) or not all(isinstance(name, str) for name in arrays):
        raise ValueError(f"cell {key!r} must return a dict of arrays, got {type(arrays).__name__}")
    if _RESERVED & set(arrays):
        raise ValueError(f"cell {key!r} must not name an array {sorted(_RESERVED & set(arrays))}")
    plain: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
    objects = [name for name, values in plain.items() if values.dtype.hasobject]
    if objects:
        raise ValueError(f"cell {key!r} must return arrays of numbers, got objects in {objects}")
    buffer = io.BytesIO()
    np.savez(buffer, **plain)
    return buffer.getvalue()


def _unpacked(content: bytes) -> Arrays:
    """Inverse of `_packed`; nothing is unpickled."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedError(f"its arrays cannot be read ({error})") from error


def _content(path: Path) -> bytes:
    """Read a file that must be there."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read ({error.strerror})") from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that readers, and a kill, see the old content or the new one."""
    temporary = path.with_name(f".{path.name}.tmp")  # a fixed name: the next write cleans up
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def _versions() -> dict[str, str]:
    """Versions of what the numbers may depend on."""
    packages = ("numpy", "scipy", "joblib")
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in packages
    }
