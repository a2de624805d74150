"""Enclosures of the KL bound over boxes: they must contain the values at all points, and not much more."""

from __future__ import annotations

import re
from fractions import Fraction
from inspect import signature
from itertools import product

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import enclosures_kl_bound as bounds
from theory import enclosures_kl_bound_divergence as divergence
from theory import enclosures_kl_bound_forward as forward
from theory import enclosures_kl_bound_networks as networks
from theory import enclosures_kl_bound_optima as optima
from theory import enclosures_kl_bound_scales as scales
from theory import enclosures_kl_bound_stationary as stationary
from theory.enclosures_activations import ActivationBox
from theory.enclosures_boxes import Box, box, positive_box, whole

_WIDTHS = (3, 4, 2)


def _loss(name):
    def value(s, r, x, y, a):
        return networks.expected_initial_loss(_WIDTHS, (s, r), x, y, ActivationBox(a), name)

    return value


def _scale(x, t, a, q):
    return scales.optimal_scale(_WIDTHS, t, x, ActivationBox(a, None, q))


def _variance(layer):
    def value(t, decay, x, a):
        return scales.optimal_variances(_WIDTHS, t, decay, x, ActivationBox(a))[layer]

    return value


# functions of numbers or balls, each argument meaningful from 0.06 to 0.83
BOXED = {
    "temperature": lambda step, s: stationary.temperature(step, 3, s),
    "limit": lambda a, b, s, step: stationary.stationary_covariance((a, b), s, step, 3),
    "steps": lambda a, b, s, step: stationary.stationary_covariance((a, b), -s, step, 3, True),
    "loss": lambda t: stationary.stationary_loss(t),
    "total loss": lambda s, r, step: stationary.stationary_total_loss((s, r), step, 3),
    "to": lambda a, b, s: divergence.kl_to_initial((a, b), s),
    "from": lambda a, b, s: divergence.kl_from_initial((a, b), s),
    "least": lambda a, b: divergence.minimum_divergence((a, b)),
    "tightness": lambda a, b: divergence.tightness((a, b)),
    "relaxation": lambda time, a, t, s, m: divergence.relaxation_divergence(time, a, t, s, m),
    "from behind": lambda time, a, t, s, m: divergence.relaxation_divergence(time, a, t, s, -m),
    "bound": lambda s, m, c, t: bounds.loss_bound(s, m, c, t, 3),
    "small": lambda s, m, t: bounds.small_variance_bound(s, m, t, 3),
    "large": lambda s, t: bounds.large_variance_bound(s, t),
    "optimal": lambda m, c, t: bounds.optimal_loss_bound(m, c, t, 3),
    "identity": lambda e, s, r, d, t: forward.free_energy_loss(e, s, r, d, t),
    "forward": lambda e, s, t, r: forward.forward_bound(e, s, t, 3, r),
    "transient": lambda e, s, m, t: forward.transient_bound(e, s, m, t, 3),
    "moment": lambda time, s, t, y: forward.second_moment_bound(time, s, t, 3, 2, y),
    "optimum": lambda m: optima.optimal_initial_variance(m, 3),
    "mean": lambda a, b: optima.mean_variance((a, b)),
    "virial": lambda a, b, t: optima.virial_variance((a, b), t),
    "jeffreys": lambda a, b: optima.jeffreys_variance((a, b)),
    "squared": _loss("half_squared"),
    "entropy": _loss("cross_entropy"),
    "scale": _scale,
    "without gain": lambda q: networks.expected_output_power(
        _WIDTHS, 1, 1, ActivationBox(0, None, q, rescale=False)
    ),
    "random": lambda q: networks.expected_output_power(_WIDTHS, 1, 1, ActivationBox(q, 2)),
    "variance": _variance(0),
    "smaller layer": _variance(1),
    "gain": lambda t, decay, x, a: scales.optimal_gain(_WIDTHS, t, decay, x, ActivationBox(a)),
}


def arity(name):
    return len(signature(BOXED[name]).parameters)


def inside(middle, radius, place):
    """A point of the ball about `middle`, at `place` from -1 to 1; exact."""
    return Fraction(middle) + Fraction(place) * Fraction(radius)


MIDDLES = (
    (0.5, 0.375, 0.625, 0.25, 0.75),
    (0.75, 0.75, 0.5, 0.5, 0.125),
    (0.125, 0.75, 0.25, 0.5, 0.375),
)


