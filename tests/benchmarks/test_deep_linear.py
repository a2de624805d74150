"""Training of deep linear nets against a plain PyTorch autograd loop, on two threads.

Depth 32, 16 data columns, 10 outputs. PyTorch is a benchmark-only dependency: pip install
'init-theory[bench]'. Both run in processes of their own, so that the threads of one library do not
spin beside those of the other, and take turns.
"""

from __future__ import annotations

import importlib.util

import pytest

TURNS = 3

SETUP = """
import json, sys, time
import numpy as np
width, dtype, steps = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
depth, out_dim = 32, 10
rng = np.random.default_rng(0)
inputs = rng.standard_normal((16, 16))
targets = rng.standard_normal((out_dim, 16)) @ inputs

def best(work, rounds=12):
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
"""

TORCH = (
    SETUP
    + """
import torch
torch.set_num_threads(2)
kind = getattr(torch, dtype)
sizes = (16, *[width] * (depth - 1), out_dim)
weights = [
    torch.nn.Parameter(torch.randn(rows, columns, dtype=kind) / width**0.5)
    for columns, rows in zip(sizes[:-1], sizes[1:])
]
x, y = torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)

def loop():
    for _ in range(steps):
        states = x
        for weight in weights:
            states = weight @ states
        loss = 0.5 * (((width / out_dim) ** 0.5 * states - y) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            for weight in weights:
                weight -= 1e-6 * weight.grad
                weight.grad = None

loop()
print(json.dumps({"seconds": best(loop) / steps}))
"""
)

OURS = (
    SETUP
    + """
from numerics.backends import get_backend
from numerics.deep_linear_plan import plan
from numerics.deep_linear_steps import descent
from numerics.deep_linear_weights import draw_weights, net_shape
from numerics.linear_data import reduce
data = reduce(inputs, targets)
weights = draw_weights(
    data=data, width=width, depth=depth, initialisation="gaussian", nets=1, rng=rng, dtype=dtype
)
nets = descent(data, list(weights), 1e-6, width, get_backend())

def loop():
    for _ in range(steps):
        nets.losses()
        nets.step()

loop()
seconds = best(loop) / steps
square = rng.standard_normal((1024, 1024)).astype(dtype)
product = np.empty_like(square)
gemm = best(lambda: np.matmul(square, square, out=product))
source = np.ones(2**28 // square.itemsize, dtype)
copied = np.empty_like(source)
copy = best(lambda: np.copyto(copied, source))
print(json.dumps({
    "seconds": seconds,
    "flops": plan(data=data, width=width, depth=depth, steps=1, dtype=dtype).flops / seconds,
    "bytes": 4 * net_shape(data, width, depth).weights * square.itemsize / seconds,
    "machine flops": 2 * 1024**3 / gemm,
    "machine bytes": 2 * source.nbytes / copy,
}))
"""
)


@pytest.mark.benchmark
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("width", "steps", "least"), [(64, 50, 3.0), (1000, 5, 1.3)])
def test_a_step_against_torch(width, steps, least, dtype, on_two_threads, record_property):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: pip install 'init-theory[bench]'")
    theirs, ours = [], []
    for _ in range(TURNS):
        theirs.append(on_two_threads(TORCH, width, dtype, steps)["seconds"])
        ours.append(on_two_threads(OURS, width, dtype, steps))
    fastest = min(ours, key=lambda each: each["seconds"])
    ratio = min(theirs) / fastest["seconds"]
    record_property("ratio", ratio)
    record_property("achieved", fastest)
    print(
        f"width {width}, {dtype}: {1e3 * fastest['seconds']:.3g} ms a step, {ratio:.3g} times as "
        f"fast as PyTorch (at least {least:g}); {fastest['flops'] / 1e9:.3g} of "
        f"{fastest['machine flops'] / 1e9:.3g} Gflop/s (gemm), {fastest['bytes'] / 1e9:.3g} of "
        f"{fastest['machine bytes'] / 1e9:.3g} GB/s (copy; reading and writing counted)"
    )
    assert ratio >= least
