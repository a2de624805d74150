"""Stationary covariances and the relaxation towards them against their definitions, by mpmath at 25 digits.

Covariances are integrals and sums over the past, relaxation a quadrature with moments from a Taylor solver.
"""

import mpmath as mp
import pytest
import sympy as sp

from theory.derivations import symbols_kl_bound as sym
from theory.derivations.arb import enclose
from theory.derivations.kl_bound_gaussian import DERIVATIONS, SUPPLEMENTS
from theory.derivations.kl_bound_gaussian_equipartition import NOISE
from theory.derivations.kl_bound_gaussian_relaxation import MEANS, RATE

#: error of the quadratures and sums below, at 25 digits
ERROR = mp.mpf(10) ** -18
#: that of integrals over the past up to time 90: exp(-0.8 90) is below it
PAST = mp.mpf(10) ** -14
CURVATURES = tuple(map(sp.Rational, ("0.4", "1.3", "2.2")))
START, TEMPERATURE = sp.Rational("0.7"), sp.Rational("0.45")
STEP, BATCH = sp.Rational("0.2"), 4
SYMBOLS = {name: getattr(sym, name) for name in sym.__all__} | {"noise": NOISE, "mu": MEANS}


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
    named = {SYMBOLS[key]: x for key, x in arguments.items()}
    return mp.mpf(enclose(expr, named).str(30, radius=False))


def rotation(angle):
    return mp.matrix([[mp.cos(angle), -mp.sin(angle)], [mp.sin(angle), mp.cos(angle)]])


#: Hessian with eigenvectors at an angle, noise that does not commute with it
TURN = 0.4
NOISE_MATRIX = (("1.5", "-0.6"), ("-0.6", "0.9"))
PAIR = CURVATURES[:2]


def problem():
    turn = rotation(mp.mpf(TURN))
    hessian = turn * mp.diag([number(a) for a in PAIR]) * turn.T
    noise = mp.matrix([[number(x) for x in row] for row in NOISE_MATRIX])
    return turn, hessian, noise


def as_rational(x):
    return sp.Rational(mp.nstr(x, 25))


def component(name):
    """The conclusion's value in the eigenbasis, for the entry of the noise there."""
    turn, _, noise = problem()
    entry = as_rational((turn.T * noise * turn)[0, 1])
    return value(name, Sigma=entry, alpha=STEP, B=BATCH, a1=PAIR[0], a2=PAIR[1])


def test_covariance_of_the_diffusion_is_the_integral_over_the_past():
    turn, hessian, noise = problem()
    scale = number(STEP) / BATCH

    def entry(time):
        flow = mp.expm(-hessian * time)
        return (turn.T * flow * noise * flow.T * turn)[0, 1]

    expected = scale * mp.quad(entry, [0, 2, 6, 15, 40, 90])
    assert mp.almosteq(component("kl.stationary-covariance"), expected, PAST)


def test_covariance_of_the_steps_is_the_sum_over_the_past():
    turn, hessian, noise = problem()
    step = mp.eye(2) - number(STEP) * hessian
    total, flow = mp.zeros(2), mp.eye(2)
    for _ in range(900):  # 0.92^1800 < 1e-60
        total += flow * noise * flow.T
        flow = flow * step
    expected = number(STEP) ** 2 / BATCH * (turn.T * total * turn)[0, 1]
    found = component("kl.stationary-covariance.discrete")
    assert mp.almosteq(found, expected, ERROR)


def test_rate_is_the_slope_of_the_quotient():
    def quotient(step):
        kept = [1 - step * number(a) for a in PAIR]
        discrete = step**2 / (1 - kept[0] * kept[1])
        return discrete / (step / sum(number(a) for a in PAIR))

    slope = value("kl.stationary-covariance.rate", a1=PAIR[0], a2=PAIR[1])
    for step in map(mp.mpf, ("1e-3", "1e-4")):
        assert abs((quotient(step) - 1) / step - slope) <= slope**2 * step * 2


def test_loss_of_the_diffusion_is_that_of_its_covariance():
    turn, hessian, noise = problem()
    scale = number(STEP) / BATCH

    def loss_rate(time):
        flow = mp.expm(-hessian * time)
        covariance = hessian * flow * noise * flow.T
        return (covariance[0, 0] + covariance[1, 1]) / 2

    expected = scale * mp.quad(loss_rate, [0, 2, 6, 15, 40, 90])
    rotated = turn.T * noise * turn
    diagonal = tuple(as_rational(rotated[j, j]) for j in range(2))
    found = value("kl.equipartition.anisotropic", alpha=STEP, B=BATCH, K=2, noise=diagonal)
    assert mp.almosteq(found, expected, PAST)


def divergence(mean, variance, other):
    """KL(N(mean, variance) || N(0, other)) by quadrature."""

    def integrand(x):
        square = (x - mean) ** 2 / (2 * variance)
        ratio = x**2 / (2 * other) - square + mp.log(other / variance) / 2
        return mp.exp(-square) / mp.sqrt(2 * mp.pi * variance) * ratio

    width = mp.sqrt(variance)
    return mp.quad(integrand, [mean + k * width for k in (-13, -6, -2, 0, 2, 6, 13)])


MEAN_VALUES = tuple(map(sp.Rational, ("0.5", "-1.2", "0.1")))


def moments_at(time, rate, mean):
    """Mean and variance at a time from their differential equations, by a Taylor solver."""
    noise = 2 * number(TEMPERATURE)

    def slope(_time, moments):
        return [-rate * moments[0], noise - 2 * rate * moments[1]]

    return mp.odefun(slope, 0, [mean, number(START)])(time)


@pytest.mark.parametrize("time", ["0.25", "1.5"])
def test_relaxation(time):
    expected = mp.mpf(0)
    for a, m in zip(CURVATURES, MEAN_VALUES, strict=True):
        rate = number(a)
        mean, variance = moments_at(number(time), rate, number(m))
        expected += divergence(mean, variance, number(TEMPERATURE) / rate)
    found = value(
        "kl.relaxation",
        A=CURVATURES,
        K=3,
        T=TEMPERATURE,
        s0=START,
        tau=sp.Rational(time),
        mu=MEAN_VALUES,
    )
    assert mp.almosteq(found, expected, ERROR)


@pytest.mark.parametrize(("means", "name"), [((0, 0), "rate"), ((1, 1), "rate.uncentred")])
def test_rates(means, name):
    """-log KL/tau between two late times; what is left is of the order of the next exponential."""
    pair, times = CURVATURES[:2], (20, 21)
    late = [
        value("kl.relaxation", A=pair, K=2, T=TEMPERATURE, s0=START, tau=t, mu=means) for t in times
    ]
    conclusion = SUPPLEMENTS[f"kl.relaxation.{name}"]().conclusion
    slower, faster = sorted(pair)
    stated = conclusion.subs({sym.a1: faster, sym.a2: slower, RATE: slower})
    # x = |rho| exp(-2 a tau) < 3e-7 for the slower direction
    assert abs(mp.log(late[0] / late[1]) - number(stated)) < 1e-6