def balls_of(middles, radius):
    return [arb(middle, radius) for middle in middles]


@pytest.mark.parametrize("name", BOXED)
@pytest.mark.parametrize("middles", MIDDLES)
def test_boxes_contain_the_values_at_their_corners(name, middles):
    """A ball that an end of an argument had left out would miss the value at some corner."""
    function, count = BOXED[name], arity(name)
    wide = function(*balls_of(middles[:count], 2**-6))
    for corner in product((-1, 1), repeat=count):
        points = [inside(x, 2**-6, place) for x, place in zip(middles, corner, strict=False)]
        assert wide.overlaps(function(*points)), corner
    assert wide.contains(function(*middles[:count]).mid())


def test_the_least_of_the_loss_bound_is_in_its_box():
    """It is at the least second moment and the variance that fits it, inside the box of variances."""
    wide = bounds.loss_bound(arb(1, 0.375), arb(2, 0.5), arb(0, 0.25), 1, 2)
    least = bounds.loss_bound(0.75, 1.5, -0.25, 1, 2)
    assert wide.overlaps(least)
    assert wide.lower() > least - 1e-3


@pytest.mark.parametrize("radius", [2**-60, 2**-20, 2**-3])
def test_a_box_around_the_optimum_contains_zero(radius):
    around = divergence.kl_to_initial(1, arb(1, radius))
    assert around.contains(0)
    assert around.rad() < radius**2


@pytest.mark.parametrize("name", BOXED)
def test_narrow_boxes_give_narrow_balls(name):
    """The radius is at most 64 times that of the arguments, in units of their size and the value's."""
    middles = (0.5, 0.375, 0.625, 0.25, 0.75)[: arity(name)]
    narrow = BOXED[name](*balls_of(middles, 2**-30))
    assert narrow.rad() <= 2**-24 * (1 + abs(narrow.mid()))


FRACTIONS = st.floats(0.125, 0.625)
PLACES = st.tuples(FRACTIONS, FRACTIONS, st.floats(-1, 1))


@given(name=st.sampled_from(sorted(BOXED)), places=st.lists(PLACES, min_size=5, max_size=5))
@settings(deadline=None, max_examples=400)
def test_any_box_contains_the_value_at_any_point(name, places):
    used = [(middle, middle * share / 2, place) for middle, share, place in places[: arity(name)]]
    box = BOXED[name](*(arb(middle, radius) for middle, radius, _ in used))
    assert box.overlaps(BOXED[name](*(inside(*point) for point in used)))


@given(
    time=st.floats(2**-9, 2),
    spread=st.floats(0, 1),
    place=st.floats(-1, 1),
    start=st.floats(0.5, 2),
)
@settings(deadline=None, max_examples=200)
def test_a_box_of_times_contains_the_divergence_at_each(time, spread, place, start):
    """The ball of the ratio is wide here and may hold 1 though the ratio itself does not."""
    middle, radius = time + spread, spread
    box = divergence.relaxation_divergence(arb(middle, radius), 1, 1, start)
    value = divergence.relaxation_divergence(inside(middle, radius, place), 1, 1, start)
    assert box.overlaps(value)


@pytest.mark.parametrize(
    ("function", "middle"),
    [
        (lambda x: bounds.loss_bound(x, 2, 0, 1, 2), 1),  # the minimum inside
        (lambda x: bounds.loss_bound(3, x, 0, 1, 2), 1),
        (lambda x: bounds.loss_bound(1, x, 0, 1, 2), 1),
        (lambda x: bounds.loss_bound(1, 2, x, 1, 2), 1),
        (lambda x: bounds.loss_bound(3, 2, 0, x, 2), 1),
        (lambda x: bounds.optimal_loss_bound(x, 0, 1, 2), 1),
        (lambda x: divergence.kl_to_initial((x,), 1), 1),
        (lambda x: divergence.kl_from_initial((x, 2), 1), 1),
        (lambda x: stationary.stationary_covariance((x, 3), 1, 0.5, 1), 1),
        (lambda x: stationary.stationary_covariance((x, 1), 1, 0.5, 1, discrete=True), 1),
        (lambda x: stationary.stationary_covariance((x, 3), -1, 0.5, 1, discrete=True), 1),
        (lambda x: stationary.stationary_covariance((3, x), 1, 0.5, 1, discrete=True), 3),
        (lambda x: stationary.stationary_covariance((1, x), 1, 0.5, 1, discrete=True), 3),
        (lambda x: optima.jeffreys_variance((x, 2)), 1),
        (lambda x: scales.optimal_scale((3, 4, 2), 1, x), 1),
        (lambda x: forward.forward_bound(1, 1, x, 3, 1), 1),
    ],
)
def test_boxes_of_one_argument_are_the_smallest(function, middle):
    """The hull of values over a grid is all but 1 in 1000 of the enclosure, and inside it."""
    box = function(arb(middle, 0.25))
    values = [function(Fraction(middle) + Fraction(k - 64, 256)) for k in range(129)]
    hull = values[0]
    for value in values[1:]:
        hull = hull.union(value)
    assert box.contains(hull.mid())
    assert box.rad() <= hull.rad() * 1.001


