"""Bounds on the loss: the paper's at the stationary state, the forward one, and one for every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Array, Floats, broadcast, count, finite, nonnegative, positive
from theory.elementary import log_ratio
from theory.ratios import parts, sum_of_ratios

__all__ = [
    "forward_bound",
    "loss_bound",
    "optimal_loss_bound",
    "second_moment_bound",
    "transient_bound",
]

_TWO_PI = (0.15915494309189535, -6.182238607512211e-17)
_TWO_PI_E = (0.05854983152431916, -7.038844490236517e-18)
"""1/c = x (1 + y) to twice the digits of float64, c = 2 pi and 2 pi e."""

_LOG_TWO_PI_E = 1 + np.log(2 * np.pi)
_NORMAL = 1000  # exponents of two up to it are in the normal range


def loss_bound(
    initial_variance: ArrayLike,
    second_moment: ArrayLike,
    log_prefactor: ArrayLike,
    temperature: ArrayLike,
    parameters: ArrayLike,
) -> Floats:
    """Upper bound on the stationary loss per parameter, from KL(p_ss || p_0) >= 0.

    Parameters
    ----------
    initial_variance : array_like
        s0, variance of every initial weight, finite and > 0.
    second_moment : array_like
        E_ss|W|^2, summed over the parameters, finite and > 0.
    log_prefactor : array_like
        log C_loc of p_ss = C_loc exp(-L/T): minus the logarithm of the partition function.
    temperature : array_like
        T, finite and > 0.
    parameters : array_like
        K, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        (T/K) [(K/2) log(2 pi s0) + log C_loc + E_ss|W|^2/(2 s0)] >= E_ss[L]/K. The gap is (T/K) KL(p_ss || p_0).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Strictly convex in log s0 with its minimum at `optimal_initial_variance`. Error below 1e-15 times the largest of its
    three terms, against mpmath.

    References
    ----------
    Horii & Has 2026, (14).

    Examples
    --------
    >>> log_c = -np.log(2 * np.pi * 0.3) / 2  # L = w^2/2, T = 0.3: p_ss = N(0, 0.3)
    >>> print(f"{loss_bound(0.3, 0.3, log_c, temperature=0.3, parameters=1):.3f}")  # tight: T/2
    0.150
    """
    s0, moment, log_c, temp, size = broadcast(
        initial_variance=positive("initial_variance", initial_variance),
        second_moment=positive("second_moment", second_moment),
        log_prefactor=finite("log_prefactor", log_prefactor),
        temperature=positive("temperature", temperature),
        parameters=count("parameters", parameters),
    )
    volume = ((temp, _log_times(_TWO_PI, s0)), (2.0,))
    return sum_of_ratios(volume, ((temp, moment), (2.0, size, s0)), ((temp, log_c), (size,)))[()]


def optimal_loss_bound(
    second_moment: ArrayLike,
    log_prefactor: ArrayLike,
    temperature: ArrayLike,
    parameters: ArrayLike,
) -> Floats:
    """Least value of `loss_bound` over the initial variance: the corrected equation (20).

    Parameters
    ----------
    second_moment : array_like
        E_ss|W|^2, summed over the parameters, finite and > 0.
    log_prefactor : array_like
        log C_loc of p_ss = C_loc exp(-L/T).
    temperature : array_like
        T, finite and > 0.
    parameters : array_like
        K, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        (T/2) [log V + log(2 pi e) + (2/K) log C_loc], V = E_ss|W|^2/K, per parameter.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    The printed (20) lacks the factor 2/K. For Gaussian p_ss this is (T/2) `tightness`. Error below 1e-15 times the
    largest of its terms, against mpmath.

    References
    ----------
    Horii & Has 2026, (20) and (21), corrected (A-E1).

    Examples
    --------
    >>> log_c = -np.log(2 * np.pi * 0.3) / 2
    >>> print(f"{optimal_loss_bound(0.3, log_c, temperature=0.3, parameters=1):.3f}")
    0.150
    """
    moment, log_c, temp, size = broadcast(
        second_moment=positive("second_moment", second_moment),
        log_prefactor=finite("log_prefactor", log_prefactor),
        temperature=positive("temperature", temperature),
        parameters=count("parameters", parameters),
    )
    spread, constant = ((temp, log_ratio(moment, size)), (2.0,)), ((temp, _LOG_TWO_PI_E), (2.0,))
    return sum_of_ratios(spread, constant, ((temp, log_c), (size,)))[()]


def forward_bound(
    initial_loss: ArrayLike,
    initial_variance: ArrayLike,
    temperature: ArrayLike,
    parameters: ArrayLike,
    stationary_entropy: ArrayLike,
) -> Floats:
    """Upper bound on the stationary loss (total), from KL(p_0 || p_ss) >= 0.

    Parameters
    ----------
    initial_loss : array_like
        E_0[L], expected loss at initialisation.
    initial_variance : array_like
        s0, variance of every initial weight, finite and > 0.
    temperature : array_like
        T, finite and > 0.
    parameters : array_like
        K, a whole number >= 1.
    stationary_entropy : array_like
        S_ss, differential entropy of p_ss in nats.

    Returns
    -------
    float64 or ndarray
        E_0[L] - T (K/2) log(2 pi e s0) + T S_ss >= E_ss[L]. The gap is T KL(p_0 || p_ss).

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    Holds for any confining loss; quadratic ones have their least bound at `virial_variance`. Error below 1e-15 times
    the largest of its three terms, against mpmath.

    References
    ----------
    Extension of Horii & Has 2026 (F1): free-energy identity.

    Examples
    --------
    >>> entropy = np.log(2 * np.pi * np.e * 0.3) / 2  # L = w^2/2, T = 0.3
    >>> print(f"{forward_bound(0.15, 0.3, 0.3, 1, entropy):.3f}")
    0.150
    """
    loss, s0, temp, size, entropy = broadcast(
        initial_loss=finite("initial_loss", initial_loss),
        initial_variance=positive("initial_variance", initial_variance),
        temperature=positive("temperature", temperature),
        parameters=count("parameters", parameters),
        stationary_entropy=finite("stationary_entropy", stationary_entropy),
    )
    initial = ((temp, size, -_log_times(_TWO_PI_E, s0)), (2.0,))
    return sum_of_ratios(((loss,), ()), initial, ((temp, entropy), ()))[()]


def transient_bound(
    initial_loss: ArrayLike,
    initial_variance: ArrayLike,
    second_moment: ArrayLike,
    temperature: ArrayLike,
    parameters: ArrayLike,
) -> Floats:
    """Upper bound on the expected loss (total) at any time; no stationary law need exist.

    Parameters
    ----------
    initial_loss : array_like
        E_0[L], expected loss at initialisation.
    initial_variance : array_like
        s0, variance of every initial weight, finite and > 0; for variances that differ between parameters their
        geometric mean.
    second_moment : array_like
        E_t|W|^2 at that time, or an upper bound on it such as `second_moment_bound`, finite and > 0.
    temperature : array_like
        T, finite and > 0.
    parameters : array_like
        K, a whole number >= 1.

    Returns
    -------
    float64 or ndarray
        E_0[L] + (K T/2) log(E_t|W|^2/(K s0)) >= E_t[L].

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    The free energy E_t[L] - T S_t does not grow, and the entropy S_t is at most that of a normal law of the same second
    moment. Error below 1e-15 times the largest of its terms and K T/2, against mpmath.

    References
    ----------
    Extension of Horii & Has 2026 (F3).

    Examples
    --------
    >>> float(transient_bound(1.0, 0.5, 2.0, temperature=0.1, parameters=4))  # |W|^2 unchanged
    1.0
    """
    loss, s0, moment, temp, size = broadcast(
        initial_loss=finite("initial_loss", initial_loss),
        initial_variance=positive("initial_variance", initial_variance),
        second_moment=positive("second_moment", second_moment),
        temperature=positive("temperature", temperature),
        parameters=count("parameters", parameters),
    )
    growth = ((temp, size, _log_growth(moment, size, s0)), (2.0,))
    return sum_of_ratios(((loss,), ()), growth)[()]


def second_moment_bound(
    time: ArrayLike,
    initial_variance: ArrayLike,
    temperature: ArrayLike,
    parameters: ArrayLike,
    depth: ArrayLike,
    target_power: ArrayLike,
) -> Floats:
    """Upper bound on E_t|W|^2 (total) for a homogeneous network under the loss |f - y|^2/2.

    Parameters
    ----------
    time : array_like
        t, finite and >= 0, of dW = -grad L dt + sqrt(2 T) dB; gradient steps times learning rate.
    initial_variance : array_like
        s0, finite and > 0.
    temperature : array_like
        T, finite and > 0.
    parameters : array_like
        K, a whole number >= 1.
    depth : array_like
        Degree of homogeneity: the number of weight layers of a network without biases whose activation is positively
        homogeneous.
    target_power : array_like
        Mean |y|^2, finite and >= 0.

    Returns
    -------
    float64 or ndarray
        K s0 + (2 K T + depth target_power/2) t.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    d/dt E|W|^2 = 2 K T - 2 E[W . grad L], and W . grad L = depth (|f|^2 - f . y) >= -depth |y|^2/4. It closes
    `transient_bound`. A few roundings.

    References
    ----------
    Extension of Horii & Has 2026 (F3).

    Examples
    --------
    >>> float(second_moment_bound(2.0, 0.5, temperature=0.25, parameters=4, depth=2, target_power=1.0))
    8.0
    """
    t, s0, temp, size, degree, power = broadcast(
        time=nonnegative("time", time),
        initial_variance=positive("initial_variance", initial_variance),
        temperature=positive("temperature", temperature),
        parameters=count("parameters", parameters),
        depth=count("depth", depth),
        target_power=nonnegative("target_power", target_power),
    )
    noise, data = ((2.0, size, temp, t), ()), ((degree, power, t), (2.0,))
    return sum_of_ratios(((size, s0), ()), noise, data)[()]


def _log_times(inverse: tuple[float, float], s0: Array) -> Array:
    """log(c s0), which keeps its digits near s0 = 1/c; there log(c) and log(s0) cancel."""
    near, rest = inverse
    return np.asarray(log_ratio(s0, np.float64(near)) - rest)


def _log_growth(moment: Array, size: Array, s0: Array) -> Array:
    """log(E|W|^2/(K s0)), where the quotient may leave the range."""
    (above, up), (below, down) = parts((moment,)), parts((size, s0))
    kept = np.clip(up - down, -_NORMAL, _NORMAL)
    far = (up - down - kept) * np.log(2)
    return np.asarray(log_ratio(np.ldexp(above, kept), below) + far)
