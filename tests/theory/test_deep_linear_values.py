"""theory.deep_linear against the oracles: scales, chi moments, laws of products.

Budget: what each docstring promises. "A few roundings" is held to 10 of them, 1.2e-15 relative.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from theory.deep_linear import (
    chi_moment,
    gamma_ratio,
    gamma_ratio_bound,
    log_norm_mean,
    log_norm_variance,
    log_output_scale,
    output_scale,
    product_spectral_moment,
)

EPS = np.finfo(np.float64).eps
FEW = 5 * EPS
TINY, HUGE = np.finfo(np.float64).tiny, np.finfo(np.float64).max
WIDTHS = [1, 2, 3, 7, 10, 31, 32, 33, 64, 1000, 10**6, 10**9, 10**12, 2**53]
DEPTHS = [1, 2, 3, 10, 700, 10**4, 10**6]
OUTPUTS = [1, 2, 10, 1000, 10**6]
NETS = list(product(WIDTHS, DEPTHS, OUTPUTS))
EULER = 0.57721566490153286


def relative(value, exact):
    return float(abs(value - exact) / abs(exact))


def row(point, value, exact, bound):
    """A row of `assert_errors`, relative; the half step of a subnormal result is forgiven."""
    step = 2**-1075 / float(abs(exact)) if abs(exact) < TINY else 0
    return point, relative(value, exact), bound + step


# --- the oracles, played against each other ---


@pytest.mark.parametrize("degrees", [1, 2, 5, 40])
def test_chi_integrals_are_the_gamma_functions(dl_oracles, degrees):
    for order in (0.5, 1, 1.7, 3):
        by_density = dl_oracles.chi_integral(lambda z, q=order: z**q, degrees)
        assert relative(by_density, dl_oracles.chi_power_mean(order, degrees)) < 1e-18
    mean = dl_oracles.chi_integral(dl_oracles.MP.log, degrees)
    assert relative(mean, dl_oracles.log_mean(degrees)) < 1e-14
    square = dl_oracles.chi_integral(lambda z: (dl_oracles.MP.log(z) - mean) ** 2, degrees)
    assert relative(square, dl_oracles.log_variance(degrees)) < 1e-14


@pytest.mark.parametrize(("width", "depth"), [(1, 3), (2, 1), (2, 2), (3, 1)])
def test_recursion_is_the_sum_over_pairings(dl_oracles, width, depth):
    assert dl_oracles.brute_spectral_moment(width, depth, 1) == 1
    by_pairings = dl_oracles.brute_spectral_moment(width, depth, 2)
    assert by_pairings == dl_oracles.recursive_spectral_moment(width, depth)


def test_powers_of_the_recursion(dl_oracles):
    for width, depth in [(1, 4), (6, 5), (10, 300), (1000, 7)]:
        whole = dl_oracles.recursive_spectral_moment(width, depth)
        assert relative(dl_oracles.second_spectral_moment(width, depth), whole) < 1e-50


# --- scales ---


def test_scale_keeps_the_mean_square(dl_oracles):
    """E|f(x)|^2 = |x|^2, of Gaussian weights and of sqrt(m) times orthogonal ones."""
    x = [1, -2]
    for width, depth, out_dim in [(2, 1, 3), (2, 2, 3), (3, 3, 1), (2, 4, 2)]:
        hidden = [width] * (depth - 1)
        power = dl_oracles.gaussian_output_power([2, *hidden, out_dim], x)
        assert output_scale(width, depth, out_dim) ** 2 * power == pytest.approx(5, rel=1e-14)
    for width, depth, out_dim in [(2, 2, 1), (2, 3, 2), (3, 2, 2)]:
        power = dl_oracles.orthogonal_output_power(width, depth, out_dim, x)
        assert output_scale(width, depth, out_dim) ** 2 * power == pytest.approx(5, rel=1e-14)


def test_log_output_scale(dl_oracles, assert_errors):
    rows, mp = [], dl_oracles.MP
    for m, depth, out in NETS:
        exact = -((depth - 1) * mp.log(m) + mp.log(out)) / 2
        if exact == 0:
            assert log_output_scale(m, depth, out) == 0
        else:
            rows.append(row((m, depth, out), log_output_scale(m, depth, out), exact, 1e-15))
    assert_errors(rows)


def test_output_scale(dl_oracles, assert_errors):
    rows, mp = [], dl_oracles.MP
    for m, depth, out in NETS:
        exact = (mp.mpf(m) ** (depth - 1) * out) ** (-mp.mpf(1) / 2)
        value = output_scale(m, depth, out)
        if exact < TINY:
            assert 0 <= value <= TINY
        else:
            bound = 1e-15 * (1 + float(abs(mp.log(exact))))
            rows.append(row((m, depth, out), value, exact, bound))
    assert_errors(rows)
    assert output_scale(1000, 700, 10) == 0


# --- chi moments and the Gamma inequality ---


def test_chi_moment(dl_oracles, assert_errors):
    orders = [1e-300, 1e-12, 1e-3, 0.25, 0.5, 1.0, 1.5, 2.0, 3.7, 20.0, 100.0, 1e4]
    rows = []
    for q, d in product(orders, WIDTHS):
        exact = dl_oracles.chi_power_mean(q, d)
        if exact < HUGE:
            bound = 1e-15 * (1 + q + float(abs(dl_oracles.MP.log(exact))))
            rows.append(row((q, d), chi_moment(q, d), exact, bound))
        else:
            assert chi_moment(q, d) == math.inf
    assert_errors(rows)


def test_chi_moments_that_are_rational():
    for d in (1, 2, 3, 10, 999):
        assert chi_moment(1, d) == 1
        assert chi_moment(2, d) == pytest.approx(1 + 2 / d, rel=2 * FEW)
        assert chi_moment(3, d) == pytest.approx((1 + 2 / d) * (1 + 4 / d), rel=3 * FEW)
    assert chi_moment(0.5, 2) == pytest.approx(math.sqrt(math.pi) / 2, rel=FEW)


def test_gamma_ratio(dl_oracles, assert_errors):
    near = [0.5, 0.5000001, 0.75, 1.0, 1.5, 2.0, 15.5, 15.999999, 16.0, 16.5, 100.0, 12345.678]
    points = [*near, *10.0 ** np.arange(5, 30, 3), 1e100, 1e300]
    assert_errors([row(a, gamma_ratio(a), dl_oracles.gamma_quotient(a), 2e-15) for a in points])
    for a in (1e307, HUGE):
        assert gamma_ratio(a) == pytest.approx(math.sqrt(a), rel=2e-15)


def test_gamma_ratio_bound(dl_oracles, assert_errors):
    mp = dl_oracles.MP
    points = [0.5, 0.6, 1.0, 7.25, 1e3, 1e12, 1e300, HUGE]
    exact = [mp.sqrt(mp.mpf(a) - mp.mpf(1) / 10) for a in points]
    assert_errors(
        [row(a, gamma_ratio_bound(a), e, 1.5 * EPS) for a, e in zip(points, exact, strict=True)]
    )


# --- products of Gaussian matrices ---


def test_log_norm_mean(dl_oracles, assert_errors):
    rows = []
    for m, depth, out in NETS:
        exact = ((depth - 1) * dl_oracles.log_mean(m) + dl_oracles.log_mean(out)) / 2
        rows.append(row((m, depth, out), log_norm_mean(m, depth, out), exact, 1e-14))
    assert_errors(rows)


def test_log_norm_variance(dl_oracles, assert_errors):
    rows = []
    for m, depth, out in NETS:
        exact = ((depth - 1) * dl_oracles.log_variance(m) + dl_oracles.log_variance(out)) / 4
        rows.append(row((m, depth, out), log_norm_variance(m, depth, out), exact, 1e-14))
    assert_errors(rows)


@pytest.mark.parametrize("depth", [1, 2, 30, 10**6])
def test_width_one(depth):
    """log|w_1 ... w_L| of iid N(0, 1): mean -(gamma + log 2)/2 and variance pi^2/8 a factor."""
    mean, variance = log_norm_mean(1, depth, 1), log_norm_variance(1, depth, 1)
    assert mean == pytest.approx(-depth * (EULER + math.log(2)) / 2, rel=1e-14)
    assert variance == pytest.approx(depth * math.pi**2 / 8, rel=1e-14)


def test_second_spectral_moment(dl_oracles, assert_errors):
    rows = []
    for m, depth in product(WIDTHS, [*DEPTHS, 5, 600, 646]):
        exact = dl_oracles.second_spectral_moment(m, depth)
        value = product_spectral_moment(m, depth, 2)
        if exact < HUGE:
            rows.append(row((m, depth), value, exact, 1e-14 * (1 + depth / m)))
        else:
            assert value == math.inf
        assert product_spectral_moment(m, depth, 1) == 1
    assert_errors(rows)


def test_second_spectral_moment_up_to_the_end_of_the_range(dl_oracles, assert_errors):
    """Nothing overflows before the moment does: largest finite depth of each width, and the next."""
    rows, mp = [], dl_oracles.MP
    for m in (1, 2, 5, 100, 10**5):
        top = int(mp.log(3 * mp.mpf(HUGE) / (m + 2)) / mp.log1p(mp.mpf(2) / m))
        exact = dl_oracles.second_spectral_moment(m, top)
        assert exact < HUGE
        value = product_spectral_moment(m, top, 2)
        rows.append(row((m, top), value, exact, 1e-14 * (1 + top / m)))
        assert product_spectral_moment(m, top + 1, 2) == math.inf
    assert_errors(rows)


@pytest.mark.parametrize(("width", "depth"), [(2, 1), (2, 2), (3, 1), (1, 3)])
def test_second_spectral_moment_from_its_definition(dl_oracles, width, depth):
    exact = dl_oracles.brute_spectral_moment(width, depth, 2)
    assert product_spectral_moment(width, depth, 2) == pytest.approx(float(exact), rel=1e-14)
