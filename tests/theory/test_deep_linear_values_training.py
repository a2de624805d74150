"""theory.deep_linear against the oracles: kernel, modes, learning rates, widths.

Budget: what each docstring promises. "A few roundings" is held to 10 of them, 1.2e-15 relative.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from theory.deep_linear import (
    contraction_factor,
    expected_initial_loss,
    gaussian_contraction_factor,
    gaussian_max_learning_rate,
    gaussian_required_width,
    kernel_loss,
    max_learning_rate,
    mode_strength,
    ntk_eigenvalues,
    required_width,
    weight_movement_bound,
)

EPS = np.finfo(np.float64).eps
FEW = 5 * EPS
TINY, HUGE = np.finfo(np.float64).tiny, np.finfo(np.float64).max
DEPTHS = [1, 2, 3, 10, 700, 10**4, 10**6]
OUTPUTS = [1, 2, 10, 1000, 10**6]


def relative(value, exact):
    return float(abs(value - exact) / abs(exact))


def row(point, value, exact, bound):
    """A row of `assert_errors`, relative; the half step of a subnormal result is forgiven."""
    step = 2**-1075 / float(abs(exact)) if abs(exact) < TINY else 0
    return point, relative(value, exact), bound + step


# --- the oracles, played against each other ---


def test_modes_of_the_kernel_limit_are_its_recursion(dl_oracles):
    inputs = [[1.0, 0.5, -0.25, 0.125], [0.0, 1.0, 0.5, 2.0]]
    targets = [[1.0, 2.0, 0.0, 1.0], [0.5, -1.0, 1.0, 0.0], [0.0, 0.25, 1.5, 1.0]]
    losses = dl_oracles.kernel_losses(inputs, targets, 0.07, 5, 40)
    _, values, right = np.linalg.svd(np.array(inputs), full_matrices=False)
    powers = np.sum((np.array(targets) @ right.T) ** 2, axis=0)
    for t in (0, 1, 2, 7, 40):
        by_modes, _ = dl_oracles.kernel_loss(t, values, powers, 0.07, 5, 3)
        assert relative(by_modes, losses[t]) < 1e-13  # the SVD is of 16 digits


MODES = [(1, 0.1, 2.0, 0.7), (1, 3.0, 0.5, 2.0), (2, 0.01, 1.5, 0.8), (2, 3.0, 0.5, 1.0)]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_solutions_of_the_modes_are_the_flow(dl_oracles, mode):
    depth, initial, target, rate = mode
    for t in (0.25, 1.0, 3.0):
        exact = dl_oracles.mode_strength(t, initial, target, rate, depth)
        found = dl_oracles.time_between(initial, exact, target, rate, depth)
        assert relative(found, t) < 1e-18
        by_flow = dl_oracles.integrated_strength(t, initial, target, rate, depth)
        assert relative(by_flow, exact) < 1e-11  # of steps held to 1e-13


# --- kernel ---


@pytest.mark.parametrize(
    ("in_dim", "width", "out_dim", "depth"), [(3, 4, 2, 2), (2, 5, 3, 4), (4, 4, 1, 5)]
)
def test_kernel_eigenvalues_of_a_drawn_net(dl_oracles, in_dim, width, out_dim, depth):
    """Of a rank-deficient X with more examples than dimensions: d_y of each eigenvalue, and zeros."""
    rng = np.random.default_rng([in_dim, width, out_dim, depth])
    inputs = rng.standard_normal((in_dim, in_dim - 1)) @ rng.standard_normal((in_dim - 1, 5))
    weights = dl_oracles.orthogonal_weights(in_dim, width, out_dim, depth, rng)
    drawn = np.sort(np.linalg.eigvalsh(dl_oracles.kernel(weights, inputs)))[::-1]
    singular = np.linalg.svd(inputs, compute_uv=False)[: in_dim - 1]
    exact = np.zeros(drawn.size)
    distinct = ntk_eigenvalues(singular, depth, out_dim)
    exact[: distinct.size * out_dim] = np.repeat(distinct, out_dim)
    np.testing.assert_allclose(drawn, exact, rtol=0, atol=1e-13 * drawn[0])


def test_ntk_eigenvalues(assert_errors):
    rows = []
    for s, depth, out in product([1e-160, 1e-8, 0.3, 7.0, 1e150], DEPTHS, OUTPUTS):
        exact = Fraction(s) ** 2 * depth / out
        if exact > TINY:
            rows.append(row((s, depth, out), ntk_eigenvalues(s, depth, out), exact, FEW))
    assert_errors([(p, float(e), b) for p, e, b in rows])
    assert ntk_eigenvalues(1e160, 1, 10**12) == pytest.approx(1e308, rel=FEW)


def test_expected_initial_loss(dl_oracles):
    """Of tiny nets: E|f(X) - Y|_F^2/2 = (E|f(X)|_F^2 + |Y|_F^2)/2, since E f = 0."""
    inputs, targets = [[1, -2], [0, 3]], 7.0
    for width, depth, out_dim in [(2, 2, 2), (2, 3, 1)]:
        scale = Fraction(1, width ** (depth - 1) * out_dim)
        hidden = [width] * (depth - 1)
        drawn = sum(dl_oracles.gaussian_output_power([2, *hidden, out_dim], x) for x in inputs)
        value = expected_initial_loss(5 + 9, targets)
        assert value == float((scale * drawn + Fraction(targets)) / 2)
        drawn = sum(dl_oracles.orthogonal_output_power(width, depth, out_dim, x) for x in inputs)
        assert value == pytest.approx((float(scale) * drawn + targets) / 2, rel=1e-14)
    assert expected_initial_loss(HUGE, HUGE) == HUGE
    assert expected_initial_loss(0, 3e-300) == 1.5e-300


KERNELS = {
    "moderate": ([3.0, 1.0, 0.4], [2.0, 0.0, 5.0], 0.05, 3, 2),
    "one mode": ([1.7], [0.3], 1e-4, 64, 10),
    "deep": ([12.0, 7.0, 1e-3], [1.0, 1.0, 1.0], 1e-9, 10**6, 10),
    "fast and slow": ([1e4, 1.0, 1e-4], [1e-8, 1.0, 1e8], 1e-9, 7, 3),
    "nearly solved in one step": ([1.0000001], [1.0], 0.5, 2, 1),
    "oscillating": ([1.0, 0.5], [1.0, 1.0], 1.9, 1, 1),
    "diverging": ([1.5, 0.5], [1.0, 1.0], 1.9, 1, 1),
    "diverging at once": ([1e15], [1.0], 1.0, 1, 1),
    "huge inputs": ([1e150, 3e149], [1e300, 1e308], 1e-301, 1, 1),
    "inputs whose squares overflow": ([2.0**533, 1.0], [1.0, 1.0], 2.0**-1070, 1, 1),
    "tiny inputs": ([1e-150, 3e-151], [1e-300, 1.0], 1e299, 7, 10),
}


@pytest.mark.parametrize("case", KERNELS)
def test_kernel_loss(dl_oracles, assert_errors, case):
    values, powers, eta, depth, out = KERNELS[case]
    times = [0, 1, 2, 5, 10, 137.5, 1e4, 1e8]
    rows = []
    losses = kernel_loss(times, values, powers, eta, depth, out)
    for t, value in zip(times, losses, strict=True):
        exact, worst = dl_oracles.kernel_loss(t, values, powers, eta, depth, out)
        if exact > HUGE:
            assert value == math.inf
        elif exact > TINY:
            rows.append(row(t, value, exact, 1e-15 * (4 + 2 * t * float(worst))))
        else:
            assert 0 <= value <= TINY
    assert_errors(rows)


def test_kernel_loss_is_the_recursion(dl_oracles, assert_errors):
    """Data as matrices, steps taken one by one; the SVD adds its rounding to the singular values."""
    inputs = [[1.0, 0.5, -0.25], [0.0, 1.0, 0.5]]
    targets = [[1.0, 2.0, 0.0], [0.5, -1.0, 1.0]]
    losses = dl_oracles.kernel_losses(inputs, targets, 0.06, 4, 60)
    _, values, right = np.linalg.svd(np.array(inputs), full_matrices=False)
    powers = np.sum((np.array(targets) @ right.T) ** 2, axis=0)
    found = kernel_loss(np.arange(61), values, powers, 0.06, 4, 2)
    assert_errors([row(t, found[t], losses[t], 1e-14 * (1 + t)) for t in range(len(losses))])


# --- modes ---


@pytest.mark.parametrize("depth", [1, 2])
def test_mode_strength(dl_oracles, assert_errors, depth):
    starts = [TINY, 1e-200, 1e-12, 0.3, 1.0, 2.0, 1e100, 1e308]
    goals = [1e-300, 1e-6, 0.999999, 1.0, 40.0, 1e300]
    speeds = [1e-200, 1.0, 1e7]
    ages = [0.0, 1e-9, 0.1, 1.0, 30.0, 300.0, 740.0, 2000.0]
    rows = []
    for start, goal, speed, age in product(starts, goals, speeds, ages):
        t = age / speed if depth == 1 else age / speed / goal / 2
        if not math.isfinite(t):
            continue
        value = mode_strength(t, start, goal, speed, depth)
        exact = dl_oracles.mode_strength(t, start, goal, speed, depth)
        bound = 1e-15 * (3 + abs(math.log(goal) - math.log(start)))
        rows.append(row((t, start, goal, speed), value, exact, bound))
    assert_errors(rows)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_mode_strength_takes_the_time_of_the_flow(dl_oracles, mode):
    """The time to the strength found, whose last bit is worth EPS s/(ds/dt)."""
    depth, initial, target, rate = mode
    for t in (0.25, 1.0, 2.0):
        s = float(mode_strength(t, initial, target, rate, depth))
        found = dl_oracles.time_between(initial, s, target, rate, depth)
        speed = depth * rate * s ** (2 - 2 / depth) * abs(target - s)
        assert abs(float(found - t)) < 5e-15 * s / speed


# --- rates and widths ---

NORMS = [1e-150, 1e-3, 1.0, 37.3, 1e150]


def test_max_learning_rates():
    for norm, depth, out in product(NORMS, DEPTHS, OUTPUTS):
        for share, function in [(2, max_learning_rate), (3, gaussian_max_learning_rate)]:
            exact = Fraction(out) / (share * depth * Fraction(norm) ** 2)
            assert relative(Fraction(float(function(norm, depth, out))), exact) <= FEW


def test_contraction_factors():
    """Few roundings of the subtracted term, and the one of the difference."""
    etas = [1e-308, 1e-12, 0.02, 1.0, 1e300]
    for eta, norm, depth, out in product(etas, NORMS, DEPTHS, OUTPUTS):
        for share, function in [(2, contraction_factor), (4, gaussian_contraction_factor)]:
            lost = Fraction(eta) * depth * Fraction(norm) ** 2 / (share * out)
            value = float(function(eta, depth, norm, out))
            if lost < Fraction(HUGE):
                error = abs(Fraction(value) - (1 - lost))
                assert error <= Fraction(FEW) * lost + Fraction(EPS) * abs(1 - lost)
            else:
                assert value == -math.inf


DATA = {
    "one": [2.5],
    "equal": [3.0, 3.0, 3.0],
    "spread": [0.1, 7.0, 2.0, 5.5],
    "ill-conditioned": [1.0, 1e-9, 0.5],
    "large": [1e300, 4e299],
    "tiny": [1e-305, 3e-305],
}


@pytest.mark.parametrize("case", DATA)
def test_required_widths(dl_oracles, assert_errors, case):
    values, mp, rows = DATA[case], dl_oracles.MP, []
    exact_values = [mp.mpf(s) for s in values]
    largest, kappa = max(exact_values), (max(exact_values) / min(exact_values)) ** 2
    stable_rank = mp.fsum(s**2 for s in exact_values) / largest**2
    for norm, out, delta, depth in product(
        [0.0, 1e-9, 3.0, 1e100], [1, 10, 10**6], [1e-300, 0.05, 1 - EPS / 2], [1, 7, 10**6]
    ):
        logarithm = mp.log(len(values) / mp.mpf(delta))
        size = out * (1 + mp.mpf(norm) ** 2)
        exact = mp.mpf(0.25) * stable_rank * kappa**2 * (size + logarithm)
        point = (norm, out, delta, depth)
        found = required_width(values, norm, out, delta, constant=0.25)
        rows.append(row(point, found, exact, 2 * FEW))
        data = len(values) * kappa**3
        exact = mp.mpf(0.25) * depth * max(data * size, data * logarithm, mp.log(depth))
        found = gaussian_required_width(values, norm, out, delta, depth, constant=0.25)
        rows.append(row(point, found, exact, 2 * FEW))
    assert_errors(rows)
    assert required_width(values, 1, 2, 0.1) == 4 * required_width(values, 1, 2, 0.1, 0.25)
    assert gaussian_required_width(values, 1, 2, 0.1, 3) == 4 * gaussian_required_width(
        values, 1, 2, 0.1, 3, 0.25
    )


def test_each_part_of_the_gaussian_width_decides_somewhere():
    """r kappa^3 d_y (1 + |W*|^2), r kappa^3 log(r/delta), log L."""
    assert gaussian_required_width([1.0, 1.0], 2.0, 5, 0.5, 3) == pytest.approx(150, rel=FEW)
    exact = 6 * math.log(2e9)
    assert gaussian_required_width([1.0, 1.0], 0.0, 1, 1e-9, 3) == pytest.approx(exact, rel=FEW)
    exact = 10**6 * math.log(10**6)
    assert gaussian_required_width([1.0], 0.0, 1, 0.5, 10**6) == pytest.approx(exact, rel=FEW)


def test_weight_movement_bound(dl_oracles, assert_errors):
    mp, rows = dl_oracles.MP, []
    for loss, norm, smallest, depth, out in product(
        [1e-300, 0.7, 1e308], [1e-3, 1.0, 1e150], [1e-3, 1.0, 1e150], DEPTHS, [1, 10, 10**12]
    ):
        exact = 8 * mp.sqrt(mp.mpf(loss) * out) * mp.mpf(norm) / (depth * mp.mpf(smallest) ** 2)
        if TINY < exact < HUGE:
            value = weight_movement_bound(loss, norm, smallest, depth, out)
            rows.append(row((loss, norm, smallest, depth, out), value, exact, 2 * FEW))
    assert_errors(rows)
