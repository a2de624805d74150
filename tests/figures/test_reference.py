"""Committed data of the full profile: intact, of these parameters, and still what the code computes."""

import json

import numpy as np
import pytest

from figures import store
from figures.manifest import FIGURES
from figures.weight_scale_curves import largest_deviation

LARGEST = 6.0  # standard errors; the data are fixed, so this cannot fail by chance


@pytest.fixture(params=FIGURES.values(), ids=FIGURES)
def record(request):
    return request.param


@pytest.fixture
def stored(record):
    return store.load(store.REFERENCE, f"{record.id}-full")


def test_reference_is_of_the_full_profile(record, stored):
    expected = {"profile": "full", "backend": "numpy", **record.parameters["full"]}
    assert stored.provenance["parameters"] == json.loads(json.dumps(expected))


def test_reference_is_small():
    assert sum(path.stat().st_size for path in store.REFERENCE.iterdir()) < 500_000


def test_curves_are_still_computed(record, stored):
    curves = next(c for c in record.cells(record.parameters["full"], "numpy") if c.key == "curves")
    for name, values in record.compute(curves.parameters, None).items():
        np.testing.assert_allclose(stored.arrays[f"curves.{name}"], values, rtol=1e-11, atol=1e-13)


def test_simulation_agrees_with_the_curves(stored):
    assert 0.5 < largest_deviation(stored.arrays) < LARGEST
