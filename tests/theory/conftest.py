"""Fixtures for tests of theory/: the mpmath oracles, the reference values, and a table of worst points."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent


def load(path: Path, name: str) -> ModuleType:
    """Import a helper that is no test module, without touching sys.path."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise `law_name` over the laws of the reference values."""
    if "law_name" in metafunc.fixturenames:
        laws = load(HERE / "reference" / "generate.py", "theory_reference").LAWS
        metafunc.parametrize("law_name", list(laws))


@pytest.fixture(scope="session")
def oracles() -> ModuleType:
    return load(HERE / "oracles.py", "theory_oracles")


@pytest.fixture(scope="session")
def log_oracles() -> ModuleType:
    return load(HERE / "oracles_log_norm.py", "theory_oracles_log_norm")


@pytest.fixture(scope="session")
def kl_oracles() -> ModuleType:
    return load(HERE / "oracles_kl_bound.py", "theory_oracles_kl_bound")


@pytest.fixture(scope="session")
def norm_law_generator() -> ModuleType:
    return load(HERE / "reference" / "generate_norm_law.py", "theory_norm_law_reference")


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    return load(HERE / "reference" / "generate.py", "theory_reference")


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Law name -> width -> order -> log E Q^(order/2), 30 digits."""
    data: dict[str, Any] = json.loads((HERE / "reference" / "fractional_moments.json").read_text())
    return data


@pytest.fixture(scope="session")
def assert_errors() -> Callable[[list[tuple[Any, float, float]]], None]:
    """Fail with a table of the worst points; each row is (point, error, bound)."""

    def check(rows: list[tuple[Any, float, float]]) -> None:
        assert rows, "nothing was compared"
        bad = sorted((r for r in rows if not r[1] <= r[2]), key=lambda r: -r[1] / r[2])
        table = "\n".join(
            f"  {error:9.2e} > {bound:7.1e} at {point}" for point, error, bound in bad[:12]
        )
        assert not bad, f"{len(bad)} of {len(rows)} points are off; the worst:\n{table}"

    return check


@pytest.fixture(scope="session")
def dl_oracles() -> ModuleType:
    return load(HERE / "oracles_deep_linear.py", "theory_oracles_deep_linear")
