"""The checks of stationary laws, of counts and of planted samples: their rates under the null, and planted errors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, expon

from theory.activations import linear, relu
from validation.budget import BUDGET, Budget
from validation.chains import Chains
from validation.checks import stationary_tail
from validation.checks.event_count import EventCountCheck, size_for
from validation.checks.mean import MeanSample, min_replicates
from validation.checks.planted_sample import PlantedSampleCheck
from validation.checks.stationary_mean import StationaryMeanCheck, bracketed
from validation.checks.stationary_tail import Brackets, StationaryTailCheck
from validation.evidence import Decision
from validation.experiment import Experiment
from validation.simulation import Summary

TRIALS = 2000
LOOSE = Budget(false_alarm_rate=0.02 * 512, miss_rate=0.05)  # alpha = 0.02 for each decision
TEST_ALPHA = 1e-9  # false alarms of these tests themselves
RESOLUTION = 0.05


def at_most(count, rate):
    return binom.sf(count - 1, TRIALS, rate) > TEST_ALPHA


@pytest.fixture
def rng():
    return np.random.default_rng(20241)


def summary(experiment, seed=7, **changes):
    """The experiment's sample, but drawn with other coefficients than it says."""
    other = replace(experiment, **changes)
    chunk = other.simulate(experiment.replicates, np.random.default_rng(seed))
    return Summary.of(experiment, [chunk])


# Counts between two starts


@pytest.mark.parametrize("unmet", [0.0, 0.002])
def test_bracketed_counts_alarm_as_declared(rng, unmet):
    """Chains that have not met lie on the wrong sides of the threshold, in just the way that hurts least."""
    size, true = 5000, 0.1
    below = rng.binomial(size, true - unmet, TRIALS)
    above = rng.binomial(size, true + unmet, TRIALS)
    pairs = zip(below.tolist(), above.tolist(), strict=True)
    values = [stationary_tail.p_value(Brackets(size, *pair), true, 0.0) for pair in pairs]
    assert at_most(int(np.sum(np.array(values) < LOOSE.alpha)), LOOSE.alpha)


@pytest.mark.parametrize("factor", [1.1, 0.9])
def test_bracketed_counts_miss_as_declared(rng, factor):
    true, far = 0.1, 1e-4
    size = stationary_tail.min_replicates((factor * true, far), true, LOOSE)
    counts = rng.binomial(size, true, TRIALS).tolist()
    values = [stationary_tail.p_value(Brackets(size, k, k), factor * true, far) for k in counts]
    misses = int(np.sum(np.array(values) >= LOOSE.alpha))
    assert at_most(misses, LOOSE.miss_rate)
    assert misses > 0  # the size is not wasteful


def test_an_upper_start_within_reach_costs_power_but_alarms_no_more():
    """Where the stationary chain may start above, too few chains beyond the threshold prove less."""
    few = Brackets(1000, 60, 60)
    assert stationary_tail.p_value(few, 0.1, 0.0) < 1e-4 < stationary_tail.p_value(few, 0.1, 0.04)


def test_unmet_is_an_upper_bound(rng):
    true, size = 0.003, 2000
    apart = rng.binomial(size, true, TRIALS).tolist()
    bounds = np.array([stationary_tail.unmet(Brackets(size, 0, k), LOOSE) for k in apart])
    assert at_most(int(np.sum(bounds < true)), LOOSE.miss_rate)
    assert stationary_tail.unmet(Brackets(10, 0, 10)) == 1.0


@pytest.fixture(scope="module")
def tail_check():
    """At width 1 and no weights to speak of R = Q is chi-squared, whatever came before."""
    scale = {1 + side * RESOLUTION: side * RESOLUTION for side in (1, -1)}

    def tail(r, factor=1.0):
        return float(2 * (1 - _normal_cdf(r / factor**0.5)))

    sizes = [
        stationary_tail.min_replicates((tail(2.0, f), 0.0), tail(2.0), unmet=1e-4) for f in scale
    ]
    chains = Chains(
        1, 1e-12, 1.0, linear(), 2, max(sizes), starts=(0.0, 50.0), thresholds=(float(np.log(2)),)
    )
    planted = {f"x {f:g}": (size, lambda r, f=f: tail(r, f)) for f, size in scale.items()}
    rivals = {"exponential": lambda r: float(expon.sf(r))}
    return StationaryTailCheck(chains, 2.0, tail, planted, RESOLUTION, "bias variance", rivals)


