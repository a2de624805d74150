"""Run the experiment of Hu, Xiao & Pennington: its cost first, then the cells; killed, it goes on where it was."""

from __future__ import annotations

import click

import numerics
from numerics import sweep
from numerics.experiments import hxp
from numerics.experiments.hxp_nets import compute
from numerics.provenance import source_fingerprint

_HALVES = ("orthogonal", "gaussian")


@click.command()
@click.option("--profile", type=click.Choice(list(hxp.PARAMETERS)), default="quick")
@click.option("--half", type=click.Choice(_HALVES), multiple=True, default=_HALVES)
@click.option("--directory", default="build/hxp", help="Where cells and checkpoints are kept.")
@click.option("--seed", default=0)
@click.option("--jobs", default=1)
@click.option("--backend", type=click.Choice(["numpy", "cupy"]), default="numpy")
@click.option("--dry-run", is_flag=True, help="Say what it will cost, and stop.")
def main(
    profile: str,
    half: tuple[str, ...],
    directory: str,
    seed: int,
    jobs: int,
    backend: str,
    dry_run: bool,
) -> None:
    """Train the nets of the heat maps of Hu, Xiao & Pennington (2020)."""
    parameters, checkpoints = hxp.PARAMETERS[profile], f"{directory}/checkpoints"
    cells = hxp.cells(parameters, backend, initialisations=half, checkpoints=checkpoints)
    run = {"directory": f"{directory}/cells-{profile}", "seed": seed, "jobs": jobs}
    run["fingerprint"] = source_fingerprint(numerics)
    click.echo(sweep.plan(compute, cells, **run))
    if not dry_run:
        sweep.run(compute, cells, **run, progress=lambda cell: click.echo(cell.key))


if __name__ == "__main__":
    main()
