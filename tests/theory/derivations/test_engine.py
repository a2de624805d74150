"""The engine: verdicts, budgets, the form of steps, chains; it must refuse what is not checked."""

import contextlib
import threading
import time
from dataclasses import dataclass, replace

import pytest
import sympy as sp

from theory.derivations.budget import BudgetExceededError, call_within, cpu_budget
from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation, Gaussian
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_integrals import GammaIntegral
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Derivation, Rule, Step
from theory.derivations.verdicts import Outcome, Verdict, worst

X = sp.Symbol("x", positive=True)
P = sp.Symbol("p", positive=True)
N = sp.Symbol("n", integer=True, positive=True)
D = sp.Symbol("d", integer=True, positive=True)
GAMMA = sp.Integral(X ** (P - 1) * sp.exp(-X), (X, 0, sp.oo))


@dataclass(frozen=True)
class Endless(Rule):
    def check(self, target, result, domain):
        while True:
            pass


@dataclass(frozen=True)
class Broken(Rule):
    def check(self, target, result, domain):
        raise RuntimeError("broken checker")


@dataclass(frozen=True)
class Undecided(Rule):
    def check(self, target, result, domain):
        return Outcome.unknown("cannot tell")


@dataclass(frozen=True)
class Upper(Rule):
    @property
    def relation(self):
        return "<="

    def check(self, target, result, domain):
        return Outcome.proved()


def burn():
    while True:
        pass


def derivation(result=None):
    return Derivation("demo", GAMMA, "Gamma's integral").then(
        GammaIntegral(), GAMMA, sp.gamma(P) if result is None else result, "definition of Gamma"
    )


def test_a_right_derivation_is_proved():
    report = derivation().verify()
    assert report.verdict is Verdict.PROVED
    assert [step.rule for step in report.steps] == ["GammaIntegral"]
    assert report.seconds >= 0


@pytest.mark.parametrize(
    "wrong", [sp.gamma(P + 1), 2 * sp.gamma(P), -sp.gamma(P), sp.gamma(P) + sp.Rational(1, 10**9)]
)
def test_a_wrong_derivation_is_unknown(wrong):
    assert derivation(wrong).verify().verdict is Verdict.UNKNOWN


def test_worst_orders_the_verdicts():
    order = [Verdict.PROVED, Verdict.ENCLOSED, Verdict.UNKNOWN, Verdict.TIMEOUT]
    assert [worst(order[: k + 1]) for k in range(4)] == order
    assert [verdict.passed for verdict in order] == [True, True, False, False]


def test_no_steps_verify_nothing():
    assert Derivation("empty", GAMMA, "no step").verify().verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("rule", "verdict"), [(Undecided(), "unknown"), (Broken(), "unknown")])
def test_undecided_and_broken_checkers_fail(rule, verdict):
    step = Step(rule, GAMMA, GAMMA, sp.gamma(P), "test")
    assert step.verify().verdict == verdict


def test_the_budget_ends_a_step_with_timeout():
    step = Step(Endless(), GAMMA, GAMMA, sp.gamma(P), "test", budget=0.3)
    start = time.process_time()
    assert step.verify().verdict is Verdict.TIMEOUT
    assert time.process_time() - start < 3


def test_the_budget_holds_outside_the_main_thread():
    caught = []

    def work():
        try:
            call_within(0.3, burn)
        except BudgetExceededError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=60)
    assert len(caught) == 1


def test_a_derivation_verifies_outside_the_main_thread():
    reports = []
    thread = threading.Thread(target=lambda: reports.append(derivation().verify()))
    thread.start()
    thread.join(timeout=120)
    assert [report.verdict for report in reports] == [Verdict.PROVED]


def test_an_inner_budget_does_not_stop_the_outer_one():
    def nested():
        with cpu_budget(30.0):
            sum(range(1000))
        burn()

    with pytest.raises(BudgetExceededError, match=r"of 0\.4 s"), cpu_budget(0.4):
        nested()


def test_an_inner_budget_can_run_out_alone():
    with cpu_budget(30.0):
        with pytest.raises(BudgetExceededError, match=r"of 0\.2 s"), cpu_budget(0.2):
            burn()
        assert sum(range(10)) == 45


def test_a_swallowed_deadline_still_counts():
    def stubborn():
        start = time.process_time()
        while time.process_time() - start < 0.6:
            with contextlib.suppress(BudgetExceededError):
                time.process_time()

    with pytest.raises(BudgetExceededError), cpu_budget(0.2):
        stubborn()


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan")])
def test_a_budget_must_be_positive(seconds):
    with pytest.raises(ValueError, match="seconds must be > 0"), cpu_budget(seconds):
        pass


