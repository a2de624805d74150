"""`python -m validation`: verify the claims, write the ledger and the report.

Exit code 0 if every verdict is as expected, 1 if one is not, 2 for bad usage or input, 3 if a piece of the run failed.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from numerics.backends import BackendUnavailableError, get_backend
from numerics.sweep import Cell, CellError, StoredCellWarning
from validation.claim import PROFILES
from validation.claims import select
from validation.ledger import Ledger
from validation.output import require_writable, write_text
from validation.report import html_page, summary_line, terminal_table
from validation.run import Run

__all__ = ["main"]

_PLAIN_EVERY = 0.1  # without a terminal, a line of progress at every tenth


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--profile", type=click.Choice(list(PROFILES)), default="quick", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--json", "json_path", metavar="PATH", help="Write the ledger here; - for stdout.")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes.  [default: cores]")
@click.option("--backend", type=click.Choice(["numpy", "cupy"]), default="numpy", show_default=True)
@click.option("--output", default="build", show_default=True, help="Folder of ledger and report.")
@click.option("--list", "listing", is_flag=True, help="List the claims and stop.")
@click.option("--plan", "planning", is_flag=True, help="Say what the run will cost and stop.")
def main(
    ids: tuple[str, ...],
    profile: str,
    seed: int,
    json_path: str | None,
    jobs: int | None,
    backend: str,
    output: str,
    listing: bool,
    planning: bool,
) -> None:
    """Verify the claims with these IDS (all if none), each by several kinds of evidence.

    Writes ledger.json and report.html. A killed run resumes where it was.
    """
    console = Console(stderr=json_path == "-")
    with _clear_errors():
        get_backend(backend)
        sizes = dataclasses.replace(PROFILES[profile], backend=backend)
        selected = select(sizes, ids)
        if listing:
            _list(console, [(claim.id, claim.statement) for claim in selected.values()])
            return
        run = Run(sizes, seed, ids, Path(output) / "cells", jobs or len(os.sched_getaffinity(0)))
        console.print(f"Plan: {run.plan()}", highlight=False)
        if planning:
            return
        for path in _outputs(output, json_path):
            require_writable(path)
    with _kept_pieces(), _progress(console, len(run.cells())) as advance:
        ledger = run.execute(advance)
    with _clear_errors():
        _publish(console, ledger, Path(output), json_path)
    run.discard()
    sys.exit(1 if ledger.unexpected else 0)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Bad input and missing devices become one line and exit code 2."""
    try:
        yield
    except (ValueError, BackendUnavailableError) as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def _kept_pieces() -> Iterator[None]:
    """Whatever ends a run early, its finished pieces are kept; say so."""
    resume = "Finished pieces are kept; run the same command to resume."
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Interrupted. {resume}", err=True)
        sys.exit(130)
    except CellError as error:
        click.echo(f"A piece of the run failed: {error}. {resume}", err=True)
        sys.exit(3)


def _outputs(output: str, json_path: str | None) -> list[Path]:
    named = [] if json_path in (None, "-") else [Path(str(json_path))]
    return [Path(output) / "ledger.json", Path(output) / "report.html", *named]


def _list(console: Console, rows: list[tuple[str, str]]) -> None:
    for name, statement in rows:
        console.print(f"[bold]{name}[/bold]\n  {statement}", highlight=False)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[Cell], None]]:
    """A progress bar on a terminal, plain lines otherwise."""
    warnings.simplefilter("always", StoredCellWarning)
    if not console.is_terminal:
        yield _plain_lines(console, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("verifying", total=total)
        yield lambda _: bar.advance(task)


def _plain_lines(console: Console, total: int) -> Callable[[Cell], None]:
    done, every = 0, max(1, round(total * _PLAIN_EVERY))

    def advance(_: Cell) -> None:
        nonlocal done
        done += 1
        if done % every == 0 or done == total:
            console.print(f"{done} of {total} pieces done", highlight=False)

    return advance


def _publish(console: Console, ledger: Ledger, output: Path, json_path: str | None) -> None:
    write_text(output / "ledger.json", ledger.dumps())
    write_text(output / "report.html", html_page(ledger))
    if json_path == "-":
        click.echo(ledger.dumps(), nl=False)
    elif json_path is not None:
        write_text(Path(json_path), ledger.dumps())
    console.print(terminal_table(ledger))
    console.print(summary_line(ledger), highlight=False)
    console.print(
        f"Ledger: {output / 'ledger.json'}\nReport: {output / 'report.html'}", highlight=False
    )


if __name__ == "__main__":
    main()
