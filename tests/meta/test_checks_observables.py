"""The checks of means of observables: their rates under the null, systematic errors, and planted errors."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import binom, norm

from validation.budget import BUDGET, Budget
from validation.checks import mean, mean_bound
from validation.checks.mean import MeanSample, min_replicates
from validation.checks.mean_bound import MeanBoundCheck, min_excess
from validation.checks.observable_mean import ObservableMeanCheck, rates, step_error
from validation.evidence import Decision
from validation.observables import HALVING, combination, cubic_sums, halving_change
from validation.simulation import Summary

TRIALS = 2000
LOOSE = Budget(false_alarm_rate=0.02 * 512, miss_rate=0.05)  # alpha = 0.02 for each decision
TEST_ALPHA = 1e-9  # false alarms of these tests themselves
REFUTED, CONSISTENT, INCONCLUSIVE = Decision.REFUTED, Decision.CONSISTENT, Decision.INCONCLUSIVE


def at_most(count, rate):
    return binom.sf(count - 1, TRIALS, rate) > TEST_ALPHA


def around(count, rate):
    return at_most(count, rate) and binom.cdf(count, TRIALS, rate) > TEST_ALPHA


@pytest.fixture
def rng():
    return np.random.default_rng(20251)


@dataclass(frozen=True)
class Draws:
    """Normal draws a and b of correlation 1/2, and what halving a step of error `bias` would change of a."""

    replicates: int
    centre: float = 1.0
    bias: float | None = None
    description: str = "draws"

    @property
    def observables(self):
        halved = () if self.bias is None else ("a" + HALVING, "b" + HALVING)
        return ("a", "b", *halved)

    def simulate(self, replicates, rng):
        first, second, third = rng.standard_normal((3, replicates))
        columns = [self.centre + first, self.centre + (first + 3**0.5 * second) / 2]
        if self.bias is not None:
            columns[0] = columns[0] + self.bias
            columns += [-self.bias + 0.01 * third, 0.01 * third]
        sums = cubic_sums(np.stack(columns, axis=1))[None]
        return {"replicates": np.array([float(replicates)]), "cubic_sums": sums}


def judged(check, seed=7, **changes):
    """The check's evidence on a sample that is drawn otherwise than the experiment says."""
    other = replace(check.experiment, **changes)
    chunk = other.simulate(check.experiment.replicates, np.random.default_rng(seed))
    return check.judge({check.experiment: Summary.of(check.experiment, [chunk])})


# Combinations


@pytest.mark.parametrize("weights", [{"a": 1.0}, {"a": 0.3, "b": -2.0, "1": 0.7}])
def test_combinations_are_those_of_the_sample(weights):
    values = np.random.default_rng(3).gamma(2.0, size=(45_000, 2))  # more than a block
    kept = {"cubic_sums": cubic_sums(values)[None]}
    sample = combination(Summary(Draws(45_000), kept), weights)
    y = values @ [weights.get("a", 0.0), weights.get("b", 0.0)] + weights.get("1", 0.0)
    third = np.mean((y - y.mean()) ** 3) / y.std() ** 3
    assert (sample.replicates, sample.mean) == (45_000, pytest.approx(y.mean(), rel=1e-9))
    assert (sample.std, sample.skewness) == pytest.approx((y.std(ddof=1), third), rel=1e-8)


def test_unknown_observables_are_refused():
    with pytest.raises(ValueError, match=r"among .*'a', 'b'.*got \['c'\]"):
        combination(Summary(Draws(10), {}), {"c": 1.0})


def test_changes_on_halving_are_found_where_they_are_kept():
    check = ObservableMeanCheck(Draws(1000, bias=0.2), {"a": 1.0, "1": 3.0}, 1.0, "")
    chunk = check.experiment.simulate(1000, np.random.default_rng(1))
    summary = Summary.of(check.experiment, [chunk])
    assert halving_change(summary, {"a": 2.0, "1": 3.0}).mean == pytest.approx(-0.4, abs=0.005)
    assert halving_change(Summary(Draws(10), {}), {"a": 1.0}) is None


