"""Experiments: chunks add up to what one sample would give, and refuse what they do not hold."""

import numpy as np
import pytest

from numerics.activations import Activation as ElementaryActivation
from numerics.propagation import log_norms
from theory.activations import randomized_leaky_relu, relu
from validation.experiment import Experiment
from validation.simulation import Summary

THRESHOLDS = (-1.0, -0.5, 0.0, 0.25)
EXPERIMENT = Experiment((2, 1), (1.0,), relu(), 1000, orders=(1.0, 2.0), thresholds=THRESHOLDS)


def simulated(seed=5):
    return EXPERIMENT.simulate(1000, np.random.default_rng(seed))


def direct(seed=5):
    return log_norms(
        widths=(2, 1),
        variances=1.0,
        activation=ElementaryActivation(0.0, 0.0),
        replicates=1000,
        rng=np.random.default_rng(seed),
        layers="last",
    )[0]


def test_sums_and_counts_are_those_of_the_sample():
    """Half of these networks are dead: their ratio is 0, their log-ratio is below every threshold."""
    log_ratio, chunk = direct(), simulated()
    assert np.mean(np.isneginf(log_ratio)) > 0.4
    ratio = np.exp(log_ratio)
    sums = [[np.sum(ratio ** (order * k)) for k in (1, 2, 3)] for order in (1, 2)]
    assert chunk["sums"] == pytest.approx(np.array(sums), rel=1e-12)
    assert list(chunk["counts"]) == [np.sum(log_ratio <= t) for t in THRESHOLDS]


def test_moments_are_numpy_s():
    ratio = np.exp(direct())
    mean, std, skewness = Summary.of(EXPERIMENT, [simulated()]).moments(1.0)
    third = np.mean((ratio - ratio.mean()) ** 3) / ratio.std() ** 3
    assert (mean, std, skewness) == pytest.approx(
        (ratio.mean(), ratio.std(ddof=1), third), rel=1e-10
    )


def test_chunks_add_up():
    experiment = Experiment((2, 1), (1.0,), relu(), 2000, orders=(1.0,), thresholds=THRESHOLDS)
    chunks = [experiment.simulate(n, np.random.default_rng(n)) for n in (500, 1500)]
    whole = Summary.of(experiment, chunks)
    for name in ("counts", "sums"):
        assert whole.arrays[name] == pytest.approx(chunks[0][name] + chunks[1][name])


def test_missing_chunks_are_refused():
    with pytest.raises(ValueError, match="chunks hold 500 replicates, expected 1000"):
        Summary.of(EXPERIMENT, [EXPERIMENT.simulate(500, np.random.default_rng(1))])


@pytest.mark.parametrize("threshold", [0.1, 99.0, -99.0])
def test_foreign_thresholds_are_refused(threshold):
    with pytest.raises(ValueError, match="thresholds must be among the experiment's own"):
        Summary.of(EXPERIMENT, [simulated()]).cdf(np.array([threshold]))


@pytest.mark.parametrize("replicates", [1, 999, 10**7, 123_456_789])
def test_chunks_partition_the_replicates(replicates):
    experiment = Experiment((3, 8), (1.0,), randomized_leaky_relu(), replicates)
    assert sum(experiment.chunks) == replicates
    assert max(experiment.chunks) <= 2_000_000
    assert min(experiment.chunks) >= 1


def test_keys_depend_on_everything_that_changes_the_numbers():
    from dataclasses import replace

    others = [
        replace(EXPERIMENT, **change)
        for change in (
            {"widths": (3, 1)},
            {"variances": (1.1,)},
            {"activation": relu().with_dropout(0.5)},
            {"replicates": 1001},
            {"method": "gaussian"},
            {"orders": (1.0,)},
        )
    ]
    assert len({e.key for e in [EXPERIMENT, *others]}) == 7
