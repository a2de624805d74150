"""The derivations on products of Gaussian matrices and on modes verify; their planted errors do not."""

import pytest

from theory.derivations import (
    deep_linear_products,
    deep_linear_products_alignment,
    deep_linear_products_chi,
    deep_linear_products_modes,
    deep_linear_products_moments,
    deep_linear_products_plateau,
    deep_linear_products_scalar,
)
from theory.derivations.formal import is_formal
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.verdicts import Verdict

MODULES = (
    deep_linear_products,
    deep_linear_products_alignment,
    deep_linear_products_chi,
    deep_linear_products_modes,
    deep_linear_products_moments,
    deep_linear_products_plateau,
    deep_linear_products_scalar,
)
DERIVATIONS = {name: build for module in MODULES for name, build in module.DERIVATIONS.items()}
SUPPLEMENTS = {name: build for module in MODULES for name, build in module.SUPPLEMENTS.items()}
ALL = {**DERIVATIONS, **SUPPLEMENTS}
UPPER_BOUNDS = {
    "dl.gamma-inequality",
    "dl.gamma-inequality.lower",
    "dl.mean-norm",
    "dl.plateau",
    "dl.root-chi-mean",
}


def test_the_results_asked_for_are_derived():
    assert {
        "dl.log-norm-mean",
        "dl.log-norm-variance",
        "dl.product-moment.first",
        "dl.product-moment.second",
        "dl.gamma-inequality",
        "dl.root-chi-mean",
        "dl.chi-moment",
        "dl.scalar-law",
        "dl.modes",
    } == set(DERIVATIONS)
    assert "dl.plateau" in SUPPLEMENTS
    assert not set(DERIVATIONS) & set(SUPPLEMENTS)


@pytest.mark.parametrize("name", ALL)
def test_is_proved(name):
    derivation = ALL[name]()
    report = derivation.verify()
    assert derivation.id == name
    assert report.verdict is Verdict.PROVED, report
    assert derivation.relation == ("<=" if name in UPPER_BOUNDS else "=")
    assert max(step.seconds for step in report.steps) * 10 <= STEP_BUDGET


@pytest.mark.parametrize("name", ALL)
def test_leads_from_a_definition_to_a_conclusion(name):
    derivation = ALL[name]()
    assert is_formal(derivation.definition)
    assert derivation.definition != derivation.conclusion
    assert len(set(derivation.expressions)) == len(derivation.expressions)


@pytest.mark.parametrize("name", ["dl.gamma-inequality", "dl.root-chi-mean", "dl.plateau"])
def test_the_gamma_inequality_rests_on_the_limit_of_the_ratio_alone(name):
    about_gamma = [x for x in ALL[name]().assumptions if "Gamma" in x]
    assert about_gamma == ["Gamma(x + b)/Gamma(x + c) ~ x^(b - c) as x -> oo (DLMF 5.11.12)"]


def test_what_the_modes_assume_is_named():
    assumptions = " ".join(DERIVATIONS["dl.modes"]().assumptions)
    assert "aligned weights stay aligned" in assumptions
    assert "one solution" in assumptions
    assert "rho = alpha*lam" in assumptions
