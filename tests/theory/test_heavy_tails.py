"""theory.heavy_tails: the tail index and the stationary moments against mpmath, their properties and domains."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.activations import Activation, leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import weight_variance
from theory.heavy_tails import StationaryLaw, stationary_moment, tail_constant, tail_index

ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(0.01),
    leaky_relu(1.7),
    randomized_leaky_relu(),
    randomized_leaky_relu(0, 1),
    relu().with_dropout(0.5),
    linear().with_dropout(0.9),
    relu().with_dropout(0.9, rescale=False),
]
WIDTHS = st.integers(1, 1000)


def test_tail_index_accuracy(law_name, generator, reference, oracles, assert_errors):
    """The variance of order s from 30 digits of E Q^(s/2), rounded once: kappa is s, as the docstring promises."""
    activation, rows = Activation(*generator.LAWS[law_name]), []
    for width, digits in reference[law_name].items():
        points = {float(o): d for o, d in digits.items() if 0.1 <= float(o) <= 20}
        exact = [
            oracles.MP.exp(-2 / oracles.MP.mpf(o) * oracles.MP.mpf(d)) for o, d in points.items()
        ]
        variance = [float(v) for v in exact]
        kappa = tail_index(variance, int(width), activation)
        bound = {o: 1e-12 + 1e-14 * int(width) / o for o in points}
        if int(width) <= 1000:
            bound = {o: min(b, 1e-11) if o >= 0.2 else b for o, b in bound.items()}
        rows += [((width, o), abs(k / o - 1), bound[o]) for o, k in zip(points, kappa, strict=True)]
    assert_errors(rows)


@given(st.floats(0.1, 8), WIDTHS, st.sampled_from(ACTIVATIONS))
def test_the_scheme_of_order_s_has_tail_index_s(order, width, activation):
    variance = weight_variance(order, width, activation=activation)
    assert tail_index(variance, width, activation) == pytest.approx(order, rel=1e-11)


@given(st.floats(1e-6, 0.1), st.integers(1, 30), st.sampled_from(ACTIVATIONS))
def test_small_orders(order, width, activation):
    """The variance's rounding moves kappa by width/kappa times as much."""
    variance = weight_variance(order, width, activation=activation)
    if np.isfinite(variance) and variance > 0:
        tolerance = 1e-13 + 4e-15 * (1 + abs(math.log(variance))) * (width + 1) / order
        assert tail_index(variance, width, activation) == pytest.approx(order, rel=tolerance)


@given(st.floats(0.1, 8), WIDTHS, st.floats(0.05, 4), st.floats(0.1, 10))
def test_only_the_product_of_variance_and_scale_matters(order, width, slope, keep):
    """phi -> phi/keep (rescaled dropout, slope and its mirror): Q and 1/variance scale together."""
    keep = min(1.0, keep / 10 + 1e-3)
    bare, scaled = (leaky_relu(slope).with_dropout(keep, r) for r in (False, True))
    variance = weight_variance(order, width, activation=bare)
    value = tail_index(variance * keep**2, width, scaled)
    assert value == pytest.approx(tail_index(variance, width, bare), rel=1e-10)
    mirrored = tail_index(
        variance * slope**2, width, leaky_relu(1 / slope).with_dropout(keep, False)
    )
    assert mirrored == pytest.approx(tail_index(variance, width, bare), rel=1e-10)


@given(st.floats(0.2, 8), st.floats(1.001, 3), st.integers(1, 500), st.sampled_from(ACTIVATIONS))
def test_monotone_in_variance_and_width(order, factor, width, activation):
    """Larger weights, and more of them, make heavier tails."""
    variance = weight_variance(order, width, activation=activation) / factor
    heavier, lighter = tail_index([variance, variance / factor], width, activation)
    assert heavier < lighter
    narrow, wide = tail_index(variance / 4, [width, width + 1], activation)  # E Q at most doubles
    assert wide < narrow


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_barely_subcritical(activation):
    """kappa ~ 2 margin/(Var log Q/2) -> 0 without an atom; with one there is a root on both sides."""
    zero_drift = weight_variance(1e-9, 8, activation=activation)
    if activation.zero_probability == 0:
        values = tail_index(zero_drift * (1 - np.array([1e-4, 1e-6, 1e-8])), 8, activation)
        assert np.all((values[:-1] / values[1:] > 95) & (values[:-1] / values[1:] < 105.3))
    else:
        log_survival = math.log1p(-(float(activation.zero_probability) ** 8))
        kappa = tail_index(1e250, 8, activation)
        assert 0 < kappa < -2 * log_survival / (250 * math.log(10) - 20)


@pytest.mark.parametrize(
    ("variance", "width", "activation", "least", "most"),
    [
        (1e-300, 5, "relu", 1e300, math.inf),
        (1e-8, 3, "linear", 1e8, 1e9),
        (1e300, 5000, "relu", 0, 0),
    ],
)
def test_extreme_variances(variance, width, activation, least, most):
    assert least <= tail_index(variance, width, activation) <= most


def exact_moments(count, variance, bias_variance, unit_moments):
    """E R^n for n = 0..count by Kesten's equation in rational arithmetic, from E Q^n."""
    c, values = bias_variance / variance, [Fraction(1)]
    for n in range(1, count + 1):
        factor = variance**n * unit_moments[n]
        total = sum(math.comb(n, j) * c ** (n - j) * values[j] for j in range(n))
        values.append(factor / (1 - factor) * total)
    return values


