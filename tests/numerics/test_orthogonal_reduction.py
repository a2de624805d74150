"""The reduction against descent on every weight of the net, at the ordinary scale, written from the definition."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.linear_data import LinearData, reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import (
    ReducedNets,
    draw_reduced,
    reduced_from_blocks,
    reduced_from_weights,
)

ABSOLUTE = 1e-12  # of l(0): some L (t + k) rounding errors; seen: 3e-15
RELATIVE, WHILE = 1e-9, 1e-6

# (width, d_x, d_y, rank, examples, depth, share of d_y/(2 L |X|^2))
CASES = {
    "m >= d_x": (64, 20, 5, 6, 9, 10, 1.0),
    "m = d_x": (20, 20, 3, 4, 4, 6, 1.0),
    "m < d_x": (64, 100, 5, 6, 9, 10, 0.1),
    "depth 2": (30, 30, 3, 6, 9, 2, 0.5),
    "m < r + d_y": (8, 100, 5, 6, 9, 10, 0.05),
    "m = r + d_y": (11, 100, 5, 6, 9, 5, 0.1),
    "m < r": (4, 100, 3, 6, 9, 5, 0.05),
    "d_y = 1": (16, 40, 1, 4, 4, 3, 0.3),
    "d_y > r": (40, 12, 9, 2, 5, 7, 0.5),
    "deep": (24, 10, 2, 3, 3, 100, 0.1),
}


def haar(size: int, rng: np.random.Generator) -> np.ndarray:
    axes, factor = np.linalg.qr(rng.standard_normal((size, size)))
    return axes * np.sign(np.diag(factor))


def draw_full(width, in_dim, out_dim, depth, rng) -> list[np.ndarray]:
    """W_1, ..., W_L of a whole orthogonal net."""
    first = haar(max(width, in_dim), rng)[:width, :in_dim] * max(width, in_dim) ** 0.5
    hidden = [haar(width, rng) * width**0.5 for _ in range(depth - 2)]
    return [first, *hidden, haar(width, rng)[:out_dim] * width**0.5]


def full_losses(inputs, targets, weights, rate: float, steps: int) -> np.ndarray:
    """Backpropagation and descent as in a textbook: no scaling, no reduction of the data, no rank updates."""
    weights = [layer.copy() for layer in weights]
    width, depth, out_dim = weights[0].shape[0], len(weights), len(targets)
    alpha = 1 / np.sqrt(float(width) ** (depth - 1) * out_dim)
    losses = []
    for _ in range(steps + 1):
        signals = [inputs]
        for layer in weights:
            signals.append(layer @ signals[-1])
        error = alpha * signals[-1] - targets
        losses.append(0.5 * np.sum(error**2))
        pulled = alpha * error
        for layer, signal in zip(weights[::-1], signals[-2::-1], strict=True):
            gradient, pulled = pulled @ signal.T, layer.T @ pulled
            layer -= rate * gradient
    return np.array(losses)


def problem(in_dim, out_dim, rank, examples, rng) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of the given rank; targets that no linear map meets where there are more examples."""
    inputs = rng.standard_normal((in_dim, rank)) @ rng.standard_normal((rank, examples))
    return inputs, 4 * rng.standard_normal((out_dim, examples))


def scaled(weights: list[np.ndarray], data: LinearData) -> list[np.ndarray]:
    """V_1 U, V_2, ..., V_L, one net."""
    layers = [layer[None] / len(weights[0]) ** 0.5 for layer in weights]
    return [layers[0] @ data.basis, *layers[1:]]


def assert_same_curve(losses: np.ndarray, full: np.ndarray) -> None:
    gap = np.abs(losses - full)
    assert gap.max() <= ABSOLUTE * full[0]
    above = full > WHILE * full[0]
    assert (gap[above] / full[above]).max() <= RELATIVE


def run(data: LinearData, nets: ReducedNets, depth: int, rate, steps: int, **options):
    options = {"record": range(steps + 1)} | options
    return train_reduced(
        data=data, nets=nets, depth=depth, learning_rate=rate, steps=steps, **options
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("case", CASES)
def test_the_training_curve_is_that_of_the_whole_net(case, seed):
    width, in_dim, out_dim, rank, examples, depth, share = CASES[case]
    rng = np.random.default_rng(seed)
    inputs, targets = problem(in_dim, out_dim, rank, examples, rng)
    data, weights = reduce(inputs, targets), draw_full(width, in_dim, out_dim, depth, rng)
    rate = share * out_dim / (2 * depth * np.linalg.norm(inputs, 2) ** 2)
    full = full_losses(inputs, targets, weights, rate, 300) - data.residual
    nets = reduced_from_weights(scaled(weights, data))
    assert nets.dimension == min(width, rank + out_dim)
    assert full[-1] < 0.5 * full[0]  # a curve that goes somewhere
    assert_same_curve(run(data, nets, depth, rate, 300).losses[:, 0], full)
    # and all that is needed of the draw is C and G_1
    again = reduced_from_blocks(*nets.blocks(), width=width)
    assert again.dimension == nets.dimension
    assert_same_curve(run(data, again, depth, rate, 300).losses[:, 0], full)


def test_hidden_layers_that_are_not_orthogonal_are_refused_with_reason():
    """With Gaussian hidden layers the subspaces are not kept: nothing is returned rather than a wrong curve."""
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((1, *shape)) for shape in ((6, 2), (6, 6), (1, 6))]
    with pytest.raises(ValueError, match=r"orthogonal hidden layers, got \|V V\^T - I\| = "):
        reduced_from_weights(layers)


