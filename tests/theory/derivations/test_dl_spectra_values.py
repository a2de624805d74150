"""Conclusions on spectra, rates and the reduction against nets built out by hand: kernels, gradients, steps."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from theory.derivations.arb import enclose
from theory.derivations.deep_linear_rates import DERIVATIONS as RATES
from theory.derivations.deep_linear_rates import SUPPLEMENTS as MORE_RATES
from theory.derivations.deep_linear_rates_widths import DERIVATIONS as WIDTHS
from theory.derivations.deep_linear_reduction import SUPPLEMENTS as REDUCTION
from theory.derivations.deep_linear_spectra import DERIVATIONS as SPECTRA
from theory.derivations.deep_linear_spectra import SUPPLEMENTS as MORE_SPECTRA
from theory.derivations.deep_linear_spectra_loss import DERIVATIONS as LOSS
from theory.derivations.symbols_deep_linear import (
    C,
    L,
    X_norm,
    X_power,
    Y_power,
    d_y,
    delta,
    eta,
    g,
    kappa,
    m,
    r,
    r_stable,
    s,
    s_min,
    w_norm,
)

ROUNDING = 1e-10  # products of a few matrices of norm 1, of size 12


def value(expr, values):
    ball = enclose(expr, values, bits=160)
    assert ball.is_finite()
    return float(mp.mpf(ball.str(30, radius=False)))


def orthonormal(rng, rows, columns):
    """Orthonormal columns (rows >= columns) or rows."""
    tall = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))[0]
    return tall if rows >= columns else tall.T


def orthogonal_net(rng, width, depth, inputs, outputs):
    sizes = [inputs, *[width] * (depth - 1), outputs]
    layers = [orthonormal(rng, b, a) * math.sqrt(width) for a, b in itertools.pairwise(sizes)]
    if width < inputs:
        layers[0] *= math.sqrt(inputs / width)
    return layers


def product(layers, size):
    out = np.eye(size)
    for one in layers:
        out = one @ out
    return out


def scale(width, depth, outputs):
    return (width ** (depth - 1) * outputs) ** -0.5


def kernel(layers, data, width):
    """P = alpha^2 sum_i (W_{i-1:1} X)^T (W_{i-1:1} X) kron W_{L:i+1} W_{L:i+1}^T."""
    depth, outputs = len(layers), layers[-1].shape[0]
    total = np.zeros((data.shape[1] * outputs,) * 2)
    for place in range(depth):
        below = product(layers[:place], data.shape[0]) @ data
        above = product(layers[place + 1 :], layers[place].shape[0])
        total += np.kron(below.T @ below, above @ above.T)
    return scale(width, depth, outputs) ** 2 * total


def gradients(layers, data, targets, width):
    depth, outputs = len(layers), layers[-1].shape[0]
    alpha = scale(width, depth, outputs)
    error = alpha * product(layers, data.shape[0]) @ data - targets
    return error, [
        alpha
        * product(layers[place + 1 :], layers[place].shape[0]).T
        @ error
        @ (product(layers[:place], data.shape[0]) @ data).T
        for place in range(depth)
    ]


NET = {"width": 9, "depth": 4, "inputs": 6, "outputs": 3}


def test_partial_products():
    layers = orthogonal_net(np.random.default_rng(1), **NET)
    for low, high in itertools.combinations_with_replacement(range(1, 5), 2):
        if (low, high) == (1, 4):
            continue
        name = "dl.partial-products" + ("" if high < 4 else ".rows")
        names = {x.name: x for x in MORE_SPECTRA[name]().conclusion.free_symbols}
        predicted = value(
            MORE_SPECTRA[name]().conclusion, {names["i"]: low, names["j"]: high, m: NET["width"]}
        )
        found = np.linalg.svd(
            product(layers[low - 1 : high], layers[low - 1].shape[1]), compute_uv=False
        )
        assert np.allclose(found, predicted, rtol=ROUNDING)


def test_kernel_eigenvalues():
    rng = np.random.default_rng(2)
    data = rng.standard_normal((6, 5))
    found = np.linalg.eigvalsh(kernel(orthogonal_net(rng, **NET), data, NET["width"]))
    singular = np.linalg.svd(data, compute_uv=False)
    expected = [
        value(SPECTRA["dl.ntk"]().conclusion, {s: float(x), L: NET["depth"], d_y: NET["outputs"]})
        for x in singular
    ]
    assert np.allclose(np.sort(np.repeat(expected, 3)), found, rtol=ROUNDING)


def test_narrow_kernel():
    rng, net = np.random.default_rng(3), {**NET, "inputs": 14}
    layers = orthogonal_net(rng, **net)
    data = rng.standard_normal((14, 5))
    onto = layers[0].T @ layers[0] / 14
    small = data.T @ data + 3 * 14 / 9 * data.T @ onto @ data
    assert np.allclose(kernel(layers, data, 9), np.kron(small, np.eye(3)) / 3, atol=ROUNDING)
    conclusion = MORE_SPECTRA["dl.ntk.narrow"]().conclusion
    assert str(conclusion) == "(d_x*(L - 1)*Kron(X^T*Pi_{0}*X, 1)/m + Kron(X^T*X, 1))/d_y"


def test_initial_loss_over_all_rotations():
    """Second moments over O(2) are those over eight rotations and their reflections."""
    data, targets = np.array([[1.5, -0.5], [0.25, 2.0]]), np.array([[0.75, -1.25]])
    total, draws = 0.0, 0
    turns = [math.tau * k / 8 for k in range(8)]
    for first, last, sign in itertools.product(turns, turns, (1, -1)):
        one = [
            [math.cos(first), -sign * math.sin(first)],
            [math.sin(first), sign * math.cos(first)],
        ]
        two = np.array([[math.cos(last), math.sin(last)]])
        output = scale(2, 2, 1) * 2 * two @ np.array(one) @ data
        total, draws = total + np.sum((output - targets) ** 2) / 2, draws + 1
    powers = {X_power: float(np.sum(data**2)), Y_power: float(np.sum(targets**2))}
    expected = value(LOSS["dl.initial-loss"]().conclusion, powers)
    assert total / draws == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("name", "share", "limit"), [("dl.rate", 2, 4), ("dl.du-hu.rate", 4, 12)])
def test_rates(name, share, limit):
    values = {eta: 0.01, L: 7, s_min: 1.25, d_y: 3}
    exact = 1 - mp.mpf("0.01") * 7 * mp.mpf("1.5625") / (share * 3)
    assert value(RATES[name]().conclusion, values) == pytest.approx(float(exact), rel=1e-14)
    largest = value(MORE_RATES[f"{name}.maximal"]().conclusion, {kappa: 2.5})
    assert largest == pytest.approx(1 - 1 / (limit * 2.5), rel=1e-14)


def test_a_step_from_the_start_contracts_as_the_rate_says():
    rng = np.random.default_rng(4)
    net = {"width": 400, "depth": 6, "inputs": 4, "outputs": 2}
    layers, data = orthogonal_net(rng, **net), rng.standard_normal((4, 3))
    targets = rng.standard_normal((2, 3))
    singular = np.linalg.svd(data, compute_uv=False)
    rate = 2 / (2 * 6 * singular[0] ** 2)
    factor = value(
        RATES["dl.rate"]().conclusion, {eta: rate, L: 6, s_min: float(singular[-1]), d_y: 2}
    )
    bound = value(
        WIDTHS["dl.weight-movement"]().conclusion,
        {g: 0.0, X_norm: float(singular[0]), s_min: float(singular[-1]), L: 6, d_y: 2},
    )
    assert bound == 0
    start, losses = [one.copy() for one in layers], []
    for _ in range(40):
        error, slopes = gradients(layers, data, targets, 400)
        losses.append(np.sum(error**2) / 2)
        layers = [one - rate * slope for one, slope in zip(layers, slopes, strict=True)]
    assert all(after <= factor * before for before, after in itertools.pairwise(losses))
    bound = value(
        WIDTHS["dl.weight-movement"]().conclusion,
        {g: losses[0], X_norm: float(singular[0]), s_min: float(singular[-1]), L: 6, d_y: 2},
    )
    moves = [np.linalg.norm(a - b) for a, b in zip(layers, start, strict=True)]
    assert 0 < max(moves) <= bound


def test_weight_movement_bounds_the_sum_that_defines_it():
    derivation = WIDTHS["dl.weight-movement"]()
    names = {x.name: x for x in derivation.definition.free_symbols | {L, m}}
    values = {g: 1.5, X_norm: 2.0, s_min: 0.75, L: 3, d_y: 2, m: 5, names["t"]: 30}
    for theta in (0.05, 0.5, 0.95):
        total = value(derivation.definition, {**values, names["theta"]: theta})
        assert 0 < total <= value(derivation.conclusion, values)


def test_required_width():
    singular, chance, norm = [3.0, 2.0, 1.5], 0.05, 1.25
    stable, condition = sum(x * x for x in singular) / 9, (3 / 1.5) ** 2
    values = {C: 2.0, r_stable: stable, kappa: condition, d_y: 4, w_norm: norm, r: 3, delta: chance}
    expected = 2 * stable * condition**2 * (4 * (1 + norm**2) + math.log(3 / chance))
    assert value(WIDTHS["dl.required-width"]().conclusion, values) == pytest.approx(expected)


def test_gaussian_required_width():
    values = {C: 2.0, kappa: 4.0, d_y: 4, w_norm: 1.25, r: 3, delta: 0.05, L: 11}
    expected = 2 * 11 * max(3 * 64 * 4 * (1 + 1.25**2), 3 * 64 * math.log(60), math.log(11))
    found = WIDTHS["dl.du-hu.required-width"]().conclusion.subs(values)
    assert float(found) == pytest.approx(expected)


def subspace(layers, data, level):
    """Orthonormal basis of span(W_{l:1} X) + span(W_{L:l+1}^T)."""
    signal = product(layers[:level], data.shape[0]) @ data
    back = product(layers[level:], layers[level].shape[1]).T
    left, singular, _ = np.linalg.svd(np.hstack([signal, back]), full_matrices=False)
    return left[:, singular > 1e-9 * singular[0]]


REDUCED = {"width": 12, "depth": 5, "inputs": 7, "outputs": 2}


def trained(layers, data, targets, steps, rate, width):
    losses = []
    for _ in range(steps):
        error, slopes = gradients(layers, data, targets, width)
        losses.append(np.sum(error**2) / 2)
        layers = [one - rate * slope for one, slope in zip(layers, slopes, strict=True)]
    return layers, np.array(losses)


def reduction_data(rng):
    return rng.standard_normal((7, 2)) @ rng.standard_normal((2, 4)), rng.standard_normal((2, 4))


@pytest.mark.parametrize("hidden", ["orthogonal", "gaussian"])
def test_training_stays_in_the_subspaces_only_if_hidden_layers_are_orthogonal(hidden):
    rng = np.random.default_rng(5)
    layers, (data, targets) = orthogonal_net(rng, **REDUCED), reduction_data(rng)
    layers[0], layers[-1] = rng.standard_normal((12, 7)), rng.standard_normal((2, 12))
    if hidden == "gaussian":
        layers[1:-1] = [rng.standard_normal((12, 12)) for _ in layers[1:-1]]
    bases = [subspace(layers, data, level) for level in range(1, 5)]
    assert all(basis.shape[1] == 4 for basis in bases)
    after, losses = trained(layers, data, targets, 20, 0.002, 12)
    assert losses[-1] < losses[0]
    onto = [basis @ basis.T for basis in bases]
    gaps = [
        np.linalg.norm(onto[place] @ after[place] - after[place] @ onto[place - 1])
        for place in range(1, 4)
    ]
    assert bool(max(gaps) < ROUNDING) is (hidden == "orthogonal")


def test_the_reduced_net_has_the_same_losses():
    rng = np.random.default_rng(6)
    layers, (data, targets) = orthogonal_net(rng, **REDUCED), reduction_data(rng)
    _, full = trained(layers, data, targets, 60, 0.01, 12)
    columns = np.linalg.svd(data)[0][:, :2]
    corner = product(layers, 7) @ columns / 12 ** (5 / 2)
    rest = np.eye(2) - corner @ corner.T
    strengths, turns = np.linalg.eigh(rest)
    other = turns @ np.diag(np.sqrt(strengths)) @ turns.T
    root = math.sqrt(12)
    small = [
        root * np.vstack([np.eye(2), np.zeros((2, 2))]),
        *[root * np.eye(4)] * 3,
        root * np.hstack([corner, other]),
    ]
    _, reduced = trained(small, columns.T @ data, targets, 60, 0.01, 12)
    assert full[-1] < 0.9 * full[0]
    assert np.allclose(full, reduced, atol=ROUNDING * full[0])


def test_kernel_limit_is_the_mean_over_normal_starts():
    derivation = REDUCTION["dl.kernel-limit"]()
    names = {x.name: x for x in derivation.conclusion.free_symbols}
    target = sp.IndexedBase("y", real=True)
    values = {eta: 0.02, L: 5, s: 1.5, d_y: 2, names["t"]: 6, target: (0.75, -1.25)}
    nodes = [-math.sqrt(3), 0, math.sqrt(3)]
    weights = [1 / 6, 2 / 3, 1 / 6]
    total = 0.0
    for aim in (0.75, -1.25):
        for node, weight in zip(nodes, weights, strict=True):
            error = 1.5 * node / math.sqrt(2) - aim
            for _ in range(6):
                error -= 0.02 * 5 * 1.5**2 / 2 * error
            total += weight * error**2 / 2
    assert value(derivation.conclusion, values) == pytest.approx(total, rel=1e-12)
