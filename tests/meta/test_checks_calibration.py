"""The checks under the null: their declared error rates hold in simulation, at rates that can be measured."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from validation.budget import BUDGET, Budget
from validation.checks import kolmogorov, mean, tail_count, two_sample
from validation.evidence import Decision

TRIALS = 2000
LOOSE = Budget(false_alarm_rate=0.02 * 512, miss_rate=0.05)  # alpha = 0.02 for each decision
TEST_ALPHA = 1e-9  # false alarms of these tests themselves


def at_most(count, rate):
    """Whether a count of TRIALS is compatible with a probability of at most `rate`."""
    return binom.sf(count - 1, TRIALS, rate) > TEST_ALPHA


def around(count, rate):
    return at_most(count, rate) and binom.cdf(count, TRIALS, rate) > TEST_ALPHA


@pytest.fixture
def rng():
    return np.random.default_rng(20240)


def sample_of(values):
    """Normal draws, so the skewness is known to be 0: what its rule costs is tested apart."""
    std = values.std(ddof=1)
    return mean.MeanSample(len(values), values.mean(), std, 0.0)


def mean_decisions(rng, true_shift, resolution=0.2):
    """Decisions on samples of N(1 + shift, 1) of just the size that resolves `resolution`."""
    size = mean.min_replicates(1.0, 0.0, resolution, LOOSE)
    draws = rng.standard_normal((TRIALS, size)) + 1 + true_shift
    return [mean.decide(sample_of(row), 1.0, resolution, LOOSE)[0] for row in draws]


def test_mean_false_alarms_are_as_declared(rng):
    decisions = mean_decisions(rng, 0.0)
    assert around(decisions.count(Decision.REFUTED), 0.02)


@pytest.mark.parametrize("side", [1, -1])
def test_mean_misses_are_as_declared(rng, side):
    decisions = mean_decisions(rng, 0.2 * side)
    assert at_most(TRIALS - decisions.count(Decision.REFUTED), 0.05)
    assert (
        decisions.count(Decision.REFUTED) < TRIALS
    )  # the size is not wasteful: some misses do occur


def test_mean_reach_is_the_sum_of_two_quantiles():
    assert BUDGET.reach == pytest.approx(norm.isf(1e-6 / 512 / 2) + norm.isf(1e-6), rel=1e-12)


def test_mean_rule_for_skewed_replicates_holds_far_in_the_tail():
    """Exact, as the mean of n chi^2_1 is Gamma: at the rule's n = 8e5 the true rate is within 20 % of alpha."""
    from scipy.stats import gamma

    def true_rate(n):
        critical = BUDGET.critical * np.sqrt(2 / n)
        law = gamma(n / 2, scale=2 / n)
        return law.cdf(1 - critical) + law.sf(1 + critical)

    assert true_rate(800_000) == pytest.approx(BUDGET.alpha, rel=0.2)
    assert (
        true_rate(1000) > 3 * BUDGET.alpha
    )  # and the rule is needed: at n = 1000 it fails several times too often


def test_mean_is_inconclusive_when_it_cannot_see():
    small = mean.MeanSample(1000, 1.0, 1.0, 0.0)
    assert mean.decide(small, 1.0, 0.005)[0] is Decision.INCONCLUSIVE
    skewed = mean.MeanSample(1_000_000, 1.0, 1.0, 10.0)
    assert mean.decide(skewed, 2.0, 0.5)[0] is Decision.INCONCLUSIVE


def law_distances(rng, size, scale):
    """Kolmogorov distances to the uniform law, on a grid, of samples of U^(1/scale)."""
    grid = np.linspace(0, 1, 101)
    draws = np.sort(rng.random((TRIALS, size)) ** (1 / scale), axis=1)
    empirical = np.array([np.searchsorted(row, grid, side="right") for row in draws]) / size
    return np.abs(empirical - grid).max(axis=1)


def test_exact_law_false_alarms_are_bounded(rng):
    distances = law_distances(rng, 500, 1.0)
    alarms = int(np.sum(distances > kolmogorov.critical_distance(500, LOOSE)))
    assert at_most(alarms, 0.02)
    assert alarms > 0  # the bound is not vacuous


def test_exact_law_misses_are_bounded(rng):
    grid = np.linspace(0, 1, 1001)
    distance = float(np.abs(grid**1.3 - grid).max())
    size = kolmogorov.min_size(distance * 0.999, LOOSE)  # the coarser grid sees a little less
    misses = int(np.sum(law_distances(rng, size, 1.3) <= kolmogorov.critical_distance(size, LOOSE)))
    assert at_most(misses, 0.05)


def test_two_sample_rates_are_bounded(rng):
    grid = np.linspace(0, 1, 101)

    def distances(size, power):
        samples = (np.sort(rng.random((TRIALS, size)) ** (1 / q), axis=1) for q in (1.0, power))
        one, two = (
            np.array([np.searchsorted(row, grid, side="right") for row in s]) / size
            for s in samples
        )
        return np.abs(one - two).max(axis=1)

    same = distances(500, 1.0) > kolmogorov.critical_distance(500 / 2, LOOSE)
    assert at_most(int(same.sum()), 0.02)
    size = two_sample.min_replicates(float(np.abs(grid**1.4 - grid).max()), LOOSE)
    assert at_most(
        int((distances(size, 1.4) <= kolmogorov.critical_distance(size / 2, LOOSE)).sum()), 0.05
    )


@pytest.mark.parametrize(
    ("claimed", "true"), [(0.1, 0.103), (0.1, 0.097), (0.5, 0.49), (0.001, 0.0012)]
)
def test_tail_count_power_and_size_are_exact(claimed, true):
    """Sum the binomial law over the counts that the p-value refutes, one by one."""
    n = tail_count.min_replicates(claimed, true)
    spread = int(40 * np.sqrt(n * claimed)) + 50
    counts = np.arange(max(0, int(n * claimed) - spread), int(n * claimed) + spread)
    refuted = np.array([tail_count.p_value(int(k), n, claimed) < BUDGET.alpha for k in counts])
    outside = binom.cdf(counts[0] - 1, n, claimed) + binom.sf(counts[-1], n, claimed)
    assert binom.pmf(counts, n, claimed)[refuted].sum() + outside <= BUDGET.alpha
    kept = binom.pmf(counts[~refuted], n, true).sum()
    assert kept <= BUDGET.miss_rate
    assert 1 - tail_count.power(n, claimed, true) == pytest.approx(kept, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (mean.min_replicates(1.0, 0.0, 0.005), mean.min_replicates(1.0, 0.0, 0.0025)),
        (kolmogorov.min_size(0.01), kolmogorov.min_size(0.005)),
        (two_sample.min_replicates(0.01), two_sample.min_replicates(0.005)),
    ],
    ids=["mean", "exact-law", "two-sample"],
)
def test_half_the_discrepancy_takes_four_times_the_replicates(smaller, larger):
    assert larger == pytest.approx(4 * smaller, rel=1e-4)
