"""theory.fractional_moments: its mathematics, stated as properties over random arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import (
    norm_moment,
    weight_std,
    weight_variance,
    weight_variance_expansion,
)

WIDTHS = st.integers(1, 10**9)
ORDERS = st.floats(0.05, 12)
SLOPES = st.floats(0, 4, allow_subnormal=False)
CLOSE = 2e-12  # two values of the same number, orders to 12: twice the promised 1e-12


@st.composite
def activations(draw):
    """Any kind of slope, with or without dropout."""
    slope, gap = draw(SLOPES), draw(st.sampled_from([0.0, 0.0, 0.2, 1.0]))
    keep, rescale = draw(st.sampled_from([1.0, 0.9, 0.3])), draw(st.booleans())
    return Activation(slope, slope + gap, keep, rescale)


@given(WIDTHS, WIDTHS, SLOPES, st.floats(0.01, 1))
def test_order_two_is_he_and_lecun(fan_in, fan_out, slope, keep):
    """rms at order 2 reads off E phi^2 and fan_in, whatever fan_out is."""
    cases = {
        relu(): 2,
        linear(): 1,
        leaky_relu(slope): 2 / (1 + slope**2),
        randomized_leaky_relu(0, slope + 0.1): 2 / (1 + (slope + 0.1) ** 2 / 3),
        relu().with_dropout(keep): 2 * keep,
        linear().with_dropout(keep, rescale=False): 1 / keep,
    }
    for activation, gain in cases.items():
        value = weight_variance(2, fan_in, fan_out, activation)
        assert value == pytest.approx(gain / fan_in, rel=1e-15)
        norm = weight_variance(2, fan_in, fan_out, activation, preserve="norm")
        assert norm == pytest.approx(gain / fan_out, rel=1e-15)
        assert norm_moment(2, fan_out, activation) == pytest.approx(fan_out / gain, rel=1e-15)


@given(WIDTHS, activations())
def test_order_four_is_a_mean_of_two(width, activation):
    """E Q^2 = width E phi^4 + width (width - 1) (E phi^2)^2."""
    m1 = activation.second_moment
    exact = width * m1**2 * (activation.moment_ratio(2) + width - 1)
    assert norm_moment(4, width, activation) == pytest.approx(exact, rel=1e-12)


@given(order=st.floats(0.1, 2), width=st.integers(10**6, 10**9), activation=activations())
def test_wide_layers_against_the_moment_series(oracles, order, width, activation):
    law = (activation.lower, activation.upper, activation.keep_prob, activation.rescale)
    exact = oracles.MP.exp(-2 / oracles.MP.mpf(order) * oracles.central_series(law, width, order))
    assert abs(weight_variance(order, width, activation=activation) / exact - 1) < 1e-13


@given(ORDERS, WIDTHS)
def test_special_slopes(order, width):
    assert norm_moment(order, width, leaky_relu(0)) == norm_moment(order, width, "relu")
    assert norm_moment(order, width, leaky_relu(1)) == norm_moment(order, width, "linear")
    assert norm_moment(order, width, leaky_relu(-1)) == norm_moment(order, width, "linear")
    assert weight_variance(order, width, activation=leaky_relu(0.01)) == weight_variance(
        order, width, activation="leaky_relu"
    )


@given(ORDERS, WIDTHS, SLOPES)
def test_only_the_size_of_the_slope_matters(order, width, slope):
    one, other = (weight_variance(order, width, activation=leaky_relu(a)) for a in (slope, -slope))
    assert one == pytest.approx(other, rel=CLOSE)


@given(ORDERS, WIDTHS, st.floats(0.01, 100))
def test_exchanging_the_two_sides_rescales(order, width, slope):
    """|phi_a(z)| has the law of |a| |phi_(1/a)(z)|, so the variance scales with a^-2."""
    one = weight_variance(order, width, activation=leaky_relu(slope))
    other = weight_variance(order, width, activation=leaky_relu(1 / slope)) / slope**2
    assert one == pytest.approx(other, rel=CLOSE)


@given(ORDERS, WIDTHS, st.floats(0, 2), st.floats(0.05, 1))
def test_random_slope_lies_between_its_ends(order, width, lower, gap):
    low, between, high = (
        norm_moment(order, width, a)
        for a in (
            leaky_relu(lower),
            randomized_leaky_relu(lower, lower + gap),
            leaky_relu(lower + gap),
        )
    )
    assert low * (1 - CLOSE) <= between <= high * (1 + CLOSE)


@given(st.floats(0.05, 12), st.floats(0.01, 2), WIDTHS, activations())
def test_variance_does_not_increase_with_the_order(order, step, width, activation):
    """Lyapunov's inequality; in the step of the power mean the decrease is real, not rounding."""
    one, other = weight_variance([order, order + step], width, activation=activation)
    assert other <= one * (1 + CLOSE)
    if width <= 1000:
        assert other < one


