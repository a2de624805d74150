"""Slow, plain mpmath values for log Q and for the law of the log-norm, each from the definition and none from theory/.

A law is a tuple (lower, upper, keep, rescale) as in `oracles`. `log_moments` conditions on the number of active units
where slopes are 0 or 1, and else integrates Frullani's formula; `complex_moment` is a finite sum or, for random slopes,
the Mellin integral of the transform's derivative on the ray arg t = -pi/2; `log_cdf` is Gil-Pelaez's integral by a
midpoint rule far finer than needed; `convolved_cdf` adds up steps on a grid, without any transform.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from mpmath.ctx_mp import MPContext
from scipy import special, stats

Law = tuple[float, float, float, bool]

MP = MPContext()
MP.dps = 40


def scale(law: Law) -> Any:
    """What a kept unit is multiplied by, squared."""
    return 1 / MP.mpf(law[2]) ** 2 if law[3] else MP.one


def transform(law: Law, t: Any) -> Any:
    """psi(t) = E exp(-t phi(z)^2); the slope's average is elementary: sqrt(2t) times it is a difference of asinh."""
    keep, t = MP.mpf(law[2]), t * scale(law)
    low, high = MP.mpf(law[0]), MP.mpf(law[1])
    root = MP.sqrt(2 * t)
    if low == high:
        negative = 1 / MP.sqrt(1 + 2 * low * low * t)
    else:
        negative = (MP.asinh(high * root) - MP.asinh(low * root)) / ((high - low) * root)
    return 1 - keep + keep * (1 / MP.sqrt(1 + 2 * t) + negative) / 2


def atom(law: Law, width: int) -> Any:
    """P(Q = 0)."""
    keep = MP.mpf(law[2])
    return (1 - keep / 2 if law[0] == law[1] == 0 else 1 - keep) ** width


@cache
def active(law: Law, width: int) -> list[tuple[int, Any]]:
    """(n, P(n units count)) for n >= 1, for slopes 0 or 1, where Q given n is scale times chi-square(n)."""
    assert law[0] == law[1]
    assert law[0] in (0.0, 1.0)
    rate = MP.mpf(law[2]) / (1 if law[0] else 2)
    if rate == 1:
        return [(width, MP.one)]
    weights = [
        (n, MP.binomial(width, n) * rate**n * (1 - rate) ** (width - n))
        for n in range(1, width + 1)
    ]
    return [(n, weight) for n, weight in weights if weight > MP.mpf(10) ** -38]


@cache
def log_moments(law: Law, width: int) -> tuple[Any, Any]:
    """Mean and variance of log Q given Q > 0."""
    alive = 1 - atom(law, width)
    if law[0] == law[1] and law[0] in (0.0, 1.0):
        first = second = MP.zero
        for n, weight in active(law, width):
            mean = MP.log(2 * scale(law)) + MP.digamma(MP.mpf(n) / 2)
            first += weight * mean / alive
            second += weight * (mean**2 + MP.polygamma(1, MP.mpf(n) / 2)) / alive
        return first, second - first**2
    return _frullani(law, width, alive)


def _frullani(law: Law, width: int, alive: Any) -> tuple[Any, Any]:
    dead = atom(law, width)

    def difference(u: Any) -> Any:
        t = MP.exp(u)
        return MP.exp(-t) * alive - (transform(law, t) ** width - dead)

    ends = [-100 - MP.log(width), -20, -8, -4, -2, 0, 2, 4, 8, 20, 60, 200]
    first = MP.quad(difference, ends)
    second = -2 * MP.quad(lambda u: (MP.euler + u) * difference(u), ends)
    return first / alive, second / alive - (first / alive) ** 2


def complex_moment(law: Law, width: int, order: Any) -> Any:
    """E[Q^order | Q > 0] for an order with real part 0."""
    alive = 1 - atom(law, width)
    if law[0] == law[1] and law[0] in (0.0, 1.0):
        total = sum(
            weight * MP.exp(MP.loggamma(MP.mpf(n) / 2 + order) - MP.loggamma(MP.mpf(n) / 2))
            for n, weight in active(law, width)
        )
        return total * (2 * scale(law)) ** order / alive
    if law[0] == law[1] and law[2] == 1 and width <= 64:
        half, gap = MP.mpf(width) / 2, 1 - MP.mpf(law[0]) ** 2
        mixture = sum(
            MP.binomial(width, n) * MP.hyp2f1(-order, MP.mpf(width - n) / 2, half, gap)
            for n in range(width + 1)
        )
        return mixture / 2**width * 2**order * MP.gammaprod([half + order], [half])
    return _on_the_ray(law, width, order) / alive


