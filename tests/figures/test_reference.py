"""Committed data of the full profile: intact, of these parameters, and still what the code computes."""

import json

import numpy as np
import pytest

from figures import store
from figures.law_panels import distances
from figures.manifest import FIGURES
from figures.weight_scale_curves import largest_deviation

# The data are fixed, so no comparison here can fail by chance.
LARGEST = 6.0  # standard errors
ALPHA = 1e-9  # of the Dvoretzky-Kiefer-Wolfowitz inequality

LAWS = {
    "gh-fig2": ("matrix", "chi2"),
    "gh-fig5": ("matrix", "chi2"),
    "gh-fig6": ("gaussian",),
}


def full(name):
    return store.load(store.REFERENCE, f"{name}-full")


@pytest.fixture(params=FIGURES.values(), ids=FIGURES)
def record(request):
    return request.param


@pytest.fixture
def stored(record):
    return full(record.id)


def test_reference_is_of_the_full_profile(record, stored):
    expected = {"profile": "full", "backend": "numpy", **record.parameters["full"]}
    assert stored.provenance["parameters"] == json.loads(json.dumps(expected))


def test_reference_is_drawn(record):
    assert (store.REFERENCE / f"{record.id}.png").stat().st_size > 10_000


def test_reference_is_small():
    """A few hundred kilobytes a figure: data and drawing."""
    assert sum(path.stat().st_size for path in store.REFERENCE.iterdir()) < 300_000 * len(FIGURES)


def test_curves_are_still_computed(record, stored):
    curves = next(c for c in record.cells(record.parameters["full"], "numpy") if c.key == "curves")
    for name, values in record.compute(curves.parameters, None).items():
        np.testing.assert_allclose(stored.arrays[f"curves.{name}"], values, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["gh-fig1b", "gh-fig4"])
def test_simulated_scales_agree_with_the_curves(name):
    assert 0.5 < largest_deviation(full(name).arrays) < LARGEST


@pytest.mark.parametrize(("name", "method"), [(n, m) for n, ms in LAWS.items() for m in ms])
def test_simulated_laws_agree_with_the_exact_ones(name, method):
    arrays = full(name).arrays
    critical = np.sqrt(np.log(2 / ALPHA) / (2 * arrays[f"{method}.size"]))
    assert np.all(distances(arrays, method) < critical)


@pytest.mark.parametrize("name", ["gh-fig2", "gh-fig5"])
def test_a_million_networks_are_nearer_to_the_exact_law_than_to_the_limit(name):
    """For ReLU and leaky ReLU, whose steps are skewed the most."""
    arrays = full(name).arrays
    kept = arrays["curves.slope"] < 1
    exact, limit = (distances(arrays, "chi2", law)[kept] for law in ("cdf", "normal_cdf"))
    assert np.all(exact < limit)


def test_sample_moments_fall_far_below_the_exact_ones():
    """Erratum B-E4: from alpha = 2.5 on 95 % of samples stay below a fifth of the exact value."""
    arrays = full("gh-fig1a").arrays
    kept = arrays["curves.alpha"] >= 2.5
    for samples in (arrays["repeated.quantile"][:, 2], arrays["sample.moment"]):
        assert np.all(samples[:, kept] < arrays["curves.moment"][:, kept] / 5)
    at_one = arrays["repeated.quantile"][:, :, 0]
    assert np.all(at_one[:, 0] < arrays["curves.moment"][:, 0])  # and samples do suffice
    assert np.all(arrays["curves.moment"][:, 0] < at_one[:, 2])  # at alpha = 1


def test_simulated_quantiles_agree_with_the_exact_ones():
    arrays = full("fm-layer-quantiles").arrays
    layers = np.isin(arrays["curves.layer"], arrays["simulation.layer"][0])
    exact, error = (
        arrays["curves.quantile"][:, layers],
        (arrays["simulation.high"] - arrays["simulation.low"]) / 6,
    )
    distance = np.abs(arrays["simulation.quantile"] - exact) / error
    assert 0.5 < distance.max() < LARGEST
    swapped = np.abs(arrays["simulation.quantile"] - exact[[0, 2, 1, 3]]) / error
    assert np.all(swapped[1:3, -1] > LARGEST)  # He's and order 1 are told apart at the last layer
