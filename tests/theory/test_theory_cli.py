"""`python -m theory`: what it prints, and that bad input is one line and exit code 2."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from theory import fractional_moments
from theory.__main__ import main
from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu
from theory.catalogue import find, results
from theory.derivations.verdicts import Verdict


def run(*arguments, columns=80):
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, [str(a) for a in arguments])


def shell(*arguments):
    environment = {**os.environ, "COLUMNS": "60"}
    command = [sys.executable, "-m", "theory", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("columns", [60, 160])
def test_list_shows_every_result_within_the_width(columns):
    outcome = run("list", columns=columns)
    assert outcome.exit_code == 0
    assert all(id in outcome.stdout for id in results())
    assert max(map(len, outcome.stdout.splitlines())) <= columns
    narrow = " ".join(outcome.stdout.split())
    assert (find("fm.he").source in narrow) == (columns == 60)  # a table interleaves its columns


def test_list_as_json():
    rows = json.loads(run("list", "--json", "-").stdout)
    assert [row["id"] for row in rows] == list(results())
    assert set(rows[0]) == {"id", "statement", "source"}


@pytest.mark.parametrize("id", ["fm.laplace.leaky-relu", "kl.divergence.to-initial"])
def test_show_prints_the_record_and_the_verdict_of_each_step(id):
    outcome = run("show", id, columns=60)
    assert outcome.exit_code == 0
    result = find(id)
    flat = " ".join(outcome.stdout.split())
    for text in (result.statement, result.domain, result.source, *result.assumptions, result.latex):
        assert " ".join(text.split()) in flat
    assert outcome.stdout.count("proved") == len(result.derivation.steps) + 1


def test_show_as_json(tmp_path):
    path = tmp_path / "he.json"
    outcome = run("show", "fm.laplace.relu", "--json", path)
    record = json.loads(path.read_text())
    assert outcome.exit_code == 0
    again = json.loads(run("show", "fm.laplace.relu", "--json", "-").stdout)
    assert {**again, "derivation": 0} == {**record, "derivation": 0}  # but for the seconds
    steps = record["derivation"]["steps"]
    assert {step["verdict"] for step in steps} <= {"proved", "enclosed"}
    assert steps[-1]["latex"] == record["latex"] == record["derivation"]["conclusion"]


def test_show_exits_1_if_the_derivation_does_not_verify(monkeypatch):
    derivation = find("fm.laplace.linear").derivation
    first = derivation.steps[0]
    broken = type(first)(first.rule, first.left, first.target, 2 * first.result, first.reason)
    wrong = type(derivation)(derivation.id, derivation.definition, derivation.meaning, (broken,))
    assert wrong.verify().verdict is Verdict.UNKNOWN
    monkeypatch.setitem(find("fm.laplace.linear").__dict__, "derivation", wrong)
    outcome = run("show", "fm.laplace.linear")
    assert outcome.exit_code == 1
    assert "unknown" in outcome.stdout


STD = [
    (("--order", 1, "--fan-in", 512), (1, 512), relu()),
    (("--order", 0.5, "--fan-in", 64, "--fan-out", 32), (0.5, 64, 32), relu()),
    (("--order", 1, "--fan-in", 9, "--activation", "linear"), (1, 9), linear()),
    (
        ("--order", 1, "--fan-in", 9, "--activation", "leaky_relu", "--slope", 0.3),
        (1, 9),
        leaky_relu(0.3),
    ),
    (("--order", 1, "--fan-in", 9, "--activation", "rrelu"), (1, 9), randomized_leaky_relu()),
    (
        ("--order", 1, "--fan-in", 9, "--activation", "rrelu", "--lower", 0, "--upper", 0.5),
        (1, 9),
        randomized_leaky_relu(0, 0.5),
    ),
    (("--order", 1, "--fan-in", 9, "--keep-prob", 0.8), (1, 9), relu().with_dropout(0.8)),
    (
        ("--order", 1, "--fan-in", 9, "--keep-prob", 0.8, "--no-rescale"),
        (1, 9),
        relu().with_dropout(0.8, rescale=False),
    ),
]


@pytest.mark.parametrize(("options", "arguments", "activation"), STD)
@pytest.mark.parametrize("preserve", ["rms", "norm"])
def test_std_prints_17_digits_of_the_closed_form(options, arguments, activation, preserve):
    outcome = run("std", *options, "--preserve", preserve, columns=120)
    variance = fractional_moments.weight_variance(
        *arguments, activation=activation, preserve=preserve
    )
    assert outcome.exit_code == 0
    printed = dict(line.rstrip().rsplit(maxsplit=1) for line in outcome.stdout.splitlines())
    assert float(printed["variance"]) == variance
    assert float(printed["std"]) == math.sqrt(variance)


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (("--activation", "linear"), "LeCun", 1 / 512),
        (("--activation", "relu", "--keep-prob", "0.5"), "He", 2 / 512),
        (("--activation", "leaky_relu", "--slope", "0.5"), "He", 2 / (1.25 * 512)),
    ],
)
def test_std_puts_the_classical_variance_beside(options, name, value):
    outcome = run("std", "--order", 1, "--fan-in", 512, "--fan-out", 7, *options, "--json", "-")
    classical = json.loads(outcome.stdout)["classical"]
    assert classical == {"name": name, "variance": pytest.approx(value, rel=1e-15)}


def test_std_writes_json_and_overflow_as_text(tmp_path):
    path = tmp_path / "std.json"
    assert run("std", "--order", "1e-4", "--fan-in", 1, "--json", path).exit_code == 0
    assert json.loads(path.read_text())["variance"] == "inf"


BAD = [
    (("std", "--order", "-1", "--fan-in", "8"), "order must be finite and > 0, got -1.0"),
    (("std", "--order", "0", "--fan-in", "8"), "order must be finite and > 0, got 0.0"),
    (("std", "--order", "nan", "--fan-in", "8"), "order must be finite and > 0, got nan"),
    (("std", "--order", "x", "--fan-in", "8"), "'--order': 'x' is not a valid float"),
    (("std", "--order", "1", "--fan-in", "0"), "fan_in must be a whole number"),
    (("std", "--order", "1", "--fan-in", "2.5"), "got 2.5"),
    (("std", "--order", "1", "--fan-in", "8", "--fan-out", "-3"), "fan_out must be a whole number"),
    (("std", "--order", "1"), "Missing option '--fan-in'"),
    (
        ("std", "--order", "1", "--fan-in", "8", "--keep-prob", "0"),
        "keep_prob must be in (0, 1], got 0",
    ),
    (("std", "--order", "1", "--fan-in", "8", "--activation", "gelu"), "got 'gelu'"),
    (("std", "--order", "1", "--fan-in", "8", "--preserve", "mean"), "got 'mean'"),
    (("std", "--order", "1", "--fan-in", "8", "--slope", "0.1"), "slope must be left out"),
    (
        ("std", "--order", "1", "--fan-in", "8", "--activation", "leaky_relu", "--slope", "nan"),
        "slope must be a finite number, got nan",
    ),
    (
        ("std", "--order", "1", "--fan-in", "8", "--activation", "rrelu", "--lower", "0.5"),
        "lower must satisfy 0 <= lower < upper",
    ),
    (("std", "--order", "1", "--fan-in", "8", "--json", "/"), "json must be"),
    (
        ("std", "--order", "1", "--fan-in", "8", "--json", "/no/such/x.json"),
        "got '/no/such/x.json'",
    ),
    (("show", "fm.hee"), "got 'fm.hee' (close: fm.he"),
    (("show", "nothing"), "got 'nothing' (close: none)"),
    (("show",), "Missing argument 'ID'"),
    (("show", "fm.he", "--json", "/no/such/x.json"), "json must be"),
    (("list", "--json", "/no/such/x.json"), "json must be"),
    (("forecast",), "No such command 'forecast'"),
    (("list", "--frobnicate"), "No such option"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_is_one_line_and_exit_code_2(arguments, message):
    outcome = run(*arguments)
    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert outcome.stderr.startswith("error: ")
    assert outcome.stderr.count("\n") == 1
    assert outcome.stdout == ""


def test_no_command_prints_the_help():
    outcome = run()
    assert outcome.exit_code == 2
    assert "Commands:" in outcome.stdout


def test_the_real_thing():
    good = shell("std", "--order", "2", "--fan-in", "8")
    assert good.returncode == 0
    assert "0.25" in good.stdout
    bad = shell("std", "--order", "-1", "--fan-in", "8")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "error: order must be finite and > 0, got -1.0\n"


def test_std_imports_neither_sympy_nor_flint():
    code = (
        "import sys; from theory.__main__ import main;"
        "main(['std', '--order', '1', '--fan-in', '8'], standalone_mode=False)"
    )
    code = f"try:\n    {code}\nexcept SystemExit: pass\nassert not {{'sympy', 'flint'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
