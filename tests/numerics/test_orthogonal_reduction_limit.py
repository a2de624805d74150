"""The kernel limit against its recursion, and the rate at which nets approach it as they widen."""

from __future__ import annotations

import dataclasses

import mpmath as mp
import numpy as np
import pytest

from numerics.kernel_limit import kernel_limit
from numerics.linear_data import reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import draw_reduced

IN_DIM, OUT_DIM, RANK = 12, 3, 4
WIDTHS = 10 ** np.arange(3, 8)


def problem(seed: int = 0):
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((IN_DIM, RANK))
    return inputs, rng.standard_normal((OUT_DIM, IN_DIM)) @ inputs


def recursion(inputs, targets, outputs, rate, depth, steps) -> np.ndarray:
    """E <- E (I - (eta L/d_y) X^T X), step by step on the examples themselves."""
    error, losses = outputs - targets, []
    for _ in range(steps + 1):
        losses.append(0.5 * np.sum(error**2))
        error = error - rate * depth / len(targets) * error @ inputs.T @ inputs
    return np.array(losses)


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_the_closed_form_is_the_recursion(depth):
    rng = np.random.default_rng(1)
    inputs, targets = problem()
    data = reduce(inputs, targets)
    block = rng.standard_normal((2, OUT_DIM, RANK))
    rate = OUT_DIM / (2 * depth * data.norm**2)
    losses = kernel_limit(
        data=data, block=block, depth=depth, learning_rate=rate, steps=60, record=range(61)
    )
    for net in range(2):
        outputs = block[net] @ data.basis.T @ inputs / OUT_DIM**0.5
        slow = recursion(inputs, targets, outputs, rate, depth, 60)
        assert np.abs(losses[:, net] - slow).max() <= 1e-13 * slow[0]


def one_mode(rng, out_dim: int, place: int):
    """Data whose targets, and so the errors of the zero block, lie in one direction."""
    data = reduce(np.diag(rng.uniform(0.3, 3.0, 3)), rng.standard_normal((out_dim, 3)))
    return dataclasses.replace(data, targets=data.targets * (np.arange(3) == place))


@pytest.mark.parametrize("near_one", [3.0, 0.5, 1e-3, 1e-7, -1e-10, -0.9])
@pytest.mark.parametrize("seed", range(5))
def test_the_relative_error_is_the_rounding_of_the_factor(seed, near_one):
    """|error| <= eps (8 + d_y + t (1 + 4 a/|1 - a|)), a = eta L s^2/d_y about 1 + near_one."""
    rng = np.random.default_rng(seed)
    out_dim, depth, place, record = seed + 1, int(rng.integers(1, 900)), seed % 3, [0, 1, 2, 7, 40]
    data = one_mode(rng, out_dim, place)
    rate = float((1 + near_one) * out_dim / (depth * data.singular_values[place] ** 2))
    block = np.zeros((1, *data.targets.shape))
    losses = kernel_limit(
        data=data, block=block, depth=depth, learning_rate=rate, steps=40, record=record
    )[:, 0]
    with mp.workdps(40):
        a = mp.mpf(rate) * depth * mp.mpf(float(data.singular_values[place])) ** 2 / out_dim
        start = mp.fsum(mp.mpf(float(x)) ** 2 for x in data.targets[:, place]) / 2
        for step, loss in zip(record, losses.tolist(), strict=True):
            exact = start * (1 - a) ** (2 * step)
            bound = np.finfo(float).eps * (8 + out_dim + step * (1 + 4 * a / abs(1 - a)))
            if exact > 1e-290:  # below, the loss underflows
                assert abs(loss - exact) <= bound * exact


