"""Tail index of the stationary norm of a network with biases: the root of variance^(kappa/2) E Q^(kappa/2) = 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, count, positive
from theory.heavy_tails.growth import log_growth, over_pairs
from theory.special import log_power_mean

__all__ = ["tail_index"]

_SMALLEST_POWER = 1e-300  # stands for 0: log E[A^p]/p has its limit E log A there, or is -inf
_LARGEST_POWER = 1e300
_MOST_STEPS = 200  # an interval of log p shrinks by 2 at least every other step
_TOLERANCE = 4e-16


def tail_index(
    variance: ArrayLike, width: ArrayLike, activation: Activation | str = "relu"
) -> Floats:
    """Tail index kappa of the stationary |x| of a network with biases: P(|x| > r) ~ C r^-kappa.

    Parameters
    ----------
    variance : array_like
        Variance of the weights, finite and > 0.
    width : array_like
        Number of units of every layer, a whole number >= 1. Broadcast with `variance`.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        kappa > 0, whatever the variance of the biases. 0 where it is below the range of float64: with an atom at zero
        of probability P0 it falls to about -2 log(1 - P0)/E log(variance Q), which is 2^(1 - width) or so for ReLU.

    Raises
    ------
    ValueError
        If an argument is outside its domain, or if there is no stationary law: E log(variance Q) >= 0 and P(Q = 0) = 0.

    Notes
    -----
    x_k = phi(W_k x_(k-1) + b_k) has R_k = |x_k|^2 = (variance R_(k-1) + bias_variance) Q_k. kappa/2 is the positive
    root of log E[(variance Q)^p; Q > 0] = 0: unique, for the left side is convex. The scheme of order s has kappa = s.
    Relative error against 30-digit moments in mpmath, kappa 0.1 to 20: 1e-12 + 1e-14 width/kappa, and 1e-11 for
    widths to 1000 and kappa from 0.2 on. The problem is as sensitive: a relative change e of the variance moves kappa
    by the relative amount e/(p d/dp(log E[A^p]/p)), A = variance Q, about 2 e width/kappa for a linear network.

    References
    ----------
    Kesten 1973; Goldie 1991; Gurbuzbalaban & Hu 2021 (PMLR 130:2233): heavy tails with biases.

    Examples
    --------
    >>> print(f"{tail_index(2 / 64, 64):.12g}")  # He
    2
    >>> tail_index(1.0, 64, "linear")
    Traceback (most recent call last):
    ...
    ValueError: variance must be below 0.0158723 at width 64, or there is no stationary law, got 1.0
    """
    variance, width = broadcast(
        variance=positive("variance", variance), width=count("width", width)
    )
    activation = resolve(activation)
    result: Floats = over_pairs(
        lambda v, w: 2 * _power(v, w, activation), np.asarray(variance), np.asarray(width)
    )[()]
    return result


def _power(variance: Array, width: Array, activation: Activation) -> Array:
    """kappa/2 for one-dimensional arrays."""

    def growth(log_p: Array) -> Array:
        return log_growth(np.exp(log_p), variance, width, activation)

    least = np.full_like(variance, np.log(_SMALLEST_POWER))
    above = growth(least) >= 0
    if activation.zero_probability == 0:
        _refuse_no_law(above, variance, width, activation)
    power = np.exp(_root(growth, *_bracket(growth, least)))
    return np.where(above, 0.0, power)


def _refuse_no_law(
    above: NDArray[np.bool_], variance: Array, width: Array, activation: Activation
) -> None:
    if above.any():
        worst, units = variance[above][:1], width[above][:1]
        mean_log = log_power_mean(np.array([_SMALLEST_POWER]), units, activation)
        with np.errstate(under="ignore", over="ignore"):
            limit = np.exp(-mean_log - activation.log_second_moment - np.log(units))[0]
        raise ValueError(
            f"variance must be below {limit:.6g} at width {units[0]:.0f}, or there is no stationary law, "
            f"got {worst[0]}"
        )


def _bracket(growth: Callable[[Array], Array], least: Array) -> tuple[Array, Array]:
    """log p below and above the root; p = 1 is one end, the other is found by squaring 2 or 1/2."""
    upward = growth(np.zeros_like(least)) < 0
    near, far = np.zeros_like(least), np.where(upward, 1.0, -1.0) * np.log(2)
    for _ in range(12):
        beyond = (growth(far) < 0) == upward
        near, far = np.where(beyond, far, near), np.where(beyond, 2 * far, far)
        far = np.clip(far, least, np.log(_LARGEST_POWER))
        if not beyond.any():
            break
    return np.where(upward, near, far), np.where(upward, far, near)


def _root(growth: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Chandrupatla's method: inverse quadratic interpolation where it is safe, bisection elsewhere."""
    a, b = low, high
    fa, fb = (
        np.minimum(growth(a), 0),
        np.maximum(growth(b), 0),
    )  # an end may be the root, but for rounding
    share = np.full_like(a, 0.5)
    for _ in range(_MOST_STEPS):
        x = a + share * (b - a)
        f = growth(x)
        same = np.sign(f) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, f
        size = np.abs(b - a)
        least_share = np.minimum(0.5, _TOLERANCE * (1 + np.abs(a)) / np.where(size > 0, size, 1))
        if np.all((least_share >= 0.5) | (fa == 0) | (fb == 0)):
            break
        share = np.clip(_share(a, b, c, fa, fb, fc), least_share, 1 - least_share)
    return np.where(np.abs(fa) <= np.abs(fb), a, b)


def _share(a: Array, b: Array, c: Array, fa: Array, fb: Array, fc: Array) -> Array:
    """Where between a and b to look next."""
    with np.errstate(divide="ignore", invalid="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        inverse = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (
            fc - fb
        )
    return np.where(safe & np.isfinite(inverse), inverse, 0.5)
