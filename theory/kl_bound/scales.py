"""Weight variances of a network that make the forward or the transient bound least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, positive, real_array, scalar
from theory.kl_bound.networks import checked_widths, layer_sizes, loss_coefficient
from theory.ratios import exp_ratio, parts, scaled

__all__ = ["optimal_scale", "optimal_variances"]

_LARGEST = 1e300  # where a logarithm saturates: far beyond what changes a result


def optimal_scale(
    widths: Sequence[int],
    temperature: ArrayLike,
    input_power: ArrayLike,
    activation: Activation | str = "relu",
    loss: str = "half_squared",
) -> Floats:
    """The common scale c* of the variances s_l = c/(m1 n_{l-1}) that makes the transient bound least; c = 1 is He's.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, two whole numbers >= 1 at least; n_L >= 2 classes for the cross-entropy.
    temperature : array_like
        T, finite and > 0.
    input_power : array_like
        P_x = mean |x|^2, finite and > 0.
    activation : Activation or str, default "relu"
        An Activation or one of "linear" (c = 1 is LeCun's), "relu", "leaky_relu", "rrelu"; m1 = E phi(z)^2.
    loss : {"half_squared", "cross_entropy"}
        |f - y|^2/2, or the softmax cross-entropy, whose upper bound is then made least.

    Returns
    -------
    float64 or ndarray
        [m1 (n_0/n_L) K T/(2 beta P_x L)]^(1/L), K weights in all, beta = 1/2 or (1 - 1/C)/(2 C).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    At fixed E_t|W|^2 (without weight decay there is no stationary law). c* -> 1 as L grows, while the end-to-end gain
    stays at P_x G = K T/(2 beta L). Relative error below 1e-14 against mpmath.

    References
    ----------
    Extension of Horii & Has 2026 (F5).

    Examples
    --------
    >>> print(f"{optimal_scale([8, 8, 8], temperature=0.05, input_power=8.0):.6f}")
    0.447214
    """
    n = checked_widths(widths)
    beta, m1 = loss_coefficient(loss, n), resolve(activation).second_moment
    temp, power = broadcast(
        temperature=positive("temperature", temperature),
        input_power=positive("input_power", input_power),
    )
    layers = n.size - 1
    sizes = np.sum(layer_sizes(n))
    mantissa, exponent = parts((n[0], sizes, m1, temp), (n[-1], 2 * beta * layers, power))
    twos, rest = np.divmod(exponent, layers)  # powers of 2^layers have an exact root
    return scaled(np.exp((np.log(mantissa) + rest * np.log(2)) / layers), twos)[()]


def optimal_variances(
    widths: Sequence[int],
    temperature: float,
    weight_decay: float,
    input_power: float,
    activation: Activation | str = "relu",
    loss: str = "half_squared",
) -> Array:
    """The weight variances s_l, one a layer, that make the forward bound least under the penalty weight_decay |W|^2/2.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, two whole numbers >= 1 at least; n_L >= 2 classes for the cross-entropy.
    temperature : float
        T, finite and > 0.
    weight_decay : float
        lambda, finite and > 0.
    input_power : float
        P_x = mean |x|^2, finite and > 0.
    activation : Activation or str, default "relu"
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu".
    loss : {"half_squared", "cross_entropy"}
        |f - y|^2/2, or the softmax cross-entropy, whose upper bound is then made least.

    Returns
    -------
    ndarray, shape (L,)
        s_l = (T - 2 beta P_x G/K_l)/lambda with the gain G that these variances have; the bound is strictly convex in
        their logarithms.

    Raises
    ------
    ValueError
        If an argument is outside its domain. Without weight decay there is no optimum: the bound is unbounded below
        unless every layer has the same number of weights, and then flat along a hyperplane.

    Notes
    -----
    G is the root of one increasing function, bracketed between 0 and min_l K_l T/(2 beta P_x); outside there are
    spurious roots. The unknown is the logit of its place in the bracket, found by bisection to rounding, so that s_l
    keeps its digits where it is near 0. Relative error below 1e-12 against mpmath.

    References
    ----------
    Extension of Horii & Has 2026 (F6).

    Examples
    --------
    >>> s = optimal_variances([3, 5, 2], temperature=0.2, weight_decay=0.1, input_power=1.0)
    >>> gain = 0.5 * 5 * 2 * s.prod()
    >>> np.allclose(s, (0.2 - gain / np.array([15, 10])) / 0.1)
    True
    """
    n = checked_widths(widths)
    beta, m1 = loss_coefficient(loss, n), resolve(activation).second_moment
    temp = scalar("temperature", positive("temperature", temperature))
    power = scalar("input_power", positive("input_power", input_power))
    decay = _weight_decay(weight_decay)
    sizes = layer_sizes(n)
    free = np.log(n[:-1]) + np.log(m1) + np.log(temp) - np.log(decay)  # each layer without the data
    largest = np.log(temp) + np.log(np.min(sizes)) - np.log(2 * beta) - np.log(power)
    shift = np.sum(free) + np.log(n[-1] / n[0]) - np.log(m1) - largest
    log_share = _log_shares(np.min(sizes) / sizes, float(np.clip(shift, -_LARGEST, _LARGEST)))
    return exp_ratio(log_share, (temp,), (decay,))


def _weight_decay(value: float) -> float:
    array = real_array("weight_decay", value)
    if array.ndim == 0 and array <= 0:
        raise ValueError(
            "weight_decay must be > 0: without it the bound has no optimal variances, for it is unbounded below unless "
            f"every layer has the same number of weights, and flat along a hyperplane if so; got {value}"
        )
    return scalar("weight_decay", positive("weight_decay", array))


def _log_shares(ratios: Array, shift: float) -> Array:
    """log(1 - u r_l) at the root of log u - sum_l log(1 - u r_l) = shift, r_l in (0, 1] and one of them 1.

    By bisection in the logit of u: the left side lies between logit and 2 (L + 1) times it, up to constants.
    """
    low = min(0.0, shift - ratios.size * np.log(2))
    high = max(0.0, shift + np.log(2))
    while low < (middle := (low + high) / 2) < high:
        above = _log_place(middle) - np.sum(_at(middle, ratios)) > shift
        low, high = (low, middle) if above else (middle, high)
    return _at(middle, ratios)


def _log_place(logit: float) -> np.float64:
    """log u."""
    return np.float64(-np.logaddexp(0.0, -logit))


def _at(logit: float, ratios: Array) -> Array:
    """log(1 - u r) = log((1 - r) + r (1 - u)), each summand > 0 or 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(np.log1p(-ratios), np.log(ratios) + _log_place(-logit)))
