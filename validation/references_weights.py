"""References for layers whose weights are not normal: exact moments of order 4, and quadratures at small fan-in.

Nothing here uses `theory`'s closed forms. One ReLU layer x_1 = relu(W x_0), x_0 a uniformly random unit vector, entries
of W iid with mean 0 and variance 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import erf, exp, gamma, pi, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import wofz

__all__ = ["EXCESS_KURTOSIS", "fourth_moment", "fourth_moment_by_quadrature", "moment_by_inversion"]

_Array = NDArray[np.float64]

_CUT = 2.0  # truncated normal: +-2 standard deviations of the parent
_INSIDE = erf(_CUT / sqrt(2))
_DENSITY = exp(-(_CUT**2) / 2) / sqrt(2 * pi)
_VARIANCE = 1 - 2 * _CUT * _DENSITY / _INSIDE
_FOURTH = 3 - 2 * (_CUT**3 + 3 * _CUT) * _DENSITY / _INSIDE

EXCESS_KURTOSIS: Mapping[str, float] = MappingProxyType(
    {"normal": 0.0, "uniform": -1.2, "truncated_normal": _FOURTH / _VARIANCE**2 - 3}
)
"""E w^4 - 3 of the standardised laws; the truncated normal is cut at +-2 of its parent."""


def fourth_moment(fan_in: int, fan_out: int, excess_kurtosis: float) -> float:
    """E|x_1|^4 for any law of the weights: it enters through its kurtosis alone.

    Parameters
    ----------
    fan_in, fan_out : int
        >= 1.
    excess_kurtosis : float
        Of a weight.

    Returns
    -------
    float
        fan_out ((3 + k)/2 + (fan_out - 1)/4), k = 3 excess_kurtosis/(fan_in + 2) that of a pre-activation: given x_0
        the units are iid, E z^4 = 3 + excess_kurtosis sum_j x_j^4, and E sum_j x_j^4 = 3/(fan_in + 2).

    Examples
    --------
    >>> fourth_moment(1, 1, 0.0)  # E relu(z)^4, z normal
    1.5
    """
    unit = 3 * excess_kurtosis / (fan_in + 2)
    return fan_out * ((3 + unit) / 2 + (fan_out - 1) / 4)


def fourth_moment_by_quadrature(fan_in: int, fan_out: int, law: str) -> float:
    """E|x_1|^4 by quadrature of the definition over the weights of one unit and over the direction of x_0.

    Parameters
    ----------
    fan_in : {1, 2, 3}
        Number of inputs.
    fan_out : int
        >= 1.
    law : {"normal", "uniform", "truncated_normal"}
        Of a weight.

    Returns
    -------
    float
        Accurate to 1e-12: Gauss's rules are exact for these polynomials, halves of the line apart.

    Examples
    --------
    >>> print(f"{fourth_moment_by_quadrature(2, 2, 'uniform'):.12f}")
    2.600000000000
    """
    weight, chance = _LAWS[law]
    points, measure = _directions(fan_in)
    grid = np.array(list(product(weight, repeat=fan_in)))
    mass = np.prod(np.array(list(product(chance, repeat=fan_in))), axis=1)
    z = grid @ points.T  # a law symmetric about 0: half of E z^k is E relu(z)^k
    second, fourth = (mass @ z**k / 2 for k in (2, 4))
    return float(measure @ (fan_out * fourth + fan_out * (fan_out - 1) * second**2))


def moment_by_inversion(order: float, fan_in: int, fan_out: int, law: str) -> float:
    """E|x_1|^order for 0 < order < 2, from the characteristic function of a weight.

    Parameters
    ----------
    order : float
        In (0, 2).
    fan_in : {1, 2, 3}
        Number of inputs.
    fan_out : int
        >= 1.
    law : {"normal", "uniform", "truncated_normal"}
        Of a weight.

    Returns
    -------
    float
        Relative error about 1e-7; with normal weights, whose moment is known, 3e-8.

    Notes
    -----
    psi(t) = E exp(-t relu(z)^2) = (1 + (2/sqrt(pi)) int_0^inf exp(-v^2) C(2 sqrt(t) v) dv)/2 with C the characteristic
    function of z = sum_j w_j x_j, a product; E Q^p = p/Gamma(1-p) int_0^inf (1 - psi(t)^fan_out) t^(-p-1) dt given x_0.

    Examples
    --------
    >>> print(f"{moment_by_inversion(1.0, 1, 1, 'uniform'):.6f}")  # E relu(w) = sqrt(3)/4
    0.433013
    """
    p, step = order / 2, 0.1
    times = np.exp(np.arange(np.log(_EARLIEST), np.log(_LATEST), step))
    points, measure = _directions(fan_in)
    transforms = np.array([_transform(t, points, law) for t in times])
    values = -np.expm1(fan_out * np.log(transforms)) * times[:, None] ** -p
    # the trapezium rule in log t, corrected at its ends, where the integrand goes like t^(1-p) and t^-p
    ends = (values[0] + values[-1]) / 2
    slopes = (1 - p) * values[0] + p * values[-1]
    inner = step * (values.sum(axis=0) - ends) + step**2 / 12 * slopes
    head = fan_out / 2 * times[0] ** (1 - p) / (1 - p)  # 1 - psi^fan_out = fan_out t/2 + O(t^2)
    rest = _tail(transforms[-1], float(times[-1]), p, fan_out)
    return float(p / gamma(1 - p) * measure @ (head + inner + rest))


_EARLIEST = 1e-7
_LATEST = 1e4  # beyond it psi = (1 + b t^-1/2)/2 + O(t^-3/2)


def _tail(transform: _Array, last: float, p: float, fan_out: int) -> _Array:
    """int_last^inf (1 - psi^fan_out) t^(-p-1) dt with psi = (1 + b/sqrt(t))/2, to second order in b."""
    b = (2 * transform - 1) * sqrt(last)
    terms = (1 / p, fan_out * b / (p + 0.5), fan_out * (fan_out - 1) / 2 * b**2 / (p + 1))
    series = sum(term * last ** (-p - k / 2) for k, term in enumerate(terms))
    return np.asarray(last**-p / p - series * 0.5**fan_out)


def _transform(t: float, points: _Array, law: str) -> _Array:
    """psi(t) at each direction, by the trapezium rule, which converges exponentially here."""
    size = int(40 + 16 * sqrt(t))
    v = np.linspace(0, 6, size + 1)
    values = np.prod(_CHARACTERISTIC[law](2 * sqrt(t) * v[:, None, None] * points), axis=2)
    values[0] /= 2
    gaussian = 6 / size * 2 / sqrt(pi) * np.exp(-(v**2)) @ values
    return np.asarray((1 + gaussian) / 2)


def _uniform(u: _Array) -> _Array:
    return np.sinc(sqrt(3) * u / pi)


def _truncated(u: _Array) -> _Array:
    """Re[exp(-s^2/2) erf((cut + i s)/sqrt(2))]/inside, s = u/std, through Faddeeva's function: no overflow."""
    s = u / sqrt(_VARIANCE)
    edge = exp(-(_CUT**2) / 2) * (np.exp(-1j * _CUT * s) * wofz((1j * _CUT - s) / sqrt(2))).real
    return np.asarray((np.exp(-(s**2) / 2) - edge) / _INSIDE)


