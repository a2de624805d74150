"""theory.fractional_moments is cheap to import into a training script: NumPy and scipy.special, nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BARRED = (
    "sympy",
    "mpmath",
    "matplotlib",
    "flint",
    "scipy.stats",
    "scipy.integrate",
    "scipy.optimize",
)
COST = """
import time
import numpy, scipy.special
start = time.perf_counter()
import theory.fractional_moments
print(time.perf_counter() - start)
"""


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout


def loaded(module: str) -> set[str]:
    """The barred modules that importing `module` loads."""
    seen = fresh(f"import sys, {module}\nprint('\\n'.join(sys.modules))").split()
    return set(BARRED) & set(seen)


@pytest.mark.parametrize("module", ["theory.fractional_moments", "theory.activations"])
def test_import_loads_nothing_barred(module):
    assert loaded(module) == set()


def test_a_barred_import_would_be_seen():
    assert loaded("scipy.integrate") == {"scipy.integrate", "scipy.optimize"}


def test_import_costs_a_tenth_of_a_second_at_most():
    """Beyond NumPy and scipy.special; the best of several runs, for a busy machine only adds."""
    assert min(float(fresh(COST)) for _ in range(5)) <= 0.1
