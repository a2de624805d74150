"""theory.domain: what is accepted, and that a refusal names the argument, the value and the domain."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from theory.domain import count, flag, nonnegative, positive, real_array


class Unwilling:
    """It refuses to become an array."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("no")

    def __repr__(self):
        return "an unwilling object"


NOT_NUMBERS = {
    "complex": (1j, "1j"),
    "text": ("1", "'1'"),
    "boolean": (True, "True"),
    "none": (None, "None"),
    "ragged": ([[1, 2], [3]], "[[1, 2], [3]]"),
    "fraction": (Fraction(1, 2), "Fraction(1, 2)"),
    "masked": (np.ma.array([1.0], mask=[True]), "masked_array"),
    "all mask": (np.ma.masked, "masked"),
    "no array": (Unwilling(), "an unwilling object"),
    "boolean among large": ([10**30, True], "[1000000000000000000000000000000, True]"),
}


@pytest.mark.parametrize("check", [real_array, positive, count])
@pytest.mark.parametrize(("value", "shown"), NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_what_is_not_a_real_number_is_refused(check, value, shown):
    with pytest.raises(ValueError, match=rf"^x must be real numbers.*, got {re.escape(shown)}"):
        check("x", value)


@pytest.mark.parametrize("number", [2**63, 2**64, 10**30, -(10**30), 2**1023])
def test_integers_of_any_size_are_numbers(number):
    assert real_array("x", number) == float(number)
    np.testing.assert_array_equal(real_array("x", [[number, 1]]), [[float(number), 1.0]])
    with pytest.raises(ValueError, match=re.escape(f"2**53, got {float(number)}")):
        count("x", number)


def test_numbers_beyond_float64_are_infinite():
    """Of wider types as well, without a warning."""
    for number in (10**400, np.longdouble("1e400"), np.array([np.longdouble("1e400")])):
        with pytest.raises(ValueError, match=r"^x must be finite and > 0, got inf$"):
            positive("x", number)
    with pytest.raises(ValueError, match=r"^x must be finite and >= 0, got -inf$"):
        nonnegative("x", -(10**400))
    assert nonnegative("x", np.longdouble("1e-400")) == 0


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_flags(value):
    assert flag("x", value) is bool(value)


@pytest.mark.parametrize("value", ["no", 1, 0, None, np.array([True]), 0.0], ids=repr)
def test_what_is_no_flag(value):
    with pytest.raises(ValueError, match=re.escape(f"x must be True or False, got {value!r}")):
        flag("x", value)


@pytest.mark.parametrize("value", [0, -1.5, np.nan, np.inf, -np.inf])
def test_positive_refuses(value):
    with pytest.raises(ValueError, match=rf"^x must be finite and > 0, got {float(value)}$"):
        positive("x", value)


@pytest.mark.parametrize("value", [0, -1, 2.5, np.nan, np.inf, 2.0**54])
def test_count_refuses(value):
    message = re.escape(f"x must be a whole number from 1 to 2**53, got {float(value)}")
    with pytest.raises(ValueError, match=f"^{message}$"):
        count("x", value)


@pytest.mark.parametrize(("check", "bad"), [(positive, -3.0), (count, 2.5)])
def test_one_bad_entry_of_an_array_is_named(check, bad):
    with pytest.raises(ValueError, match=f"got {bad}$"):
        check("x", [[1, 2], [bad, 4]])


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint64, np.int64, np.float16, np.float32, np.float64]
)
@pytest.mark.parametrize("check", [real_array, positive, count])
def test_every_real_type_becomes_float64(check, dtype):
    result = check("x", np.array([[1, 2]], dtype=dtype))
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, [[1.0, 2.0]])


def test_the_ends_of_the_domains_are_inside():
    assert positive("x", 5e-324) > 0
    assert np.isfinite(positive("x", np.finfo(np.float64).max))
    np.testing.assert_array_equal(count("x", [1, 2**53]), [1.0, 2.0**53])
    assert real_array("x", []).shape == (0,)