def test_an_observable_without_its_change_is_refused():
    """Where others have theirs, its step's error would go uncounted."""
    with pytest.raises(ValueError, match="must be of observables among"):
        halving_change(Summary(Draws(10, bias=0.0), {}), {"c": 1.0})


# Systematic errors, two-sided


@pytest.mark.parametrize("slack", [0.0, 0.05])
def test_false_alarms_are_as_declared_with_a_bias_of_the_slack(rng, slack):
    """The bias lies as badly as it may: the alarms are at most the declared ones, and without it as many."""
    size = mean.min_replicates(1.0, 0.0, 0.2, LOOSE)
    draws = rng.standard_normal((TRIALS, size)) + 1 + slack
    decisions = [mean.decide(normal(row), 1.0, 0.5, LOOSE, slack)[0] for row in draws]
    assert at_most(decisions.count(REFUTED), 0.02)
    assert slack or around(decisions.count(REFUTED), 0.02)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("hidden", [0.05, -0.05])
def test_misses_are_as_declared_wherever_the_bias_lies(rng, side, hidden):
    sample = MeanSample(1000, 1.0, 1.0, 0.0)
    seen = mean.min_discrepancy(sample, LOOSE, 0.05)
    draws = rng.standard_normal((TRIALS, 1000)) + 1 + seen * side + hidden
    decisions = [mean.decide(normal(row), 1.0, seen, LOOSE, 0.05)[0] for row in draws]
    assert at_most(TRIALS - decisions.count(REFUTED), 0.05)


def normal(values):
    """Normal draws, so the skewness is known to be 0: what its rule costs is tested apart."""
    return MeanSample(len(values), values.mean(), values.std(ddof=1), 0.0)


def test_a_measured_step_error_bounds_the_true_one(rng):
    changes = 0.03 + 0.4 * rng.standard_normal((TRIALS, 200))
    bounds = np.array([step_error(normal(row), LOOSE) for row in changes])
    assert at_most(int(np.sum(bounds < 0.03)), LOOSE.alpha)
    assert step_error(None) == 0.0


def test_rare_changes_are_bounded_or_refused(rng):
    """A change made by a few chains of many: where it is trusted, it is never below the finer step's error, a third."""
    for mean_events in (4, 40, 400):
        for events in rng.poisson(mean_events, TRIALS):
            values = np.zeros(4000)
            values[:events] = 1.0
            bound = step_error(MeanSample(4000, values.mean(), values.std(ddof=1), _skew(values)))
            assert bound >= mean_events / 4000 / 3
            assert events >= 90 or bound == np.inf


def _skew(values):
    spread = values.std()
    return np.mean((values - values.mean()) ** 3) / spread**3 if spread else np.inf


def test_a_skewed_change_leaves_the_mean_undecided():
    change = MeanSample(1000, 0.0, 1e-6, 4.0)
    decision, _ = mean.decide(normal(np.arange(9.0)), 1.0, 1e9, BUDGET, step_error(change))
    assert decision is INCONCLUSIVE


def test_two_random_numbers_share_one_slot(rng):
    """Mean and step error together alarm no more often than a single decision may."""
    halves = rates(normal(rng.standard_normal(9)), LOOSE)
    assert halves.alpha == pytest.approx(LOOSE.alpha / 2, rel=1e-12)
    assert rates(None, LOOSE) == LOOSE
    assert rates(None, LOOSE, others=1).alpha == pytest.approx(LOOSE.alpha / 2, rel=1e-12)
    alarms = 0
    for _ in range(TRIALS):
        sample = normal(1.03 + rng.standard_normal(400))
        change = normal(-0.03 + 0.02 * rng.standard_normal(400))
        slack = step_error(change, halves)
        alarms += mean.decide(sample, 1.0, 9.0, halves, slack)[0] is REFUTED
    assert at_most(alarms, LOOSE.alpha)


# The mean check


