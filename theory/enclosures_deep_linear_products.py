"""Enclosures of the laws of a Gaussian net's end-to-end map at initialisation, and of the scale of its output.

Conventions as in `theory.enclosures_deep_linear_rates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from flint import arb, fmpq

from theory.enclosures_boxes import whole
from theory.enclosures_engine import narrow, one_of

__all__ = [
    "log_norm_mean",
    "log_norm_variance",
    "log_output_scale",
    "output_scale",
    "product_spectral_moment",
]

_REL_RADIUS = 1e-25


def log_norm_mean(width: int, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose E log(|f(x)|/|x|) of a Gaussian net at initialisation.

    Parameters
    ----------
    width : int
        m, width of the hidden layers, 1 to 2**53.
    depth : int
        L, number of weight matrices, 1 to 2**53.
    out_dim : int
        d_y, number of outputs, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    (L - 1) (psi(m/2) - log(m/2))/2 + (psi(d_y/2) - log(d_y/2))/2. Extension of Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> log_norm_mean(2, 1, 2).overlaps(-arb.const_euler() / 2)  # |f|^2/|x|^2 is exponential
    True
    """
    return _over_layers(_drift, width, depth, out_dim, rel_radius)


def log_norm_variance(
    width: int, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the variance (L - 1) psi'(m/2)/4 + psi'(d_y/2)/4 of log(|f(x)|/|x|).

    Parameters
    ----------
    width, depth, out_dim, rel_radius
        As for `log_norm_mean`.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    psi'(x) is the Hurwitz zeta function at 2. Extension of Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> log_norm_variance(2, 1, 2).overlaps(arb.pi() ** 2 / 24)
    True
    """
    return _over_layers(_spread, width, depth, out_dim, rel_radius)


def log_output_scale(
    width: int, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose log alpha = -((L - 1) log m + log d_y)/2.

    Parameters
    ----------
    width, depth, out_dim, rel_radius
        As for `log_norm_mean`.

    Returns
    -------
    flint.arb
        Exactly 0 where alpha = 1.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, section 4.

    Examples
    --------
    >>> log_output_scale(16, 3, 4).overlaps(-5 * arb(2).log())
    True
    """
    m, layers, outputs = _sizes(width, depth, out_dim)
    value: arb = narrow(lambda: -((layers - 1) * arb(m).log() + arb(outputs).log()) / 2, rel_radius)
    return value


def output_scale(width: int, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose alpha = 1/sqrt(m^(L-1) d_y), for which E|f(x)|^2 = |x|^2.

    Parameters
    ----------
    width, depth, out_dim, rel_radius
        As for `log_norm_mean`.

    Returns
    -------
    flint.arb
        Does not underflow.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, section 4.

    Examples
    --------
    >>> output_scale(16, 3, 4).contains(2.0**-5)
    True
    """
    m, layers, outputs = _sizes(width, depth, out_dim)
    value: arb = narrow(lambda: 1 / (arb(m) ** (layers - 1) * outputs).sqrt(), rel_radius)
    return value


def product_spectral_moment(
    width: int, depth: int, power: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose E tr((W W^T)^power)/m^(L power + 1), W a product of L Gaussian m x m matrices.

    Parameters
    ----------
    width, depth, rel_radius
        As for `log_norm_mean`.
    power : {1, 2}
        Which moment.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    1, and [(m + 2)(1 + 2/m)^L - (m - 1)(1 - 1/m)^L]/3. Extension of Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> product_spectral_moment(2, 2, power=2).contains(5.25)
    True
    """
    m, layers = whole("width", width), whole("depth", depth)
    value: arb = narrow(partial(one_of("power", power, _MOMENTS), m, layers), rel_radius)
    return value


def _second(m: int, layers: int) -> arb:
    grown = (m + 2) * arb(fmpq(m + 2, m)) ** layers
    return (grown - (m - 1) * arb(fmpq(m - 1, m)) ** layers) / 3


_MOMENTS: Mapping[int, Callable[[int, int], arb]] = MappingProxyType(
    {1: lambda _m, _layers: arb(1), 2: _second}
)


def _drift(width: int) -> arb:
    """E log Z, width Z ~ chi-square."""
    half = arb(fmpq(width, 2))
    return half.digamma() - half.log()


def _spread(width: int) -> arb:
    """Half the variance of log Z."""
    return arb(2).zeta(arb(fmpq(width, 2))) / 2


def _over_layers(
    one: Callable[[int], arb], width: int, depth: int, out_dim: int, radius: float
) -> arb:
    """Half the sum of a quantity of one layer over the hidden layers and the last."""
    m, layers, outputs = _sizes(width, depth, out_dim)
    value: arb = narrow(lambda: ((layers - 1) * one(m) + one(outputs)) / 2, radius)
    return value


def _sizes(width: int, depth: int, out_dim: int) -> tuple[int, int, int]:
    return whole("width", width), whole("depth", depth), whole("out_dim", out_dim)