def _normal_cdf(x):
    from scipy.special import ndtr

    return ndtr(x)


@pytest.mark.parametrize(
    ("factor", "decision"),
    [
        (1.0, Decision.CONSISTENT),
        (1 + RESOLUTION, Decision.REFUTED),
        (1 - RESOLUTION, Decision.REFUTED),
    ],
)
def test_tails_of_wrong_chains_are_refuted(tail_check, factor, decision):
    sample = summary(tail_check.experiment, bias_variance=factor)
    evidence = tail_check.judge({tail_check.experiment: sample})
    assert evidence.decision is decision
    if decision is Decision.CONSISTENT:
        assert {m.decision for m in evidence.mutants} == {Decision.REFUTED}
        assert evidence.detectable <= evidence.resolution


def test_chains_that_have_not_met_are_inconclusive(tail_check):
    chains = replace(tail_check.experiment, variance=0.9, steps=1)
    check = replace(tail_check, experiment=chains)
    evidence = check.judge({chains: summary(chains)})
    assert evidence.decision is not Decision.CONSISTENT


# Means between two starts


def test_bracketed_means_alarm_as_declared(rng):
    """Samples whose means are on the right sides, and just so."""
    size = 400
    draws = rng.standard_normal((TRIALS, size))
    decisions = [bracketed(s, s, 0.0, 1.0, LOOSE)[0] for s in map(_normal_sample, draws)]
    assert at_most(decisions.count(Decision.REFUTED), LOOSE.alpha)
    assert decisions.count(Decision.REFUTED) > 0


@pytest.mark.parametrize("side", [1, -1])
def test_bracketed_means_miss_as_declared(rng, side):
    size = min_replicates(1.0, 0.0, 0.2, LOOSE)
    draws = rng.standard_normal((TRIALS, size))
    decisions = [bracketed(s, s, 0.2 * side, 0.2, LOOSE)[0] for s in map(_normal_sample, draws)]
    assert at_most(TRIALS - decisions.count(Decision.REFUTED), LOOSE.miss_rate)


def _normal_sample(values):
    return MeanSample(values.size, float(values.mean()), float(values.std(ddof=1)), 0.0)


def test_means_too_far_apart_are_inconclusive():
    low, high = MeanSample(10**6, 0.9, 1.0, 0.0), MeanSample(10**6, 1.1, 1.0, 0.0)
    assert bracketed(low, high, 1.0, 0.1)[0] is Decision.INCONCLUSIVE
    assert bracketed(low, high, 1.0, 0.3)[0] is Decision.CONSISTENT
    assert bracketed(low, high, 1.2, 0.3)[0] is Decision.REFUTED
    assert bracketed(low, high, 0.8, 0.3)[0] is Decision.REFUTED


def test_slack_costs_power_and_alarms_no_more():
    sample = MeanSample(10**6, 1.0, 1.0, 0.0)
    assert bracketed(sample, sample, 1.01, 0.02)[0] is Decision.REFUTED
    assert bracketed(sample, sample, 1.01, 0.02, slack=0.005)[0] is Decision.CONSISTENT
    assert bracketed(sample, sample, 0.99, 0.02, slack=0.005)[0] is Decision.CONSISTENT
    assert bracketed(sample, sample, 1.0, 0.02, slack=0.01)[0] is Decision.INCONCLUSIVE
    assert bracketed(sample, sample, 1.02, 0.02, slack=0.005)[0] is Decision.REFUTED


def test_skewed_means_are_inconclusive():
    skewed = MeanSample(1000, 1.0, 1.0, 3.0)
    assert bracketed(skewed, skewed, 5.0, 1.0)[0] is Decision.INCONCLUSIVE


@pytest.fixture(scope="module")
def mean_check():
    """E R = 8/(1 - 1/2) at width 8."""
    chains = Chains(8, 1 / 16, 1.0, linear(), 40, 60_000, starts=(0.0, 20.0), orders=(2.0,))
    planted = {
        f"variance x {1 + size:g}": (size, 8 / (1 - (1 + size) / 2))
        for size in (RESOLUTION, -RESOLUTION)
    }
    return StationaryMeanCheck(chains, 2.0, 16.0, planted, RESOLUTION)


