"""Figure 1(a): exact moments against mpmath, the experiment against exact moments, the erratum in numbers."""

from statistics import NormalDist

import mpmath as mp
import numpy as np
import pytest

from figures.gh_fig1a import exact_moments
from figures.moment_samples import experiment_cell, experiment_step, unit_moments
from numerics.activations import relu
from numerics.propagation import log_norms

ALPHA = 1e-9  # false alarms of the whole comparison


def active_sum(alpha, width):
    """E|relu(z)|^alpha over `width` normal units, by the number of active ones."""
    half = mp.mpf(alpha) / 2
    terms = (
        mp.binomial(width, n) * mp.gammaprod([mp.mpf(n) / 2 + half], [mp.mpf(n) / 2])
        for n in range(1, width + 1)
    )
    return mp.mpf(2) ** (half - width) * mp.fsum(terms)


@pytest.mark.parametrize("alpha", [1.0, 1.7, 3.0])
@pytest.mark.parametrize("order", [1.0, 2.0])
@pytest.mark.parametrize(("width", "depth"), [(5, 1), (5, 7), (64, 500)])
def test_exact_moments_are_products_over_layers(alpha, order, width, depth):
    with mp.workdps(40):
        std = active_sum(order, width) ** (-1 / mp.mpf(order))
        start = 2 ** (mp.mpf(alpha) / 2) * mp.gammaprod(
            [(width + mp.mpf(alpha)) / 2], [mp.mpf(width) / 2]
        )
        moment = start * std ** (alpha * depth) * active_sum(alpha, width) ** (depth - 1)
        expected = float((moment * active_sum(alpha, 1)) ** (1 / mp.mpf(alpha)))
    assert exact_moments(np.array([alpha]), order, width, depth)[0] == pytest.approx(
        expected, rel=1e-10
    )


def test_units_have_the_exact_moments():
    """Mean over 400 experiments of 100 networks; two layers, so that samples do suffice."""
    rng, alpha, width, variance = np.random.default_rng(0), np.array([1.0, 1.5, 2.0]), 16, 2 / 16
    log_norm = log_norms(
        widths=(width, width), variances=variance, activation=relu(), replicates=40_000, rng=rng
    ).reshape(400, 100)
    scale = log_norm + np.log(variance) / 2
    powers = np.array([unit_moments(alpha, each, width, rng) for each in scale]) ** alpha
    distance = powers.mean(axis=0) - exact_moments(alpha, 2.0, width, 2) ** alpha
    error = powers.std(axis=0, ddof=1) / np.sqrt(400)
    assert np.all(np.abs(distance) < NormalDist().inv_cdf(1 - ALPHA / 6) * error)
    assert np.all(error / powers.mean(axis=0) < 0.005)  # resolution: errors of 3 % would be seen
    wrong = exact_moments(alpha, 1.0, width, 2) ** alpha
    assert np.all(np.abs(powers.mean(axis=0) - wrong) > 6 * error)


def test_unit_moments_are_the_mean_over_all_units():
    """Units by hand from the same draws: zeros count."""
    rng, log_scale = np.random.default_rng(3), np.log([0.5, 2.0, 1.0])
    made = unit_moments(np.array([1.0, 3.0]), log_scale, 4, np.random.default_rng(3))
    start = np.sqrt((rng.standard_normal((3, 4)) ** 2).sum(axis=1))
    units = np.exp(log_scale)[:, None] * start[:, None] * np.maximum(rng.standard_normal((3, 4)), 0)
    np.testing.assert_allclose(made, [units.mean(), (units**3).mean() ** (1 / 3)], rtol=1e-13)


def test_quantiles_are_over_repetitions():
    small = {"alphas": [1.0, 2.0], "levels": [0.0, 1.0], "width": 4, "depth": 3, "networks": 10}
    cell = experiment_cell("repeated", "chi2", 1.5, 20, small, "numpy")
    arrays = experiment_step(cell.parameters, np.random.default_rng(0))
    assert arrays["quantile"].shape == (2, 2)
    assert np.all(arrays["quantile"][0] <= arrays["moment"])
    assert np.all(arrays["moment"] <= arrays["quantile"][1])
    assert (arrays["networks"], arrays["repetitions"]) == (10, 20)


def test_cell_says_what_it_costs():
    sizes = {"alphas": [1.0], "levels": [0.5], "width": 4, "depth": 3, "networks": 10}
    small, large = (experiment_cell("sample", "chi2", 1.5, n, sizes, "numpy") for n in (1, 100))
    assert 0 < small.seconds < large.seconds
    assert 0 < small.bytes < large.bytes
