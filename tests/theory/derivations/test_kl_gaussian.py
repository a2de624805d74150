"""The derivations on normal stationary states verify, and no planted error in them does."""

import pytest
import sympy as sp

from theory.derivations import symbols_kl_bound
from theory.derivations.formal import is_formal
from theory.derivations.kl_bound_gaussian import DERIVATIONS, SUPPLEMENTS
from theory.derivations.kl_bound_gaussian_equipartition import NOISE
from theory.derivations.kl_bound_gaussian_relaxation import MEANS
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.verdicts import Verdict

ALL = {**DERIVATIONS, **SUPPLEMENTS}


@pytest.mark.parametrize("name", ALL)
def test_is_proved(name):
    derivation = ALL[name]()
    report = derivation.verify()
    assert derivation.id == name
    assert report.verdict is Verdict.PROVED, report
    assert max(step.seconds for step in report.steps) * 10 <= STEP_BUDGET


@pytest.mark.parametrize("name", ALL)
def test_chain_leads_from_a_definition_to_the_conclusion(name):
    derivation = ALL[name]()
    assert is_formal(derivation.definition)
    assert derivation.definition != derivation.conclusion
    for before, step in zip(derivation.expressions, derivation.steps, strict=False):
        assert step.left == before
    assert len(set(derivation.expressions)) == len(derivation.expressions)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_conclusion_uses_the_shared_symbols(name):
    shared = {getattr(symbols_kl_bound, x) for x in symbols_kl_bound.__all__} | {NOISE, MEANS}
    conclusion = DERIVATIONS[name]().conclusion
    arrays = conclusion.atoms(sp.IndexedBase)
    labels = {x.label for x in arrays} | conclusion.atoms(sp.Indexed)
    assert (conclusion.free_symbols - labels) | arrays <= shared


def test_what_is_not_checked_is_named():
    assumptions = DERIVATIONS["kl.stationary-covariance.discrete"]().assumptions
    assert "|-a1*alpha + 1| < 1" in assumptions
    decay = "the density and its derivatives fall faster than every power at infinity"
    for name in ("kl.stationary-covariance", "kl.equipartition.anisotropic"):
        assert decay in DERIVATIONS[name]().assumptions
    assert any("one solution" in x for x in DERIVATIONS["kl.relaxation"]().assumptions)


def test_relations():
    assert SUPPLEMENTS["kl.mean-order"]().relation == "<="
    assert {build().relation for build in DERIVATIONS.values()} == {"="}
