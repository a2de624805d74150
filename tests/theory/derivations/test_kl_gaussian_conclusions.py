"""Divergences of normal laws, their optima and the tightness of the bound against their definitions.

By mpmath at 25 digits or more: divergences are quadratures of p log(p/q), optima are found by a search on
the quadrature.
"""

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import symbols_kl_bound as sym
from theory.derivations.arb import enclose
from theory.derivations.kl_bound_gaussian import DERIVATIONS, SUPPLEMENTS

#: error of the quadratures below, at 25 digits
QUADRATURE = mp.mpf(10) ** -18
#: a search for a minimum is exact to the root of the quadrature's error
SEARCH = mp.mpf(10) ** -8
SPECTRUM = tuple(map(sp.Rational, ("0.3", "1.1", "2.5")))
START, TEMPERATURE = sp.Rational("0.7"), sp.Rational("0.45")


@pytest.fixture(autouse=True)
def precision():
    with mp.workdps(25):
        yield


def number(x):
    x = sp.Rational(x)
    return mp.mpf(int(x.p)) / int(x.q)


def value(name, **arguments):
    """Enclose a conclusion; its symbols are named as in the code."""
    expr = {**DERIVATIONS, **SUPPLEMENTS}[name]().conclusion
    named = {getattr(sym, key): x for key, x in arguments.items()}
    return mp.mpf(enclose(expr, named).str(30, radius=False))


def density(x, mean, variance):
    return mp.exp(-((x - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


def integral(function, mean, variance):
    """Integral over the line of something that falls like the density of N(mean, variance)."""
    width = mp.sqrt(variance)
    return mp.quad(function, [mean + k * width for k in (-13, -6, -2, 0, 2, 6, 13)])


def divergence(first, second):
    """KL of two normal laws (mean, variance) on the line."""

    def integrand(x):
        # The logarithms of the densities apart: in the tails a density may be 0 at this precision.
        (m, v), (n, u) = first, second
        ratio = (x - n) ** 2 / (2 * u) - (x - m) ** 2 / (2 * v) + mp.log(u / v) / 2
        return density(x, m, v) * ratio

    return integral(integrand, *first)


def to_initial(variance):
    return sum(divergence((0, number(c)), (0, variance)) for c in SPECTRUM)


def from_initial(variance):
    return sum(divergence((0, variance), (0, number(c))) for c in SPECTRUM)


def least(function):
    """The least point of a function on (0.05, 20): golden section in the logarithm."""
    low, high, golden = mp.log(mp.mpf("0.05")), mp.log(20), (mp.sqrt(5) - 1) / 2
    inner = [high - golden * (high - low), low + golden * (high - low)]
    values = [function(mp.exp(x)) for x in inner]
    while high - low > SEARCH:
        if values[0] < values[1]:
            high, inner = inner[1], [inner[1] - golden * (inner[1] - low), inner[0]]
            values = [function(mp.exp(inner[0])), values[0]]
        else:
            low, inner = inner[0], [inner[1], inner[0] + golden * (high - inner[0])]
            values = [values[1], function(mp.exp(inner[1]))]
    return mp.exp((low + high) / 2)


def rotation(angle):
    return mp.matrix([[mp.cos(angle), -mp.sin(angle)], [mp.sin(angle), mp.cos(angle)]])


def test_divergence_is_that_of_correlated_laws_on_the_plane():
    """In coordinates in which C is not diagonal: quadrature over the plane, at 15 digits."""
    with mp.workdps(15):
        turn = rotation(mp.mpf("0.7"))
        variances = [number(c) for c in SPECTRUM[1:]]
        inverse = turn * mp.diag([1 / c for c in variances]) * turn.T
        size, start = mp.sqrt(variances[0] * variances[1]), number(START)

        def forms(x, y):
            whole = inverse[0, 0] * x * x + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y * y
            return whole / 2, (x * x + y * y) / (2 * start)

        def there(x, y):
            first, second = forms(x, y)
            return mp.exp(-first) / (2 * mp.pi * size) * (second - first + mp.log(start / size))

        ends = [-14, 0, 14]
        expected = mp.quad(there, ends, ends, maxdegree=6)
    found = value("kl.divergence.to-initial", c=SPECTRUM[1:], K=2, s0=START)
    assert mp.almosteq(found, expected, 1e-9)


def test_divergences():
    start = number(START)
    arguments = {"c": SPECTRUM, "K": 3, "s0": START}
    assert mp.almosteq(
        value("kl.divergence.to-initial", **arguments), to_initial(start), QUADRATURE
    )
    assert mp.almosteq(
        value("kl.divergence.from-initial", **arguments), from_initial(start), QUADRATURE
    )


def test_optima_and_least_divergence():
    arguments = {"c": SPECTRUM, "K": 3}
    optimum = value("kl.optimal-variance.anisotropic", **arguments)
    with mp.workdps(20):
        assert mp.almosteq(optimum, least(to_initial), 10 * SEARCH)
        both = value("kl.jeffreys-variance", **arguments)
        assert mp.almosteq(both, least(lambda s: to_initial(s) + from_initial(s)), 10 * SEARCH)
    found = value("kl.minimum-divergence", **arguments)
    assert mp.almosteq(found, to_initial(optimum), QUADRATURE)


def test_means_are_in_order():
    derivation = SUPPLEMENTS["kl.mean-order"]()
    means = [
        mp.mpf(enclose(x, {sym.c: SPECTRUM, sym.K: 3}).str(30, radius=False))
        for x in derivation.expressions
    ]
    assert means[0] < means[1] < means[2]
    assert mp.almosteq(means[1], value("kl.jeffreys-variance", c=SPECTRUM, K=3), QUADRATURE)
    with mp.workdps(20):  # the first is the optimum of the divergence from N(0, s0 I)
        assert mp.almosteq(means[0], least(from_initial), 10 * SEARCH)


def test_tightness_is_the_least_bound_over_the_loss():
    temperature, count = number(TEMPERATURE), len(SPECTRUM)
    variances = [number(c) for c in SPECTRUM]
    log_prefactor = -sum(mp.log(2 * mp.pi * c) for c in variances) / 2
    second = sum(integral(lambda x, c=c: x * x * density(x, 0, c), 0, c) for c in variances)

    def bound(start):
        logarithm = count * mp.log(2 * mp.pi * start) / 2
        return temperature / count * (logarithm + log_prefactor + second / (2 * start))

    loss = sum(
        integral(lambda x, c=c: temperature * x * x / (2 * c) * density(x, 0, c), 0, c)
        for c in variances
    )
    # At its least the bound is flat: the search's error enters squared.
    found = value("kl.tightness", c=SPECTRUM, K=3)
    assert mp.almosteq(found, bound(least(bound)) / (loss / count), SEARCH**2 * 100)
    assert mp.almosteq(value("kl.equipartition.gaussian", T=TEMPERATURE, K=3), loss, QUADRATURE)
    assert mp.almosteq(
        value("kl.optimal-loss-bound.gaussian", T=TEMPERATURE, c=SPECTRUM, K=3),
        found * temperature / 2,
        QUADRATURE,
    )
