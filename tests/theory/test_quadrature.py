"""theory.quadrature: each trapezium rule against exact moments, where the two meet, and that batches do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.contour import bromwich_power_mean
from theory.quadrature import fill_where, mellin_power_mean

ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(0.01),
    leaky_relu(30.0),
    randomized_leaky_relu(),
    randomized_leaky_relu(0, 2),
    relu().with_dropout(0.3),
    linear().with_dropout(0.9, rescale=False),
]
WIDTHS = np.array([1, 2, 3, 10, 100, 1e4, 1e6, 1e9])


def names(activation: Activation) -> str:
    return activation.name


def at(route, p, width, activation):
    return route(*np.broadcast_arrays(np.atleast_1d(np.float64(p)), np.float64(width)), activation)


@pytest.mark.parametrize("p", [1e-6, 0.05, 0.5, 0.95, 0.9999999])
def test_mellin_route_gives_the_gamma_ratio_of_a_linear_layer(p, oracles, assert_errors):
    rows = []
    for width, value in zip(WIDTHS, at(mellin_power_mean, p, WIDTHS, linear()), strict=True):
        width = int(width)
        exact = oracles.log_chi_moment(width, oracles.MP.mpf(p)) / p - oracles.MP.log(width)
        rows.append((width, float(abs(value - exact)), 1e-14 + 2.0**-51 * abs(value)))
    assert_errors(rows)


@pytest.mark.parametrize("p", [1.0000001, 1.05, 1.5, 7.3, 20.0, 50.0])
def test_bromwich_route_gives_the_gamma_ratio_of_a_linear_layer(p, oracles, assert_errors):
    rows = []
    for width, value in zip(WIDTHS, at(bromwich_power_mean, p, WIDTHS, linear()), strict=True):
        exact = oracles.log_chi_moment(int(width), oracles.MP.mpf(p)) / p - oracles.MP.log(
            int(width)
        )
        rows.append((int(width), float(abs(value - exact)), 1e-13 + 2.0**-53 * abs(value)))
    assert_errors(rows)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=names)
@pytest.mark.parametrize("n", [2, 3, 6, 50])
def test_bromwich_route_gives_whole_moments(n, activation, oracles, assert_errors):
    """E Q^n is a polynomial in the unit's moments: the expansion of a power of a sum."""
    law = (activation.lower, activation.upper, activation.keep_prob, activation.rescale)
    rows = []
    for width, value in zip(WIDTHS, at(bromwich_power_mean, n, WIDTHS, activation), strict=True):
        mean = oracles.MP.log(int(width) * oracles.unit_moment(law, 1))
        exact = oracles.whole_moment(law, int(width), 2 * n) / n - mean
        rows.append((int(width), float(abs(value - exact)), 1e-13 + 2.0**-53 * abs(value)))
    assert_errors(rows)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=names)
def test_the_routes_meet_at_one(activation):
    """log E[(Q/EQ)^p] vanishes at p = 1 with the same slope from both sides: the routes share no formula there."""
    gap = 1e-5
    below = at(mellin_power_mean, 1 - gap, WIDTHS, activation) * (1 - gap)
    above = at(bromwich_power_mean, 1 + gap, WIDTHS, activation) * (1 + gap)
    assert np.all(below < 0)
    assert np.all(above > 0)
    np.testing.assert_allclose(above + below, 0, atol=40 * gap**2)
    np.testing.assert_allclose(above, -below, rtol=20 * gap, atol=3e-13)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.floats(1e-4, 0.999))
def test_mellin_values_do_not_depend_on_their_neighbours(widths, p):
    activation = leaky_relu(0.2)
    together = at(mellin_power_mean, p, widths, activation)
    alone = np.concatenate([at(mellin_power_mean, p, [w], activation) for w in widths])
    np.testing.assert_allclose(together, alone, rtol=4e-15, atol=4e-15)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.floats(1.001, 30))
def test_bromwich_values_do_not_depend_on_their_neighbours(widths, p):
    activation = randomized_leaky_relu()
    together = at(bromwich_power_mean, p, widths, activation)
    alone = np.concatenate([at(bromwich_power_mean, p, [w], activation) for w in widths])
    np.testing.assert_allclose(together, alone, atol=1e-13)


@pytest.mark.parametrize(("route", "p"), [(mellin_power_mean, 0.4), (bromwich_power_mean, 1.6)])
def test_blocks_do_not_show(route, p):
    """More rows than one block holds give what each row gives."""
    widths = np.arange(1.0, 5001.0)
    values = at(route, p, widths, relu())
    some = [0, 1, 499, 500, 2047, 4999]
    np.testing.assert_allclose(values[some], at(route, p, widths[some], relu()), rtol=1e-13)
    assert np.all(np.diff(np.abs(values)) < 0)


def test_fill_where_masks_arrays_and_passes_the_rest_on():
    result, p = np.zeros(4), np.arange(4.0)
    fill_where(p > 1, result, lambda x, scale: x * scale, p, 10)
    np.testing.assert_array_equal(result, [0, 0, 20, 30])


def test_fill_where_never_calls_for_nothing():
    def refuse(_):
        raise AssertionError("called")

    result = np.ones(3)
    fill_where(np.zeros(3, dtype=bool), result, refuse, np.ones(3))
    np.testing.assert_array_equal(result, np.ones(3))