def chi_moments(width, count, relu_units):
    """E Q^n of the linear (relu_units False) or ReLU layer in rational arithmetic."""

    def chi(units):
        return [
            math.prod((Fraction(units) + 2 * j for j in range(n)), start=Fraction(1))
            for n in range(count + 1)
        ]

    if not relu_units:
        return chi(width)
    tables = [(Fraction(math.comb(width, k), 2**width), chi(k)) for k in range(width + 1)]
    return [sum(w * table[n] for w, table in tables) for n in range(count + 1)]


@pytest.mark.parametrize("relu_units", [False, True])
@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_stationary_moments_accuracy(width, relu_units):
    """To 1e-12 besides what the variance's rounding does, which is none here: it is a power of two over 64."""
    moments = chi_moments(width, 10, relu_units)
    variance = Fraction(1, 64 * width)
    exact = exact_moments(10, variance, Fraction(3, 4), moments)
    name = "relu" if relu_units else "linear"
    finite = [n for n in range(1, 11) if variance**n * moments[n] < 1]
    values = stationary_moment(np.arange(1, 11), float(variance), 0.75, width, name)
    for n in range(1, 11):
        if n not in finite:
            assert values[n - 1] == math.inf
            continue
        gap = float(1 - variance**n * moments[n])
        assert values[n - 1] == pytest.approx(float(exact[n]), rel=1e-12 + 1e-14 * n / gap)


@given(st.integers(1, 10), st.floats(0.1, 12), st.integers(1, 50), st.sampled_from(ACTIVATIONS))
def test_moments_are_finite_below_the_tail_index_only(n, order, width, activation):
    variance = weight_variance(order, width, activation=activation)
    if abs(2 * n - order) > 1e-9:
        assert (stationary_moment(n, variance, 1.0, width, activation) < math.inf) == (
            2 * n < order
        )


@pytest.mark.parametrize("width", [1, 3, 7, 49, 100])
def test_the_pole_itself_is_infinite(width):
    for n, activation in [(1, relu()), (2, relu()), (1, leaky_relu(0.3)), (1, linear())]:
        variance = weight_variance(2 * n, width, activation=activation)
        assert stationary_moment(n, variance, 1.0, width, activation) == math.inf


@given(st.integers(1, 5), st.floats(0.01, 100), st.integers(1, 50), st.sampled_from(ACTIVATIONS))
def test_moments_scale_with_the_biases(n, factor, width, activation):
    variance = 0.9 * weight_variance(2 * n + 1, width, activation=activation)
    one, other = stationary_moment(n, variance, np.array([1.0, factor]), width, activation)
    assert other == pytest.approx(one * factor**n, rel=1e-12)


def test_shapes():
    assert isinstance(tail_index(0.1, 8), np.float64)
    assert tail_index([0.1, 0.2], [[3], [4], [5]]).shape == (3, 2)
    assert tail_index(np.ones((2, 0)), 8).shape == (2, 0)
    assert isinstance(stationary_moment(1, 0.1, 1.0, 8), np.float64)
    assert stationary_moment([[1], [2]], [0.01, 0.02, 0.03], 1.0, 8).shape == (2, 3)
    assert stationary_moment(1, np.ones((2, 0)), 1.0, 8).shape == (2, 0)
    assert tail_constant([0.1, 0.1], [[1.0], [2.0]], 8).shape == (2, 2)
    assert tail_constant(np.ones((2, 0)), 1.0, 8).shape == (2, 0)
    assert isinstance(tail_constant(0.1, 1.0, 8), np.float64)


def refuses(message: str, call) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


CALLS = {
    "tail_index": lambda v=0.1, _=1.0, w=8, a="relu": tail_index(v, w, a),
    "stationary_moment": lambda v=0.1, b=1.0, w=8, a="relu": stationary_moment(1, v, b, w, a),
    "tail_constant": lambda v=0.1, b=1.0, w=8, a="relu": tail_constant(v, b, w, a),
    "StationaryLaw": lambda v=0.1, b=1.0, w=8, a="relu": StationaryLaw(v, b, w, a),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf])
def test_bad_variances(name, value):
    refuses(f"variance must be finite and > 0, got {float(value)}", lambda: CALLS[name](value))
    if name != "tail_index":
        message = f"bias_variance must be finite and > 0, got {float(value)}"
        refuses(message, lambda: CALLS[name](0.1, value))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, 2.0**54])
def test_bad_widths(name, value):
    message = f"width must be a whole number from 1 to 2**53, got {float(value)}"
    refuses(message, lambda: CALLS[name](0.1, 1.0, value))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("value", ["gelu", 3, None])
def test_bad_activations(name, value):
    refuses("activation must be an Activation or one of", lambda: CALLS[name](0.1, 1.0, 8, value))


@pytest.mark.parametrize("name", ["tail_index", "tail_constant", "StationaryLaw"])
@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "rrelu"])
def test_no_stationary_law(name, activation):
    """Without an atom, from the zero-drift variance on; with one there is always a law."""
    message = "variance must be below "
    refuses(message, lambda: CALLS[name](1.0, 1.0, 8, activation))
    limit = float(weight_variance(1e-12, 8, activation=activation))
    refuses(message, lambda: CALLS[name](limit * (1 + 1e-9), 1.0, 8, activation))
    assert tail_index(limit * (1 - 1e-9), 8, activation) > 0
    assert tail_index(1.0, 8, "relu") > 0


@pytest.mark.parametrize("n", [0, -1, 1.5, 101, math.nan])
def test_bad_orders(n):
    refuses("n must be a whole number from 1 to ", lambda: stationary_moment(n, 0.1, 1.0, 8))
