"""theory.fractional_moments: accuracy against mpmath, to what the issue accepts and what the docstrings promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theory.activations import Activation, leaky_relu
from theory.fractional_moments import norm_moment, weight_variance


def promised(name: str, order: float, log_variance: float, acceptance: bool) -> float:
    """Relative error that the issue accepts, or that the docstring of weight_variance promises."""
    if 0.1 <= order <= 2:
        if acceptance:
            return 1e-13 if name in ("linear", "relu") else 1e-12
        return 2e-15 if name == "linear" else 2e-14
    if order > 2:
        return 1e-12
    return 1e-14 + 1e-15 * abs(log_variance) * (1 + 1 / order) if acceptance else 1e-12


def relative_error(value, exact) -> float:
    """|value/exact - 1|; where the exact value is beyond float64, inf is right."""
    if exact > np.finfo(np.float64).max:
        return 0.0 if value == np.inf else math.inf
    return float(abs(value / exact - 1))


def exact_points(reference, name):
    """(width, order) -> digits, in one list of points."""
    return {
        (int(width), float(order)): digits
        for width, orders in reference[name].items()
        for order, digits in orders.items()
    }


@pytest.mark.parametrize("acceptance", [True, False], ids=["acceptance", "docstring"])
@pytest.mark.parametrize("preserve", ["rms", "norm"])
def test_weight_variance_accuracy(
    law_name, preserve, acceptance, generator, reference, oracles, assert_errors
):
    """Both modes, rectangular: fan_in differs from fan_out."""
    mp, exact = oracles.MP, exact_points(reference, law_name)
    widths, orders = np.array(list(exact)).T
    activation = Activation(*generator.LAWS[law_name])
    values = weight_variance(orders, 3 * widths, widths, activation, preserve=preserve)
    rows = []
    for ((width, order), digits), value in zip(exact.items(), values, strict=True):
        log_variance = -2 / mp.mpf(order) * mp.mpf(digits) - (mp.log(3) if preserve == "rms" else 0)
        error = relative_error(value, mp.exp(log_variance))
        rows.append(
            ((width, order), error, promised(law_name, order, float(log_variance), acceptance))
        )
    assert_errors(rows)


def test_norm_moment_accuracy(law_name, generator, reference, oracles, assert_errors):
    mp, exact = oracles.MP, exact_points(reference, law_name)
    widths, orders = np.array(list(exact)).T
    values = norm_moment(orders, widths, Activation(*generator.LAWS[law_name]))
    rows = []
    for ((width, order), digits), value in zip(exact.items(), values, strict=True):
        if order <= 20:
            error = relative_error(value, mp.exp(mp.mpf(digits)))
            rows.append(((width, order), error, 1e-14 if order <= 2 else 1e-12))
    assert_errors(rows)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("order", [0.1, 0.7, 1.0, 2.5])
def test_against_the_expectation_itself(law_name, width, order, generator, oracles, assert_errors):
    """Integrals over z and the slopes, the definition: nothing between it and the number."""
    law = generator.LAWS[law_name]
    if law[:2] == (0.0, 1.0):
        law = (0.25, 1.0, *law[2:])  # Gauss-Legendre over the slope wants no singular end
    exact = oracles.MP.exp(oracles.direct(law, width, order))
    value = norm_moment(order, width, Activation(*law))
    assert_errors([((law, width, order), float(abs(value / exact - 1)), 1e-12)])


@pytest.mark.parametrize("order", [0.1, 0.8, 1.5, 3.0])
@pytest.mark.parametrize(
    ("keep", "width"), [(1.0, 4), (1.0, 1023), (1.0, 10**5), (0.5, 340), (0.9, 10**4)]
)
def test_relu_against_the_binomial_sum(width, keep, order, oracles, assert_errors):
    """Computed afresh: Q is chi^2_N, N ~ Bin(width, keep/2)."""
    law = (0.0, 0.0, keep, True)
    exact = oracles.MP.exp(-2 / oracles.MP.mpf(order) * oracles.count_sum(law, width, order))
    value = weight_variance(order, width, activation=Activation(*law))
    assert_errors([((width, order), float(abs(value / exact - 1)), 1e-13 if order <= 2 else 1e-12)])


@pytest.mark.parametrize("slope", [0.01, 0.3, 1.3])
@pytest.mark.parametrize("order", [0.3, 1.0, 3.0])
def test_leaky_against_the_hypergeometric_mixture(slope, order, oracles, assert_errors):
    rows = []
    for width in (3, 20, 100):
        exact = oracles.MP.exp(oracles.count_sum((slope, slope, 1.0, True), width, order))
        value = norm_moment(order, width, leaky_relu(slope))
        rows.append((width, float(abs(value / exact - 1)), 1e-12))
    assert_errors(rows)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 3, 64, 1000, 10**6, 10**9])
def test_reference_values_are_reproduced(width, generator, reference, oracles):
    fresh = generator.generate(oracles, (width,))
    for name, table in fresh.items():
        assert table[str(width)] == reference[name][str(width)], name


def test_reference_covers_every_law_width_and_order(generator, reference):
    assert set(reference) == set(generator.LAWS)
    for table in reference.values():
        assert set(table) == {str(width) for width in generator.WIDTHS}
        assert all(
            set(row) == {repr(order) for order in generator.ORDERS} for row in table.values()
        )