@given(st.lists(ORDERS, min_size=3, max_size=3, unique=True), WIDTHS, activations())
def test_moments_are_log_convex_in_the_order(orders, width, activation):
    low, middle, high = np.sort(orders)
    assume(high - low > 1e-3)
    share = (middle - low) / (high - low)
    logs = np.log(norm_moment([low, middle, high], width, activation))
    assert logs[1] <= (1 - share) * logs[0] + share * logs[2] + CLOSE


@given(ORDERS, st.integers(1, 10**6), st.integers(1, 100), activations())
def test_moments_grow_with_the_width(order, width, more, activation):
    """One unit more adds to Q; the power mean of Q/width approaches its limit from its own side."""
    assume(more * order > 1e-5 * width)
    small, large = norm_moment(order, [width, width + more], activation)
    assert small < large
    power_mean = weight_variance(order, [width, width + more], activation=activation)
    power_mean *= [width, width + more]
    ordered = power_mean if order < 2 else power_mean[::-1]
    assert ordered[1] <= ordered[0] * (1 + CLOSE)


@given(ORDERS, WIDTHS, WIDTHS, activations())
def test_fans(order, fan_in, fan_out, activation):
    """rms scales with 1/fan_in, norm ignores fan_in, their ratio is fan_out/fan_in, equal widths make them equal."""
    rms = weight_variance(order, fan_in, fan_out, activation)
    norm = weight_variance(order, fan_in, fan_out, activation, preserve="norm")
    assert rms == pytest.approx(norm * fan_out / fan_in, rel=1e-15)
    assert rms == pytest.approx(weight_variance(order, 1, fan_out, activation) / fan_in, rel=1e-15)
    assert norm == weight_variance(order, 1, fan_out, activation, preserve="norm")
    square = weight_variance(order, fan_out, activation=activation)
    assert square == weight_variance(order, fan_out, fan_out, activation)
    assert norm == pytest.approx(square, rel=1e-15)


@given(ORDERS, WIDTHS, WIDTHS, activations())
def test_the_moment_is_preserved(order, fan_in, fan_out, activation):
    """variance^(s/2) M = (fan_out/fan_in)^(s/2) for rms, 1 for norm: the definition of the scheme."""
    moment = norm_moment(order, fan_out, activation)
    norm = weight_variance(order, fan_in, fan_out, activation, preserve="norm")
    assert norm ** (order / 2) * moment == pytest.approx(1, rel=1e-11)
    rms = weight_variance(order, fan_in, fan_out, activation)
    assert rms == pytest.approx(fan_out / fan_in * moment ** (-2 / order), rel=1e-11)


@given(ORDERS, WIDTHS, WIDTHS, activations(), st.sampled_from(["rms", "norm"]))
def test_std_is_the_root(order, fan_in, fan_out, activation, preserve):
    std = weight_std(order, fan_in, fan_out, activation, preserve)
    variance = weight_variance(order, fan_in, fan_out, activation, preserve)
    assert std * std == pytest.approx(variance, rel=5e-16)


@given(
    st.lists(ORDERS, min_size=1, max_size=4),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
    activations(),
)
def test_arrays_agree_with_scalars(orders, widths, activation):
    table = weight_variance(np.array(orders)[:, None], np.array(widths), activation=activation)
    alone = [[weight_variance(s, d, activation=activation) for d in widths] for s in orders]
    assert table.shape == (len(orders), len(widths))
    small = np.array(orders) <= 2
    np.testing.assert_allclose(table[small], np.array(alone)[small], rtol=2e-14)
    np.testing.assert_allclose(table, alone, rtol=CLOSE)


