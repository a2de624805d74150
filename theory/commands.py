"""What the commands of `python -m theory` compute and print; the command line itself is in __main__."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from theory.activations import Activation
from theory.fractional_moments import weight_variance

if TYPE_CHECKING:
    from theory.catalogue import Result
    from theory.derivations.verdicts import Report

__all__ = [
    "check_writable",
    "print_list",
    "print_result",
    "print_scale",
    "result_record",
    "scale_record",
    "write_json",
]

_STYLES = {"proved": "green", "enclosed": "cyan"}
_WIDE = 110  # columns from which a three-column table reads better than paragraphs


def check_writable(path: str | None) -> None:
    """Raise ValueError if JSON could not be written to `path`, before anything is computed.

    Examples
    --------
    >>> check_writable("-")
    >>> check_writable("/")
    Traceback (most recent call last):
    ...
    ValueError: json must be - or the path of a writable file, got '/'
    """
    if path is None or path == "-":
        return
    target = Path(path)
    place = target if target.exists() else target.parent
    if target.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        raise ValueError(f"json must be - or the path of a writable file, got {path!r}")


def write_json(path: str, record: Any) -> None:
    """Write `record` as JSON to the file `path`, or to standard output for "-".

    Raises
    ------
    ValueError
        If the file cannot be written, or the record holds NaN or an infinity.

    Examples
    --------
    >>> write_json("-", {"order": 1.0})
    {
      "order": 1.0
    }
    """
    text = json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError:
        raise ValueError(f"json must be - or the path of a writable file, got {path!r}") from None


def print_list(console: Console, results: Mapping[str, Result]) -> None:
    """Print id, statement and source of all `results`: a table, or paragraphs where `console` is narrow.

    Examples
    --------
    >>> from theory.catalogue import find
    >>> print_list(Console(width=80, color_system=None), {"fm.he": find("fm.he")})
    fm.he
      At order 2 the preserving weight variance of ReLU is 2/fan_in.
      He et al. 2015 (arXiv 1502.01852): variance 2/fan_in for ReLU
    """
    if console.width < _WIDE:
        for result in results.values():
            console.print(Text(result.id, style="bold"))
            console.print(Padding(Text(result.statement), (0, 0, 0, 2), expand=False))
            console.print(Padding(Text(result.source, style="dim"), (0, 0, 0, 2), expand=False))
        return
    table = Table("id", "statement", "source", show_lines=True)
    for result in results.values():
        table.add_row(Text(result.id, style="bold"), Text(result.statement), Text(result.source))
    console.print(table)


def result_record(result: Result, report: Report) -> dict[str, Any]:
    """Return everything that `show` prints, as JSON-ready data.

    Parameters
    ----------
    result : Result
        What to show.
    report : Report
        Of verifying its derivation.

    Returns
    -------
    dict
        With the keys id, statement, assumptions, cited, source, domain, symbols, latex, expression, bibtex, derivation;
        the derivation holds its verdict, seconds, meaning, relation, definition, steps and conclusion.

    Examples
    --------
    >>> from theory.catalogue import find
    >>> lecun = find("fm.lecun")
    >>> result_record(lecun, lecun.derivation.verify())["derivation"]["verdict"]
    'proved'
    """
    import sympy

    derivation = result.derivation
    rights = [sympy.latex(expression) for expression in derivation.expressions[1:]]
    rights += [""] * (len(report.steps) - len(rights))  # faults of the chain come after the steps
    steps = [
        {
            "rule": step.rule,
            "reason": step.reason,
            "verdict": str(step.verdict),
            "seconds": step.seconds,
            "detail": step.detail,
            "latex": right,
        }
        for step, right in zip(report.steps, rights, strict=True)
    ]
    return {
        "id": result.id,
        "statement": result.statement,
        "assumptions": list(result.assumptions),
        "cited": list(derivation.assumptions),
        "source": result.source,
        "domain": result.domain,
        "symbols": dict(result.symbols),
        "latex": result.latex,
        "expression": str(result.expression),
        "bibtex": result.bibtex,
        "derivation": {
            "verdict": str(report.verdict),
            "seconds": report.seconds,
            "meaning": derivation.meaning,
            "relation": derivation.relation,
            "definition": sympy.latex(derivation.definition),
            "steps": steps,
            "conclusion": result.latex,
        },
    }


def print_result(console: Console, record: Mapping[str, Any]) -> None:
    """Print a `result_record` to `console`: what it says, what it assumes, and the verdict on each step.

    Examples
    --------
    >>> from theory.catalogue import find
    >>> lecun = find("fm.lecun")
    >>> record = result_record(lecun, lecun.derivation.verify())
    >>> console = Console(width=100, color_system=None)
    >>> with console.capture() as printed:
    ...     print_result(console, record)
    >>> printed.get().splitlines()[:2]
    ['fm.lecun', 'At order 2 the preserving weight variance of a linear layer is 1/fan_in.']
    """
    derivation = record["derivation"]
    console.print(Text(record["id"], style="bold"))
    console.print(Text(record["statement"]))
    _section(console, "Assumptions", record["assumptions"])
    _section(console, "Domain", [record["domain"]])
    _section(console, "Source", [record["source"]])
    _section(console, "Symbols", [f"{name}: {what}" for name, what in record["symbols"].items()])
    _section(console, "Assumed by the derivation, not checked", record["cited"])
    console.print(Text("Derivation", style="bold"))
    console.print(Padding(Text(f"from {derivation['meaning']}"), (0, 0, 0, 2), expand=False))
    _formula(console, derivation["definition"])
    console.print(_steps(derivation["steps"]))
    console.print(Text(f"Conclusion ({derivation['relation']})", style="bold"))
    _formula(console, derivation["conclusion"])
    console.print(_verdict(derivation["verdict"], f"  in {derivation['seconds']:.2f} s of CPU"))


def _section(console: Console, title: str, lines: list[str]) -> None:
    if lines:
        console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))


def _formula(console: Console, latex: str) -> None:
    """LaTeX on one line, however long: it is there to be copied."""
    console.print(Text(f"  {latex}"), soft_wrap=True)


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = Table("", "step", "rule", "verdict", "s", box=None, pad_edge=False)
    for number, step in enumerate(steps, start=1):
        detail = f"\n{step['detail']}" if step["verdict"] not in _STYLES else ""
        table.add_row(
            str(number),
            Text(step["reason"] + detail),
            Text(step["rule"]),
            _verdict(step["verdict"]),
            f"{step['seconds']:.2f}",
        )
    return table


def _verdict(verdict: str, more: str = "") -> Text:
    return Text.assemble((verdict, _STYLES.get(verdict, "bold red")), more)


def scale_record(
    order: float,
    fan_in: float,
    fan_out: float | None,
    activation: Activation,
    preserve: str,
) -> dict[str, Any]:
    """Return the weight variance and std of order `order`, beside the classical variance 1/(E phi^2 fan_in).

    Parameters
    ----------
    order, fan_in, fan_out, activation, preserve
        As for theory.fractional_moments.weight_variance.

    Returns
    -------
    dict
        variance, std, classical (its name and variance, without dropout), ratio and the arguments; numbers beyond
        float64 are the text "inf".

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Examples
    --------
    >>> from theory.activations import relu
    >>> scale_record(2, 512, None, relu(), "rms")["std"]
    0.0625
    """
    variance = float(weight_variance(order, fan_in, fan_out, activation, preserve))
    plain = activation.with_dropout(1.0)
    classical = float(weight_variance(2, fan_in, activation=plain))
    record = {
        "order": order,
        "fan_in": int(fan_in),
        "fan_out": int(fan_in if fan_out is None else fan_out),
        "activation": activation.name,
        "preserve": preserve,
        "variance": variance,
        "std": math.sqrt(variance),
        "classical": {"name": "LeCun" if plain.name == "linear" else "He", "variance": classical},
        "ratio": variance / classical,
    }
    return {k: "inf" if isinstance(v, float) and math.isinf(v) else v for k, v in record.items()}


def print_scale(console: Console, record: Mapping[str, Any]) -> None:
    """Print a `scale_record` to `console`, one quantity a line, 17 digits.

    Examples
    --------
    >>> from theory.activations import relu
    >>> record = scale_record(2, 512, None, relu(), "rms")
    >>> print_scale(Console(width=60, color_system=None), record)
    layer        relu, 512 x 512 (fan_out x fan_in)
    preserves    the order-2 moment of the rms
    variance     0.00390625
    std          0.0625
    He variance  0.00390625
    ratio        1
    """
    shape = f"{record['fan_out']} x {record['fan_in']}"
    classical = record["classical"]
    rows = {
        "layer": f"{record['activation']}, {shape} (fan_out x fan_in)",
        "preserves": f"the order-{record['order']:g} moment of the {record['preserve']}",
        "variance": _digits(record["variance"]),
        "std": _digits(record["std"]),
        f"{classical['name']} variance": _digits(classical["variance"]),
        "ratio": _digits(record["ratio"]),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(Text(name, style="bold"), Text(value))
    console.print(table)


def _digits(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.17g}"
