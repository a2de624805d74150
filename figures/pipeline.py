"""From a record of the manifest to files: the compute step ends in stored data, the plot step begins there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import figures
import numerics
import theory
from figures import drawing, store
from figures.manifest import FigureRecord
from numerics import sweep
from numerics.cell_store import CellStore, Identity
from numerics.provenance import source_fingerprint
from numerics.sweep import Cell, Plan

__all__ = ["Run", "compute", "draw", "plan"]


@dataclass(frozen=True)
class Run:
    """How figures are computed, and where the results go.

    Parameters
    ----------
    output : pathlib.Path
        Drawings; data in its folder ``data``, finished cells in ``cells``.
    profile : {"quick", "full"}
        Which parameters of the manifest.
    seed : int
        Of every random number, >= 0.
    jobs : int
        Cells computed at a time, >= 1; the numbers do not depend on it.
    backend : {"numpy", "cupy"}
        Where layers are simulated.

    Examples
    --------
    >>> Run(Path("build/figures")).data
    PosixPath('build/figures/data')
    """

    output: Path
    profile: str = "quick"
    seed: int = 0
    jobs: int = 1
    backend: str = "numpy"

    @property
    def data(self) -> Path:
        """Folder of the stored data that the plot step reads."""
        return self.output / "data"

    def cells(self, record: FigureRecord) -> Path:
        """Folder of the finished cells of one figure: a killed run resumes from there."""
        return self.output / "cells" / f"{record.id}-{self.profile}-{self.backend}-{self.seed}"

    def key(self, record: FigureRecord) -> str:
        """Name under which the data of a figure are stored."""
        return f"{record.id}-{self.profile}"


def plan(record: FigureRecord, run: Run) -> Plan:
    """Say what `compute` would do, without computing or writing.

    Parameters
    ----------
    record : FigureRecord
        Which figure.
    run : Run
        How.

    Returns
    -------
    Plan
        Cells, how many are done, estimated seconds and bytes of the rest.

    Examples
    --------
    >>> from figures.manifest import FIGURES
    >>> plan(FIGURES["gh-fig1b"], Run(Path("no such folder"))).cells
    6
    """
    return sweep.plan(
        record.compute,
        record.cells(record.parameters[run.profile], run.backend),
        directory=run.cells(record),
        seed=run.seed,
        jobs=run.jobs,
        fingerprint=_fingerprint(),
    )


def compute(record: FigureRecord, run: Run, progress: Callable[[Cell], None] | None = None) -> None:
    """Compute the cells of a figure that are not done yet, and store its data with their provenance.

    Parameters
    ----------
    record : FigureRecord
        Which figure.
    run : Run
        How.
    progress : callable, optional
        Called with each cell as it is done.

    Raises
    ------
    ValueError
        If the output folder cannot be written to.
    numerics.sweep.CellError
        If the figure's function fails; finished cells stay stored.

    Examples
    --------
    >>> from figures.manifest import FIGURES
    >>> compute(FIGURES["gh-fig4"], Run(Path("build/figures"), jobs=2))  # doctest: +SKIP
    """
    started, parameters = time.perf_counter(), record.parameters[run.profile]
    cells = sweep.run(
        record.compute,
        record.cells(parameters, run.backend),
        directory=run.cells(record),
        seed=run.seed,
        jobs=run.jobs,
        fingerprint=_fingerprint(),
        progress=progress,
    )
    results = CellStore(run.data)
    results.prepare()
    results.write(_identity(record, run), store.merged(cells), time.perf_counter() - started)


def draw(
    record: FigureRecord, data: Path, profile: str, output: Path, formats: Sequence[str]
) -> list[Path]:
    """Draw a figure from its stored data, computing nothing.

    Parameters
    ----------
    record : FigureRecord
        Which figure.
    data : pathlib.Path
        Folder of the stored data.
    profile : {"quick", "full"}
        Which data.
    output : pathlib.Path
        Folder of the drawings.
    formats : sequence of {"png", "pdf", "svg"}
        Which files.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    figures.store.StoredDataError
        If the data are missing or cannot be trusted.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from figures.manifest import FIGURES
    >>> output = Path(tempfile.mkdtemp())
    >>> [path.name for path in draw(FIGURES["gh-fig4"], store.REFERENCE, "full", output, ["svg"])]
    ['gh-fig4.svg']
    """
    stored = store.load(data, f"{record.id}-{profile}")
    title = f"{record.source}: {record.title} ({profile}, seed {stored.provenance['seed']})"
    with drawing.styled():
        figure = record.plot(stored.arrays)
        return drawing.save(figure, output / record.id, formats, title, record.caption)


def _identity(record: FigureRecord, run: Run) -> Identity:
    parameters = {"profile": run.profile, "backend": run.backend, **record.parameters[run.profile]}
    function = f"{record.compute.__module__}.{record.compute.__qualname__}"
    return Identity(run.key(record), parameters, run.seed, function, _fingerprint())


def _fingerprint() -> str:
    """Hash of all code that numbers may depend on: older numbers are never taken for newer ones."""
    return source_fingerprint(theory, numerics, figures)
