"""Fixtures: a definition-level oracle, and the figures computed once with few networks."""

from dataclasses import replace
from functools import cache

import mpmath as mp
import pytest

from figures import pipeline, store
from figures.manifest import FIGURES
from figures.pipeline import Run

# Enough to draw every point; nothing is judged by these.
FEW = {
    "replicates": 2000,
    "networks": 40,
    "matrix": 100,
    "gaussian": 2000,
    "chi2": 2000,
    "repetitions": 3,
    "nets": 2,
    "nets_of_group": 1,
    "times": [3, 6],
    "steps": 8,
}


@cache
def _variance(order, width):
    """sigma(s, d)^2 for ReLU: E|phi(z)|^s over the number of active units, each by quadrature of the chi density."""
    with mp.workdps(30):
        s, moment = mp.mpf(str(order)), mp.mpf(0)
        for active in range(1, width + 1):
            scale = mp.mpf(2) ** (1 - mp.mpf(active) / 2) / mp.gamma(mp.mpf(active) / 2)
            mode = mp.sqrt(active)
            knots = [0, mode / 2, mode, mode + 4, mode + 12, mode + 40]
            chi = mp.quad(lambda r, n=active: r ** (s + n - 1) * mp.exp(-r * r / 2), knots)
            moment += mp.binomial(width, active) / mp.mpf(2) ** width * scale * chi
        return moment ** (-2 / s)


@pytest.fixture(scope="session")
def exact_variance():
    """The preserving variance as an mpmath number, from the definition."""
    return _variance


@pytest.fixture(scope="session")
def small_records():
    """The manifest with few networks."""

    def shrunk(record):
        parameters = {
            name: {**each, **{size: few for size, few in FEW.items() if size in each}}
            for name, each in record.parameters.items()
        }
        return replace(record, parameters=parameters)

    return {name: shrunk(record) for name, record in FIGURES.items()}


@pytest.fixture(scope="session")
def small_run(small_records, tmp_path_factory):
    """A run whose data are stored."""
    run = Run(tmp_path_factory.mktemp("figures"), jobs=1)
    for record in small_records.values():
        pipeline.compute(record, run)
    return run


@pytest.fixture(scope="session")
def small_data(small_records, small_run):
    """The stored arrays of each figure."""
    return {
        name: store.load(small_run.data, small_run.key(record)).arrays
        for name, record in small_records.items()
    }
