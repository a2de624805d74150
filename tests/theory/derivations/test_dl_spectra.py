"""The derivations on spectra, rates, widths and the reduction verify, and their planted errors do not."""

import pytest

from theory.derivations import (
    deep_linear_rates,
    deep_linear_rates_widths,
    deep_linear_reduction,
    deep_linear_spectra,
    deep_linear_spectra_loss,
)
from theory.derivations.formal import is_formal
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.verdicts import Verdict

MODULES = (
    deep_linear_spectra,
    deep_linear_spectra_loss,
    deep_linear_rates,
    deep_linear_rates_widths,
    deep_linear_reduction,
)
DERIVATIONS = {name: build for module in MODULES for name, build in module.DERIVATIONS.items()}
SUPPLEMENTS = {name: build for module in MODULES for name, build in module.SUPPLEMENTS.items()}
ALL = {**DERIVATIONS, **SUPPLEMENTS}
BOUNDS = {
    "dl.rate",
    "dl.rate.maximal",
    "dl.rate.step-size",
    "dl.du-hu.rate",
    "dl.du-hu.rate.maximal",
    "dl.du-hu.rate.step-size",
    "dl.weight-movement",
    "dl.required-width.perturbation",
}


@pytest.mark.parametrize("name", ALL)
def test_is_proved(name):
    derivation = ALL[name]()
    report = derivation.verify()
    assert derivation.id == name
    assert report.verdict is Verdict.PROVED, report
    assert derivation.relation == ("<=" if name in BOUNDS else "=")
    assert max(step.seconds for step in report.steps) * 10 <= STEP_BUDGET


@pytest.mark.parametrize("name", ALL)
def test_leads_from_a_definition_to_a_closed_form(name):
    derivation = ALL[name]()
    assert is_formal(derivation.definition)
    assert derivation.definition != derivation.conclusion
    assert len(set(derivation.expressions)) == len(derivation.expressions)


def test_orthogonality_is_named_where_it_is_used():
    for name in ("dl.ntk", "dl.ntk.matrix", "dl.ntk.step"):
        assert {
            "W_l^T W_l = m I, l = 1..L - 1",
            "W_l W_l^T = m I, l = 2..L",
        } <= set(ALL[name]().assumptions)


@pytest.mark.parametrize("name", ["dl.rate", "dl.required-width", "dl.weight-movement"])
def test_what_the_theorem_gives_is_cited(name):
    assert any("Hu, Xiao & Pennington" in x for x in ALL[name]().assumptions)


@pytest.mark.parametrize("name", ["dl.du-hu.rate", "dl.du-hu.required-width"])
def test_the_gaussian_theorem_is_cited(name):
    assert any("Du & Hu" in x for x in ALL[name]().assumptions)
