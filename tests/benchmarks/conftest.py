"""Programs measured on two threads, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")


def _measured(program: str, *arguments: object) -> dict[str, Any]:
    """What the program prints as JSON: no library's threads spin beside those of another."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | THREADS
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def on_two_threads() -> Callable[..., dict[str, Any]]:
    return _measured
