"""The claims on the KL bound as declared: complete, affordable, with the wrong formulas that they must refute."""

import numpy as np
import pytest

from theory import catalogue
from validation.checks.derivation import DerivationCheck
from validation.checks.formula import FormulaCheck
from validation.checks.mean_bound import MeanBoundCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import PROFILES, Expectation
from validation.claims import kl_bound, kl_bound_errata
from validation.claims.kl_bound_common import EIGENVALUES
from validation.claims.kl_bound_errata import printed_optimum
from validation.claims.kl_bound_quadratures import stationary
from validation.claims.kl_bound_samples_chain import chain_at, chain_sample
from validation.kl_chains import LangevinChains
from validation.kl_landscapes import LinearNetwork
from validation.kl_networks import InitialNetworks
from validation.kl_sgd_chains import SgdChains

QUICK = PROFILES["quick"]
CLAIMS = {
    claim.id: claim for subject in (kl_bound, kl_bound_errata) for claim in subject.claims(QUICK)
}
RANDOM = (ObservableMeanCheck, MeanBoundCheck)
BESIDE = {
    "kl.gibbs",
    "kl.gibbs.many-parameters",
    "kl.proportional-second-moment",
    "kl.stationary-covariance.rate",
    "kl.mean-order",
    "kl.relaxation.rate",
    "kl.virial-condition",
    "kl.dissipation",
    "kl.entropy-bound",
    "kl.initial-loss.cross-entropy.lower",
    "kl.optimal-scale.depth-limit",
    "kl.optimal-variances.unique",
    "kl.unbounded-without-decay",
}
ERRATA = {f"kl.erratum.a-e{k}" for k in (1, 2, 3, 5)}


def bare(check):
    return check.check if isinstance(check, FormulaCheck) else check


def checks_of(kind):
    return [bare(c) for claim in CLAIMS.values() for c in claim.checks if isinstance(bare(c), kind)]


def test_nothing_is_left_out():
    results = {name for name in catalogue.results() if name.startswith("kl.")}
    assert set(CLAIMS) == results | BESIDE | ERRATA
    assert {c.result for c in CLAIMS.values()} - {None} == results


def test_random_decisions_and_time_are_bounded():
    decisions = sum(bool(c.experiments) for claim in CLAIMS.values() for c in claim.checks)
    experiments = {e for claim in CLAIMS.values() for c in claim.checks for e in c.experiments}
    assert len(checks_of(RANDOM)) == decisions <= 90
    assert sum(e.seconds for e in experiments) < 100  # fine steps, so that their bias is resolved
    assert len({e.key for e in experiments}) == len(experiments)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_every_claim_has_a_derivation_and_another_kind(claim):
    kinds = {getattr(bare(c), "kind", type(bare(c)).__name__) for c in claim.checks}
    assert "DerivationCheck" in kinds
    assert len(kinds) >= 2
    assert "Horii & Has" in claim.source


def test_resolutions_are_two_per_cent_and_finer_in_full():
    assert {check.resolution for check in checks_of(RANDOM)} == {0.02}
    full = [bare(c) for claim in kl_bound.claims(PROFILES["full"]) for c in claim.checks]
    assert {c.resolution for c in full if isinstance(c, RANDOM)} == {0.008}


def rivals(claim):
    """Names of the wrong formulas that a claim's checks are fed."""
    checks = [bare(c) for c in CLAIMS[claim].checks]
    tables = [
        *(getattr(c, "rivals", {}) for c in checks),
        *(getattr(c, "wrong_coefficients", {}) for c in checks),
        *(getattr(c, "planted", {}) for c in checks),
    ]
    return {name for table in tables for name in table}


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("kl.loss-bound", "T/2 for T"),
        ("kl.optimal-loss-bound", "the factor 2/K dropped"),
        ("kl.equipartition", "T for T/2"),
        ("kl.equipartition", "the bound (14) at s0"),
        ("kl.equipartition", "alpha for eps"),
        ("kl.stationary-covariance", "alpha for eps = alpha/b"),
        ("kl.stationary-covariance.discrete", "eps for alpha"),
        ("kl.stationary-covariance.discrete", "the limit of small learning rates"),
        ("kl.optimal-variance", "harmonic for arithmetic mean"),
        ("kl.optimal-variance.anisotropic", "harmonic for arithmetic mean"),
        ("kl.virial-variance", "arithmetic for harmonic mean"),
        ("kl.jeffreys-variance", "arithmetic mean"),
        ("kl.free-energy", "the other divergence"),
        ("kl.transient-bound", "T/2 for T"),
        ("kl.second-moment-bound", "K T for 2 K T"),
        ("kl.output-power", "phi on the output"),
        ("kl.optimal-scale", "He, c = 1"),
        ("kl.optimal-scale", "no (1 - 1/C)"),
        ("kl.optimal-variances", "T/lambda, no loss"),
        ("kl.unbounded-without-decay", "all accepted"),
    ],
)
def test_the_wrong_formulas_that_matter_are_planted(claim, wrong):
    assert wrong in rivals(claim)


