"""What a plan says of a run of deep linear nets: operations by hand, memory as allocated."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from numerics.deep_linear import train
from numerics.deep_linear_checkpoint import Checkpoint
from numerics.deep_linear_plan import plan
from numerics.deep_linear_weights import draw_weights
from numerics.linear_data import reduce


def data():
    rng = np.random.default_rng(0)
    return reduce(rng.standard_normal((7, 3)), rng.standard_normal((2, 3)))


def run(**change):
    base = {"data": data(), "learning_rate": 1e-3, "rng": np.random.default_rng(1), "steps": 3}
    return train(**base | change)


def _peak(**options):
    """Bytes allocated at most, in a second run: nothing is loaded or made ready any more."""
    run(**options)
    tracemalloc.start()
    run(**options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


WIDE, NARROW = {"width": 300, "depth": 6}, {"width": 10, "depth": 20}
CASES = {
    "wide": WIDE,
    "some wide": WIDE | {"nets": 4},
    "Gaussian": WIDE | {"nets": 2, "initialisation": "gaussian"},
    "single": WIDE | {"dtype": "float32"},
    "invariants": WIDE | {"nets": 2, "invariants": True},
    "shallow": {"width": 600, "depth": 3, "initialisation": "gaussian"},
    "deep": {"width": 50, "depth": 300},
    "narrow": NARROW | {"nets": 900, "initialisation": "gaussian"},
    "tiny": {"width": 2, "depth": 2, "nets": 1500, "initialisation": "gaussian"},
    "narrow, some diverge": NARROW | {"nets": 500, "initialisation": "gaussian", "steps": 40,
                                      "learning_rate": 0.3},
    "narrow, invariants": {"width": 10, "depth": 5, "nets": 300, "invariants": True},
    "narrow, invariants, some diverge": {
        "width": 10, "depth": 5, "nets": 500, "invariants": True, "initialisation": "gaussian",
        "steps": 20, "learning_rate": 0.3,
    },
}  # fmt: skip
PLANNED = ("width", "depth", "nets", "dtype", "invariants")


def _planned(options):
    chosen = {name: options[name] for name in PLANNED if name in options}
    return plan(data=data(), steps=options.get("steps", 3), **chosen)


@pytest.mark.parametrize("case", CASES)
def test_bytes_hold_what_a_run_allocates_and_not_twice_that(case):
    made = _planned(CASES[case])
    peak = _peak(**CASES[case])
    assert 0.5 * made.bytes < peak <= made.bytes


def test_some_of_the_narrow_nets_diverge():
    """As the cases above are meant."""
    for case in ("narrow, some diverge", "narrow, invariants, some diverge"):
        diverged = run(**CASES[case]).diverged
        assert 0.05 < diverged.mean() < 0.95


@pytest.mark.parametrize("options", [WIDE, NARROW])
def test_given_weights_are_not_copied_beyond_the_batch(options):
    weights = draw_weights(
        data=data(), initialisation="orthogonal", nets=4, rng=np.random.default_rng(1), **options
    )
    assert _peak(**options, weights=weights) <= _planned(options | {"nets": 4}).bytes


def test_memory_of_a_resumed_run(tmp_path, monkeypatch):
    """The loaded weights are those that train, and go with their batch."""
    path, content = tmp_path / "state.npz", []
    write = Checkpoint.write

    def kept(self, state):
        write(self, state)
        content.append(path.read_bytes())

    monkeypatch.setattr(Checkpoint, "write", kept)
    run(**WIDE, nets=3, checkpoint=path, checkpoint_seconds=0.0)
    first = content[0]
    content.clear()
    monkeypatch.undo()
    path.write_bytes(first)
    tracemalloc.start()
    run(**WIDE, nets=3, checkpoint=path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= _planned(WIDE | {"nets": 3}).bytes


def test_operations_by_hand():
    made = plan(data=data(), width=300, depth=6, steps=10, nets=3)
    entries = 300 * 3 + 4 * 300**2 + 2 * 300
    assert made.flops == 2 * 3 * 2 * entries
    assert (made.nets, made.batch) == (3, 1)
