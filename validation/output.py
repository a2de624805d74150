"""Writing results: in one step, and refused before a run rather than after it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["require_writable", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Write a file in one step, so that a killed run leaves the old one or the new one, never half of one.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    text : str
        UTF-8.

    Raises
    ------
    ValueError
        If the path cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a" / "b.txt"
    >>> write_text(target, "x")
    >>> target.read_text()
    'x'
    """
    with _clear_path_errors(path):
        temporary = _temporary(path)
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)


def require_writable(path: Path) -> None:
    """Raise now what `write_text` would raise later; an existing file is left as it is.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.

    Raises
    ------
    ValueError
        If the path cannot be written to.

    Examples
    --------
    >>> require_writable(Path("/dev/null/ledger.json"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: output path must be writable, got '/dev/null/ledger.json': ...
    """
    with _clear_path_errors(path):
        temporary = _temporary(path)
        temporary.touch()
        temporary.unlink()


def _temporary(path: Path) -> Path:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def _clear_path_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"output path must be writable, got {str(path)!r}: {error.strerror}"
        raise ValueError(message) from None
