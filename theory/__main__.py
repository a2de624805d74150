"""Command line: `python -m theory list | show ID | std`. Exit code 0 as expected, 1 not verified, 2 bad input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from theory import commands
from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu

__all__ = ["main"]

_ACTIVATIONS = {  # name -> constructor and the options it takes
    "linear": (linear, ()),
    "relu": (relu, ()),
    "leaky_relu": (leaky_relu, ("slope",)),
    "rrelu": (randomized_leaky_relu, ("lower", "upper")),
}


class _OneLineErrors(click.Group):
    """A group that reports bad input in one line, with exit code 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line and exit."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(2)
        except click.ClickException as error:
            click.echo(f"error: {error.format_message()}", err=True)
            sys.exit(2)
        except click.Abort:
            click.echo("aborted", err=True)
            sys.exit(130)
        sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _bad_input() -> Iterator[None]:
    """Report a ValueError of the library, which names argument, value and domain, as bad input."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


_json = click.option("--json", "path", metavar="PATH", help="Write JSON to PATH (- for stdout).")


@click.group(cls=_OneLineErrors)
def main() -> None:
    """Closed forms for initialisation: what is claimed, how it is derived, what it says for a layer."""


@main.command("list")
@_json
def _list(path: str | None) -> None:
    """List every result: id, statement, source."""
    from theory.catalogue import results

    with _bad_input():
        commands.check_writable(path)
        if path is not None:
            rows = [
                {"id": r.id, "statement": r.statement, "source": r.source}
                for r in results().values()
            ]
            commands.write_json(path, rows)
    if path is None:
        commands.print_list(Console(highlight=False), results())


@main.command("show")
@click.argument("id")
@_json
def _show(id: str, path: str | None) -> int:
    """Show the result ID and verify its derivation, step by step."""
    from theory.catalogue import find

    with _bad_input():
        result = find(id)
        commands.check_writable(path)
    with Console(stderr=True).status(f"verifying {id}"):
        report = result.derivation.verify()
    record = commands.result_record(result, report)
    if path != "-":
        commands.print_result(Console(highlight=False), record)
    if path is not None:
        with _bad_input():
            commands.write_json(path, record)
    return 0 if report.verdict.passed else 1


@main.command("std")
@click.option("--activation", default="relu", show_default=True, help=", ".join(_ACTIVATIONS))
@click.option("--order", type=float, required=True, help="Order s > 0 of the preserved moment.")
@click.option("--fan-in", type=float, required=True, help="Number of inputs.")
@click.option("--fan-out", type=float, help="Number of outputs; default: fan-in.")
@click.option("--preserve", default="rms", show_default=True, help="rms or norm")
@click.option("--slope", type=float, help="Slope of leaky_relu.  [default: 0.01]")
@click.option("--lower", type=float, help="Smallest slope of rrelu.  [default: 1/8]")
@click.option("--upper", type=float, help="Largest slope of rrelu.  [default: 1/3]")
@click.option("--keep-prob", type=float, default=1.0, help="Probability that dropout keeps a unit.")
@click.option("--no-rescale", is_flag=True, help="Do not divide kept units by keep-prob.")
@_json
def _std(
    activation: str,
    order: float,
    fan_in: float,
    fan_out: float | None,
    preserve: str,
    slope: float | None,
    lower: float | None,
    upper: float | None,
    keep_prob: float,
    no_rescale: bool,
    path: str | None,
) -> None:
    """Print the weight variance and standard deviation that preserve the moment of a given order."""
    with _bad_input():
        commands.check_writable(path)
        chosen = _activation(activation, {"slope": slope, "lower": lower, "upper": upper})
        layer = chosen.with_dropout(keep_prob, rescale=not no_rescale)
        record = commands.scale_record(order, fan_in, fan_out, layer, preserve)
        if path is not None:
            commands.write_json(path, record)
    if path != "-":
        commands.print_scale(Console(highlight=False), record)


def _activation(name: str, slopes: dict[str, float | None]) -> Activation:
    """The named activation with the slopes that were given, each of which it must know."""
    if name not in _ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)}, got {name!r}")
    build, known = _ACTIVATIONS[name]
    given = {option: value for option, value in slopes.items() if value is not None}
    for option, value in given.items():
        if option not in known:
            owner = next(n for n, (_, options) in _ACTIVATIONS.items() if option in options)
            raise ValueError(f"{option} must be left out unless activation is {owner}, got {value}")
    return build(**given)


if __name__ == "__main__":
    main()
