"""Slow, plain values of what theory.kl_bound gives in closed form, each from its definition and none from theory/.

Divergences are integrals of p log(p/q), or traces and determinants in many digits; stationary covariances solve the
linear system that they are defined by, written out with Kronecker products, or are what the iteration settles to;
optima are found by golden section on the bound itself. A network's law is a tuple (lower, upper, keep, rescale) as in
`oracles`. Matrices are nested lists or float64 arrays: their entries are taken as exact.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath.ctx_mp import MPContext
from scipy import linalg

MP = MPContext()
MP.dps = 60
_GOLDEN = (MP.sqrt(5) - 1) / 2


def random_matrix(size: int, condition: float, seed: int) -> Any:
    """Symmetric positive definite, eigenvalues spread geometrically from 1/condition to 1, a random basis."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))
    matrix = (basis * np.geomspace(1 / condition, 1, size)) @ basis.T
    return (matrix + matrix.T) / 2


def to_array(matrix: Any) -> Any:
    """Rounded to float64."""
    return np.array(matrix.tolist(), dtype=np.float64)


def relative(value: Any, exact: Any) -> float:
    """|value/exact - 1| in many digits; 0 if both overflow or both are 0."""
    if value == float(exact):
        return 0.0
    return float(abs(value - exact) / abs(exact)) if exact else math.inf


# --- Gaussian laws ---


def divergence_integral(mean: float, variance: float, other: float) -> Any:
    """int p log(p/q) for p = N(mean, variance), q = N(0, other), by quadrature of the two densities."""
    mean, deviation = MP.mpf(mean), MP.sqrt(variance)

    def integrand(z: Any) -> Any:
        w = mean + deviation * z
        log_ratio = MP.log(MP.npdf(w, mean, deviation)) - MP.log(MP.npdf(w, 0, MP.sqrt(other)))
        return MP.npdf(z) * log_ratio

    with MP.workdps(30):
        return MP.quad(integrand, [-14, -8, -4, 0, 4, 8, 14])


def divergence_integral_2d(covariance: Any, other: float) -> float:
    """int p log(p/q) over the plane for p = N(0, covariance), q = N(0, other I), by the trapezium rule."""
    matrix = np.array(covariance, dtype=np.float64)
    reach = 9 * np.sqrt(np.trace(matrix))
    axis = np.linspace(-reach, reach, 1201)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    inverse = np.linalg.inv(matrix)
    form = inverse[0, 0] * x * x + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y * y
    log_p = -form / 2 - np.log(2 * np.pi * np.sqrt(np.linalg.det(matrix)))
    log_q = -(x * x + y * y) / (2 * other) - np.log(2 * np.pi * other)
    return float(np.sum(np.exp(log_p) * (log_p - log_q)) * (axis[1] - axis[0]) ** 2)


def divergence(covariance: Any, other: Any, mean: Any = None) -> Any:
    """KL(N(mean, covariance) || N(0, other)) of matrices: traces, inverses and determinants in 60 digits."""
    p, q = MP.matrix(covariance), MP.matrix(other)
    offset = MP.matrix(p.rows, 1) if mean is None else MP.matrix(mean)
    inverse = q**-1
    trace = MP.fsum((inverse * p)[i, i] for i in range(p.rows))
    shift = (offset.T * inverse * offset)[0]
    return (trace + shift - p.rows + MP.log(MP.det(q)) - MP.log(MP.det(p))) / 2


def scaled_identity(size: int, value: Any) -> Any:
    """The matrix value I."""
    return MP.eye(size) * MP.mpf(value)


def spectral_divergence(variances: Iterable[Any], others: Iterable[Any], means: Any = None) -> Any:
    """The same for diagonal matrices: independent directions, whose divergences add."""
    pairs = [(MP.mpf(v), MP.mpf(o)) for v, o in zip(variances, others, strict=True)]
    means = [MP.zero] * len(pairs) if means is None else [MP.mpf(m) for m in means]
    return MP.fsum(
        (v / o + m * m / o - 1 - MP.log(v / o)) / 2 for (v, o), m in zip(pairs, means, strict=True)
    )


