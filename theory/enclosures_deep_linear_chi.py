"""Enclosures of the moments of chi-square means, and of the Gamma ratio and its bound.

Conventions as in `theory.enclosures_deep_linear_rates`.
"""

from __future__ import annotations

from itertools import product

from flint import arb, ctx, fmpq

from theory.enclosures_boxes import Box, Real, box, positive_box, whole
from theory.enclosures_engine import bits_for, narrow, share
from theory.enclosures_spectra import hull, monotone

__all__ = [
    "chi_moment",
    "gamma_ratio",
    "gamma_ratio_bound",
    "root_chi_bound",
    "scalar_product_moment",
]

_REL_RADIUS = 1e-25


def chi_moment(order: Real, degrees: int, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose E Z^q = 2^q Gamma(d/2 + q)/(d^q Gamma(d/2)), d Z ~ chi-square of d degrees of freedom.

    Parameters
    ----------
    order : Real
        q, finite and > 0.
    degrees : int
        d, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the moment at every point of the arguments (a ball may make it wider than need be).

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Over a ball E Z^q = exp(q l(q)), where l(q) = log(E Z^q)/q rises by Lyapunov's inequality: q l(q) lies among the
    products of the ends. Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> chi_moment(0.5, 2).overlaps(arb.pi().sqrt() / 2)
    True
    """
    return _moment(positive_box("order", order), whole("degrees", degrees), 1, rel_radius)


def gamma_ratio(argument: Real, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose Gamma(a + 1/2)/Gamma(a).

    Parameters
    ----------
    argument : Real
        a, finite and >= 1/2.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the ratio at every point of the argument.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Rises with a, as the digamma function does. Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> gamma_ratio(1).overlaps(arb.pi().sqrt() / 2)
    True
    """
    return monotone(lambda up, _: _ratio(up[0]), (_argument(argument),), (), rel_radius)


def gamma_ratio_bound(argument: Real, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose the upper bound sqrt(a - 1/10) on `gamma_ratio`.

    Parameters
    ----------
    argument, rel_radius
        As for `gamma_ratio`.

    Returns
    -------
    flint.arb
        Contains the bound at every point of the argument.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> gamma_ratio(0.5) < gamma_ratio_bound(0.5)
    True
    """
    tenth = fmpq(1, 10)
    return monotone(lambda up, _: arb(up[0] - tenth).sqrt(), (_argument(argument),), (), rel_radius)


def root_chi_bound(degrees: int, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose the upper bound 1 - 1/(10 d) on E sqrt(Z), d Z ~ chi-square of d degrees of freedom.

    Parameters
    ----------
    degrees, rel_radius
        As for `chi_moment`.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, proof of Lemma 5.3.

    Examples
    --------
    >>> chi_moment(0.5, 3) < root_chi_bound(3)
    True
    """
    d = whole("degrees", degrees)
    return monotone(lambda _up, _down: arb(fmpq(10 * d - 1, 10 * d)), (), (), rel_radius)


def scalar_product_moment(order: Real, depth: int, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose E|w_1 ... w_L|^q = (2^(q/2) Gamma((q + 1)/2)/sqrt(pi))^L, w_l independent N(0, 1).

    Parameters
    ----------
    order : Real
        q, finite and > 0.
    depth : int
        L, number of factors, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        As for `chi_moment`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    w^2 is chi-square of one degree. Shamir 2018 (arXiv 1809.08587): the setting.

    Examples
    --------
    >>> scalar_product_moment(4, 3).overlaps(arb(27))
    True
    """
    q, layers = positive_box("order", order), whole("depth", depth)
    half = Box(q.low / 2, q.high / 2)
    return _moment(half, 1, layers, rel_radius)


def _moment(q: Box, d: int, power: int, radius: float) -> arb:
    """(E Z^q)^power."""
    if q.thin:
        moment: arb = narrow(lambda: (power * _log_moment(q.low, d)).exp(), radius)
        return moment
    ends = (q.low, q.high)
    with ctx.workprec(bits_for(share(radius))):
        return hull((_log_moment(p, d) * (power * at / p)).exp() for p, at in product(ends, ends))


def _log_moment(q: fmpq, d: int) -> arb:
    half = fmpq(d, 2)
    return arb(half + q).lgamma() - arb(half).lgamma() - q * arb(half).log()


def _ratio(a: fmpq) -> arb:
    return (arb(a + fmpq(1, 2)).lgamma() - arb(a).lgamma()).exp()


def _argument(value: Real) -> Box:
    a = box("argument", value)
    if a.low < fmpq(1, 2):
        raise ValueError(f"argument must be finite and >= 1/2, got {value}")
    return a
