"""The references against cases known by heart and each other; they are not the code under test in disguise."""

import numpy as np
import pytest
from scipy.stats import chi2

from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu
from validation.references import (
    active_unit_cdf,
    active_unit_sum,
    active_unit_tail,
    moment_by_quadrature,
)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(
    "activation", [linear(), relu(), linear().with_dropout(0.7, False), relu().with_dropout(0.4)]
)
@pytest.mark.parametrize("order", [0.1, 1.0, 2.5])
def test_quadrature_and_sum_agree(width, activation, order):
    one, two = (f(order, width, activation) for f in (moment_by_quadrature, active_unit_sum))
    assert abs(one / two - 1) < 1e-22


@pytest.mark.parametrize(
    ("activation", "width", "second"),
    [
        (leaky_relu(0.5), 2, 1.25),
        (leaky_relu(-2.0), 1, 2.5),
        (randomized_leaky_relu(0.0, 1.0), 1, 2 / 3),
        (leaky_relu(0.5).with_dropout(0.8), 2, 1.25 / 0.8),
        (leaky_relu(0.5).with_dropout(0.8, False), 2, 1.25 * 0.8),
    ],
)
def test_second_moments_by_hand(activation, width, second):
    assert float(moment_by_quadrature(2.0, width, activation)) == pytest.approx(second, rel=1e-15)


def test_laws():
    grid = np.linspace(-3, 2, 50)
    square = np.exp(2 * grid)
    assert active_unit_cdf(5, 0.3, linear())(grid) == pytest.approx(
        chi2(5).cdf(square / 0.3), abs=1e-14
    )
    mixture = (1 + 2 * chi2(1).cdf(square) + chi2(2).cdf(square)) / 4
    assert active_unit_cdf(2, 1.0, relu())(grid) == pytest.approx(mixture, abs=1e-14)


def test_tail_is_the_complement():
    activation = relu().with_dropout(0.6)
    for threshold in (-2.0, 0.0, 1.0):
        below = active_unit_cdf(7, 0.2, activation)(np.array([threshold]))[0]
        assert active_unit_tail(7, 0.2, activation)(threshold) == pytest.approx(
            1 - below, rel=1e-10
        )


def test_other_slopes_are_refused():
    with pytest.raises(ValueError, match=r"activation must be linear or ReLU.*leaky_relu"):
        active_unit_sum(1.0, 2, leaky_relu(0.3))
