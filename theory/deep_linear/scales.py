"""The scale of the output that keeps the mean square of the input, whatever the width and the depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Floats, broadcast, count

__all__ = ["log_output_scale", "output_scale"]


def log_output_scale(width: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """Logarithm of `output_scale`, which underflows in wide and deep nets.

    Parameters
    ----------
    width : array_like
        m, width of the hidden layers, a whole number >= 1.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        -((L - 1) log m + log d_y)/2.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Relative error below 1e-15 against mpmath.

    References
    ----------
    Hu, Xiao & Pennington 2020, section 4.

    Examples
    --------
    >>> print(f"{log_output_scale(1000, 700, 10):.6f}")
    -2415.411763
    """
    m, layers, outputs = broadcast(
        width=count("width", width), depth=count("depth", depth), out_dim=count("out_dim", out_dim)
    )
    return np.asarray(-((layers - 1) * np.log(m) + np.log(outputs)) / 2)[()]


def output_scale(width: ArrayLike, depth: ArrayLike, out_dim: ArrayLike) -> Floats:
    """The factor alpha in f(x) = alpha W_L ... W_1 x for which E|f(x)|^2 = |x|^2 at initialisation.

    Parameters
    ----------
    width : array_like
        m, width of the hidden layers, a whole number >= 1.
    depth : array_like
        L, number of weight matrices, a whole number >= 1.
    out_dim : array_like
        d_y, number of outputs, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        1/sqrt(m^(L-1) d_y); 0 where it underflows (see `log_output_scale`).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    The same for Gaussian weights N(0, 1) and for sqrt(m) times orthogonal matrices. Relative error below 1e-15
    (1 + |log alpha|) against mpmath.

    References
    ----------
    Hu, Xiao & Pennington 2020, section 4.

    Examples
    --------
    >>> print(f"{output_scale(16, 3, 4):.6f}")
    0.031250
    """
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(log_output_scale(width, depth, out_dim)))[()]
