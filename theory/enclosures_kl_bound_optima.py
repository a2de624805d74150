"""Enclosures of the initial variances that make a bound or a divergence least.

Conventions as in `theory.enclosures_kl_bound_divergence`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, fmpq

from theory.enclosures_boxes import Real, positive_box, whole
from theory.enclosures_spectra import Point, monotone, spectrum

__all__ = [
    "jeffreys_variance",
    "mean_variance",
    "optimal_initial_variance",
    "virial_variance",
]

_REL_RADIUS = 1e-25


def optimal_initial_variance(
    second_moment: Real, parameters: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the minimum M/K of `theory.enclosures_kl_bound.loss_bound` over the initial variance.

    Parameters
    ----------
    second_moment : Real
        M = E_ss|W|^2, finite and > 0.
    parameters : int
        K, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the variance at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Horii & Has 2026, the optimal condition.

    Examples
    --------
    >>> optimal_initial_variance(5, 2).contains(2.5)
    True
    """
    moment, size = positive_box("second_moment", second_moment), whole("parameters", parameters)
    return monotone(lambda up, _: arb(up[0] / size), (moment,), (), rel_radius)


def mean_variance(covariance: Sequence[Real] | Real, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose tr C/K, the minimum of KL(N(0, C) || N(0, s0 I)) over s0.

    Parameters
    ----------
    covariance : sequence of Real, or Real
        Eigenvalues of C, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the mean at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Horii & Has 2026, (26).

    Examples
    --------
    >>> mean_variance((1, 4)).contains(2.5)
    True
    """
    values = spectrum("covariance", covariance)
    return monotone(lambda up, _: arb(_sum(up) / len(up)), values, (), rel_radius)


def virial_variance(
    hessian: Sequence[Real] | Real, temperature: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose K T/tr A, the minimum of the forward bound over the initial variance at a quadratic minimum.

    Parameters
    ----------
    hessian : sequence of Real, or Real
        Eigenvalues of A, finite and > 0.
    temperature : Real
        T, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the variance at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Horii & Has 2026.

    Examples
    --------
    >>> virial_variance((1, 3), 1).contains(0.5)
    True
    """
    rates, heat = spectrum("hessian", hessian), positive_box("temperature", temperature)

    def value(up: Point, down: Point) -> arb:
        return arb(up[0] * len(down) / _sum(down))

    return monotone(value, (heat,), rates, rel_radius)


def jeffreys_variance(covariance: Sequence[Real] | Real, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose sqrt(tr C/tr C^-1), the minimum over s0 of the sum of both divergences.

    Parameters
    ----------
    covariance, rel_radius
        As for `mean_variance`.

    Returns
    -------
    flint.arb
        Contains the variance at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    The geometric mean of the eigenvalues' arithmetic and harmonic means. Extension of Horii & Has 2026.

    Examples
    --------
    >>> jeffreys_variance((1, 4)).contains(2)
    True
    """
    values = spectrum("covariance", covariance)

    def value(up: Point, _: Point) -> arb:
        inverse = sum((1 / arb(c) for c in up), arb(0))  # as a fraction it would grow with K
        return (arb(_sum(up)) / inverse).sqrt()

    return monotone(value, values, (), rel_radius)


def _sum(values: Point) -> fmpq:
    return sum(values, fmpq(0))
