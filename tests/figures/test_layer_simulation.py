"""Simulated points: right on average, with standard errors that are right."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from figures.layer_simulation import estimate, simulation_cell, simulation_step

ORDERS = np.array([0.5, 1.0, 1.5, 2.0])


def log_norms(count):
    """Deterministic sample: quantiles of half the log of a chi-square with 16 degrees of freedom."""
    return np.log(stats.chi2(16).ppf((np.arange(count) + 0.5) / count)) / 2


def test_estimate_is_the_formula():
    log_norm = np.log([1.0, 2.0, 3.0])
    made = estimate(ORDERS, log_norm)
    by_hand = [np.mean([1.0, 2.0**s, 3.0**s]) ** (-2 / s) for s in ORDERS]
    np.testing.assert_allclose(made["variance"], by_hand, rtol=1e-14)
    np.testing.assert_allclose(made["excess"], np.array(by_hand) - 3 / 14, atol=1e-15)
    np.testing.assert_allclose(made["std_excess"], np.sqrt(by_hand) - np.sqrt(3 / 14), atol=1e-15)


@pytest.mark.parametrize("name", ["variance", "excess", "std_excess"])
def test_standard_errors_agree_with_the_jackknife(name):
    """Leave one network out, for each of 400: agreement up to O(1/n)."""
    log_norm = log_norms(400)
    left_out = np.array(
        [estimate(ORDERS, np.delete(log_norm, index))[name] for index in range(log_norm.size)]
    )
    jackknife = np.sqrt(399 / 400 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(
        estimate(ORDERS, log_norm)[f"{name}_error"], jackknife, rtol=0.02, atol=1e-15
    )


def test_pairing_resolves_the_excess():
    made = estimate(ORDERS, log_norms(10_000))
    relative = made["excess_error"][:-1] / made["excess"][:-1]
    unpaired = made["variance_error"][:-1] / made["excess"][:-1]
    assert np.all(relative < 3 / np.sqrt(10_000))
    assert np.all(unpaired > 2 * relative)


def test_dead_networks_count_as_zero():
    made = estimate(np.array([1.0, 2.0]), np.array([0.0, -np.inf]))
    np.testing.assert_allclose(made["variance"], [4.0, 2.0])
    assert all(np.isfinite(values).all() for values in made.values())


@pytest.mark.parametrize("orders", [[1.0], [2.0, 2.0]])
def test_order_two_is_needed_once(orders):
    with pytest.raises(ValueError, match="order must hold 2"):
        estimate(np.array(orders), np.zeros(3))


def test_drawn_layers_agree_with_the_definition(exact_variance):
    """Width 16, 1e5 networks: 1e5 times the squared skewness (0.98 at order 2), as the normal bound needs."""
    cell = simulation_cell(16, ORDERS.tolist(), 100_000, "numpy")
    made = simulation_step(cell.parameters, np.random.default_rng(0))
    exact = np.array([float(exact_variance(s, 16)) for s in ORDERS])
    distance = np.abs(made["variance"] - exact) / made["variance_error"]
    assert np.all(distance < NormalDist().inv_cdf(1 - 1e-9 / (2 * ORDERS.size)))
    assert np.all(
        made["variance_error"] / exact < 0.002
    )  # resolution: errors of 1.4 % would be seen


def test_cell_says_what_it_costs():
    small, large = (simulation_cell(64, [2.0], count, "numpy") for count in (100, 10_000))
    assert 0 < small.seconds < large.seconds
    assert 0 < small.bytes < large.bytes
