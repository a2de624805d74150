"""theory.deep_linear of training, as properties over random arguments, and against nets that are trained."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

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

CLOSE = 3e-15  # two values of a few roundings each
POSITIVE = st.floats(1e-6, 1e6)
ANY_SIZE = st.floats(1e-300, 1e300)
WIDTHS = st.integers(1, 10**12)
DEPTHS = st.integers(1, 10**6)
OUTPUTS = st.integers(1, 10**6)
SPECTRA = st.lists(st.floats(1e-2, 1e2), min_size=1, max_size=5)
PROBABILITIES = st.floats(1e-12, 1 - 1e-12)


def close(value, exact, tolerance=CLOSE):
    np.testing.assert_allclose(value, exact, rtol=tolerance, atol=0)


# --- kernel ---


@given(SPECTRA, DEPTHS, OUTPUTS, st.integers(-400, 400))
def test_kernel_eigenvalues_scale(spectrum, depth, out, power):
    s = np.array(spectrum)
    eigenvalues = ntk_eigenvalues(s, depth, out)
    close(out * eigenvalues.sum(), depth * np.sum(s * s))
    close(ntk_eigenvalues(s, 2 * depth, out), 2 * eigenvalues, 0)
    assert np.all(ntk_eigenvalues(s * 2.0**power, depth, out) == eigenvalues * 4.0**power)


@given(SPECTRA, DEPTHS, OUTPUTS)
def test_learning_rates_are_shares_of_the_kernel(spectrum, depth, out):
    """eta_max lambda_max(P(0)) = 1/2 and 1/3."""
    top, norm = np.max(ntk_eigenvalues(spectrum, depth, out)), max(spectrum)
    close(max_learning_rate(norm, depth, out) * top, 1 / 2)
    close(gaussian_max_learning_rate(norm, depth, out) * top, 1 / 3)


@given(SPECTRA, st.lists(st.floats(0, 1e4), min_size=5, max_size=5), DEPTHS, OUTPUTS)
def test_kernel_loss_starts_at_the_expected_loss(spectrum, powers, depth, out):
    powers = powers[: len(spectrum)]
    start = kernel_loss(0, spectrum, powers, 0.1, depth, out)
    close(start, expected_initial_loss(np.sum(np.square(spectrum)), np.sum(powers)))


@given(
    SPECTRA,
    st.lists(st.floats(0, 1e4), min_size=5, max_size=5),
    st.floats(1e-3, 1),
    DEPTHS,
    OUTPUTS,
    st.integers(0, 10**4),
)
def test_the_limit_contracts_as_the_theorem_says(spectrum, powers, share, depth, out, t):
    """At eta up to the largest one: each step by the factor at least; the exact one is (1 - eta lambda_min)^2."""
    powers = powers[: len(spectrum)]
    eta = share * max_learning_rate(max(spectrum), depth, out)
    now, then = kernel_loss([t, t + 1], spectrum, powers, eta, depth, out)
    factor = contraction_factor(eta, depth, min(spectrum), out)
    assert then <= factor * now * (1 + 1e-15 * (4 + 8 * t)) or now < 1e-290
    assert then <= now


@given(st.floats(0.01, 100), st.floats(0, 10), st.floats(0.001, 1.95), st.floats(0, 50))
def test_one_mode_is_a_power(s, power, rate, t):
    assume(abs(rate - 1) > 0.01)
    eta = rate / s**2
    start, first, then = kernel_loss([0, 1, 1 + t], [s], [power], eta, 1, 1)
    close(first, (1 - rate) ** 2 * start, 1e-12)
    close(then / start, (first / start) ** (1 + t), 1e-11 * (1 + t))


@given(SPECTRA, st.lists(st.floats(0, 1e4), min_size=5, max_size=5), st.integers(-80, 80))
def test_kernel_loss_has_no_unit(spectrum, powers, power):
    """X and Y in other units, eta in their inverse squares; depth and learning rate trade."""
    s, powers = np.array(spectrum), np.array(powers[: len(spectrum)])
    times = [0, 1, 3, 100]
    here = kernel_loss(times, s, powers, 1e-5, 6, 3)
    unit = 2.0**power
    there = kernel_loss(times, s * unit, powers * unit**2, 1e-5 / unit**2, 6, 3)
    close(there, here * unit**2, 1e-14)
    close(kernel_loss(times, s, powers, 6e-5, 1, 3), here, 1e-13)
    by_modes = sum(kernel_loss(times, s[i : i + 1], powers[i], 1e-5, 6, 3) for i in range(len(s)))
    close(by_modes, here, 1e-14)


def test_a_step_may_solve_a_mode_or_do_nothing():
    """eta lambda = 1 solves it; eta lambda = 2 turns the error round for ever; beyond, it grows."""
    times = np.array([0, 1, 2, 10, 1e300])
    assert kernel_loss(times, [2.0], [4.0], 0.25, 1, 1).tolist() == [4, 0, 0, 0, 0]
    assert kernel_loss(times, [2.0], [4.0], 0.5, 1, 1).tolist() == [4] * 5
    assert kernel_loss(times, [2.0], [4.0], 0.75, 1, 1).tolist() == pytest.approx(
        [4, 16, 64, 4.0**11, math.inf], rel=1e-13
    )


def test_steps_keep_their_shape():
    assert np.shape(kernel_loss(3, [1.0], [1.0], 0.1, 2, 1)) == ()
    losses = kernel_loss(np.arange(6).reshape(2, 3), [1.0, 2.0], [1.0, 0.0], 0.1, 2, 1)
    assert losses.shape == (2, 3)
    assert losses[1, 2] == kernel_loss(5, [1.0, 2.0], [1.0, 0.0], 0.1, 2, 1)


# --- modes ---

FLOWS = (POSITIVE, POSITIVE, st.floats(0, 30), st.floats(0, 30), st.sampled_from([1, 2]))


def unit_of_time(goal, depth):
    """In which the flow of rate 1 relaxes by e near its target."""
    return 1 if depth == 1 else 1 / (2 * goal)


@given(*FLOWS)
def test_flows_may_be_interrupted(start, goal, first, second, depth):
    unit = unit_of_time(goal, depth)
    middle = mode_strength(first * unit, start, goal, depth=depth)
    whole = mode_strength((first + second) * unit, start, goal, depth=depth)
    logs = abs(math.log(goal / start)) + abs(math.log(goal / middle))
    close(mode_strength(second * unit, middle, goal, depth=depth), whole, 1e-15 * (6 + 2 * logs))


@given(*FLOWS)
def test_flows_approach_their_target(start, goal, first, second, depth):
    unit = unit_of_time(goal, depth)
    times = np.array([0, first, first + second, 1e6]) * unit
    path = mode_strength(times, start, goal, depth=depth)
    distance = np.abs(path - goal)
    slack = 2e-15 * (3 + abs(math.log(goal / start))) * max(start, goal)
    assert np.all(np.diff(distance) <= slack)
    close(path[[0, -1]], [start, goal])
    close(mode_strength(times, goal, goal, depth=depth), goal)


@given(POSITIVE, POSITIVE, POSITIVE, st.floats(0, 20), st.sampled_from([1, 2]))
def test_rates_are_units_of_time(start, goal, rate, age, depth):
    unit = unit_of_time(goal, depth)
    slow = mode_strength(age * unit, start, goal, depth=depth)
    fast = mode_strength(age * unit / rate, start, goal, rate, depth)
    close(fast, slow, 1e-15 * (9 + 2 * abs(math.log(goal / start))))
    log = abs(math.log(goal / start))
    close(mode_strength(age * unit, start, goal, 1.0), mode_strength(age * unit, start, goal), 0)
    inverse = goal / mode_strength(age / (2 * goal), start, goal) - 1  # decays as exp(-age)
    rounding = 1e-15 * (6 + log) * (1 + abs(inverse) + goal / start)
    assert abs(inverse - (goal / start - 1) * math.exp(-age)) <= rounding


def test_the_plateau_of_a_small_start():
    """Half of the target after log(y/s(0))/(2 rate y), to first order in s(0)/y."""
    for start in (1e-3, 1e-9, 1e-200):
        t = math.log(2.0 / start) / (2 * 0.7 * 2.0)
        assert mode_strength(t, start, 2.0, 0.7) == pytest.approx(1.0, rel=start + 1e-12)


# --- rates and widths ---


@given(SPECTRA, DEPTHS, OUTPUTS)
def test_factors_at_the_largest_learning_rates(spectrum, depth, out):
    """1 - 1/(4 kappa) and 1 - 1/(12 kappa): neither depth nor the number of outputs is left."""
    kappa = (max(spectrum) / min(spectrum)) ** 2
    eta = max_learning_rate(max(spectrum), depth, out)
    close(contraction_factor(eta, depth, min(spectrum), out), 1 - 1 / (4 * kappa))
    eta = gaussian_max_learning_rate(max(spectrum), depth, out)
    close(gaussian_contraction_factor(eta, depth, min(spectrum), out), 1 - 1 / (12 * kappa))


@given(POSITIVE, DEPTHS, OUTPUTS, st.integers(-100, 100))
def test_learning_rates_scale(norm, depth, out, power):
    for largest in (max_learning_rate, gaussian_max_learning_rate):
        eta = largest(norm, depth, out)
        assert largest(norm * 2.0**power, depth, out) == eta / 4.0**power
        close(largest(norm, depth, 3 * out), 3 * eta)
        close(largest(norm, 3 * depth, out), eta / 3)
    for factor in (contraction_factor, gaussian_contraction_factor):
        here = factor(1e-9, depth, norm, out)
        assert factor(1e-9 / 4.0**power, depth, norm * 2.0**power, out) == here
        assert factor(2e-9, depth, norm, out) <= here <= 1


@given(SPECTRA, st.floats(0, 100), OUTPUTS, PROBABILITIES, st.integers(2, 10**6))
def test_orthogonal_nets_need_less_width(spectrum, norm, out, delta, depth):
    """r~ <= r, kappa >= 1 and a + b <= 2 max(a, b): with the same constant, half of the Gaussian width at most."""
    orthogonal = required_width(spectrum, norm, out, delta)
    gaussian = gaussian_required_width(spectrum, norm, out, delta, depth)
    assert orthogonal <= 2 * gaussian / depth * (1 + CLOSE)
    deeper = gaussian_required_width(spectrum, norm, out, delta, 3 * depth)
    if gaussian > depth * math.log(3 * depth):
        close(deeper, 3 * gaussian)
    else:
        assert 3 * gaussian < deeper


@given(SPECTRA, st.floats(0, 100), OUTPUTS, PROBABILITIES, st.integers(-100, 100))
def test_required_widths_have_no_unit_and_no_order(spectrum, norm, out, delta, power):
    s = np.array(spectrum)
    for width in (
        required_width,
        lambda *rest: gaussian_required_width(*rest, depth=3),
    ):
        here = width(s, norm, out, delta)
        assert width(s[::-1] * 2.0**power, norm, out, delta) == here
        assert width(s, norm + 1, out, delta) >= here
        assert width(s, norm, out, delta / 2) >= here
        assert width(np.append(s, min(s) / 2), norm, out, delta) > here


@given(POSITIVE, POSITIVE, POSITIVE, DEPTHS, OUTPUTS, st.integers(-100, 100))
def test_weight_movement_scales(loss, norm, smallest, depth, out, power):
    here = weight_movement_bound(loss, norm, smallest, depth, out)
    unit = 2.0**power
    assert weight_movement_bound(4 * loss, norm, smallest, depth, out) == 2 * here
    assert weight_movement_bound(0, norm, smallest, depth, out) == 0
    # X and Y in other units leave the weights where they are
    assert weight_movement_bound(loss * unit**2, norm * unit, smallest * unit, depth, out) == here
    close(weight_movement_bound(loss, norm, smallest, 3 * depth, out), here / 3)
    close(weight_movement_bound(loss, norm, smallest, depth, 9 * out), 3 * here)


# --- nets that are trained ---


def regression(in_dim, out_dim, examples, seed):
    """Full-rank inputs, targets near a linear map of them, and what the theory asks of them."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((in_dim, examples))
    targets = rng.standard_normal((out_dim, in_dim)) @ inputs
    targets += 0.1 * rng.standard_normal((out_dim, examples))
    _, values, right = np.linalg.svd(inputs, full_matrices=False)
    least = 0.5 * np.sum((targets - targets @ right.T @ right) ** 2)
    return inputs, targets, values, right, least