def _on_the_ray(law: Law, width: int, order: Any) -> Any:
    """1/Gamma(1 - z) int t^(-z) (-(psi^d)'(t)) dt along t = -i e^u."""
    nodes, slopes = _slopes(law, width)
    total = sum(s * MP.exp(-order * u) for u, s in zip(nodes, slopes, strict=True))
    return total * MP.exp(1j * MP.pi / 2 * order) / MP.gamma(1 - order)


@cache
def _slopes(law: Law, width: int) -> tuple[list[Any], list[Any]]:
    """Nodes u and -d/du psi^d times their distance, the derivative by differences of 40 digits."""
    step = MP.mpf(10) ** -12

    def power(u: Any) -> Any:
        return transform(law, -1j * MP.exp(u)) ** width

    def slope(u: Any) -> Any:
        near, far = power(u + step) - power(u - step), power(u + 2 * step) - power(u - 2 * step)
        return (far - 8 * near) / (12 * step)

    grid = MP.mpf(1) / (8 if width < 10 else 40 if width < 256 else 80)
    left, right = 45, 45 if width >= 64 else 100  # where few units count psi^d falls like t^(-1/2)
    nodes = [-MP.log(width) + grid * j for j in range(int(-left / grid), int(right / grid) + 1)]
    return nodes, [slope(u) * grid for u in nodes]


def log_cdf(
    law: Law, width: int, depth: int, points: list[float], moment: Any = complex_moment
) -> list[Any]:
    """P(sum of `depth` copies of (log Q - E log Q)/2 <= std * point | survival), by Gil-Pelaez's integral."""
    mean, variance = log_moments(law, width)
    std = MP.sqrt(variance * depth) / 2
    # a period of 60 standard deviations, and for few units the exponential tail of log Q to the left of them
    step = 2 * MP.pi / (60 + (400 / std if width * law[2] < 64 else 0))
    total, j, small = [MP.mpf(1) / 2 for _ in points], 0, 0
    while small < 40:  # one small value may be a zero of the characteristic function
        w = (j + MP.mpf(1) / 2) * step
        order = 0.5j * w / std
        value = (moment(law, width, order) * MP.exp(-order * mean)) ** depth
        total = [
            f - MP.im(MP.exp(-1j * w * x) * value) / w * step / MP.pi
            for f, x in zip(total, points, strict=True)
        ]
        j, small = j + 1, small + 1 if abs(value) < MP.mpf(10) ** -18 else 0
    return total


def convolved_cdf(law: Law, width: int, depth: int, points: list[float]) -> list[float]:
    """The same for slopes 0 or 1 by adding up steps on a grid in float64: densities convolved, no transform."""
    counts = active(law, width)
    freedom = np.array([float(n) for n, _ in counts])
    weights = np.array([float(w / (1 - atom(law, width))) for _, w in counts])
    mean, variance = (float(value) for value in log_moments(law, width))
    step = np.sqrt(variance) / 12
    grid = np.arange(-110 / min(1, freedom.min()), 12, step)  # of log Q - mean
    q = np.exp(grid + mean) / float(scale(law))
    density = weights @ (stats.chi2(freedom[:, None]).pdf(q) * q)
    keep = density > 1e-18
    first, density = grid[keep][0], density[keep] * step
    total, start = density, first
    for _ in range(depth - 1):
        total, start = np.convolve(total, density), start + first
    wanted = np.array(points) * np.sqrt(depth * variance)
    # the cdf of a band-limited density between grid points: shifted sine integrals
    gaps = (wanted[:, None] - (start + step * np.arange(total.size))) / step
    return list((0.5 + special.sici(np.pi * gaps)[0] / np.pi) @ total)
