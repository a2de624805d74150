"""Conclusions against their definitions: quadrature by mpmath at 25 digits, no code under test."""

import itertools
import math
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from theory.derivations import symbols as sym
from theory.derivations.arb import enclose
from theory.derivations.fractional_moments import DERIVATIONS, SUPPLEMENTS


def leaky(slope):
    return lambda z: z if z > 0 else slope * z


def half_lines(function):
    return mp.quad(function, [-12, -3, 0, 3, 12])


def normal(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def transform(phi, t):
    """E exp(-t phi(z)^2) by quadrature."""
    return half_lines(lambda z: mp.exp(-t * phi(z) ** 2) * normal(z))


def one_moment(phi, p):
    """E |phi(z)|^(2p): width 1 by quadrature."""
    return half_lines(lambda z: abs(mp.mpf(phi(z))) ** (2 * p) * normal(z))


def two_moment(phi, p):
    """E (phi(z1)^2 + phi(z2)^2)^p: width 2 in polar coordinates, E r^(2p) = 2^p Gamma(1+p)."""
    quarter = mp.pi / 2

    def angular(w):
        return (phi(mp.cos(w)) ** 2 + phi(mp.sin(w)) ** 2) ** p

    edges = [j * quarter for j in range(5)]
    return 2**p * mp.gamma(1 + p) * mp.quad(angular, edges) / (2 * mp.pi)


A, P, T = sp.Rational(3, 10), sp.Rational(2, 5), sp.Rational(7, 5)
L, U, Q, G = sp.Rational(1, 8), sp.Rational(1, 3), sp.Rational(3, 4), sp.Rational(4, 3)


def over_slopes(function):
    low, high = mp.mpf(1) / 8, mp.mpf(1) / 3
    return mp.quad(function, [low, high]) / (high - low)


def number(x):
    return mp.mpf(int(x.p)) / int(x.q)


def slope_two_moment(p):
    """Width 2, independent slopes: Gauss-Legendre over the angle and both slopes, by quadrant."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    unit, weight = (nodes + 1) / 2, weights / 2
    slopes = 1 / 8 + unit * (1 / 3 - 1 / 8)
    w, x, y = np.meshgrid(unit * np.pi / 2, slopes, slopes, indexing="ij")
    density = weight[:, None, None] * weight[None, :, None] * weight[None, None, :]
    signs = [(1, 1), (1, y), (x, 1), (x, y)]
    values = sum((f**2 * np.cos(w) ** 2 + h**2 * np.sin(w) ** 2) ** p for f, h in signs)
    return 2**p * math.gamma(1 + p) * float(np.sum(density * values)) / 4


def relu(z):
    return max(z, mp.mpf(0))


def kept_mixture(p):
    """Dropout at width 2, leaky ReLU: no, one or two units kept."""
    q, phi = number(Q), leaky(number(A))
    value = 2 * q * (1 - q) * one_moment(phi, p) + q * q * two_moment(phi, p)
    return number(G) ** (2 * p) * value


def identity(z):
    return z


CASES = {
    "fm.laplace.linear": ({sym.t: T}, lambda: transform(identity, number(T))),
    "fm.laplace.relu": ({sym.t: T}, lambda: transform(relu, number(T))),
    "fm.laplace.leaky-relu": ({sym.t: T, sym.a: A}, lambda: transform(leaky(number(A)), number(T))),
    "fm.laplace.rrelu": (
        {sym.t: T, sym.l: L, sym.u: U},
        lambda: over_slopes(lambda a: transform(leaky(a), number(T))),
    ),
    "fm.laplace.dropout": (
        {sym.t: T, sym.a: A, sym.q: Q, sym.g: G},
        lambda: 1 - number(Q) + number(Q) * transform(leaky(number(A)), number(T) * number(G) ** 2),
    ),
    "fm.layer-laplace": (
        {sym.t: T, sym.a: A, sym.sigma2: sp.Rational(2, 3), sym.d_out: 3},
        lambda: transform(leaky(number(A)), number(T) * 2 / 3) ** 3,
    ),
    "fm.mellin": ({sym.p: P, sym.a: A, sym.d: 2}, lambda: two_moment(leaky(number(A)), number(P))),
    "fm.norm-moment.linear": ({sym.p: P, sym.d: 2}, lambda: two_moment(identity, number(P))),
    "fm.norm-moment.relu": ({sym.p: P, sym.d: 2}, lambda: two_moment(relu, number(P))),
    "fm.norm-moment.leaky-relu": (
        {sym.p: P, sym.a: A, sym.d: 2},
        lambda: two_moment(leaky(number(A)), number(P)),
    ),
    "fm.norm-moment.dropout": (
        {sym.p: P, sym.a: A, sym.q: Q, sym.g: G, sym.d: 2},
        lambda: kept_mixture(number(P)),
    ),
    "fm.two-routes": ({sym.p: P, sym.d: 2}, lambda: two_moment(relu, number(P))),
    "fm.weight-variance.linear": (
        {sym.s: 2 * P, sym.d_in: 5, sym.d_out: 2},
        lambda: mp.mpf(2) / 5 * two_moment(identity, number(P)) ** (-1 / number(P)),
    ),
    "fm.weight-variance.relu": (
        {sym.s: 2 * P, sym.d_in: 5, sym.d_out: 2},
        lambda: mp.mpf(2) / 5 * two_moment(relu, number(P)) ** (-1 / number(P)),
    ),
    "fm.weight-variance.leaky-relu": (
        {sym.s: 2 * P, sym.d_in: 5, sym.d_out: 2, sym.a: A},
        lambda: mp.mpf(2) / 5 * two_moment(leaky(number(A)), number(P)) ** (-1 / number(P)),
    ),
    "fm.weight-variance.dropout": (
        {sym.s: 2 * P, sym.d_in: 5, sym.d_out: 2, sym.a: A, sym.q: Q, sym.g: G},
        lambda: mp.mpf(2) / 5 * kept_mixture(number(P)) ** (-1 / number(P)),
    ),
    "fm.monotone": (
        {sym.s: 2 * P, sym.d: 2, sym.a: A},
        lambda: two_moment(leaky(number(A)), number(P)) ** (-1 / number(P)),
    ),
    "fm.lecun": ({sym.d_in: 5}, lambda: mp.mpf(1) / 5),
    "fm.he": ({sym.d_in: 5}, lambda: 2 / (5 * 2 * one_moment(relu, 1))),
    "fm.he-leaky": ({sym.d_in: 5, sym.a: A}, lambda: 1 / (5 * one_moment(leaky(number(A)), 1))),
}


@pytest.mark.parametrize("name", CASES)
def test_conclusion_has_the_value_of_the_definition(name):
    values, oracle = CASES[name]
    ball = enclose(DERIVATIONS[name]().conclusion, values)
    with mp.workdps(25):
        value = oracle()
        assert abs(mp.mpf(ball.str(30, radius=False)) - value) < mp.mpf(10) ** -11 * abs(value)
    assert float(ball.rad()) < 1e-11


@pytest.mark.parametrize(
    ("name", "power"), [("fm.norm-moment.rrelu", 1), ("fm.weight-variance.rrelu", -2.5)]
)
def test_random_slopes_at_width_two(name, power):
    scale, names = (
        (1, {sym.p: P, sym.d: 2})
        if power == 1
        else (0.4, {sym.s: 2 * P, sym.d_in: 5, sym.d_out: 2})
    )
    ball = enclose(DERIVATIONS[name]().conclusion, {**names, sym.l: L, sym.u: U})
    value = scale * slope_two_moment(float(P)) ** power
    assert float(ball) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "terms", "cumulants"),
    [
        ("linear", 2, (1, 2, 8)),
        ("linear", 3, (1, 2, 8)),
        ("relu", 2, ("1/2", "5/4", "11/2")),
        ("relu", 3, ("1/2", "5/4", "11/2")),
    ],
)
def test_expansion_error_has_the_next_order(name, terms, cumulants):
    order = {2: "second", 3: "third"}[terms]
    conclusion = DERIVATIONS[f"fm.expansion.{order}-order"]().conclusion
    exact = DERIVATIONS[f"fm.weight-variance.{name}"]().conclusion
    law = dict(zip((sym.m1, sym.v, sym.k3), map(sp.Rational, cumulants), strict=True))

    def relative_error(width):
        truth = enclose(exact, {sym.s: 1, sym.d_in: width, sym.d_out: width})
        return float(enclose(conclusion, {sym.s: 1, sym.d: width, **law}) / truth - 1)

    errors = [relative_error(width) for width in (128, 256, 512)]
    for wide, narrow in zip(errors[1:], errors[:-1], strict=True):
        # halving 1/d divides the error by 2^terms, up to a correction of relative order 1/d
        assert narrow / wide == pytest.approx(2**terms, rel=0.1)


def test_special_expansions_are_those_of_the_published_code():
    s, d = sym.s, sym.d
    forms = {"linear": 1 / d + (2 - s) / (2 * d**2), "relu": 2 / d + 5 * (2 - s) / (2 * d**2)}
    for name, form in forms.items():
        conclusion = SUPPLEMENTS[f"fm.expansion.second-order.{name}"]().conclusion
        assert sp.expand(conclusion - form) == 0


def test_leaky_expansion_differs_from_the_published_code():
    """The second coefficient is the derived one; the public code's agrees up to a^2 only."""
    a, s, d = sym.a, sym.s, sym.d
    derivation = SUPPLEMENTS["fm.expansion.second-order.leaky-relu"]()
    true = (2 - s) * (5 - 2 * a**2 + 5 * a**4) / (2 * (1 + a**2) ** 3)
    published = (2 - s) * ((5 * s - 24) * a**2 + 10) / (2 * (s + 2) * a**2 + 4)
    leading = 2 / ((1 + a**2) * d)
    assert sp.simplify(derivation.conclusion - leading - true / d**2) == 0
    assert sp.expand(sp.series(true - published, a, 0, 3).removeO()) == 0
    last = derivation.steps[-1]
    wrong = replace(last, result=leading + published / d**2)
    assert last.verify().verdict.passed
    assert not wrong.verify().verdict.passed


def test_monotone_bounds_the_variance_of_a_higher_order():
    conclusion = DERIVATIONS["fm.monotone"]().conclusion
    at = {sym.a: A, sym.d: 3}
    orders = [sp.Rational(j, 4) for j in range(1, 12)]
    values = [enclose(conclusion, {**at, sym.s: order}) for order in orders]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))
