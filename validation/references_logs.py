"""Slow references for the log-norm of layers: its moments, its characteristic function, the law of two layers.

From the definition, as in `validation.references`: quadratures over the radius and the angle of z, sums over counts of
active units. Nothing here uses `theory`'s closed forms, digamma or Gamma functions among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import product
from typing import Any

import mpmath as mp
from flint import arb, ctx

from theory.activations import Activation

__all__ = [
    "characteristic_by_quadrature",
    "characteristic_by_sum",
    "growth_order_by_sum",
    "log_moments_by_quadrature",
    "log_moments_by_sum",
    "two_layer_cdf",
]

_DIGITS = 30
_WORKING = 40
_Function = Callable[[Any], Any]


def log_moments_by_quadrature(width: int, activation: Activation) -> tuple[arb, arb]:
    """Mean and variance of log|phi(z)| given phi(z) /= 0, by quadrature over z, slopes and dropout masks.

    Parameters
    ----------
    width : {1, 2}
        2 in polar coordinates, for fixed slopes only.
    activation : Activation
        With or without dropout.

    Returns
    -------
    tuple of flint.arb
        25 digits or more, not rigorous.

    Raises
    ------
    ValueError
        For another width, or width 2 with random slopes.

    Examples
    --------
    >>> from theory.activations import relu
    >>> [value.str(8, radius=False) for value in log_moments_by_quadrature(1, relu())]  # log|z|
    ['-0.63518142', '1.2337006']
    """
    with mp.workdps(_WORKING):
        radial = [_radial_mean(partial(_power, k), width) for k in (1, 2)]
        shape = [_shape_mean(partial(_power, k), width, activation) for k in (1, 2)]
        variances = (second - first**2 for first, second in (radial, shape))  # independent
        return _thin(radial[0] + shape[0]), _thin(sum(variances))


def log_moments_by_sum(width: int, activation: Activation) -> tuple[arb, arb]:
    """Mean and variance of log|phi(z)| given phi(z) /= 0, as the mixture over the number of active units.

    Parameters
    ----------
    width : int
        >= 1; the mixture has `width` terms.
    activation : Activation
        linear or ReLU, with or without dropout.

    Returns
    -------
    tuple of flint.arb
        25 digits or more, not rigorous.

    Raises
    ------
    ValueError
        For another slope.

    Examples
    --------
    >>> from theory.activations import relu
    >>> [value.str(8, radius=False) for value in log_moments_by_sum(2, relu())]
    ['-0.40413236', '1.0663122']
    """
    with mp.workdps(_WORKING):
        law = list(_active_units(width, activation))
        first, second = (sum(w * _chi_log(k, n) for n, w in law) for k in (1, 2))
        return _thin(first + mp.log(_gain(activation))), _thin(second - first**2)


def characteristic_by_quadrature(
    frequency: float, width: int, activation: Activation
) -> tuple[arb, arb]:
    """Real and imaginary part of E[|phi(z)|^(2 i frequency) given phi(z) /= 0], by quadrature.

    Parameters
    ----------
    frequency : float
        Any.
    width, activation
        As for `log_moments_by_quadrature`.

    Returns
    -------
    tuple of flint.arb

    Raises
    ------
    ValueError
        As `log_moments_by_quadrature`.

    Examples
    --------
    >>> from theory.activations import linear
    >>> real, imaginary = characteristic_by_quadrature(1.0, 2, linear())  # 2^i Gamma(1 + i)
    >>> (real**2 + imaginary**2).str(8, radius=False)  # pi/sinh(pi)
    '0.27202905'
    """
    with mp.workdps(_WORKING):
        power = mp.mpc(0, 2 * mp.mpf(frequency))
        value = _radial_mean(lambda x: mp.exp(power * x), width)
        value *= _shape_mean(lambda b: mp.exp(power * b), width, activation)
        return _thin(mp.re(value)), _thin(mp.im(value))


def characteristic_by_sum(frequency: float, width: int, activation: Activation) -> tuple[arb, arb]:
    """The same as the mixture over the number of active units.

    Parameters
    ----------
    frequency : float
        Any.
    width, activation
        As for `log_moments_by_sum`.

    Returns
    -------
    tuple of flint.arb

    Raises
    ------
    ValueError
        As `log_moments_by_sum`.

    Examples
    --------
    >>> from theory.activations import relu
    >>> real, imaginary = characteristic_by_sum(0.0, 3, relu())
    >>> real.str(5, radius=False)
    '1.0000'
    """
    with mp.workdps(_WORKING):
        power = mp.mpc(0, 2 * mp.mpf(frequency))
        law = _active_units(width, activation)
        value = sum(w * _radial_mean(lambda x: mp.exp(power * x), n) for n, w in law)
        value *= mp.exp(power * mp.log(_gain(activation)))
        return _thin(mp.re(value)), _thin(mp.im(value))


def growth_order_by_sum(width: int, activation: Activation) -> arb:
    """The order s at which the survivors of an order-preserving network neither grow nor shrink.

    Parameters
    ----------
    width, activation
        As for `log_moments_by_sum`, with an atom at 0.

    Returns
    -------
    flint.arb
        Root of E[|phi|^s]^(1/s) = exp(E[log|phi| given phi /= 0]), 20 digits.

    Raises
    ------
    ValueError
        As `log_moments_by_sum`.

    Examples
    --------
    >>> from theory.activations import relu
    >>> growth_order_by_sum(2, relu()).str(6, radius=False)
    '0.887534'
    """
    with mp.workdps(_WORKING):
        law = list(_active_units(width, activation))
        alive = 1 - _dead(activation) ** width
        drift = sum(w * _chi_log(1, n) for n, w in law)

        def excess(s: Any) -> Any:
            moments = (w * _radial_mean(lambda x: mp.exp(s * x), n) for n, w in law)
            return mp.log(alive * sum(moments)) - s * drift

        return _thin(mp.findroot(excess, (mp.mpf("0.02"), mp.mpf(3)), solver="anderson", tol=1e-48))


def two_layer_cdf(point: float, width: int, variance: float, activation: Activation) -> arb:
    """P(log(|x_2|/|x_0|) <= point): the convolution of two layers' laws, by quadrature over the first layer.

    Parameters
    ----------
    point : float
        Finite.
    width : int
        Of both layers.
    variance : float
        Of the weights.
    activation : Activation
        linear or ReLU, with or without dropout.

    Returns
    -------
    flint.arb
        20 digits or more, the atom at -inf included.

    Raises
    ------
    ValueError
        As `log_moments_by_sum`.

    Examples
    --------
    >>> from theory.activations import relu
    >>> two_layer_cdf(-50.0, 2, 1.0, relu()).str(5, radius=False)  # dead: 1 - (3/4)^2
    '0.43750'
    """
    with mp.workdps(_WORKING):
        alive = 1 - _dead(activation) ** width
        square = mp.exp(2 * mp.mpf(point)) / (mp.mpf(variance) * _gain(activation) ** 2) ** 2
        law = list(_active_units(width, activation))
        below = sum(v * w * _product_cdf(square, n, m) for n, v in law for m, w in law)
        return _thin(1 - alive**2 + alive**2 * below)


def _product_cdf(square: Any, n: int, m: int) -> Any:
    """P(X Y <= square), X and Y independent chi-squares of n and m degrees of freedom."""

    def integrand(x: Any) -> Any:
        return _density(x, n) * mp.gammainc(mp.mpf(m) / 2, 0, square * mp.exp(-2 * x) / 2)

    return mp.quad(integrand, _radii(n)) / _mass(n) / mp.gamma(mp.mpf(m) / 2)


def _thin(value: Any) -> arb:
    with ctx.workdps(_DIGITS):
        return arb(mp.nstr(value, _DIGITS))


def _power(k: int, x: Any) -> Any:
    return x**k


def _gain(activation: Activation) -> Any:
    return 1 / mp.mpf(activation.keep_prob) if activation.rescale else mp.mpf(1)


def _dead(activation: Activation) -> Any:
    """Probability that a unit is 0, where one that is not is a plain normal variable's absolute value."""
    if activation.lower != activation.upper or abs(activation.upper) not in (0.0, 1.0):
        raise ValueError(
            f"activation must be linear or ReLU, with or without dropout, got {activation.name}"
        )
    return 1 - mp.mpf(activation.keep_prob) * (1 if activation.upper else mp.mpf(1) / 2)