@given(places=st.lists(st.tuples(st.floats(0.25, 4), st.floats(0, 0.9)), min_size=4, max_size=4))
@settings(deadline=None, max_examples=100)
def test_wide_boxes_of_relaxations_are_finite(places):
    """r lies between 1 and s0 a/T; the ball of the sum that it is may contain 0."""
    time, rate, heat, start = (arb(middle, middle * share) for middle, share in places)
    wide = divergence.relaxation_divergence(time, (rate,), heat, start)
    assert wide.is_finite()
    time, rate, heat, start = (Fraction(middle) for middle, _ in places)
    assert wide.overlaps(divergence.relaxation_divergence(time, (rate,), heat, start))


# --- what a box is of ---

_LONG = mpmath.MPContext()
_LONG.prec = 200
NUMBERS = {
    "mpmath": (_LONG.mpf(1) / 3, None),
    "negative": (-_LONG.mpf(5) / 7, None),
    "huge": (_LONG.mpf(3) ** 3000, None),
    "sympy": (sympy.Float("0.1", 50), None),
    "rational": (sympy.Rational(1, 3), fmpq(1, 3)),
    "long double": (np.longdouble(1) / 3, None),
    "single": (np.float32(0.1), fmpq(13421773, 134217728)),
    "int": (np.int8(-3), fmpq(-3)),
    "zero": (_LONG.mpf(0), fmpq(0)),
}


def as_rational(number):
    """The number by its digits."""
    if isinstance(number, np.longdouble):
        return fmpq(*number.as_integer_ratio())
    return fmpq(*map(int, mpmath.libmp.to_rational(number._mpf_)))


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_any_width_are_exact(name):
    """One that is rounded to float64 would be enclosed beside the truth."""
    number, exact = NUMBERS[name]
    exact = as_rational(number) if exact is None else exact
    assert box("x", number) == Box(exact, exact)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box("x", _LONG.inf), "x must be a finite number or ball, got mpf('+inf')"),
        (lambda: box("x", _LONG.nan), "x must be a finite number or ball, got mpf('nan')"),
        (lambda: box("x", np.longdouble("inf")), "x must be a finite number or ball, got np.longd"),
        (lambda: box("x", "1"), "x must be a finite number or ball, got '1'"),
        (lambda: box("x", True), "x must be a finite number or ball, got True"),
        (lambda: whole("x", "64"), "x must be a whole number from 1 to 2**53, got '64'"),
        (lambda: positive_box("x", "1"), "x must be a number or a ball, finite and > 0, got '1'"),
        (
            lambda: divergence.kl_to_initial(np.ones(2), 1),
            "covariance must be a number or a ball, finite and > 0, got array([1., 1.])",
        ),
        (
            lambda: positive_box("x", np.float64(-1)),
            "x must be finite and > 0, got np.float64(-1.0)",
        ),
        *(
            (
                lambda layer=layer: scales.optimal_variance(
                    layer, widths=(3, 2), temperature=1, weight_decay=1, input_power=1
                ),
                f"layer must be one of 1 to 1, got {layer!r}",
            )
            for layer in (True, 0, 1.5, "1")
        ),
        (
            lambda: stationary.stationary_covariance((1, 2), 1, 0.5, 1, discrete="no"),
            "discrete must be True or False, got 'no'",
        ),
    ],
)
def test_what_a_box_is_not_of(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
