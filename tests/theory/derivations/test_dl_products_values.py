"""The conclusions on products of Gaussian matrices have the right values.

The references know nothing of the derivations: quadrature against densities, exact moments of normal variables by
expanding the trace, balls over a compact range, integration of the flow of the weights.
"""

import math
from fractions import Fraction

import mpmath as mp
import pytest
import sympy as sp
from flint import arb

from theory.derivations import (
    deep_linear_products,
    deep_linear_products_alignment,
    deep_linear_products_chi,
    deep_linear_products_modes,
    deep_linear_products_moments,
    deep_linear_products_plateau,
    deep_linear_products_scalar,
)
from theory.derivations.arb import enclose
from theory.derivations.formal_flows import InitialValue
from theory.derivations.symbols import p
from theory.derivations.symbols_deep_linear import L, a, d, d_y, m, q, rho, s0, tau, y

mp.mp.dps = 30
TOLERANCE = mp.mpf(10) ** -20


def value(expr, values):
    ball = enclose(expr, values, bits=160)
    assert ball.is_finite()
    assert ball.rad() < abs(ball.mid()) * 2**-60 + 2**-60
    return mp.mpf(ball.str(30, radius=False))


def over_chi_square(function, degrees):
    """E function(Z), degrees Z ~ chi^2, by quadrature against the density in x = sqrt(degrees Z)."""

    def integrand(x):
        weight = x ** (degrees - 1) * mp.exp(-(x**2) / 2)
        return function(x**2 / degrees) * weight

    scale = 2 ** (mp.mpf(degrees) / 2 - 1) * mp.gamma(mp.mpf(degrees) / 2)
    return mp.quad(integrand, [0, 0.5, 1, 2, 4, 8, 20]) / scale


@pytest.mark.parametrize(("order", "degrees"), [(Fraction(1, 2), 1), (Fraction(5, 2), 3), (2, 7)])
def test_moments_of_a_mean_square(order, degrees):
    expected = over_chi_square(lambda z: z ** mp.mpf(float(order)), degrees)
    conclusion = deep_linear_products_chi.chi_moment().conclusion
    assert mp.almosteq(value(conclusion, {q: order, d: degrees}), expected, 1e-18)


def test_mean_root_is_exact_and_below_its_bound():
    exact = deep_linear_products_chi.SUPPLEMENTS["dl.root-chi-mean.exact"]().conclusion
    bound = deep_linear_products_chi.root_chi_mean().conclusion
    assert mp.almosteq(value(exact, {d: 3}), over_chi_square(mp.sqrt, 3), 1e-18)
    for degrees in range(1, 60):
        assert value(exact, {d: degrees}) < value(bound, {d: degrees})


def log_ratio(x):
    return (x + arb(1) / 2).lgamma() - x.lgamma()


def test_gamma_inequality_by_balls_on_a_compact_range():
    # Both sides increase (digamma does), so the ratio at the right end of a piece bounds it there.
    bound = deep_linear_products_chi.gamma_inequality().conclusion
    for k in range(8, 640):
        left = enclose(bound, {a: Fraction(k, 16)})
        assert log_ratio(arb(k + 1) / 16) < left.log()


@pytest.mark.parametrize("argument", ["0.5", "0.51", "1", "7.3", "1e3", "1e8"])
def test_gamma_ratio_lies_between_its_bounds(argument):
    x = mp.mpf(argument)
    ratio = mp.gammaprod([x + 0.5], [x])
    upper = deep_linear_products_chi.gamma_inequality().conclusion
    lower = deep_linear_products_chi.gamma_inequality_lower().conclusion
    values = {a: sp.Rational(argument)}
    assert 1 / value(lower, values) < ratio < value(upper, values)


@pytest.mark.parametrize(("width", "depth", "outputs"), [(1, 1, 2), (3, 4, 2), (2, 7, 5)])
def test_mean_and_variance_of_the_log_norm(width, depth, outputs):
    def logarithm(z):
        return mp.log(z) / 2

    layers = [width] * (depth - 1) + [outputs]
    means = {n: over_chi_square(logarithm, n) for n in set(layers)}
    squares = {n: over_chi_square(lambda z: logarithm(z) ** 2, n) for n in set(layers)}
    values = {m: width, L: depth, d_y: outputs}
    mean = value(deep_linear_products.log_norm_mean().conclusion, values)
    variance = value(deep_linear_products.log_norm_variance().conclusion, values)
    assert mp.almosteq(mean, sum(means[n] for n in layers), 1e-9)
    assert mp.almosteq(variance, sum(squares[n] - means[n] ** 2 for n in layers), 1e-9)


def test_the_mean_square_of_the_norm_is_one():
    conclusion = deep_linear_products.norm_moment().conclusion
    for width, depth, outputs in ((1, 1, 1), (3, 5, 2), (10, 40, 4)):
        found = value(conclusion, {p: 1, m: width, L: depth, d_y: outputs})
        assert mp.almosteq(found, 1, TOLERANCE)


