"""theory.heavy_tails: the stationary law and Goldie's constant against a plain Gauss-Legendre solution and moments."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.special import digamma, gammaln, i0e

from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu
from theory.fractional_moments import norm_moment, weight_variance
from theory.heavy_tails import StationaryLaw, stationary_moment, tail_constant
from theory.heavy_tails.lattice import StepLattice
from theory.heavy_tails.steps import log_density

# --- the oracle: closed densities of log Q, panels of Gauss-Legendre nodes, no tilting, no closure but a far cut ---


def chi_mixture(y, width, keep):
    """Density of log chi^2_N, N ~ Bin(width, keep), N >= 1."""
    total = np.zeros_like(y)
    for n in range(1, width + 1):
        weight = math.comb(width, n) * keep**n * (1 - keep) ** (width - n)
        log_gamma = n / 2 * (y - math.log(2)) - np.exp(y) / 2 - gammaln(n / 2)
        total += weight * np.exp(log_gamma)
    return total


def leaky_two(y, slope):
    """Two units: chi^2_2, slope^2 chi^2_2 or the sum chi^2_1 + slope^2 chi^2_1, a Bessel function."""
    x, a2 = np.exp(y), slope**2
    both = np.exp(-x / 2) + np.exp(-x / (2 * a2)) / a2
    argument = x * (1 / a2 - 1) / 4
    mixed = i0e(argument) * np.exp(argument - x * (1 + 1 / a2) / 4) / slope
    return x * (both / 8 + mixed / 4)


def random_slope_one(y, low, high):
    """One unit: z^2 or (a z)^2 with a uniform, averaged by quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    slopes = (low + high + (high - low) * nodes) / 2
    parts = [
        w / 2 * chi_mixture(y - 2 * math.log(a), 1, 1.0)
        for a, w in zip(slopes, weights, strict=True)
    ]
    return (chi_mixture(y, 1, 1.0) + sum(parts)) / 2


CASES = {
    "linear 1": (linear(), 1, lambda y: chi_mixture(y, 1, 1.0)),
    "linear 6": (linear(), 6, lambda y: chi_mixture(y, 6, 1.0)),
    "relu 2": (relu(), 2, lambda y: chi_mixture(y, 2, 0.5)),
    "relu 5": (relu(), 5, lambda y: chi_mixture(y, 5, 0.5)),
    "linear dropout 3": (
        linear().with_dropout(0.5, rescale=False),
        3,
        lambda y: chi_mixture(y, 3, 0.5),
    ),
    "leaky 2": (leaky_relu(0.3), 2, lambda y: leaky_two(y, 0.3)),
    "rrelu 1": (randomized_leaky_relu(), 1, lambda y: random_slope_one(y, 1 / 8, 1 / 3)),
}
ORDERS = {1.5: 60.0, 2.0: 50.0, 3.3: 40.0}  # kappa: where the tail is cut, at e^-45 or below
BIAS_VARIANCE = 0.7


@cache
def brute_force(name, order):
    """Nodes u = log R, weights times density, variance, atom: the eigenvector of the untruncated kernel, mass 1."""
    activation, width, density = CASES[name]
    variance = float(weight_variance(order, width, activation=activation))
    atom = float(activation.zero_probability) ** width
    left, right = -76.0 if width <= 3 or atom else -30.0, ORDERS[order]
    panels = np.concatenate([np.arange(left, -16, 2.0), np.arange(-16.0, right + 0.1, 1.0)])
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = np.diff(panels)[:, None] / 2
    u = ((panels[1:] + panels[:-1])[:, None] / 2 + half * nodes).ravel()
    w = (half * weights).ravel()
    kernel = density(u[:, None] - np.log1p(np.exp(u)) - math.log(variance)) * w
    source = density(u - math.log(variance))
    # f = K f + atom q, and the atom's share of the mass closes it: replace one equation by the mass
    system = np.eye(u.size) - kernel
    right_side = atom * source
    middle = int(np.argmin(np.abs(u)))
    system[middle], right_side[middle] = w, 1 - atom
    return u, w * np.linalg.solve(system, right_side), variance, atom


def moment_of_steps(name, order, variance):
    """E[A^p log A], p = order/2, by Gauss-Legendre."""
    density = CASES[name][2]
    nodes, weights = np.polynomial.legendre.leggauss(2000)
    y = -60 + 33.5 * (nodes + 1)
    values = density(y) * variance ** (order / 2) * np.exp(order / 2 * y) * (y + math.log(variance))
    return 33.5 * np.sum(weights * values)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", CASES)
