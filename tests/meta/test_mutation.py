"""The tests of theory/ notice a one per cent error in any constant of a closed form."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

PLACES = 10
SOURCE = """
_STEP = 0.5
_LEFT = -3.6
_TABLE = (0.25, -2.0)
def f(x, slope=0.01):
    if x > 30:
        return x[1] * 3.0
    return sum(4 * x**2 for _ in range(7)) + 0
"""


@pytest.fixture(scope="module")
def mutation() -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location(
        "theory_mutation", Path(__file__).with_name("mutation.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_rule_selects_constants_of_formulas(mutation):
    assert [site.value for site in mutation.sites("f.py", SOURCE)] == [0.25, 2.0, 0.01, 3.0, 4, 2]


def test_a_mutant_differs_in_one_constant(mutation):
    for site in mutation.sites("f.py", SOURCE):
        changed = mutation.mutate(SOURCE, site)
        assert changed.count("1.01 * ") == 1
        assert changed.replace(f"(1.01 * {site.value!r})", repr(site.value)) == SOURCE


def test_there_is_something_to_mutate_in_every_file(mutation):
    for file in mutation.FILES:
        assert mutation.sites(file, (mutation.ROOT / file).read_text()), file


@pytest.mark.slow
def test_ten_random_places_are_noticed(mutation, tmp_path):
    """The control first: without a mutation the copy's tests pass, so that a failure means something."""
    directory = tmp_path.resolve()
    mutation.copy_packages(directory)
    control = mutation.fast_tests(directory)
    assert control.returncode == 0, control.stdout
    places = random.Random(2021).sample(mutation.all_sites(), PLACES)
    assert [str(site) for site in places if mutation.survives(site, directory)] == []
