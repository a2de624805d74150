"""The hook of tests/conftest.py: a test file that skips all its tests fails the run, unless it needs a GPU."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPED = "import pytest\n@pytest.mark.skip(reason='no')\ndef test_a(): ...\n"
RUN = "def test_b(): ...\n"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (RUN, 0),
        (SKIPPED, 1),
        (SKIPPED + RUN, 0),
        (SKIPPED.replace("@", "@pytest.mark.gpu\n@"), 0),
        ("import pytest\npytest.skip('no', allow_module_level=True)\n", 1),
    ],
    ids=["runs", "all skipped", "one runs", "gpu", "module skipped"],
)
@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["plain", "xdist"])
def test_all_skipped_file_fails(tmp_path, source, code, workers):
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_other.py").write_text(RUN)
    (tmp_path / "test_planted.py").write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = gpu\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stdout
    assert ("test_planted.py: every test was skipped" in run.stdout) == (code == 1)
