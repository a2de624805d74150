"""Slow references of the KL-bound subject: laws by quadrature of exp(-L/T), divergences from their definition.

Nothing here uses `theory`. A Gaussian law enters as its density, a quadratic loss direction by direction of the
Hessian's eigenbasis; minima are searched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath as mp
from flint import arb, ctx

__all__ = [
    "Gibbs",
    "divergence",
    "gibbs",
    "initial_cross_entropy",
    "minimiser",
    "normal_mean",
    "thin",
]

_DIGITS = 30
_WORKING = 40


def thin(value: Any) -> arb:
    """Return a number of 30 digits as a ball, not rigorous: value.

    Examples
    --------
    >>> thin(mp.mpf(1) / 4).str(5, radius=False)
    '0.25000'
    """
    with ctx.workdps(_DIGITS):
        return arb(mp.nstr(value, _DIGITS))


@dataclass(frozen=True)
class Gibbs:
    """Integrals of a law C exp(-L/T) of independent parameters, all of them together.

    Parameters
    ----------
    log_prefactor : mpmath number
        log C.
    mean_loss : mpmath number
        E[L].
    second_moment : mpmath number
        E|W|^2.
    entropy : mpmath number
        -E[log p].
    parameters : int
        K.
    """

    log_prefactor: Any
    mean_loss: Any
    second_moment: Any
    entropy: Any
    parameters: int


@cache
def gibbs(coefficients: tuple[tuple[float, ...], ...], temperature: float) -> Gibbs:
    """Integrate C exp(-L/T), L(w) = sum over the parameters of sum_k coefficients[k] w^k.

    Parameters
    ----------
    coefficients : tuple of tuples of float
        One polynomial a parameter, the last coefficient positive, of an even power.
    temperature : float
        T.

    Returns
    -------
    Gibbs

    Examples
    --------
    >>> law = gibbs(((0.0, 0.0, 1.5),), 0.5)  # L = 3 w^2/2
    >>> [mp.nstr(value, 12) for value in (law.mean_loss, law.second_moment)]
    ['0.25', '0.166666666667']
    """
    with mp.workdps(_DIGITS):
        parts = [_one_parameter(c, mp.mpf(temperature)) for c in coefficients]
        prefactor, loss, second, entropy = (mp.fsum(values) for values in zip(*parts, strict=True))
        return Gibbs(prefactor, loss, second, entropy, len(parts))


def _one_parameter(coefficients: tuple[float, ...], temperature: Any) -> tuple[Any, ...]:
    """log C, E[L], E[w^2] and the entropy of one parameter."""
    terms = [mp.mpf(c) for c in reversed(coefficients)]

    def loss(w: Any) -> Any:
        return mp.polyval(terms, w)

    scale = (temperature / terms[0]) ** (mp.mpf(1) / (len(terms) - 1))

    def integral(function: Callable[[Any], Any]) -> Any:
        cuts = [scale * cut for cut in (-16, -6, -2, 2, 6, 16)]
        return mp.quad(lambda w: function(w) * mp.exp(-loss(w) / temperature), cuts)

    total = integral(lambda w: mp.mpf(1))
    mean_loss, second = (integral(f) / total for f in (loss, lambda w: w * w))
    entropy = integral(lambda w: loss(w) / temperature + mp.log(total)) / total
    return -mp.log(total), mean_loss, second, entropy


def divergence(first: Any, second: Any, mean: Any = 0) -> Any:
    """KL(p || q) = int p log(p/q) dw of p = N(mean, first) from q = N(0, second), one parameter, by quadrature.

    Parameters
    ----------
    first, second : number
        Variances of p and of q.
    mean : number
        Of p.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(divergence(1.0, 4.0), 12)
    '0.31814718056'
    """
    with mp.workdps(_WORKING):
        v, u, m = mp.mpf(first), mp.mpf(second), mp.mpf(mean)

        def log_ratio(w: Any) -> Any:
            return _log_density(w - m, v) - _log_density(w, u)

        return normal_mean(log_ratio, m, v)


def _log_density(w: Any, variance: Any) -> Any:
    return -w * w / (2 * variance) - mp.log(2 * mp.pi * variance) / 2


def normal_mean(function: Callable[[Any], Any], mean: Any, variance: Any) -> Any:
    """E function(w) over w ~ N(mean, variance) by the trapezium rule: for entire functions its error is below 1e-34.

    Parameters
    ----------
    function : callable
        Of one number.
    mean, variance : number
        Of w.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(normal_mean(lambda w: w * w, mp.mpf(1), mp.mpf(2)), 12)
    '3.0'
    """
    spread = mp.sqrt(variance)
    return mp.fsum(weight * function(mean + spread * z) for z, weight in _nodes())


@cache
def _nodes() -> tuple[tuple[Any, Any], ...]:
    with mp.workdps(_WORKING):
        step = mp.mpf(1) / 2
        return tuple((k * step, step * mp.npdf(k * step)) for k in range(-27, 28))


def initial_cross_entropy(first: Any, second: Any) -> Any:
    """-int p log q dw of p = N(0, first), q = N(0, second), one parameter, by quadrature.

    Parameters
    ----------
    first, second : number
        Variances of p and of q.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(initial_cross_entropy(1.0, 4.0), 12)
    '1.73708571376'
    """
    with mp.workdps(_WORKING):
        v, u = mp.mpf(first), mp.mpf(second)
        return -normal_mean(lambda w: _log_density(w, u), mp.mpf(0), v)


def minimiser(function: Callable[[Any], Any], low: float, high: float) -> Any:
    """Return where a function of one positive number is least, by golden sections of its logarithm.

    Parameters
    ----------
    function : callable
        With one minimum in between.
    low, high : float
        0 < low < high.

    Returns
    -------
    mpmath number
        15 digits: half of those that the function has.

    Examples
    --------
    >>> mp.nstr(minimiser(lambda x: x + 4 / x, 0.1, 100.0), 12)
    '2.0'
    """
    with mp.workdps(_WORKING):
        ratio = (mp.sqrt(5) - 1) / 2
        a, b = mp.log(low), mp.log(high)
        inner = [b - ratio * (b - a), a + ratio * (b - a)]
        values = [function(mp.exp(x)) for x in inner]
        while b - a > mp.mpf(10) ** -16:
            if values[0] < values[1]:
                b, inner[1], values[1] = inner[1], inner[0], values[0]
                inner[0] = b - ratio * (b - a)
                values[0] = function(mp.exp(inner[0]))
            else:
                a, inner[0], values[0] = inner[0], inner[1], values[1]
                inner[1] = a + ratio * (b - a)
                values[1] = function(mp.exp(inner[1]))
        return mp.exp((a + b) / 2)
