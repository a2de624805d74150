"""Throughput of the simulators as ratios to the loop one would write, within one run.

Width 256, depth 32, ReLU, float64. Run by ``make bench``, which allows BLAS one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from numerics.activations import leaky_relu, linear, relu
from numerics.propagation import log_norms

WIDTH, DEPTH = 256, 32
REPLICATES = {"matrix": 16, "gaussian": 2000, "chi2": 50_000}
ROUNDS = 5


def plain_loop(networks: int) -> None:
    """Draw each matrix network by network, as a first script would."""
    rng, std = np.random.default_rng(0), (2.0 / WIDTH) ** 0.5
    for _ in range(networks):
        x = rng.normal(size=WIDTH)
        for _ in range(DEPTH):
            weights = rng.normal(0.0, std, (WIDTH, WIDTH))
            x = np.maximum(weights @ x, 0.0)


def simulate(method: str, networks: int, activation=None) -> None:
    """Do the same by the library."""
    log_norms(
        widths=(WIDTH,) * (DEPTH + 1),
        variances=2.0 / WIDTH,
        activation=activation or relu(),
        replicates=networks,
        rng=np.random.default_rng(0),
        method=method,
    )


def seconds_a_network(work: Callable[[int], None], networks: int) -> float:
    """Time one round."""
    started = time.perf_counter()
    work(networks)
    return (time.perf_counter() - started) / networks


def ratio(method: str, activation=None) -> float:
    """Speed against the plain loop: best round of each, the rounds interleaved."""
    plain, ours = [], []
    for _ in range(ROUNDS):
        plain.append(seconds_a_network(plain_loop, 8))
        work = lambda networks: simulate(method, networks, activation)  # noqa: E731
        ours.append(seconds_a_network(work, REPLICATES[method]))
    return min(plain) / min(ours)


@pytest.mark.benchmark
@pytest.mark.parametrize(("method", "least"), [("matrix", 1.0), ("gaussian", 100.0), ("chi2", 5e3)])
def test_throughput(method, least, record_property):
    measured = ratio(method)
    record_property("ratio", measured)
    print(f"{method}: {measured:.4g} times the plain loop (at least {least:g})")
    assert measured >= least


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("activation", "least"),
    [(linear(), 5e3), (relu().with_dropout(0.8), 3e3), (leaky_relu(0.1), 2e3)],
)
def test_chi2_throughput_of_other_activations(activation, least):
    measured = ratio("chi2", activation)
    print(f"chi2, {activation}: {measured:.4g} times the plain loop (at least {least:g})")
    assert measured >= least
