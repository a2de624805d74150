"""Each check is fed wrong answers: it must refute them, and say `inconclusive` where it could not have seen them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from flint import arb

from theory.activations import linear, relu
from validation.budget import BUDGET
from validation.checks import kolmogorov, two_sample
from validation.checks.exact_law import ExactLawCheck
from validation.checks.mean import MeanCheck, min_replicates
from validation.checks.ordering import OrderingCheck
from validation.checks.pointwise import PointwiseCheck
from validation.checks.rate import RateCheck
from validation.checks.tail_count import TailCountCheck
from validation.checks.tail_count import min_replicates as tail_replicates
from validation.checks.two_sample import TwoSampleCheck, widened
from validation.claim import Expectation
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.experiment import Experiment
from validation.ledger import Ledger, Record
from validation.references import active_unit_cdf, active_unit_tail
from validation.simulation import Summary

GRID = tuple(float(t) for t in np.linspace(-3, 1.5, 91))


def summary(experiment, variance, seed=7):
    """The experiment's sample, but drawn at another variance than it says."""
    other = replace(experiment, variances=(variance,) * len(experiment.variances))
    rng = np.random.default_rng(seed)
    return Summary.of(experiment, [other.simulate(experiment.replicates, rng)])


@pytest.fixture(scope="module")
def mean_check():
    size = min_replicates(0.5**0.5, 1.5, 0.02)
    experiment = Experiment((2, 4), (0.25,), linear(), size, orders=(2.0,))
    return MeanCheck(experiment, 2.0, 1.0, resolution=0.02)


@pytest.fixture(scope="module")
def law_checks():
    cdf, tail = active_unit_cdf(4, 0.25, relu()), active_unit_tail(4, 0.25, relu())
    top, resolution = GRID[70], 0.02

    def experiment(size):
        return Experiment((2, 4), (0.25,), relu(), size, thresholds=GRID)

    distance = ExactLawCheck(experiment(1), cdf, "", resolution).distance_of_resolution()
    wrong = (tail(top - np.log1p(side * resolution) / 2) for side in (1, -1))
    size = max(kolmogorov.min_size(distance), *(tail_replicates(w, tail(top)) for w in wrong))
    sample = experiment(size)
    return (
        ExactLawCheck(sample, cdf, "the exact law", resolution),
        TailCountCheck(sample, top, tail, resolution),
    )


@pytest.fixture(scope="module")
def pair_check():
    shared = {"widths": (4, 4), "variances": (0.25,), "activation": linear()}
    size = two_sample.min_replicates(0.9 * 0.01 / np.sqrt(2 * np.pi * 0.161))
    first = Experiment(**shared, replicates=size, thresholds=GRID)
    second = Experiment(
        **shared, replicates=size, method="gaussian", thresholds=widened(np.array(GRID), 1, 0.02)
    )
    return TwoSampleCheck(first, second, 0.02)


def judged(check, factor):
    """The check's evidence on samples whose variance is off by a factor (in the first experiment)."""
    first, *others = check.experiments
    samples = {first: summary(first, 0.25 * factor)}
    samples |= {other: summary(other, 0.25, seed=8) for other in others}
    return check.judge(samples)


@pytest.mark.parametrize("name", ["mean", "law", "tail", "pair"])
@pytest.mark.parametrize(
    ("factor", "decision"),
    [(1.0, Decision.CONSISTENT), (1.02, Decision.REFUTED), (0.98, Decision.REFUTED)],
)
def test_simulated_errors_of_the_declared_size_are_refuted(
    name, factor, decision, mean_check, law_checks, pair_check
):
    """Not the claim is changed here but the simulation: variances 2 % off, the resolution of these checks."""
    check = {"mean": mean_check, "law": law_checks[0], "tail": law_checks[1], "pair": pair_check}[
        name
    ]
    evidence = judged(check, factor)
    assert evidence.decision is decision
    assert evidence.detectable <= evidence.resolution
    if decision is Decision.CONSISTENT:
        assert len(evidence.mutants) >= 2
        assert {m.decision for m in evidence.mutants} == {Decision.REFUTED}
        assert {round(m.relative_size, 12) for m in evidence.mutants} >= {0.02, -0.02}


@pytest.mark.parametrize("name", ["mean", "law", "tail", "pair"])
def test_a_sample_too_small_is_inconclusive(name, mean_check, law_checks, pair_check):
    check = {"mean": mean_check, "law": law_checks[0], "tail": law_checks[1], "pair": pair_check}[
        name
    ]
    fields = [f for f in ("experiment", "first", "second") if hasattr(check, f)]
    small = replace(check, **{f: replace(getattr(check, f), replicates=2000) for f in fields})
    evidence = judged(small, 1.0)
    assert evidence.decision is Decision.INCONCLUSIVE
    assert evidence.detectable > evidence.resolution


