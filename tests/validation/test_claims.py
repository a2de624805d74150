"""The claims as declared: what every one of them must carry before it is ever run."""

import numpy as np
import pytest

from theory import catalogue
from validation.budget import BUDGET
from validation.checks.derivation import DerivationCheck
from validation.checks.exact_law import ExactLawCheck
from validation.checks.formula import FormulaCheck
from validation.checks.log_moment import LogMomentCheck
from validation.checks.mean import MeanCheck
from validation.checks.tail_count import TailCountCheck
from validation.checks.two_sample import TwoSampleCheck
from validation.claim import PROFILES
from validation.claims import all_claims, select
from validation.claims.derived import SUPPLEMENTS

RANDOM = (MeanCheck, LogMomentCheck, ExactLawCheck, TailCountCheck, TwoSampleCheck)
COUNTED = (  # operations are counted, laws and slopes measured: there is nothing to derive
    "fm.training-cost",
    "dl.haar",
    "dl.contour.orthogonal",
    "dl.contour.gaussian",
)
SOURCES = (
    "Gurbuzbalaban & Hu 2021",
    "Horii & Has 2026",
    "Hu, Xiao & Pennington 2020",
    "extension",
)
QUICK = all_claims(PROFILES["quick"])


def checks_of(claim):
    """Its checks, those of an erratum's formulas laid bare."""
    return [c.check if isinstance(c, FormulaCheck) else c for c in claim.checks]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_random_checks_fit_the_budget_and_resolve_half_a_percent(profile):
    checks = [
        c
        for claim in all_claims(profile).values()
        for c in checks_of(claim)
        if isinstance(c, RANDOM)
        and getattr(c, "variance", None) is None  # else of another quantity
    ]
    assert 50 < len(checks) <= BUDGET.slots
    assert max(check.resolution for check in checks) <= 0.005


@pytest.mark.parametrize("claim", QUICK.values(), ids=QUICK)
def test_claim_has_evidence_of_two_kinds_and_names_its_source(claim):
    kinds = {getattr(check, "kind", type(check).__name__) for check in checks_of(claim)}
    assert len(kinds) >= 2
    derived = any(isinstance(check, DerivationCheck) for check in checks_of(claim))
    assert derived is (claim.id not in COUNTED)
    assert any(name in claim.source for name in SOURCES)
    assert len(claim.statement) > 20


def test_every_result_of_the_catalogue_is_claimed():
    assert {claim.result for claim in QUICK.values()} - {None} == set(catalogue.results())


def test_claims_with_a_result_verify_its_derivation():
    for claim in QUICK.values():
        if claim.result:
            built = {c.build().id for c in claim.checks if isinstance(c, DerivationCheck)}
            assert claim.result in built
            assert all(name.startswith(claim.result) or name in SUPPLEMENTS for name in built)


def test_one_layer_moments_are_simulated_by_matrix_for_every_activation():
    simulated = {
        (check.experiment.activation.name, check.experiment.method)
        for claim in QUICK.values()
        if claim.result
        for check in claim.checks
        if isinstance(check, MeanCheck)
    }
    assert len(simulated) >= 8
    assert {method for _, method in simulated} == {"matrix"}


def test_layers_are_rectangular():
    for claim in QUICK.values():
        for check in claim.checks:
            if claim.result and isinstance(check, MeanCheck):
                fan_in, *_, fan_out = check.experiment.widths
                assert fan_in != fan_out


def test_select_keeps_the_order_of_the_registry():
    names = list(select(PROFILES["quick"], ["fm.he", "fm.lecun"]))
    assert names == [name for name in QUICK if name in names]


def test_experiments_are_named_by_their_contents():
    experiments = {
        e for claim in QUICK.values() for check in claim.checks for e in check.experiments
    }
    assert len({e.key for e in experiments}) == len(experiments)
    assert all(sum(e.chunks) == e.replicates for e in experiments)
    assert all(np.all(np.diff(e.thresholds) > 0) for e in experiments)
