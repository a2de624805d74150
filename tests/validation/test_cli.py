"""The command line: exit codes, one-line errors, outputs."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from validation.__main__ import main
from validation.claim import PROFILES
from validation.claims import all_claims

BAD = {
    "unknown id": (["fm.hee"], ["'fm.hee'", "fm.he"]),
    "negative seed": (["--seed", "-1"], ["--seed", "-1", "x>=0"]),
    "no jobs": (["--jobs", "0"], ["--jobs", "0", "x>=1"]),
    "unknown profile": (["--profile", "huge"], ["huge", "quick", "full"]),
    "unwritable output": (["fm.lecun", "--output", "/dev/null/x"], ["output path", "/dev/null/x"]),
    "unwritable json": (["fm.lecun", "--json", "/dev/null/x"], ["output path", "/dev/null/x"]),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line_and_exit_code_2(arguments, words, tmp_path):
    if "--output" not in arguments:
        arguments = [*arguments, "--output", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output.replace("\n", " ")


def test_missing_device_is_a_clear_error_not_a_fallback(tmp_path):
    from numerics.backends import BackendUnavailableError, get_backend

    try:
        get_backend("cupy")
    except BackendUnavailableError:
        result = CliRunner().invoke(main, ["--backend", "cupy", "--output", str(tmp_path)])
        assert result.exit_code == 2
        assert "cupy" in result.output.lower()
    else:
        pytest.skip("a device is at hand: nothing is missing")


def test_list_shows_every_claim():
    result = CliRunner().invoke(main, ["--list"])
    assert result.exit_code == 0
    assert all(name in result.output for name in all_claims(PROFILES["quick"]))


def test_plan_says_what_a_run_costs_and_runs_nothing(tmp_path):
    result = CliRunner().invoke(main, ["--plan", "--output", str(tmp_path)])
    assert result.exit_code == 0
    assert "cells" in result.output
    assert "MiB" in result.output
    assert not list(tmp_path.iterdir())


def test_a_run_writes_ledger_and_report_and_prints_json(tmp_path):
    command = [sys.executable, "-m", "validation", "fm.lecun", "--json", "-", "--jobs", "2"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ledger = json.loads(done.stdout)
    assert ledger == json.loads((tmp_path / "ledger.json").read_text())
    assert ledger["claims"][0]["verdict"] == "supported"
    page = (tmp_path / "report.html").read_text()
    assert "fm.lecun" in page
    assert "What &quot;supported&quot; means" in page
    assert "fm.lecun" in done.stderr  # the table goes where JSON does not
