"""Initial weights of deep linear nets, in units in which hidden orthogonal matrices are orthogonal.

A net is f(x) = alpha W_L ... W_1 x, alpha = (m^(L-1) d_y)^(-1/2). Stored are V_l = W_l/sqrt(m), and of
the first layer only what the data see: V_1 = W_1 U/sqrt(m), U the basis of the column space of X. Then
f restricted to that space is sqrt(m/d_y) V_L ... V_1, where no factor grows with depth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backends import Array, Backend, get_backend
from .checks import checked_dtype
from .haar import haar
from .linear_data import LinearData
from .networks import one_of, positive_integer
from .streams import child_sequence

__all__ = [
    "INITIALISATIONS",
    "NetShape",
    "check_initialisation",
    "draw_weights",
    "drawn_weights",
    "net_shape",
]

INITIALISATIONS = ("orthogonal", "gaussian")


@dataclass(frozen=True)
class NetShape:
    """Sizes of a deep linear net on reduced data.

    Parameters
    ----------
    width : int
        m; d_y for a net of one layer, which has no hidden units.
    depth : int
        L.
    in_dim, out_dim, rank : int
        d_x, d_y and r.
    """

    width: int
    depth: int
    in_dim: int
    out_dim: int
    rank: int

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Shapes of V_1, ..., V_L."""
        sizes = (self.rank, *[self.width] * (self.depth - 1), self.out_dim)
        return tuple(zip(sizes[1:], sizes[:-1], strict=True))

    @property
    def weights(self) -> int:
        """Numbers stored for one net."""
        return sum(rows * columns for rows, columns in self.layers)


def net_shape(data: LinearData, width: int, depth: int) -> NetShape:
    """Return the sizes of a net on these data.

    Parameters
    ----------
    data : LinearData
        Reduced data.
    width, depth : int
        m and L, >= 1.

    Returns
    -------
    NetShape

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> net_shape(reduce(np.eye(3), np.ones((2, 3))), 8, 3).layers
    ((8, 3), (8, 8), (2, 8))
    """
    if not isinstance(data, LinearData):
        raise ValueError(f"data must be a LinearData (make one: linear_data.reduce), got {data!r}")
    width, depth = positive_integer("width", width), positive_integer("depth", depth)
    width = width if depth > 1 else data.out_dim
    return NetShape(width, depth, data.in_dim, data.out_dim, data.rank)


def draw_weights(
    *,
    data: LinearData,
    width: int,
    depth: int,
    initialisation: str,
    nets: int,
    rng: np.random.Generator,
    dtype: Any = np.float64,
    backend: str | Backend = "numpy",
) -> tuple[Array, ...]:
    """Draw the initial weights of independent nets.

    Parameters
    ----------
    data : LinearData
        Reduced data; the sizes d_x, d_y and r are theirs.
    width, depth : int
        m and L, >= 1. A net of depth 1 is one d_y x d_x matrix, whatever the width.
    initialisation : {"orthogonal", "gaussian"}
        ``orthogonal`` (Hu, Xiao & Pennington, eq. 4): independent Haar matrices times sqrt(m), the
        first with orthonormal columns, the last with orthonormal rows, which takes m >= d_y. Where
        m < d_x the first cannot be; it then has orthonormal rows times sqrt(d_x), which keeps
        E |W_1 x|^2 = m |x|^2. At depth 1: semi-orthogonal times sqrt(max(d_x, d_y)), so that
        E |f(x)|^2 = |x|^2. ``gaussian``: independent N(0, 1) entries.
    nets : int
        Number of nets, >= 1.
    rng : numpy.random.Generator
        Moves on by four words; net k has its own stream and does not depend on `nets`.
    dtype : dtype, default float64
        float64 or float32.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to draw.

    Returns
    -------
    tuple of L arrays, shapes (nets, rows, columns)
        V_1 = W_1 U/sqrt(m), V_l = W_l/sqrt(m); m = d_y at depth 1.

    Raises
    ------
    ValueError
        If an argument is outside its domain, or width < d_y for orthogonal nets.
    TypeError
        If `rng` is not a Generator.

    Notes
    -----
    The m x r block W_1 U is drawn, not W_1: rows of a Haar max(m, d_x) x r matrix, since the law of
    W_1 does not change under rotations of the inputs.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> data = reduce(np.eye(3), np.ones((2, 3)))
    >>> rng = np.random.default_rng(0)
    >>> common = {"width": 8, "depth": 3, "initialisation": "orthogonal", "nets": 5}
    >>> first, hidden, last = draw_weights(data=data, rng=rng, **common)
    >>> first.shape, bool(np.allclose(last[0] @ last[0].T, np.eye(2)))
    ((5, 8, 3), True)
    """
    shape = net_shape(data, width, depth)
    check_initialisation(initialisation, shape)
    sequences = child_sequence(rng).spawn(positive_integer("nets", nets))
    return drawn_weights(
        shape, initialisation, sequences, checked_dtype(dtype), get_backend(backend)
    )


