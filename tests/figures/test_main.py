"""The command line: exit codes, one-line errors, what it lists, plans and writes."""

import subprocess
import sys

import pytest

from figures import __main__ as cli
from figures.manifest import FIGURES


@pytest.fixture
def few_networks(monkeypatch, small_records):
    """Run the command line on the small manifest."""
    monkeypatch.setattr(cli, "FIGURES", small_records)


def test_list(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert cli.main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in FIGURES)
    assert max(len(line) for line in shown.splitlines()) <= 60


def test_list_of_some(capsys):
    assert cli.main(["--list", "gh-fig4"]) == 0
    shown = capsys.readouterr().out
    assert "gh-fig4" in shown
    assert "gh-fig1b" not in shown


@pytest.mark.usefixtures("few_networks")
def test_plan_then_compute_then_plan(capsys, tmp_path):
    arguments = ["gh-fig1b", "--output", str(tmp_path / "out"), "--jobs", "1"]
    assert cli.main([*arguments, "--plan"]) == 0
    assert not (tmp_path / "out").exists()
    assert cli.main([*arguments, "--format", "svg,PDF"]) == 0
    shown = capsys.readouterr().out
    for suffix in ("svg", "pdf"):
        assert f"gh-fig1b: {tmp_path / 'out' / f'gh-fig1b.{suffix}'}" in shown
        assert (tmp_path / "out" / f"gh-fig1b.{suffix}").stat().st_size > 1000
    assert not (tmp_path / "out" / "gh-fig1b.png").exists()
    assert cli.main([*arguments, "--plan"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("gh-fig1b"))
    assert row.split()[1:3] == ["6", "6"]


def test_reference_computes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cli.pipeline, "compute", lambda *_: pytest.fail("computed"))
    assert cli.main(["--reference", "--output", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.png" for name in FIGURES}


BAD_INPUT = {
    "gh-fig3": "did you mean gh-fig",
    "unheard-of": "gh-fig1b",
    "--profile=big": "'quick', 'full'",
    "--seed=-1": "x>=0",
    "--seed=one": "integer",
    "--jobs=0": "x>=1",
    "--backend=torch": "'numpy', 'cupy'",
    "--format=png,gif": "'gif' is not one of png, pdf, svg",
    "--nonsense": "--nonsense",
}


@pytest.mark.parametrize("argument", BAD_INPUT)
def test_bad_input_is_one_line_and_exit_2(argument, capsys, tmp_path):
    assert cli.main([argument, "--output", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Error: ")
    assert BAD_INPUT[argument] in shown.err
    assert shown.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_unwritable_output(capsys, tmp_path):
    """A file where a folder is needed: not even the superuser can write below it."""
    (tmp_path / "file").write_text("")
    assert cli.main(["gh-fig4", "--output", str(tmp_path / "file" / "out")]) == 2
    error = capsys.readouterr().err
    assert "directory must be writable" in error
    assert str(tmp_path / "file") in error
    assert error.count("\n") == 1


def test_failing_cell_is_exit_1(capsys, tmp_path, monkeypatch):
    def fails(*_):
        raise cli.CellError("cell 'curves' failed:\n  overflow")

    monkeypatch.setattr(cli.pipeline, "compute", fails)
    assert cli.main(["gh-fig4", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "Error: cell 'curves' failed: overflow\n"


def test_module_runs_and_returns_the_code():
    done = subprocess.run(
        [sys.executable, "-m", "figures", "nothing-like-it"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
