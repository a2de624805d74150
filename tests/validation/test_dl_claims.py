"""The claims on deep linear nets as declared: complete, affordable, with the wrong formulas that they must refute."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from theory import catalogue
from theory import deep_linear as deep_linear_theory
from theory.derivations import deep_linear
from validation.checks.derivation import DerivationCheck
from validation.checks.median_band import MedianBandCheck
from validation.checks.planted_simulation import PlantedSimulationCheck
from validation.checks.share import ShareCheck
from validation.claim import PROFILES, Expectation
from validation.claims import deep_linear as subject
from validation.claims.deep_linear_products import _product_cdf
from validation.deep_linear_haar import Eigenangles
from validation.evidence import Decision

QUICK = PROFILES["quick"]
CLAIMS = {claim.id: claim for claim in subject.claims(QUICK)}
BESIDE = {
    "dl.partial-products",
    "dl.ntk.narrow",
    "dl.reduction",
    "dl.kernel-limit",
    "dl.plateau",
}
MEASURED = {"dl.haar", "dl.contour.orthogonal", "dl.contour.gaussian"}


def bare(check):
    return check.check if isinstance(check, PlantedSimulationCheck) else check


def test_nothing_is_left_out():
    results = {name for name in catalogue.results() if name.startswith("dl.")}
    assert set(CLAIMS) == results | BESIDE | MEASURED
    assert {c.result for c in CLAIMS.values()} - {None} == results


def test_every_supplement_is_verified_by_a_claim():
    ids = {
        check.build().id
        for claim in CLAIMS.values()
        for check in claim.checks
        if isinstance(check, DerivationCheck)
    }
    known = {name for name in deep_linear.SUPPLEMENTS if not name.endswith(".bound")}
    assert known <= ids


def test_random_decisions_and_time_are_bounded():
    checks = [c for claim in CLAIMS.values() for c in claim.checks if c.experiments]
    experiments = {e.key: e for c in checks for e in c.experiments}
    assert len(checks) <= 70
    assert (
        sum(e.seconds for e in experiments.values()) < 220
    )  # two thirds of it the contour of Gaussian nets
    assert all(sum(e.chunks) == e.replicates for e in experiments.values())


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_claims_have_a_derivation_or_are_measurements(claim):
    derived = any(isinstance(check, DerivationCheck) for check in claim.checks)
    assert derived is (claim.id not in MEASURED)
    assert len({getattr(c, "kind", type(c).__name__) for c in claim.checks}) >= 2
    assert "Hu, Xiao & Pennington" in claim.source


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("dl.partial-products", "Gaussian nets"),
        ("dl.ntk", "Gaussian nets"),
        ("dl.ntk", "(L-1) s^2/d_y"),
        ("dl.ntk.narrow", "Pi = I"),
        ("dl.initial-loss", "|Y|_F^2/2"),
        ("dl.rate", "eta 6 d_y/(2 L |X|^2)"),
        ("dl.rate", "rho^8 for rho"),
        ("dl.weight-movement", "1/2 for 8"),
        ("dl.reduction", "C dropped"),
        ("dl.reduction", "sqrt(k) for sqrt(m)"),
        ("dl.reduction", "k = r"),
        ("dl.kernel-limit", "C = 0"),
        ("dl.log-norm-mean", "no drift"),
        ("dl.product-moment.second", "1, orthogonal"),
        ("dl.root-chi-mean", "1 - 3/(10 d)"),
        ("dl.plateau", "a power of the depth"),
        ("dl.plateau", "orthogonal nets"),
        ("dl.haar", "QR without its signs"),
        ("dl.contour.gaussian", "slope in [-0.2, 0.2]"),
        ("dl.contour.orthogonal", "slope in [0.8, 1.2]"),
    ],
)
def test_the_wrong_formulas_that_matter_are_planted(claim, wrong):
    tables = [
        *(getattr(bare(c), "rivals", {}) for c in CLAIMS[claim].checks),
        *(getattr(c, "planted", {}) for c in CLAIMS[claim].checks),
    ]
    assert wrong in {name for table in tables for name in table}


def test_the_rate_is_judged_on_a_grid_that_meets_the_hypotheses():
    nets = [bare(c).experiment for c in CLAIMS["dl.rate"].checks if isinstance(bare(c), ShareCheck)]
    assert len({n.width for n in nets}) >= 3
    assert len({n.depth for n in nets}) >= 3
    for n in nets:
        assert n.width >= n.problem.in_dim
        limit = n.problem.out_dim / (2 * n.depth * n.problem.data.norm**2)
        assert n.learning_rate <= limit * (1 + 1e-12)


@pytest.mark.parametrize(("kind", "band"), [("orthogonal", (-0.2, 0.2)), ("gaussian", (0.8, 1.2))])
def test_contours_are_open_and_their_bands_fixed(kind, band):
    claim = CLAIMS[f"dl.contour.{kind}"]
    check = claim.checks[0]
    assert claim.expectation is Expectation.OPEN
    assert isinstance(check, MedianBandCheck)
    assert check.band == band
    assert set(band) <= set(check.experiment.thresholds)


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian"])
def test_contours_say_what_was_chosen_and_have_exact_evidence_beside(kind):
    claim = CLAIMS[f"dl.contour.{kind}"]
    assert "after pilots" in claim.statement
    assert "another criterion may give another slope" in claim.statement
    evidence = claim.checks[1].judge({})
    assert evidence.decision is Decision.CONSISTENT
    assert all(m.decision is Decision.REFUTED for m in evidence.mutants)


def test_gaussian_nets_have_no_limit_in_depth_at_a_fixed_width():
    """So that the evidence beside the contours tells the two initialisations apart."""
    check = CLAIMS["dl.contour.gaussian"].checks[1]
    fixed = replace(
        check,
        exact=lambda ls: np.array([deep_linear_theory.log_norm_variance(8, int(n), 4) for n in ls]),
    )
    assert fixed.judge({}).decision is Decision.REFUTED


def test_both_contours_have_one_criterion():
    one, other = (
        CLAIMS[f"dl.contour.{k}"].checks[0].experiment for k in ("orthogonal", "gaussian")
    )
    for name in ("problem", "share", "steps", "fall", "batch"):
        assert getattr(one, name) == getattr(other, name)


def test_the_inverted_law_is_that_of_one_chi_square():
    """Depth 1, two outputs: |f|^2/|x|^2 is exponential; four: a Gamma law."""
    points = np.linspace(-2.0, 1.0, 7)
    assert _product_cdf(5, 1, 2)(points) == pytest.approx(-np.expm1(-np.exp(2 * points)), abs=1e-9)
    x = 2 * np.exp(2 * points)
    assert _product_cdf(5, 1, 4)(points) == pytest.approx(1 - np.exp(-x) * (1 + x), abs=1e-9)


def test_an_entry_of_a_haar_matrix_of_three_rows_is_uniform():
    entries = next(c for c in CLAIMS["dl.haar"].checks if hasattr(c, "probability"))
    assert entries.probability == pytest.approx(beta.cdf(0.25, 0.5, 1.0))
    assert entries.threshold == pytest.approx(np.log(0.5))


def test_eigenangles_follow_weyl():
    """A rotation by a unit quaternion q, uniform on the sphere, has theta = 2 arccos|q_0|; q_0^2 is Beta(1/2, 3/2)."""
    [mean, event] = [
        c.check for c in CLAIMS["dl.haar"].checks
        if isinstance(getattr(getattr(c, "check", None), "experiment", None), Eigenangles)
    ]  # fmt: skip
    assert event.probability == pytest.approx(beta.sf(0.25, 0.5, 1.5))
    assert event.threshold == pytest.approx(np.log(2 * np.pi / 3))
    expected = beta.expect(lambda square: 2 * np.arccos(np.sqrt(square)), args=(0.5, 1.5))
    assert mean.expected == pytest.approx(expected)


@pytest.mark.parametrize("name", ["dl.partial-products", "dl.ntk", "dl.reduction", "dl.modes"])
def test_deterministic_evidence_supports_the_claim(name):
    for check in CLAIMS[name].checks:
        if not isinstance(check, DerivationCheck) and not check.experiments:
            evidence = check.judge({})
            assert evidence.decision in (Decision.CONSISTENT, Decision.ENCLOSED)
            assert all(m.decision is Decision.REFUTED for m in evidence.mutants)