def test_fourth_moment_of_the_norm():
    # E Z^2 = 1 + 2/n, from the kurtosis of a normal variable.
    conclusion = deep_linear_products.norm_moment().conclusion
    found = value(conclusion, {p: 2, m: 3, L: 5, d_y: 2})
    assert mp.almosteq(found, mp.mpf(5) ** 4 / 3**4 * 2, TOLERANCE)


def exact_mean(polynomial):
    """E of a polynomial in independent N(0, 1) variables: E z^k = (k - 1)!! for even k, else 0."""
    total = 0
    for powers, coefficient in polynomial.terms():
        if not any(k % 2 for k in powers):
            total += coefficient * math.prod(math.prod(range(1, k, 2)) for k in powers)
    return total


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (1, 5), (2, 1), (2, 2), (3, 1)])
def test_spectral_moments_by_expanding_the_trace(width, depth):
    symbols = sp.symbols(f"x:{depth * width**2}")
    factors = [
        sp.Matrix(width, width, symbols[k * width**2 : (k + 1) * width**2]) for k in range(depth)
    ]
    whole = sp.eye(width)
    for factor in factors:
        whole = factor * whole
    square = whole * whole.T
    for power, build in (
        (1, deep_linear_products_moments.first_moment),
        (2, deep_linear_products_moments.second_moment),
    ):
        mean = exact_mean(sp.Poly((square**power).trace(), *symbols))
        expected = sp.Rational(mean, width ** (depth * power + 1))
        assert sp.sympify(build().conclusion).subs({m: width, L: depth}) == expected


def test_spectral_moment_at_width_one_is_the_fourth_moment_of_a_product():
    conclusion = deep_linear_products_moments.second_moment().conclusion
    assert [value(conclusion, {m: 1, L: depth}) for depth in (1, 2, 5)] == [3, 9, 243]


def test_second_spectral_moment_of_the_page():
    found = value(deep_linear_products_moments.second_moment().conclusion, {m: 6, L: 5})
    assert mp.nstr(found, 9) == "10.5675154"


@pytest.mark.parametrize(("width", "depth"), [(4, 6), (7, 3), (50, 40)])
def test_second_spectral_moment_by_the_recursion_of_the_page(width, depth):
    squared_trace, trace_of_square = width**2, width
    for _ in range(depth):
        squared_trace, trace_of_square = (
            width**2 * squared_trace + 2 * width * trace_of_square,
            width * squared_trace + width * (width + 1) * trace_of_square,
        )
    expected = mp.mpf(trace_of_square) / width ** (2 * depth + 1)
    found = value(deep_linear_products_moments.second_moment().conclusion, {m: width, L: depth})
    assert mp.almosteq(found, expected, TOLERANCE)


def over_weight(function):
    density = mp.sqrt(2 / mp.pi)
    return density * mp.quad(lambda x: function(x) * mp.exp(-(x**2) / 2), [0, 0.01, 1, 4, 14])


def test_law_of_a_scalar_product():
    conclusion = deep_linear_products_scalar.scalar_law().conclusion
    one = over_weight(lambda x: x ** mp.mpf(1.5))
    assert mp.almosteq(value(conclusion, {q: 1.5, L: 4}), one**4, 1e-12)
    # The product of two has the density K_0(|x|)/pi.
    two = mp.quad(lambda x: x * mp.besselk(0, x), [0, 0.1, 1, 5, 60]) * 2 / mp.pi
    assert mp.almosteq(value(conclusion, {q: 1, L: 2}), two, 1e-9)


def test_logarithm_of_a_scalar_product():
    mean, square = over_weight(mp.log), over_weight(lambda x: mp.log(x) ** 2)
    found = deep_linear_products_scalar.log_mean().conclusion
    spread = deep_linear_products_scalar.log_variance().conclusion
    assert mp.almosteq(value(found, {L: 3}), 3 * mean, 1e-6)
    assert mp.almosteq(value(spread, {L: 3}), 3 * (square - mean**2), 1e-6)


def test_width_one_is_the_scalar_product():
    values = {m: 1, d_y: 1, L: 9}
    ours = value(deep_linear_products.log_norm_mean().conclusion, values)
    assert mp.almosteq(
        ours, value(deep_linear_products_scalar.log_mean().conclusion, values), 1e-20
    )


@pytest.mark.parametrize(("width", "depth", "outputs"), [(1, 1, 1), (2, 30, 3), (20, 200, 10)])
def test_mean_norm_is_below_its_bounds(width, depth, outputs):
    def root_mean(n):
        return mp.sqrt(mp.mpf(2) / n) * mp.gammaprod([mp.mpf(n + 1) / 2], [mp.mpf(n) / 2])

    values = {m: width, L: depth, d_y: outputs}
    exact = root_mean(width) ** (depth - 1) * root_mean(outputs)
    bounds = [
        value(build().conclusion, values)
        for build in (deep_linear_products_plateau.mean_norm, deep_linear_products_plateau.plateau)
    ]
    assert exact < bounds[0] < bounds[1]


