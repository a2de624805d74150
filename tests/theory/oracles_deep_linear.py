"""Slow, plain values of what theory.deep_linear gives in closed form, each from its definition and none from theory/.

Moments of Gaussian matrices are sums over every index and every pairing (Isserlis), or whole-number recursions;
moments of chi-square variables are integrals of their density; the kernel is built from a Jacobian whose columns
are evaluations of a net; training is gradient descent written out. Numbers are exact fractions or 60 digits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath.ctx_mp import MPContext
from scipy import integrate

MP = MPContext()
MP.dps = 60


# --- chi-square laws ---


def chi_integral(function: Any, degrees: int) -> Any:
    """E function(Z), degrees Z chi-square: the integral over w = log Z, where the density has no singularity."""
    half = MP.mpf(degrees) / 2
    constant = half * MP.log(half) - MP.loggamma(half)
    width = 1 / MP.sqrt(half)

    def integrand(w: Any) -> Any:
        return function(MP.exp(w)) * MP.exp(constant + half * (w - MP.exp(w)))

    with MP.workdps(25):
        points = [MP.log(1 + x * width) for x in (150, 60, 30, 12, 6, 3)]
        lower = [-x * width for x in (0, 3, 6, 12, 30, 60, 120)]
        return MP.quad(integrand, sorted([*points, *lower]))


def chi_power_mean(order: float, degrees: float) -> Any:
    """E Z^order by Gamma functions of 60 digits, which `chi_integral` confirms."""
    half, q = MP.mpf(degrees) / 2, MP.mpf(order)
    with MP.workdps(60 + 20 * (q < 1e-3)):
        return MP.exp(MP.loggamma(half + q) - MP.loggamma(half) - q * MP.log(half))


def log_mean(degrees: float) -> Any:
    """E log Z."""
    half = MP.mpf(degrees) / 2
    return MP.digamma(half) - MP.log(half)


def log_variance(degrees: float) -> Any:
    """Variance of log Z."""
    return MP.psi(1, MP.mpf(degrees) / 2)


def gamma_quotient(a: float) -> Any:
    """Gamma(a + 1/2)/Gamma(a); 650 digits hold log Gammas that cancel all their digits."""
    with MP.workdps(650 if a > 1e30 else 90):
        x = MP.mpf(a)
        return MP.exp(MP.loggamma(x + MP.mpf(1) / 2) - MP.loggamma(x))


# --- products of Gaussian matrices ---


def pairings(items: Sequence[Any]) -> int:
    """E of a product of N(0, 1) entries named by their places: the number of pairings that join equals."""
    if not items:
        return 1
    first, rest = items[0], items[1:]
    return sum(
        pairings([*rest[:i], *rest[i + 1 :]]) for i, other in enumerate(rest) if other == first
    )


def brute_spectral_moment(width: int, depth: int, power: int) -> Fraction:
    """E tr((W W^T)^power)/m^(depth power + 1), W = W_depth ... W_1, over every index of the trace."""
    word = [*((layer, False) for layer in range(depth)), *((layer, True) for layer in range(depth))]
    word = [*word[:depth], *reversed(word[depth:])] * power
    total = 0
    for indices in itertools.product(range(width), repeat=len(word)):
        entries: list[list[tuple[int, int]]] = [[] for _ in range(depth)]
        for place, (layer, transposed) in enumerate(word):
            edge = (indices[place], indices[(place + 1) % len(word)])
            entries[layer].append(edge[::-1] if transposed else edge)
        value = 1
        for layer_entries in entries:
            value *= pairings(layer_entries) if value else 0
        total += value
    return Fraction(total, width ** (depth * power + 1))


def recursive_spectral_moment(width: int, depth: int) -> Fraction:
    """The second moment by the Wishart recursion of (E (tr S)^2, E tr S^2), in whole numbers."""
    m = width
    square_of_trace, trace_of_square = m * m, m
    for _ in range(depth):
        square_of_trace, trace_of_square = (
            m * m * square_of_trace + 2 * m * trace_of_square,
            m * square_of_trace + m * (m + 1) * trace_of_square,
        )
    return Fraction(trace_of_square, m ** (2 * depth + 1))


def second_spectral_moment(width: int, depth: int) -> Any:
    """The same by powers of the recursion's matrix in 60 digits, for depths at which whole numbers are too long."""
    m = MP.mpf(width)
    step = MP.matrix([[1, 2 / m], [1 / m, 1 + 1 / m]])
    return (step**depth * MP.matrix([m, 1]))[1]


