"""The reduction against our own full simulator in one run: width 1000, depth 64, 500 steps, float64.

The program runs on two BLAS threads: the full simulator uses both, the reduced one none but its
own. Calls of `train` and `train_reduced` are timed, the best of as many rounds each, with what they
prepare before their first step, but not the drawing of weights: the net is drawn once, and reduced
by `reduced_from_weights`, so that the curves can be compared; a user draws its blocks alone, by
`draw_reduced`.
"""

from __future__ import annotations

import pytest

LEAST = 300.0
ROUNDS = 3
ABSOLUTE, RELATIVE, WHILE = 1e-12, 1e-9, 1e-6

PROGRAM = """
import json, time
import numpy as np
from numerics.deep_linear import train
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import reduced_from_weights

rng = np.random.default_rng(0)
inputs = rng.standard_normal((800, 16))
data = reduce(inputs, rng.standard_normal((10, 800)) @ inputs)
weights = draw_weights(
    data=data, width=1000, depth=64, initialisation="orthogonal", nets=1, rng=rng
)
nets = reduced_from_weights(weights)
shared = {"data": data, "depth": 64, "steps": 500, "record": range(501), "stop_at_floor": False}
shared["learning_rate"] = 0.2 * 10 / (2 * 64 * data.norm**2)

def best(work):
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        losses = work().losses[:, 0]
        seconds.append(time.perf_counter() - started)
    return min(seconds), losses

full_seconds, full = best(lambda: train(**shared, width=1000, weights=weights))
reduced_seconds, reduced = best(lambda: train_reduced(**shared, nets=nets))
gap, above = np.abs(reduced - full), full > WHILE * full[0]
print(json.dumps({
    "full": full_seconds, "reduced": reduced_seconds, "end": full[-1] / full[0],
    "gap": gap.max() / full[0], "relative": (gap[above] / full[above]).max(),
}))
"""


@pytest.mark.benchmark
def test_the_reduction_is_exact_and_three_hundred_times_faster(on_two_threads, record_property):
    found = on_two_threads(PROGRAM.replace("WHILE", str(WHILE)).replace("ROUNDS", str(ROUNDS)))
    ratio = found["full"] / found["reduced"]
    record_property("ratio", ratio)
    print(
        f"500 steps: full {found['full']:.3g} s, reduced {found['reduced']:.3g} s, {ratio:.4g} times "
        f"(at least {LEAST:g}); losses differ by {found['gap']:.2g} of the first, by "
        f"{found['relative']:.2g} of themselves while above {WHILE:g} of it; end {found['end']:.2g}"
    )
    assert found["gap"] <= ABSOLUTE
    assert found["relative"] <= RELATIVE
    assert found["end"] < WHILE
    assert ratio >= LEAST
