"""What `python -m figures` shows: tables, a progress bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from figures.manifest import PROFILES, FigureRecord
from figures.pipeline import Run
from numerics.sweep import Cell, Plan

__all__ = ["print_files", "print_list", "print_plan", "progress"]


def print_list(records: Sequence[FigureRecord]) -> None:
    """Print a table of figures: id, source, title, estimated time of each profile.

    Parameters
    ----------
    records : sequence of FigureRecord
        What to list.

    Examples
    --------
    >>> print_list([])  # no rows
    figure  what it shows  quick  full
    """
    table = _table("figure", "what it shows", *PROFILES)
    for record in records:
        times = (_duration(record.seconds(profile)) for profile in PROFILES)
        table.add_row(record.id, f"{record.title}\n[dim]{record.source}[/dim]", *times)
    _console().print(table)


def print_plan(plans: Sequence[tuple[FigureRecord, Plan]], run: Run) -> None:
    """Print what a run would compute: cells, those done, time and memory of the rest.

    Parameters
    ----------
    plans : sequence of (FigureRecord, Plan)
        One for each figure.
    run : Run
        Its profile, seed and jobs head the table.

    Examples
    --------
    >>> from figures.manifest import FIGURES
    >>> plan = Plan(cells=14, done=4, seconds=5.0, bytes=2**24)
    >>> print_plan([(FIGURES["gh-fig4"], plan)], Run(Path("build"), jobs=2))
    profile quick, seed 0, 2 jobs, numpy
    figure   cells  done  time  memory
    gh-fig4     14     4   5 s  16 MiB
    """
    console = _console()
    console.print(f"profile {run.profile}, seed {run.seed}, {run.jobs} jobs, {run.backend}")
    table = _table("figure", "cells", "done", "time", "memory")
    for record, plan in plans:
        size = f"{plan.bytes / 2**20:.0f} MiB"
        table.add_row(record.id, str(plan.cells), str(plan.done), _duration(plan.seconds), size)
    console.print(table)


def print_files(record: FigureRecord, paths: Sequence[Path]) -> None:
    """Print the files of a figure, one a line.

    Parameters
    ----------
    record : FigureRecord
        Which figure.
    paths : sequence of pathlib.Path
        Its files.

    Examples
    --------
    >>> from figures.manifest import FIGURES
    >>> print_files(FIGURES["gh-fig4"], [Path("build/gh-fig4.png")])
    gh-fig4: build/gh-fig4.png
    """
    for path in paths:
        _console().print(f"{record.id}: {path}", soft_wrap=True)


@contextlib.contextmanager
def progress(record: FigureRecord, plan: Plan) -> Iterator[Callable[[Cell], None]]:
    """Show the cells of a figure as they are done.

    Parameters
    ----------
    record : FigureRecord
        Which figure.
    plan : Plan
        How many cells, and how many are done.

    Yields
    ------
    callable
        To call with each cell, stored ones first.

    Examples
    --------
    >>> from figures.manifest import FIGURES
    >>> with progress(FIGURES["gh-fig4"], Plan(cells=1, done=0, seconds=1.0, bytes=0)) as advance:
    ...     advance(Cell("curves", {}))
    gh-fig4: 1 cells, 0 done, 1 to compute: about 1 s, 0.0 MiB
    gh-fig4: 1 of 1 cells done
    """
    console = _console()
    if not console.is_terminal:
        console.print(f"{record.id}: {plan}", soft_wrap=True)
        yield _lines(record, plan, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(record.id, total=plan.cells)
        yield lambda cell: bar.advance(task)


def _lines(record: FigureRecord, plan: Plan, console: Console) -> Callable[[Cell], None]:
    """Print a line at every tenth of the cells: a log tells that a long run is alive."""
    done = itertools.count(1)
    tenths = {-(-plan.cells * k // 10) for k in range(1, 11)}

    def advance(_: Cell) -> None:
        if (count := next(done)) in tenths:
            console.print(f"{record.id}: {count} of {plan.cells} cells done", soft_wrap=True)
            console.file.flush()

    return advance


def _console() -> Console:
    """Return a console on the current standard output, which a caller may have redirected."""
    return Console(highlight=False)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="left" if name == "what it shows" else "right")
    return table


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