def test_law_and_constant_against_brute_force(name, order):
    """Goldie's formula before its simplification, on the brute-force law; probabilities by its weights."""
    activation, width, _ = CASES[name]
    u, mass, variance, atom = brute_force(name, order)
    law = StationaryLaw(variance, BIAS_VARIANCE, width, activation)
    p, c = order / 2, BIAS_VARIANCE / variance
    gain = atom + np.sum(
        mass * np.exp(p * np.logaddexp(0, u)) * -np.expm1(-p * np.logaddexp(0, -u))
    )
    exact = c**p * gain / (p * moment_of_steps(name, order, variance))
    assert law.tail_constant == pytest.approx(exact, rel=1e-9)
    assert law.atom == pytest.approx(atom, rel=1e-15)
    edges = np.array([-20.0, -12.0, -8.0, -3.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0])  # panel ends
    beyond = np.array([mass[u > edge].sum() for edge in edges])
    radii = np.sqrt(c * np.exp(edges))
    np.testing.assert_allclose(law.sf(radii), beyond, rtol=1e-9)
    np.testing.assert_allclose(law.cdf(radii), 1 - beyond, rtol=0, atol=1e-10)


def test_the_value_of_the_theory_page():
    """Six linear units of order 1.5 with unit biases: 15.733."""
    variance = weight_variance(1.5, 6, activation="linear")
    assert tail_constant(variance, 1.0, 6, "linear") == pytest.approx(15.733, abs=5e-4)


ACTIVATIONS = [
    linear(),
    relu(),
    leaky_relu(0.01),
    leaky_relu(1e-8),
    leaky_relu(20.0),
    randomized_leaky_relu(),
    randomized_leaky_relu(0, 1),
    relu().with_dropout(0.5),
]


def drift(n, variance, width, activation):
    """E[A^n log A] by the central difference of the moments of real order, extrapolated twice."""

    def slope(h):
        up, down = norm_moment([2 * n + 2 * h, 2 * n - 2 * h], width, activation)
        return (up * variance ** (n + h) - down * variance ** (n - h)) / (2 * h)

    a, b, c = (slope(0.04 / 2**k) for k in range(3))
    return (a - 20 * b + 64 * c) / 45


@pytest.mark.parametrize("width", [1, 6, 64])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_closed_cases(activation, width):
    """kappa = 2, 4, 6: the expectation is a polynomial in the stationary moments."""
    for n in (1, 2, 3):
        variance = weight_variance(2 * n, width, activation=activation)
        c = 1 / variance
        gain = sum(
            math.comb(n, j)
            * c ** (n - j)
            * (stationary_moment(j, variance, 1.0, width, activation) if j else 1.0)
            for j in range(n)
        )
        exact = gain / (n * drift(n, variance, width, activation))
        assert tail_constant(variance, 1.0, width, activation) == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("width", [1, 2, 64, 512])
def test_closed_cases_of_linear_networks(width):
    """E[A^n log A] = log(2 variance) + digamma(width/2 + n) under the tilt: nothing is approximated."""
    for n in (1, 2, 3, 4):
        variance = weight_variance(2 * n, width, activation="linear")
        moments = [1.0, *stationary_moment(np.arange(1, n + 1), variance, 1.0, width, "linear")]
        gain = sum(math.comb(n, j) * variance ** (j - n) * moments[j] for j in range(n))
        exact = gain / (n * (math.log(2 * variance) + digamma(width / 2 + n)))
        assert tail_constant(variance, 1.0, width, "linear") == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("width", [1, 6, 512])
@pytest.mark.parametrize("order", [0.5, 8.0])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_two_routes_agree(activation, order, width):
    """The stated error, and the whole moments of the solved law by the recursion."""
    variance = weight_variance(order, width, activation=activation)
    law = StationaryLaw(variance, BIAS_VARIANCE, width, activation)
    assert law.tail_constant_error < 1e-9
    for n in range(1, math.ceil(order / 2)):
        exact = stationary_moment(n, variance, BIAS_VARIANCE, width, activation)
        assert law.moment(2 * n) == pytest.approx(exact, rel=2e-12)
    assert law.moment(order * 1.001) == math.inf


