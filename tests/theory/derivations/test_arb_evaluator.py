"""The ball-arithmetic evaluator against mpmath: it must contain the value, and be narrow."""

from fractions import Fraction

import mpmath as mp
import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from theory.derivations.arb import NotEvaluableError, enclose
from theory.derivations.rays import range_on_ray

X, Y = sp.Symbol("x", positive=True), sp.Symbol("y", positive=True)
T = sp.Symbol("t", positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)
HALF = sp.Rational(1, 2)

ELEMENTARY = {
    "sum of powers": (
        X**3 - 2 * X + sp.sqrt(X) + X ** sp.Rational(-1, 2),
        lambda x: x**3 - 2 * x + x**0.5 + x**-0.5,
    ),
    "real power": (X**sp.pi, lambda x: x**mp.pi),
    "exp log": (sp.exp(-X) * sp.log(1 + X), lambda x: mp.exp(-x) * mp.log(1 + x)),
    "gamma": (sp.gamma(X + HALF) / sp.gamma(X), lambda x: mp.gamma(x + 0.5) / mp.gamma(x)),
    "loggamma": (sp.loggamma(X), mp.loggamma),
    "factorial": (sp.factorial(X), mp.factorial),
    "asinh": (sp.asinh(X), mp.asinh),
    "erf": (sp.erf(X) + sp.erfc(2 * X), lambda x: mp.erf(x) + mp.erfc(2 * x)),
    "trigonometric": (sp.sin(X) * sp.cos(X), lambda x: mp.sin(x) * mp.cos(x)),
    "abs": (sp.Abs(X - 1), lambda x: abs(x - 1)),
    "maximum": (sp.Max(X, 2, 1 / X), lambda x: max(x, 2, 1 / x)),
    "integral over a kink": (
        sp.Integral(sp.Max(T, 1), (T, 0, X)),
        lambda x: x if x < 1 else (x**2 + 1) / 2,
    ),
    "binomial": (sp.binomial(X + 3, 2), lambda x: mp.binomial(x + 3, 2)),
    "2F1": (
        sp.hyper((-HALF, X), (X + 2,), sp.Rational(3, 4)),
        lambda x: mp.hyp2f1(-0.5, x, x + 2, 0.75),
    ),
    "1F0": (sp.hyper((-HALF,), (), X / 9), lambda x: (1 - x / 9) ** 0.5),
    "constants": (sp.pi * X + sp.E + sp.Float(0.5), lambda x: mp.pi * x + mp.e + 0.5),
    "finite sum": (
        sp.Sum(X**N / sp.factorial(N), (N, 0, 5)),
        lambda x: sum(x**n / mp.factorial(n) for n in range(6)),
    ),
    "empty sum": (sp.Sum(X, (N, 1, 0)) + X, lambda x: x),
    "finite integral": (
        sp.Integral(sp.sqrt(T), (T, 1, 1 + X)),
        lambda x: ((1 + x) ** 1.5 - 1) * mp.mpf(2) / 3,
    ),
}


def assert_close_and_narrow(ball, value, digits=15):
    with mp.workdps(40):
        low, high = (mp.mpf(end.str(40, radius=False)) for end in (ball.lower(), ball.upper()))
        tolerance = mp.mpf(10) ** -digits * (1 + abs(value))
        assert low - tolerance <= value <= high + tolerance
        assert high - low < tolerance


@pytest.mark.parametrize("name", ELEMENTARY)
@pytest.mark.parametrize("point", [sp.Rational(1, 3), sp.Rational(7, 2)])
def test_closed_forms(name, point):
    expr, oracle = ELEMENTARY[name]
    with mp.workdps(40):
        value = oracle(mp.mpf(int(point.p)) / int(point.q))
    assert_close_and_narrow(enclose(expr, {X: point}), value)


