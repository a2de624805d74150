"""The derivations of the forward and transient bounds verify; every planted error is refused."""

import pytest
import sympy as sp

from theory.derivations import (
    ensembles,
    kl_bound_forward,
    kl_bound_forward_moment,
    kl_bound_forward_time,
    kl_bound_forward_virial,
    symbols_kl_bound,
)
from theory.derivations.formal import Equation, is_formal
from theory.derivations.steps import STEP_BUDGET
from theory.derivations.symbols_kl_bound import E0, A, K, L, M, P_y, S_ss, T, i, s0, tau
from theory.derivations.verdicts import Verdict

MODULES = (
    kl_bound_forward,
    kl_bound_forward_moment,
    kl_bound_forward_time,
    kl_bound_forward_virial,
)
DERIVATIONS = {name: b for module in MODULES for name, b in module.DERIVATIONS.items()}
SUPPLEMENTS = {name: b for module in MODULES for name, b in module.SUPPLEMENTS.items()}
ALL = {**DERIVATIONS, **SUPPLEMENTS}
#: id -> (relation, conclusion), as stated
STATED = {
    "kl.free-energy": (
        "=",
        E0 - T * (ensembles.S_0 - S_ss) - T * ensembles.DIVERGENCE,
    ),
    "kl.forward-bound": ("<=", E0 - T * K / 2 * sp.log(2 * sp.pi * sp.E * s0) + T * S_ss),
    "kl.divergence.nonnegative": ("<=", 0),
    "kl.entropy-bound": ("<=", K / sp.Integer(2) * sp.log(2 * sp.pi * sp.E * M / K)),
    "kl.transient-bound": ("<=", E0 + K * T / 2 * sp.log(M / (K * s0))),
    "kl.second-moment-rate": ("<=", 2 * K * T + L * P_y / 2),
    "kl.second-moment-bound": ("<=", K * s0 + (2 * K * T + L * P_y / 2) * tau),
    "kl.dissipation": ("<=", 0),
    "kl.virial-variance": ("=", K * T / sp.Sum(A[i], (i, 1, K))),
    "kl.virial-condition.stationary": ("=", K * T),
}


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
    assert derivation.meaning
    assert all(step.reason for step in derivation.steps)
    assert len(set(derivation.expressions)) == len(derivation.expressions)
    assert ALL[name]() == derivation


@pytest.mark.parametrize("name", STATED)
def test_concludes_what_is_stated(name):
    derivation = ALL[name]()
    relation, conclusion = STATED[name]
    assert derivation.relation == relation
    assert sp.expand(derivation.conclusion - conclusion) == 0


@pytest.mark.parametrize("name", DERIVATIONS)
def test_conclusion_uses_the_shared_symbols(name):
    shared = {getattr(symbols_kl_bound, x) for x in symbols_kl_bound.__all__}
    shared |= {ensembles.S_0, ensembles.DIVERGENCE}
    assert DERIVATIONS[name]().conclusion.free_symbols - {A[i]} <= shared | A.free_symbols


def test_the_condition_is_that_of_the_gibbs_law():
    condition = ALL["kl.virial-condition"]().conclusion
    stationary = ALL["kl.virial-condition.stationary"]()
    assert isinstance(condition, Equation)
    assert condition.args[0].body == stationary.definition.body
    assert condition.args[1] == stationary.conclusion


@pytest.mark.parametrize(
    ("name", "theorem"),
    [
        ("kl.dissipation", "boundary terms vanish"),
        ("kl.dissipation", "Fokker-Planck equation"),
        ("kl.transient-bound", "log x <= x - 1"),
        ("kl.transient-bound", "p(w, 0) is the density of N(0, s0 I)"),
        ("kl.second-moment-bound", "f(c w) = c^L f(w)"),
        ("kl.transient-bound.closed", "f(c w) = c^L f(w)"),
        ("kl.forward-bound", "normalisable"),
        ("kl.free-energy", "KL_0 ="),
    ],
)
def test_what_is_not_checked_is_named(name, theorem):
    assert any(theorem in assumption for assumption in ALL[name]().assumptions)
