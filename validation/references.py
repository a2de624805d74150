"""Slow references from the definition: quadratures over z, sums over counts of active units, exact one-layer laws.

Nothing here uses `theory`'s closed forms; an Activation is read for its slopes and dropout alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import mpmath as mp
import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from scipy.special import chdtr, chdtrc
from scipy.stats import binom

from theory.activations import Activation

__all__ = ["active_unit_cdf", "active_unit_sum", "active_unit_tail", "moment_by_quadrature"]

_DIGITS = 30


def moment_by_quadrature(order: float, width: int, activation: Activation) -> arb:
    """E|phi(z)|^order by quadrature of the definition over z in one or two dimensions, slopes and dropout masks.

    Parameters
    ----------
    order : float
        > 0.
    width : {1, 2}
        2 in polar coordinates, for fixed slopes only.
    activation : Activation
        With or without dropout.

    Returns
    -------
    flint.arb
        25 digits or more, not rigorous.

    Raises
    ------
    ValueError
        For another width, or width 2 with random slopes.

    Examples
    --------
    >>> from theory.activations import relu
    >>> moment_by_quadrature(2.0, 2, relu()).str(5, radius=False)
    '1.0000'
    """
    allowed = (1, 2) if activation.lower == activation.upper else (1,)
    if width not in allowed:
        raise ValueError(f"width must be one of {allowed} for {activation.name}, got {width}")
    with mp.workdps(_DIGITS + 10):
        s, scale = mp.mpf(order), _gain(activation) ** mp.mpf(order)
        dimensions = {1: _one_unit, 2: _two_units}
        return _thin(scale * dimensions[width](s, activation))


def _thin(value: Any) -> arb:
    with ctx.workdps(_DIGITS):
        return arb(mp.nstr(value, _DIGITS))


def _gain(activation: Activation) -> Any:
    return 1 / mp.mpf(activation.keep_prob) if activation.rescale else mp.mpf(1)


def _radial(s: Any, dimension: int) -> Any:
    """int_0^inf r^s r^(dimension-1) exp(-r^2/2) dr."""
    power = s + dimension - 1
    peak = mp.sqrt(power + 1)
    return mp.quad(lambda r: r**power * mp.exp(-r * r / 2), [0, peak / 2, peak, peak + 4, mp.inf])


def _one_unit(s: Any, activation: Activation) -> Any:
    lower, upper = mp.mpf(activation.lower), mp.mpf(activation.upper)
    slope = abs(lower) ** s
    if lower != upper:
        slope = mp.quad(lambda a: a**s, [lower, upper]) / (upper - lower)
    return mp.mpf(activation.keep_prob) * _radial(s, 1) * (1 + slope) / mp.sqrt(2 * mp.pi)


def _two_units(s: Any, activation: Activation) -> Any:
    """Over the four quadrants of (z_1, z_2) and the four dropout masks."""
    keep, slope = mp.mpf(activation.keep_prob), abs(mp.mpf(activation.upper))
    total = mp.mpf(0)
    for mask in product((0, 1), repeat=2):
        weight = mp.fprod(keep if kept else 1 - keep for kept in mask)
        for signs in product((mp.mpf(1), slope), repeat=2):
            one, two = (side * kept for side, kept in zip(signs, mask, strict=True))
            total += weight * _quadrant(s, one, two)
    return total * _radial(s, 2) / (2 * mp.pi)


def _quadrant(s: Any, one: Any, two: Any) -> Any:
    """int_0^(pi/2) ((one cos)^2 + (two sin)^2)^(s/2) dtheta."""
    if one == two == 0:
        return mp.mpf(0)
    return mp.quad(
        lambda x: ((one * mp.cos(x)) ** 2 + (two * mp.sin(x)) ** 2) ** (s / 2),
        [0, mp.pi / 4, mp.pi / 2],
    )


def active_unit_sum(order: float, width: int, activation: Activation) -> arb:
    """E|phi(z)|^order as the sum over the number n of active units, of its probability times E chi_n^order.

    Parameters
    ----------
    order : float
        > 0.
    width : int
        >= 1; the sum has `width` terms.
    activation : Activation
        linear or ReLU, with or without dropout.

    Returns
    -------
    flint.arb
        25 digits or more, not rigorous.

    Raises
    ------
    ValueError
        For another slope, whose law is no mixture of chi-squares.

    Notes
    -----
    The moments of chi are integrals over the radius, not Gamma functions.

    Examples
    --------
    >>> from theory.activations import relu
    >>> active_unit_sum(1.0, 5, relu()).str(18, radius=False)
    '1.37524386203855821'
    """
    with mp.workdps(_DIGITS + 10):
        p = mp.mpf(order) / 2
        chance = mp.mpf(_active_probability(activation))
        terms = (
            mp.binomial(width, n) * chance**n * (1 - chance) ** (width - n) * _chi_moment(p, n)
            for n in range(1, width + 1)
        )
        return _thin(_gain(activation) ** (2 * p) * mp.fsum(terms))


@cache
def _chi_moment(p: Any, n: int) -> Any:
    """E chi_n^(2p) by quadrature over the radius, normalised by the same quadrature of the density."""
    return _radial(2 * p, n) / _radial(mp.mpf(0), n)


def _active_probability(activation: Activation) -> float:
    """Probability that a unit is not zero, where a non-zero unit is a plain normal variable's absolute value."""
    if activation.lower != activation.upper or abs(activation.upper) not in (0.0, 1.0):
        raise ValueError(
            f"activation must be linear or ReLU, with or without dropout, got {activation.name}"
        )
    return activation.keep_prob * (1.0 if activation.upper else 0.5)


