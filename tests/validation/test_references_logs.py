"""The references for log-norms against cases known by heart, each other, and brute force."""

import mpmath as mp
import numpy as np
import pytest
from scipy.special import digamma, polygamma
from scipy.stats import chi2

from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu
from validation.references_logs import (
    characteristic_by_quadrature,
    characteristic_by_sum,
    growth_order_by_sum,
    log_moments_by_quadrature,
    log_moments_by_sum,
    two_layer_cdf,
)


@pytest.mark.parametrize("width", [1, 3, 6])
def test_linear_log_moments_are_digamma_and_trigamma(width):
    mean, variance = map(float, log_moments_by_sum(width, linear()))
    assert mean == pytest.approx((np.log(2) + digamma(width / 2)) / 2, rel=1e-14)
    assert variance == pytest.approx(polygamma(1, width / 2) / 4, rel=1e-14)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(
    "activation", [linear(), relu(), linear().with_dropout(0.7, False), relu().with_dropout(0.4)]
)
def test_quadrature_and_sum_agree(width, activation):
    one, two = (f(width, activation) for f in (log_moments_by_quadrature, log_moments_by_sum))
    assert all(abs(a - b) < 1e-22 for a, b in zip(one, two, strict=True))
    one, two = (
        f(0.7, width, activation) for f in (characteristic_by_quadrature, characteristic_by_sum)
    )
    assert all(abs(a - b) < 1e-22 for a, b in zip(one, two, strict=True))


def test_a_leaky_unit_by_hand():
    """log|z|, minus log 4 with probability 1/2, independently."""
    mean, variance = map(float, log_moments_by_quadrature(1, leaky_relu(-0.25)))
    assert mean == pytest.approx((np.log(2) + digamma(0.5)) / 2 - np.log(4) / 2, rel=1e-14)
    assert variance == pytest.approx(polygamma(1, 0.5) / 4 + np.log(4) ** 2 / 4, rel=1e-14)


def test_a_random_slope_by_hand():
    """The logarithm of a uniform slope: mean -1, variance 1, with probability 1/2."""
    mean, variance = map(float, log_moments_by_quadrature(1, randomized_leaky_relu(0.0, 1.0)))
    assert mean == pytest.approx((np.log(2) + digamma(0.5)) / 2 - 0.5, rel=1e-13)
    assert variance == pytest.approx(polygamma(1, 0.5) / 4 + 0.75, rel=1e-13)


def test_characteristic_of_an_exponential():
    real, imaginary = map(float, characteristic_by_sum(1.0, 2, linear()))
    exact = complex(mp.mpf(2) ** mp.mpc(0, 1) * mp.gamma(mp.mpc(1, 1)))
    assert complex(real, imaginary) == pytest.approx(exact, rel=1e-14)


def test_growth_order_balances_drift_and_moment():
    """ReLU, width 1: given survival |x_1| = sigma |z|."""
    order = float(growth_order_by_sum(1, relu()))
    moment = 2 ** (order / 2) * mp.gamma((order + 1) / 2) / mp.sqrt(mp.pi) / 2
    drift = (np.log(2) + digamma(0.5)) / 2
    assert float(mp.log(moment)) / order == pytest.approx(drift, rel=1e-12)


@pytest.mark.parametrize("activation", [linear(), relu()])
def test_two_layers_against_a_sum_over_quantiles(activation):
    """The first layer's law cut into slices of equal probability; good to the slices' width squared."""
    point, width, slices = -0.3, 3, 20_000
    share = (np.arange(slices) + 0.5) / slices
    live = {0: 0.125, 1: 0.375, 2: 0.375, 3: 0.125} if activation == relu() else {3: 1.0}
    below = sum(
        v * w * np.mean(chi2(m).cdf(np.exp(2 * point) / chi2(n).ppf(share)))
        for n, v in live.items()
        for m, w in live.items()
        if n and m
    )
    dead = 1 - (1 - live.get(0, 0.0)) ** 2
    exact = float(two_layer_cdf(point, width, 1.0, activation))
    assert exact == pytest.approx(dead + below, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: log_moments_by_sum(2, leaky_relu(0.3)), "activation must be linear or ReLU"),
        (lambda: log_moments_by_quadrature(3, relu()), "width must be one of"),
        (lambda: log_moments_by_quadrature(2, randomized_leaky_relu()), "width must be one of"),
    ],
)
def test_what_they_cannot_do_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
