"""Weight variances that preserve a fractional moment of a layer's output norm (Gurbuzbalaban & Hu 2021).

One layer: x_1 = phi(W x_0) with iid W_ij ~ N(0, variance), fan_in columns and fan_out rows. Given x_0 the rows of W x_0
are iid N(0, variance |x_0|^2), so |x_1|^2 = variance |x_0|^2 Q exactly, Q = sum over fan_out units of phi(z_i)^2 with z
iid N(0, 1). Everything here follows from the moments of Q. Pass `weight_std` to your framework's normal initialiser.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.activations import Activation, resolve
from theory.domain import Floats, broadcast, count, positive
from theory.special import log_power_mean

__all__ = ["norm_moment", "weight_std", "weight_variance", "weight_variance_expansion"]

_SMALLEST_POWER = (
    1e-300  # below it p loses digits; the result's limit or infinity is reached long before
)


def norm_moment(
    order: ArrayLike, width: ArrayLike, activation: Activation | str = "relu"
) -> Floats:
    """E|phi(z)|^order for z ~ N(0, I_width): the moment of a layer's Euclidean output norm at unit variance and input.

    Parameters
    ----------
    order : array_like
        Order of the moment, finite and > 0.
    width : array_like
        Number of units (fan_out), a whole number >= 1. Broadcast with `order`.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Returns
    -------
    float64 or ndarray
        M(order/2) = E Q^(order/2), inf on overflow.

    Raises
    ------
    ValueError
        If order or width is outside its domain, or the activation is unknown.

    Notes
    -----
    linear: 2^p Gamma(width/2 + p)/Gamma(width/2), p = order/2; ReLU: the same averaged over Binomial(width, 1/2)
    active units; in general p/Gamma(1-p) int_0^inf (1 - psi(t)^width) t^(-p-1) dt. Relative error against mpmath
    (binomial sums and quadratures of the definition): 1e-14 (order <= 2) and 1e-12 (order <= 20), widths 1 to 1e9.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), moments of one layer; the common integral is an extension.

    Examples
    --------
    >>> print(f"{norm_moment(2, 64, 'relu'):.15g}")  # E|phi(z)|^2 = width/2
    32
    >>> print(f"{norm_moment(1, 1, 'linear'):.12f}")  # E|z| = sqrt(2/pi)
    0.797884560803
    """
    order, width = broadcast(order=positive("order", order), width=count("width", width))
    activation = resolve(activation)
    p = np.maximum(order / 2, _SMALLEST_POWER)
    log_scale = activation.log_second_moment + _log_power_mean(order, width, activation)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        product = width**p * np.exp(p * log_scale)
        in_range = np.isfinite(product) & (product > 0)  # else one factor alone may have left it
        moment: Floats = np.where(in_range, product, np.exp(p * (log_scale + np.log(width))))[()]
    return moment


def weight_variance(
    order: ArrayLike,
    fan_in: ArrayLike,
    fan_out: ArrayLike | None = None,
    activation: Activation | str = "relu",
    preserve: str = "rms",
) -> Floats:
    """Variance of the weights that preserves the moment of order `order` of the layer's output, exactly.

    Parameters
    ----------
    order : array_like
        Order s > 0 of the preserved moment; the paper studies (0, 2]. 2 gives He's and LeCun's variances.
    fan_in : array_like
        Number of inputs (columns of the weight matrix), a whole number >= 1.
    fan_out : array_like, optional
        Number of outputs (rows). Default: fan_in. order, fan_in and fan_out are broadcast together.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.
    preserve : {"rms", "norm"}
        "rms": E(|x_1|/sqrt(fan_out))^s = E(|x_0|/sqrt(fan_in))^s, the scale of one unit, as frameworks do.
        "norm": E|x_1|^s = E|x_0|^s. They differ by the factor fan_out/fan_in.

    Returns
    -------
    float64 or ndarray
        The variance (not the standard deviation: see `weight_std`). inf or 0 if outside the range of float64.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    (fan_out/fan_in) M(s/2)^(-2/s) for "rms" and M(s/2)^(-2/s) for "norm", with M(p) = E Q^p at width fan_out, so that
    M(s/2) = norm_moment(s, fan_out). For equal widths this is the square of the paper's sigma(s, d). Non-increasing in
    the order. With an atom at zero (ReLU, dropout) it diverges as order -> 0, like (1 - P0)^(-2/s).
    Relative error against mpmath (binomial sums and quadratures of the definition), widths 1 to 1e9: 2e-15 (linear) and
    2e-14 (others) for orders 0.1 to 2, 1e-12 for orders up to 20. Towards order 0 it grows like 1e-15 |log variance|,
    the rounding of the exponent: 1e-12 at order 1e-3 and width 1.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), initialisation preserving the s-th moment; dropout: the PMLR abstract;
    rectangular layers, randomised slopes in closed form: extension.

    Examples
    --------
    >>> print(f"{weight_variance(2, 512):.15g}")  # He: 2/fan_in
    0.00390625
    >>> print(f"{weight_variance(1, 64):.9f}")
    0.031872257
    >>> print(f"{weight_variance(2, 512, 256, 'linear', preserve='norm'):.15g}")  # 1/fan_out
    0.00390625
    """
    order, fan_in = positive("order", order), count("fan_in", fan_in)
    fan_out = fan_in if fan_out is None else count("fan_out", fan_out)
    activation = resolve(activation)
    if not isinstance(preserve, str) or preserve not in ("rms", "norm"):
        raise ValueError(f"preserve must be 'rms' or 'norm', got {preserve!r}")
    order, fan_in, fan_out = broadcast(order=order, fan_in=fan_in, fan_out=fan_out)
    power_mean = _log_power_mean(order, fan_out, activation)
    return _scaled(activation, fan_in if preserve == "rms" else fan_out, -power_mean)


def weight_std(
    order: ArrayLike,
    fan_in: ArrayLike,
    fan_out: ArrayLike | None = None,
    activation: Activation | str = "relu",
    preserve: str = "rms",
) -> Floats:
    """Standard deviation of the weights that preserves the moment of order `order`: the root of `weight_variance`.

    Parameters
    ----------
    order, fan_in, fan_out, activation, preserve
        As for `weight_variance`.

    Returns
    -------
    float64 or ndarray
        sqrt(weight_variance(...)), with half its relative error.

    Raises
    ------
    ValueError
        As `weight_variance`.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233): sigma(s, d).

    Examples
    --------
    >>> print(f"{weight_std(2, 512):.15g}")
    0.0625
    """
    std: Floats = np.sqrt(weight_variance(order, fan_in, fan_out, activation, preserve))
    return std


def weight_variance_expansion(
    order: ArrayLike, width: ArrayLike, activation: Activation | str = "relu", terms: int = 2
) -> Floats:
    """The first `terms` terms of weight_variance(order, width) in powers of 1/width (fan_in = fan_out = width).

    Parameters
    ----------
    order : array_like
        Order s > 0 of the preserved moment.
    width : array_like
        Fan-in and fan-out, a whole number >= 1. Broadcast with `order`.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu".
    terms : {1, 2, 3}
        How many terms: relative errors O(1/width), O(1/width^2), O(1/width^3).

    Returns
    -------
    float64 or ndarray
        (1/(m1 width)) (1 + c1/width + c2/width^2), cut after `terms` terms. An approximation: use `weight_variance`.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    With p = s/2, m1 = E phi^2, and v, k3 the second and third cumulants of phi^2 over m1^2, m1^3:
    c1 = (1-p) v/2, c2 = (1-p) ((7-5p) v^2/8 - (2-p) k3/6). Linear: 1/d + (2-s)/(2 d^2); ReLU: 2/d + 5 (2-s)/(2 d^2).

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233): large-width expansions for linear and ReLU; every activation and the third
    term: extension.

    Examples
    --------
    >>> print(f"{weight_variance_expansion(1, 10, 'linear'):.15g}")  # 1/10 + 1/200
    0.105
    """
    order, width = broadcast(order=positive("order", order), width=count("width", width))
    activation = resolve(activation)
    if type(terms) is not int or terms not in (1, 2, 3):
        raise ValueError(f"terms must be 1, 2 or 3, got {terms!r}")
    p, keep = order / 2, activation.keep_prob
    kept = activation.with_dropout(
        1
    )  # so powers of 1/keep_prob, which may overflow, go to the width
    second, third = kept.moment_ratio(2), kept.moment_ratio(3)
    v, k3 = second - keep, third - 3 * second * keep + 2 * keep**2
    rest = np.zeros_like(p) if terms == 1 else (1 - p) * v / 2
    with np.errstate(over="ignore", invalid="ignore"):
        if terms == 3:
            rest = rest + (1 - p) * ((7 - 5 * p) * v**2 / 8 - (2 - p) * k3 / 6) / (keep * width)
        leading = _scaled(activation, width, np.zeros_like(p))
        correction = np.where(rest == 0, 0, rest * (leading / (keep * width)))
    result: Floats = (leading + correction)[()]
    return result


def _log_power_mean(
    order: NDArray[np.float64], width: NDArray[np.float64], activation: Activation
) -> NDArray[np.float64]:
    """log_power_mean at p = order/2, whatever the arrays' common shape; constant orders and widths are not repeated."""
    pairs, inverse = np.unique(
        np.stack([order.ravel(), width.ravel()]), axis=1, return_inverse=True
    )
    p = np.maximum(pairs[0] / 2, _SMALLEST_POWER)
    values = log_power_mean(p, pairs[1], activation)
    return values[inverse].reshape(order.shape)


def _scaled(
    activation: Activation, width: NDArray[np.float64], log_factor: NDArray[np.float64]
) -> Floats:
    """exp(log_factor)/(width E phi^2), in the log domain only where one of these leaves the range of float64."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        factor, denominator = np.exp(log_factor), activation.second_moment * width
        logarithm = log_factor - activation.log_second_moment - np.log(width)
        in_range = np.isfinite(denominator) & np.isfinite(factor)
        result: Floats = np.where(in_range, factor / denominator, np.exp(logarithm))[()]
    return result
