"""`__all__` is exactly what a module makes public, and every public function is documented with an example."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("theory", "numerics", "validation", "figures")
FILES = [
    str(file.relative_to(ROOT)) for name in PACKAGES for file in sorted((ROOT / name).rglob("*.py"))
]


def public_names(tree: ast.Module) -> set[str]:
    """Functions, classes and constants defined at the top level without an underscore."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {
                n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)
            }
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def imported_names(tree: ast.Module) -> set[str]:
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def declared(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def name_errors(source: str, package_root: bool = False) -> list[str]:
    """What is wrong with `__all__`; a package's __init__ may also list what it imports."""
    tree = ast.parse(source)
    listed, defined = declared(tree), public_names(tree)
    errors = [f"{name} is public but not in __all__" for name in sorted(defined - set(listed))]
    known = defined | imported_names(tree) if package_root else defined
    errors += [f"{name} is in __all__ but not defined" for name in sorted(set(listed) - known)]
    return errors + ([] if len(listed) == len(set(listed)) else ["__all__ repeats a name"])


def documentation_errors(source: str) -> list[str]:
    """Public functions without the sections that a reader needs."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [
        f"{node.name}: no {section}"
        for node in functions
        if not node.name.startswith("_")
        for section in missing_sections(node)
    ]


def missing_sections(function: ast.FunctionDef) -> list[str]:
    """Either both numpydoc sections, or a short text that names every parameter; an example in any case."""
    text = ast.get_docstring(function) or ""
    args = function.args
    taken = [
        a.arg
        for a in (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg)
        if a
    ]
    nothing = isinstance(function.returns, ast.Constant) and function.returns.value is None
    sectioned = "Parameters\n---" in text
    told = all(re.search(rf"\b{name}\b", text) for name in taken)
    returns = (
        "Returns\n---" in text or "Yields\n---" in text or text.startswith(("Return", "Yield"))
    )
    present = {
        "docstring": bool(text),
        "Parameters": sectioned or told,
        "Returns": returns or nothing or not sectioned,
        "Examples": "Examples\n---" in text and ">>>" in text,
    }
    return [section for section, found in present.items() if not found]


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith("__main__.py")])
def test_all_is_exactly_the_public_names(file):
    assert (
        name_errors((ROOT / file).read_text(encoding="utf-8"), file.endswith("__init__.py")) == []
    )


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith("__main__.py")])
def test_public_functions_are_documented(file):
    """A command line's functions are excepted: their docstrings are the help text, and nobody imports them."""
    assert documentation_errors((ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES)
def test_modules_and_classes_have_docstrings(file):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    public = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    assert [getattr(n, "name", "module") for n in (tree, *public) if not ast.get_docstring(n)] == []


GOOD = '''
__all__ = ["LIMIT", "double"]
LIMIT: int = 3
def double(x):
    """Twice the number.

    Parameters
    ----------
    x : float

    Returns
    -------
    float

    Examples
    --------
    >>> double(2)
    4
    """
    return 2 * x
def _private(x): ...
'''


def test_the_good_module_passes():
    assert name_errors(GOOD) == documentation_errors(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("def _private", "def private", "private is public but not in __all__"),
        ("LIMIT: int = 3", "LIMIT, BOUND = 3, 4", "BOUND is public but not in __all__"),
        ("LIMIT: int = 3", "from math import pi as LIMIT", "LIMIT is in __all__ but not defined"),
        ('"LIMIT", "double"', '"LIMIT", "double", "LIMIT"', "__all__ repeats a name"),
        ("__all__", "_all", "double is public but not in __all__"),
    ],
)
def test_planted_names_are_seen(old, new, error):
    assert old in GOOD
    assert error in name_errors(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("old", "error"),
    [
        ("Parameters\n    ----------\n    x : float", "double: no Parameters"),
        ("Returns", "double: no Returns"),
        ("Examples", "double: no Examples"),
        (">>>", "double: no Examples"),
        ('"""', "double: no docstring"),
    ],
)
def test_planted_gaps_in_documentation_are_seen(old, error):
    source = (
        GOOD.replace('    """Twice', '    x = """Twice') if old == '"""' else GOOD.replace(old, "")
    )
    assert error in documentation_errors(source)


def test_a_short_text_that_names_its_parameters_is_enough():
    short = 'def double(x):\n    """Twice x.\n\n    Examples\n    --------\n    >>> double(2)\n    4\n    """\n'
    assert documentation_errors(short) == []
    assert documentation_errors(short.replace("Twice x", "Twice it")) == ["double: no Parameters"]
