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
        Infinite where they overflow.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Closed form: each column of the error is multiplied by (1 - a)^t, a = eta L s_i^2/d_y, and an error of 0 stays 0.
    Given the columns at the start, the relative error of the loss in one is below eps (8 + d_y + t (1 + 4 a/|1 - a|))
    while that is small: near a = 1 the rounding of a is all that is left of it.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> data = reduce([[2.0]], [[6.0]])
    >>> kernel_limit(data=data, block=[[[0.0]]], depth=3, learning_rate=1 / 24, steps=2, record=[0, 1, 2]).ravel()
    array([18.   ,  4.5  ,  1.125])
    """
    if not isinstance(data, LinearData):
        raise ValueError(f"data must be a LinearData (make one: linear_data.reduce), got {data!r}")
    start = finite_array("block", block)
    if start.ndim != 3 or start.shape[1:] != data.targets.shape:
        raise ValueError(
            f"block must have shape (nets, {', '.join(map(str, data.targets.shape))}), got shape {start.shape}"
        )
    rate, layers = checked_number("learning_rate", learning_rate), positive_integer("depth", depth)
    recorded = np.array(checked_record(record, positive_integer("steps", steps)), dtype=np.float64)
    out_dim, values = start.shape[1], data.singular_values
    with np.errstate(over="ignore", under="ignore"):  # an infinite loss is a result
        errors = np.linalg.norm(start * values / np.sqrt(out_dim) - data.targets, axis=1)
        factors = np.abs(1 - rate * values * values / out_dim * float(layers))
        return _losses(errors, factors, recorded)


def _losses(errors: np.ndarray, factors: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Sum |factor^t error|^2/2 over the modes: (steps, nets) from errors (nets, r) and factors (r,)."""
    total = np.zeros((len(steps), len(errors)))
    for error, factor in zip(errors.T, factors, strict=True):
        moving = error > 0  # infinity times 0 would be no number
        total[:, moving] += 0.5 * (factor ** steps[:, None] * error[moving]) ** 2
    return total