def log_mean_ratio(values: Iterable[Any]) -> Any:
    """log of arithmetic over geometric mean."""
    numbers = [MP.mpf(v) for v in values]
    return MP.log(MP.fsum(numbers) / len(numbers)) - MP.fsum(map(MP.log, numbers)) / len(numbers)


def entropy(variances: Iterable[Any]) -> Any:
    """Differential entropy of independent Gaussians: the sum of (1/2) log(2 pi e v)."""
    return MP.fsum(MP.log(2 * MP.pi * MP.e * MP.mpf(v)) / 2 for v in variances)


# --- stationary covariances and relaxation ---


def continuous_covariance(hessian: Any, noise: Any, rate: Any, batch: Any) -> Any:
    """C of A C + C A = (rate/batch) Sigma: (A x I + I x A) vec C = (rate/batch) vec Sigma."""
    a, identity = MP.matrix(hessian), MP.eye(len(hessian))
    return _solve(_kronecker(a, identity) + _kronecker(identity, a), noise, MP.mpf(rate) / batch)


def discrete_covariance(hessian: Any, noise: Any, rate: Any, batch: Any) -> Any:
    """C of C = (I - rate A) C (I - rate A) + (rate^2/batch) Sigma, likewise."""
    identity = MP.eye(len(hessian))
    step = identity - MP.mpf(rate) * MP.matrix(hessian)
    system = MP.eye(len(hessian) ** 2) - _kronecker(step, step)
    return _solve(system, noise, MP.mpf(rate) ** 2 / batch)


def settled_covariance(hessian: Any, noise: Any, rate: float, batch: float, steps: int) -> Any:
    """The covariance of the iterates W <- W - rate (A W + noise/sqrt(batch)) after many steps from 0."""
    step = np.eye(len(hessian)) - rate * np.array(hessian)
    covariance = np.zeros_like(step)
    for _ in range(steps):
        covariance = step @ covariance @ step.T + rate**2 / batch * np.array(noise)
    return covariance


def scipy_covariance(hessian: Any, noise: Any, rate: float, batch: float, discrete: bool) -> Any:
    """Either of the two, by scipy's Schur methods."""
    if discrete:
        step = np.eye(len(hessian)) - rate * hessian
        return linalg.solve_discrete_lyapunov(step, rate**2 / batch * noise, method="bilinear")
    return linalg.solve_continuous_lyapunov(hessian, rate / batch * noise)