def gaussian_output_power(widths: Sequence[int], inputs: Sequence[int]) -> int:
    """E|W_L ... W_1 x|^2 over every path and its partner, widths (n_0, ..., n_L)."""
    total = 0
    for one in itertools.product(*(range(n) for n in widths)):
        for other in itertools.product(*(range(n) for n in widths[:-1])):
            partner = (*other, one[-1])
            value = inputs[one[0]] * inputs[partner[0]]
            for layer in range(len(widths) - 1):
                edge, twin = one[layer : layer + 2], partner[layer : layer + 2]
                value *= pairings([edge, twin])
            total += value
    return total


def orthogonal_output_power(width: int, depth: int, out_dim: int, inputs: Sequence[int]) -> float:
    """E|W_L ... W_1 x|^2 for sqrt(m) times signed permutations, whose second moments are Haar's."""
    group = list(signed_permutations(width))
    powers: list[float] = []
    for matrices in itertools.product(group, repeat=depth):
        vector = np.zeros(width)
        vector[: len(inputs)] = inputs
        for matrix in matrices:
            vector = matrix @ vector
        powers.append(float(np.sum(vector[:out_dim] ** 2)) * width**depth)
    return float(np.mean(powers))


def signed_permutations(width: int) -> Iterable[np.ndarray]:
    """All 2^m m! of them."""
    for order in itertools.permutations(range(width)):
        for signs in itertools.product([1.0, -1.0], repeat=width):
            yield np.diag(signs)[list(order)]


# --- nets ---


