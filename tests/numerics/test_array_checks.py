"""Finite numbers and arrays: what is let through, and what is said of the rest."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.array_checks import checked_rows, finite_array, finite_number, require_fixed_slope


@pytest.mark.parametrize("value", [3, 2.5, [1, 2], np.ones((2, 3), dtype=np.float32)])
def test_numbers_become_doubles(value):
    checked = finite_array("x", value)
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, value)


def test_arrays_are_copied():
    value = np.ones(3)
    finite_array("x", value)[0] = 5.0
    assert value[0] == 1.0


@pytest.mark.parametrize(
    "value",
    ["1", None, [], [1.0, math.nan], math.inf, 1j, True, [[1.0], [1.0, 2.0]], [Fraction(1, 2)]],
)
def test_other_arrays_are_refused(value):
    with pytest.raises(ValueError, match="x must be finite numbers, at least one, got"):
        finite_array("x", value)


@pytest.mark.parametrize("value", [0, -2.5, np.float64(3.0), Fraction(1, 2), np.int64(4)])
def test_one_number_becomes_a_float(value):
    assert finite_number("x", value) == float(value)
    assert type(finite_number("x", value)) is float


@pytest.mark.parametrize("value", [math.inf, math.nan, "1", None, True, [1.0], 1j, np.ones(1)])
def test_other_numbers_are_refused(value):
    with pytest.raises(ValueError, match="x must be finite, got"):
        finite_number("x", value)


def test_rows_must_have_their_columns():
    assert checked_rows("x", [[1, 2]], 2).shape == (1, 2)
    for value in ([1, 2], [[1, 2, 3]], [[[1, 2]]], 1.0):
        with pytest.raises(ValueError, match=r"x must have shape \(examples, 2\), got shape"):
            checked_rows("x", value, 2)


def test_slopes_must_be_fixed():
    for activation in (linear(), relu(), leaky_relu(-0.3)):
        require_fixed_slope(activation)
    for activation in (randomized_leaky_relu(), relu().with_dropout(0.5)):
        with pytest.raises(ValueError, match="activation must have a fixed slope and no dropout"):
            require_fixed_slope(activation)
