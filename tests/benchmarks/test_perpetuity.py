"""Throughput of the scalar recursion as ratios to the loop one would write, within one run.

Linear and ReLU, widths 6 and 64. Run by ``make bench``, which allows BLAS one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from numerics.activations import linear, relu
from numerics.perpetuity import squared_norms

STEPS = 50
CHAINS = {"gaussian": 5000, "chi2": 50_000}
ROUNDS = 5


def plain_loop(width: int, chains: int) -> None:
    """Iterate chain by chain, as a first script would."""
    rng = np.random.default_rng(0)
    for _ in range(chains):
        squared = 0.0
        for _ in range(STEPS):
            phi = np.maximum(rng.normal(size=width), 0.0)
            squared = (squared / width + 1.0) * (phi @ phi)


def simulate(width: int, chains: int, method: str, activation) -> None:
    """Do the same by the library."""
    squared_norms(
        width=width,
        variance=1.0 / width,
        bias_variance=1.0,
        activation=activation,
        steps=STEPS,
        chains=chains,
        rng=np.random.default_rng(0),
        method=method,
    )


def seconds_a_step(work: Callable[[int], None], chains: int) -> float:
    """Time one round."""
    started = time.perf_counter()
    work(chains)
    return (time.perf_counter() - started) / (chains * STEPS)


@pytest.mark.benchmark
@pytest.mark.parametrize("activation", [linear(), relu()])
@pytest.mark.parametrize(
    ("width", "method", "least"),
    [(6, "gaussian", 5.0), (6, "chi2", 20.0), (64, "gaussian", 1.2), (64, "chi2", 30.0)],
)
def test_throughput(width, method, least, activation, record_property):
    plain, ours = [], []
    for _ in range(ROUNDS):
        plain.append(seconds_a_step(lambda chains: plain_loop(width, chains), 100))
        work = lambda chains: simulate(width, chains, method, activation)  # noqa: E731
        ours.append(seconds_a_step(work, CHAINS[method]))
    measured = min(plain) / min(ours)
    record_property("ratio", measured)
    print(
        f"width {width}, {method}, {activation}: {measured:.4g} times the plain loop "
        f"(at least {least:g}), {1 / min(ours):.3g} steps a second"
    )
    assert measured >= least
