"""The claims on exact laws and heavy tails as declared: complete, affordable, and fed the wrong laws that matter."""

import pytest

from validation.checks.exact_law import ExactLawCheck
from validation.checks.planted_sample import PlantedSampleCheck
from validation.checks.stationary_mean import StationaryMeanCheck
from validation.checks.stationary_tail import StationaryTailCheck
from validation.claim import PROFILES
from validation.claims import fractional_moments_laws, fractional_moments_tails

QUICK = PROFILES["quick"]
CLAIMS = {
    claim.id: claim
    for subject in (fractional_moments_laws, fractional_moments_tails)
    for claim in subject.claims(QUICK)
}
ACTIVATIONS = ("linear", "relu", "leaky-relu", "rrelu", "dropout")


def simulated(kind):
    return [c for claim in CLAIMS.values() for c in claim.checks if isinstance(c, kind)]


def test_nothing_is_left_out():
    steps = {
        f"fm.{part}.{name}"
        for part in ("log-norm-mean", "log-norm-variance", "zero-drift")
        for name in ACTIVATIONS
    }
    laws = {f"fm.norm-law.{part}" for part in ("moment", "cdf", "convolution")}
    laws |= {f"fm.norm-law.characteristic.{name}" for name in ACTIVATIONS[:3]}
    ends = {"fm.extinction", "fm.almost-sure-decay", "fm.survivor-growth-order"}
    tails = {"fm.kesten", "fm.tail-index", "fm.tail-constant"}
    tails |= {f"fm.tail-constant.{name}" for name in ("two", "four")}
    tails |= {f"fm.stationary-moment.{name}" for name in ("first", "second")}
    assert set(CLAIMS) == steps | laws | ends | tails | {"fm.lyapunov", "fm.clt-rate"}


def test_random_decisions_and_time_are_bounded():
    decisions = sum(bool(c.experiments) for claim in CLAIMS.values() for c in claim.checks)
    experiments = {e for claim in CLAIMS.values() for c in claim.checks for e in c.experiments}
    assert decisions <= 90
    assert sum(e.seconds for e in experiments) < 180  # planned; chains take half of what is planned


def test_the_law_is_simulated_at_three_depths_and_told_from_the_normal_law():
    checks = [c for c in CLAIMS["fm.norm-law.cdf"].checks if isinstance(c, ExactLawCheck)]
    assert sorted(c.experiment.depth for c in checks) == [1] * 4 + [10] * 4 + [100] * 4
    assert {c.experiment.method for c in checks} == {"matrix"}
    assert all(("the normal law" in c.rivals) is (c.experiment.depth == 10) for c in checks)
    rate = [c for c in CLAIMS["fm.clt-rate"].checks if isinstance(c, ExactLawCheck)]
    assert len(rate) == 2
    assert all("the normal law" in c.rivals for c in rate)


@pytest.mark.parametrize("kind", [StationaryTailCheck, StationaryMeanCheck, PlantedSampleCheck])
def test_stationary_checks_plant_errors_on_both_sides_at_their_resolution(kind):
    checks = simulated(kind)
    assert len(checks) >= 2
    for check in checks:
        assert {size for size, _ in check.planted.values()} == {check.resolution, -check.resolution}
        assert check.rivals


def test_chains_run_from_two_starts_wherever_they_stand_for_the_stationary_law():
    for check in simulated(StationaryTailCheck) + simulated(StationaryMeanCheck):
        low, high = check.experiment.starts
        assert low == 0.0
        assert high > 1.0


def test_a_start_within_reach_of_the_stationary_law_is_allowed_for():
    """From 1e-6 of the law on; a mean in closed form needs none, as its chain falls to its limit from its start."""
    for check in simulated(StationaryMeanCheck):
        assert (check.slack > 0) is (check.order is None)
        assert check.slack < 0.01 * check.resolution * check.expected


def test_decay_is_simulated_with_and_without_an_atom():
    checks = [c for c in CLAIMS["fm.almost-sure-decay"].checks if c.experiments]
    assert {c.experiment.activation.zero_probability > 0 for c in checks} == {True, False}


def test_tail_index_and_constant_share_their_samples():
    counted = {c.experiment for c in simulated(StationaryTailCheck)}
    increments = {c.experiment for c in simulated(StationaryMeanCheck) if c.order is None}
    assert len(counted) == 3
    assert increments < counted
    assert min(e.replicates for e in counted) > 500_000
