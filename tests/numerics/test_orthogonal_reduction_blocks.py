"""The law of the two blocks against exact laws of Haar corners, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from numerics.reduced_blocks import (
    ReducedNets,
    draw_reduced,
    reduced_from_blocks,
    reduced_from_weights,
)

NETS = 20_000
LEVEL = 1e-4  # of each test; some forty of them with fixed seeds

# (width, d_x, d_y, r): wide, m = d_x, m < d_x, m = r + d_y, r < m < r + d_y, m = r, m < r, m = d_y
SIZES = [
    (30, 20, 3, 4),
    (20, 20, 3, 4),
    (19, 20, 3, 4),
    (10, 20, 3, 4),
    (7, 20, 3, 4),
    (6, 20, 3, 4),
    (4, 20, 3, 4),
    (3, 20, 3, 8),
    (5, 4, 4, 4),
]


def draw(width, in_dim, out_dim, rank, nets=NETS, seed=0) -> ReducedNets:
    rng = np.random.default_rng(seed)
    return draw_reduced(
        input_dim=in_dim, out_dim=out_dim, rank=rank, width=width, nets=nets, rng=rng
    )


@pytest.mark.parametrize("sizes", SIZES)
def test_the_last_layer_has_orthonormal_rows(sizes):
    nets = draw(*sizes, nets=50)
    assert nets.dimension == min(sizes[0], sizes[2] + sizes[3])
    gram = nets.last @ nets.last.mT
    assert np.abs(gram - np.eye(sizes[2])).max() < 1e-13


@pytest.mark.parametrize("sizes", [s for s in SIZES if s[0] < s[1]])
def test_the_first_layer_is_the_corner_of_a_haar_matrix(sizes):
    """A squared column norm of an m x r corner of O(d_x) is Beta(m/2, (d_x - m)/2); so is any direction's."""
    width, in_dim, _, rank = sizes
    _, gram = draw(*sizes).blocks()
    ones = np.ones(rank) / rank**0.5
    for direction in (np.eye(rank)[0], np.eye(rank)[-1], ones):
        share = direction @ gram @ direction / in_dim
        law = stats.beta(width / 2, (in_dim - width) / 2)
        assert stats.kstest(share, law.cdf).pvalue > LEVEL


def test_the_first_layer_is_isotropic_where_the_width_suffices():
    for sizes in SIZES[:2]:
        _, gram = draw(*sizes, nets=5).blocks()
        assert np.array_equal(gram, np.broadcast_to(sizes[0] * np.eye(sizes[3]), gram.shape))


@pytest.mark.parametrize("sizes", [s for s in SIZES if s[0] > s[3]])
def test_the_block_is_the_corner_of_a_haar_matrix(sizes):
    """Along a unit vector of R^r, a row of C has a square Beta(1/2, (m-1)/2), |C v|^2 is Beta(d_y/2, (m-d_y)/2)."""
    width, _, out_dim, rank = sizes
    block, _ = draw(*sizes).blocks()
    along = block @ (np.ones(rank) / rank**0.5)
    single, whole = stats.beta(0.5, (width - 1) / 2), stats.beta(out_dim / 2, (width - out_dim) / 2)
    assert stats.kstest(along[:, 0] ** 2, single.cdf).pvalue > LEVEL
    assert stats.kstest(block[:, -1, -1] ** 2, single.cdf).pvalue > LEVEL
    if width > out_dim:
        assert stats.kstest(np.sum(along**2, axis=1), whole.cdf).pvalue > LEVEL
    assert (
        stats.binomtest(int((along[:, 0] > 0).sum()), NETS).pvalue > LEVEL
    )  # a sign left uncorrected shows


@pytest.mark.parametrize("sizes", SIZES[:6])
def test_block_and_gram_match_products_of_whole_haar_matrices(sizes):
    """Two-sample tests of joint quantities, |C G^{1/2}|_F^2 and its largest entry, against explicit matrices."""
    width, in_dim, out_dim, rank = sizes
    rng = np.random.default_rng(5)
    count = 4000
    size = max(width, in_dim)
    first = stats.ortho_group(size, seed=rng).rvs(count)[:, :width, :rank] * (size / width) ** 0.5
    last = stats.ortho_group(width, seed=rng).rvs(count)[:, :out_dim]
    whole, nets = last @ first, draw(*sizes, nets=count)
    for of in (lambda p: np.sum(p**2, axis=(1, 2)), lambda p: np.abs(p).max(axis=(1, 2))):
        assert stats.ks_2samp(of(whole), of(nets.last @ nets.first)).pvalue > LEVEL


