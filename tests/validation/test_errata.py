"""The errata: both formulas of each are judged, with the numbers that are claimed of them."""

import numpy as np
import pytest
from flint import arb

from theory.activations import leaky_relu, linear
from theory.fractional_moments import weight_variance, weight_variance_expansion
from validation.checks.formula import FormulaCheck
from validation.claim import PROFILES, Expectation
from validation.claims import all_claims
from validation.claims.fractional_moments_errata_leaky import COEFFICIENTS
from validation.claims.fractional_moments_errata_samples import drawn_std
from validation.claims.fractional_moments_errata_tails import (
    deep_moment,
    enclosed_deep_moment,
    reach_probability,
)

ERRATA = {
    k: c for k, c in all_claims(PROFILES["quick"]).items() if c.expectation is Expectation.ERRATUM
}
ARTEFACTS = {
    "b-e1": "frac_init.py",
    "b-e2": "frac_init.py",
    "b-e3": "Figure 4.ipynb",
    "b-e4": "Figure 1.ipynb",
}


@pytest.mark.parametrize(("name", "file"), ARTEFACTS.items())
def test_each_names_its_artefact_and_has_checks_of_both_formulas_only(name, file):
    claim = ERRATA[f"fm.erratum.{name}"]
    assert "commit 3af9cb40977d" in claim.source
    assert file in claim.source
    assert "printed:" in claim.statement
    assert "corrected:" in claim.statement
    assert all(isinstance(check, FormulaCheck) for check in claim.checks)
    printed = [c.check for c in claim.checks if c.formula == "printed"]
    corrected = [c.check for c in claim.checks if c.formula == "corrected"]
    assert len({getattr(c, "kind", type(c).__name__) for c in printed}) >= 2
    assert len({getattr(c, "kind", type(c).__name__) for c in corrected}) >= 2


def test_the_leaky_coefficients_are_those_of_the_record():
    printed, corrected = COEFFICIENTS["printed"], COEFFICIENTS["corrected"]
    assert (printed(1.0, 0.5), corrected(1.0, 0.5)) == pytest.approx((0.955, 1.232), abs=5e-4)
    assert (printed(1.0, 1.0), corrected(1.0, 1.0)) == pytest.approx((-0.9, 0.5), rel=1e-12)


@pytest.mark.parametrize("order", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("slope", [1e-3, 3e-3])
def test_the_coefficients_agree_to_the_square_of_the_slope(order, slope):
    difference = COEFFICIENTS["printed"](order, slope) - COEFFICIENTS["corrected"](order, slope)
    assert difference == pytest.approx((2 - order) * (17 * order / 4 - 12) * slope**4, rel=1e-3)


@pytest.mark.parametrize("order", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
def test_the_corrected_coefficient_is_the_library_s(order, slope):
    width = 10.0
    second = weight_variance_expansion(order, width, leaky_relu(slope)) - 2 / (
        (1 + slope**2) * width
    )
    assert COEFFICIENTS["corrected"](order, slope) == pytest.approx(
        float(second) * width**2, rel=1e-12
    )


def test_the_printed_relu_variance_is_the_script_s():
    """2/d + 5 (2 - s)/(2 d^2) at s = 0.8, by hand."""
    checks = ERRATA["fm.erratum.b-e2"].checks
    check = next(c.check for c in checks if c.formula == "printed")
    assert [check.closed_form(fan_in=d) for d in (2, 4)] == pytest.approx([1.75, 0.6875], rel=1e-15)


@pytest.mark.parametrize(("width", "percent"), [(2, -31), (16, -0.9), (64, -0.06)])
def test_the_expansion_s_error_at_order_0_8(width, percent):
    error = 100 * (weight_variance_expansion(0.8, width) / weight_variance(0.8, width) - 1)
    assert float(error) == pytest.approx(percent, rel=0.05)


def test_the_curve_labelled_two_by_the_notebook_s_own_sum():
    """Its loop: sum over n of C(d, n) 2^-d 2^(s/2) Gamma((n+s)/2)/Gamma(n/2), at s = 0.1, drawn at d - 1."""
    from scipy.special import comb, gamma

    order = 0.1
    for width in (1, 2, 10, 30):
        n = np.arange(1, width + 1)
        moment = np.sum(comb(width, n) / 2.0**width * gamma((n + order) / 2) / gamma(n / 2))
        std = (moment * 2 ** (order / 2)) ** (-1 / order)
        assert drawn_std(width - 1) == pytest.approx(std, rel=1e-12)
    assert np.log(drawn_std(0)) == pytest.approx(7.51, abs=5e-3)


def test_samples_fall_short_of_moments_the_more_the_higher_the_order():
    bounds = [float(reach_probability(order).upper()) for order in (2.0, 2.5, 3.0)]
    assert all(0 < bound < 0.5 for bound in bounds)
    assert bounds == sorted(bounds, reverse=True)
    assert reach_probability(1.0).contains(
        arb(1)
    )  # there the argument says nothing, and claims nothing


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0])
def test_deep_moment(order):
    assert enclosed_deep_moment(order).overlaps(arb(deep_moment(order), 1e-9 * deep_moment(order)))


def test_reach_probability_bounds_a_simulation_where_one_is_possible(monkeypatch):
    """At depth 40 samples of 50 networks of width 8 do fall short; the bound must lie above their share."""
    from numerics.activations import relu
    from numerics.propagation import log_norms
    from validation.claims import fractional_moments_errata_tails as tails

    depth, networks, width, order = 60, 50, 8, 4.0
    for name, value in (("DEPTH", depth), ("NETWORKS", networks), ("WIDTH", width)):
        monkeypatch.setattr(tails, name, value)
    bound = float(tails.reach_probability(order).upper())
    rng = np.random.default_rng(5)
    last = log_norms(
        widths=(width,) * depth, variances=2 / width, activation=relu(), replicates=200 * networks,
        rng=rng, method="chi2", layers="last",
    )[0]  # fmt: skip
    start = np.log(rng.chisquare(width, last.size)) / 2
    moment = float(np.exp(_log_moment(order, width, depth)))
    share = np.mean(np.exp(order * (last + start)).reshape(200, networks).mean(axis=1) > moment / 2)
    assert share <= bound < 0.5


def _log_moment(order, width, depth):
    from theory.fractional_moments import norm_moment

    layer = order / 2 * np.log(2 / width) + np.log(norm_moment(order, width))
    return np.log(norm_moment(order, width, linear())) + (depth - 1) * layer