def _active_units(width: int, activation: Activation) -> Iterator[tuple[int, Any]]:
    """Numbers of active units and their probabilities, given that there is one."""
    dead = _dead(activation)
    for n in range(1, width + 1):
        yield n, mp.binomial(width, n) * (1 - dead) ** n * dead ** (width - n) / (1 - dead**width)


def _density(x: Any, dimension: int) -> Any:
    """Density of x = log r, up to `_mass`: r the length of a normal vector."""
    return mp.exp(dimension * x - mp.exp(2 * x) / 2)


def _radii(dimension: int) -> list[Any]:
    """Nodes of a quadrature over log r, beyond which the density is below 1e-45."""
    peak = mp.log(dimension) / 2
    low = peak - mp.mpf(110) / dimension
    return [
        low,
        peak - mp.mpf(30) / dimension,
        peak - mp.mpf(6) / dimension,
        peak,
        peak + 1,
        peak + 3,
    ]


@cache
def _mass(dimension: int) -> Any:
    return mp.quad(lambda x: _density(x, dimension), _radii(dimension))


def _radial_mean(function: _Function, dimension: int) -> Any:
    """E function(log r), r the length of a normal vector."""
    total = mp.quad(lambda x: function(x) * _density(x, dimension), _radii(dimension))
    return total / _mass(dimension)