@pytest.mark.parametrize(("width", "depth"), [(48, 2), (48, 7), (96, 20)])
def test_orthogonal_nets_keep_the_bounds(dl_oracles, width, depth):
    inputs, targets, values, _, least = regression(3, 2, 5, depth)
    weights = dl_oracles.orthogonal_weights(3, width, 2, depth, np.random.default_rng(width))
    eta = max_learning_rate(values[0], depth, 2)
    losses, moved = dl_oracles.descend(weights, inputs, targets, eta, 60)
    factor = contraction_factor(eta, depth, values[-1], 2)
    excess = losses - least
    bound = factor ** np.arange(61) * excess[0]
    assert np.all(excess <= bound + 1e-13 * losses[0])
    assert moved.max() <= weight_movement_bound(excess[0], values[0], values[-1], depth, 2)


def test_wide_nets_train_as_the_kernel_limit(dl_oracles):
    """Given its own start, a net of 16 times the width is nearer to the recursion, 4 times by its order 1/sqrt(m)."""
    inputs, targets, values, right, least = regression(3, 2, 5, 1)
    targets = 4 * targets  # errors beyond those of the drawn outputs alone
    times, gaps = np.arange(31), []
    for width in (24, 384):
        weights = dl_oracles.orthogonal_weights(3, width, 2, 4, np.random.default_rng(3))
        eta = max_learning_rate(values[0], 4, 2)
        losses, _ = dl_oracles.descend(weights, inputs, targets, eta, 30)
        error = (dl_oracles.forward(weights, inputs) - targets) @ right.T
        powers = np.sum(error**2, axis=0) - values**2
        limit = kernel_loss(times, values, powers, eta, 4, 2)
        gaps.append(np.abs(losses - 16 * least - limit).max() / losses[0])
    assert gaps[0] > 0.01
    assert gaps[1] < gaps[0] / 2


def test_balanced_weights_follow_the_mode():
    """Gradient descent on w_L ... w_1 from equal weights: the error falls with the learning rate, as Euler's does."""
    for depth, start, goal, rate in [(1, 0.1, 2.0, 0.5), (2, 0.05, 1.5, 0.8), (2, 2.0, 0.4, 1.0)]:
        gaps = []
        for eta in (4e-3, 2e-3):
            w = start ** (1 / depth)
            for _ in range(round(2 / eta)):
                w += eta * rate * (goal - w**depth) * w ** (depth - 1)
            gaps.append(abs(w**depth - mode_strength(2.0, start, goal, rate, depth)))
        assert gaps[0] < 4e-3
        assert gaps[1] == pytest.approx(gaps[0] / 2, rel=0.02)
