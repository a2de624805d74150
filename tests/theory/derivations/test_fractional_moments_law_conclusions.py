"""Conclusions on the law of the norm and on tails, against quadrature by mpmath at 25 digits."""

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import symbols as sym
from theory.derivations.arb import enclose, enclose_complex
from theory.derivations.formal_tails import ImaginaryPart
from theory.derivations.fractional_moments import DERIVATIONS, SUPPLEMENTS

ALL = {**DERIVATIONS, **SUPPLEMENTS}
W, A, D = sp.Rational(7, 5), sp.Rational(3, 10), 2
SIGMA2, SIGMA_B2 = sp.Rational(2, 3), sp.Rational(5, 4)


def number(x):
    return mp.mpf(int(x.p)) / int(x.q)


def planar(slope, order):
    """E[Q^order; Q > 0] at width 2 in polar coordinates."""

    def angular(angle):
        squares = [z * z * (1 if z > 0 else slope**2) for z in (mp.cos(angle), mp.sin(angle))]
        total = sum(squares)
        return mp.power(total, order) if total > 0 else mp.mpf(0)

    edges = [j * mp.pi / 2 for j in range(4)] if slope == 0 else [j * mp.pi / 2 for j in range(5)]
    if slope == 0:  # the third quadrant is the atom
        edges = [-mp.pi / 2, 0, mp.pi / 2, mp.pi]
    return 2**order * mp.gamma(1 + order) * mp.quad(angular, edges) / (2 * mp.pi)


def mellin(expr, values):
    """Evaluate a conclusion that is a factor times one integral over t, by quadrature."""
    (integral,) = expr.atoms(sp.Integral)
    scale = sp.lambdify((), (expr / integral).subs(values), "mpmath")()
    integrand = sp.lambdify(sym.t, integral.function.subs(values), "mpmath")
    return scale * mp.quad(lambda y: integrand(mp.e**y) * mp.e**y, [-60, -20, -5, 0, 5, 20, 60])


@pytest.mark.parametrize(("name", "slope"), [("linear", 1), ("relu", 0), ("leaky-relu", A)])
def test_characteristic_function_at_width_two(name, slope):
    conclusion = ALL[f"fm.norm-law.characteristic.{name}"]().conclusion
    with mp.workdps(25):
        oracle = planar(number(sp.Rational(slope)), 1j * number(W))
        values = {sym.w: W, sym.a: A, sym.d: D}
        if conclusion.has(sp.Integral):
            value = mellin(conclusion, values)
        else:
            ball = enclose_complex(conclusion, values)
            value = mp.mpc(*(mp.mpf(x.str(30, radius=False)) for x in (ball.real, ball.imag)))
        assert abs(value - oracle) < mp.mpf(10) ** -15


@pytest.mark.parametrize("point", [-1.0, 0.0, 0.4])
def test_cdf_of_one_linear_layer_of_width_two_is_that_of_rayleigh(point):
    conclusion = ALL["fm.norm-law.cdf.linear"]().conclusion
    values = {sym.sigma2: SIGMA2, sym.d: D, sym.depth: 1, sym.x: sp.Float(point, 20)}
    (integral,) = conclusion.atoms(sp.Integral)
    wave = sp.lambdify(
        sym.w, integral.function.replace(ImaginaryPart, sp.im).subs(values), "mpmath"
    )
    with mp.workdps(20):
        area = mp.quad(wave, [mp.mpf(10) ** -12, 2, 5, 10, 20, 40])
        value = mp.mpf(1) / 2 - area / mp.pi
        oracle = 1 - mp.exp(-mp.exp(2 * mp.mpf(point)) / (2 * number(SIGMA2)))
        assert abs(value - oracle) < mp.mpf(10) ** -9


def test_moment_at_depth_is_a_power():
    conclusion = ALL["fm.norm-law.moment"]().conclusion
    s = sp.Rational(4, 5)
    values = {sym.s: s, sym.a: A, sym.d: D, sym.sigma2: SIGMA2, sym.depth: 3}
    with mp.workdps(25):
        one = number(SIGMA2) ** (number(s) / 2) * planar(number(A), number(s) / 2)
        assert float(enclose(conclusion, values)) == pytest.approx(float(one**3), rel=1e-13)


