"""The closed forms at 1e5 widths in one call: under a second (linear, ReLU; orders to 2), under three (all else)."""

from __future__ import annotations

import time

import numpy as np
import pytest

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import norm_moment, weight_variance

pytestmark = pytest.mark.benchmark

WIDTHS = {
    "1 to 1e5": np.arange(1, 100_001),
    "spread to 1e9": np.unique(np.geomspace(1, 1e9, 130_000).round())[-100_000:],
}
LIMITS = {
    linear(): 1.0,
    relu(): 1.0,
    leaky_relu(): 3.0,
    leaky_relu(0.3): 3.0,
    randomized_leaky_relu(): 3.0,
    linear().with_dropout(0.9): 3.0,
    relu().with_dropout(0.5): 3.0,
    leaky_relu(0.3).with_dropout(0.8, rescale=False): 3.0,
    randomized_leaky_relu().with_dropout(0.8): 3.0,
}


def best_time(call) -> float:
    """Of three: a busy machine only adds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("order", [0.1, 1.0, 1.9, 2.0, 3.0, 8.0])
@pytest.mark.parametrize("activation", LIMITS, ids=lambda a: a.name)
def test_a_hundred_thousand_widths(activation: Activation, order: float, widths: str):
    seconds = best_time(lambda: weight_variance(order, WIDTHS[widths], activation=activation))
    assert seconds < (LIMITS[activation] if order <= 2 else 3.0)


@pytest.mark.parametrize("activation", [linear(), relu()], ids=lambda a: a.name)
def test_a_hundred_thousand_moments_of_mixed_order(activation: Activation):
    orders = np.linspace(0.1, 2, WIDTHS["1 to 1e5"].size)
    assert best_time(lambda: norm_moment(orders, WIDTHS["1 to 1e5"], activation)) < 1
