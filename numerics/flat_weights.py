"""All weights of a network as one row of numbers, many networks together.

A network with the widths n_0, ..., n_L has K = sum of n_{l-1} n_l weights: W_1 row by row, then W_2, ...
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from .activations import linear
from .networks import Networks, Numbers, layer_widths, positive_integer
from .streams import require_generator

__all__ = ["draw_weights", "flatten", "parameters", "unflatten"]


def parameters(widths: Sequence[int]) -> int:
    """Number K of weights of a network with the widths n_0, ..., n_L: the sum of n_{l-1} n_l.

    Parameters
    ----------
    widths : sequence of int
        At least two, each >= 1.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `widths` is anything else.

    Examples
    --------
    >>> parameters((2, 3, 1))
    9
    """
    return _count(_pairs(widths))


def unflatten(weights: np.ndarray, widths: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Cut rows of K weights into the matrices of the layers.

    Parameters
    ----------
    weights : array, shape (chains, K)
        One network a row.
    widths : sequence of int
        n_0, ..., n_L.

    Returns
    -------
    tuple of array, shapes (chains, n_l, n_{l-1})
        Views of `weights`.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = unflatten(np.arange(6.0)[None], (2, 2, 1))
    >>> first[0]
    array([[0., 1.],
           [2., 3.]])
    >>> second[0]
    array([[4., 5.]])
    """
    pairs = _pairs(widths)
    count = _count(pairs)
    if not isinstance(weights, np.ndarray):
        raise ValueError(f"weights must be an array of shape (chains, {count}), got {weights!r}")
    if weights.ndim != 2 or weights.shape[1] != count:
        raise ValueError(f"weights must have shape (chains, {count}), got shape {weights.shape}")
    matrices, first = [], 0
    for fan_in, fan_out in pairs:
        last = first + fan_in * fan_out
        matrices.append(weights[:, first:last].reshape(len(weights), fan_out, fan_in))
        first = last
    return tuple(matrices)


def flatten(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Put the matrices of the layers into rows of K numbers: the inverse of `unflatten`.

    Parameters
    ----------
    matrices : sequence of array, shapes (chains, n_l, n_{l-1})
        One a layer.

    Returns
    -------
    numpy.ndarray, shape (chains, K)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> flatten(unflatten(np.arange(6.0)[None], (2, 2, 1)))
    array([[0., 1., 2., 3., 4., 5.]])
    """
    shapes = [np.shape(each) for each in matrices]
    if not (shapes and _chained(shapes)):
        raise ValueError(
            f"matrices must have shapes (chains, n_l, n_(l-1)), one a layer, got shapes {shapes}"
        )
    rows = [np.asarray(each).reshape(len(each), -1) for each in matrices]
    return np.concatenate(rows, axis=1)


def draw_weights(
    *, widths: Sequence[int], variances: Numbers, chains: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw normal weights, layer by layer of its own variance, for many networks.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L.
    variances : float or sequence of float
        Variance of a weight, finite and > 0: one number, or one per layer.
    chains : int
        Number of networks, >= 1.
    rng : numpy.random.Generator
        Source of the weights.

    Returns
    -------
    numpy.ndarray of float64, shape (chains, K)

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> weights = draw_weights(widths=(2, 3, 1), variances=(0.5, 2.0), chains=50_000, rng=rng)
    >>> weights[:, :6].var().round(2), weights[:, 6:].var().round(1)
    (np.float64(0.5), np.float64(2.0))
    """
    layers = Networks.describe(widths, variances, linear()).layers
    stds = [np.full(layer.fan_in * layer.fan_out, np.exp(layer.log_std)) for layer in layers]
    scale = np.concatenate(stds)
    shape = (positive_integer("chains", chains), scale.size)
    weights: np.ndarray = require_generator(rng).standard_normal(shape) * scale
    return weights


def _pairs(widths: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Fan-in and fan-out of each layer."""
    return tuple(itertools.pairwise(layer_widths(widths)))


def _count(pairs: Sequence[tuple[int, int]]) -> int:
    """K."""
    return sum(fan_in * fan_out for fan_in, fan_out in pairs)


def _chained(shapes: Sequence[tuple[int, ...]]) -> bool:
    """Whether matrices of these shapes are the layers of as many networks each."""
    cubes = all(len(shape) == 3 and shape[0] == shapes[0][0] for shape in shapes)
    return cubes and all(lower[1] == upper[2] for lower, upper in itertools.pairwise(shapes))
