"""Orthogonal deep linear nets at initialisation, in the few dimensions that training ever touches.

f(x) = alpha W_L ... W_1 x with every hidden W_l sqrt(m) times orthogonal. Gradient descent keeps W_l within
span(W_{l:1}(0) U) + span(W_{L:l+1}(0)^T), at most k = min(m, r + d_y) dimensions, where U spans the r-dimensional
data. In bases that the hidden layers themselves carry along they all start at sqrt(m) I_k, so that only two blocks
are left of the draw: the first layer on the data (k x r) and the last layer (d_y x k). Both are kept divided by
sqrt(m).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_checks import finite_array
from .networks import positive_integer
from .streams import require_generator

__all__ = ["ReducedNets", "draw_reduced", "reduced_from_blocks", "reduced_from_weights"]

_ORTHOGONALITY = 1e-8  # largest entry of V V^T - I that still counts as rounding


@dataclass(frozen=True, eq=False)
class ReducedNets:
    """Orthogonal nets of one reduced dimension k, each with its own width.

    Parameters
    ----------
    first : array, shape (nets, k, r)
        W_1 U / sqrt(m) in the basis of the first hidden layer.
    last : array, shape (nets, d_y, k)
        W_L / sqrt(m) in the basis of the last hidden layer.
    widths : sequence of int, length nets
        m of each net; enters the dynamics through sqrt(m) alone.

    Raises
    ------
    ValueError
        If the shapes do not fit or a number is not finite.

    Examples
    --------
    >>> nets = draw_reduced(input_dim=8, out_dim=2, rank=3, width=50, nets=4, rng=np.random.default_rng(0))
    >>> nets.first.shape, nets.last.shape, nets.widths.tolist()
    ((4, 5, 3), (4, 2, 5), [50, 50, 50, 50])
    """

    first: np.ndarray
    last: np.ndarray
    widths: Any

    def __post_init__(self) -> None:
        first, last = finite_array("first", self.first), finite_array("last", self.last)
        if first.ndim != 3 or last.ndim != 3 or first.shape[:2] != last.shape[::2]:
            raise ValueError(
                "first and last must have shapes (nets, k, r) and (nets, d_y, k), "
                f"got shapes {first.shape} and {last.shape}"
            )
        widths = np.array([positive_integer("widths", width) for width in self.widths])
        if len(widths) != len(first):
            raise ValueError(f"widths must hold one width a net, {len(first)}, got {self.widths!r}")
        for name, value in {"first": first, "last": last, "widths": widths}.items():
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """Reduced width k."""
        return int(self.first.shape[1])

    def blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """C (nets, d_y, r) and G_1 (nets, r, r): all that the dynamics depend on besides m.

        G_1 = U^T W_1^T W_1 U, which is m I where m >= d_x; C = W_{L:1}(0) U G_1^{-1/2} / m^{(L-1)/2}, with the
        pseudo-inverse where m < r.
        """
        left, _, right = np.linalg.svd(self.first, full_matrices=False)
        gram = self.first.mT @ self.first * self.widths[:, None, None]
        return self.last @ (left @ right), gram


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
    for name, value in sizes.items():
        positive_integer(name, value)
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
        C, with singular values <= 1.
    gram : array, shape (nets, r, r)
        G_1, positive semi-definite of rank min(m, r).
    width : int
        m, >= d_y.

    Returns
    -------
    ReducedNets
        Of dimension min(m, r + d_y): directions in which G_1 or I - C C^T must vanish are left out.

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
    block, gram = finite_array("block", block), finite_array("gram", gram)
    positive_integer("width", width)
    if block.ndim != 3 or gram.shape != (len(block), block.shape[2], block.shape[2]):
        raise ValueError(
            "block and gram must have shapes (nets, d_y, r) and (nets, r, r), "
            f"got shapes {block.shape} and {gram.shape}"
        )
    out_dim, rank = block.shape[1:]
    if width < out_dim:
        raise ValueError(f"width must be >= d_y, {out_dim}, got {width!r}")
    values, vectors = _leading(gram / width, min(width, rank))
    first = np.sqrt(values)[..., None] * vectors.mT
    shared = block @ vectors
    rest, directions = _leading(
        np.eye(out_dim) - shared @ shared.mT, min(out_dim, max(width - rank, 0))
    )
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
    layers = [finite_array("weights", layer) for layer in weights]
    if len(layers) < 2 or any(layer.ndim != 3 for layer in layers):
        raise ValueError(
            "weights must hold at least two layers of shape (nets, rows, columns), "
            f"got shapes {[layer.shape for layer in layers]}"
        )
    first, last, width = layers[0], layers[-1], layers[0].shape[1]
    for layer in reversed(layers[1:-1]):
        _require_orthogonal(layer, width)
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


def _leading(matrices: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` largest eigenvalues, rounded up to 0, and their eigenvectors."""
    values, vectors = np.linalg.eigh(matrices)
    start = values.shape[-1] - count
    return np.maximum(values[:, start:], 0.0), vectors[:, :, start:]


def _padded(first: np.ndarray, dimension: int) -> np.ndarray:
    """Append zero rows up to the reduced dimension."""
    return np.pad(first, ((0, 0), (0, dimension - first.shape[1]), (0, 0)))


def _require_orthogonal(layer: np.ndarray, width: int) -> None:
    """Refuse a hidden layer for which the reduction does not hold."""
    if layer.shape[1:] != (width, width):
        raise ValueError(f"weights must have hidden shape ({width}, {width}), got {layer.shape}")
    defect = float(np.abs(layer @ layer.mT - np.eye(width)).max())
    if defect > _ORTHOGONALITY:
        raise ValueError(
            f"weights must hold orthogonal hidden layers, got |V V^T - I| = {defect:.3g}"
        )
