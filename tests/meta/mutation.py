"""Scale one constant of a closed form by 1.01 in a copy of the packages, and see whether the fast theory tests notice.

Which constants: every non-zero number in the function bodies, argument defaults and coefficient tuples of the FILES,
but not those that may change without changing a value: module-level plain numbers (steps, limits of integration, block
sizes), numbers inside a comparison, an index, a `range`, `arange` or `max`, and the functions and variables of
PLACEMENT, which only say where a contour runs, where an integral may stop and where a series takes over.

Run `python tests/meta/mutation.py` for all of them (a quarter of an hour); `--list` shows the places.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = tuple(
    f"theory/{name}.py"
    for name in (
        "activations",
        "slopes",
        "elementary",
        "special",
        "quadrature",
        "contour",
        "fractional_moments/variance",
        "fractional_moments/drift",
        "fractional_moments/survival",
        "gamma_reference",
        "log_cumulants",
        "complex_moments",
        "inversion",
        "log_norm_law",
        "norm_law",
        "heavy_tails/moments",
        "kl_bound/stationary",
        "kl_bound/lyapunov",
        "kl_bound/divergence",
        "kl_bound/relaxation",
        "kl_bound/bounds",
        "kl_bound/networks",
        "kl_bound/scales",
        "deep_linear/scales",
        "deep_linear/chi",
        "deep_linear/products",
        "deep_linear/kernel",
        "deep_linear/modes",
        "deep_linear/rates",
        "deep_linear/widths",
    )
)
KL_BOUND = "theory/kl_bound/"
KL_BOUND_TESTS = (
    "kl_bound_shapes",
    "kl_bound_properties",
    "kl_bound_properties_bounds",
    "kl_bound_values",
    "kl_bound_divergence",
    "kl_bound_stationary",
    "kl_bound_networks",
    "kl_bound_lyapunov",
)
ELEMENTARY = "theory/elementary.py"
DEEP_LINEAR = "theory/deep_linear/"
DEEP_LINEAR_TESTS = (
    "deep_linear_values",
    "deep_linear_values_training",
    "deep_linear_domain",
    "deep_linear_properties",
    "deep_linear_properties_training",
)
TESTS = (
    "elementary",
    "special",
    "quadrature",
    "activations",
    "fractional_moments_properties",
    "fractional_moments",
    "fractional_moments_domain",
    "drift",
    "norm_law",
    "norm_law_properties",
    "heavy_tails",
)
COPIED = ("theory", "tests", "pyproject.toml")
FACTOR = 1.01
PLACEMENT = {
    "smallest_log_slope",
    "_tail_end",
    "_log_pole",
    "_saddle",
    "_TRIAL",
    "blocks",
    "deviation",
    "kappa",
    "log_centre",
    "end",
    "long_end",
    "opening",
    "step",
    "right_end",
    "_cutoff",
    "left",
    "right",
    "low",
    "high",
    "points",
    "inside",
    "start",
    "guess",
    "_quantile",
    "doubled",
    "middle",
}
_SKIPPED_NODES = (ast.Compare, ast.JoinedStr)
_SKIPPED_CALLS = {"range", "arange", "blocks", "max"}


@dataclass(frozen=True)
class Site:
    """One constant: where it is and what it is."""

    file: str
    line: int
    column: int
    end: int
    value: float
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.value} in {self.function}"


def sites(file: str, source: str) -> list[Site]:
    """Every constant that the rule selects, in order."""
    found: list[Site] = []
    for node in ast.parse(source).body:
        if not _is_setting(node):
            found += [_site(file, name, constant) for name, constant in _constants(node, "module")]
    return found


def mutate(source: str, site: Site) -> str:
    """Return the source with that constant, and nothing else, scaled by FACTOR."""
    lines = source.splitlines(keepends=True)
    line = lines[site.line - 1].encode()  # ast counts columns in UTF-8 bytes
    changed = line[: site.column] + f"({FACTOR} * {site.value!r})".encode() + line[site.end :]
    lines[site.line - 1] = changed.decode()
    return "".join(lines)


def copy_packages(target: Path) -> None:
    """Copy what the theory tests need."""
    for name in COPIED:
        origin = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__")
        if origin.is_dir():
            shutil.copytree(origin, target / name, ignore=ignore)
        else:
            shutil.copy(origin, target / name)


def fast_tests(
    directory: Path, tests: tuple[str, ...] = TESTS + KL_BOUND_TESTS + DEEP_LINEAR_TESTS
) -> subprocess.CompletedProcess[str]:
    """Run fast theory tests of the copy until the first failure; refuse to test anything but the copy."""
    environment = os.environ | {"PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    where = "import theory; print(theory.__file__)"
    seen = subprocess.run(
        [sys.executable, "-c", where],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout.strip() == str(directory / "theory" / "__init__.py"), seen.stdout
    files = [f"tests/theory/test_{name}.py" for name in tests]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *files]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def survives(site: Site, directory: Path) -> bool:
    """Whether the fast tests of its subject still pass in the copy with that constant changed."""
    path = directory / site.file
    source = path.read_text(encoding="utf-8")
    path.write_text(mutate(source, site), encoding="utf-8")
    try:
        return fast_tests(directory, _tests_of(site.file)).returncode == 0
    finally:
        path.write_text(source, encoding="utf-8")


def all_sites() -> list[Site]:
    """The selected constants of all FILES."""
    return [
        site for file in FILES for site in sites(file, (ROOT / file).read_text(encoding="utf-8"))
    ]


def _tests_of(file: str) -> tuple[str, ...]:
    """The tests of the file's subject."""
    subjects = {
        KL_BOUND: KL_BOUND_TESTS,
        DEEP_LINEAR: DEEP_LINEAR_TESTS,
        ELEMENTARY: KL_BOUND_TESTS + TESTS,  # which both subjects use
    }
    return next((tests for start, tests in subjects.items() if file.startswith(start)), TESTS)


def _is_setting(node: ast.stmt) -> bool:
    """A module-level name of a plain number, signed or not."""
    value = node.value if isinstance(node, ast.Assign) else None
    return isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, ast.Constant)


def _constants(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Constant]]:
    if isinstance(node, ast.FunctionDef):
        function = node.name
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in PLACEMENT:
        return
    if function in PLACEMENT or isinstance(node, _SKIPPED_NODES) or _called(node) in _SKIPPED_CALLS:
        return
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value:
        yield function, node
    children = [node.value] if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node)
    for child in children:
        yield from _constants(child, function)


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _site(file: str, function: str, node: ast.Constant) -> Site:
    assert node.end_col_offset is not None
    assert isinstance(node.value, int | float)
    return Site(file, node.lineno, node.col_offset, node.end_col_offset, node.value, function)


def main() -> None:
    """Try every site, or list them."""
    if "--list" in sys.argv:
        print(*all_sites(), sep="\n")
        return
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        copy_packages(directory)
        assert fast_tests(directory).returncode == 0, "the tests fail without any mutation"
        for site in all_sites():
            print("SURVIVES" if survives(site, directory) else "killed", site, flush=True)


if __name__ == "__main__":
    main()