def pointwise(value, accuracy=1e-13, ball=None):
    reference = arb("2 +/- 1e-20") if ball is None else ball
    return PointwiseCheck(
        Kind.ENCLOSURE, "", lambda: value, lambda: reference, ({},), accuracy
    ).judge({})


@pytest.mark.parametrize(
    ("value", "ball", "decision"),
    [
        (2.0, None, Decision.ENCLOSED),
        (2.0 * (1 + 5e-13), None, Decision.REFUTED),
        (2.0 * (1 - 5e-13), None, Decision.REFUTED),
        (2.0, arb("2 +/- 1e-12"), Decision.INCONCLUSIVE),
        (float("nan"), None, Decision.REFUTED),
        (float("inf"), None, Decision.REFUTED),
    ],
    ids=["right", "high", "low", "wide ball", "nan", "inf"],
)
def test_pointwise(value, ball, decision):
    assert pointwise(value, ball=ball).decision is decision


def test_a_value_that_is_not_a_number_reaches_the_ledger():
    """At any of the points, not only at the first: refuted, named as the worst, and written as JSON."""
    values = {1: 1.0, 2: float("nan"), 3: 3.0}
    points = tuple({"n": n} for n in values)
    check = PointwiseCheck(Kind.ORACLE, "", lambda n: values[n], lambda n: arb(n), points, 1e-13)
    evidence = check.judge({})
    assert evidence.decision is Decision.REFUTED
    assert "inf" in evidence.method
    record = Record("a", "s", "x", Expectation.HOLDS, (evidence,))
    ledger = json.loads(Ledger("quick", 1, (record,)).dumps())
    assert ledger["claims"][0]["verdict"] == "refuted"
    assert ledger["claims"][0]["evidence"][0]["estimate"] is None


def rate(exponent, wrong=0.0):
    return RateCheck(
        "",
        exact=lambda d: 1 / d + 2 / d**2 + 3 / d**3,
        terms=lambda d: np.array([1 / d, (2 + wrong) / d**2]),
        exponent=exponent,
        widths=(8192, 16384, 32768),
    ).judge({})


@pytest.mark.parametrize(
    ("exponent", "wrong", "decision"),
    [
        (2, 0.0, Decision.CONSISTENT),
        (1, 0.0, Decision.REFUTED),
        (3, 0.0, Decision.REFUTED),
        (2, 0.01, Decision.REFUTED),
        (2, -0.01, Decision.REFUTED),
    ],
)
def test_rate(exponent, wrong, decision):
    evidence = rate(exponent, wrong)
    assert evidence.decision is decision
    if decision is Decision.CONSISTENT:
        assert {m.decision for m in evidence.mutants} == {Decision.REFUTED}
        assert 0 < evidence.detectable <= evidence.resolution


@pytest.mark.parametrize(
    ("chain", "decision"),
    [
        ([3, 2, 1], Decision.ENCLOSED),
        ([3, 1, 2], Decision.REFUTED),
        ([3, 2, 2], Decision.INCONCLUSIVE),
        (["3 +/- 0.1", "2.95 +/- 0.1", "1"], Decision.INCONCLUSIVE),
    ],
)
def test_ordering(chain, decision):
    check = OrderingCheck("", lambda: [[arb(value) for value in chain]])
    assert check.judge({}).decision is decision


@pytest.mark.parametrize(
    ("wrong", "decision"), [(1, Decision.ENCLOSED), (3, Decision.INCONCLUSIVE)]
)
def test_an_ordering_that_allows_a_wrong_value_is_inconclusive(wrong, decision):
    check = OrderingCheck(
        "", lambda: [[arb(3), arb(2)]], rivals={"x": lambda: [[arb(wrong), arb(2)]]}
    )
    assert check.judge({}).decision is decision


@pytest.mark.parametrize(
    ("mutants", "decision"),
    [
        ((), Decision.INCONCLUSIVE),
        ((Mutant("a", 0.1, Decision.REFUTED),), Decision.PROVED),
        (
            (Mutant("a", 0.1, Decision.REFUTED), Mutant("b", 0.1, Decision.PROVED)),
            Decision.INCONCLUSIVE,
        ),
        ((Mutant("a", 0.1, Decision.INCONCLUSIVE),), Decision.INCONCLUSIVE),
    ],
)
def test_a_surviving_mutant_spoils_a_pass(mutants, decision):
    assert guarded(Decision.PROVED, mutants) is decision
    assert guarded(Decision.REFUTED, mutants) is Decision.REFUTED


def test_evidence_survives_json():
    evidence = pointwise(2.0)
    assert Evidence.from_json(evidence.to_json()) == evidence


def test_alpha_is_a_slot_of_the_budget(mean_check):
    assert judged(mean_check, 1.0).alpha == BUDGET.alpha == 1e-6 / 512
