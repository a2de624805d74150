"""Orthogonal deep linear nets at initialisation, in the few dimensions that training ever touches.

f(x) = alpha W_L ... W_1 x with every hidden W_l sqrt(m) times orthogonal. Gradient descent keeps W_l within
span(W_{l:1}(0) U) + span(W_{L:l+1}(0)^T), at most k = min(m, r + d_y) dimensions, where U spans the r-dimensional
data. In bases that the hidden layers themselves carry along they all start at sqrt(m) I_k, so that only two blocks
are left of the draw: the first layer on the data (k x r) and the last layer (d_y x k). Both are kept divided by
sqrt(m). `ReducedNets` is offered here too, so that callers need this module alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .array_checks import finite_array
from .networks import positive_integer
from .reduced_nets import ORTHOGONALITY
from .reduced_nets import ReducedNets as ReducedNets
from .reduced_spectra import kept_spectrum, remainder
from .streams import require_generator

__all__ = ["draw_reduced", "reduced_from_blocks", "reduced_from_weights"]


def draw_reduced(
    *, input_dim: int, out_dim: int, rank: int, width: int, nets: int, rng: np.random.Generator
) -> ReducedNets:
    """Draw nets from the law that Haar-distributed layers give the two blocks.

    Parameters
    ----------
    input_dim : int
        d_x, >= `rank`.
    out_dim : int
        d_y.
    rank : int
        r, the rank of the data.
    width : int
        m, >= `out_dim`. Where m < d_x, W_1 has orthonormal rows times sqrt(d_x); otherwise orthonormal columns
        times sqrt(m).
    nets : int
        Number of independent nets.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ReducedNets

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.

    Notes
    -----
    The depth does not enter: a product of independent Haar matrices is Haar. The blocks come from QR factors of
    normal matrices (Bartlett: chi variables on the diagonal, normal ones beside it), so that a net costs O(k^3)
    at any width; no matrix of size m is drawn.

    Examples
    --------
    >>> nets = draw_reduced(input_dim=5, out_dim=2, rank=3, width=10**9, nets=2000, rng=np.random.default_rng(0))
    >>> block, gram = nets.blocks()
    >>> float((10**9 * block**2).mean().round(1)), float(gram[0, 0, 0])
    (1.0, 1000000000.0)
    """
    sizes = {"input_dim": input_dim, "out_dim": out_dim, "rank": rank, "width": width, "nets": nets}
    whole = [positive_integer(name, value) for name, value in sizes.items()]
    input_dim, out_dim, rank, width, nets = whole
    require_generator(rng)
    if rank > input_dim:
        raise ValueError(f"rank must be <= input_dim, {input_dim}, got {rank!r}")
    if width < out_dim:
        raise ValueError(
            f"width must be >= out_dim, {out_dim}, for an orthogonal last layer, got {width!r}"
        )
    first = _first_block(input_dim, rank, width, nets, rng)
    shared = rng.standard_normal((nets, out_dim, first.shape[1]))
    spare = _triangle(width - first.shape[1], out_dim, nets, rng).mT if width > rank else None
    rows = shared if spare is None else np.concatenate([shared, spare], axis=2)
    last = _orthonormal(rows.mT).mT
    return ReducedNets(_padded(first, last.shape[2]), last, [width] * nets)


def reduced_from_blocks(block: Any, gram: Any, *, width: int) -> ReducedNets:
    """Nets from C and G_1: first layer [G_1^{1/2}; 0], last layer sqrt(m) [C, (I - C C^T)^{1/2}].

    Parameters
    ----------
    block : array, shape (nets, d_y, r)
        C, with singular values <= 1; zero where G_1 is, and where m < r + d_y I - C C^T of rank at most m - r.
    gram : array, shape (nets, r, r)
        G_1, symmetric, positive semi-definite, of rank min(m, r).
    width : int
        m, >= d_y.

    Returns
    -------
    ReducedNets
        Of dimension min(m, r + d_y): directions in which G_1 or I - C C^T vanishes, to 1e-8, are left out.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Examples
    --------
    >>> nets = draw_reduced(input_dim=9, out_dim=2, rank=3, width=7, nets=4, rng=np.random.default_rng(0))
    >>> again = reduced_from_blocks(*nets.blocks(), width=7)
    >>> bool(np.allclose(again.last @ again.first, nets.last @ nets.first))
    True
    """
    block, gram, width = _checked_blocks(block, gram, width)
    out_dim, rank = block.shape[1:]
    values, vectors = kept_spectrum(gram, block, min(width, rank))
    shared = block @ vectors
    rest, directions = remainder(shared, min(out_dim, max(width - rank, 0)))
    first = np.sqrt(values / width)[..., None] * vectors.mT
    last = np.concatenate([shared, directions * np.sqrt(rest)[:, None]], axis=2)
    return ReducedNets(_padded(first, last.shape[2]), last, [width] * len(block))


def reduced_from_weights(weights: Sequence[Any]) -> ReducedNets:
    """Reduce full nets: the blocks of given layers V_l = W_l/sqrt(m).

    Parameters
    ----------
    weights : sequence of array, shapes (nets, m, r), (nets, m, m), ..., (nets, d_y, m)
        V_1 U, V_2, ..., V_L, at least two layers; the hidden ones orthogonal, the first and the last any.

    Returns
    -------
    ReducedNets

    Raises
    ------
    ValueError
        If the shapes do not fit, or a hidden layer is not orthogonal to 1e-8.

    Examples
    --------
    >>> weights = [np.ones((1, 3, 1)), np.eye(3)[None], np.ones((1, 1, 3))]
    >>> nets = reduced_from_weights(weights)
    >>> nets.dimension, nets.widths.tolist(), (nets.last @ nets.first).round(12).tolist()
    (2, [3], [[[3.0]]])
    """
    layers = _checked_layers(weights)
    first, last, width = layers[0], layers[-1], layers[0].shape[1]
    for layer in reversed(layers[1:-1]):
        _require_orthogonal(layer)
        last = last @ layer
    axes, _ = np.linalg.qr(np.concatenate([first, last.mT], axis=2))
    return ReducedNets(axes.mT @ first, last @ axes, [width] * len(first))


def _first_block(
    input_dim: int, rank: int, width: int, nets: int, rng: np.random.Generator
) -> np.ndarray:
    """W_1 U / sqrt(m), (nets, min(m, r), r): the corner of a Haar matrix up to a rotation of its rows."""
    if width >= input_dim:
        return np.broadcast_to(np.eye(rank), (nets, rank, rank))
    kept = _triangle(width, rank, nets, rng)
    left_out = _triangle(input_dim - width, rank, nets, rng)
    columns = _orthonormal(np.concatenate([kept, left_out], axis=1))
    scaled: np.ndarray = columns[:, : kept.shape[1]] * np.sqrt(input_dim / width)
    return scaled


def _triangle(rows: int, columns: int, nets: int, rng: np.random.Generator) -> np.ndarray:
    """R, (nets, min(rows, columns), columns), with R^T R distributed as Z^T Z, Z a normal rows x columns matrix."""
    if rows < columns:
        return rng.standard_normal((nets, rows, columns))
    factor = np.triu(rng.standard_normal((nets, columns, columns)), 1)
    diagonal = np.arange(columns)
    factor[:, diagonal, diagonal] = np.sqrt(rng.chisquare(rows - diagonal, (nets, columns)))
    return factor


def _orthonormal(normal: np.ndarray) -> np.ndarray:
    """Orthonormalise the columns; positive diagonal signs of R make the result Haar."""
    axes, factor = np.linalg.qr(normal)
    signs = np.sign(np.diagonal(factor, axis1=1, axis2=2))
    return np.asarray(axes * signs[:, None])


def _padded(first: np.ndarray, dimension: int) -> np.ndarray:
    """Append zero rows up to the reduced dimension."""
    return np.pad(first, ((0, 0), (0, dimension - first.shape[1]), (0, 0)))


def _checked_blocks(block: Any, gram: Any, width: int) -> tuple[np.ndarray, np.ndarray, int]:
    """C and G_1 of shapes that fit, and the width; no singular value of C above 1."""
    block, gram = finite_array("block", block), finite_array("gram", gram)
    width = positive_integer("width", width)
    if block.ndim != 3 or gram.shape != (len(block), block.shape[2], block.shape[2]):
        raise ValueError(
            "block and gram must have shapes (nets, d_y, r) and (nets, r, r), "
            f"got shapes {block.shape} and {gram.shape}"
        )
    if width < block.shape[1]:
        raise ValueError(f"width must be >= d_y, {block.shape[1]}, got {width!r}")
    largest = float(np.linalg.norm(block, 2, axis=(1, 2)).max())
    if largest > 1 + ORTHOGONALITY:
        raise ValueError(f"block must have singular values <= 1, got {largest:.10g}")
    return block, gram, width


def _checked_layers(weights: Any) -> list[np.ndarray]:
    """Stacks of matrices that can be multiplied, the hidden ones square."""
    if not np.iterable(weights):
        raise ValueError(f"weights must be a sequence of layers, got {weights!r}")
    layers = [finite_array("weights", layer) for layer in weights]
    shapes = [layer.shape for layer in layers]
    if len(layers) < 2 or any(len(shape) != 3 for shape in shapes):
        raise ValueError(
            f"weights must hold at least two layers of shape (nets, rows, columns), got shapes {shapes}"
        )
    nets, width, _ = shapes[0]
    hidden = all(shape == (nets, width, width) for shape in shapes[1:-1])
    if not hidden or shapes[-1][::2] != (nets, width):
        raise ValueError(
            "weights must have shapes (nets, m, r), (nets, m, m), ..., (nets, d_y, m), "
            f"got shapes {shapes}"
        )
    return layers


def _require_orthogonal(layer: np.ndarray) -> None:
    """Refuse a hidden layer for which the reduction does not hold."""
    defect = float(np.abs(layer @ layer.mT - np.eye(layer.shape[1])).max())
    if defect > ORTHOGONALITY:
        raise ValueError(
            f"weights must hold orthogonal hidden layers, got |V V^T - I| = {defect:.3g}"
        )
