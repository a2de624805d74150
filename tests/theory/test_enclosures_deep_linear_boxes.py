"""Enclosures of deep linear nets over boxes: they must contain the values at all points, and not much more."""

from __future__ import annotations

from fractions import Fraction
from inspect import signature
from itertools import product

import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import enclosures_deep_linear_chi as chi
from theory import enclosures_deep_linear_kernel as kernel
from theory import enclosures_deep_linear_modes as modes
from theory import enclosures_deep_linear_rates as rates
from theory import enclosures_deep_linear_widths as widths

# functions of numbers or balls, each argument meaningful from 0.06 to 0.83
BOXED = {
    "limit": lambda x: rates.max_learning_rate(x, 3, 2),
    "Gaussian limit": lambda x: rates.gaussian_max_learning_rate(x, 3, 2),
    "factor": lambda eta, s: rates.contraction_factor(eta, 3, s, 2),
    "Gaussian factor": lambda eta, s: rates.gaussian_contraction_factor(eta, 3, s, 2),
    "movement": lambda loss, x, s: rates.weight_movement_bound(loss, x, s, 3, 2),
    "kernel": lambda s: kernel.ntk_eigenvalues(s, 3, 2),
    "start": lambda x, y: kernel.expected_initial_loss(x, y),
    "course": lambda t, s, p, r, eta: kernel.kernel_loss(t, (s, r), (p, p), eta, 3, 2),
    "fast": lambda t, s, p, eta: kernel.kernel_loss(t, 2 * s, p, eta, 9, 1),
    "width": lambda s, r, norm, delta, c: widths.required_width((s, r), norm, 3, delta, c),
    "Gaussian width": lambda s, r, norm, delta, c: widths.gaussian_required_width(
        (s, r), norm, 3, delta, 5, c
    ),
    "one layer": lambda t, s, y, rate: modes.mode_strength(t, s, y, rate, 1),
    "two layers": lambda t, s, y, rate: modes.mode_strength(t, s, y, rate),
    "moment": lambda q: chi.chi_moment(q, 3),
    "large moment": lambda q: chi.chi_moment(2 * q, 1),
    "scalar": lambda q: chi.scalar_product_moment(q, 4),
    "ratio": lambda a: chi.gamma_ratio(a + 1),
    "ratio bound": lambda a: chi.gamma_ratio_bound(a + 1),
}
MIDDLES = (
    (0.5, 0.375, 0.625, 0.25, 0.75),
    (0.75, 0.75, 0.5, 0.5, 0.125),
    (0.125, 0.75, 0.25, 0.5, 0.375),
)


def arity(name):
    return len(signature(BOXED[name]).parameters)


def inside(middle, radius, place):
    """A point of the ball about `middle`, at `place` from -1 to 1; exact."""
    return Fraction(middle) + Fraction(place) * Fraction(radius)


@pytest.mark.parametrize("name", BOXED)
@pytest.mark.parametrize("middles", MIDDLES)
def test_boxes_contain_the_values_at_their_corners(name, middles):
    """A ball that an end of an argument had left out would miss the value at some corner."""
    function, count = BOXED[name], arity(name)
    wide = function(*(arb(middle, 2**-6) for middle in middles[:count]))
    for corner in product((-1, 1), repeat=count):
        points = [inside(x, 2**-6, place) for x, place in zip(middles, corner, strict=False)]
        assert wide.overlaps(function(*points)), corner
    assert wide.contains(function(*middles[:count]).mid())


@pytest.mark.parametrize("name", BOXED)
def test_narrow_boxes_give_narrow_balls(name):
    """The radius is at most 2**11 times that of the arguments, in units of the value's size."""
    narrow = BOXED[name](*(arb(middle, 2**-30) for middle in MIDDLES[0][: arity(name)]))
    assert narrow.rad() <= 2**-19 * (1 + abs(narrow.mid()))


FRACTIONS = st.floats(0.125, 0.625)
PLACES = st.tuples(FRACTIONS, FRACTIONS, st.floats(-1, 1))


@given(name=st.sampled_from(sorted(BOXED)), places=st.lists(PLACES, min_size=5, max_size=5))
@settings(deadline=None, max_examples=300)
def test_any_box_contains_the_value_at_any_point(name, places):
    used = [(middle, middle * share / 2, place) for middle, share, place in places[: arity(name)]]
    box = BOXED[name](*(arb(middle, radius) for middle, radius, _ in used))
    assert box.overlaps(BOXED[name](*(inside(*point) for point in used)))


@pytest.mark.parametrize(
    ("function", "middle"),
    [
        (lambda x: rates.contraction_factor(x, 3, 1, 2), 1),
        (lambda x: rates.weight_movement_bound(x, 1, 1, 3, 2), 1),
        (lambda x: widths.required_width((1, 2), x, 3, 0.5), 1),
        (lambda x: widths.required_width((1, 2), 1, 3, x), 0.5),
        (lambda x: widths.gaussian_required_width((1, 2), x, 3, 0.5, 2), 1),
        (lambda x: kernel.kernel_loss(x, 1, 2, 0.25, 3, 1), 1),
        (lambda x: kernel.kernel_loss(2, 1, x, 0.25, 3, 1), 1),
        (lambda x: kernel.kernel_loss(2, 1, 1, x, 1, 1), 1),  # the exact fit inside
        (lambda x: modes.mode_strength(x, 0.5, 2), 1),
        (lambda x: modes.mode_strength(x, 2, 0.5), 1),
        (lambda x: modes.mode_strength(1, x, 1), 1),
        (lambda x: modes.mode_strength(1, 2, x), 1),
        (lambda x: modes.mode_strength(1, 2, x, depth=1), 1),
        (lambda x: modes.mode_strength(1, 2, 1, x, depth=1), 1),
        (lambda x: chi.gamma_ratio(x), 1),
        (lambda x: chi.gamma_ratio_bound(x), 1),
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
