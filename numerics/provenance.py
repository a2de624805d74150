"""Fingerprints of source code: numbers made by older code must never be taken for newer ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

__all__ = ["source_fingerprint"]


def source_fingerprint(*sources: ModuleType | str | os.PathLike[str]) -> str:
    """SHA-256 of Python sources: of every ``.py`` file of each package, module, folder or file.

    Parameters
    ----------
    *sources : module or path
        At least one. A package or a folder counts with all that is below it. Only names relative
        to the source and contents enter, so a checkout may be moved.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        If there is no source, or one has no Python file.

    Examples
    --------
    >>> import numerics.streams, numerics.activations
    >>> len(source_fingerprint(numerics.streams))
    64
    >>> source_fingerprint(numerics.streams) == source_fingerprint(numerics.activations)
    False
    """
    if not sources:
        raise ValueError("sources must name at least one module or path, got none")
    digest = hashlib.sha256()
    for source in sources:
        files = sorted(_files(_location(source)))
        if not files:
            raise ValueError(f"sources must hold Python files, got {source!r}")
        for name, path in files:
            _feed(digest, name.encode())
            _feed(digest, path.read_bytes())
    return digest.hexdigest()


def _location(source: ModuleType | str | os.PathLike[str]) -> Path:
    """File of a module, folder of a package, or the path itself."""
    if not isinstance(source, ModuleType):
        return Path(source)
    folders = list(getattr(source, "__path__", ()))
    place = folders[0] if folders else getattr(source, "__file__", None)
    if place is None:
        raise ValueError(f"sources must be written in Python, got {source!r}")
    return Path(place)


def _files(location: Path) -> Iterator[tuple[str, Path]]:
    """Python files at or below a location, with their names relative to it."""
    if location.is_file():
        yield location.name, location
    for path in location.rglob("*.py"):
        yield path.relative_to(location).as_posix(), path


def _feed(digest: hashlib._Hash, content: bytes) -> None:
    """Hash content with its length, so that no two lists of files read alike."""
    digest.update(len(content).to_bytes(8, "little") + content)
