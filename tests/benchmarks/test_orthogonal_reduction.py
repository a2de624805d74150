"""The reduction against our own full simulator in one run: width 1000, depth 64, float64.

Run with two BLAS threads (``OMP_NUM_THREADS=2 make bench``, or pytest -m benchmark on this file): the full simulator
uses both, the reduced one none but its own.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from numerics.deep_linear import train
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import reduced_from_weights

WIDTH, DEPTH, OUT_DIM, EXAMPLES = 1000, 64, 10, 16
FULL_STEPS, REDUCED_STEPS, ROUNDS = 6, 1000, 5
LEAST = 300.0


def best_seconds_a_step(work, steps: int) -> float:
    """Per step, the set-up of a run taken out by the difference of two lengths; the best of a few rounds."""
    seconds = {}
    for length in (steps, 3 * steps):
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            work(length)
            times.append(time.perf_counter() - started)
        seconds[length] = min(times)
    return (seconds[3 * steps] - seconds[steps]) / (2 * steps)


@pytest.mark.benchmark
def test_the_reduction_is_three_hundred_times_faster(record_property):
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((800, EXAMPLES))
    data = reduce(inputs, rng.standard_normal((OUT_DIM, 800)) @ inputs)
    weights = draw_weights(
        data=data, width=WIDTH, depth=DEPTH, initialisation="orthogonal", nets=1, rng=rng
    )
    nets = reduced_from_weights(weights)
    rate = 0.001 * OUT_DIM / (2 * DEPTH * data.norm**2)  # so slow that no run ends early
    shared = {"data": data, "depth": DEPTH, "learning_rate": rate}
    full = best_seconds_a_step(
        lambda steps: train(**shared, width=WIDTH, steps=steps, weights=weights), FULL_STEPS
    )
    reduced = best_seconds_a_step(
        lambda steps: train_reduced(**shared, nets=nets, steps=steps), REDUCED_STEPS
    )
    record_property("ratio", full / reduced)
    print(
        f"full {1e3 * full:.3g} ms, reduced {1e3 * reduced:.3g} ms a step: {full / reduced:.4g} times "
        f"(at least {LEAST:g})"
    )
    assert full / reduced >= LEAST
