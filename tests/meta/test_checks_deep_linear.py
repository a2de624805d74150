"""The checks of agreement, of medians in bands and of planted simulations: their rates, and errors on both sides."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import binom

from validation.budget import BUDGET, Budget
from validation.checks import median_band
from validation.checks.agreement import AgreementCheck, distance
from validation.checks.median_band import MedianBandCheck, interval, needed, thresholds_for
from validation.checks.planted_simulation import PlantedSimulationCheck
from validation.checks.share import ShareCheck
from validation.evidence import Decision, Kind
from validation.simulation import Summary

TRIALS = 2000
TEST_ALPHA = 1e-9  # false alarms of these tests themselves
LOOSE = Budget(false_alarm_rate=0.04 * 512)  # alpha = 0.04 for a decision, 0.02 for each side
REFUTED, CONSISTENT, INCONCLUSIVE = Decision.REFUTED, Decision.CONSISTENT, Decision.INCONCLUSIVE


# Agreement


def agreement(error=0.0, tolerance=1e-12, **planted):
    return AgreementCheck(
        Kind.ORACLE,
        "x",
        lambda: np.ones(3),
        lambda: 1 + np.array([0, error, 0]),
        tolerance,
        planted,
    )


@pytest.mark.parametrize(("error", "agrees"), [(0.0, True), (9e-13, True), (-1.1e-12, False)])
def test_rounding_agrees_and_more_does_not(error, agrees):
    evidence = agreement(error).judge({})
    assert evidence.decision is (CONSISTENT if agrees else REFUTED)
    assert [m.relative_size for m in evidence.mutants] == [3e-12, -3e-12]
    assert all(m.decision is REFUTED for m in evidence.mutants)


@pytest.mark.parametrize("wrong", [np.ones(2), np.array([1, np.nan, 1]), np.array([1, np.inf, 1])])
def test_other_shapes_and_numbers_that_are_not_finite_never_agree(wrong):
    assert distance(np.ones(3), wrong) == np.inf
    assert agreement(bad=lambda: wrong).judge({}).mutants[-1].decision is REFUTED


def test_nothing_agrees_with_nothing():
    assert distance(np.ones(0), np.ones(0)) == np.inf


def test_a_planted_error_that_is_not_seen_leaves_it_open():
    assert agreement(same=lambda: np.ones(3)).judge({}).decision is INCONCLUSIVE


# Medians


@dataclass(frozen=True)
class Medians:
    """Replicates of a skewed law with a given median."""

    replicates: int
    median: float
    thresholds: tuple[float, ...] = ()
    description: str = "medians"

    def simulate(self, rng):
        values = self.median + np.log(2 * rng.random(self.replicates))  # median of log 2u: 0
        return {
            "replicates": np.array([float(self.replicates)]),
            "counts": np.array([float(np.sum(values <= t)) for t in self.thresholds]),
        }


BAND, RIVAL = (-0.5, 0.5), (1.0, 1.2)


def judged(median, size=2000, seed=3):
    experiment = Medians(size, median, thresholds_for((BAND, RIVAL)))
    check = MedianBandCheck(experiment, BAND, "x", {"rival": RIVAL})
    return check.judge(
        {experiment: Summary.of(experiment, [experiment.simulate(np.random.default_rng(seed))])}
    )


@pytest.mark.parametrize(
    ("median", "decision"),
    [(0.0, CONSISTENT), (0.49, INCONCLUSIVE), (0.9, REFUTED), (-0.9, REFUTED), (1.1, REFUTED)],
)
def test_medians_are_told_on_both_sides(median, decision):
    assert judged(median).decision is decision


def test_bands_beside_it_and_rivals_are_refuted():
    evidence = judged(0.1)
    assert [m.id for m in evidence.mutants] == ["band shifted by +1", "band shifted by -1", "rival"]
    assert all(m.decision is REFUTED for m in evidence.mutants)
    assert evidence.estimate == pytest.approx(0.1, abs=0.1)


def test_a_sample_too_small_decides_nothing():
    assert judged(0.0, size=20).decision is INCONCLUSIVE
    assert judged(9.0, size=20).decision is INCONCLUSIVE
    assert judged(9.0, size=40).decision is REFUTED


@pytest.mark.parametrize("end", BAND)
def test_false_alarms_at_an_end_of_the_band_are_as_declared(end):
    """The median at an end is the worst case of either decision: both err at half the rate at most."""
    rng, size = np.random.default_rng(8), 301
    values = end + np.log(2 * rng.random((TRIALS, size)))
    found = [
        median_band.decide(int(np.sum(v <= BAND[0])), int(np.sum(v > BAND[1])), size, LOOSE)
        for v in values
    ]
    for decision in (REFUTED, CONSISTENT):
        assert binom.sf(found.count(decision) - 1, TRIALS, LOOSE.alpha / 2) > TEST_ALPHA
        assert binom.cdf(found.count(decision), TRIALS, LOOSE.alpha / 4) > TEST_ALPHA


@pytest.mark.parametrize("size", [10, 29, 30, 100, 5001])
def test_as_many_as_needed_are_as_rare_as_the_budget_says(size):
    assert binom.sf(needed(size) - 1, size, 0.5) <= BUDGET.alpha / 2 or needed(size) > size
    assert binom.sf(needed(size) - 2, size, 0.5) > BUDGET.alpha / 2


def test_intervals_cover_the_median():
    experiment = Medians(500, 0.0, thresholds_for((BAND,)))
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(300):
        low, _, high = interval(Summary.of(experiment, [experiment.simulate(rng)]), LOOSE)
        covered += low <= 0.0 <= high
    assert binom.cdf(covered, 300, 1 - LOOSE.alpha) > TEST_ALPHA


def test_a_band_without_its_thresholds_is_not_judged():
    """Another band must not be judged in its place, the nearest one say."""
    experiment = Medians(2000, 0.0, thresholds_for((BAND,)))
    summary = Summary.of(experiment, [experiment.simulate(np.random.default_rng(2))])
    check = MedianBandCheck(experiment, BAND, "x", {"rival": (1.01, 3.0)})
    with pytest.raises(ValueError, match=r"must contain the ends of every band, got none at 1\.01"):
        check.judge({experiment: summary})


def test_infinite_replicates_count_as_above():
    experiment = Medians(100, np.inf, thresholds_for((BAND,)))
    summary = Summary.of(experiment, [experiment.simulate(np.random.default_rng(1))])
    assert MedianBandCheck(experiment, BAND, "x").judge({experiment: summary}).decision is REFUTED


# Planted simulations


def share_check(right, wrong, **changes):
    """Share of replicates above 0, at least 0.5."""
    experiments = [Medians(200, m, (0.0, 5.0)) for m in (right, wrong)]
    check = ShareCheck(experiments[0], 0.0, 0.5, "x > 0", 0.8)
    planted = {"wrong": {"experiment": experiments[1]}, **changes}
    samples = {
        e: Summary.of(e, [e.simulate(np.random.default_rng(k))]) for k, e in enumerate(experiments)
    }
    return PlantedSimulationCheck(check, planted), samples


@pytest.mark.parametrize(
    ("right", "wrong", "decision"),
    [(1.0, -3.0, CONSISTENT), (1.0, 0.9, INCONCLUSIVE), (-3.0, -3.0, REFUTED)],
)
def test_a_wrong_simulation_must_be_refuted(right, wrong, decision):
    check, samples = share_check(right, wrong)
    assert len(check.experiments) == 2
    evidence = check.judge(samples)
    assert evidence.decision is decision
    assert [m.id for m in evidence.mutants][-1] == "wrong"


def test_other_fields_may_be_planted_too():
    check, samples = share_check(1.0, -3.0, threshold={"threshold": 5.0})
    assert len(check.experiments) == 2
    assert check.judge(samples).mutants[-1].decision is REFUTED
    lenient = replace(check, planted={"same": {"share": 0.4}})
    assert lenient.judge(samples).decision is INCONCLUSIVE
