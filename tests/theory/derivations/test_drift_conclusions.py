"""Conclusions on drift and survival against their definitions: quadrature by mpmath, no code under test."""

import itertools

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import symbols as sym
from theory.derivations.fractional_moments_drift_results import DERIVATIONS, SUPPLEMENTS

ALL = {**DERIVATIONS, **SUPPLEMENTS}
A, L, U = sp.Rational(3, 10), sp.Rational(1, 8), sp.Rational(1, 3)
Q, G, S2 = sp.Rational(3, 4), sp.Rational(4, 3), sp.Rational(2, 5)
DIGITS = 25
TWO = {sym.d: 2}
#: t = e^x: beyond these ends the integrands are below 1e-25 at the widths used here
STEPS = [*range(-60, 121, 10)]


def number(x):
    return mp.mpf(int(x.p)) / int(x.q)


def over_half_line(function):
    """Integrate over t > 0 by t = e^x."""
    return mp.quad(lambda x: function(mp.exp(x)) * mp.exp(x), STEPS)


def evaluated(name, values):
    """Value of a conclusion at exact values: its integrals by quadrature, the rest by SymPy."""
    expr = ALL[name]().conclusion.subs(values)
    found = {
        x: sp.Float(over_half_line(sp.lambdify(x.limits[0][0], x.function, "mpmath")), DIGITS + 5)
        for x in expr.atoms(sp.Integral)
    }
    return mp.mpf(str(sp.N(expr.xreplace(found).doit(), DIGITS)))


def leaky(slope):
    return lambda z: z if z > 0 else slope * z


def relu(z):
    return max(z, mp.mpf(0))


def one_unit(phi):
    """E[(log phi(z)^2)^k; phi(z) != 0] for k = 0, 1, 2 by quadrature over z."""

    def term(z, k):
        size = phi(z) ** 2
        density = mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)
        return mp.log(size) ** k * density if size > 0 else mp.mpf(0)

    edges = [-14, -3, -mp.mpf(1) / 10, 0, mp.mpf(1) / 10, 3, 14]
    return [mp.quad(lambda z, k=k: term(z, k), edges) for k in range(3)]


def two_units(phi):
    """The same for phi(z1)^2 + phi(z2)^2 = r^2 h(angle), log r^2 by its known mean and variance."""
    first, variance = mp.log(2) + mp.digamma(1), mp.polygamma(1, 1)

    def term(angle, k):
        size = phi(mp.cos(angle)) ** 2 + phi(mp.sin(angle)) ** 2
        if size <= 0:
            return mp.mpf(0)
        mean = first + mp.log(size)
        return (mp.mpf(1), mean, mean**2 + variance)[k]

    # off the axes the size jumps to 0 for ReLU: quadrature stays inside the quadrants
    edges = [j * mp.pi / 2 for j in range(5)]
    return [mp.quad(lambda w, k=k: term(w, k), edges) / (2 * mp.pi) for k in range(3)]


def kept(phi):
    """Dropout at width 2 with gain: none, one or two units kept."""
    q, shift = number(Q), 2 * mp.log(number(G))
    one, two = one_unit(phi), two_units(phi)
    mixed = [2 * q * (1 - q) * x + q * q * y for x, y in zip(one, two, strict=True)]
    chance, first, second = mixed
    return [chance, first + shift * chance, second + 2 * shift * first + shift**2 * chance]


def slopes():
    """One unit with a random slope: log(a^2 z^2) is a sum of independent parts for z < 0."""
    low, high = number(L), number(U)
    whole = one_unit(lambda z: z)
    scale = [
        mp.quad(lambda a, k=k: (2 * mp.log(a)) ** k, [low, high]) / (high - low) for k in range(3)
    ]
    negative = [
        mp.mpf(1),
        whole[1] + scale[1],
        whole[2] + 2 * whole[1] * scale[1] + scale[2],
    ]
    return [(x + y) / 2 for x, y in zip(whole, negative, strict=True)]


CASES = {
    "linear": (TWO, lambda: two_units(lambda z: z)),
    "linear.integral": (TWO, lambda: two_units(lambda z: z)),
    "relu": (TWO, lambda: two_units(relu)),
    "relu.integral": (TWO, lambda: two_units(relu)),
    "leaky-relu": ({**TWO, sym.a: A}, lambda: two_units(leaky(number(A)))),
    "rrelu": ({sym.d: 1, sym.l: L, sym.u: U}, slopes),
    "dropout": ({**TWO, sym.a: A, sym.q: Q, sym.g: G}, lambda: kept(leaky(number(A)))),
    "dropout.relu": ({**TWO, sym.q: Q, sym.g: G}, lambda: kept(relu)),
}


@pytest.mark.parametrize("name", CASES)
def test_mean_and_variance_of_the_log_norm(name):
    values, oracle = CASES[name]
    with mp.workdps(DIGITS):
        chance, first, second = oracle()
        mean, variance = first / chance, second / chance - (first / chance) ** 2
        assert abs(evaluated(f"fm.log-norm-mean.{name}", values) - mean / 2) < 1e-14
        assert abs(evaluated(f"fm.log-norm-variance.{name}", values) - variance / 4) < 1e-14


