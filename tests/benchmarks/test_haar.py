"""Haar matrices against SciPy and PyTorch: 100 of size 256, the same precision, within one run."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from numerics.haar import haar

SIZE, COUNT, ROUNDS = 256, 100, 4


def ours(dtype):
    haar(rows=SIZE, columns=SIZE, batch=COUNT, rng=np.random.default_rng(0), dtype=dtype)


def scipy(dtype):
    """SciPy draws in double precision alone."""
    stats.ortho_group.rvs(SIZE, COUNT, random_state=np.random.default_rng(0)).astype(dtype)


def torch(dtype):
    library = pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install 'init-theory[bench]'"
    )
    library.set_num_threads(1)  # as `make bench` allows BLAS
    matrices = library.empty(COUNT, SIZE, SIZE, dtype=getattr(library, dtype))
    for each in matrices:
        library.nn.init.orthogonal_(each)


def seconds(work, dtype):
    started = time.perf_counter()
    work(dtype)
    return time.perf_counter() - started


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("opponent", "dtype"), [(scipy, "float64"), (torch, "float64"), (torch, "float32")]
)
def test_throughput(opponent, dtype, record_property):
    theirs, own = [], []
    for _ in range(ROUNDS):
        theirs.append(seconds(opponent, dtype))
        own.append(seconds(ours, dtype))
    ratio = min(theirs) / min(own)
    record_property("ratio", ratio)
    print(f"{dtype}: {1e3 * min(own):.3g} ms, {ratio:.3g} times as fast as {opponent.__name__}")
    assert ratio >= 1.0
