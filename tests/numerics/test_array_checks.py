"""Finite numbers and arrays: what is let through, and what is said of the rest."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from numerics.activations import leaky_relu, linear, randomized_leaky_relu, relu
from numerics.array_checks import (
    checked_labels,
    checked_rows,
    finite_array,
    finite_number,
    require_fixed_slope,
)


class Unwilling:
    """Says no when NumPy asks for an array."""

    def __array__(self, *_, **__):
        raise TypeError


@pytest.mark.parametrize(
    "value",
    [
        3,
        2.5,
        [1, 2],
        np.ones((2, 3), dtype=np.float32),
        [10**20],
        [10**20, 2.5],
        [Fraction(1, 2), 1],
        np.longdouble([0.5, 2]),
        np.ma.array([1.0, 2.0], mask=[False, False]),
    ],
)
def test_numbers_become_doubles(value):
    checked = finite_array("x", value)
    assert type(checked) is np.ndarray
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, np.array(value, dtype=float))


def test_arrays_are_copied():
    value = np.ones(3)
    finite_array("x", value)[0] = 5.0
    assert value[0] == 1.0


@pytest.mark.parametrize(
    "value",
    [
        "1",
        None,
        [],
        [1.0, math.nan],
        math.inf,
        1j,
        True,
        [[1.0], [1.0, 2.0]],
        [True, 2.0],
        [[1.0, 2.0], [3.0, np.True_]],
        [1, "2", 10**20],
        [10**400],
        np.array([10**400, 1], dtype=object),
        [True, 10**20],
        [np.array([True, False]), np.array([1.0, 2.0])],
        np.array([True, 2.0], dtype=object),
        np.ma.array([1.0, 2.0], mask=[False, True]),
        [1.0, np.ma.masked],
        {1.0},
        Unwilling(),
        pytest.param(
            np.longdouble([1, 2]) * np.longdouble(10) ** 400,
            marks=pytest.mark.skipif(
                np.finfo(np.longdouble).max == np.finfo(float).max, reason="no wider type here"
            ),
            id="beyond the doubles",
        ),
    ],
)
def test_other_arrays_are_refused(value):
    with pytest.raises(ValueError, match="x must be finite numbers, at least one, got"):
        finite_array("x", value)


@pytest.mark.parametrize("value", [0, -2.5, np.float64(3.0), Fraction(1, 2), np.int64(4)])
def test_one_number_becomes_a_float(value):
    assert finite_number("x", value) == float(value)
    assert type(finite_number("x", value)) is float


@pytest.mark.parametrize(
    "value", [math.inf, math.nan, "1", None, True, [1.0], 1j, np.ones(1), 10**400]
)
def test_other_numbers_are_refused(value):
    with pytest.raises(ValueError, match="x must be finite, got"):
        finite_number("x", value)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(float).max, reason="no type wider than double here"
)
def test_what_is_finite_in_a_wider_type_only_is_refused():
    with pytest.raises(ValueError, match="x must be finite, got"):
        finite_number("x", np.longdouble(10) ** 400)


def test_rows_must_have_their_columns():
    assert checked_rows("x", [[1, 2]], 2).shape == (1, 2)
    for value in ([1, 2], [[1, 2, 3]], [[[1, 2]]], 1.0):
        with pytest.raises(ValueError, match=r"x must have shape \(examples, 2\), got shape"):
            checked_rows("x", value, 2)


@pytest.mark.parametrize("value", [[0, 2, 1], (0, 2, 1), np.array([0, 2, 1], dtype=np.uint8)])
def test_labels_are_copied(value):
    labels = checked_labels("y", value, 3, 3)
    labels[0] = 1
    assert list(value) == [0, 2, 1]


@pytest.mark.parametrize(
    "value",
    [
        [0, 1],
        [0, 1, 3],
        [0, 1, -1],
        [[0], [1], [2]],
        [0.0, 1.0, 2.0],
        [0, 1, True],
        np.array([True, False, True]),
        [[0, 1], [2]],
        [0, 1, [2, 3]],
        np.ma.array([0, 1, 2], mask=[False, False, True]),
        None,
        "012",
    ],
)
def test_other_labels_are_refused(value):
    with pytest.raises(ValueError, match="y must be one integer from 0 to 2 per example, got"):
        checked_labels("y", value, 3, 3)


def test_slopes_must_be_fixed():
    for activation in (linear(), relu(), leaky_relu(-0.3)):
        require_fixed_slope(activation)
    for activation in (randomized_leaky_relu(), relu().with_dropout(0.5)):
        with pytest.raises(ValueError, match="activation must have a fixed slope and no dropout"):
            require_fixed_slope(activation)