def _mixture(
    width: int, variance: float, activation: Activation
) -> Iterator[tuple[int, float, float]]:
    """Count of active units, its probability, and what |x_1|^2/|x_0|^2 is divided by to be chi-squared."""
    scale = variance * float(_gain(activation)) ** 2
    chance = _active_probability(activation)
    return ((n, float(binom.pmf(n, width, chance)), scale) for n in range(width + 1))


def active_unit_cdf(
    width: int, variance: float, activation: Activation
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Exact cdf of log(|x_1|/|x_0|) for one layer: a binomial mixture of chi laws, the atom at -inf included.

    Parameters
    ----------
    width : int
        fan_out.
    variance : float
        Of the weights.
    activation : Activation
        linear or ReLU, with or without dropout.

    Returns
    -------
    callable
        Thresholds to probabilities; absolute error below 1e-13.

    Examples
    --------
    >>> from theory.activations import relu
    >>> cdf = active_unit_cdf(1, 1.0, relu())
    >>> bool(abs(cdf(np.array([-800.0]))[0] - 0.5) < 1e-13)  # dead with probability 1/2
    True
    """

    def cdf(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        square = np.exp(2 * np.asarray(thresholds))
        total = np.zeros_like(square)
        for n, probability, scale in _mixture(width, variance, activation):
            total += probability * (chdtr(n, square / scale) if n else 1.0)
        return total

    return cdf


def active_unit_tail(
    width: int, variance: float, activation: Activation
) -> Callable[[float], float]:
    """Exact P(log(|x_1|/|x_0|) > threshold): the complement of `active_unit_cdf`, to full relative accuracy.

    Parameters
    ----------
    width, variance, activation
        As for `active_unit_cdf`.

    Returns
    -------
    callable
        One threshold to a probability.

    Examples
    --------
    >>> from theory.activations import linear
    >>> print(f"{active_unit_tail(2, 1.0, linear())(np.log(3.0)):.12f}")  # exp(-9/2)
    0.011108996538
    """

    def tail(threshold: float) -> float:
        square = np.exp(2 * threshold)
        terms = _mixture(width, variance, activation)
        return float(sum(prob * chdtrc(n, square / scale) for n, prob, scale in terms if n))

    return tail