def log_moment(order, scale, width):
    """E[A^order log A] of A = scale times chi-square of `width`."""

    def density(x):
        return (
            x ** (mp.mpf(width) / 2 - 1)
            * mp.exp(-x / 2)
            / 2 ** (mp.mpf(width) / 2)
            / mp.gamma(mp.mpf(width) / 2)
        )

    return mp.quad(
        lambda x: (scale * x) ** order * mp.log(scale * x) * density(x), [0, 1, 5, 20, 80, 250]
    )


def relu_log_moment(order, scale, width):
    weights = [mp.binomial(width, n) / mp.mpf(2) ** width for n in range(1, width + 1)]
    return sum(c * log_moment(order, scale, n) for n, c in enumerate(weights, start=1))


LOG_MOMENTS = {"": relu_log_moment, ".linear": log_moment}


@pytest.mark.parametrize(("suffix", "mean"), [("", mp.mpf(5) / 2), (".linear", mp.mpf(5))])
def test_tail_constant_at_index_two(suffix, mean):
    conclusion = ALL[f"fm.tail-constant.two{suffix}"]().conclusion
    value = float(enclose(conclusion, {sym.d: 5, sym.sigma_b2: SIGMA_B2}))
    with mp.workdps(20):
        shift = number(SIGMA_B2) * mean
        oracle = shift / LOG_MOMENTS[suffix](1, 1 / mean, 5)
        assert value == pytest.approx(float(oracle), rel=1e-10)


@pytest.mark.parametrize(
    ("suffix", "mean", "second"), [("", mp.mpf(5) / 2, 12.5), (".linear", mp.mpf(5), 35)]
)
def test_tail_constant_at_index_four(suffix, mean, second):
    conclusion = ALL[f"fm.tail-constant.four{suffix}"]().conclusion
    value = float(enclose(conclusion, {sym.d: 5, sym.sigma_b2: SIGMA_B2}))
    with mp.workdps(20):
        scale = 1 / mp.sqrt(second)
        shift = number(SIGMA_B2) / scale
        stationary = number(SIGMA_B2) * mean / (1 - scale * mean)
        gap = 2 * shift * stationary + shift**2
        oracle = gap / (2 * LOG_MOMENTS[suffix](2, scale, 5))
        assert value == pytest.approx(float(oracle), rel=1e-10)


def test_stationary_moments_are_the_limits_of_the_recursion():
    m1, v, d, scale, bias = 0.5, 1.25, 3, 0.2, 1.25
    q1, q2 = d * m1, d * v + (d * m1) ** 2
    first = second = 0.0
    for _ in range(2000):
        second = (scale**2 * second + 2 * scale * bias * first + bias**2) * q2
        first = (scale * first + bias) * q1
    values = {sym.m1: m1, sym.v: v, sym.d: d, sym.sigma2: scale, sym.sigma_b2: bias}
    for name, oracle in (("first", first), ("second", second)):
        conclusion = ALL[f"fm.stationary-moment.{name}"]().conclusion
        assert float(enclose(conclusion, values)) == pytest.approx(oracle, rel=1e-12)


def test_rate_of_the_central_limit():
    with mp.workdps(30):

        def generating(theta):
            return mp.loggamma(mp.mpf(5) / 2 + theta / 2) + theta / 2 * mp.log(2)

        spread, skew = (mp.diff(generating, 0, order) for order in (2, 3))
        oracle = abs(skew) / (6 * mp.sqrt(2 * mp.pi) * spread ** mp.mpf("1.5"))
    value = enclose(ALL["fm.clt-rate"]().conclusion, {sym.d: 5})
    assert float(value) == pytest.approx(float(oracle), rel=1e-12)


def test_a_layer_with_biases_has_the_transform_of_one_scaled():
    values = {sym.t: 1.4, sym.a: A, sym.rho: 0.7, sym.d_out: 3}
    scale = 0.7**2 * float(SIGMA2) + float(SIGMA_B2)
    with mp.workdps(20):
        one = mp.quad(
            lambda z: mp.exp(-1.4 * scale * z * z * (1 if z > 0 else 0.09) - z * z / 2),
            [-12, -3, 0, 3, 12],
        ) / mp.sqrt(2 * mp.pi)
    ball = enclose(
        ALL["fm.kesten"]().conclusion, {**values, sym.sigma2: SIGMA2, sym.sigma_b2: SIGMA_B2}
    )
    assert float(ball) == pytest.approx(float(one**3), rel=1e-12)