def gaps(depth: int, widths=WIDTHS, nets: int = 20) -> np.ndarray:
    """Largest |l_m(t) - l_inf(t)|/l(0) along the curve, each net coupled to its own limit; (widths, nets)."""
    data = reduce(*problem())
    rate = OUT_DIM / (2 * depth * data.norm**2)
    shared = {"data": data, "depth": depth, "learning_rate": rate, "steps": 60, "record": range(61)}
    rows = []
    for width in widths.tolist():
        drawn = draw_reduced(
            input_dim=IN_DIM,
            out_dim=OUT_DIM,
            rank=RANK,
            width=width,
            nets=nets,
            rng=np.random.default_rng(2),
        )
        losses = train_reduced(nets=drawn, **shared).losses
        limit = kernel_limit(block=width**0.5 * drawn.blocks()[0], **shared)
        rows.append((np.abs(losses - limit) / limit[0]).max(axis=0))
    return np.array(rows)


@pytest.mark.parametrize("depth", [3, 20, 100])
def test_the_limit_is_approached_as_one_over_the_width(depth):
    """The second-order term of the expansion in 1/sqrt(m) is the first that does not vanish."""
    means = gaps(depth).mean(axis=1)
    slopes = np.diff(np.log(means)) / np.diff(np.log(WIDTHS))
    # the next order shifts a slope by about sqrt(1000/m) of a few tenths; far out only noise of the draw is left
    assert np.abs(slopes[-2:] + 1).max() < 0.1
    assert means[-1] < 1e-4


def test_the_limit_does_not_depend_on_depth():
    """At eta = share d_y/(2 L |X|^2) the curves of depth 10 and 1000 differ by O(1/m)."""
    curves = []
    for depth in (10, 1000):
        data = reduce(*problem())
        nets = draw_reduced(
            input_dim=IN_DIM,
            out_dim=OUT_DIM,
            rank=RANK,
            width=10**10,
            nets=1,
            rng=np.random.default_rng(3),
        )
        rate = OUT_DIM / (2 * depth * data.norm**2)
        history = train_reduced(
            data=data, nets=nets, depth=depth, learning_rate=rate, steps=60, record=range(61)
        )
        curves.append(history.losses[:, 0])
    assert np.abs(curves[0] - curves[1]).max() < 1e-7 * curves[0][0]


def test_divergence_overflows_quietly():
    data = reduce([[1.0]], [[1.0]])
    losses = kernel_limit(
        data=data, block=[[[0.0]]], depth=1, learning_rate=1e3, steps=500, record=[0, 1, 500]
    )
    assert losses[:2, 0].tolist() == [0.5, 0.5 * 999**2]
    assert losses[2, 0] == np.inf


@pytest.mark.parametrize("rate", [1.0, 1e308])
def test_a_mode_without_error_stays_so_where_its_factor_overflows(rate):
    """At 1e308 the rate times the depth overflows too."""
    data = reduce(np.diag([1.0, 2.0]), [[0.0, 0.0]])
    block = np.zeros((2, 1, 2))
    block[1, 0, 0] = 1e-3
    losses = kernel_limit(
        data=data, block=block, depth=10, learning_rate=rate, steps=1000, record=[0, 1000]
    )
    assert losses[:, 0].tolist() == [0.0, 0.0]
    assert losses[:, 1].tolist() == [pytest.approx(0.5 * (1e-3 * 2.0) ** 2, rel=1e-12), np.inf]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, r"data must be a LinearData \(make one: linear_data.reduce\), got None"),
        ({"block": [[0.0]]}, r"block must have shape \(nets, 1, 1\), got shape \(1, 1\)"),
        ({"block": [[[np.inf]]]}, "block must be finite"),
        ({"learning_rate": 0.0}, "learning_rate must be"),
        ({"depth": 0}, "depth must be"),
        ({"steps": 0}, "steps must be"),
        ({"record": [3]}, "record must"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    good = {
        "data": reduce([[1.0]], [[1.0]]),
        "block": [[[0.0]]],
        "depth": 1,
        "learning_rate": 0.1,
        "steps": 2,
    }
    with pytest.raises(ValueError, match=message):
        kernel_limit(**(good | change))
