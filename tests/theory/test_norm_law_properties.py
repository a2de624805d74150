"""The law of the output norm as mathematics: convolution, scaling, inverse functions, moments, the central limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import roots_legendre

from theory.activations import leaky_relu, linear, randomized_leaky_relu, relu
from theory.complex_moments import ComplexMoments
from theory.fractional_moments import log_norm_mean, log_norm_variance, weight_variance
from theory.norm_law import NormLaw

ACTIVATIONS = (
    linear(),
    relu(),
    leaky_relu(),
    leaky_relu(2.0),
    randomized_leaky_relu(),
    relu().with_dropout(0.7),
    leaky_relu(0.3).with_dropout(0.5, rescale=False),
)
activations = st.sampled_from(ACTIVATIONS)
laws = st.builds(
    NormLaw,
    st.integers(1, 300),
    st.integers(1, 200),
    st.floats(0.01, 10.0),
    activations,
)


def characteristic(law, frequency):
    """E exp(i w log(|x_depth|/|x_0|)) given survival, by integrating the density: not how the law was made."""
    nodes, weights = roots_legendre(3000)
    log = law.log
    edge = log._inversion.period / 2 * log.std()
    x = log.mean() + edge * nodes
    return (np.exp(1j * np.outer(frequency, x)) * log.pdf(x)) @ weights * edge


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize(("width", "first", "second"), [(4, 2, 3), (64, 10, 1), (17, 20, 30)])
def test_depths_add_by_convolution(activation, width, first, second):
    """Moments of complex order of depth a + b are products of those of depths a and b, read off the densities."""
    frequency = np.array([0.1, 0.5, 1.0, 3.0])
    a, b, both = (
        characteristic(NormLaw(width, depth, 2 / width, activation), frequency)
        for depth in (first, second, first + second)
    )
    assert np.max(np.abs(a * b - both)) < 1e-9


@given(activations, st.integers(1, 2000), st.floats(0.0, 12.0))
def test_complex_moments_are_a_characteristic_function(activation, width, frequency):
    """1 at 0, at most 1 elsewhere; the phase starts with the mean of the logarithm, found on the real axis."""
    moments, step = ComplexMoments(width, activation), 1e-4
    start, near, value = moments(np.array([0.0, step, frequency]))
    mean = 2 * log_norm_mean(width, activation) - moments.reference.log_mean[0]
    spread = 2 * np.sqrt(log_norm_variance(width, activation))
    assert start == pytest.approx(1, abs=1e-14)
    assert np.angle(near) == pytest.approx(step * mean, abs=10 * (step * (spread + 1)) ** 3 + 1e-14)
    assert abs(value) <= 1 + 1e-14


@settings(max_examples=30)
@given(laws, st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5))
def test_quantiles_invert_the_cdf(law, probabilities):
    assert law.log.cdf(law.log.ppf(probabilities)) == pytest.approx(probabilities, abs=1e-12)
    alive = law.extinction + (1 - law.extinction) * np.asarray(probabilities)
    x = law.ppf(alive)
    seen = np.isfinite(x) & (x > 0) & (law.extinction < 0.999)
    assert np.asarray(law.cdf(x))[seen] == pytest.approx(alive[seen], abs=1e-10)


@settings(max_examples=30)
@given(laws, st.floats(0.01, 100.0))
def test_the_variance_only_shifts_the_log(law, factor):
    """|x_depth| scales with variance^(depth/2), so cdfs at scaled points agree."""
    other = NormLaw(law.width, law.depth, law.variance * factor, law.activation)
    x = law.log.mean() + law.log.std() * np.linspace(-3, 3, 7)
    moved = other.log.cdf(x + law.depth * np.log(factor) / 2)
    assert moved == pytest.approx(law.log.cdf(x), abs=1e-11)


@settings(max_examples=30)
@given(laws)
def test_cdf_and_sf_are_complements_that_grow_from_the_atom(law):
    x = np.exp(law.log.mean() + law.log.std() * np.linspace(-6, 6, 60))
    cdf = law.cdf(x)
    assert cdf + law.sf(x) == pytest.approx(np.ones(60), abs=1e-14)
    assert np.all(np.diff(cdf) > -1e-12)
    assert law.cdf(0.0) == pytest.approx(law.extinction)
    assert law.cdf(-1.0) == 0


@settings(max_examples=20)
@given(st.integers(1, 200), st.integers(1, 500), activations)
def test_mean_and_variance_of_the_log_are_depth_times_a_step_s(width, depth, activation):
    law = NormLaw(width, depth, 1.0, activation).log
    assert law.mean() == pytest.approx(
        depth * log_norm_mean(width, activation), rel=1e-12, abs=1e-12
    )
    assert law.var() == pytest.approx(depth * log_norm_variance(width, activation), rel=1e-12)


@given(activations, st.integers(1, 10**4), st.integers(1, 1000), st.floats(0.1, 2.0))
def test_the_scheme_keeps_its_moment_at_every_depth(activation, width, depth, order):
    law = NormLaw(width, depth, weight_variance(order, width, activation=activation), activation)
    assert law.moment(order) == pytest.approx(1, rel=3e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_moments_of_the_law_are_integrals_of_its_tail(activation):
    """E|x|^s = int s r^(s-1) P(|x| > r) dr: the law and the closed form of the moment meet."""
    law = NormLaw(6, 3, 0.3, activation)
    nodes, weights = roots_legendre(400)
    low, high = law.log.mean() - 40, law.log.mean() + 7 * law.log.std()
    x = (low + high) / 2 + (high - low) / 2 * nodes
    for order in (0.5, 1.0, 1.5):  # the law's absolute error weighs r^order at the far end
        integral = (
            np.sum(weights * order * np.exp(order * x) * law.sf(np.exp(x))) * (high - low) / 2
        )
        below = (1 - law.extinction) * np.exp(order * low)
        assert integral + below == pytest.approx(
            law.moment(order), abs=1e-14 * np.exp(order * high) + 1e-11
        )


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_distance_to_the_normal_law_falls_as_the_root_of_the_depth(activation):
    """sup |F - Phi| ~ |skewness|/(6 sqrt(2 pi)) (Esseen), the next term O(1/depth)."""
    ratios = []
    for depth in (200, 800):
        law = NormLaw(8, depth, 1.0, activation).log
        x = law.mean() + law.std() * np.linspace(-3, 3, 1201)
        distance = np.max(np.abs(law.cdf(x) - law.gaussian_cdf(x)))
        ratios.append(distance / (abs(law.skewness()) / (6 * np.sqrt(2 * np.pi))))
    assert abs(ratios[1] - 1) < 0.02
    assert abs(ratios[1] - 1) < 0.6 * abs(ratios[0] - 1) + 1e-3


def test_moments_overflow_to_infinity_and_not_to_nan():
    law = NormLaw(4, 1000, 1e3)
    assert law.moment(2) == np.inf
    assert law.var() == np.inf
    assert law.mean() == np.inf
    assert law.log.cdf(np.inf) == 1
    assert law.log.cdf(-np.inf) == 0
    assert law.ppf(1.0) == np.inf
    assert law.ppf(0.0) == 0
