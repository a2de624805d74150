"""Conclusions of the forward and transient derivations against their definitions, by mpmath's quadrature."""

import math
from dataclasses import dataclass

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from theory.derivations.ensembles import DIVERGENCE, LOSS, S_0, evolved
from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import Partial
from theory.derivations.kl_bound_forward import (
    entropy_bound,
    forward_bound,
    free_energy,
    initial_entropy,
)
from theory.derivations.kl_bound_forward_moment import (
    closed_transient_bound,
    second_moment_bound,
    second_moment_rate,
)
from theory.derivations.kl_bound_forward_time import dissipation, transient_bound
from theory.derivations.kl_bound_forward_virial import (
    quadratic_loss,
    virial_condition,
    virial_variance,
)
from theory.derivations.symbols_kl_bound import E0, A, K, L, M, P_y, S_ss, T, s0, tau

DIGITS = 25
#: relative; the quadratures agree to more than this at 25 digits
NEAR = 1e-15
LINE = [-14, -6, -2, 0, 2, 6, 14]
TEMPERATURE = mp.mpf("0.3")


@pytest.fixture(autouse=True)
def _precision():
    with mp.workdps(DIGITS):
        yield


def value(expr, values):
    names = list(values)
    return sp.lambdify(names, expr, "mpmath")(*(values[x] for x in names))


def near(left, right, tolerance=NEAR):
    return abs(left - right) <= tolerance * max(1, abs(left), abs(right))


def over_line(function):
    return mp.quad(function, LINE)


def quartic(w):
    return w**4 / 4 - w**2 / 3 + w / 5