@pytest.mark.parametrize("width", [10**3, 10**9, 10**15])
def test_wide_blocks_are_normal_at_the_scale_of_one_over_the_root_of_the_width(width):
    block, _ = draw(width, 20, 3, 4).blocks()
    entries = width**0.5 * block[:, 1, 2]
    exact = stats.beta(0.5, (width - 1) / 2)
    assert stats.kstest(entries**2 / width, exact.cdf).pvalue > LEVEL
    assert stats.kstest(entries, "norm").pvalue > LEVEL


@pytest.mark.parametrize("sizes", SIZES)
def test_blocks_and_back(sizes):
    """C and G_1 determine the nets up to a rotation: the products and Gram matrices agree."""
    nets = draw(*sizes, nets=20)
    again = reduced_from_blocks(*nets.blocks(), width=sizes[0])
    # first and last layers enter the dynamics through these three; C is known to eps times the root's condition
    condition = np.linalg.cond(nets.first[:, : min(sizes[0], sizes[3])]).max()
    for before, after in zip(products(nets), products(again), strict=True):
        assert np.abs(before - after).max() < 1e-13 * condition**2


def products(nets: ReducedNets) -> tuple[np.ndarray, ...]:
    return nets.last @ nets.first, nets.first.mT @ nets.first, nets.last @ nets.last.mT


def test_reduction_of_weights_keeps_the_products_and_any_outer_layers():
    rng = np.random.default_rng(6)
    hidden = stats.ortho_group(9, seed=rng).rvs(3)
    layers = [rng.standard_normal((1, 9, 2)), *hidden[:, None], rng.standard_normal((1, 3, 9))]
    nets = reduced_from_weights(layers)
    product = layers[-1]
    for layer in layers[-2:0:-1]:
        product = product @ layer
    assert nets.dimension == 5
    assert np.allclose(nets.last @ nets.first, product @ layers[0], rtol=0, atol=1e-13)
    assert np.allclose(nets.last @ nets.last.mT, product @ product.mT, rtol=0, atol=1e-13)


GOOD = {"input_dim": 8, "out_dim": 2, "rank": 3, "width": 9, "nets": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 1}, "width must be >= out_dim, 2, for an orthogonal last layer, got 1"),
        ({"rank": 9}, "rank must be <= input_dim, 8, got 9"),
        ({"rank": 0}, "rank must be"),
        ({"nets": 0}, "nets must be"),
        ({"width": 9.5}, "width must be"),
        ({"width": 2**63}, r"width must be < 2\^63"),
        ({"input_dim": 2**64}, r"input_dim must be < 2\^63"),
        ({"input_dim": True}, "input_dim must be"),
    ],
)
def test_bad_sizes_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        draw_reduced(**(GOOD | change), rng=np.random.default_rng(0))


def test_whole_floats_are_sizes():
    floats = {name: float(size) for name, size in GOOD.items()}
    for change in ({}, {"width": 6}, {"width": 3}):
        one, other = (
            draw_reduced(**(sizes | change), rng=np.random.default_rng(0))
            for sizes in (GOOD, floats)
        )
        assert np.array_equal(one.last, other.last)


def test_the_largest_width_has_the_scale_of_the_law():
    block, _ = draw(2**63 - 1, 20, 3, 4, nets=2000).blocks()
    assert stats.kstest(2**31.5 * block[:, 0, 0], "norm").pvalue > LEVEL


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError):
        draw_reduced(**GOOD, rng=0)