@pytest.fixture(scope="module")
def mean_check():
    return ObservableMeanCheck(
        Draws(min_replicates(1.0, 0.0, 0.02)), {"a": 1.0}, 1.0, "a", rivals={"half": 0.5}
    )


@pytest.mark.parametrize(
    ("centre", "decision"), [(1.0, CONSISTENT), (1.02, REFUTED), (0.98, REFUTED)]
)
def test_means_off_by_the_resolution_are_refuted(mean_check, centre, decision):
    evidence = judged(mean_check, centre=centre)
    assert evidence.decision is decision
    assert evidence.detectable <= evidence.resolution
    assert evidence.alpha == BUDGET.alpha
    if decision is CONSISTENT:
        assert {m.decision for m in evidence.mutants} == {REFUTED}
        assert [round(m.relative_size, 12) for m in evidence.mutants] == [0.02, -0.02, -0.5]


def test_combined_means_are_judged(mean_check):
    check = replace(mean_check, weights={"a": 2.0, "b": -1.0})  # standard deviation sqrt(3)
    large = replace(check, experiment=Draws(3 * mean_check.experiment.replicates))
    assert judged(large).decision is CONSISTENT
    assert judged(check).decision is INCONCLUSIVE


def test_too_few_draws_are_inconclusive(mean_check):
    small = replace(mean_check, experiment=Draws(2000))
    evidence = judged(small)
    assert evidence.decision is INCONCLUSIVE
    assert evidence.detectable > evidence.resolution


@pytest.mark.parametrize(
    ("bias", "decision"),
    [(0.0, CONSISTENT), (0.002, CONSISTENT), (-0.002, CONSISTENT), (0.02, INCONCLUSIVE)],
)
def test_a_step_s_error_counts_against_the_check(bias, decision):
    """Of a tenth of the resolution it is harmless; of all of it nothing can be said, not even a refutation."""
    size = 2 * min_replicates(1.0, 0.0, 0.02)
    check = ObservableMeanCheck(Draws(size, bias=bias), {"a": 1.0}, 1.0, "a")
    evidence = judged(check)
    assert evidence.decision is decision
    assert evidence.detectable >= 2 * abs(bias)


def test_a_known_offset_counts_too(mean_check):
    assert judged(replace(mean_check, offset=0.01)).decision is INCONCLUSIVE
    large = replace(mean_check, experiment=Draws(2 * mean_check.experiment.replicates))
    assert judged(replace(large, offset=0.002)).decision is CONSISTENT


# One-sided bounds


@pytest.mark.parametrize(("excess", "alarms"), [(0.0, 0.02), (-0.3, 0.0)])
def test_bound_false_alarms_are_as_declared(rng, excess, alarms):
    draws = rng.standard_normal((TRIALS, 300)) + 1 + excess
    decisions = [mean_bound.decide(normal(row), 1.0, 9.0, 0.0, LOOSE)[0] for row in draws]
    assert around(decisions.count(REFUTED), alarms) or not decisions.count(REFUTED) > alarms


def test_bound_misses_are_as_declared(rng):
    seen = min_excess(MeanSample(300, 1.0, 1.0, 0.0), 0.0, LOOSE)
    draws = rng.standard_normal((TRIALS, 300)) + 1 + seen
    decisions = [mean_bound.decide(normal(row), 1.0, seen, 0.0, LOOSE)[0] for row in draws]
    missed = TRIALS - decisions.count(REFUTED)
    assert around(missed, 0.05)


def test_bounds_have_one_sided_quantiles():
    sample = MeanSample(1, 0.0, 1.0, 0.0)
    expected = norm.isf(BUDGET.alpha) + norm.isf(BUDGET.miss_rate)
    assert min_excess(sample) == pytest.approx(expected, rel=1e-12)
    assert min_excess(sample, 0.25) == pytest.approx(expected + 0.5, rel=1e-12)


def bounded(size=300_000, **changes):
    shared = {"weights": {"a": 1.0}, "bound": 1.0, "name": "a", "scale": 1.0, "resolution": 0.02}
    return MeanBoundCheck(Draws(size), **{**shared, **changes})


