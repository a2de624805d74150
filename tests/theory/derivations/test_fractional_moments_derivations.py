"""Every derivation verifies, its chain holds, its conclusion has the value its definition has."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.derivations import symbols
from theory.derivations.formal import is_formal
from theory.derivations.fractional_moments import DERIVATIONS, SUPPLEMENTS
from theory.derivations.mutants import mutants
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.verdicts import Verdict

ALL = {**DERIVATIONS, **SUPPLEMENTS}
#: rigorous arithmetic, not algebra, carries a step of these
ENCLOSED = {
    name
    for name in ALL
    if name.startswith(("fm.expansion.", "fm.weight-variance.rrelu", "fm.sussillo-abbott"))
    or name == "fm.two-routes.leaky-relu"
}


@pytest.mark.parametrize("name", ALL)
def test_verifies(name):
    derivation = ALL[name]()
    report = derivation.verify()
    assert derivation.id == name
    assert report.verdict is (Verdict.ENCLOSED if name in ENCLOSED else Verdict.PROVED), report
    assert max(step.seconds for step in report.steps) * 10 <= STEP_BUDGET


@pytest.mark.parametrize("name", ALL)
def test_chain_leads_from_a_definition_to_the_conclusion(name):
    derivation = ALL[name]()
    assert is_formal(derivation.definition)
    assert derivation.definition != derivation.conclusion
    assert derivation.expressions[-1] == derivation.conclusion
    for before, step in zip(derivation.expressions, derivation.steps, strict=False):
        assert step.left == before
        assert step.reason
    assert len(set(derivation.expressions)) == len(derivation.expressions)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_conclusion_uses_the_shared_symbols(name):
    shared = {getattr(symbols, name) for name in symbols.__all__}
    assert DERIVATIONS[name]().conclusion.free_symbols <= shared


@pytest.mark.parametrize(
    "name", ["fm.norm-moment.leaky-relu", "fm.he-leaky", "fm.norm-moment.dropout", "fm.monotone"]
)
def test_what_is_not_checked_is_named(name):
    assumptions = DERIVATIONS[name]().assumptions
    assert "a != 0" in assumptions
    assert any("determined by its Laplace transform" in assumption for assumption in assumptions)


@pytest.mark.parametrize("name", DERIVATIONS)
def test_building_twice_gives_the_same_derivation(name):
    assert DERIVATIONS[name]() == DERIVATIONS[name]()


@pytest.mark.parametrize("factor", [sp.Rational(1, 2), sp.Rational(9, 10), -1])
def test_a_bound_that_is_too_small_fails(factor):
    derivation = SUPPLEMENTS["fm.expansion.second-order.linear.bound"]()
    step = derivation.steps[-1]
    assert not replace(step, result=factor * step.result).verify().verdict.passed
    assert replace(step, result=2 * step.result).verify().verdict.passed


def test_a_mutant_is_a_connected_derivation_that_fails():
    derivation = DERIVATIONS["fm.norm-moment.linear"]()
    mutant = next(mutants(derivation))
    assert mutant.steps != derivation.steps
    assert not mutant.verify().verdict.passed
    for before, step in zip(mutant.expressions, mutant.steps, strict=False):
        assert step.left == before
