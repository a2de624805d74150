"""Expected output power and loss of a network at initialisation, from widths and weight variances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, broadcast, count, nonnegative, positive
from theory.ratios import exp_ratio, log_of_parts, parts

__all__ = [
    "LOSSES",
    "checked_widths",
    "expected_initial_loss",
    "expected_output_power",
    "layer_sizes",
    "loss_coefficient",
]

LOSSES = ("half_squared", "cross_entropy")
"""Names of the losses: |f - y|^2/2, and the softmax cross-entropy."""


def expected_output_power(
    widths: Sequence[int],
    variances: ArrayLike,
    input_power: ArrayLike,
    activation: Activation | str = "relu",
) -> Floats:
    """E|f(x)|^2 of a network with independent normal weights, no biases and no activation on the output.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, two whole numbers >= 1 at least.
    variances : array_like
        Weight variance of every layer, finite and > 0: one number, or the last axis holds the L layers'.
    input_power : array_like
        |x|^2, or its mean over the inputs, finite and > 0; broadcasts with the leading axes of `variances`.
    activation : Activation or str, default "relu"
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu".

    Returns
    -------
    float64 or ndarray
        input_power m1^(L-1) prod_l n_l s_l, m1 = E phi(z)^2, z ~ N(0, 1).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Computed as n_L/(n_0 m1) times the product of m1 n_{l-1} s_l, each 1 under He's or LeCun's variance, in logarithms.
    Relative error below 1e-15 (2 L + sum of |log(m1 n_{l-1} s_l)|) against mpmath, where the result is a
    normal float64.

    References
    ----------
    Extension of Horii & Has 2026 (F4); He et al. 2015 for ReLU.

    Examples
    --------
    >>> print(f"{expected_output_power([4, 6, 3], [2 / 4, 2 / 6], input_power=4.0):.12f}")  # He: 2 n_L |x|^2/n_0
    6.000000000000
    """
    n = checked_widths(widths)
    return _output_power(n, variances, input_power, activation)[()]


def expected_initial_loss(
    widths: Sequence[int],
    variances: ArrayLike,
    input_power: ArrayLike,
    target_power: ArrayLike,
    activation: Activation | str = "relu",
    loss: str = "half_squared",
) -> Floats:
    """E_0[L] of a random network: exact for the half-squared loss, an upper bound for the cross-entropy.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, two whole numbers >= 1 at least; n_L >= 2 classes for the cross-entropy.
    variances : array_like
        Weight variance of every layer, finite and > 0: one number, or the last axis holds the L layers'.
    input_power : array_like
        P_x = mean |x|^2, finite and > 0; broadcasts with the leading axes of `variances`.
    target_power : array_like
        P_y = mean |y|^2, finite and >= 0; the cross-entropy does not use it.
    activation : Activation or str, default "relu"
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu".
    loss : {"half_squared", "cross_entropy"}
        |f - y|^2/2, or the softmax cross-entropy with any labels.

    Returns
    -------
    float64 or ndarray
        half_squared: (P_x G + P_y)/2, exactly; cross_entropy: log C + (1 - 1/C) P_x G/(2 C), an upper bound (log C is a
        lower one), with C = n_L and P_x G = `expected_output_power`.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    As accurate as `expected_output_power`.

    References
    ----------
    Extension of Horii & Has 2026 (F4).

    Examples
    --------
    >>> print(f"{expected_initial_loss([4, 6, 3], [2 / 4, 2 / 6], 4.0, 1.0):.12f}")
    3.500000000000
    """
    n = checked_widths(widths)
    coefficient = loss_coefficient(loss, n)
    share = _output_power(n, variances, input_power, activation, coefficient)
    target = nonnegative("target_power", target_power)
    constant = target / 2 if loss == "half_squared" else np.log(n[-1]) + 0 * target
    constant, share = broadcast(target_power=constant, input_power=share)
    with np.errstate(over="ignore"):
        return np.asarray(constant + share)[()]


def checked_widths(widths: Sequence[int]) -> Array:
    """Return the widths as an array of two numbers at least.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L.

    Returns
    -------
    ndarray, shape (L + 1,)

    Raises
    ------
    ValueError
        If they are not two whole numbers >= 1 at least.

    Examples
    --------
    >>> checked_widths([3])
    Traceback (most recent call last):
    ...
    ValueError: widths must be a sequence of two at least, got [3]
    """
    n = count("widths", widths)
    if n.ndim != 1 or n.size < 2:
        raise ValueError(f"widths must be a sequence of two at least, got {widths!r}")
    return n


def layer_sizes(widths: Array) -> Array:
    """Return the number of weights of every layer.

    Parameters
    ----------
    widths : ndarray, shape (L + 1,)
        As `checked_widths` returns them.

    Returns
    -------
    ndarray, shape (L,)

    Examples
    --------
    >>> layer_sizes(np.array([4.0, 6.0, 3.0]))
    array([24., 18.])
    """
    return np.asarray(widths[:-1] * widths[1:])


def loss_coefficient(loss: str, widths: Array) -> float:
    """Return beta: the expected loss, or its bound, is a constant plus beta P_x G.

    Parameters
    ----------
    loss : {"half_squared", "cross_entropy"}
        Which loss.
    widths : ndarray
        As `checked_widths` returns them.

    Returns
    -------
    float
        1/2, or (1 - 1/C)/(2 C) with C = n_L classes.

    Raises
    ------
    ValueError
        For another loss, or fewer than two classes.

    Examples
    --------
    >>> loss_coefficient("cross_entropy", np.array([4.0, 2.0]))
    0.125
    """
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}, got {loss!r}")
    if loss == "half_squared":
        return 0.5
    classes = float(widths[-1])
    if classes < 2:
        raise ValueError(f"widths must end in two classes at least for cross_entropy, got {widths}")
    return (classes - 1) / (2 * classes**2)


def _output_power(
    n: Array,
    variances: ArrayLike,
    input_power: ArrayLike,
    activation: Activation | str,
    factor: float = 1.0,
) -> Array:
    """E|f(x)|^2 times a factor."""
    s = _layer_variances(variances, n.size - 1)
    m1 = resolve(activation).second_moment
    gain = np.sum(log_of_parts(*parts((n[:-1], s, m1))), axis=-1)
    power, gain = broadcast(input_power=positive("input_power", input_power), variances=gain)
    return exp_ratio(gain, (power, n[-1], factor), (n[0], m1))


def _layer_variances(variances: ArrayLike, layers: int) -> Array:
    """Variances with the layers as the last axis."""
    s = positive("variances", variances)
    if s.ndim and s.shape[-1] != layers:
        raise ValueError(
            f"variances must be one number or have {layers} on the last axis, got shape {s.shape}"
        )
    return s if s.ndim else np.full(layers, s)
