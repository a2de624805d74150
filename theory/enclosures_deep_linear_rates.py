"""Enclosures of the learning rates, of the rates of convergence, and of how far the weights move.

Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give
results that hold at all their points. Norms are spectral; sizes are whole numbers, exact.
"""

from __future__ import annotations

from flint import arb, fmpq

from theory.enclosures_boxes import Real, nonnegative_box, positive_box, whole
from theory.enclosures_spectra import Point, monotone

__all__ = [
    "contraction_factor",
    "gaussian_contraction_factor",
    "gaussian_max_learning_rate",
    "max_learning_rate",
    "weight_movement_bound",
]

_REL_RADIUS = 1e-25


def max_learning_rate(
    data_norm: Real, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the largest learning rate d_y/(2 L |X|^2) of Theorem 4.1.

    Parameters
    ----------
    data_norm : Real
        |X|, finite and > 0.
    depth : int
        L, number of weight matrices, 1 to 2**53.
    out_dim : int
        d_y, number of outputs, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the rate at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> max_learning_rate(2, depth=5, out_dim=10).contains(0.25)
    True
    """
    return _rate_limit(2, data_norm, depth, out_dim, rel_radius)


def gaussian_max_learning_rate(
    data_norm: Real, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the largest learning rate d_y/(3 L |X|^2) of Du & Hu's theorem.

    Parameters
    ----------
    data_norm, depth, out_dim, rel_radius
        As for `max_learning_rate`.

    Returns
    -------
    flint.arb
        Contains the rate at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Du & Hu 2019 (arXiv 1901.08572).

    Examples
    --------
    >>> gaussian_max_learning_rate(2, depth=5, out_dim=15).contains(0.25)
    True
    """
    return _rate_limit(3, data_norm, depth, out_dim, rel_radius)


def contraction_factor(
    learning_rate: Real,
    depth: int,
    sigma_min: Real,
    out_dim: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the factor 1 - eta L sigma_min^2/(2 d_y) by which the excess loss falls in a step, Theorem 4.1.

    Parameters
    ----------
    learning_rate : Real
        eta, finite and > 0.
    sigma_min : Real
        Smallest non-zero singular value of the inputs, finite and > 0.
    depth, out_dim, rel_radius
        As for `max_learning_rate`.

    Returns
    -------
    flint.arb
        Contains the factor at every point of the arguments; exactly 0 where it vanishes.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> contraction_factor(0.25, depth=5, sigma_min=1, out_dim=10).contains(0.9375)
    True
    """
    return _contraction(2, learning_rate, depth, sigma_min, out_dim, rel_radius)


def gaussian_contraction_factor(
    learning_rate: Real,
    depth: int,
    sigma_min: Real,
    out_dim: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the factor 1 - eta L sigma_min^2/(4 d_y) of Du & Hu's theorem.

    Parameters
    ----------
    learning_rate, depth, sigma_min, out_dim, rel_radius
        As for `contraction_factor`.

    Returns
    -------
    flint.arb
        As for `contraction_factor`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Du & Hu 2019 (arXiv 1901.08572).

    Examples
    --------
    >>> gaussian_contraction_factor(0.5, depth=5, sigma_min=1, out_dim=10).contains(0.9375)
    True
    """
    return _contraction(4, learning_rate, depth, sigma_min, out_dim, rel_radius)


def weight_movement_bound(
    initial_loss: Real,
    data_norm: Real,
    sigma_min: Real,
    depth: int,
    out_dim: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the bound 8 sqrt(B d_y) |X|/(L sigma_min^2) on |W_i(t) - W_i(0)|_F.

    Parameters
    ----------
    initial_loss : Real
        B, a bound on the excess loss at initialisation, finite and >= 0.
    data_norm, sigma_min : Real
        Largest and smallest non-zero singular value of the inputs, finite and > 0.
    depth, out_dim, rel_radius
        As for `max_learning_rate`.

    Returns
    -------
    flint.arb
        Contains the bound at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, Claim 4.3.

    Examples
    --------
    >>> weight_movement_bound(4, data_norm=2, sigma_min=1, depth=8, out_dim=1).contains(4)
    True
    """
    rising = (
        nonnegative_box("initial_loss", initial_loss),
        positive_box("data_norm", data_norm),
    )
    falling = (positive_box("sigma_min", sigma_min),)
    layers, outputs = whole("depth", depth), whole("out_dim", out_dim)

    def value(up: Point, down: Point) -> arb:
        return arb(up[0] * outputs).sqrt() * (8 * up[1] / (layers * down[0] ** 2))

    return monotone(value, rising, falling, rel_radius)


def _per_output(depth: int, out_dim: int) -> fmpq:
    """L/d_y."""
    return fmpq(whole("depth", depth), whole("out_dim", out_dim))


def _rate_limit(share: int, data_norm: Real, depth: int, out_dim: int, radius: float) -> arb:
    norm, ratio = positive_box("data_norm", data_norm), _per_output(depth, out_dim)
    return monotone(lambda _, down: arb(1 / (share * ratio * down[0] ** 2)), (), (norm,), radius)


def _contraction(
    share: int, learning_rate: Real, depth: int, sigma_min: Real, out_dim: int, radius: float
) -> arb:
    falling = (
        positive_box("learning_rate", learning_rate),
        positive_box("sigma_min", sigma_min),
    )
    ratio = _per_output(depth, out_dim) / share
    return monotone(lambda _, down: arb(1 - down[0] * ratio * down[1] ** 2), (), falling, radius)
