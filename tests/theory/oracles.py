"""Slow, plain mpmath values of the quantities in theory/, each from the definition and none from theory/.

A law is a tuple (lower, upper, keep, rescale) of plain numbers: phi(z) = z or a z, a ~ U[lower, upper], kept with
probability keep. Q is the sum of phi(z_i)^2 over the width, M(p) = E Q^p. Five routes to log M(p), which the tests play
against each other: `direct` (the expectation itself, width 1 and 2), `count_sum` (condition on how many units are
positive, negative, dropped), `tilted` (E Q^p = int t^(n-p-1) E[Q^n exp(-tQ)] dt/Gamma(n-p)), `whole_moment` (integer p)
and `central_series` (binomial series in central moments, large widths). The theory uses none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

from mpmath.ctx_mp import MPContext

Law = tuple[float, float, float, bool]

MP = MPContext()  # its own precision: nothing global is touched
MP.dps = 60
_STEP = MP.mpf(3) / 25  # trapezium error |Gamma(2 + 2 pi i/step)|, about 1e-33
_NEGLIGIBLE = MP.mpf(10) ** -36


def slope_moment(law: Law, k: int) -> Any:
    """E a^(2k) in exact rational arithmetic, rounded once."""
    low, high = Fraction(law[0]), Fraction(law[1])
    if low == high:
        return _mpf(low ** (2 * k))
    return _mpf((high ** (2 * k + 1) - low ** (2 * k + 1)) / ((2 * k + 1) * (high - low)))


def unit_moment(law: Law, k: int) -> Any:
    """E phi(z)^(2k), from E z^(2k) = (2k-1)!!."""
    if k == 0:
        return MP.one
    keep = MP.mpf(law[2])
    scale = keep ** (1 - 2 * k) if law[3] else keep
    return scale * prod(range(1, 2 * k, 2)) * (1 + slope_moment(law, k)) / 2


def laplace_complement(law: Law, t: Any) -> Any:
    """1 - E exp(-t phi(z)^2), the slope averaged by quadrature (t may be complex)."""
    keep, t = MP.mpf(law[2]), MP.convert(t)
    t = t / keep**2 if law[3] else t
    low, high = MP.mpf(law[0]), MP.mpf(law[1])

    def complement(a: Any) -> Any:  # 1 - 1/root without cancellation
        root = MP.sqrt(1 + 2 * a * a * t)
        return 2 * a * a * t / (root * (1 + root))

    negative = complement(low)
    if low != high:
        turn = 1 / MP.sqrt(2 * abs(t) + 1)
        cuts = [low, *(c * turn for c in (1, 4, 30, 300) if low < c * turn < high), high]
        negative = MP.quad(complement, cuts) / (high - low)
    return keep * (complement(MP.one) + negative) / 2


def log_chi_moment(n: Any, p: Any) -> Any:
    """log E (chi^2_n)^p = log(2^p Gamma(n/2 + p)/Gamma(n/2))."""
    half = MP.mpf(n) / 2
    return p * MP.log(2) + MP.loggamma(half + p) - MP.loggamma(half)


def direct(law: Law, width: int, order: float) -> Any:
    """log E|phi(z)|^order as an integral over z and the slopes themselves: width 1 and 2 (2 in polar coordinates)."""
    p, keep = MP.mpf(order) / 2, MP.mpf(law[2])
    scale = keep ** (-2 * p) if law[3] else MP.one

    def one(a: Any) -> Any:
        return MP.quad(lambda z: (a * z) ** (2 * p) * MP.npdf(z), [0, 1, 4, 8, 16])

    single = one(MP.one) + _slope_average(law, lambda a: a ** (2 * p)) * one(MP.one)
    if width == 1:
        return MP.log(keep * scale * single)
    radial = MP.quad(lambda r: r ** (2 * p + 1) * MP.exp(-r * r / 2), [0, 1, 4, 8, 18])
    mixed = _slope_average(law, lambda a: _angle_average(MP.one, a, p))
    negative = _slope_average(
        law, lambda a: _slope_average(law, lambda b: _angle_average(a, b, p)), 40
    )
    both = radial * (1 + 2 * mixed + negative) / 4
    return MP.log(scale * (keep**2 * both + 2 * keep * (1 - keep) * single))


def count_sum(law: Law, width: int, order: float, deviations: float = 13.5) -> Any:
    """log M(p) by conditioning on the numbers of positive and negative kept units; fixed slopes only.

    Wide layers are summed over a window of that many standard deviations around the mean count.
    """
    lower, upper, keep, rescale = law
    assert lower == upper, "a random slope has no count sum"
    p, keep = MP.mpf(order) / 2, Fraction(keep)
    if abs(lower) in (0.0, 1.0):
        total = _chi_mixture(width, keep * (1 if lower else Fraction(1, 2)), p, deviations)
    else:
        kept = _binomial(width, keep, deviations)
        total = MP.fsum(w * _leaky_moment(lower, n, p, deviations) for n, w in kept if n)
    return MP.log(total) - (2 * p * MP.log(_mpf(keep)) if rescale else 0)


def tilted(law: Law, width: int, orders: list[float]) -> dict[float, Any]:
    """log M(p) for each order: int_0^inf t^(n-p-1) E[Q^n exp(-tQ)] dt = Gamma(n-p) E Q^p, n = floor(p) + 2.

    Every term is positive. E[Q^n exp(-tQ)] is n! times a Taylor coefficient of psi(t - h)^width in h.
    """
    powers = {order: MP.mpf(order) / 2 for order in orders}
    counts = {order: int(p) + 2 for order, p in powers.items()}
    sums = dict.fromkeys(orders, MP.zero)
    centre = -MP.log(width * unit_moment(law, 1))
    start = int((centre - 85) / _STEP)
    for i in range(start, start + 100_000):
        v = i * _STEP
        series = _power_series(_tilted_units(law, i, max(counts.values())), width)
        live = False
        for order, n in counts.items():
            term = series[n] * MP.exp((n - powers[order]) * v)
            sums[order] += term
            live |= term > _NEGLIGIBLE * sums[order]
        if v > centre and not live:
            break
    return {
        order: MP.log(_STEP * total * MP.factorial(counts[order]))
        - MP.loggamma(counts[order] - powers[order])
        for order, total in sums.items()
    }


def whole_moment(law: Law, width: int, order: int) -> Any:
    """log E Q^n for n = order/2 a whole number, by expanding the power of a sum."""
    n = order // 2
    units = [unit_moment(law, k) / MP.factorial(k) for k in range(n + 1)]
    return MP.log(_power_series(units, width)[n] * MP.factorial(n))


def central_series(law: Law, width: int, order: float, terms: int = 48) -> Any:
    """log M(p) = p log EQ + log sum_k binom(p, k) E(Q/EQ - 1)^k, asymptotic in 1/width: it checks its last terms."""
    p, mean = MP.mpf(order) / 2, unit_moment(law, 1)
    raw = [unit_moment(law, k) / mean**k for k in range(terms + 1)]
    central = [
        MP.fsum(MP.binomial(k, j) * (-1) ** (k - j) * raw[j] for j in range(k + 1))
        for k in range(terms + 1)
    ]
    series = _power_series([m / MP.factorial(k) for k, m in enumerate(central)], width)
    parts = [
        MP.binomial(p, k) * c * MP.factorial(k) / MP.mpf(width) ** k for k, c in enumerate(series)
    ]
    assert max(abs(part) for part in parts[-3:]) < MP.mpf(10) ** -30 * p, "width too small"
    return p * MP.log(width * mean) + MP.log1p(MP.fsum(parts[1:]))


def _mpf(value: Fraction) -> Any:
    return MP.mpf(value.numerator) / value.denominator


def _slope_average(law: Law, f: Callable[[Any], Any], degree: int = 14) -> Any:
    """E f(a) by Gauss-Legendre quadrature: 1e-17 at degree 14 for slopes 1/8..1/3 and f singular at 0."""
    low, high = MP.mpf(law[0]), MP.mpf(law[1])
    if low == high:
        return f(abs(low))
    middle, half = (low + high) / 2, (high - low) / 2
    return MP.fsum(w * f(middle + half * x) for x, w in _legendre(degree)) / 2


_NODES: dict[int, list[tuple[Any, Any]]] = {}


def _legendre(degree: int) -> list[tuple[Any, Any]]:
    """Gauss-Legendre nodes and weights by Newton's method on the three-term recurrence."""
    if degree not in _NODES:
        guesses = [
            MP.cos(MP.pi * (i - MP.mpf(1) / 4) / (degree + MP.mpf(1) / 2))
            for i in range(1, degree + 1)
        ]
        _NODES[degree] = [_legendre_node(degree, x) for x in guesses]
    return _NODES[degree]