@pytest.mark.parametrize(("error", "refused"), [(1e-10, False), (1e-6, True), (1e-3, True)])
def test_hidden_layers_may_be_orthogonal_to_rounding_alone(error, refused):
    layers = [np.ones((1, 6, 2)), (1 + error) * np.eye(6)[None], np.ones((1, 1, 6))]
    if not refused:
        assert reduced_from_weights(layers).dimension == 3
        return
    with pytest.raises(ValueError, match=r"orthogonal hidden layers, got \|V V\^T - I\| = "):
        reduced_from_weights(layers)


@pytest.mark.parametrize("change", ["last doubled", "first of rank 2"])
def test_outer_layers_of_given_weights_may_be_any_but_c_and_gram_do_not_determine_them(change):
    """The reduced curve is that of the whole net; from C and G_1 it could not be."""
    rng = np.random.default_rng(7)
    inputs, targets = problem(12, 2, 3, 3, rng)
    data, weights = reduce(inputs, targets), draw_full(15, 12, 2, 4, rng)
    if change == "last doubled":
        weights[-1] = 2 * weights[-1]
    else:
        weights[0] = weights[0] @ (np.eye(12) - np.outer(data.basis[:, 0], data.basis[:, 0]))
    rate = 0.1 * 2 / (2 * 4 * data.norm**2)
    full = full_losses(inputs, targets, weights, rate, 100) - data.residual
    nets = reduced_from_weights(scaled(weights, data))
    assert_same_curve(run(data, nets, 4, rate, 100).losses[:, 0], full)
    with pytest.raises(ValueError, match=r"blocks need (last with orthonormal rows|first of rank)"):
        nets.blocks()


def test_a_wrong_block_gives_another_curve():
    """C = 0 is a different start, not the limit of wide nets."""
    rng = np.random.default_rng(1)
    data = reduce(*problem(12, 2, 3, 3, rng))
    nets = draw_reduced(input_dim=12, out_dim=2, rank=3, width=15, nets=1, rng=rng)
    block, gram = nets.blocks()
    zero = reduced_from_blocks(0 * block, gram, width=15)
    rate = 2 / (2 * 5 * data.norm**2)
    curves = [run(data, each, 5, rate, 20).losses[:, 0] for each in (nets, zero)]
    assert np.abs(curves[0] - curves[1]).max() > 1e-3 * curves[0][0]


def test_nets_of_many_widths_and_rates_run_as_they_would_alone():
    rng = np.random.default_rng(2)
    data = reduce(*problem(12, 2, 3, 3, rng))
    single = [
        draw_reduced(input_dim=12, out_dim=2, rank=3, width=width, nets=1, rng=rng)
        for width in (6, 50, 10**6)
    ]
    rates = np.array([0.3, 0.6, 1.0]) * 2 / (2 * 40 * data.norm**2)
    together = ReducedNets(
        np.concatenate([nets.first for nets in single]),
        np.concatenate([nets.last for nets in single]),
        [6, 50, 10**6],
    )
    all_losses = run(data, together, 40, rates, 150).losses
    for column, (nets, rate) in enumerate(zip(single, rates, strict=True)):
        alone = run(data, nets, 40, rate, 150).losses[:, 0]
        assert np.abs(all_losses[:, column] - alone).max() <= ABSOLUTE * alone[0]


def test_spare_directions_change_nothing():
    """Zero rows of the first block and zero columns of the last one stay exactly zero."""
    rng = np.random.default_rng(3)
    data = reduce(*problem(12, 2, 3, 3, rng))
    nets = draw_reduced(input_dim=12, out_dim=2, rank=3, width=30, nets=2, rng=rng)
    wider = ReducedNets(
        np.pad(nets.first, ((0, 0), (0, 4), (0, 0))),
        np.pad(nets.last, ((0, 0), (0, 0), (0, 4))),
        nets.widths,
    )
    rate = 2 / (4 * 9 * data.norm**2)
    one, other = (run(data, each, 9, rate, 100).losses for each in (nets, wider))
    assert np.abs(one - other).max() <= ABSOLUTE * one[0].max()


@pytest.mark.slow
def test_width_1000_and_depth_64_over_500_steps():
    """The acceptance size: |dl| <= 1e-12 l(0) throughout, relative 1e-9 while l > 1e-6 l(0)."""
    rng = np.random.default_rng(4)
    inputs = rng.standard_normal((800, 16))
    targets = rng.standard_normal((10, 800)) @ inputs
    data, weights = reduce(inputs, targets), draw_full(1000, 800, 10, 64, rng)
    rate = 0.2 * 10 / (2 * 64 * data.norm**2)
    full = full_losses(inputs, targets, weights, rate, 500) - data.residual
    nets = reduced_from_weights(scaled(weights, data))
    assert_same_curve(run(data, nets, 64, rate, 500).losses[:, 0], full)
