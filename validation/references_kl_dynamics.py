"""Slow references for SGD and diffusion on a quadratic: summed and integrated covariances, moments, dissipation.

Nothing here uses `theory`: a stationary covariance is the sum, or the integral, over the past noise that it stands
for; moments are integrated in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath as mp
import numpy as np

from validation.references_kl_bound import normal_mean

__all__ = ["dissipated", "limit_covariance", "relaxation", "step_covariance"]

_DIGITS = 30
_WORKING = 40
_TIMES = 48  # nodes of Gauss and Legendre over an interval of time
_Matrix = Sequence[Sequence[float]]


def step_covariance(
    hessian: _Matrix, noise_covariance: _Matrix, learning_rate: float, batch_size: int
) -> Any:
    """Covariance of the sum over the past of (1 - alpha A)^k times the noise of a step: that of SGD from long ago.

    Parameters
    ----------
    hessian, noise_covariance : matrix
        A and Sigma.
    learning_rate : float
        alpha.
    batch_size : int
        b.

    Returns
    -------
    mpmath.matrix
        (alpha^2/b) sum_k (1 - alpha A)^k Sigma (1 - alpha A)^k, 2^m terms at a time until nothing is added.

    Examples
    --------
    >>> mp.nstr(step_covariance([[1.0]], [[4.0]], 0.5, 4)[0, 0], 12)
    '0.333333333333'
    """
    with mp.workdps(_WORKING):
        a, noise = mp.matrix(hessian), mp.matrix(noise_covariance)
        power = mp.eye(a.rows) - mp.mpf(learning_rate) * a
        total, before = mp.mpf(learning_rate) ** 2 / batch_size * noise, None
        while before is None or mp.norm(total - before, mp.inf) > 0:
            before, total = total, total + power * total * power.T
            power = power * power
        return total


def limit_covariance(
    hessian: _Matrix, noise_covariance: _Matrix, learning_rate: float, batch_size: int
) -> Any:
    """Covariance of the noise integrated over the past, (alpha/b) int_0^oo exp(-A t) Sigma exp(-A t) dt, elementwise.

    Parameters
    ----------
    hessian, noise_covariance, learning_rate, batch_size
        As for `step_covariance`.

    Returns
    -------
    mpmath.matrix

    Examples
    --------
    >>> mp.nstr(limit_covariance([[1.0]], [[4.0]], 0.5, 4)[0, 0], 12)
    '0.25'
    """
    with mp.workdps(_WORKING):
        values, vectors = mp.eigsy(mp.matrix(hessian))
        turned = vectors.T * mp.matrix(noise_covariance) * vectors
        eps = mp.mpf(learning_rate) / batch_size
        size = turned.rows
        inner = mp.matrix(size, size)
        for i in range(size):
            for j in range(size):
                inner[i, j] = eps * turned[i, j] * _decay_integral(values[i], values[j])
        return vectors * inner * vectors.T


def _decay_integral(first: Any, second: Any) -> Any:
    unit = 1 / (first + second)
    cuts = [unit * cut for cut in (0, 4, 16, 48, 100)]
    return mp.quad(lambda t: mp.exp(-first * t) * mp.exp(-second * t), cuts)


def relaxation(
    time: float, rate: float, temperature: float, initial_variance: float, initial_mean: float
) -> tuple[Any, Any]:
    """Mean and variance of dw = -rate w dt + sqrt(2T) dB at a time, by Taylor integration of their equations.

    Parameters
    ----------
    time, rate, temperature : float
        t, a and T.
    initial_variance, initial_mean : float
        At time 0.

    Returns
    -------
    tuple of mpmath numbers

    Examples
    --------
    >>> [mp.nstr(x, 10) for x in relaxation(0.5, 1.0, 0.3, 2.0, 1.0)]  # exp(-1/2), 0.3 + 1.7/e
    ['0.6065306597', '0.92539505']
    """
    with mp.workdps(_DIGITS):
        a, heat = mp.mpf(rate), mp.mpf(temperature)

        def flow(_: Any, state: Any) -> list[Any]:
            return [-a * state[0], -2 * a * state[1] + 2 * heat]

        mean, variance = mp.odefun(flow, 0, [initial_mean, initial_variance])(mp.mpf(time))
        return mean, variance


def dissipated(
    start: float,
    stop: float,
    rate: float,
    temperature: float,
    initial_variance: float,
    initial_mean: float,
) -> Any:
    """Integral over time of int p_t |L' + T (log p_t)'|^2 dw for L = rate w^2/2, one parameter, both by quadrature.

    Parameters
    ----------
    start, stop : float
        Times.
    rate, temperature, initial_variance, initial_mean
        As for `relaxation`.

    Returns
    -------
    mpmath number
        12 digits or more.

    Examples
    --------
    >>> mp.nstr(dissipated(0.0, 1.0, 1.0, 0.5, 0.5, 1.0), 10)  # (1 - exp(-2))/2
    '0.4323323584'
    """
    points, weights = np.polynomial.legendre.leggauss(_TIMES)
    half = (stop - start) / 2
    with mp.workdps(_DIGITS):
        rates = (
            weight
            * _dissipation(
                start + half * (1 + point), rate, temperature, initial_variance, initial_mean
            )
            for point, weight in zip(points.tolist(), weights.tolist(), strict=True)
        )
        return half * mp.fsum(rates)


def _dissipation(time: float, rate: float, temperature: float, variance: float, mean: float) -> Any:
    a, heat = mp.mpf(rate), mp.mpf(temperature)
    centre, spread = relaxation(time, rate, temperature, variance, mean)

    def squared(w: Any) -> Any:
        return (a * w - heat * (w - centre) / spread) ** 2

    return normal_mean(squared, centre, spread)
