"""Run the experiment of Hu, Xiao & Pennington: its cost first, then the cells; killed, it goes on where it was."""

from __future__ import annotations

import click

import numerics
from numerics import sweep
from numerics.backends import BackendUnavailableError, get_backend
from numerics.experiments import hxp
from numerics.experiments.hxp_nets import compute
from numerics.provenance import source_fingerprint

_HALVES = ("orthogonal", "gaussian")


@click.command()
@click.option("--profile", type=click.Choice(list(hxp.PARAMETERS)), default="quick")
@click.option(
    "--half",
    "halves",
    type=click.Choice(_HALVES),
    multiple=True,
    default=_HALVES,
    help="Which; may be given twice.  [default: both]",
)
@click.option("--directory", default="build/hxp", help="Where cells and checkpoints are kept.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--backend", type=click.Choice(["numpy", "cupy"]), default="numpy")
@click.option("--dry-run", is_flag=True, help="Say what it will cost, and stop.")
def main(
    profile: str,
    halves: tuple[str, ...],
    directory: str,
    seed: int,
    jobs: int,
    backend: str,
    dry_run: bool,
) -> None:
    """Train the nets of the heat maps of Hu, Xiao & Pennington (2020)."""
    run = {"directory": f"{directory}/cells-{profile}", "seed": seed, "jobs": jobs}
    run["fingerprint"] = source_fingerprint(numerics)
    options = {"initialisations": tuple(dict.fromkeys(halves))}
    try:
        get_backend(backend)
        cells = hxp.cells(
            hxp.PARAMETERS[profile], backend, checkpoints=f"{directory}/checkpoints", **options
        )
        click.echo(sweep.plan(compute, cells, **run))
        if not dry_run:
            sweep.run(compute, cells, **run, progress=lambda cell: click.echo(cell.key))
    except (ValueError, BackendUnavailableError) as error:
        raise click.UsageError(str(error)) from error
    except sweep.CellError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