def normal(w, variance, mean=0):
    return mp.exp(-((w - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


def lopsided(w):
    return (
        normal(w, mp.mpf("0.4"), mp.mpf("0.8")) + 2 * normal(w, mp.mpf("0.2"), -mp.mpf("0.5"))
    ) / 3


@dataclass(frozen=True)
class Ends:
    """Means, entropies and divergence of a start from the Gibbs law of the quartic, K = 1."""

    stationary_loss: object
    values: dict


def ends(start):
    weight = over_line(lambda w: mp.exp(-quartic(w) / TEMPERATURE))

    def gibbs(w):
        return mp.exp(-quartic(w) / TEMPERATURE) / weight

    def entropy(density):
        return -over_line(lambda w: density(w) * mp.log(density(w)))

    values = {
        T: TEMPERATURE,
        K: 1,
        E0: over_line(lambda w: quartic(w) * start(w)),
        S_0: entropy(start),
        S_ss: entropy(gibbs),
        DIVERGENCE: over_line(lambda w: start(w) * mp.log(start(w) / gibbs(w))),
    }
    return Ends(over_line(lambda w: quartic(w) * gibbs(w)), values)


def test_free_energy_of_a_quartic_from_a_mixture():
    found = ends(lopsided)
    assert found.values[DIVERGENCE] > 0.1
    assert near(value(free_energy().conclusion, found.values), found.stationary_loss)


@pytest.mark.parametrize("variance", ["0.05", "0.6", "2.5"])
def test_forward_bound_exceeds_the_loss_by_the_temperature_times_the_divergence(variance):
    s = mp.mpf(variance)
    found = ends(lambda w: normal(w, s))
    bound = value(forward_bound().conclusion, {**found.values, s0: s})
    gap = TEMPERATURE * found.values[DIVERGENCE]
    assert gap > 0
    assert near(bound, found.stationary_loss + gap)


def test_entropies():
    s = mp.mpf("0.7")
    normal_entropy = -over_line(lambda w: normal(w, s) * mp.log(normal(w, s)))
    assert near(value(initial_entropy().conclusion, {K: 1, s0: s}), -normal_entropy)
    assert near(value(entropy_bound().conclusion, {K: 1, M: s}), normal_entropy)
    moment = over_line(lambda w: lopsided(w) * w**2)
    entropy = -over_line(lambda w: lopsided(w) * mp.log(lopsided(w)))
    assert value(entropy_bound().conclusion, {K: 1, M: moment}) > entropy + mp.mpf("0.05")


EIGENVALUES = [mp.mpf(x) for x in ("0.4", "1.3", "3.7")]


def at_three(expr):
    """Put K = 3 and the eigenvalues into a conclusion with sums over A[i]."""
    whole = expr.subs(K, 3).doit()
    return whole.xreplace({A[j]: sp.Float(str(x), DIGITS) for j, x in enumerate(EIGENVALUES, 1)})


def divergence_from_start(s):
    return sum(
        over_line(lambda w, a=a: normal(w, s) * (mp.log(normal(w, s) / normal(w, TEMPERATURE / a))))
        for a in EIGENVALUES
    )


def test_virial_variance_minimises_the_divergence_of_the_start():
    expected = value(at_three(virial_variance().conclusion), {T: TEMPERATURE})
    # mp.diff at 25 digits leaves about half of them
    assert abs(mp.diff(divergence_from_start, expected)) < mp.mpf(10) ** -10
    least = divergence_from_start(expected)
    assert all(divergence_from_start(expected * x) > least for x in (0.2, 0.9, 1.1, 5))
    harmonic = 3 / sum(a / TEMPERATURE for a in EIGENVALUES)
    assert near(expected, harmonic)


def test_quadratic_loss_at_the_start():
    s = mp.mpf("0.8")
    found = sum(over_line(lambda w, a=a: normal(w, s) * a * w**2 / 2) for a in EIGENVALUES)
    assert near(value(at_three(quadratic_loss().conclusion), {s0: s}), found)


#: the two-parameter chain f = w1 w2 x, loss (f - y)^2/2 + decay |w|^2/2, and its stated optimum
CHAIN = {"x": 1.3, "y": 0.7, "decay": 0.4, "T": 0.25}
CHAIN_LOSS, CHAIN_FREE_ENERGY, CHAIN_OPTIMUM = 0.35741149159, -0.10371382412, 0.28406717


def chain_grid():
    """Nodes and losses on a grid on which the trapezoidal rule is exact to rounding."""
    axis = np.linspace(-9, 9, 721)
    first, second = np.meshgrid(axis, axis, indexing="ij")
    residual = first * second * CHAIN["x"] - CHAIN["y"]
    square = first**2 + second**2
    virial = residual * CHAIN["x"] * first * second * 2 + CHAIN["decay"] * square
    return axis[1] - axis[0], square, residual**2 / 2 + CHAIN["decay"] * square / 2, virial


def test_forward_bound_and_virial_condition_of_the_chain():
    step, square, loss, virial = chain_grid()
    s, heat = CHAIN_OPTIMUM, CHAIN["T"]
    weight = np.exp(-loss / heat).sum() * step**2
    gibbs = np.exp(-loss / heat) / weight
    start = np.exp(-square / (2 * s)) / (2 * np.pi * s)
    mean = (gibbs * loss).sum() * step**2
    entropy = (gibbs * (loss / heat)).sum() * step**2 + np.log(weight)
    assert mean == pytest.approx(CHAIN_LOSS, abs=1e-10)
    assert -heat * np.log(weight) == pytest.approx(CHAIN_FREE_ENERGY, abs=1e-10)
    logarithms = -square / (2 * s) - np.log(2 * np.pi * s), -loss / heat - np.log(weight)
    divergence = (start * (logarithms[0] - logarithms[1])).sum() * step**2
    values = {K: 2, T: heat, s0: s, S_ss: entropy, E0: (start * loss).sum() * step**2}
    bound = value(forward_bound().conclusion, values)
    assert float(bound) == pytest.approx(mean + heat * divergence, rel=1e-12)
    # the condition at the stated optimum, to the digits stated; at the stationary law, exactly
    right = float(value(virial_condition().conclusion.args[1], values))
    assert (start * virial).sum() * step**2 == pytest.approx(right, abs=1e-7)
    assert (gibbs * virial).sum() * step**2 == pytest.approx(right, rel=1e-12)


#: the linear diffusion dw = -RATE w dt + sqrt(2T) dB from a mixture of two normal laws
RATE = mp.mpf("0.9")
PARTS = [
    (mp.mpf(w), mp.mpf(m), mp.mpf(v)) for w, m, v in (("0.3", "1.1", "0.2"), ("0.7", "-0.6", "0.5"))
]


def density(w, t):
    fall = mp.exp(-RATE * t)
    spread = TEMPERATURE / RATE * (1 - fall**2)
    return sum(c * normal(w, v * fall**2 + spread, m * fall) for c, m, v in PARTS)


def free_energy_at(t):
    return over_line(
        lambda w: density(w, t) * (RATE * w**2 / 2 + TEMPERATURE * mp.log(density(w, t)))
    )


@pytest.mark.parametrize("time", ["0.1", "0.8"])
def test_dissipation_of_a_mixture(time):
    t, w = mp.mpf(time), sp.Symbol("w", real=True)
    conclusion = dissipation().conclusion.subs(K, 1).doit()
    (expectation,) = conclusion.atoms(Expectation)
    entry, p, slope = Coordinate(expectation.variables[0], 1), *sp.symbols("p slope", positive=True)
    fields = {
        Partial(LOSS, entry): sp.Float(str(RATE), DIGITS) * w,
        Partial(evolved(), entry): slope,
        evolved(): p,
    }
    body = sp.lambdify((w, p, slope, T), expectation.body.xreplace(fields), "mpmath")

    def integrand(point):
        steep = mp.diff(lambda x: density(x, t), point)
        here = density(point, t)
        return here * body(point, here, steep, TEMPERATURE)

    factor = conclusion / expectation
    assert near(factor * over_line(integrand), mp.diff(free_energy_at, t), mp.mpf(10) ** -10)


def ornstein_uhlenbeck(s, t):
    """Variances in the eigenbasis, from N(0, s I)."""
    falls = [mp.exp(-2 * a * t) for a in EIGENVALUES]
    return [s * f + TEMPERATURE / a * (1 - f) for a, f in zip(EIGENVALUES, falls, strict=True)]


@pytest.mark.parametrize("time", ["0.01", "0.3", "2", "30"])
@pytest.mark.parametrize("start", ["0.05", "0.9"])
def test_transient_bound_on_a_quadratic(time, start):
    s, variances = mp.mpf(start), ornstein_uhlenbeck(mp.mpf(start), mp.mpf(time))
    loss = sum(a * v / 2 for a, v in zip(EIGENVALUES, variances, strict=True))
    values = {K: 3, T: TEMPERATURE, s0: s, M: sum(variances), E0: s * sum(EIGENVALUES) / 2}
    bound = value(transient_bound().conclusion, values)
    # What is dropped: the decrease of the free energy, and the entropy's distance from the largest.
    entropy = sum(mp.log(2 * mp.pi * mp.e * v) for v in variances) / 2
    first = values[E0] - TEMPERATURE * 3 * mp.log(2 * mp.pi * mp.e * s) / 2
    decrease = first - (loss - TEMPERATURE * entropy)
    largest = 3 * mp.log(2 * mp.pi * mp.e * sum(variances) / 3) / 2
    assert decrease > 0
    assert largest > entropy
    assert near(bound - loss, decrease + TEMPERATURE * (largest - entropy))


#: examples (input, target) of the linear model f = w x, homogeneous of degree 1
EXAMPLES = [(mp.mpf("1.2"), mp.mpf("0.5")), (mp.mpf("-0.7"), mp.mpf("1.4"))]
INPUTS = sum(x * x for x, _ in EXAMPLES) / 2
CROSS = sum(x * y for x, y in EXAMPLES) / 2
TARGETS = sum(y * y for _, y in EXAMPLES) / 2


def linear_moments(s, t):
    """E_t w and E_t w^2 of dw = -(INPUTS w - CROSS) dt + sqrt(2T) dB from N(0, s)."""
    fall = mp.exp(-INPUTS * t)
    mean = CROSS / INPUTS * (1 - fall)
    return mean, mean**2 + s * fall**2 + TEMPERATURE / INPUTS * (1 - fall**2)


@pytest.mark.parametrize("time", ["0.05", "0.6", "4"])
def test_second_moment_of_a_linear_model(time):
    s, t = mp.mpf("0.3"), mp.mpf(time)
    values = {
        K: 1,
        L: 1,
        T: TEMPERATURE,
        P_y: TARGETS,
        s0: s,
        tau: t,
        E0: (INPUTS * s + TARGETS) / 2,
    }
    mean, second = linear_moments(s, t)
    rate = mp.diff(lambda x: linear_moments(s, x)[1], t)
    # What is dropped: 2 L mean over examples of E (f - y/2)^2.
    gap = 2 * (INPUTS * second - CROSS * mean + TARGETS / 4)
    assert near(value(second_moment_rate().conclusion, values), rate + gap, mp.mpf(10) ** -12)
    assert value(second_moment_bound().conclusion, values) > second
    loss = (INPUTS * second - 2 * CROSS * mean + TARGETS) / 2
    assert value(closed_transient_bound().conclusion, values) > loss


def test_second_moment_rate_of_the_chain_at_the_start():
    step, square, _, _ = chain_grid()
    s, heat = 0.5, CHAIN["T"]
    start = np.exp(-square / (2 * s)) / (2 * np.pi * s)
    axis = np.linspace(-9, 9, 721)
    output = np.outer(axis, axis) * CHAIN["x"]
    drift = ((output - CHAIN["y"]) * 2 * output * start).sum() * step**2
    gap = 4 * ((output - CHAIN["y"] / 2) ** 2 * start).sum() * step**2
    values = {K: 2, L: 2, T: heat, P_y: CHAIN["y"] ** 2}
    bound = float(value(second_moment_rate().conclusion, values))
    assert math.isclose(bound, 4 * heat - 2 * drift + gap, rel_tol=1e-12)
