"""Checks of shares, bounds, drifts, paths and equalities: calibrated under the null, and fed wrong answers."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb
from scipy.stats import binom

from theory.activations import leaky_relu, linear, relu
from theory.fractional_moments import log_norm_mean, log_norm_variance
from validation.budget import BUDGET, Budget
from validation.checks import mean, share
from validation.checks.equality import EqualityCheck
from validation.checks.exact_law import ExactLawCheck
from validation.checks.formula import FormulaCheck
from validation.checks.log_moment import LogMomentCheck, deviation_sample
from validation.checks.lower_bound import LowerBoundCheck
from validation.checks.pathwise import PathwiseCheck, windows
from validation.checks.share import ShareCheck
from validation.checks.tail_count import TailCountCheck
from validation.coupled import CoupledDifferences
from validation.evidence import Decision, Kind
from validation.experiment import Experiment
from validation.references import active_unit_cdf, active_unit_tail
from validation.simulation import Summary

LOOSE = Budget(false_alarm_rate=0.02 * 512, miss_rate=0.05)  # alpha = 0.02 for each decision
TRIALS = 2000
REFUTED = Decision.REFUTED


# Shares


@pytest.mark.parametrize(("claimed", "resolution"), [(0.5, 0.8), (0.5, 0.2), (0.02, 0.5)])
def test_share_rates_are_exact(claimed, resolution):
    """Sum the binomial law over the counts that are refuted, one by one."""
    n = share.min_replicates(claimed, resolution)
    counts = np.arange(n + 1)
    decisions = [share.decide(int(k), n, claimed, resolution)[0] for k in counts]
    refuted = np.array([decision is REFUTED for decision in decisions])
    assert binom.pmf(counts, n, claimed)[refuted].sum() <= BUDGET.alpha
    missed = binom.pmf(counts, n, claimed * (1 - resolution))[~refuted].sum()
    assert missed <= BUDGET.miss_rate
    assert not share.resolves(int(n / 1.1), claimed, resolution)
    assert Decision.INCONCLUSIVE not in decisions


def shares(replicates, resolution=0.5):
    """P(log norm > 0) of one layer of three linear units: 0.3916."""
    experiment = Experiment((2, 3), (1 / 3,), linear(), replicates, thresholds=(0.0,))
    return ShareCheck(experiment, 0.0, 0.39, "it grows", resolution)


def simulated(experiment, seed=7, **others):
    """The experiment's sample, drawn otherwise than it says."""
    other = replace(experiment, **others)
    chunk = other.simulate(experiment.replicates, np.random.default_rng(seed))
    return {experiment: Summary.of(experiment, [chunk])}


@pytest.mark.parametrize(
    ("variance", "decision"),
    [(1 / 3, Decision.CONSISTENT), (0.6, Decision.CONSISTENT), (0.12, REFUTED)],
    ids=["at the bound", "above", "below"],
)
def test_share_is_one_sided(variance, decision):
    check = shares(share.min_replicates(0.39, 0.5))
    evidence = check.judge(simulated(check.experiment, variances=(variance,)))
    assert evidence.decision is decision
    assert [m.decision for m in evidence.mutants] == [REFUTED]
    assert evidence.mutants[0].relative_size == -0.5
    assert evidence.detectable <= 0.5


def test_a_sample_too_small_for_the_share_is_inconclusive():
    check = shares(20)
    evidence = check.judge(simulated(check.experiment))
    assert evidence.decision is Decision.INCONCLUSIVE
    assert evidence.detectable > 0.5


# Lower bounds


@pytest.mark.parametrize(
    ("balls", "decision"),
    [
        (["1 +/- 0.001", "1 +/- 0.001"], Decision.ENCLOSED),
        (["1 +/- 0.001", "0.3 +/- 0.3"], REFUTED),
        (["1 +/- 0.2"], Decision.INCONCLUSIVE),
        (["3 +/- 0.001"], Decision.INCONCLUSIVE),  # true, but the planted error is true as well
    ],
    ids=["holds", "fails at one point", "wide", "slack"],
)
def test_lower_bound(balls, decision):
    points = tuple({"n": n} for n in range(len(balls)))
    check = LowerBoundCheck("", 0.99, lambda n: arb(balls[n]), points, resolution=0.02)
    assert check.judge({}).decision is decision


# Drifts