# What is simulated


def simulated(claim, kind):
    return {e for c in CLAIMS[claim].checks for e in c.experiments if isinstance(e, kind)}


def test_equipartition_is_simulated_for_two_hessians_three_starts_and_by_sgd():
    chains = simulated("kl.equipartition", LangevinChains)
    assert len({c.landscape for c in chains}) == 2
    assert len({c.initial_variance for c in chains}) == 3
    steps = simulated("kl.equipartition", SgdChains)
    assert {c.law for c in steps} == {"normal", "rademacher"}
    assert len({c.initial_variance for c in steps}) == 2


def test_the_transient_bound_is_simulated_for_two_networks_three_starts_three_times():
    checks = [c for c in CLAIMS["kl.transient-bound"].checks if isinstance(c, MeanBoundCheck)]
    seen = {
        (c.experiment.landscape.widths, c.experiment.initial_variance, c.record)
        for c in checks
        if isinstance(c.experiment.landscape, LinearNetwork)
    }
    assert len(seen) == 2 * 3 * 3
    assert {len(widths) for widths, _, _ in seen} == {3, 4}


def test_networks_have_unequal_widths_and_three_activations():
    found = simulated("kl.output-power", InitialNetworks)
    assert {n.slope for n in found} == {0.0, 0.3, 1.0}
    assert all(len(set(n.widths)) == len(n.widths) for n in found)


@pytest.mark.parametrize("claim", ["kl.equipartition", "kl.transient-bound", "kl.free-energy"])
def test_langevin_chains_carry_their_step_error(claim):
    for check in CLAIMS[claim].checks:
        for experiment in check.experiments:
            if isinstance(experiment, LangevinChains):
                halved = {name for name in experiment.observables if "halving" in name}
                assert len(halved) == len(experiment.observables) / 2


def test_what_is_left_of_the_start_is_small():
    for check in checks_of(ObservableMeanCheck):
        assert check.offset <= 0.1 * check.resolution * abs(check.expected)


def test_the_chain_s_own_optimum_and_the_numbers_of_the_record():
    chains = chain_sample(QUICK)
    law = chain_at(chains.initial_variance)
    assert law.mean_loss == pytest.approx(0.35741149159, abs=1e-10)
    assert law.free_energy == pytest.approx(-0.10371382412, abs=1e-10)
    assert law.second_moment / 2 == pytest.approx(0.52467289, abs=1e-8)
    s0 = chains.initial_variance
    assert 1.69 * s0**2 + 0.4 * s0 == pytest.approx(0.25, abs=1e-7)  # the virial condition


# The errata


@pytest.mark.parametrize("name", sorted(ERRATA))
def test_errata_judge_both_formulas_by_two_kinds(name):
    claim = CLAIMS[name]
    assert claim.expectation is Expectation.ERRATUM
    assert "printed" in claim.statement
    assert "corrected" in claim.statement
    assert all(isinstance(check, FormulaCheck) for check in claim.checks)
    for formula in ("printed", "corrected"):
        kinds = {
            str(getattr(c.check, "kind", type(c.check).__name__))
            for c in claim.checks
            if c.formula == formula
        }
        assert len(kinds) >= 2
    derived = [c.formula for c in claim.checks if isinstance(c.check, DerivationCheck)]
    assert set(derived) == {"corrected"}


@pytest.mark.parametrize(
    ("temperature", "factor"), [(0.26, 0.26), (0.08, 2.0), (0.01, 5.2), (3e-4, 10.4)]
)
def test_how_far_off_the_printed_optimum_is(temperature, factor):
    """At unit curvature the corrected one is T/2."""
    printed = printed_optimum(**stationary((1.0,) * 5, temperature))
    assert printed / (temperature / 2) == pytest.approx(factor, rel=0.02)
    assert f"{factor:g}" in CLAIMS["kl.erratum.a-e1"].statement


def test_the_printed_optimum_lies_below_the_loss_where_it_is_simulated():
    checks = [
        bare(c) for c in CLAIMS["kl.erratum.a-e1"].checks if isinstance(bare(c), MeanBoundCheck)
    ]
    printed, corrected = (c.bound for c in checks)
    temperature = checks[0].experiment.temperature
    assert printed < 0.5 * temperature / 2 < temperature / 2 < corrected


def test_the_simulated_bound_is_that_of_the_simulated_hessian():
    chains = next(iter(simulated("kl.erratum.a-e3", LangevinChains)))
    assert np.linalg.eigvalsh(np.array(chains.landscape.hessian)) == pytest.approx(EIGENVALUES)