def orthogonal_weights(
    in_dim: int, width: int, out_dim: int, depth: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """sqrt(m) times orthonormal columns, square orthogonal matrices, and orthonormal rows."""

    def columns(rows: int, wanted: int) -> np.ndarray:
        basis, triangle = np.linalg.qr(rng.standard_normal((rows, wanted)))
        return np.asarray(basis * np.sign(np.diag(triangle))) * np.sqrt(width)

    hidden = [columns(width, width) for _ in range(depth - 2)]
    return [columns(width, in_dim), *hidden, columns(width, out_dim).T]


def forward(weights: Sequence[np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """alpha W_L ... W_1 X, alpha from its definition."""
    signal = inputs
    for weight in weights:
        signal = weight @ signal
    out_dim, width = weights[-1].shape
    return signal / np.sqrt(float(width) ** (len(weights) - 1) * out_dim)


def kernel(weights: Sequence[np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """P = J J^T: every column of J is the net with one layer replaced by a matrix of a single 1."""
    columns = []
    for layer, weight in enumerate(weights):
        for place in np.ndindex(*weight.shape):
            unit = np.zeros_like(weight)
            unit[place] = 1.0
            replaced = [*weights[:layer], unit, *weights[layer + 1 :]]
            columns.append(forward(replaced, inputs).ravel(order="F"))
    jacobian = np.array(columns).T
    return jacobian @ jacobian.T


def descend(
    weights: Sequence[np.ndarray],
    inputs: np.ndarray,
    targets: np.ndarray,
    learning_rate: float,
    steps: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient descent on |f(X) - Y|_F^2/2: losses, and the largest movement of a layer, at steps 0..steps."""
    start, now = list(weights), list(weights)
    out_dim, width = now[-1].shape
    alpha = 1 / np.sqrt(float(width) ** (len(now) - 1) * out_dim)
    losses, moved = [], []
    for _ in range(steps + 1):
        error = forward(now, inputs) - targets
        losses.append(0.5 * np.sum(error**2))
        moved.append(max(np.linalg.norm(a - b) for a, b in zip(now, start, strict=True)))
        below = [inputs]
        for weight in now[:-1]:
            below.append(weight @ below[-1])
        gradients, above = [], alpha * error
        for weight, signal in zip(reversed(now), reversed(below), strict=True):
            gradients.append(above @ signal.T)
            above = weight.T @ above
        now = [w - learning_rate * g for w, g in zip(now, reversed(gradients), strict=True)]
    return np.array(losses), np.array(moved)


def kernel_losses(
    inputs: Any, targets: Any, learning_rate: float, depth: int, steps: int
) -> list[Any]:
    """Expected excess losses of E <- E (I - (eta L/d_y) X^T X) from E = G U^T X/sqrt(d_y) - Y, G iid N(0, 1).

    Through M = E[E^T E], which starts at X^T X + Y^T Y and becomes A M A in each step; X of full row rank.
    """
    x, y = MP.matrix(inputs), MP.matrix(targets)
    gram = x.T * x
    step = MP.eye(x.cols) - gram * (MP.mpf(learning_rate) * depth / y.rows)
    moment = gram + y.T * y
    unseen = y - y * x.T * (x * x.T) ** -1 * x
    least = MP.fsum(value**2 for value in unseen) / 2
    losses = []
    for _ in range(steps + 1):
        losses.append(MP.fsum(moment[i, i] for i in range(x.cols)) / 2 - least)
        moment = step * moment * step
    return losses


def kernel_loss(
    steps: float, values: Any, powers: Any, learning_rate: float, depth: int, out_dim: int
) -> tuple[Any, Any]:
    """The sum over modes in 60 digits, which `kernel_losses` confirms; and the largest c of a mode."""
    total, worst = MP.zero, MP.zero
    for s, power in zip(values, powers, strict=True):
        with MP.workdps(700):
            a = MP.mpf(learning_rate) * depth * MP.mpf(s) ** 2 / out_dim
            left = abs(1 - a)
        total += left ** (2 * MP.mpf(steps)) * (MP.mpf(s) ** 2 + MP.mpf(power)) / 2
        worst = max(worst, a / left + abs(MP.log(left)))
    return total, worst


# --- modes ---


def integrated_strength(
    time: float, initial: float, target: float, rate: float, depth: int
) -> float:
    """The end-to-end product of balanced scalars w_l with dw_l/dt = rate (y - prod w) prod_{k != l} w_k."""

    def flow(_: float, weights: np.ndarray) -> np.ndarray:
        whole = np.prod(weights)
        others = [np.prod(np.delete(weights, layer)) for layer in range(depth)]
        return rate * (target - whole) * np.array(others)

    start = np.full(depth, initial ** (1 / depth))
    path = integrate.solve_ivp(flow, (0, time), start, "DOP853", rtol=1e-13, atol=1e-15)
    return float(np.prod(path.y[:, -1]))


def time_between(initial: float, strength: Any, target: float, rate: float, depth: int) -> Any:
    """How long the flow takes: the integral of 1/(ds/dt) = 1/(L rate s^(2 - 2/L) (y - s))."""
    power, start = 2 - MP.mpf(2) / depth, MP.mpf(initial)

    def slowness(log_s: Any) -> Any:
        s = MP.exp(log_s)
        return s / (depth * MP.mpf(rate) * s**power * (target - s))

    with MP.workdps(30):
        return MP.quad(slowness, MP.linspace(MP.log(start), MP.log(strength), 9))


def mode_strength(time: float, initial: float, target: float, rate: float, depth: int) -> Any:
    """Solutions of the two scalar equations in many digits, which `time_between` confirms."""
    t, start, goal, speed = (MP.mpf(x) for x in (time, initial, target, rate))
    with MP.workdps(1300):
        if depth == 1:
            return goal + (start - goal) * MP.exp(-speed * t)
        left = MP.exp(-2 * speed * goal * t)
        return goal * start / (start + (goal - start) * left)
