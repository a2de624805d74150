"""Enclosures against mpmath values of the definition: they must contain the value and be narrow."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath.ctx_mp import MPContext

from theory import activations, enclosures, fractional_moments
from theory.enclosures_activations import ActivationBox, activation_box

MP = MPContext()
MP.dps = 50
TIGHT = 1e-25

# (lower, upper, keep_prob, rescale), upper None for a fixed slope
LAWS = {
    "linear": (1, None, 1, True),
    "relu": (0, None, 1, True),
    "leaky": (Fraction(3, 10), None, 1, True),
    "steep": (-3, None, 1, True),
    "random": (Fraction(1, 8), Fraction(1, 3), 1, True),
    "linear dropout": (1, None, Fraction(9, 10), True),
    "relu dropout": (0, None, 0.5, False),
    "leaky dropout": (0.25, None, Fraction(1, 3), True),
    "random dropout": (0, 1, 0.75, True),
}


def mpf(x):
    exact = Fraction(x)
    return MP.mpf(exact.numerator) / exact.denominator


def ball(x, slack="1e-42"):
    """A ball around an mpmath value of 50 digits, wider than its error and far narrower than an enclosure must be."""
    with ctx.workprec(200):
        return arb(MP.nstr(x, 50)) * (1 + arb(0, slack))


def slope_mean(law, f):
    lower, upper = law[:2]
    if upper is None:
        return f(mpf(lower))
    return MP.quad(f, [mpf(lower), mpf(upper)]) / (mpf(upper) - mpf(lower))


def gain(law):
    return 1 / mpf(law[2]) if law[3] else MP.one


def definition_one(law, order):
    """E|phi(z)|^order of one unit, by quadrature over z and the slope."""
    s = mpf(order)
    half = MP.quad(lambda z: z**s * MP.npdf(z), [0, 0.25, 1, 3, 8, 20])
    return mpf(law[2]) * gain(law) ** s * half * (1 + slope_mean(law, lambda a: abs(a) ** s))


def definition_two(law, order):
    """E|phi(z)|^order of two units with a fixed slope, by quadrature over the angle and the radius."""
    s, a, keep = mpf(order), mpf(law[0]), mpf(law[2])
    radial = MP.quad(lambda r: r ** (s + 1) * MP.exp(-r * r / 2), [0, 0.25, 1, 3, 8, 20])

    def quadrant(u, v):
        body = lambda x: (u**2 * MP.cos(x) ** 2 + v**2 * MP.sin(x) ** 2) ** (s / 2)  # noqa: E731
        return MP.quad(body, MP.linspace(0, MP.pi / 2, 9))

    angles = quadrant(1, 1) + 2 * quadrant(1, a) + quadrant(a, a)
    both = radial * angles / (2 * MP.pi)
    single = definition_one((law[0], None, 1, False), order)
    return gain(law) ** s * (keep**2 * both + 2 * keep * (1 - keep) * single)


def definition_laplace(law, t):
    """E exp(-t phi(z)^2), by quadrature over z for a fixed slope, over the slope for a random one."""
    t = mpf(t) * gain(law) ** 2

    def half(a):
        return MP.quad(lambda z: MP.exp(-t * a * a * z * z) * MP.npdf(z), [0, 0.25, 1, 3, 8, 20])

    conditional = half if law[1] is None else lambda a: 1 / MP.sqrt(1 + 2 * a * a * t) / 2
    negative = slope_mean(law, conditional)
    return 1 - mpf(law[2]) + mpf(law[2]) * (half(1) + negative)


def counted(law, width, order):
    """E|phi(z)|^order for slope 0 or 1, summed over the number of units that are neither dropped nor dead."""
    p, chance = mpf(order) / 2, mpf(law[2]) * (1 if law[0] else MP.mpf(1) / 2)
    terms = (
        MP.binomial(width, n)
        * chance**n
        * (1 - chance) ** (width - n)
        * MP.gammaprod([MP.mpf(n) / 2 + p], [MP.mpf(n) / 2])
        for n in range(1, width + 1)
    )
    return gain(law) ** (2 * p) * 2**p * MP.fsum(terms)


def box_of(name):
    return ActivationBox(*LAWS[name])


def relative_radius(x):
    return float(x.rad()) / float(abs(x.mid()))


def assert_encloses(enclosure, value):
    assert enclosure.overlaps(ball(value)), (enclosure, value)
    assert enclosure.rad() <= abs(enclosure.mid()) * TIGHT


@pytest.mark.parametrize("order", [0.1, 1, Fraction(19, 10), 2, 5])
@pytest.mark.parametrize("name", LAWS)
def test_norm_moment_of_one_unit_contains_the_definition(name, order):
    assert_encloses(
        enclosures.norm_moment(order, 1, box_of(name)), definition_one(LAWS[name], order)
    )


@pytest.mark.parametrize("route", ["sum", "mellin"])
@pytest.mark.parametrize("name", [n for n, law in LAWS.items() if law[1] is None])
def test_norm_moment_of_two_units_contains_the_definition(name, route):
    value = definition_two(LAWS[name], 0.8)
    assert_encloses(enclosures.norm_moment(0.8, 2, box_of(name), route=route), value)


@pytest.mark.parametrize("width", [3, 64, 600])
@pytest.mark.parametrize("name", ["linear", "relu", "linear dropout", "relu dropout"])
def test_norm_moment_contains_the_count_sum(name, width):
    value = counted(LAWS[name], width, 0.7)
    for route in ("sum", "mellin"):
        assert_encloses(enclosures.norm_moment(0.7, width, box_of(name), route=route), value)


@pytest.mark.parametrize("t", [0.01, 1, 30])
@pytest.mark.parametrize("name", LAWS)
def test_laplace_contains_the_definition(name, t):
    value = definition_laplace(LAWS[name], t)
    assert_encloses(enclosures.laplace(t, box_of(name)), value)
    assert_encloses(enclosures.layer_laplace(2 * t, 0.5, 7, box_of(name)), value**7)


def test_laplace_at_zero_is_one():
    assert all(enclosures.laplace(0, box_of(name)).contains(arb(1)) for name in LAWS)


@pytest.mark.parametrize("width", [1, 2, 17, 300, 10**5, 10**9, 2**53])
@pytest.mark.parametrize("name", LAWS)
def test_balls_are_narrow_at_every_width(name, width):
    for order in (0.01, 1.9, 6):
        ball_ = enclosures.norm_moment(order, width, box_of(name))
        assert ball_ > 0
        assert ball_.rad() <= ball_.mid() * TIGHT


@pytest.mark.parametrize("name", LAWS)
def test_large_widths_follow_the_expansion(name):
    # relative remainder of three terms: O(width^-3)
    exact = enclosures.weight_variance(0.8, 10**6, activation=box_of(name))
    series = enclosures.weight_variance_expansion(0.8, 10**6, box_of(name), terms=3)
    assert abs(float(series / exact - 1)) < 1e-14
    coarse = enclosures.weight_variance_expansion(0.8, 10**6, box_of(name), terms=1)
    assert abs(float(coarse / exact - 1)) > 1e-8


@given(
    order=st.fractions(Fraction(1, 100), 8, max_denominator=1000),
    width=st.integers(1, 200),
    slope=st.fractions(-4, 4, max_denominator=100),
)
@settings(max_examples=40, deadline=None)
def test_two_routes_overlap(order, width, slope):
    both = [
        enclosures.norm_moment(order, width, ActivationBox(slope), route=route)
        for route in ("sum", "mellin")
    ]
    assert both[0].overlaps(both[1])


@given(
    order=st.floats(0.1, 4),
    width=st.integers(1, 10**6),
    name=st.sampled_from(["linear", "relu", "leaky_relu", "rrelu"]),
    keep=st.floats(0.1, 1),
    rescale=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_float_closed_forms_agree(order, width, name, keep, rescale):
    activation = activations.resolve(name).with_dropout(keep, rescale)
    for mine, theirs in (
        (enclosures.norm_moment, fractional_moments.norm_moment),
        (enclosures.weight_variance, fractional_moments.weight_variance),
        (enclosures.weight_std, fractional_moments.weight_std),
        (enclosures.weight_variance_expansion, fractional_moments.weight_variance_expansion),
    ):
        exact = float(mine(order, width, activation=activation).mid())
        assert math.isclose(
            float(theirs(order, width, activation=activation)), exact, rel_tol=1e-12
        )


@given(
    data=st.data(),
    name=st.sampled_from(list(LAWS)),
    order=st.fractions(Fraction(1, 10), 3, max_denominator=50),
    width=st.integers(1, 12),
)
@settings(max_examples=25, deadline=None)
def test_a_box_contains_every_point_in_it(data, name, order, width):
    lower, upper, keep, rescale = LAWS[name]
    radii = [data.draw(st.fractions(0, Fraction(1, 30), max_denominator=500)) for _ in range(4)]
    slopes = (lower + 2 * radii[1] if lower in (0, 1) else lower, upper)
    keep = min(keep, 1 - 2 * radii[2])
    centres = [order, slopes[0], keep, slopes[1]]
    boxes = [None if c is None else around(c, r) for c, r in zip(centres, radii, strict=True)]
    shifts = [data.draw(st.fractions(-1, 1, max_denominator=64)) for _ in range(4)]
    point = [
        None if c is None else Fraction(c) + r * x
        for c, r, x in zip(centres, radii, shifts, strict=True)
    ]
    wide = ActivationBox(boxes[1], boxes[3], boxes[2], rescale)
    thin = ActivationBox(point[1], point[3], point[2], rescale)
    for function in (
        enclosures.laplace,
        lambda s, law: enclosures.layer_laplace(s, s, width, law),
        lambda s, law: enclosures.norm_moment(s, width, law),
        lambda s, law: enclosures.weight_variance(s, width, 2 * width, law),
        lambda s, law: enclosures.weight_variance_expansion(s, width, law, terms=3),
    ):
        assert function(boxes[0], wide).overlaps(function(point[0], thin))


def around(centre, radius):
    """A ball that contains [centre - radius, centre + radius]."""
    centre = Fraction(centre)
    low, high = centre - radius, centre + radius
    with ctx.workprec(100):
        ends = (arb(fmpq(x.numerator, x.denominator)) for x in (low, high))
        hull = next(ends).union(next(ends))
    return hull if radius else centre


def test_a_wide_box_is_close_to_the_range_it_encloses():
    order, slope = arb(1, 0.5), arb(0.25, 0.25)
    wide = enclosures.weight_variance(order, 10, activation=ActivationBox(slope))
    top = enclosures.weight_variance(0.5, 10, activation=ActivationBox(0))
    bottom = enclosures.weight_variance(1.5, 10, activation=ActivationBox(0.5))
    assert wide.contains(top.mid())
    assert wide.contains(bottom.mid())
    assert float(wide.rad()) < 1.001 * float(top - bottom) / 2


@pytest.mark.parametrize("slope", [1e-12, 1e12, 1 - 2**-40, -0.01])
def test_extreme_slopes(slope):
    both = [
        enclosures.norm_moment(0.5, 6, ActivationBox(slope), route=r) for r in ("sum", "mellin")
    ]
    assert both[0].overlaps(both[1])
    assert max(map(relative_radius, both)) < TIGHT


def test_an_almost_fixed_random_slope_lies_between_the_fixed_ones():
    upper = 0.25 + 2**-50
    random = enclosures.norm_moment(1, 8, ActivationBox(0.25, upper))
    low, high = (enclosures.norm_moment(1, 8, ActivationBox(a)) for a in (0.25, upper))
    assert low < random < high


def test_an_integer_half_order_is_the_exact_moment():
    for name in LAWS:
        m1 = definition_one(LAWS[name], 2)
        assert_encloses(enclosures.norm_moment(2, 1000, box_of(name), route="mellin"), 1000 * m1)


@pytest.mark.parametrize("gap", [2**-30, -(2**-30)])
def test_orders_next_to_an_integer_pole_of_the_integral(gap):
    for name in ("linear", "relu"):
        value = counted(LAWS[name], 5, 2 + gap)
        enclosure = enclosures.norm_moment(2 + gap, 5, box_of(name), route="mellin")
        assert_encloses(enclosure, value)


def test_the_requested_radius_is_kept():
    for radius in (1e-5, 1e-60, 1e-120):
        enclosure = enclosures.norm_moment(Fraction(1, 3), 9, "rrelu", rel_radius=radius)
        assert relative_radius(enclosure) <= radius


def test_the_precision_of_flint_is_restored():
    before = (ctx.prec, ctx.cap)
    enclosures.norm_moment(1, 10, "rrelu")
    with pytest.raises(ValueError, match="order"):
        enclosures.norm_moment(-1, 10)
    assert (ctx.prec, ctx.cap) == before


def test_he_and_lecun():
    assert enclosures.weight_variance(2, 512, 100).contains(arb(2) / 512)
    assert enclosures.weight_variance(2, 512, 128, "linear", "norm").contains(arb(1) / 128)


BAD = [
    (lambda: enclosures.norm_moment(-1.0, 5), "order must be finite and > 0, got -1.0"),
    (lambda: enclosures.norm_moment(0, 5), "order must be finite and > 0, got 0"),
    (lambda: enclosures.norm_moment(math.nan, 5), "order must be finite and > 0, got nan"),
    (lambda: enclosures.norm_moment(math.inf, 5), "order must be finite and > 0, got inf"),
    (lambda: enclosures.norm_moment(arb(0.1, 0.2), 5), "order must be finite and > 0"),
    (
        lambda: enclosures.norm_moment(True, 5),
        "order must be a number or a ball, finite and > 0, got True",
    ),
    (
        lambda: enclosures.norm_moment(1, 0),
        r"width must be a whole number from 1 to 2\*\*53, got 0",
    ),
    (lambda: enclosures.norm_moment(1, 2.5), "width must be a whole number .* got 2.5"),
    (lambda: enclosures.norm_moment(1, "9"), "width must be a whole number .* got '9'"),
    (lambda: enclosures.norm_moment(1, 5, "gelu"), "activation must be .* got 'gelu'"),
    (lambda: enclosures.norm_moment(1, 5, route="guess"), "route must be one of .* got 'guess'"),
    (lambda: enclosures.norm_moment(1, 5, "rrelu", route="sum"), "route must be 'mellin'"),
    (lambda: enclosures.norm_moment(200, 5, "rrelu"), "order must be <= 128 here, got 200"),
    (lambda: enclosures.norm_moment(1, 5, rel_radius=0), r"rel_radius must be in .* got 0"),
    (lambda: enclosures.weight_variance(1, 5, -3), "fan_out must be a whole number .* got -3"),
    (lambda: enclosures.weight_variance(1, 0), "fan_in must be a whole number .* got 0"),
    (
        lambda: enclosures.weight_variance(1, 5, preserve="mean"),
        "preserve must be one of 'rms', 'norm'",
    ),
    (
        lambda: enclosures.weight_variance_expansion(1, 5, terms=4),
        "terms must be one of 1, 2, 3, got 4",
    ),
    (lambda: enclosures.weight_variance_expansion(1, 5, terms=True), "terms must be one of"),
    (lambda: enclosures.laplace(-1), "t must be finite and >= 0, got -1"),
    (lambda: enclosures.layer_laplace(1, 0, 3), "variance must be finite and > 0, got 0"),
    (lambda: ActivationBox(math.nan), "lower must be a finite number or ball, got nan"),
    (lambda: ActivationBox(0.5, 0.25), "lower must satisfy 0 <= lower < upper"),
    (lambda: ActivationBox(arb(0.2, 0.2), 0.3), "lower must satisfy 0 <= lower < upper"),
    (lambda: ActivationBox(-0.5, 0.25), "lower must satisfy 0 <= lower < upper"),
    (lambda: ActivationBox(0, keep_prob=0), r"keep_prob must be in \(0, 1\], got 0"),
    (lambda: ActivationBox(0, keep_prob=1.5), r"keep_prob must be in \(0, 1\], got 1.5"),
    (lambda: ActivationBox(0, rescale="no"), "rescale must be True or False, got 'no'"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_names_argument_value_and_domain(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_activation_boxes_keep_the_parameters():
    law = activations.randomized_leaky_relu(0.1, 0.2).with_dropout(0.5, rescale=False)
    assert activation_box(law) == ActivationBox(0.1, 0.2, 0.5, False)
    assert activation_box("leaky_relu") == ActivationBox(0.01, None, 1.0, True)
