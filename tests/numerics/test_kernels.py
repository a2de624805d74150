"""Pure kernels against dumb arithmetic, far outside the range of squares too."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.kernels import (
    affine,
    log_hypotenuse,
    log_length,
    polar,
    preactivation_log_scale,
    safe_log,
)
from numerics.networks import Layer

entries = st.floats(-1e300, 1e300).map(lambda x: 0.0 if abs(x) < 1e-300 else x)
logs = st.floats(-300.0, 300.0)


def _exact_log_norm(row):
    """From exact rational arithmetic: no rounding before the root."""
    square = sum(Fraction(x) ** 2 for x in row)
    if square == 0:
        return -math.inf
    return 0.5 * (math.log(square.numerator) - math.log(square.denominator))


@given(st.lists(entries, min_size=1, max_size=6))
def test_log_length_is_exact_at_any_scale(row):
    expected = _exact_log_norm(row)
    computed = log_length(np.array([row]))[0]
    assert computed == pytest.approx(expected, abs=1e-12, rel=1e-14)


@given(st.lists(entries, min_size=1, max_size=6))
def test_polar_puts_a_row_together_again(row):
    log_norm, direction = polar(np.array([row]))
    alive = log_norm[0] > -math.inf
    assert np.linalg.norm(direction[0]) == pytest.approx(1.0 if alive else 0.0, abs=1e-14)
    largest = max(map(abs, row))
    rebuilt = direction[0] * math.exp(log_norm[0] - math.log(largest)) if alive else direction[0]
    np.testing.assert_allclose(rebuilt * largest, row, rtol=1e-11, atol=1e-12 * largest)


def test_polar_on_every_device(device):
    x = device.asarray(np.array([[3.0, 4.0], [0.0, 0.0]]))
    log_norm, direction = polar(x)
    np.testing.assert_allclose(device.to_numpy(log_norm), [math.log(5.0), -math.inf], rtol=1e-14)
    np.testing.assert_allclose(device.to_numpy(direction), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-14)


def _dumb_affine(weights, direction, log_norm, layer, noise):
    """One network, one unit at a time, in plain numbers."""
    units = []
    for row, bias in zip(weights, noise, strict=True):
        signal = sum(w * u * math.exp(log_norm) for w, u in zip(row, direction, strict=True))
        units.append(math.exp(layer.log_std) * signal + math.exp(layer.log_bias_std) * bias)
    return units


@pytest.mark.parametrize("log_norm", [-20.0, 0.0, 20.0])
def test_affine_is_the_definition(device, log_norm):
    rng = np.random.default_rng(0)
    weights, noise = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 3))
    directions = rng.normal(size=(5, 4))
    layer = Layer(4, 3, math.log(0.3), math.log(0.2))
    units, log_scale = affine(
        *map(device.asarray, (weights, directions, np.full(5, log_norm))),
        layer,
        device.asarray(noise),
    )
    computed = device.to_numpy(units) * np.exp(device.to_numpy(log_scale))[:, None]
    for network in range(5):
        arguments = weights[network], directions[network], log_norm, layer, noise[network]
        np.testing.assert_allclose(computed[network], _dumb_affine(*arguments), rtol=1e-12)


def test_a_dead_network_gets_its_biases():
    layer = Layer(2, 2, 0.0, math.log(3.0))
    noise = np.array([[1.0, -2.0]])
    arguments = np.ones((1, 2, 2)), np.zeros((1, 2)), np.array([-np.inf]), layer
    units, log_scale = affine(*arguments, noise)
    np.testing.assert_allclose(units * np.exp(log_scale), 3.0 * noise, rtol=1e-15)


@given(logs, logs, logs)
def test_scale_adds_variances(log_norm, log_std, log_bias_std):
    layer = Layer(1, 1, log_std, log_bias_std)
    computed = preactivation_log_scale(np.array([log_norm]), layer)[0]
    signal, bias = Fraction(math.exp(log_norm + log_std)), Fraction(math.exp(log_bias_std))
    assert computed == pytest.approx(_exact_log_norm([signal, bias]), abs=1e-12)


@given(st.floats(0.0, 1e30), st.floats(0.0, 1e30), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_log_hypotenuse(first, second, q, r):
    pairs = [(first, np.array([q])), (second, np.array([r]))]
    computed = log_hypotenuse(pairs)[0]
    square = Fraction(first) ** 2 * Fraction(q) + Fraction(second) ** 2 * Fraction(r)
    if square < Fraction(5e-324) ** 2:
        return  # below the smallest length a double holds, 0 is right
    expected = 0.5 * (math.log(square.numerator) - math.log(square.denominator))
    tolerance = 1e-12 if square > Fraction(1e-300) ** 2 else math.inf
    assert abs(computed - expected) <= tolerance


def test_safe_log_warns_of_nothing(device):
    values = device.asarray(np.array([0.0, 1.0, math.e], dtype=np.float32))
    logs_ = safe_log(values)
    assert logs_.dtype == device.xp.float64
    np.testing.assert_allclose(device.to_numpy(logs_), [-math.inf, 0.0, 1.0], rtol=1e-7)