def _legendre_node(degree: int, x: Any) -> tuple[Any, Any]:
    for _ in range(8):
        old, new = MP.one, x
        for k in range(2, degree + 1):
            old, new = new, ((2 * k - 1) * x * new - (k - 1) * old) / k
        slope = degree * (x * new - old) / (x * x - 1)
        x -= new / slope
    return x, 2 / ((1 - x * x) * slope**2)


def _angle_average(a: Any, b: Any, p: Any) -> Any:
    """(2/pi) int_0^(pi/2) (a^2 cos^2 + b^2 sin^2)^p; trapezium rule where it is smooth and periodic."""

    def power(x: Any) -> Any:
        return (a * a * MP.cos(x) ** 2 + b * b * MP.sin(x) ** 2) ** p

    if min(a, b) < 0.05 * max(a, b):
        return MP.quad(power, [0, 0.05, 0.5, 1, 1.5, MP.pi / 2]) * 2 / MP.pi
    ends = (power(0) + power(MP.pi / 2)) / 2
    return (ends + MP.fsum(power(MP.pi * i / 100) for i in range(1, 50))) / 50


def _binomial(width: int, success: Fraction, deviations: float) -> Iterator[tuple[int, Any]]:
    """(n, P(n)) of Bin(width, success) in the window."""
    if success == 1:
        yield width, MP.one
        return
    low, high = _window(width, success, deviations)
    odds = _mpf(success / (1 - success))
    weight = MP.binomial(width, low) * _mpf(success) ** low * _mpf(1 - success) ** (width - low)
    for n in range(low, high + 1):
        yield n, weight
        weight = weight * odds * (width - n) / (n + 1)


