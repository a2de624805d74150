"""Chains of the recursion as a simulation: counts and sums are those of the sample, from both starts."""

from dataclasses import replace

import numpy as np
import pytest

from numerics.activations import Activation as ElementaryActivation
from numerics.perpetuity import coupled_squared_norms
from theory.activations import relu
from validation.chains import Chains
from validation.simulation import Summary

CHAINS = Chains(
    3,
    0.5,
    1.0,
    relu(),
    4,
    1000,
    starts=(0.0, 30.0),
    orders=(1.0, 2.0),
    thresholds=(-1.0, 0.0, 1.0),
    increment=(2.0, 0.75),
)


def simulated(seed=3):
    return CHAINS.simulate(1000, np.random.default_rng(seed))


def direct(seed=3):
    return coupled_squared_norms(
        width=3,
        variance=0.5,
        bias_variance=1.0,
        activation=ElementaryActivation(0.0, 0.0),
        steps=4,
        chains=1000,
        starts=(0.0, 900.0),
        rng=np.random.default_rng(seed),
        method="chi2",
    )[:, 0]


@pytest.mark.parametrize(("row", "suffix"), [(0, ""), (1, "_above")])
def test_sums_and_counts_are_those_of_the_sample(row, suffix):
    squared, chunk = direct()[row], simulated()
    with np.errstate(divide="ignore"):
        logs = np.log(squared) / 2
    assert list(chunk[f"counts{suffix}"]) == [np.sum(logs <= t) for t in CHAINS.thresholds]
    sums = [[np.sum(squared ** (s * k / 2)) for k in (1, 2, 3)] for s in CHAINS.orders]
    assert chunk[f"sums{suffix}"] == pytest.approx(np.array(sums), rel=1e-12)
    increment = (squared + 2.0) ** 0.75 - squared**0.75
    powers = [np.sum(increment**k) for k in (1, 2, 3)]
    assert chunk[f"increment_sums{suffix}"] == pytest.approx(np.array(powers), rel=1e-12)


def test_the_upper_chain_stays_above():
    low, high = direct()
    assert (low <= high).all()
    assert (low < high).mean() > 0.3
    chunk = simulated()
    assert (chunk["counts"] >= chunk["counts_above"]).all()


def test_one_start_gives_the_same_chain_twice():
    chunk = replace(CHAINS, starts=(1.0,)).simulate(1000, np.random.default_rng(3))
    assert list(chunk["counts"]) == list(chunk["counts_above"])


def test_a_summary_reads_the_lower_chain():
    summary = Summary.of(CHAINS, [simulated()])
    assert summary.moments(2.0)[0] == pytest.approx(direct()[0].mean(), rel=1e-12)


@pytest.mark.parametrize("replicates", [1, 10**6, 12_345_678])
def test_chunks_partition_the_replicates(replicates):
    chains = replace(CHAINS, replicates=replicates)
    assert sum(chains.chunks) == replicates
    assert chains.bytes < 2**28


def test_keys_depend_on_everything_that_changes_the_numbers():
    changes = (
        {"variance": 0.6},
        {"bias_variance": 2.0},
        {"steps": 5},
        {"starts": (0.0, 31.0)},
        {"increment": None},
        {"method": "gaussian"},
        {"replicates": 999},
    )
    keys = {c.key for c in (CHAINS, *(replace(CHAINS, **change) for change in changes))}
    assert len(keys) == 8
