"""What every figure shares on paper: the style, one mark per order, simulated points, and files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["BARS", "ERRATUM", "FORMATS", "ORDER_MARKS", "draw_simulated", "save", "styled"]

BARS = 3
"""Half length of an error bar, in standard errors."""

ERRATUM = "#D55E00"
"""Colour kept for published curves that are wrong."""

ORDER_MARKS: Mapping[float, tuple[str, str]] = MappingProxyType(
    {0.5: ("#0072B2", "o"), 1.0: ("#E69F00", "s"), 1.5: ("#009E73", "^"), 2.0: ("#CC79A7", "D")}
)
"""Colour and marker of each order s, the same in every panel of every figure."""

# Each format calls its metadata otherwise; dates are left out so that equal data give equal files.
_METADATA: Mapping[str, Callable[[str, str], dict[str, str | None]]] = MappingProxyType(
    {
        "png": lambda title, caption: {"Title": title, "Description": caption},
        "pdf": lambda title, caption: {"Title": title, "Subject": caption, "CreationDate": None},
        "svg": lambda title, caption: {"Title": title, "Description": caption, "Date": None},
    }
)
FORMATS = tuple(_METADATA)
"""File formats that figures can be written in."""


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of this package, whatever the reader's own settings are.

    Examples
    --------
    >>> import matplotlib
    >>> with styled():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    with matplotlib.style.context(["default", str(Path(__file__).with_name("style.mplstyle"))]):
        yield


def draw_simulated(
    axes: Axes, x: np.ndarray, y: np.ndarray, error: np.ndarray, order: float
) -> None:
    """Draw simulated points of one order: open markers, bars of `BARS` standard errors.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    x, y, error : numpy.ndarray, shape (n,)
        Positions, estimates and their standard errors.
    order : float
        A key of `ORDER_MARKS`.

    Examples
    --------
    >>> axes = Figure().add_subplot()
    >>> draw_simulated(axes, np.array([1.0]), np.array([2.0]), np.array([0.1]), 1.0)
    >>> len(axes.containers)
    1
    """
    colour, marker = ORDER_MARKS[order]
    axes.errorbar(
        x,
        y,
        BARS * error,
        fmt=marker,
        color=colour,
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        zorder=3,
    )


def save(
    figure: Figure, stem: Path, formats: Sequence[str], title: str, caption: str
) -> list[Path]:
    """Write a figure in several formats, title and caption inside.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write; call within `styled`.
    stem : pathlib.Path
        Path of the files without a suffix.
    formats : sequence of {"png", "pdf", "svg"}
        Which files to write.
    title, caption : str
        Stored in the files' metadata.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of `formats`.

    Raises
    ------
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with styled():
    ...     files = save(Figure(), Path(tempfile.mkdtemp(), "empty"), ["svg"], "Title", "Caption")
    >>> [file.name for file in files]
    ['empty.svg']
    """
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in formats]
    for path, suffix in zip(paths, formats, strict=True):
        figure.savefig(path, format=suffix, metadata=_METADATA[suffix](title, caption))
    return paths
