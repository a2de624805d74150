"""theory.elementary against mpmath: logarithms and differences that NumPy rounds away."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.elementary import log1p, log_excess, log_ratio


@given(size=st.floats(-40, 8), angle=st.floats(-3.1, 3.1))
def test_complex_log1p(oracles, size, angle):
    z = complex(math.exp(size) * np.exp(1j * angle))
    exact = oracles.MP.log(1 + oracles.MP.convert(z))
    error = abs(oracles.MP.convert(complex(log1p(np.complex128(z)))) - exact)
    assert error < 1e-15 * abs(exact)


def test_numpys_own_would_fail_here(oracles):
    z = np.complex128(1e-9 + 1e-9j)
    exact = oracles.MP.log(1 + oracles.MP.convert(complex(z)))
    assert abs(oracles.MP.convert(complex(np.log1p(z))) / exact - 1) > 1e-9


def test_real_log1p_is_numpys():
    x = np.array([-0.5, 1e-20, 3.0])
    np.testing.assert_array_equal(log1p(x), np.log1p(x))


@pytest.mark.parametrize("gap", [0.0, 1e-150, 1e-16, -1e-9, 3e-5, -0.2, 0.3, 0.4999, -0.4999])
def test_log_excess_near_one_against_mpmath(gap):
    with mp.workdps(700 if abs(gap) < 1e-100 else 80):
        exact = mp.mpf(gap) - mp.log1p(gap)
        found = float(log_excess(np.float64(gap), np.float64(np.nan)))  # the logarithm is not used
        assert abs(mp.mpf(found) - exact) <= 1e-15 * exact


@pytest.mark.parametrize("ratio", [1e-300, 1e-3, 0.3, 1.6, 7.0, 1e300])
def test_log_excess_far_from_one_against_mpmath(ratio):
    with mp.workdps(400):
        exact = mp.mpf(ratio) - 1 - mp.log(ratio)
        found = float(log_excess(np.float64(ratio) - 1, np.log(np.float64(ratio))))
        assert abs(mp.mpf(found) - exact) <= 1e-15 * exact


@pytest.mark.parametrize("y", [1e-200, 0.7, 1e200])
@pytest.mark.parametrize("factor", [1.0, 1 + 2**-50, 1 - 1e-9, 1.2, 0.6, 2.5, 1e-90, 1e90])
def test_log_ratio_against_mpmath(y, factor):
    x = y * factor
    with mp.workdps(60):
        exact = mp.log(mp.mpf(x) / mp.mpf(y))
        found = float(log_ratio(np.float64(x), np.float64(y)))
        assert abs(mp.mpf(found) - exact) <= 1e-15 * abs(exact)


@pytest.mark.parametrize(("x", "y"), [(1e300, 1e-300), (1e-300, 1e300), (5e-324, 1.0)])
def test_log_ratio_beyond_the_range_against_mpmath(x, y):
    with mp.workdps(60):
        exact = mp.log(mp.mpf(x) / mp.mpf(y))
        assert abs(mp.mpf(float(log_ratio(np.float64(x), np.float64(y)))) - exact) <= 3e-13