def relaxed_spectrum(
    time: Any, hessian: Sequence[Any], temperature: Any, start: Any, means: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Variances and means at that time: v' = -2 a v + 2 T, m' = -a m, solved direction by direction."""
    t, temp, first = MP.mpf(time), MP.mpf(temperature), MP.mpf(start)
    slopes = [MP.mpf(a) for a in hessian]
    variances = [temp / a + (first - temp / a) * MP.exp(-2 * a * t) for a in slopes]
    return variances, [MP.mpf(m) * MP.exp(-a * t) for a, m in zip(slopes, means, strict=True)]


def relaxed_matrix(time: Any, hessian: Any, temperature: Any, start: Any, mean: Any) -> Any:
    """Covariance and mean at that time by a matrix exponential: C' = -A C - C A + 2 T I as one linear system."""
    a, size = MP.matrix(hessian), len(hessian)
    identity = MP.eye(size)
    flow = MP.zeros(size**2 + 1)
    lift = _kronecker(a, identity) + _kronecker(identity, a)
    for i, j in itertools.product(range(size**2), repeat=2):
        flow[i, j] = -lift[i, j]
    state = MP.matrix(size**2 + 1, 1)
    state[size**2] = 1
    for i in range(size):
        flow[i * size + i, size**2] = 2 * MP.mpf(temperature)
        state[i * size + i] = MP.mpf(start)
    end = MP.expm(flow * MP.mpf(time)) * state
    covariance = MP.matrix([[end[i * size + j] for j in range(size)] for i in range(size)])
    return covariance, MP.expm(-a * MP.mpf(time)) * MP.matrix(mean)


def _kronecker(left: Any, right: Any) -> Any:
    size = left.rows
    product = MP.zeros(size**2)
    for i, j, k, m in itertools.product(range(size), repeat=4):
        product[i * size + k, j * size + m] = left[i, j] * right[k, m]
    return product


def _solve(system: Any, noise: Any, factor: Any) -> Any:
    size = len(noise)
    flat = [factor * MP.mpf(noise[i][j]) for i in range(size) for j in range(size)]
    solution = MP.lu_solve(system, MP.matrix(flat))
    return MP.matrix([[solution[i * size + j] for j in range(size)] for i in range(size)])


# --- optima ---


def minimiser(function: Callable[[Any], Any], guess: Any, factor: float = 1e3) -> Any:
    """The s > 0 at which a function, unimodal in log s, is least: golden section between guess/factor and guess factor.

    It asserts that the least value is inside. Good to 1e-25, half of the digits.
    """
    low, high = MP.log(guess) - MP.log(factor), MP.log(guess) + MP.log(factor)
    ends = low, high
    inner = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    values = [function(MP.exp(x)) for x in inner]
    while high - low > MP.mpf(10) ** -25:
        if values[0] < values[1]:
            high, inner = inner[1], [inner[1] - _GOLDEN * (inner[1] - low), inner[0]]
            values = [function(MP.exp(inner[0])), values[0]]
        else:
            low, inner = inner[0], [inner[1], inner[0] + _GOLDEN * (high - inner[0])]
            values = [values[1], function(MP.exp(inner[1]))]
    assert low != ends[0], "the least value is not above the lower end"
    assert high != ends[1], "the least value is not below the upper end"
    return MP.exp((low + high) / 2)


# --- networks ---


def unit_power(law: tuple[float, float, float, bool]) -> Any:
    """E phi(z)^2 by quadrature over z, and over the slope where it is random."""
    low, high, keep = MP.mpf(law[0]), MP.mpf(law[1]), MP.mpf(law[2])
    with MP.workdps(30):
        half = MP.quad(lambda z: z * z * MP.npdf(z), [0, 2, 5, 9, 14])
        slope = MP.quad(lambda a: a * a, [low, high]) / (high - low) if low < high else low**2
    return half * (1 + slope) * (1 / keep if law[3] else keep)


def output_power(
    widths: Sequence[int], variances: Sequence[Any], input_power: Any, unit: Any
) -> Any:
    """E|f(x)|^2 layer by layer; `unit` is E phi(z)^2, and the last layer has no phi."""
    power = MP.mpf(input_power)
    for layer, (width, variance) in enumerate(zip(widths[1:], variances, strict=True), start=1):
        power *= MP.mpf(variance) * width * (1 if layer == len(variances) else unit)
    return power


def enumerated_network(
    widths: Sequence[int],
    roots: Sequence[Fraction],
    x: Sequence[Fraction],
    y: Sequence[Fraction],
    slope: Fraction,
) -> tuple[Fraction, Fraction]:
    """E|f(x)|^2 and E|f(x) - y|^2/2 over all signs of weights +-root: exact, no Gaussian needed for second moments."""
    counts = [n * m for n, m in itertools.pairwise(widths)]
    powers, losses, total = Fraction(0), Fraction(0), 2 ** sum(counts)
    for signs in itertools.product((-1, 1), repeat=sum(counts)):
        chosen, h = iter(signs), list(x)
        for layer, (width, root) in enumerate(zip(widths[1:], roots, strict=True), start=1):
            g = [sum(next(chosen) * root * v for v in h) for _ in range(width)]
            h = g if layer == len(roots) else [v if v > 0 else slope * v for v in g]
        powers += sum((v * v for v in h), Fraction(0))
        losses += sum(((v - t) ** 2 for v, t in zip(h, y, strict=True)), Fraction(0)) / 2
    return powers / total, losses / total


def mean_log_sum_exp(classes: int, variance: float) -> float:
    """E log(e^(g_1) + .. + e^(g_C)), g_k ~ N(0, variance) independent: int (e^-u - (E e^(-u e^g))^C) du/u.

    Two trapezium rules, of g and of log u; 1e-13 for variances to 4.
    """
    z = np.arange(-12, 12.01, 1 / 16)
    weights = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / 16
    s = np.arange(-45 - 12 * variance**0.5, 12 + 12 * variance**0.5, 1 / 16)
    with np.errstate(under="ignore"):
        alone = np.exp(-np.exp(s[:, None] + variance**0.5 * z)) @ weights
        return float(np.sum(np.exp(-np.exp(s)) - alone**classes) / 16)


def scale_objective(
    widths: Sequence[int], temperature: Any, input_power: Any, unit: Any, beta: Any
) -> Callable[[Any], Any]:
    """The forward bound of a network as a function of the shared scale c, without its constants."""

    def objective(c: Any) -> Any:
        variances = [c / (MP.mpf(unit) * n) for n in widths[:-1]]
        initial_entropy = MP.fsum(
            n * m * MP.log(s) / 2
            for (n, m), s in zip(itertools.pairwise(widths), variances, strict=True)
        )
        power = output_power(widths, variances, input_power, unit)
        return MP.mpf(beta) * power - MP.mpf(temperature) * initial_entropy

    return objective


def best_variances(
    widths: Sequence[int], temperature: Any, decay: Any, input_power: Any, unit: Any, beta: Any
) -> list[Any]:
    """Newton's method in u_l = log s_l on beta P_x G + sum of K_l (decay s_l - T u_l)/2, which is convex in u.

    It starts without the network's own loss, or with that loss brought down to order 1 by the smallest layers. The
    Hessian is a diagonal and a matrix of ones, inverted as such. It asserts that the gradient is 0 to 60 digits.
    """
    counts = [n * m for n, m in itertools.pairwise(widths)]
    least = [k == min(counts) for k in counts]
    with MP.workdps(300):
        temp, lam, factor = MP.mpf(temperature), MP.mpf(decay), MP.mpf(beta)
        free = factor * output_power(widths, [temp / lam] * len(counts), input_power, unit)
        excess = MP.log(max(1, free / (min(counts) * temp))) / sum(least)
        logs = [MP.log(temp / lam) - (excess if small else 0) for small in least]
        for _ in range(5000):
            s = [MP.exp(u) for u in logs]
            loss = factor * output_power(widths, s, input_power, unit)
            slope = [loss + k * (lam * v - temp) / 2 for k, v in zip(counts, s, strict=True)]
            if (
                max(abs(g) / (k * temp) for g, k in zip(slope, counts, strict=True))
                < MP.mpf(10) ** -60
            ):
                break
            curve = [k * lam * v / 2 for k, v in zip(counts, s, strict=True)]
            shared = MP.fsum(g / h for g, h in zip(slope, curve, strict=True))
            shared *= loss / (1 + loss * MP.fsum(1 / h for h in curve))
            step = [(g - shared) / h for g, h in zip(slope, curve, strict=True)]
            cut = max(1, *map(abs, step))
            logs = [u - x / cut for u, x in zip(logs, step, strict=True)]
        else:
            raise AssertionError("Newton's method has not converged")
        return s


def chain(x: float, y: float, decay: float, temperature: float, start: float) -> dict[str, float]:
    """f = w1 w2 x with loss (f - y)^2/2 + decay |w|^2/2: every quantity by the trapezium rule in the plane.

    Keys: log_prefactor (of p_ss), mean_loss, entropy, second_moment, to_initial, from_initial, initial_loss.
    """
    axis = np.linspace(-9, 9, 1201)
    w1, w2 = np.meshgrid(axis, axis, indexing="ij")
    cell = (axis[1] - axis[0]) ** 2
    loss = (w1 * w2 * x - y) ** 2 / 2 + decay * (w1**2 + w2**2) / 2
    log_z = np.log(np.sum(np.exp(-loss / temperature)) * cell)
    log_p = -loss / temperature - log_z
    log_q = -(w1**2 + w2**2) / (2 * start) - np.log(2 * np.pi * start)
    p, q = np.exp(log_p) * cell, np.exp(log_q) * cell
    return {
        "log_prefactor": float(-log_z),
        "mean_loss": float(np.sum(p * loss)),
        "entropy": float(-np.sum(p * log_p)),
        "second_moment": float(np.sum(p * (w1**2 + w2**2))),
        "to_initial": float(np.sum(p * (log_p - log_q))),
        "from_initial": float(np.sum(q * (log_q - log_p))),
        "initial_loss": float(np.sum(q * loss)),
    }