@pytest.mark.parametrize("power", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("width", [1, 6])
def test_mellin_integral_has_its_closed_form(power, width):
    integral = sp.Integral((1 - (1 + 2 * T) ** (-Y / 2)) * T ** (-X - 1), (T, 0, sp.oo))
    with mp.workdps(40):
        p = mp.mpf(power)
        value = (
            2**p
            * mp.gamma(width / mp.mpf(2) + p)
            / mp.gamma(width / mp.mpf(2))
            * mp.gamma(1 - p)
            / p
        )
    assert_close_and_narrow(enclose(integral, {X: power, Y: width}), value, digits=12)


def test_half_line_integral_with_asinh():
    psi = (sp.asinh(X * sp.sqrt(2 * T)) - sp.asinh(Y * sp.sqrt(2 * T))) / ((X - Y) * sp.sqrt(2 * T))
    ball = enclose(sp.Integral((1 - psi) * T ** sp.Rational(-3, 2), (T, 0, sp.oo)), {X: 2, Y: 1})
    # E of the integral of (1 - (1+2 a^2 t)^(-1/2)) t^(-3/2) = c E|a|, a ~ U[1, 2]; c from the chi moment
    with mp.workdps(30):
        value = mp.sqrt(2) * mp.gamma(1) / mp.gamma(0.5) * mp.gamma(0.5) / 0.5 * 1.5
    assert_close_and_narrow(ball, value, digits=12)


@pytest.mark.parametrize(
    "integrand",
    [
        1 / T,  # not integrable at 0
        T ** sp.Rational(-3, 2),  # not integrable at 0
        (1 - 1 / (1 + T)) / sp.sqrt(T),  # not integrable at infinity
    ],
)
def test_divergent_integrals_are_not_enclosed(integrand):
    assert not enclose(sp.Integral(integrand, (T, 0, sp.oo)), {}).is_finite()


@pytest.mark.parametrize(
    "expr",
    [
        sp.Function("f")(X),
        sp.Integral(sp.exp(-(T**2)), (T, -sp.oo, sp.oo)),
        sp.hyper((X, X, X), (X,), HALF),
        sp.Sum(X, (N, 0, 10**6)),
        sp.Sum(X, (N, 0, X)),
        Y,
    ],
)
def test_what_has_no_evaluator_is_refused(expr):
    with pytest.raises(NotEvaluableError):
        enclose(expr, {X: HALF})


def test_a_string_is_no_value():
    with pytest.raises(NotEvaluableError, match="must be a number or a ball"):
        enclose(X, {X: "1"})


@given(
    st.fractions(min_value=0, max_value=5, max_denominator=64),
    st.fractions(min_value=0, max_value=1, max_denominator=64),
)
def test_a_ball_contains_the_values_at_its_points(centre, offset):
    expr = sp.exp(-X) * sp.asinh(X) + sp.gamma(1 + X)
    box = arb(fmpq(centre.numerator, centre.denominator), 1)
    inside = centre + offset if centre < offset else centre - offset
    assert enclose(expr, {X: box + 1}).contains(enclose(expr, {X: inside + 1}))


def test_the_maximum_of_overlapping_balls_holds_both():
    box = enclose(sp.Max(X, Y), {X: arb(1, 0.5), Y: arb(1.25, 0.5)})
    assert box.contains(arb(1.75))
    assert box.contains(arb(0.75))
    assert not box.contains(arb(2))


@pytest.mark.parametrize("argument", ["10", "1e3", "1e30"])
def test_range_on_a_ray_contains_the_values_on_it(argument):
    expr = 1 - (sp.hyper((HALF, HALF), (3 * HALF,), -3 * T) / 2 - 1 / sp.sqrt(1 + 2 * T)) ** 3
    low, high = range_on_ray(expr, T, arb(10), {})
    value = enclose(expr, {T: arb(argument)})
    assert low <= value <= high


C, WIDTHS = sp.IndexedBase("c", positive=True), sp.IndexedBase("n", integer=True, positive=True)
I, K = sp.symbols("i K", integer=True, positive=True)  # noqa: E741
EIGENVALUES = (2, Fraction(1, 3), 0.75, 5)

ARRAYS = {
    "sum of entries": (sp.Sum(C[I], (I, 1, K)), lambda c: sum(c)),
    "sum of logarithms": (
        sp.Sum(C[I] * X - sp.log(C[I] * X), (I, 1, K)),
        lambda c: sum(x * 0.5 - mp.log(x * 0.5) for x in c),
    ),
    "product of entries": (
        sp.Product(2 * C[I] ** I, (I, 1, K)),
        lambda c: 16 * c[0] * c[1] ** 2 * c[2] ** 3 * c[3] ** 4,
    ),
    "empty product": (sp.Product(C[I], (I, 1, K - 4)), lambda c: 1),
    "ratio of means": (
        sp.Sum(C[I], (I, 1, K)) / K / sp.Product(C[I], (I, 1, K)) ** (1 / K),
        lambda c: sum(c) / 4 / (c[0] * c[1] * c[2] * c[3]) ** mp.mpf("0.25"),
    ),
    "one entry, shifted index": (C[K - 1] - C[1], lambda c: c[2] - c[0]),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("kind", [tuple, list, lambda x: dict(enumerate(x, start=1))])
def test_sums_and_products_over_arrays(name, kind):
    expr, oracle = ARRAYS[name]
    with mp.workdps(40):
        value = mp.mpf(oracle([mp.mpf(2), mp.mpf(1) / 3, mp.mpf(0.75), mp.mpf(5)]))
    values = {C: kind(EIGENVALUES), K: 4, X: Fraction(1, 2)}
    assert_close_and_narrow(enclose(expr, values), value)


def test_an_array_may_start_at_index_0():
    gain = sp.Product(WIDTHS[I] / WIDTHS[I - 1], (I, 1, K)) * WIDTHS[0]
    assert enclose(gain, {WIDTHS: {0: 3, 1: 7, 2: 5}, K: 2}).unique_fmpz() == 5


def test_entries_may_be_balls():
    box = arb(2, 0.5)
    wide = enclose(sp.Sum(C[I] ** 2, (I, 1, 2)), {C: (box, 1)})
    assert all(wide.contains(x * x + 1) for x in (1.5, 2.0, 2.5))
    assert not wide.contains(7.5)


@pytest.mark.parametrize(
    ("expr", "values"),
    [
        (C[1], {}),
        (C[1], {sp.Symbol("c", positive=True): 2, C[1]: 2}),  # the entry by itself is no array
        (sp.Sum(C[I], (I, 1, 3)), {C[I]: 2, I: 1}),
        (sp.Sum(C[I], (I, 1, 3)), {C: (1, 2)}),
        (C[0], {C: (1, 2)}),  # a tuple is numbered from 1
        (C[X], {C: (1, 2), X: Fraction(3, 2)}),
        (C[X], {C: (1, 2), X: arb(1, 0.1)}),
        (C[1, 1], {C: (1, 2)}),
        (C[1], {C: ((1, 2), 3)}),
        (C[1], {C: 2}),
        (sp.Product(X, (N, 0, 10**6)), {X: 1}),
        (sp.Product(X, (N, 0, X)), {X: HALF}),
        (sp.Product(X, (N, 0, 2), (I, 1, 2)), {X: 1}),
    ],
)
def test_arrays_without_a_value_are_refused(expr, values):
    with pytest.raises(NotEvaluableError):
        enclose(expr, values)
