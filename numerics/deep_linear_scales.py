"""What a step takes from data and rate: formed in double precision, cast once, refused where a cast loses it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .linear_data import LinearData

__all__ = ["Scales", "step_scales"]


class Scales(NamedTuple):
    """Arrays on the host, in the precision of the weights.

    Parameters
    ----------
    gain : array, shape (r, 1)
        sqrt(m/d_y) S: E^T = gain B_0 - T^T.
    pull : array, shape (r, 1)
        eta/sqrt(m d_y) S: G_0 = pull E^T.
    targets : array, shape (r, d_y)
        T^T, C-contiguous.
    """

    gain: np.ndarray
    pull: np.ndarray
    targets: np.ndarray


def step_scales(data: LinearData, learning_rate: float, width: int, dtype: np.dtype) -> Scales:
    """Return the numbers of a step that do not change during a run.

    Parameters
    ----------
    data : LinearData
        Reduced data: S and T.
    learning_rate : float
        eta.
    width : int
        m; d_y at depth 1.
    dtype : numpy.dtype
        Precision of the weights.

    Returns
    -------
    Scales

    Raises
    ------
    ValueError
        If one overflows in `dtype` or is subnormal there: a singular value of X, the largest target, or
        the largest of the others. Targets of 0 are allowed.

    Examples
    --------
    >>> from numerics.linear_data import reduce
    >>> data = reduce(1e-20 * np.eye(2), np.ones((1, 2)))
    >>> scales = step_scales(data, 1e40, 4, np.dtype("float32"))  # eta alone is beyond float32
    >>> f"{scales.pull[0, 0]:.3g}"
    '5e+19'
    """
    values, targets = data.singular_values[:, None], np.ascontiguousarray(data.targets.T)
    with np.errstate(over="ignore"):  # found below, and said in words
        gain = values * math.sqrt(width / data.out_dim)
        pull = values * (learning_rate / math.sqrt(width * data.out_dim))
    largest = np.abs(targets).max()
    _require_normal("data must have singular values", values, dtype)
    _require_normal("data must have targets", largest if largest else 1.0, dtype)
    _require_normal("width must leave sqrt(width/d_y) |X|", gain[0], dtype)
    _require_normal("learning_rate must leave eta |X| / sqrt(width d_y)", pull[0], dtype)
    return Scales(*(np.ascontiguousarray(each, dtype=dtype) for each in (gain, pull, targets)))


def _require_normal(what: str, values: np.ndarray | float, dtype: np.dtype) -> None:
    """Refuse magnitudes that overflow in this precision, or lose digits."""
    least, most = (float(bound) for bound in (np.finfo(dtype).tiny, np.finfo(dtype).max))
    wrong = [each for each in np.ravel(values).tolist() if not least <= each <= most]
    if wrong:
        raise ValueError(
            f"{what} from {least:.2g} to {most:.2g} in {dtype.name}, got {wrong[0]:.3g}"
        )
