"""One mode of a balanced net: with inputs and targets diagonal in one basis, training splits into scalar equations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, nonnegative, positive, scalar
from theory.ratios import ratio

__all__ = ["mode_strength"]


def mode_strength(
    time: ArrayLike, initial: ArrayLike, target: ArrayLike, rate: ArrayLike = 1.0, depth: int = 2
) -> Floats:
    """End-to-end strength of a mode under gradient flow, from balanced aligned weights.

    Parameters
    ----------
    time : array_like
        t, finite and >= 0; steps times learning rate.
    initial : array_like
        s(0), finite and > 0.
    target : array_like
        y, the strength that fits the targets, finite and > 0.
    rate : array_like, default 1.0
        lambda alpha^(2/L), finite and > 0: eigenvalue of X X^T, and the output scale alpha.
    depth : {1, 2}
        L, number of weight matrices.

    Returns
    -------
    float64 or ndarray
        Solution of ds/dt = L rate s^(2 - 2/L) (y - s). Depth 1: y + (s(0) - y) exp(-rate t); depth 2:
        y/(1 + (y/s(0) - 1) exp(-2 rate y t)), a plateau of length log(y/s(0))/(2 rate y) and then a sigmoid.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Relative error below 1e-15 (3 + |log(y/s(0))|) against mpmath, for normal numbers s(0) and y.

    References
    ----------
    Saxe, McClelland & Ganguli 2014 (arXiv 1312.6120); Hu, Xiao & Pennington 2020 cite it.

    Examples
    --------
    >>> print(f"{mode_strength(np.log(3), initial=0.5, target=1.0):.12f}")
    0.900000000000
    """
    layers = scalar("depth", count("depth", depth))
    if layers not in _SOLUTIONS:
        raise ValueError(f"depth must be 1 or 2, where the solution is elementary, got {depth!r}")
    t, start, goal, speed = broadcast(
        time=nonnegative("time", time),
        initial=positive("initial", initial),
        target=positive("target", target),
        rate=positive("rate", rate),
    )
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(_SOLUTIONS[layers](t, start, goal, speed))[()]


def _relaxation(t: Array, start: Array, goal: Array, speed: Array) -> Array:
    exponent = ratio((speed, t))
    return _blend(exponent, start, goal)


def _sigmoid(t: Array, start: Array, goal: Array, speed: Array) -> Array:
    exponent = ratio((2.0, speed, goal, t))
    return ratio((start, goal), (_blend(exponent, goal, start),))


def _blend(exponent: Array, first: Array, last: Array) -> Array:
    """first e^-exponent + last (1 - e^-exponent), between the two whatever the rounding."""
    root = np.exp(-exponent / 2)  # twice: its square may underflow where the product does not
    blend = first * root * root - last * np.expm1(-exponent)
    return np.clip(blend, np.minimum(first, last), np.maximum(first, last))


_SOLUTIONS = {1.0: _relaxation, 2.0: _sigmoid}