@pytest.mark.parametrize("name", [x for x in CASES if not x.endswith(".integral")])
def test_drift_and_the_variance_without_it(name):
    values, _ = CASES[name]
    scale = {**values, sym.sigma2: S2}
    lyapunov = "fm.lyapunov" + ("" if name == "relu" else f".{name}")
    with mp.workdps(DIGITS):
        mean = evaluated(f"fm.log-norm-mean.{name}", values)
        root = evaluated(f"fm.zero-drift.{name}", values)
        assert abs(evaluated(lyapunov, scale) - mean - mp.log(number(S2)) / 2) < 1e-14
        assert abs(root - mp.exp(-2 * mean)) < 1e-14 * root


def relu_moment(width, power):
    """E Q^power for ReLU: binomial mixture of chi-square moments."""
    return sum(
        mp.binomial(width, n) * 2 ** (power - width) * mp.gamma(mp.mpf(n) / 2 + power)
        / mp.gamma(mp.mpf(n) / 2)
        for n in range(1, width + 1)
    )  # fmt: skip


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_variance_of_small_order_times_the_atom_tends_to_that_without_drift(width):
    with mp.workdps(40):
        s = mp.mpf(10) ** -12
        alive = 1 - mp.mpf(2) ** -width
        near = relu_moment(width, s / 2) ** (-2 / s) * alive ** (2 / s)
        limit = evaluated("fm.zero-drift.limit", {sym.d: width})
        # the relative error is s Var[log Q | Q > 0] / 4 to first order, and the variance is < 10
        assert abs(near / limit - 1) < 10 * s
        rate = s * mp.log(relu_moment(width, s / 2) ** (-2 / s))
        assert abs(rate - evaluated("fm.zero-drift.limit.divergence", {sym.d: width})) < 10 * s


@pytest.mark.parametrize(
    ("name", "values", "atom"),
    [
        ("fm.extinction", {}, sp.Rational(1, 8)),
        ("fm.extinction.linear", {}, 0),
        ("fm.extinction.leaky-relu", {}, 0),
        ("fm.extinction.rrelu", {}, 0),
        ("fm.extinction.dropout", {sym.q: Q}, sp.Rational(1, 64)),
        ("fm.extinction.dropout.relu", {sym.q: Q}, sp.Rational(125, 512)),
    ],
)
def test_extinction_is_the_chance_of_a_dead_layer(name, values, atom):
    """At width 3, by following the chance of being dead from layer to layer."""
    dead = sp.Integer(0)
    for depth in range(1, 6):
        dead = dead + (1 - dead) * atom
        assert ALL[name]().conclusion.subs({**values, sym.d: 3, sym.depth: depth}) == dead


def growth(width, order):
    return evaluated("fm.survivor-growth-order", {sym.d: width, sym.s: order})


@pytest.mark.parametrize(
    ("width", "order"),
    [(1, "1.372"), (2, ".888"), (3, ".631"), (4, ".468"), (5, ".356"), (6, ".273"), (10, ".096")],
)
def test_survivors_grow_below_the_known_border_only(width, order):
    border, half = sp.Rational(order), sp.Rational(1, 2000)
    assert growth(width, border - half) > 0 > growth(width, border + half)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_drift_given_survival_falls_and_keeps_below_its_bound(width):
    orders = [sp.Rational(j, 5) for j in range(1, 12)]
    drifts = [growth(width, order) for order in orders]
    assert all(later < earlier for earlier, later in itertools.pairwise(drifts))
    for order, drift in zip(orders, drifts, strict=True):
        bound = evaluated("fm.almost-sure-decay", {sym.d: width, sym.s: order})
        assert drift < bound
        assert abs(bound + mp.log(1 - mp.mpf(2) ** -width) / number(order)) < 1e-14


@pytest.mark.parametrize("name", ["linear", "leaky-relu", "rrelu"])
def test_without_an_atom_the_drift_is_negative(name):
    assert ALL[f"fm.almost-sure-decay.{name}"]().conclusion == 0


@pytest.mark.parametrize("name", ["linear", "relu", "leaky-relu"])
def test_expansion_without_drift_has_an_error_of_second_order(name):
    values = {sym.a: A} if name == "leaky-relu" else {}

    def error(width):
        at = {**values, sym.d: width}
        root = evaluated(f"fm.zero-drift.{name}", at)
        return evaluated(f"fm.sussillo-abbott.{name}", at) / mp.sqrt(root) - 1

    errors = [error(width) for width in (64, 128)]
    # halving 1/d divides the error by 4, up to a correction of relative order 1/d
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_published_approximations_are_approximations():
    d = sym.d
    linear, relu_form = (ALL[f"fm.sussillo-abbott.{x}"]().conclusion for x in ("linear", "relu"))
    assert sp.simplify(linear - sp.exp(1 / (2 * d)) / sp.sqrt(d)) == 0
    published = sp.sqrt(2 / d) * sp.exp(sp.Rational(6, 5) / (d - sp.Rational(12, 5)))
    first = sp.limit(d * sp.log(published / relu_form), d, sp.oo)
    assert first == sp.Rational(6, 5) - sp.Rational(5, 4)
