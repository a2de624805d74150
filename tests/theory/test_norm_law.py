"""The exact law of the output norm against inversions and convolutions of the definition, and its bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from theory.activations import Activation, leaky_relu, linear, relu
from theory.norm_law import NormLaw

REFERENCE = Path(__file__).parent / "reference" / "norm_law.json"
CHEAP = [
    ("linear", 1, 1),
    ("linear", 64, 1000),
    ("relu", 4, 100),
    ("relu", 64, 100),
    ("leaky 0.01", 4, 100),
]


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return list(json.loads(REFERENCE.read_text()))


def standardised_cdf(law: NormLaw, points: Any) -> Any:
    return law.log.cdf(law.log.mean() + law.log.std() * np.asarray(points))


def test_cdf_against_inversion_at_40_digits(records, norm_law_generator, assert_errors):
    rows = []
    for record in records:
        law = NormLaw(
            record["width"],
            record["depth"],
            0.3,
            Activation(*norm_law_generator.LAWS[record["law"]]),
        )
        found = standardised_cdf(law, norm_law_generator.POINTS)
        error = max(abs(f - float(exact)) for f, exact in zip(found, record["cdf"], strict=True))
        rows.append(((record["law"], record["width"], record["depth"]), error, 1e-12))
    assert_errors(rows)


def test_every_case_has_its_record(records, norm_law_generator):
    present = [(r["law"], r["width"], r["depth"]) for r in records]
    assert present == norm_law_generator.CASES


@pytest.mark.parametrize("case", CHEAP, ids=str)
def test_the_records_are_what_the_oracle_says(case, records, norm_law_generator, log_oracles):
    (again,) = norm_law_generator.generate(log_oracles, [case])
    assert again in records


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (4, 3), (64, 10), (4, 10)])
@pytest.mark.parametrize(
    "law", [(1.0, 1.0, 1.0, True), (0.0, 0.0, 1.0, True), (0.0, 0.0, 0.8, False)], ids=str
)
def test_cdf_against_steps_added_up_on_a_grid(law, width, depth, log_oracles):
    """No transform: the density of one step, convolved. Its own error is about 1e-11."""
    points = [-4.0, -1.5, 0.0, 0.8, 3.0]
    found = standardised_cdf(NormLaw(width, depth, 1.0, Activation(*law)), points)
    assert found == pytest.approx(log_oracles.convolved_cdf(law, width, depth, points), abs=3e-11)


@pytest.mark.parametrize("width", [1, 3, 64, 4096])
def test_one_linear_layer_is_a_chi_variable(width, log_oracles):
    law, r = NormLaw(width, 1, 1.0, linear()), np.sqrt(width) * np.linspace(0.01, 3, 200)
    assert np.max(np.abs(law.cdf(r) - stats.chi(width).cdf(r))) < 1e-13
    assert np.max(np.abs(law.sf(r) - stats.chi(width).sf(r))) < 1e-13
    inside = stats.chi(width).pdf(r) > 1e-6
    ratio = law.pdf(r)[inside] / stats.chi(width).pdf(r)[inside]
    assert np.max(np.abs(ratio - 1)) < 1e-6
    assert np.max(np.abs(law.pdf(r) - stats.chi(width).pdf(r))) < 1e-9
    mp, half = log_oracles.MP, log_oracles.MP.mpf(width) / 2
    mean = mp.sqrt(2) * mp.exp(mp.loggamma(half + 0.5) - mp.loggamma(half))
    assert law.mean() == pytest.approx(float(mean), rel=1e-13)
    assert law.var() == pytest.approx(float(width - mean**2), rel=3e-14 * width)


@pytest.mark.parametrize("slope", [0.3, 1e-4])
def test_one_leaky_unit_is_a_mixture_of_two(slope):
    law, r = NormLaw(1, 1, 1.0, leaky_relu(slope)), np.geomspace(1e-6, 8, 100)
    exact = (stats.chi(1).cdf(r) + stats.chi(1).cdf(r / slope)) / 2
    assert np.max(np.abs(law.cdf(r) - exact)) < 1e-12


def test_one_relu_layer_is_a_binomial_mixture_with_an_atom():
    law, r = NormLaw(5, 1, 2.0, relu()), np.linspace(0, 8, 100)
    weights = stats.binom(5, 0.5).pmf(np.arange(6))
    exact = weights[0] + sum(weights[n] * stats.chi(n).cdf(r / np.sqrt(2)) for n in range(1, 6))
    assert np.max(np.abs(law.cdf(r) - exact)) < 1e-13


@pytest.mark.parametrize(
    "activation", [relu(), leaky_relu(), Activation(0.0, 1.0), relu().with_dropout(1e-3)]
)
@pytest.mark.parametrize("width", [1, 4096])
@pytest.mark.parametrize("depth", [1, 1000])
def test_the_corners_of_the_domain(activation, width, depth):
    law = NormLaw(width, depth, 1.0, activation).log
    values = law.cdf(law.mean() + law.std() * np.linspace(-9, 9, 400))
    assert np.all((values >= 0) & (values <= 1))
    assert np.all(np.diff(values) > -1e-12)
    assert values[0] < 0.02
    assert values[-1] > 1 - 1e-6


BAD = [
    (lambda: NormLaw(0, 1, 1.0), "width must be a whole number from 1"),
    (lambda: NormLaw(2.5, 1, 1.0), "width must be a whole number from 1"),
    (lambda: NormLaw([1, 2], 1, 1.0), "width must be a single number"),
    (lambda: NormLaw(3, 0, 1.0), r"depth must be a whole number from 1 to 2\*\*53, got 0.0"),
    (lambda: NormLaw(3, -1, 1.0), "depth must be a whole number from 1"),
    (lambda: NormLaw(3, 1, 0.0), "variance must be finite and > 0, got 0.0"),
    (lambda: NormLaw(3, 1, -2.0), "variance must be finite and > 0, got -2.0"),
    (lambda: NormLaw(3, 1, np.inf), "variance must be finite and > 0, got inf"),
    (lambda: NormLaw(3, 1, 1.0, "tanh"), "activation must be an Activation or one of"),
    (lambda: NormLaw(3, 1, 1.0).cdf(np.nan), "x must be real numbers, got nan"),
    (lambda: NormLaw(3, 1, 1.0).log.cdf([0.0, np.nan]), "x must be real numbers, got nan"),
    (lambda: NormLaw(3, 1, 1.0).cdf(1j), "x must be real numbers"),
    (lambda: NormLaw(3, 1, 1.0).ppf(1.5), r"p must be in \[0, 1\], got 1.5"),
    (lambda: NormLaw(3, 1, 1.0).log.ppf(-0.1), r"p must be in \[0, 1\], got -0.1"),
    (lambda: NormLaw(3, 1, 1.0).moment(0.0), "order must be finite and > 0, got 0.0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_moment_whose_factors_overflow():
    """E (sigma^2 Q)^200 for chi^2_64/64: the power of Q alone is beyond float64."""
    log_moment = gammaln(232) - gammaln(32) + 200 * np.log(2 / 64)
    law = NormLaw(64, 1, 1 / 64, "linear")
    assert np.log(law.moment(400)) == pytest.approx(log_moment, rel=1e-13)


def test_very_wide_layers_are_refused_or_affordable():
    law = NormLaw(10**6, 1, 2e-6).log
    assert law.cdf(law.mean()) == pytest.approx(
        0.5 + law.skewness() / 6 / np.sqrt(2 * np.pi), abs=1e-6
    )
    with pytest.raises(
        ValueError, match=r"width must be a whole number from 1 to 1e\+09, got 10000000000"
    ):
        NormLaw(10**10, 1, 1.0)
