"""theory.special: power means of the squared norm, to the accuracy its docstrings promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.activations import Activation, leaky_relu, linear, relu
from theory.special import _BERNOULLI, log_gamma_log_mean, log_gamma_mean, log_power_mean

SHAPES = [0.5, 1.0, 1.5, 2.5, 7.0, 15.5, 16.0, 16.5, 100.0, 5000.0, 1e6 + 0.5, 1e9]
POWERS = [1e-8, 1e-3, 0.05, 0.5, 0.999999, 1.0, 1.000001, 2.0, 3.7, 20.0, 100.0]
ROUNDING = 2.0**-53


@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_ratio(shape, oracles, assert_errors):
    mp, rows = oracles.MP, []
    values = log_gamma_mean(np.array(POWERS), np.full(len(POWERS), shape))
    for power, value in zip(POWERS, values, strict=True):
        p = mp.mpf(power)
        exact = (mp.loggamma(shape + p) - mp.loggamma(shape)) / p - mp.log(shape)
        rows.append((power, float(abs(value - exact)), 1e-15 * (1 + abs(value))))
    assert_errors(rows)


def test_stirling_coefficients(oracles):
    """B_2k/(2k (2k - 1)): the last ones are below rounding in any value, so the table itself is compared."""
    exact = [
        oracles.MP.bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(1, len(_BERNOULLI) + 1)
    ]
    np.testing.assert_array_equal(_BERNOULLI, [float(x) for x in exact])


@given(st.integers(1, 40), st.floats(0.5, 1e6))
def test_gamma_ratio_at_whole_powers_is_a_rising_factorial(n, shape):
    value = log_gamma_mean(np.array([float(n)]), np.array([shape]))[0]
    product = np.sum(np.log1p(np.arange(n) / shape)) / n
    assert value == pytest.approx(product, abs=4e-15)


def law_means(oracles, reference, law, name):
    """((width, order), exact log power mean) for every reference point of a law."""
    mp, mean = oracles.MP, oracles.unit_moment(law, 1)
    for width, orders in reference[name].items():
        for order, digits in orders.items():
            p = mp.mpf(float(order)) / 2
            yield (int(width), float(order)), mp.mpf(digits) / p - mp.log(int(width) * mean)


def test_power_means_match_the_reference(law_name, generator, reference, oracles, assert_errors):
    law = generator.LAWS[law_name]
    exact = dict(law_means(oracles, reference, law, law_name))
    widths, orders = np.array(list(exact)).T
    values = log_power_mean(orders / 2, widths, Activation(*law))
    assert_errors(
        [
            (
                point,
                float(abs(value - exact[point])),
                bound(law_name, point[1]) + 4 * ROUNDING * abs(value),
            )
            for point, value in zip(exact, values, strict=True)
        ]
    )


def bound(law_name: str, order: float) -> float:
    """What the docstring promises."""
    return 2e-14 if law_name == "linear" or order <= 2 else 1e-13


@given(st.integers(1, 10**9), st.floats(0, 1), st.floats(0.01, 1))
def test_exactly_zero_at_one_and_signed_around_it(width, slope, keep_prob):
    p, widths = np.array([0.4, 0.9, 1.0, 1.1, 3.0]), np.full(5, float(width))
    means = log_power_mean(p, widths, leaky_relu(slope).with_dropout(keep_prob))
    assert means[2] == 0
    assert np.all(means[:2] < 0)
    assert np.all(means[3:] > 0)


@given(st.integers(1, 10**4), st.lists(st.floats(1e-3, 20), min_size=2, max_size=8, unique=True))
def test_lyapunov(width, powers):
    """(E Q^p)^(1/p) does not decrease with p."""
    p = np.sort(powers)
    for activation in (linear(), relu(), leaky_relu(0.3).with_dropout(0.7)):
        means = log_power_mean(p, np.full(p.shape, float(width)), activation)
        assert np.all(np.diff(means) >= -2e-13)


def test_the_bad_old_difference_of_log_gammas_is_visible_to_this_test(oracles):
    """The oracle tells apart the formula that loses 1e-9 at large width from the stable one."""
    from scipy.special import gammaln

    shape, p = 1e9, 0.5
    naive = (gammaln(shape + p) - gammaln(shape)) / p - np.log(shape)
    exact = (oracles.MP.loggamma(shape + oracles.MP.mpf(p)) - oracles.MP.loggamma(shape)) / p
    assert abs(naive - float(exact - oracles.MP.log(shape))) > 1e-9


@pytest.mark.parametrize("shape", [*SHAPES, 1e12, 1e15])
def test_log_mean_of_a_gamma_variable(shape, oracles):
    with oracles.MP.workdps(60):
        exact = oracles.MP.digamma(shape) - oracles.MP.log(shape)
        found = float(log_gamma_log_mean(np.array([shape]))[0])
        assert abs(oracles.MP.mpf(found) - exact) <= 2e-15 * abs(exact)