def _window(width: int, success: Fraction, deviations: float) -> tuple[int, int]:
    spread = deviations * float(width * success * (1 - success)) ** 0.5 + deviations**2
    mean = float(width * success)
    return max(0, int(mean - spread)), min(width, int(mean + spread) + 1)


def _chi_mixture(width: int, success: Fraction, p: Any, deviations: float) -> Any:
    """sum_n P(n) E (chi^2_n)^p with E chi^(2p) stepped two counts at a time: 1 + p/(n/2)."""
    moments: dict[int, Any] = {}
    total = MP.zero
    for n, weight in _binomial(width, success, deviations):
        before = moments.pop(n - 2, None)
        fresh = MP.exp(log_chi_moment(n, p)) if n and not before else MP.zero
        moments[n] = before * (1 + 2 * p / (n - 2)) if before else fresh
        total += weight * moments[n]
    return total


def _leaky_moment(slope: float, n: int, p: Any, deviations: float) -> Any:
    """E over j negative units of E (chi^2_(n-j) + a^2 chi^2_j)^p = E (chi^2_n)^p 2F1(-p, j/2; n/2; 1 - a^2)."""
    gap = 1 - MP.mpf(slope) ** 2
    mixture = MP.fsum(
        w * MP.hyp2f1(-p, MP.mpf(j) / 2, MP.mpf(n) / 2, gap)
        for j, w in _binomial(n, Fraction(1, 2), deviations)
    )
    return MP.exp(log_chi_moment(n, p)) * mixture


@cache
def _tilted_units(law: Law, i: int, count: int) -> list[Any]:
    """E[phi^(2k) exp(-t phi^2)]/k!, k = 0..count, at t = exp(i step)."""
    keep = MP.mpf(law[2])
    scale = keep**-2 if law[3] else MP.one
    t = MP.exp(i * _STEP) * scale
    ahead = [(1 + 2 * t) ** (-k - MP.mpf(1) / 2) for k in range(count + 1)]
    behind = _tilted_slopes(law, t, count)
    units = [
        keep * (2 * scale) ** k * MP.rf(MP.mpf(1) / 2, k) * (x + y) / 2 / MP.factorial(k)
        for k, (x, y) in enumerate(zip(ahead, behind, strict=True))
    ]
    return [1 - keep + units[0], *units[1:]]


def _tilted_slopes(law: Law, t: Any, count: int) -> list[Any]:
    """E a^(2k) (1 + 2 a^2 t)^(-k-1/2), k = 0..count."""
    low, high = MP.mpf(law[0]), MP.mpf(law[1])
    if low == high:
        return [
            low ** (2 * k) * (1 + 2 * low**2 * t) ** (-k - MP.mpf(1) / 2) for k in range(count + 1)
        ]
    ends = zip(_slope_integrals(high, t, count), _slope_integrals(low, t, count), strict=True)
    return [(top - bottom) / (high - low) for top, bottom in ends]


def _slope_integrals(a: Any, t: Any, count: int) -> list[Any]:
    """J_k = int_0^a x^(2k) (1+2x^2 t)^(-k-1/2) dx; with u = x/sqrt(1+2x^2 t), J_k = u^(2k+1)/(2k+1) + 2t J_(k+1)."""
    u = a / MP.sqrt(1 + 2 * a * a * t)
    odd = [u ** (2 * k + 1) / (2 * k + 1) for k in range(count + 1)]
    if 2 * t * u * u > MP.mpf(1) / 4:  # upwards from J_0; each step loses a factor of 4 at most
        values = [MP.asinh(a * MP.sqrt(2 * t)) / MP.sqrt(2 * t)]
        for k in range(count):
            values.append((values[k] - odd[k]) / (2 * t))
        return values
    last = MP.fsum(
        (2 * t) ** j * u ** (2 * (count + j) + 1) / (2 * (count + j) + 1) for j in range(100)
    )
    values = [last]
    for k in range(count - 1, -1, -1):
        values.append(odd[k] + 2 * t * values[-1])
    return values[::-1]


def _power_series(b: list[Any], power: int) -> list[Any]:
    """Coefficients of (b_0 + b_1 x + ...)^power, by Euler's recurrence."""
    c = [b[0] ** power]
    for n in range(1, len(b)):
        inner = MP.fsum((k * (power + 1) - n) * b[k] * c[n - k] for k in range(1, n + 1))
        c.append(inner / (n * b[0]))
    return c
