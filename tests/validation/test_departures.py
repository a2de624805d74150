"""Approximations and departures: the numbers that the statements quote, and the pieces that only these claims use."""

from itertools import pairwise

import numpy as np
import pytest

from theory.activations import linear, relu
from theory.fractional_moments import weight_variance, zero_drift_variance
from validation.checks.log_moment import LogMomentCheck
from validation.checks.mean import MeanCheck
from validation.claim import PROFILES
from validation.claims import all_claims
from validation.claims.fractional_moments_departures_paths import _enclosed_cdf
from validation.references import active_unit_cdf
from validation.references_weights import EXCESS_KURTOSIS, fourth_moment

QUICK = all_claims(PROFILES["quick"])


def walk(width, activation):
    """Sussillo & Abbott's standard deviations, as the public code has them."""
    if activation == "linear":
        return np.exp(1 / (2 * width)) / np.sqrt(width)
    return np.sqrt(2) * np.exp(1.2 / (width - 2.4)) / np.sqrt(width)


@pytest.mark.parametrize(
    ("activation", "width", "percent"),
    [("relu", 3, 396), ("relu", 10, 0.42), ("linear", 3, -1.8), ("linear", 10, -0.17)],
)
def test_how_far_off_the_random_walk_forms_are(activation, width, percent):
    error = 100 * (walk(width, activation) / np.sqrt(zero_drift_variance(width, activation)) - 1)
    assert float(error) == pytest.approx(percent, rel=0.03)
    assert f"{abs(percent)} %" in QUICK["fm.sussillo-abbott"].statement


def test_the_relu_form_is_too_small_at_large_width():
    width = 10.0**5
    error = walk(width, "relu") / np.sqrt(zero_drift_variance(width)) - 1
    assert float(error) * width == pytest.approx(-0.05, rel=1e-3)


@pytest.mark.parametrize(
    ("law", "width", "percent"), [("uniform", 3, "-18"), ("uniform", 8, "-5.5")]
)
def test_how_far_off_other_weights_are(law, width, percent):
    ratio = fourth_moment(width, width, EXCESS_KURTOSIS[law]) / fourth_moment(width, width, 0.0)
    assert 100 * (ratio - 1) == pytest.approx(float(percent), rel=0.02)
    assert f"{percent} % at {width} x {width}" in QUICK["fm.weight-law.uniform"].statement


@pytest.mark.parametrize("name", ["uniform", "truncated-normal"])
def test_the_theory_s_value_is_among_what_other_weights_must_refute(name):
    checks = [c for c in QUICK[f"fm.weight-law.{name}"].checks if isinstance(c, MeanCheck)]
    assert {c.experiment.weight_law for c in checks} == {name.replace("-", "_")}
    assert all(list(c.rivals.values()) == [1.0] for c in checks if c.order != 2)
    for check in checks:
        exponent = check.order / 2
        off = abs(check.expected ** (1 / exponent) - 1)
        assert check.order == 2 or off > 2 * check.resolution  # far enough to be told


def test_no_drift_is_what_the_random_walk_forms_must_refute():
    checks = [c for c in QUICK["fm.sussillo-abbott"].checks if isinstance(c, LogMomentCheck)]
    assert len(checks) == 3
    for check in checks:
        assert check.rivals == {"no drift": 0.0}
        assert abs(np.expm1(2 * check.mean)) > 1.6 * check.resolution


@pytest.mark.parametrize("preserve", ["rms", "norm"])
def test_stacks_have_no_two_neighbours_of_one_width(preserve):
    for check in QUICK[f"fm.stack.{preserve}"].checks:
        if isinstance(check, MeanCheck):
            widths = check.experiment.widths
            assert all(a != b for a, b in pairwise(widths))
            kept = (widths[-1] / widths[0]) ** 0.5 if preserve == "rms" else 1.0
            assert check.expected == pytest.approx(kept, rel=1e-14)
            assert len(check.rivals) == 3


@pytest.mark.parametrize("activation", [linear(), relu()], ids=["linear", "relu"])
@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("z", [0.1, 1.0, 2.5])
def test_enclosed_cdf(activation, width, z):
    variance = float(weight_variance(1.0, width, activation=activation))
    exact = float(active_unit_cdf(width, variance, activation)(np.array([np.log(z)]))[0])
    assert float(_enclosed_cdf(z, width, 1.0, activation)) == pytest.approx(exact, rel=1e-12)