@pytest.mark.parametrize("side", ["upper", "lower"])
@pytest.mark.parametrize(
    ("beyond", "decision"), [(0.0, CONSISTENT), (-0.5, CONSISTENT), (0.02, REFUTED)]
)
def test_bounds_are_one_sided(side, beyond, decision):
    sign = 1 if side == "upper" else -1
    evidence = judged(
        bounded(side=side, rivals={"wrong": 1 - sign * 0.6}), centre=1 + sign * beyond
    )
    assert evidence.decision is decision
    assert evidence.estimate == pytest.approx(1 + sign * beyond, abs=0.01)
    if decision is CONSISTENT:
        assert {m.decision for m in evidence.mutants} == {REFUTED}


def test_a_rival_that_is_no_better_than_the_bound_spoils_the_check():
    assert judged(bounded(rivals={"also true": 1.5})).decision is INCONCLUSIVE


def test_a_known_offset_counts_against_the_bound():
    assert judged(bounded(offset=0.01)).decision is INCONCLUSIVE
    large = judged(bounded(600_000, offset=0.002))
    assert large.decision is CONSISTENT
    assert large.detectable > judged(bounded(600_000)).detectable + 0.0039


def test_the_logarithm_shares_the_slot_and_its_remainder_is_counted():
    """Three random numbers with a step: the mean, its error and the argument of the logarithm."""
    check = bounded(600_000, bound=np.e, logarithm=("b", 1.0))
    for bias, numbers in ((None, 2), (0.0, 3)):
        draws = replace(check.experiment, bias=bias)
        summary = Summary.of(draws, [draws.simulate(600_000, np.random.default_rng(2))])
        sample, slack, budget = check._sample(summary, 1.0)
        assert budget.alpha == pytest.approx(BUDGET.alpha / numbers, rel=1e-12)
        error = budget.critical * combination(summary, {"b": 1.0}).standard_error
        assert slack >= max(-np.log1p(-error) - error, error - np.log1p(error))
        assert sample.mean == pytest.approx(
            combination(summary, {"a": 1.0}).mean - np.log(combination(summary, {"b": 1.0}).mean)
        )


def test_too_few_draws_for_the_bound_are_inconclusive():
    assert judged(bounded(2000)).decision is INCONCLUSIVE


def test_skewed_draws_are_inconclusive():
    skewed = MeanSample(1000, 5.0, 1.0, 3.0)
    assert mean_bound.decide(skewed, 1.0, 10.0)[0] is INCONCLUSIVE


@pytest.mark.parametrize(
    ("bound", "decision"), [(np.exp(-1) + 1e-9, CONSISTENT), (np.exp(-1) - 0.02, REFUTED)]
)
def test_bounds_with_the_logarithm_of_a_mean(bound, decision):
    """E a - log E b at a = b = 1 is 1; with the centre at e it is e - 1."""
    check = bounded(600_000, bound=1.0 + bound - np.exp(-1), logarithm=("b", 1.0))
    assert judged(check).decision is decision
    wrong = replace(check, logarithm=("b", 2.0), bound=np.e - 2.02)
    assert judged(wrong, centre=np.e).decision is REFUTED


def test_wrong_coefficients_of_the_logarithm_are_refuted():
    check = bounded(600_000, bound=np.e - 1, logarithm=("b", 1.0), scale=2.0)
    check = replace(check, experiment=Draws(600_000, centre=np.e))
    planted = {"half": (np.e - 1, 0.5), "none": (np.e - 1, 0.0)}
    evidence = judged(replace(check, wrong_coefficients=planted))
    assert evidence.decision is CONSISTENT
    assert [m.decision for m in evidence.mutants] == [REFUTED] * 3


def test_a_step_s_error_counts_against_the_bound():
    size = 600_000
    for bias, decision in ((-0.002, CONSISTENT), (0.02, INCONCLUSIVE)):
        check = replace(bounded(), experiment=Draws(size, bias=bias))
        assert judged(check).decision is decision