INPUTS, TARGETS, ALPHA = (
    (mp.mpf("0.9"), mp.mpf("-0.4")),
    (mp.mpf("1.3"), mp.mpf("0.2")),
    mp.mpf("0.7"),
)


def weights_at(depth, start, time):
    """Integrate the gradient flow of (1/2) sum_n (alpha w_1 ... w_L x_n - t_n)^2."""

    def slope(_time, weights):
        errors = [ALPHA * mp.fprod(weights) * x - t for x, t in zip(INPUTS, TARGETS, strict=True)]
        common = sum(e * x for e, x in zip(errors, INPUTS, strict=True)) * ALPHA
        return [
            -common * mp.fprod(w for k, w in enumerate(weights) if k != place)
            for place in range(depth)
        ]

    first = (start / ALPHA) ** (mp.mpf(1) / depth)
    return mp.odefun(slope, 0, [first] * depth)(time)


def constants(depth):
    eigenvalue = sum(x * x for x in INPUTS)
    goal = sum(x * t for x, t in zip(INPUTS, TARGETS, strict=True)) / eigenvalue
    return eigenvalue * ALPHA ** (mp.mpf(2) / depth), goal


@pytest.mark.parametrize(("depth", "name"), [(1, "dl.modes.depth-one"), (2, "dl.modes")])
@pytest.mark.parametrize("time", [0.0, 0.7, 3.0])
def test_strength_of_a_mode_by_integration(depth, name, time):
    module = deep_linear_products_modes
    conclusion = {**module.DERIVATIONS, **module.SUPPLEMENTS}[name]().conclusion
    with mp.workdps(18):
        start = mp.mpf("0.05")
        speed, goal = constants(depth)
        expected = ALPHA * mp.fprod(weights_at(depth, start, time) if time else [start / ALPHA])
        numbers = {s0: start, y: goal, rho: speed, tau: mp.mpf(time)}
        found = sp.lambdify(list(numbers), conclusion, "mpmath")(*numbers.values())
        assert mp.almosteq(found, expected, 1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_rate_of_a_mode_at_any_depth(depth):
    conclusion = deep_linear_products_modes.mode_rate().conclusion
    assert isinstance(conclusion, InitialValue)
    (strength,) = conclusion.args[0].variables
    start = mp.mpf("0.3")
    speed, goal = constants(depth)
    step = mp.mpf("1e-8")
    weight = (start / ALPHA) ** (mp.mpf(1) / depth)

    def strength_of(weights):
        return ALPHA * mp.fprod(weights)

    def loss(weights):
        pairs = zip(INPUTS, TARGETS, strict=True)
        return sum((strength_of(weights) * x - t) ** 2 for x, t in pairs) / 2

    def partial(function, place):
        moved = [
            [weight + (sign * step if k == place else 0) for k in range(depth)] for sign in (1, -1)
        ]
        return (function(moved[0]) - function(moved[1])) / (2 * step)

    expected = -sum(partial(strength_of, k) * partial(loss, k) for k in range(depth))
    numbers = {strength: start, y: goal, rho: speed, L: depth}
    found = sp.lambdify(list(numbers), conclusion.args[0].expr, "mpmath")(*numbers.values())
    assert mp.almosteq(found, expected, 1e-12)


def test_slope_at_diagonal_weights_by_differences():
    conclusion = deep_linear_products_alignment.alignment().conclusion
    scale, step = mp.mpf("0.6"), mp.mpf("1e-10")
    after, before, goal, diagonal = (
        [mp.mpf(x) for x in row] for row in ((2, -1, 3), ("0.5", 4, 1), (1, 2, -3), (3, "0.2", 5))
    )

    def loss(place, move):
        weights = mp.diag(diagonal)
        weights[place] += move
        errors = scale * mp.diag(after) * weights * mp.diag(before) - mp.diag(goal)
        return sum(x**2 for x in errors) / 2

    names = {str(x): x for x in conclusion.free_symbols if x.is_Symbol}
    bases = {str(x): x for x in conclusion.atoms(sp.IndexedBase)}
    for u in range(3):
        for v in range(3):
            entries = {
                bases["b"][names["u"]]: after[u],
                bases["a"][names["v"]]: before[v],
                bases["c"][names["u"]]: goal[u],
                bases["w"][names["u"]]: diagonal[u],
                sp.KroneckerDelta(names["u"], names["v"]): int(u == v),
                names["alpha"]: scale,
            }
            expected = (loss((u, v), step) - loss((u, v), -step)) / (2 * step)
            assert abs(conclusion.subs(entries) - expected) < mp.mpf("1e-12")