def test_log_moment_false_alarms_and_misses_are_as_declared():
    """Means and mean squares of normal draws, of just the size that resolves a fifth of the spread."""
    rng = np.random.default_rng(11)
    size = mean.min_replicates(1.0, 0.0, 0.2, LOOSE)
    draws = rng.standard_normal((TRIALS, size))
    for shift, rate in ((0.0, 0.02), (0.2, 0.95), (-0.2, 0.95)):
        alarms = sum(_alarm(row + shift) for row in draws)
        low, high = binom.ppf([1e-9, 1 - 1e-9], TRIALS, rate)
        assert alarms >= low
        assert shift or alarms <= high


def _alarm(values):
    sums = np.array([np.sum(values**k) for k in range(7)])
    summary = Summary(None, {"log_sums": sums})
    sample = replace(deviation_sample(summary, 0.0, 1), skewness=0.0)  # its rule is tested apart
    return mean.decide(sample, 0.0, 0.2, LOOSE)[0] is REFUTED


@pytest.mark.parametrize("power", [1, 2])
def test_deviations_are_those_of_the_sample(power):
    values = np.random.default_rng(3).gamma(2.0, size=400)
    summary = Summary(None, {"log_sums": np.array([np.sum(values**k) for k in range(7)])})
    sample = deviation_sample(summary, 1.7, power)
    y = (values - 1.7) ** power
    third = np.mean((y - y.mean()) ** 3) / y.std() ** 3
    assert (sample.replicates, sample.mean) == (400, pytest.approx(y.mean(), rel=1e-9))
    assert (sample.std, sample.skewness) == pytest.approx((y.std(ddof=1), third), rel=1e-8)


def layer(activation, width, size, method="matrix"):
    variance = 0.5
    experiment = Experiment((2, width), (variance,), activation, size, method, logs=True)
    centre = float(np.log(variance) / 2 + log_norm_mean(width, activation))
    return experiment, centre, float(log_norm_variance(width, activation))


@pytest.fixture(scope="module")
def drifting():
    """Layers whose drift is resolved to 4 % of the weight variance, and whose spread is to 4 %."""
    drift, centre, _ = layer(relu(), 4, 800_000)
    spread = layer(linear(), 32, 1_500_000, "chi2")  # the squares' skewness asks for more
    return {
        "mean": LogMomentCheck(drift, centre, None, 0.04, {"none": 0.0}),
        "variance": LogMomentCheck(*spread, 0.04),
    }


@pytest.mark.parametrize("name", ["mean", "variance"])
def test_drift_and_its_planted_errors(name, drifting):
    check = drifting[name]
    evidence = check.judge(simulated(check.experiment))
    assert evidence.decision is Decision.CONSISTENT
    assert evidence.detectable <= 0.04
    assert {m.decision for m in evidence.mutants} == {REFUTED}
    assert {round(m.relative_size, 12) for m in evidence.mutants} >= {0.04, -0.04}


def test_the_dead_are_left_out(drifting):
    check = drifting["mean"]
    replicates = check.judge(simulated(check.experiment)).replicates
    assert replicates == pytest.approx(800_000 * 15 / 16, rel=0.01)


@pytest.mark.parametrize("factor", [1.04, 0.96])
def test_a_simulated_drift_of_the_declared_size_is_refuted(factor, drifting):
    check = drifting["mean"]
    samples = simulated(check.experiment, variances=(0.5 * factor,))
    assert check.judge(samples).decision is REFUTED


@pytest.mark.parametrize("width", [30, 34])
def test_a_simulated_spread_of_another_width_is_refuted(width, drifting):
    check = drifting["variance"]
    means = (float(log_norm_mean(d, linear())) for d in (32, width))
    scale = float(np.exp(2 * (next(means) - next(means))))  # the same drift
    samples = simulated(check.experiment, widths=(2, width), variances=(0.5 * scale,))
    assert check.judge(samples).decision is REFUTED


@pytest.mark.parametrize("name", ["mean", "variance"])
def test_too_few_survivors_are_inconclusive(name, drifting):
    check = replace(drifting[name], experiment=replace(drifting[name].experiment, replicates=3000))
    evidence = check.judge(simulated(check.experiment))
    assert evidence.decision is Decision.INCONCLUSIVE
    assert evidence.detectable > 0.04


# Paths