@pytest.mark.parametrize(
    ("factor", "refuted"), [(1.0, False), (1 + RESOLUTION, True), (1 - RESOLUTION, True)]
)
def test_means_of_wrong_chains_are_refuted(mean_check, factor, refuted):
    experiment = replace(mean_check.experiment, replicates=400_000)
    check = replace(mean_check, experiment=experiment)
    evidence = check.judge({experiment: summary(experiment, variance=factor / 16)})
    assert evidence.decision is (Decision.REFUTED if refuted else Decision.CONSISTENT)


def test_too_few_chains_are_inconclusive(mean_check):
    small = replace(mean_check.experiment, replicates=2000)
    check = replace(mean_check, experiment=small)
    assert check.judge({small: summary(small)}).decision is Decision.INCONCLUSIVE


# Counts of an event


@pytest.fixture(scope="module")
def event_check():
    size = size_for(0.4375, RESOLUTION)
    experiment = Experiment((2, 2, 2), (1.0, 1.0), relu(), size, thresholds=(-1e300,))
    return EventCountCheck(experiment, -1e300, 0.4375, "every unit is 0", RESOLUTION)


@pytest.mark.parametrize(
    ("probability", "refuted"),
    [(0.4375, False), (0.4375 * (1 + RESOLUTION), True), (0.4375 * (1 - RESOLUTION), True)],
)
def test_events_of_another_probability_are_refuted(event_check, probability, refuted):
    check = replace(event_check, probability=probability)
    evidence = check.judge({check.experiment: summary(check.experiment)})
    assert (evidence.decision is Decision.REFUTED) is refuted
    if not refuted:
        assert evidence.decision is Decision.CONSISTENT
        assert {round(m.relative_size, 12) for m in evidence.mutants} == {RESOLUTION, -RESOLUTION}
        assert evidence.detectable <= RESOLUTION


def test_too_few_events_are_inconclusive(event_check):
    small = replace(event_check.experiment, replicates=200)
    check = replace(event_check, experiment=small)
    assert check.judge({small: summary(small)}).decision is Decision.INCONCLUSIVE


# Planted samples


@pytest.fixture(scope="module")
def planted_check():
    grid = tuple(float(t) for t in np.linspace(-2, 3, 101))
    shared = {"replicates": 100_000, "thresholds": grid}
    network = Experiment((3, 3, 3), (0.5, 0.5), linear(), bias_variance=1.0, **shared)
    chains = Chains(3, 0.5, 1.0, linear(), 2, starts=(1.0,), **shared)
    planted = {
        f"variance x {1 + s:g}": (s, replace(chains, variance=0.5 * (1 + s))) for s in (0.2, -0.2)
    }
    rivals = {"half the biases": replace(chains, bias_variance=0.5)}
    return PlantedSampleCheck(network, chains, planted, 0.2, "weight variance", rivals)


@pytest.mark.parametrize("factor", [1.0, 1.2, 0.8])
def test_networks_of_another_variance_are_refuted(planted_check, factor):
    samples = {e: summary(e, seed) for seed, e in enumerate(planted_check.experiments)}
    network = planted_check.first
    samples[network] = summary(network, 99, variances=(0.5 * factor,) * 2)
    evidence = planted_check.judge(samples)
    expected = Decision.CONSISTENT if factor == 1 else Decision.REFUTED
    assert evidence.decision is expected
    if factor == 1:
        assert {m.decision for m in evidence.mutants} == {Decision.REFUTED}


def test_planted_samples_too_small_are_inconclusive(planted_check):
    few = {"replicates": 3000}
    check = replace(
        planted_check,
        first=replace(planted_check.first, **few),
        second=replace(planted_check.second, **few),
        planted={n: (s, replace(e, **few)) for n, (s, e) in planted_check.planted.items()},
        rivals={},
    )
    samples = {e: summary(e, seed) for seed, e in enumerate(check.experiments)}
    evidence = check.judge(samples)
    assert evidence.decision is Decision.INCONCLUSIVE
    assert evidence.alpha == BUDGET.alpha
