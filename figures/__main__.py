"""``python -m figures``: compute and draw the papers' figures into build/figures."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import joblib

from figures import pipeline, store, terminal
from figures.drawing import FORMATS
from figures.manifest import FIGURES, PROFILES, FigureRecord
from figures.pipeline import Run
from numerics.backends import BackendUnavailableError, get_backend
from numerics.cell_store import CellStore
from numerics.sweep import CellError

__all__ = ["main"]

_DEFAULT_OUTPUT = Path("build/figures")


def _records(
    context: click.Context, parameter: click.Parameter, ids: Sequence[str]
) -> list[FigureRecord]:
    """Look up the ids; all figures if there are none."""
    for unknown in (name for name in ids if name not in FIGURES):
        close = difflib.get_close_matches(unknown, FIGURES, n=3, cutoff=0.4) or FIGURES
        hint = f"did you mean {' or '.join(close)}?"
        raise click.BadParameter(f"{unknown!r} is no figure; {hint}", context, parameter)
    return [FIGURES[name] for name in dict.fromkeys(ids or FIGURES)]


def _formats(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Split and check a comma-separated list of formats."""
    formats = list(dict.fromkeys(part.strip().lower() for part in value.split(",")))
    for unknown in (name for name in formats if name not in FORMATS):
        allowed = ", ".join(FORMATS)
        raise click.BadParameter(f"{unknown!r} is not one of {allowed}", context, parameter)
    return formats


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("ids", nargs=-1, callback=_records)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="quick",
    show_default=True,
    help="Size of computation.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of every random number.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=joblib.cpu_count,
    help="Cells at a time [default: cores].",
)
@click.option(
    "--backend",
    type=click.Choice(["numpy", "cupy"]),
    default="numpy",
    show_default=True,
    help="Array library.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=_DEFAULT_OUTPUT,
    show_default=True,
    help="Folder.",
)
@click.option(
    "--format", "formats", callback=_formats, default="png", show_default=True, help="png,pdf,svg."
)
@click.option(
    "--reference", is_flag=True, help="Draw the committed full-profile data; compute nothing."
)
@click.option("--list", "show_list", is_flag=True, help="List the figures and stop.")
@click.option("--plan", "show_plan", is_flag=True, help="Say what would be computed and stop.")
def _command(
    ids: list[FigureRecord],
    formats: list[str],
    reference: bool,
    show_list: bool,
    show_plan: bool,
    **settings: object,
) -> None:
    """Compute and draw the papers' figures (default: all of them).

    Finished cells and data are kept in the output folder: a killed run resumes, a second one only draws.
    """
    run = Run(**settings)  # type: ignore[arg-type]
    if show_list:
        return terminal.print_list(ids)
    get_backend(run.backend)
    if show_plan:
        return terminal.print_plan([(record, pipeline.plan(record, run)) for record in ids], run)
    CellStore(run.output).prepare()
    for record in ids:
        terminal.print_files(record, _draw(record, run, formats, reference))
    return None


def _draw(record: FigureRecord, run: Run, formats: list[str], reference: bool) -> list[Path]:
    """Compute and draw one figure."""
    if reference:
        return pipeline.draw(record, store.REFERENCE, "full", run.output, formats)
    with terminal.progress(record, pipeline.plan(record, run)) as advance:
        pipeline.compute(record, run, advance)
    return pipeline.draw(record, run.data, run.profile, run.output, formats)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit code: 0 as expected; 1 if a computation failed; 2 for usage or bad input, with one line on standard
        error; 130 if interrupted.

    Examples
    --------
    >>> main(["--list", "gh-fig4"])  # doctest: +SKIP
    0
    """
    try:
        return _command.main(arguments, "python -m figures", standalone_mode=False) or 0
    except click.ClickException as error:
        return _failed(error.format_message(), 2)
    except (ValueError, OSError, BackendUnavailableError, store.StoredDataError) as error:
        return _failed(str(error), 2)
    except CellError as error:
        return _failed(str(error), 1)
    except (click.Abort, KeyboardInterrupt):
        return _failed("interrupted; finished cells are kept", 130)


def _failed(message: str, code: int) -> int:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
