"""theory.activations against integrals over z and the slope, and the identities between activations."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.activations import (
    Activation,
    leaky_relu,
    linear,
    randomized_leaky_relu,
    relu,
    resolve,
)

LAWS = [
    (1.0, 1.0, 1.0, True),
    (0.0, 0.0, 1.0, True),
    (0.01, 0.01, 1.0, True),
    (-0.3, -0.3, 1.0, True),
    (40.0, 40.0, 1.0, True),
    (1e-8, 1e-8, 1.0, True),
    (1 / 8, 1 / 3, 1.0, True),
    (0.0, 1.0, 1.0, True),
    (0.0, 30.0, 1.0, True),
    (0.7, 0.7000001, 1.0, True),
    (0.3, 0.3, 0.8, True),
    (0.0, 0.0, 0.5, False),
    (0.5, 2.0, 0.1, True),
    (1 / 8, 1 / 3, 0.9, False),
]
SLOPES = st.floats(-50, 50, allow_subnormal=False)
KEEP = st.floats(1e-6, 1)
TIMES = st.floats(0, 1e12)


def assert_same_law(one: Activation, other: Activation, t: float) -> None:
    assert one.laplace(t) == pytest.approx(other.laplace(t), rel=1e-14, abs=1e-15)
    assert one.second_moment == pytest.approx(other.second_moment, rel=1e-14)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_laplace_transform_and_complement(law, oracles, assert_errors):
    activation, rows = Activation(*law), []
    for log_t in np.linspace(-60, 60, 41):
        exact = oracles.laplace_complement(law, oracles.MP.exp(log_t))
        value = float(activation.laplace_complement(np.float64(log_t)))
        rows.append((("complement", log_t), float(abs(value / exact - 1)), 1e-14))
        t = float(np.exp(log_t))
        exact = 1 - oracles.laplace_complement(law, t)
        rows.append((("psi", t), float(abs(float(activation.laplace(t)) - exact)), 1e-15))
    assert_errors(rows)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_transform_continues_analytically(law, oracles, assert_errors):
    """The Bromwich contour needs psi at complex t, up to the upper lip of the branch cut."""
    activation, rows = Activation(*law), []
    pole = law[2] ** 2 if law[3] else 1.0
    pole /= 2 * max(1.0, law[1] ** 2)
    for size in (1e-6, 0.1, 0.99, 3.0, 1e3):
        for angle in (0.1, 1.5, 2.5, -2.5, math.pi):
            if angle == math.pi and size >= 1:
                continue
            log_t = np.array([np.log(size * pole) + 1j * angle])
            exact = oracles.laplace_complement(law, oracles.MP.exp(oracles.MP.convert(log_t[0])))
            error = abs(
                oracles.MP.convert(complex(activation.laplace_complement(log_t)[0])) / exact - 1
            )
            rows.append(((size, angle), float(error), 1e-13))
    assert_errors(rows)


@pytest.mark.parametrize("t", [0.0, 1e-3, 0.7, 30.0])
@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0, -2.0])
def test_fixed_slope_transform_is_the_gaussian_integral(slope, t, oracles):
    mp = oracles.MP

    def integrand(z):
        return (mp.exp(-t * z * z) + mp.exp(-t * (slope * z) ** 2)) * mp.npdf(z)

    exact = mp.quad(integrand, [0, 0.1, 1, 4, 8, 17])
    assert float(leaky_relu(slope).laplace(t)) == pytest.approx(float(exact), abs=1e-15)


def test_psi_at_the_ends():
    for law in LAWS:
        activation = Activation(*law)
        assert activation.laplace(0.0) == 1.0
        assert activation.laplace(np.inf) == activation.zero_probability
        assert activation.laplace(np.inf) == pytest.approx(activation.laplace(1e300), abs=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_moments(law, oracles, assert_errors):
    activation = Activation(*law)
    second = oracles.unit_moment(law, 1)
    rows = [
        ("second moment", float(abs(activation.second_moment / second - 1)), 4 * 2.0**-53),
        ("its log", float(abs(activation.log_second_moment - oracles.MP.log(second))), 4e-15),
    ]
    for k in range(1, 9):
        exact = oracles.unit_moment(law, k) / second**k
        rows.append((f"ratio {k}", float(abs(activation.moment_ratio(k) / exact - 1)), 1e-15 * k))
    assert_errors(rows)


@pytest.mark.parametrize(
    ("activation", "zero"),
    [
        (linear(), 0.0),
        (leaky_relu(1e-300), 0.0),
        (relu(), 0.5),
        (randomized_leaky_relu(0, 1), 0.0),
        (relu().with_dropout(0.5), 0.75),
        (linear().with_dropout(0.25, rescale=False), 0.75),
    ],
    ids=lambda v: v.name if isinstance(v, Activation) else None,
)
def test_zero_probability(activation, zero):
    assert activation.zero_probability == zero
    assert activation.nonzero_probability == 1 - zero


@pytest.mark.parametrize(
    ("activation", "log_slope"),
    [
        (relu(), 0.0),
        (leaky_relu(3.0), 0.0),
        (leaky_relu(-0.5), math.log(0.5)),
        (randomized_leaky_relu(0, 0.5), math.log(0.5)),
    ],
)
def test_smallest_log_slope(activation, log_slope):
    assert activation.smallest_log_slope == log_slope


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (linear(), "linear"),
        (relu(), "relu"),
        (leaky_relu(), "leaky_relu(0.01)"),
        (randomized_leaky_relu(0, 0.5), "rrelu(0, 0.5)"),
        (relu().with_dropout(0.5), "relu, dropout keeping 0.5"),
        (linear().with_dropout(0.5, False), "linear, dropout keeping 0.5, not rescaled"),
    ],
)
def test_names(activation, name):
    assert activation.name == name


def test_defaults_are_pytorchs():
    assert resolve("leaky_relu") == Activation(0.01, 0.01)
    assert resolve("rrelu") == Activation(1 / 8, 1 / 3)
    assert resolve("linear") == Activation(1.0, 1.0)
    assert resolve("relu") == Activation(0.0, 0.0)
    assert resolve(relu().with_dropout(0.5)) == Activation(0.0, 0.0, 0.5, True)


@given(TIMES)
def test_special_slopes(t):
    assert_same_law(leaky_relu(0.0), relu(), t)
    assert_same_law(leaky_relu(1.0), linear(), t)
    assert_same_law(leaky_relu(-1.0), linear(), t)


@given(SLOPES, TIMES)
def test_only_the_size_of_the_slope_matters(slope, t):
    assert_same_law(leaky_relu(slope), leaky_relu(-slope), t)


@given(st.floats(1e-3, 1e3), TIMES)
def test_exchanging_the_two_sides_rescales(slope, t):
    """A z on one side and z on the other: phi_a(z) has the law of a phi_(1/a)(z)."""
    one = leaky_relu(slope).laplace(t)
    assert one == pytest.approx(leaky_relu(1 / slope).laplace(slope**2 * t), rel=1e-12)


@given(st.floats(0, 5), st.floats(0.01, 5), TIMES)
def test_random_slope_lies_between_its_ends(lower, gap, t):
    between = randomized_leaky_relu(lower, lower + gap).laplace(t)
    assert (
        leaky_relu(lower + gap).laplace(t) - 1e-15
        <= between
        <= leaky_relu(lower).laplace(t) + 1e-15
    )


@given(st.floats(0.01, 5), st.floats(1e-15, 1e-9), TIMES)
def test_narrow_slope_range_tends_to_the_fixed_slope(slope, relative_gap, t):
    narrow = randomized_leaky_relu(slope, slope * (1 + relative_gap))
    assert float(narrow.laplace(t)) == pytest.approx(float(leaky_relu(slope).laplace(t)), rel=1e-8)


def test_adjacent_floats_as_slope_range():
    narrow = randomized_leaky_relu(np.nextafter(0.7, 0), 0.7)
    t = np.logspace(-30, 30, 241)
    np.testing.assert_allclose(narrow.laplace(t), leaky_relu(0.7).laplace(t), rtol=1e-14)


@given(SLOPES, KEEP, st.booleans(), st.lists(TIMES, min_size=2, max_size=6))
def test_psi_decreases_from_one_and_broadcasts(slope, keep_prob, rescale, times):
    activation = leaky_relu(slope).with_dropout(keep_prob, rescale)
    t = np.sort(times)
    psi = activation.laplace(t)
    assert np.all((psi >= 0) & (psi <= 1))
    assert np.all(np.diff(psi) <= 2e-16)
    np.testing.assert_array_equal(psi, [activation.laplace(x) for x in t])


@given(SLOPES, KEEP, TIMES)
def test_dropout_mixes_with_an_atom(slope, keep_prob, t):
    plain = leaky_relu(slope)
    dropped = plain.with_dropout(keep_prob, rescale=False).laplace(t)
    assert dropped == pytest.approx(1 - keep_prob + keep_prob * plain.laplace(t), abs=1e-15)
    rescaled = plain.with_dropout(keep_prob).laplace(t * keep_prob**2)
    assert rescaled == pytest.approx(dropped, abs=1e-14)


@given(SLOPES, KEEP)
def test_inverted_dropout_keeps_the_mean_of_the_unit(slope, keep_prob):
    """Rescaling divides the second moment by keep_prob; no dropout leaves it, a second dropout replaces the first."""
    plain = leaky_relu(slope)
    assert plain.with_dropout(keep_prob).second_moment == pytest.approx(
        plain.second_moment / keep_prob
    )
    assert plain.with_dropout(keep_prob).with_dropout(1.0) == plain


SLOPE_RANGE = "lower must satisfy 0 <= lower < upper, got "
NAMES = "activation must be an Activation or one of 'linear', 'relu', 'leaky_relu', 'rrelu', got "
BAD = {
    "slope nan": (lambda: leaky_relu(math.nan), "slope must be a finite number, got nan"),
    "slope inf": (lambda: leaky_relu(math.inf), "slope must be a finite number, got inf"),
    "slope text": (lambda: leaky_relu("steep"), "slope must be real numbers, got 'steep'"),
    "slope complex": (lambda: leaky_relu(1j), "slope must be real numbers, got 1j"),
    "slope array": (lambda: leaky_relu([0.1, 0.2]), "slope must be a finite number, got [0.1, 0.2]"),
    "rrelu lower > upper": (lambda: randomized_leaky_relu(0.5, 0.2), SLOPE_RANGE + "lower=0.5, upper=0.2"),
    "rrelu lower = upper": (lambda: randomized_leaky_relu(0.5, 0.5), SLOPE_RANGE + "lower=0.5, upper=0.5"),
    "rrelu negative": (lambda: randomized_leaky_relu(-0.1, 0.5), SLOPE_RANGE + "lower=-0.1, upper=0.5"),
    "rrelu upper inf": (lambda: randomized_leaky_relu(0, math.inf), "upper must be a finite number, got inf"),
    "Activation lower > upper": (lambda: Activation(0.5, 0.2), SLOPE_RANGE + "lower=0.5, upper=0.2"),
    "keep_prob 0": (lambda: relu().with_dropout(0), "keep_prob must be in (0, 1], got 0.0"),
    "keep_prob subnormal": (lambda: relu().with_dropout(1e-310), "keep_prob must be in (0, 1], got 1e-310 (subnormal)"),
    "keep_prob 1.1": (lambda: relu().with_dropout(1.1), "keep_prob must be in (0, 1], got 1.1"),
    "keep_prob nan": (lambda: relu().with_dropout(math.nan), "keep_prob must be a finite number, got nan"),
    "rescale": (lambda: relu().with_dropout(0.5, rescale="no"), "rescale must be True or False, got 'no'"),
    "unknown name": (lambda: resolve("gelu"), NAMES + "'gelu'"),
    "unknown object": (lambda: resolve(max), NAMES + "<built-in function max>"),
    "unhashable": (lambda: resolve(["relu"]), NAMES + "['relu']"),
    "t negative": (lambda: relu().laplace([1, -2.0]), "t must be >= 0, got -2.0"),
    "t nan": (lambda: relu().laplace(math.nan), "t must be >= 0, got nan"),
    "t complex": (lambda: relu().laplace(1j), "t must be real numbers, got 1j"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