_CHARACTERISTIC: Mapping[str, Callable[[_Array], _Array]] = MappingProxyType(
    {
        "normal": lambda u: np.exp(-(u**2) / 2),
        "uniform": _uniform,
        "truncated_normal": _truncated,
    }
)


def _gauss_legendre(low: float, high: float, size: int) -> tuple[_Array, _Array]:
    x, w = np.polynomial.legendre.leggauss(size)
    return (low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * w


def _normal_rule() -> tuple[_Array, _Array]:
    x, w = np.polynomial.hermite_e.hermegauss(8)
    return x, w / sqrt(2 * pi)


def _truncated_rule() -> tuple[_Array, _Array]:
    x, w = _gauss_legendre(-_CUT, _CUT, 24)
    return x / sqrt(_VARIANCE), w * np.exp(-(x**2) / 2) / sqrt(2 * pi) / _INSIDE


def _uniform_rule() -> tuple[_Array, _Array]:
    x, w = _gauss_legendre(-1, 1, 8)
    return sqrt(3) * x, w / 2


_LAWS: Mapping[str, tuple[_Array, _Array]] = MappingProxyType(
    {
        "normal": _normal_rule(),
        "uniform": _uniform_rule(),
        "truncated_normal": _truncated_rule(),
    }
)


def _directions(fan_in: int) -> tuple[_Array, _Array]:
    """Nodes and weights for a uniformly random direction, up to the symmetries of a function of the |x_j|."""
    if fan_in not in (1, 2, 3):
        raise ValueError(f"fan_in must be 1, 2 or 3, got {fan_in}")
    if fan_in == 1:
        return np.ones((1, 1)), np.ones(1)
    angle, share = _gauss_legendre(0, pi / 4, 16)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    share = share * 4 / pi
    if fan_in == 2:
        return circle, share
    height, part = _gauss_legendre(0, 1, 24)
    radius = np.sqrt(1 - height**2)
    points = [(*(r * xy), z) for z, r in zip(height, radius, strict=True) for xy in circle]
    return np.array(points), np.outer(part, share).ravel()