def check_initialisation(initialisation: str, shape: NetShape) -> None:
    """Refuse an unknown initialisation, and an output layer that has no orthonormal rows.

    Parameters
    ----------
    initialisation : str
        The candidate.
    shape : NetShape
        Sizes of the nets.

    Raises
    ------
    ValueError
        Saying what is allowed.

    Examples
    --------
    >>> shape = NetShape(width=4, depth=3, in_dim=3, out_dim=5, rank=3)
    >>> check_initialisation("orthogonal", shape)
    Traceback (most recent call last):
    ...
    ValueError: width must be >= out_dim, 5, for an orthogonal output layer, got 4
    """
    one_of("initialisation", initialisation, INITIALISATIONS)
    if initialisation == "orthogonal" and shape.width < shape.out_dim:
        raise ValueError(
            f"width must be >= out_dim, {shape.out_dim}, for an orthogonal output layer, "
            f"got {shape.width}"
        )


def drawn_weights(
    shape: NetShape,
    initialisation: str,
    sequences: Sequence[np.random.SeedSequence],
    dtype: np.dtype,
    device: Backend,
) -> tuple[Array, ...]:
    """Draw a net from each sequence; a sequence always gives the same net.

    Parameters
    ----------
    shape : NetShape
        Sizes of the nets.
    initialisation : str
        One of `INITIALISATIONS`.
    sequences : sequence of SeedSequence
        One a net.
    dtype : numpy.dtype
        Precision.
    device : Backend
        Where to draw.

    Returns
    -------
    tuple of L arrays, shapes (nets, rows, columns)

    Examples
    --------
    >>> shape = NetShape(width=4, depth=2, in_dim=3, out_dim=2, rank=3)
    >>> sequences = np.random.SeedSequence(0).spawn(5)
    >>> made = drawn_weights(shape, "gaussian", sequences, np.dtype("float64"), get_backend())
    >>> [each.shape for each in made]
    [(5, 4, 3), (5, 2, 4)]
    """
    layer = _orthogonal if initialisation == "orthogonal" else _gaussian
    result = tuple(
        device.xp.empty((len(sequences), *each), dtype=getattr(device.xp, dtype.name))
        for each in shape.layers
    )
    for k, sequence in enumerate(sequences):
        # a child apart: spawning from `sequence` itself would change what it gives next time
        fresh = np.random.SeedSequence(sequence.entropy, spawn_key=sequence.spawn_key)
        rng = np.random.default_rng(fresh)
        for index, weights in enumerate(result):
            weights[k] = layer(shape, index, rng, dtype, device)
    return result


def _orthogonal(
    shape: NetShape, index: int, rng: np.random.Generator, dtype: np.dtype, device: Backend
) -> Array:
    rows, columns = shape.layers[index]
    larger = max(rows, shape.in_dim if index == 0 else columns)
    size = larger if index == 0 else rows
    [q] = haar(rows=size, columns=columns, batch=1, rng=rng, backend=device, dtype=dtype)
    return q[:rows] * math.sqrt(larger / shape.width) if index == 0 else q


def _gaussian(
    shape: NetShape, index: int, rng: np.random.Generator, dtype: np.dtype, device: Backend
) -> Array:
    [stream] = device.rngs(child_sequence(rng), 1)
    drawn = device.standard_normal(stream, shape.layers[index], getattr(device.xp, dtype.name))
    return drawn / math.sqrt(shape.width)