def paths(expected=None, resolution=0.005):
    depth, first, second = 6, 0.3, 0.36
    true = depth / 2 * np.log(second / first)
    centre = true if expected is None else expected
    experiment = CoupledDifferences(
        (3,) * (depth + 1),
        first,
        second,
        leaky_relu(0.3),
        400,
        windows(centre, 1e-12, depth, resolution),
    )
    return PathwiseCheck(experiment, centre, 1e-12, resolution)


def test_paths_that_differ_as_stated():
    check = paths()
    evidence = check.judge(simulated(check.experiment))
    assert evidence.decision is Decision.CONSISTENT
    assert evidence.estimate == 1.0
    assert [m.relative_size for m in evidence.mutants] == [0.005, -0.005]
    assert {m.decision for m in evidence.mutants} == {REFUTED}


@pytest.mark.parametrize(
    "changes", [{"second": 0.36 * 1.005}, {"second": 0.36 * 0.995}, {"bias_variance": 1e-6}]
)
def test_one_other_path_refutes(changes):
    check = paths()
    assert check.judge(simulated(check.experiment, **changes)).decision is REFUTED


def test_a_wrong_difference_is_refuted():
    check = paths(expected=0.5)
    assert check.judge(simulated(check.experiment)).decision is REFUTED


def test_no_path_alive_is_inconclusive():
    check = paths()
    summary = Summary(check.experiment, {"alive": np.zeros(1), "counts": np.zeros(6)})
    assert check.judge({check.experiment: summary}).decision is Decision.INCONCLUSIVE


# Equalities and formulas


@pytest.mark.parametrize(
    ("second", "planted", "decision"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 5e-16], Decision.CONSISTENT),
        ([1.0, np.nextafter(2.0, 3)], [1.0], REFUTED),
        ([1.0, 2.0, 0.0], [1.0], REFUTED),
        ([1.0, 2.0], [1.0, 2.0], Decision.INCONCLUSIVE),
    ],
    ids=["same", "last bit", "length", "planted error unseen"],
)
def test_equality(second, planted, decision):
    check = EqualityCheck(
        Kind.ORACLE, "", lambda: [1.0, 2.0], lambda: second, {"p": lambda: planted}
    )
    assert check.judge({}).decision is decision


@pytest.mark.parametrize("formula", ["printed", "corrected"])
def test_formula_is_told_and_nothing_else_changed(formula):
    check = EqualityCheck(Kind.ORACLE, "name", lambda: [1], lambda: [1], {"p": lambda: [2]})
    plain, told = check.judge({}), FormulaCheck(formula, check).judge({})
    assert told.formula == formula
    assert told.method == f"{formula}: {plain.method}"
    assert replace(told, formula=None, method=plain.method) == plain
    assert FormulaCheck(formula, check).experiments == check.experiments


# Laws at depth, and laws that are no shift of one another


def deep(resolution=0.02):
    """Two layers of one linear unit each: the second is told apart by what both variances do."""
    cdf, tail = active_unit_cdf(4, 0.25, linear()), active_unit_tail(4, 0.25, linear())
    grid = tuple(float(t) for t in np.linspace(-3, 1.5, 91))
    experiment = Experiment((2, 4), (0.25,), linear(), 10, thresholds=grid)
    return experiment, cdf, tail, resolution


def test_planted_errors_shift_the_log_norm_by_every_layer():
    experiment, cdf, tail, resolution = deep()
    twice = replace(experiment, widths=(2, 4, 4), variances=(0.25, 0.25))
    once = ExactLawCheck(experiment, cdf, "", resolution).distance_of_resolution()
    both = ExactLawCheck(twice, cdf, "", resolution).distance_of_resolution()
    assert both == pytest.approx(2 * once, rel=0.05)
    sizes = [TailCountCheck(e, 0.1, tail).claims(resolution) for e in (experiment, twice)]
    deviations = [[wrong - tail(0.1) for wrong in claims.values()] for claims in sizes]
    assert deviations[1] == pytest.approx([2 * d for d in deviations[0]], rel=0.05)


def test_planted_errors_may_be_given():
    experiment, cdf, tail, resolution = deep()
    law = ExactLawCheck(experiment, cdf, "", resolution, scaled=lambda f: lambda t: cdf(t) * f)
    assert law.distance_of_resolution() == pytest.approx(0.02, rel=0.01)
    count = TailCountCheck(experiment, 0.1, tail, scaled=lambda f: 0.1 * f)
    assert list(count.claims(0.5).values()) == pytest.approx([0.15, 0.05])
