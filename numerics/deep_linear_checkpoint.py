"""Interrupted training of deep linear nets: the state on disk, replaced atomically."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from . import provenance

__all__ = ["Checkpoint", "run_digest"]


_SOURCES = (
    "deep_linear*.py", "orthogonal_reduction.py", "reduced_*.py", "haar.py", "linear_data.py", "streams.py",
    "*backend*.py",
)  # fmt: skip
_NAMES = "names of the arrays"


def run_digest(parts: Mapping[str, Any]) -> str:
    """SHA-256 of what the numbers of a run depend on: arguments, arrays, NumPy, SciPy, our sources.

    Those of the full nets and of the reduced ones together. Not of how many threads BLAS uses, which
    no variable tells for certain: another number may round otherwise.

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
    digest.update(f"NumPy {np.__version__}, SciPy {scipy.__version__}".encode())
    for name, value in sorted(parts.items()):
        digest.update(name.encode() + b"=")
        if isinstance(value, np.ndarray):
            digest.update(repr((value.shape, value.dtype)).encode())
            digest.update(np.ascontiguousarray(value).data)
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
        If it is no path, or the directory does not exist: better now than after an hour.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, digest: str) -> None:
        self._path = None if path is None else _checked_path(path)
        self._seconds, self._digest = seconds, digest
        self._written = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self._path is not None and time.monotonic() - self._written >= self._seconds

    def write(self, state: Mapping[str, np.ndarray]) -> None:
        """Replace the file: after a kill at any instant there is the old state or the new one."""
        if self._path is None:
            return
        heading = {"digest": np.array(self._digest), _NAMES: np.array(sorted(state))}
        arrays: dict[str, Any] = heading | dict(state)
        temporary = _temporary(self._path)
        with temporary.open("wb") as stream:
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
            state = _loaded(self._path)
        except Exception as error:  # damage shows as errors of zipfile, zlib, NumPy and others
            raise ValueError(
                f"checkpoint must be readable, got {str(self._path)!r} ({error})"
            ) from error
        if str(state.pop("digest")) != self._digest:
            raise ValueError(
                "checkpoint must be of a run with the same arguments, rng and sources, "
                f"got {str(self._path)!r} (remove it to start afresh)"
            )
        return state

    def remove(self) -> None:
        """Delete the file of a finished run, and what a kill while writing may have left beside it."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            _temporary(self._path).unlink(missing_ok=True)


def _checked_path(path: str | os.PathLike[str]) -> Path:
    """Refuse what is no path, or lies nowhere."""
    try:
        checked = Path(path)
    except TypeError:
        raise ValueError(f"checkpoint must be a path, got {path!r}") from None
    if not checked.parent.is_dir():
        raise ValueError(f"checkpoint must be in an existing directory, got {str(path)!r}")
    return checked


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")  # a fixed name: the next write cleans up


def _loaded(path: Path) -> dict[str, np.ndarray]:
    """Load all arrays; each has a checksum of its own, and their list is compared with that in the file."""
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        state = {name: stored[name] for name in stored.files}
    names = state.pop(_NAMES).tolist()
    if sorted(state) != sorted(["digest", *names]):
        raise ValueError(f"it holds {sorted(state)} in place of {sorted(['digest', *names])}")
    return state
