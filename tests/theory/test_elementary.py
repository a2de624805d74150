"""theory.elementary against mpmath: the logarithm that NumPy rounds away for small complex arguments."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from theory.elementary import log1p


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
