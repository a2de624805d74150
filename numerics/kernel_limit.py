"""The limit of infinite width of orthogonal deep linear nets: gradient descent becomes a linear recursion.

As m -> infinity at fixed depth, sqrt(m) C tends to a matrix G of independent N(0, 1) entries (d_y x r), the outputs
start at f(0) = G U^T X/sqrt(d_y), and the error follows E <- E (I - (eta L/d_y) X^T X) exactly. A net of depth 1
does so at any width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_checks import finite_array
from .checks import checked_number
from .linear_data import LinearData
from .networks import positive_integer
from .recording import checked_record

__all__ = ["kernel_limit"]


def kernel_limit(
    *,
    data: LinearData,
    block: Any,
    depth: int,
    learning_rate: float,
    steps: int,
    record: Any = None,
) -> np.ndarray:
    """Losses of gradient descent in the kernel limit, l(t) - l*.

    Parameters
    ----------
    data : LinearData
        Inputs and targets, reduced.
    block : array, shape (nets, d_y, r)
        G = sqrt(d_y) f(0) in the data's singular directions: independent N(0, 1) in the limit; sqrt(m) C of a net to
        compare with it; W U of a net of depth 1.
    depth : int
        L >= 1.
    learning_rate : float
        eta > 0.
    steps : int
        Number of steps, >= 1.
    record : sequence of int, optional
        Increasing steps, from 0 to `steps`; by default the last alone.

    Returns
    -------
    numpy.ndarray, shape (recorded, nets)
        Infinite where (1 - eta L s^2/d_y)^t overflows.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Closed form: each column of the error is multiplied by (1 - eta L s_i^2/d_y)^t, to a few t eps relative.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> data = reduce([[2.0]], [[6.0]])
    >>> kernel_limit(data=data, block=[[[0.0]]], depth=3, learning_rate=1 / 24, steps=2, record=[0, 1, 2]).ravel()
    array([18.   ,  4.5  ,  1.125])
    """
    start = finite_array("block", block)
    if start.ndim != 3 or start.shape[1:] != data.targets.shape:
        raise ValueError(
            f"block must have shape (nets, {', '.join(map(str, data.targets.shape))}), got shape {start.shape}"
        )
    rate = checked_number("learning_rate", learning_rate) * positive_integer("depth", depth)
    recorded = np.array(checked_record(record, positive_integer("steps", steps)))
    out_dim, values = start.shape[1], data.singular_values
    errors = start * values / np.sqrt(out_dim) - data.targets
    with np.errstate(over="ignore", under="ignore"):
        factors = (1 - rate * values**2 / out_dim) ** (2 * recorded[:, None])
        return np.asarray(0.5 * factors @ np.sum(errors**2, axis=1).T)