@pytest.mark.parametrize(
    "function", [norm_moment, weight_variance, weight_std, weight_variance_expansion]
)
def test_shapes_and_types(function):
    assert isinstance(function(1, 8), np.float64)
    assert function([1, 1.5], 8).shape == (2,)
    assert function([[1], [3]], [4, 5, 6]).shape == (2, 3)
    assert function(np.ones((2, 0)), 8).shape == (2, 0)
    assert function(np.float32(1), np.int32(8)) == function(1, 8.0)


@given(st.floats(0.1, 6), st.sampled_from([1, 3, 50, 10**6]))
def test_both_sides_of_order_two_agree(distance, width):
    """The Mellin and the Bromwich route meet at order 2, where the value is exact."""
    gap = distance * 1e-9
    for activation in (relu(), leaky_relu(0.2), randomized_leaky_relu(), relu().with_dropout(0.5)):
        below, at, above = weight_variance([2 - gap, 2, 2 + gap], width, activation=activation)
        slope = (activation.moment_ratio(2) - 1) / width
        np.testing.assert_allclose([below / at, above / at], 1, atol=gap * slope + 1e-13)


@given(st.floats(0.1, 6), st.integers(1, 10**6), SLOPES)
def test_dropout_that_keeps_everything_vanishes(order, width, slope):
    plain = weight_variance(order, width, activation=leaky_relu(slope))
    assert weight_variance(order, width, activation=leaky_relu(slope).with_dropout(1.0)) == plain
    for rescale in (True, False):
        nearly = leaky_relu(slope).with_dropout(1 - 1e-13, rescale)
        assert weight_variance(order, width, activation=nearly) == pytest.approx(plain, rel=5e-12)


@given(ORDERS, st.integers(1, 10**6), st.floats(0.05, 1), SLOPES)
def test_rescaling_dropout_scales_the_variance(order, width, keep, slope):
    """Dividing kept units by keep_prob multiplies Q by keep_prob^-2."""
    plain = leaky_relu(slope)
    rescaled, bare = (
        weight_variance(order, width, activation=plain.with_dropout(keep, r)) for r in (True, False)
    )
    assert rescaled == pytest.approx(keep**2 * bare, rel=CLOSE)


EXPANDED = [linear(), relu(), leaky_relu(0.5), randomized_leaky_relu(), relu().with_dropout(0.8)]


@pytest.mark.parametrize("activation", EXPANDED, ids=lambda a: a.name)
@pytest.mark.parametrize("terms", [1, 2, 3])
@pytest.mark.parametrize("order", [0.5, 1.0, 3.0])
def test_expansion_residual_falls_like_its_order(order, terms, activation):
    """log|relative residual| against log width: slope -terms, and it halves its distance to it with each doubling."""
    widths = np.array([400, 800, 1600, 3200]) if terms < 3 else np.array([100, 200, 400, 800])
    exact = weight_variance(order, widths, activation=activation)
    residual = weight_variance_expansion(order, widths, activation, terms) / exact - 1
    slopes = np.diff(np.log(np.abs(residual))) / math.log(2)
    np.testing.assert_allclose(slopes[-1], -terms, atol=0.12)
    assert abs(slopes[-1] + terms) < abs(slopes[0] + terms)


@given(st.floats(0.01, 10), st.integers(1, 10**6))
def test_printed_second_order_expansions(order, width):
    linear_value = 1 / width + (2 - order) / (2 * width**2)
    relu_value = 2 / width + 5 * (2 - order) / (2 * width**2)
    assert weight_variance_expansion(order, width, "linear") == pytest.approx(
        linear_value, rel=1e-14
    )
    assert weight_variance_expansion(order, width, "relu") == pytest.approx(relu_value, rel=1e-14)


@given(WIDTHS, activations(), st.sampled_from([1, 2, 3]))
def test_expansion_is_exact_at_order_two(width, activation, terms):
    value = weight_variance_expansion(2, width, activation, terms)
    assert value == pytest.approx(weight_variance(2, width, activation=activation), rel=1e-15)
