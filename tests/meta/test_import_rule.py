"""Imports run one way: a simulator that used the formula it tests would prove nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "theory": {"theory"},
    "numerics": {"numerics"},
    "validation": {"validation", "theory", "numerics"},
    "figures": {"figures", "theory", "numerics", "validation"},
}
OURS = {*ALLOWED, "tests"}


def imported(source: str) -> Iterator[str]:
    """Top-level names that the source imports, anywhere in it, import_module and __import__ of a literal included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            yield from (
                str(ast.literal_eval(arg)).split(".")[0]
                for arg in node.args[:1]
                if isinstance(arg, ast.Constant)
            )


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def violations(package: str, source: str) -> set[str]:
    return {name for name in imported(source) if name in OURS - ALLOWED[package]}


@pytest.mark.parametrize("package", ALLOWED)
def test_package_imports_only_what_it_may(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files, f"no file in {package}/"
    broken = {
        str(file.relative_to(ROOT)): wrong
        for file in files
        if (wrong := violations(package, file.read_text(encoding="utf-8")))
    }
    assert not broken


@pytest.mark.parametrize(
    ("package", "source", "wrong"),
    [
        ("numerics", "import theory", {"theory"}),
        ("numerics", "import numpy as np\nfrom theory.special import log_power_mean", {"theory"}),
        ("theory", "def f():\n    import numerics.streams", {"numerics"}),
        ("theory", "import importlib\nimportlib.import_module('numerics.streams')", {"numerics"}),
        ("theory", "__import__('validation')", {"validation"}),
        ("validation", "from figures import manifest", {"figures"}),
        ("figures", "from tests.theory import oracles", {"tests"}),
        (
            "theory",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import figures",
            {"figures"},
        ),
    ],
)
def test_a_planted_violation_is_seen(package, source, wrong):
    assert violations(package, source) == wrong


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("validation", "import theory, numerics\nfrom theory.special import log_power_mean"),
        ("numerics", "import numpy\nfrom . import theory\ntext = 'import theory'"),
    ],
)
def test_what_is_allowed_passes(package, source):
    assert violations(package, source) == set()
