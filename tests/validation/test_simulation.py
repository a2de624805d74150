"""Simulations: names, chunks, and the sums of the more special ones."""

from dataclasses import replace

import numpy as np
import pytest

from numerics.activations import Activation as ElementaryActivation
from numerics.coupling import coupled_log_norms
from numerics.propagation import log_norms
from theory.activations import linear, relu
from validation.coupled import CoupledDifferences
from validation.experiment import LOG_POWERS, Experiment
from validation.repetitions import SampleMoments
from validation.simulation import Summary, chunk_sizes, contents_key, sample_moments

REPEATED = SampleMoments((3,) * 5, (0.5,) * 4, relu(), 20, 2.0, 40, (-3.0, -1.0, 0.0))
COUPLED = CoupledDifferences((2,) * 4, 0.5, 0.6, relu(), 500, (0.0, 0.2, 0.3))


@pytest.mark.parametrize("replicates", [1, 7, 5_000_001])
@pytest.mark.parametrize("seconds", [0.0, 3.0, 1e4])
def test_chunks_partition(replicates, seconds):
    sizes = chunk_sizes(replicates, seconds)
    assert sum(sizes) == replicates
    assert 1 <= min(sizes) <= max(sizes) <= 2_000_000


@pytest.mark.parametrize(
    ("simulation", "changes"),
    [
        (
            REPEATED,
            ({"networks": 21}, {"order": 1.0}, {"method": "matrix"}, {"thresholds": (0.0,)}),
        ),
        (COUPLED, ({"first": 0.51}, {"bias_variance": 0.1}, {"activation": linear()})),
        (
            Experiment((2, 3), (1.0,), relu(), 10),
            ({"weight_law": "uniform"}, {"bias_variance": 0.1}, {"logs": True}),
        ),
    ],
)
def test_names_depend_on_the_contents(simulation, changes):
    names = {simulation.key, *(replace(simulation, **change).key for change in changes)}
    assert len(names) == 1 + len(changes)
    assert contents_key(replace(simulation)) == simulation.key


def test_sample_moments_are_counted_experiment_by_experiment():
    drawn = log_norms(
        widths=(3,) * 5, variances=0.5, activation=ElementaryActivation(0.0, 0.0), replicates=800,
        rng=np.random.default_rng(2), method="chi2", layers="last",
    )[0]  # fmt: skip
    moments = np.mean(np.exp(2 * drawn).reshape(40, 20), axis=1)
    chunk = REPEATED.simulate(40, np.random.default_rng(2))
    assert list(chunk["counts"]) == [np.sum(moments <= np.exp(t)) for t in REPEATED.thresholds]
    assert 0 < chunk["counts"][1] < 40
    assert Summary.of(REPEATED, [chunk]).cdf(np.array([0.0]))[0] == chunk["counts"][2] / 40


def test_coupled_differences_are_counted_among_the_living():
    first, second = coupled_log_norms(
        widths=(2,) * 4, variances=(0.5, 0.6), activation=ElementaryActivation(0.0, 0.0),
        replicates=500, rng=np.random.default_rng(4), layers="last",
    )[:, 0]  # fmt: skip
    alive = np.isfinite(first)
    assert 0 < alive.sum() < 500
    assert np.array_equal(alive, np.isfinite(second))
    chunk = COUPLED.simulate(500, np.random.default_rng(4))
    assert chunk["alive"][0] == alive.sum()
    differences = second[alive] - first[alive]
    assert list(chunk["counts"]) == [np.sum(differences <= t) for t in COUPLED.thresholds]


def test_log_sums_are_those_of_the_living():
    experiment = Experiment((2, 1), (1.0,), relu(), 1000, logs=True)
    drawn = log_norms(
        widths=(2, 1), variances=1.0, activation=ElementaryActivation(0.0, 0.0), replicates=1000,
        rng=np.random.default_rng(6), layers="last",
    )[0]  # fmt: skip
    alive = drawn[np.isfinite(drawn)]
    sums = experiment.simulate(1000, np.random.default_rng(6))["log_sums"]
    assert sums == pytest.approx([np.sum(alive**k) for k in range(LOG_POWERS + 1)], rel=1e-10)


@pytest.mark.parametrize(
    "change", [{"weight_law": "uniform"}, {"bias_variance": 0.3}], ids=["law", "bias"]
)
def test_laws_and_biases_reach_the_simulator(change):
    experiment = Experiment((2, 3), (1.0,), relu(), 200, orders=(1.0,), **change)
    drawn = log_norms(
        widths=(2, 3), variances=1.0, activation=ElementaryActivation(0.0, 0.0), replicates=200,
        rng=np.random.default_rng(8), layers="last", **change,
    )[0]  # fmt: skip
    chunk = experiment.simulate(200, np.random.default_rng(8))
    assert chunk["sums"][0, 0] == pytest.approx(np.sum(np.exp(drawn)), rel=1e-12)
    assert str(next(iter(change.values()))) in experiment.description


def test_sample_moments_are_numpy_s():
    y = np.random.default_rng(9).exponential(size=50)
    mean, std, skewness = sample_moments(50, *(np.sum(y**k) for k in (1, 2, 3)))
    third = np.mean((y - y.mean()) ** 3) / y.std() ** 3
    assert (mean, std, skewness) == pytest.approx((y.mean(), y.std(ddof=1), third), rel=1e-9)