@pytest.mark.parametrize(
    ("first", "last", "widths", "message"),
    [
        (np.ones((1, 3, 2)), np.ones((1, 2, 4)), [5], "shapes"),
        (np.ones((1, 3, 2)), np.ones((2, 2, 3)), [5], "shapes"),
        (np.ones((3, 2)), np.ones((2, 3)), [5], "shapes"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), [5, 6], "one width a net, 1"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), 5, "one width a net, 1, got 5"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), None, "widths must be"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), [0], "widths must be"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), [2**63], r"widths must be < 2\^63"),
        (np.ones((1, 3, 2)), np.ones((1, 2, 3)), [2], r"widths must be >= k, 3, got \[2\]"),
        (np.full((1, 3, 2), np.nan), np.ones((1, 2, 3)), [5], "first must be finite"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(first, last, widths, message):
    with pytest.raises(ValueError, match=message):
        ReducedNets(first, last, widths)


def test_bad_blocks_and_weights_are_refused():
    with pytest.raises(ValueError, match="block and gram must have shapes"):
        reduced_from_blocks(np.ones((1, 2, 3)), np.ones((1, 2, 2)), width=5)
    with pytest.raises(ValueError, match="width must be >= d_y, 2, got 1"):
        reduced_from_blocks(np.zeros((1, 2, 3)), np.eye(3)[None], width=1)
    with pytest.raises(ValueError, match="at least two layers"):
        reduced_from_weights([np.ones((1, 2, 2))])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([np.ones((1, 3, 2)), np.eye(2)[None], np.ones((1, 1, 3))], r"\(nets, m, m\)"),
        ([np.ones((1, 3, 2)), np.eye(3)[None], np.ones((1, 1, 4))], r"got .*\(1, 1, 4\)"),
        ([np.ones((2, 3, 2)), np.eye(3)[None], np.ones((1, 1, 3))], r"got .*\(2, 3, 2\)"),
        ([np.ones((2, 3, 2)), np.ones((1, 1, 3))], "weights must have shapes"),
        (None, "weights must be a sequence of layers, got None"),
        ([5, 6], "at least two layers of shape"),
        (["a", "b"], "weights must be finite numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        reduced_from_weights(weights)


SMALL, EYE = np.full((1, 2, 3), 0.1), np.eye(3)[None]
ROWS = np.array([[[1.0, 0, 0], [0, 1, 0]]])  # a C of the largest norm


@pytest.mark.parametrize(
    ("block", "gram", "width", "message"),
    [
        (5 + SMALL, EYE, 7, r"block must have singular values <= 1, got 12\.4"),
        ((1 + 1e-6) * ROWS, EYE, 7, r"block must have singular values <= 1, got 1\.000001"),
        (1e300 * ROWS, EYE, 7, "block must have singular values"),
        (SMALL, -EYE, 7, r"gram must be positive semi-definite of rank min\(m, r\), 3, got"),
        (SMALL, np.diag([1.0, 1.0, -1.0])[None], 7, "gram must be positive semi-definite"),
        (SMALL, np.diag([1.0, 1.0, 0.0])[None], 7, "gram must be positive semi-definite"),
        (SMALL, 0 * EYE, 7, "gram must be positive semi-definite"),
        (SMALL, np.triu(np.ones((3, 3)))[None], 7, "gram must be symmetric"),
        (SMALL, EYE + np.eye(3, k=1) * 1e-6, 7, "gram must be symmetric"),
        (ROWS, EYE, 2, "gram must be positive semi-definite .* 2, got eigenvalues"),
        (ROWS, np.diag([1.0, 1.0, 1e-6])[None], 2, "gram must be positive semi-definite"),
        (ROWS[:, :, ::-1], np.diag([1.0, 1.0, 0.0])[None], 2, "block must be zero where gram is"),
        (0 * ROWS, EYE, 3, "block must leave I - C C.T of rank at most 0 at this width"),
        (0 * ROWS, EYE, 4, "block must leave I - C C.T of rank at most 1 at this width"),
        (SMALL, EYE, 2**64, r"width must be < 2\^63"),
    ],
)
def test_blocks_of_no_net_are_refused(block, gram, width, message):
    with pytest.raises(ValueError, match=message):
        reduced_from_blocks(block, gram, width=width)


@pytest.mark.parametrize(("width", "dimension"), [(2, 2), (3, 3), (4, 4), (5, 5), (5.0, 5)])
def test_rounding_is_no_reason_to_refuse(width, dimension):
    """At m = 2 G_1 has rank 2."""
    rng = np.random.default_rng(8)
    gram = np.diag([2.0, 1.0, 1.0 if width > 2 else 0.0])[None]
    noise = 1e-11 * rng.standard_normal((1, 3, 3))
    block = ROWS + 1e-11 * rng.standard_normal(ROWS.shape)
    nets = reduced_from_blocks(block, gram + noise, width=width)
    assert nets.dimension == dimension
    assert nets.widths.tolist() == [int(width)]