def fault(step):
    report = step.verify()
    assert report.verdict is Verdict.UNKNOWN
    return report.detail


def test_the_target_must_occur_in_the_left_side():
    assert "does not occur" in fault(Step(Algebra(), X, P, P + 0 * X, "test"))


def test_a_step_must_change_something():
    assert "changes nothing" in fault(Step(Algebra(), X + 1, X, X, "tautology"))


def test_inequalities_apply_to_whole_expressions_only():
    assert "only equalities" in fault(Step(Upper(), -X, X, X + 1, "test"))
    assert Step(Upper(), X, X, X + 1, "test").verify().verdict is Verdict.PROVED


def test_a_bound_symbol_must_mean_what_its_range_says():
    total = sp.Sum(N, (N, 1, D))
    wrong = sp.Sum(N, (N, 0, D))
    assert "declared positive" in fault(Step(Algebra(), total, total, wrong, "test"))
    shifted = sp.Integral(X, (X, -sp.Rational(1, 2), 1))
    integral = sp.Integral(X, (X, 0, 1))
    assert "declared positive" in fault(Step(Algebra(), integral, integral, shifted, "test"))


def test_relations_on_an_index_must_follow_from_its_range():
    m = sp.Symbol("m", integer=True, nonnegative=True)
    root = sp.sqrt((m - 1) ** 2)
    inside, outside = (sp.Sum(root, (m, low, D)) for low in (1, 0))
    given = (sp.Le(1, m),)
    assert Step(Algebra(), inside, root, m - 1, "test", given).verify().verdict.passed
    assert "not implied" in fault(Step(Algebra(), outside, root, m - 1, "test", given))


def test_a_chain_must_be_connected():
    two = derivation().then(Algebra(), sp.gamma(P), sp.gamma(P + 1) / P, "recurrence")
    assert two.verify().verdict is Verdict.PROVED
    loose = replace(two, steps=(two.steps[0], replace(two.steps[1], left=sp.gamma(P) + 0 * P + 1)))
    details = [step.detail for step in loose.verify().steps if step.rule == "Chain"]
    assert len(details) == 1
    assert "not the right side before it" in details[0]


def test_a_definition_must_be_a_definition():
    closed = Derivation("closed", sp.gamma(P + 1), "a closed form").then(
        Algebra(), sp.gamma(P + 1), P * sp.gamma(P), "recurrence"
    )
    report = closed.verify()
    assert report.verdict is Verdict.UNKNOWN
    assert "not a definition" in report.steps[-1].detail


def test_relations_do_not_mix():
    @dataclass(frozen=True)
    class Nearly(Upper):
        @property
        def relation(self):
            return "~"

    start = Derivation("mixed", GAMMA, "test")
    mixed = start.then(Upper(), GAMMA, sp.gamma(P), "up").then(Nearly(), sp.gamma(P), P, "near")
    assert "incompatible" in mixed.verify().steps[-1].detail


def test_a_lemma_is_verified_and_instantiated_within_its_range():
    start = Derivation("use", 2 * GAMMA, "test")
    two, value = ((P, sp.Integer(2)),), sp.Integer(1)
    target = GAMMA.subs(P, 2)
    instance = Derivation("use", target, "test")
    assert instance.then(Lemma(derivation(), two), target, value, "p = 2").verify().verdict.passed
    assert (
        not instance.then(Lemma(derivation(), two), target, 2 * value, "p = 2")
        .verify()
        .verdict.passed
    )
    wrong = derivation(sp.gamma(P + 1))
    assert (
        not start.then(Lemma(wrong), GAMMA, sp.gamma(P + 1), "wrong lemma").verify().verdict.passed
    )
    bad = Lemma(derivation(), ((P, sp.Integer(-1)),))
    step = Step(bad, GAMMA.subs(P, -1), GAMMA.subs(P, -1), sp.gamma(-1), "outside")
    assert "outside the range" in fault(step)


def test_constraints_of_a_lemma_are_inherited():
    bounded = replace(derivation(), constraints=(sp.Lt(P, 1),))
    step = Step(Lemma(bounded), GAMMA, GAMMA, sp.gamma(P), "needs p < 1")
    assert "constraints of the lemma" in fault(step)
    assert step.verify(Domain((sp.Lt(P, 1),))).verdict is Verdict.PROVED


def test_formal_objects_do_not_evaluate():
    z = sp.Symbol("z", real=True)
    law = Gaussian(sp.Integer(1))
    assert Expectation(z, (z, law)) != 0
    assert Equation(X, X) == Equation(X, X)
    assert str(Expectation(z, (z, law))) == "E[z]"
    with pytest.raises(ValueError, match="pairs must hold"):
        Expectation(z)