@pytest.mark.parametrize(("variance", "width"), [(0.1, 6), (0.03, 40)])
def test_light_tails(variance, width):
    """kappa of 10 to 60: the density ranges over a hundred powers of ten."""
    law = StationaryLaw(variance, 1.0, width, "relu")
    assert 8 < law.tail_index < 64
    for n in (1, 2):
        exact = stationary_moment(n, variance, 1.0, width, "relu")
        assert law.moment(2 * n) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_survival_integrates_to_the_moments(activation):
    """E|x|^2 = int 2 r P(|x| > r) dr by the trapezium rule in log r."""
    variance = weight_variance(4, 5, activation=activation)
    law = StationaryLaw(variance, 1.0, 5, activation)
    v = np.arange(-30.0, 30.0, 0.02)
    integral = 0.02 * np.sum(2 * np.exp(2 * v) * law.sf(np.exp(v)))
    assert integral == pytest.approx(stationary_moment(1, variance, 1.0, 5, activation), rel=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_cdf_is_a_distribution_function(activation):
    law = StationaryLaw(weight_variance(1.2, 4, activation=activation), 2.0, 4, activation)
    r = np.concatenate([[-math.inf, -1.0, 0.0], np.geomspace(1e-25, 1e25, 2001), [math.inf]])
    cdf, sf = law.cdf(r), law.sf(r)
    np.testing.assert_allclose(cdf + sf, 1, atol=1e-13)
    assert np.all(np.diff(cdf) >= -1e-13)
    assert np.all(np.diff(sf[3:-1]) <= 1e-13 * sf[3:-2])
    assert (cdf[0], cdf[1], cdf[2], cdf[-1]) == (0, 0, law.atom, 1)
    assert (sf[0], sf[1], sf[2], sf[-1]) == (1, 1, 1 - law.atom, 0)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_the_tail_approaches_its_power_law(activation):
    """P(|x| > r) r^kappa -> C with an error O(r^-2), for R^p P(R > t) has relative error O(1/t)."""
    law = StationaryLaw(weight_variance(1.5, 6, activation=activation), 1.0, 6, activation)
    r = np.array([1e3, 1e4, 1e7, 1e12])
    error = law.sf(r) * r**law.tail_index / law.tail_constant - 1
    assert error[0] / error[1] == pytest.approx(100, rel=0.01)
    np.testing.assert_allclose(error[2:], 0, atol=1e-9)


def test_scaling():
    """|x| scales with the biases' standard deviation, C with its power kappa; Q's scale goes into the variance."""
    variance = weight_variance(1.3, 5)
    one, four = (StationaryLaw(variance, b, 5) for b in (1.0, 16.0))
    np.testing.assert_allclose(four.sf([2.0, 40.0]), one.sf([0.5, 10.0]), rtol=1e-13)
    assert four.tail_constant == pytest.approx(4**1.3 * one.tail_constant, rel=1e-12)
    assert tail_constant(variance, [1.0, 16.0], 5)[1] == pytest.approx(
        four.tail_constant, rel=1e-13
    )
    scaled, bare = (relu().with_dropout(0.5, rescale) for rescale in (True, False))
    variance = weight_variance(1.3, 5, activation=scaled)
    twice = tail_constant(4 * variance, 4.0, 5, bare)
    assert tail_constant(variance, 1.0, 5, scaled) == pytest.approx(twice, rel=1e-10)


def test_refusals():
    """A law that is too light or too wide is refused, never returned wrong."""
    cases = {
        "variance must give a tail index in": (1e-6, 1.0, 8, "relu"),
        "width must need at most": (weight_variance(2, 10**6), 1.0, 10**6, "relu"),
        "r must be real": None,
        "variance must be a single number": ([0.1, 0.2], 1.0, 8, "relu"),
        "width must be a single number": (0.1, 1.0, [8, 9], "relu"),
    }
    for message, arguments in cases.items():
        with pytest.raises(ValueError, match=f"^{message}"):
            StationaryLaw(*arguments) if arguments else StationaryLaw(0.1, 1.0, 4).sf(math.nan)


# --- the density of a step ---


@pytest.mark.parametrize("name", CASES)
def test_density_of_a_step(name):
    activation, width, density = CASES[name]
    y = np.linspace(-50, 4.3, 400)
    exact = density(y)
    seen = exact > 1e-16
    error = log_density(y, float(width), activation)[seen] - np.log(exact[seen])
    # beyond e^-30 the quadrature over slopes and 1 - psi leave 1e-16 absolutely
    assert np.max(np.abs(error)) < 1e-13


@pytest.mark.parametrize("width", [64, 512])
def test_density_of_a_wide_layer(width):
    y = math.log(width) + math.sqrt(2 / width) * np.linspace(-7, 5, 100)
    exact = width / 2 * (y - math.log(2)) - np.exp(y) / 2 - gammaln(width / 2)
    np.testing.assert_allclose(
        log_density(y, float(width), linear()), exact, rtol=0, atol=1e-15 * (20 + width)
    )


@pytest.mark.parametrize("width", [1, 3, 30, 300])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_masses_and_moments_of_a_step(activation, width):
    """int q = P(Q > 0) and int exp(p y) q = E A^p = 1 at the preserved order."""
    variance = weight_variance(3.0, width, activation=activation)
    lattice = StepLattice(
        math.log(variance), width, activation, 1.5, 0.3 / math.sqrt(24 + width) / 2
    )
    mass = lattice.spacing * np.sum(np.exp(lattice.log_density))
    assert mass == pytest.approx(1 - activation.zero_probability**width, rel=1e-13)
    tilted = lattice.spacing * np.sum(np.exp(lattice.log_density + 1.5 * lattice.y))
    assert tilted == pytest.approx(1, rel=1e-13)


def test_cdf_and_sf_agree_beyond_the_tables_of_a_small_index():
    law = StationaryLaw(weight_variance(0.01, 4, activation="linear"), 1.0, 4, "linear")
    r = np.exp(np.linspace(-60, 60, 301))
    assert np.max(np.abs(law.cdf(r) + law.sf(r) - 1)) < 1e-12


def test_a_large_index_has_probabilities_down_to_zero():
    law = StationaryLaw(weight_variance(60, 64), 1.0, 64)
    sf = law.sf(np.exp(np.linspace(-5, 60, 301)))
    assert np.all(np.diff(sf) <= 1e-12)
    assert sf[-1] == 0


def test_scales_too_far_apart_are_refused():
    with pytest.raises(ValueError, match=r"squared scales within e\^100, got leaky_relu\(1e-200\)"):
        StationaryLaw(1.0, 1.0, 2, leaky_relu(1e-200))
