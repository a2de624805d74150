"""Interrupted training of deep linear nets: the state on disk, replaced atomically."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import provenance

__all__ = ["Checkpoint", "run_digest"]


_SOURCES = ("deep_linear*.py", "haar.py", "linear_data.py", "streams.py", "*backend*.py")


def run_digest(parts: Mapping[str, Any]) -> str:
    """SHA-256 of all that the numbers of a run depend on: arguments, arrays, NumPy, our sources.

    Parameters
    ----------
    parts : mapping of str to array or to an object with a faithful repr
        The arguments, by name.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> run_digest({"width": 8}) == run_digest({"width": 9})
    False
    """
    folder = Path(__file__).parent
    sources = sorted(path for pattern in _SOURCES for path in folder.glob(pattern))
    digest = hashlib.sha256(provenance.source_fingerprint(*sources).encode())
    digest.update(np.__version__.encode())
    for name, value in sorted(parts.items()):
        digest.update(name.encode() + b"=")
        if isinstance(value, np.ndarray):
            digest.update(repr((value.shape, value.dtype)).encode() + value.tobytes())
        else:
            digest.update(repr(value).encode())
        digest.update(b"\0")
    return digest.hexdigest()


class Checkpoint:
    """One file, written at most every so many seconds.

    Parameters
    ----------
    path : path or None
        The file, ending in .npz; None keeps nothing.
    seconds : float
        Least time between two writes.
    digest : str
        Identity of the run.

    Raises
    ------
    ValueError
        If the directory does not exist: better now than after an hour.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, digest: str) -> None:
        self._path = None if path is None else Path(path)
        self._seconds, self._digest = seconds, digest
        self._written = time.monotonic()
        if self._path is not None and not self._path.parent.is_dir():
            raise ValueError(f"checkpoint must be in an existing directory, got {str(path)!r}")

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self._path is not None and time.monotonic() - self._written >= self._seconds

    def write(self, state: Mapping[str, np.ndarray]) -> None:
        """Replace the file: after a kill at any instant there is the old state or the new one."""
        if self._path is None:
            return
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with temporary.open("wb") as stream:
            arrays: dict[str, Any] = {"digest": np.array(self._digest), **state}
            np.savez(stream, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, self._path)
        self._written = time.monotonic()

    def read(self) -> dict[str, np.ndarray] | None:
        """Load the state, None if there is none yet; refuse a damaged file or another run's."""
        if self._path is None or not self._path.exists():
            return None
        try:
            with self._path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                state = {name: stored[name] for name in stored.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"checkpoint must be readable, got {str(self._path)!r} ({error})"
            ) from error
        if str(state.pop("digest", "")) != self._digest:
            raise ValueError(
                "checkpoint must be of a run with the same arguments, rng and sources, "
                f"got {str(self._path)!r} (remove it to start afresh)"
            )
        return state

    def remove(self) -> None:
        """Delete the file of a finished run."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