@cache
def _chi_log(power: int, n: int) -> Any:
    return _radial_mean(partial(_power, power), n)


def _shape_mean(function: _Function, width: int, activation: Activation) -> Any:
    """E function(log(|phi(z)|/|z|)) given phi(z) /= 0: it does not depend on |z|."""
    allowed = (1, 2) if activation.lower == activation.upper else (1,)
    if width not in allowed:
        raise ValueError(f"width must be one of {allowed} for {activation.name}, got {width}")
    gain = mp.log(_gain(activation))
    weights, values = zip(*_SHAPES[width](lambda b: function(b + gain), activation), strict=True)
    return mp.fdot(weights, values) / mp.fsum(weights)


def _one_unit(function: _Function, activation: Activation) -> Iterator[tuple[Any, Any]]:
    """Weights and means: z > 0, z < 0."""
    lower, upper = mp.mpf(activation.lower), mp.mpf(activation.upper)
    yield mp.mpf(1), function(mp.mpf(0))
    if lower != upper:
        mean = mp.quad(lambda a: function(mp.log(a)), [lower, upper]) / (upper - lower)
        yield mp.mpf(1), mean
    elif upper:
        yield mp.mpf(1), function(mp.log(abs(upper)))


def _two_units(function: _Function, activation: Activation) -> Iterator[tuple[Any, Any]]:
    """Weights and means over the four quadrants of (z_1, z_2) and the four dropout masks."""
    keep, slope = mp.mpf(activation.keep_prob), abs(mp.mpf(activation.upper))
    for mask in product((0, 1), repeat=2):
        weight = mp.fprod(keep if kept else 1 - keep for kept in mask)
        for signs in product((mp.mpf(1), slope), repeat=2):
            one, two = (side * kept for side, kept in zip(signs, mask, strict=True))
            if weight and (one or two):
                yield weight, _quadrant_mean(function, one, two)


def _quadrant_mean(function: _Function, one: Any, two: Any) -> Any:
    """Mean of function(log length of (one cos, two sin)) over a quarter of the circle."""

    def integrand(x: Any) -> Any:
        return function(mp.log((one * mp.cos(x)) ** 2 + (two * mp.sin(x)) ** 2) / 2)

    return mp.quad(integrand, [0, mp.pi / 8, mp.pi / 4, 3 * mp.pi / 8, mp.pi / 2]) * 2 / mp.pi


_SHAPES = {1: _one_unit, 2: _two_units}
