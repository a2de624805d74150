"""theory.fractional_moments at the ends of its domain, and what it refuses beyond them."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import (
    norm_moment,
    weight_std,
    weight_variance,
    weight_variance_expansion,
)

EXTREME = [
    leaky_relu(1e200),
    leaky_relu(1e-200),
    leaky_relu(5e-324),
    leaky_relu(1.7e308),
    randomized_leaky_relu(0, 1e200),
    randomized_leaky_relu(0, 5e-324),
    randomized_leaky_relu(1e-300, 1e300),
    relu().with_dropout(1e-12),
    linear().with_dropout(1e-12, rescale=False),
    relu().with_dropout(1e-300),
    linear().with_dropout(1e-300, rescale=False),
    linear().with_dropout(2.3e-308),
    linear(),
    relu(),
    randomized_leaky_relu(),
]


@pytest.fixture
def little_memory():
    """Let a closed form that asks for gigabytes fail here, not take the machine down."""
    statm = Path("/proc/self/statm")
    if not statm.exists():  # only Linux says how much is in use
        yield
        return
    import resource

    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(statm.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("activation", EXTREME, ids=lambda a: a.name)
@pytest.mark.parametrize("order", [5e-324, 1e-8, 1.0, 2.0, 2.1, 40.0, 500.0, 1e4, 1e8])
@pytest.mark.parametrize("width", [1, 10**9, 2**53])
def test_never_nan(width, order, activation):
    """Inside the domain every value is >= 0 and no floating-point warning escapes; overflow gives inf."""
    for value in (
        norm_moment(order, width, activation),
        weight_variance(order, width, activation=activation),
    ):
        assert value >= 0
    for terms in (1, 2, 3):
        assert not np.isnan(weight_variance_expansion(order, width, activation, terms))


@pytest.mark.parametrize("order", [0.1, 1.0, 2.1, 4.0, 40.0, 500.0])
@pytest.mark.parametrize(
    "activation", [relu(), leaky_relu(0.3), randomized_leaky_relu()], ids=lambda a: a.name
)
def test_widest_layers(activation, order, oracles):
    """At 2^53 units the expansion's first two terms are exact in float64."""
    law = (activation.lower, activation.upper, 1.0, True)
    exact = oracles.MP.exp(-2 / oracles.MP.mpf(order) * oracles.central_series(law, 2**53, order))
    assert abs(weight_variance(order, 2**53, activation=activation) / exact - 1) < 1e-12


@pytest.mark.parametrize("rescale", [True, False])
@pytest.mark.parametrize("order", [4, 6, 10])
def test_rare_survivors(order, rescale, oracles):
    """keep_prob 1e-12: one unit at most is alive."""
    law = (0.0, 0.0, 1e-12, rescale)
    exact = oracles.MP.exp(oracles.whole_moment(law, 3, order))
    assert abs(norm_moment(order, 3, Activation(*law)) / exact - 1) < 1e-12


def test_log_domain_where_factors_leave_the_range(oracles):
    """width^p overflows and E phi^2 vanishes, yet their product is an ordinary number."""
    law = (0.0, 0.0, 1e-8, False)
    exact = oracles.MP.exp(oracles.whole_moment(law, 10**8, 80))
    assert abs(norm_moment(80, 10**8, Activation(*law)) / exact - 1) < 1e-11


def test_huge_slope_is_the_other_side_alone():
    """Slope 1e200: Q is 1e400 times a ReLU layer's; the variance underflows only where it must."""
    value = weight_std(1, 5, activation=leaky_relu(1e150))
    assert value == pytest.approx(
        1e-150 * weight_std(1, 5, activation=leaky_relu(1e-150)), rel=1e-12
    )


ORDER = "order must be finite and > 0, got "
WIDTH = "{} must be a whole number from 1 to 2**53, got "
FUNCTIONS = {
    norm_moment: "width",
    weight_variance: "fan_in",
    weight_std: "fan_in",
    weight_variance_expansion: "width",
}


def refuses(message: str, call) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("order", [0, -1, math.nan, math.inf])
def test_orders_outside_the_domain(function, order):
    refuses(f"{ORDER}{float(order)}", lambda: function(order, 8))
    refuses(f"{ORDER}{float(order)}", lambda: function([1, order], 8))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("order", [1j, "1", None, True])
def test_orders_that_are_no_numbers(function, order):
    refuses(f"order must be real numbers, got {order!r}", lambda: function(order, 8))


@pytest.mark.parametrize(("function", "name"), FUNCTIONS.items())
@pytest.mark.parametrize("width", [0, -1, 2.5, math.nan, math.inf, 2.0**54])
def test_widths_outside_the_domain(function, name, width):
    refuses(f"{WIDTH.format(name)}{float(width)}", lambda: function(1, width))


@pytest.mark.parametrize("function", [weight_variance, weight_std])
@pytest.mark.parametrize("fan_out", [0, -3, 2.5, math.nan])
def test_fan_out_outside_the_domain(function, fan_out):
    refuses(f"{WIDTH.format('fan_out')}{float(fan_out)}", lambda: function(1, 8, fan_out))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("activation", ["gelu", "ReLU", 3, None])
def test_unknown_activations(function, activation):
    names = "'linear', 'relu', 'leaky_relu', 'rrelu'"
    message = f"activation must be an Activation or one of {names}, got {activation!r}"
    refuses(message, lambda: function(1, 8, activation=activation))


@pytest.mark.parametrize("function", [weight_variance, weight_std])
@pytest.mark.parametrize("preserve", ["mean", "RMS", None, 2])
def test_unknown_modes(function, preserve):
    refuses(
        f"preserve must be 'rms' or 'norm', got {preserve!r}",
        lambda: function(1, 8, preserve=preserve),
    )


@pytest.mark.parametrize("terms", [0, 4, 2.5, 2.0, True, "2", [1, 2], None])
def test_unknown_numbers_of_terms(terms):
    refuses(
        f"terms must be 1, 2 or 3, got {terms!r}",
        lambda: weight_variance_expansion(1, 8, terms=terms),
    )


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match="broadcast"):
        weight_variance([1, 2, 3], [4, 5])
