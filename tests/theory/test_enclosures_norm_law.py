"""Enclosures of the exact norm law and of the stationary tails against mpmath values of their definitions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import acb, arb, ctx
from mpmath.ctx_mp import MPContext

from theory import enclosures_norm_law as norm_law
from theory import enclosures_tails as tails
from theory.enclosures import weight_variance
from theory.enclosures_activations import ActivationBox
from theory.enclosures_complex import complex_moment

MP = MPContext()
MP.dps = 40
TIGHT = 1e-25
BOXES = {
    "linear": ActivationBox(1),
    "relu": ActivationBox(0),
    "leaky": ActivationBox(Fraction(1, 4)),
    "steep": ActivationBox(-2),
    "relu dropout": ActivationBox(0, None, 0.5, False),
    "leaky dropout": ActivationBox(0.25, None, 0.5, True),
}


def ball(x, slack="1e-30"):
    with ctx.workprec(160):
        return arb(MP.nstr(MP.re(x), 40)) + arb(0, slack) * arb(MP.nstr(1 + abs(x), 5))


def complex_ball(x):
    return acb(ball(x), ball(MP.im(x)))


def assert_encloses(enclosure, value, make=ball):
    assert enclosure.overlaps(make(value)), (enclosure, value)
    assert enclosure.rad() <= enclosure.abs_lower() * TIGHT


@pytest.mark.parametrize("slope", [1, Fraction(1, 4), 0])
@pytest.mark.parametrize("frequency", [0, 0.5, 2])
def test_complex_moment_of_one_unit_contains_the_definition(slope, frequency):
    def half(a):
        if a == 0:
            return MP.zero
        cuts = [-90, -40, -20, -8, -3, -1, 0, 1, 2, 3]
        scale = MP.exp(2j * MP.mpf(frequency) * MP.log(MP.mpf(a.numerator) / a.denominator))
        body = lambda y: MP.exp(2j * MP.mpf(frequency) * y + y) * MP.npdf(MP.exp(y))  # noqa: E731
        return scale * MP.quad(body, cuts)

    value = half(Fraction(1)) + half(Fraction(slope))
    for route in ("sum", "mellin"):
        enclosure = complex_moment(frequency, 1, ActivationBox(slope), route=route)
        assert_encloses(enclosure, value, complex_ball)


@pytest.mark.parametrize("name", BOXES)
def test_both_routes_to_the_complex_moment_meet(name):
    for frequency in (0.25, -3):
        routes = [complex_moment(frequency, 4, BOXES[name], route=r) for r in ("sum", "mellin")]
        assert routes[0].overlaps(routes[1])
        assert all(r.rad() <= r.abs_lower() * TIGHT for r in routes)


@pytest.mark.parametrize("name", ["linear", "relu", "relu dropout"])
def test_both_routes_to_the_cdf_meet(name):
    for width in (1, 5):
        for point in (-2, -0.125, 1):
            routes = [
                norm_law.norm_law_cdf(point, width, 1, 0.5, BOXES[name], route=r)
                for r in ("sum", "integral")
            ]
            assert routes[0].overlaps(routes[1])
            assert all(r.rad() <= r * TIGHT for r in routes)


def test_cdf_of_one_leaky_unit_is_a_mean_of_normal_probabilities():
    for point in (-2, 0.5):
        edge = MP.exp(point) / MP.sqrt(MP.mpf(3) / 4)
        inside = [MP.ncdf(edge / a) - MP.ncdf(-edge / a) for a in (MP.one, MP.mpf(1) / 4)]
        assert_encloses(norm_law.norm_law_cdf(point, 1, 1, 0.75, BOXES["leaky"]), sum(inside) / 2)


def test_cdf_of_two_layers_of_one_unit_contains_the_product_law():
    """|z_1 z_2| <= r: the density of |z_1| times the probability of |z_2| <= r/|z_1|."""
    edge = MP.exp(MP.mpf("0.25"))
    body = lambda y: 2 * MP.exp(y) * MP.npdf(MP.exp(y)) * MP.erf(edge * MP.exp(-y) / MP.sqrt(2))  # noqa: E731
    value = MP.quad(body, [-90, -40, -20, -8, -3, -1, 0, 1, 2, 3])
    for name in ("linear", "relu"):
        assert_encloses(norm_law.norm_law_cdf(0.25, 1, 2, 1, BOXES[name]), value)


def test_cdf_boxes_contain_their_points():
    wide = ActivationBox(0, None, arb(0.5, 0.01), False)
    box = norm_law.norm_law_cdf(arb(0.5, 0.01), 3, 2, arb(0.75, 0.01), wide)
    for at in (-0.0099, 0.0099):
        thin = ActivationBox(0, None, 0.5 + at, False)
        assert box.overlaps(norm_law.norm_law_cdf(0.5 + at, 3, 2, 0.75 + at, thin))


def test_a_scheme_preserves_its_moment_at_every_depth():
    for name, box in BOXES.items():
        variance = weight_variance(0.75, 4, activation=box, rel_radius=1e-40)
        moment = norm_law.norm_law_moment(0.75, 4, 100, variance, box)
        assert moment.overlaps(arb(1)), name
        assert moment.rad() < 1e-20


@pytest.mark.parametrize("order", [0.5, 1.25, 6])
@pytest.mark.parametrize("name", BOXES)
def test_tail_index_is_the_order_of_the_scheme(name, order):
    assert_encloses(tails.scheme_tail_index(order, 3, BOXES[name]), MP.mpf(order))


def test_tail_index_of_one_linear_unit_solves_the_definition():
    def excess(k):
        return (
            MP.mpf("0.5") ** (k / 2) * MP.mpf(2) ** (k / 2) * MP.gamma((1 + k) / 2) / MP.sqrt(MP.pi)
            - 1
        )

    root = MP.findroot(excess, (4, 5), solver="anderson", tol=1e-70)
    assert_encloses(tails.tail_index(0.5, 1, "linear"), root)


def test_stationary_moments_solve_the_recursion():
    """E R^n = E (variance R + bias)^n E Q^n, from the moments of Q for a linear layer."""
    variance, bias, width = Fraction(1, 40), Fraction(2), 3
    powers = [Fraction(1), Fraction(3), Fraction(15), Fraction(105)]
    one = bias * powers[1] / (1 - variance * powers[1])
    two = powers[2] * (bias**2 + 2 * bias * variance * one) / (1 - variance**2 * powers[2])
    three = powers[3] * (bias**3 + 3 * bias**2 * variance * one + 3 * bias * variance**2 * two)
    three /= 1 - variance**3 * powers[3]
    for n, value in enumerate((one, two, three), start=1):
        enclosure = tails.stationary_moment(n, variance, bias, width, "linear")
        assert_encloses(enclosure, MP.mpf(value.numerator) / value.denominator)


def log_weighted(width, p):
    """E Q^p and E[Q^p log Q] of chi^2, by quadrature over the density."""
    half = MP.mpf(width) / 2
    density = lambda q: q ** (half - 1) * MP.exp(-q / 2) / (2**half * MP.gamma(half))  # noqa: E731
    cuts = [0, 1e-6, 0.01, 0.25, 1, 4, 10, 30, 80, 200]
    moment = MP.quad(lambda q: q**p * density(q), cuts)
    return moment, MP.quad(lambda q: q**p * MP.log(q) * density(q), cuts)


def test_tail_constant_contains_the_definition():
    width, bias = 6, MP.mpf(2)
    mean, weighted = log_weighted(width, 1)
    entropy = weighted / mean - MP.log(mean)  # E[A log A], A = Q/E Q
    assert_encloses(tails.tail_constant(2, 2, width, "linear"), bias * mean / entropy)
    square, weighted = log_weighted(width, 2)
    size = 1 / MP.sqrt(square)
    c, stationary = bias / size, bias * mean / (1 - size * mean)
    entropy = weighted / square + MP.log(size)  # E[A^2 log A], A = Q/sqrt(E Q^2)
    value = (2 * c * stationary + c**2) / (2 * entropy)
    assert_encloses(tails.tail_constant(4, 2, width, "linear"), value)


BAD = [
    (lambda: norm_law.norm_law_cdf(0, 2, 0, 1), "depth must be a whole number .* got 0"),
    (lambda: norm_law.norm_law_cdf(0, 2, 1, -1.0), "variance must be finite and > 0, got -1.0"),
    (lambda: norm_law.norm_law_cdf(0, 2, 1, 1, "rrelu"), "activation must have a fixed slope"),
    (lambda: norm_law.norm_law_cdf(0, 2000, 1, 1), "width must be at most 1024 here, got 2000"),
    (lambda: norm_law.norm_law_cdf(0, 2, 5000, 1), "depth must be at most 4096 here, got 5000"),
    (lambda: norm_law.norm_law_cdf(0, 2, 2, 1, route="sum"), "route must be 'integral' unless"),
    (lambda: complex_moment(1000, 2), "frequency must be at most 512 in size, got 1000"),
    (lambda: complex_moment(1, 2, "rrelu", route="sum"), "route must be 'mellin'"),
    (lambda: tails.tail_index(2, 2, "linear"), "variance must be below zero_drift_variance"),
    (lambda: tails.tail_index(1e-9, 100), "variance must give an index <= 128"),
    (lambda: tails.stationary_moment(1, 1, 1, 4), "variance must be below 0.5"),
    (lambda: tails.tail_constant(3, 1, 4), "order must be 2, 4, 6, .* got 3"),
    (lambda: tails.tail_constant(2, 0, 4), "bias_variance must be finite and > 0, got 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_names_argument_value_and_domain(call, message):
    with pytest.raises(ValueError, match=message):
        call()
