"""Enclosures of the widths that the theorems ask for, up to their constants.

Conventions as in `theory.enclosures_deep_linear_rates`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, fmpq

from theory.enclosures_boxes import Box, Real, nonnegative_box, positive_box, whole
from theory.enclosures_spectra import Point, monotone, spectrum

__all__ = ["gaussian_required_width", "required_width"]

_REL_RADIUS = 1e-25


def required_width(
    singular_values: Sequence[Real] | Real,
    target_norm: Real,
    out_dim: int,
    failure_probability: Real,
    constant: Real = 1,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose C r~ kappa^2 (d_y (1 + |W*|^2) + log(r/delta)), the width that Theorem 4.1 asks of orthogonal nets.

    Parameters
    ----------
    singular_values : sequence of Real, or Real
        The r non-zero singular values s_i of the inputs, finite and > 0; kappa = (max/min)^2, r~ = sum s_i^2/max^2.
    target_norm : Real
        |W*|, finite and >= 0.
    out_dim : int
        d_y, number of outputs, 1 to 2**53.
    failure_probability : Real
        delta, in (0, 1).
    constant : Real
        C, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the width at every point of the arguments. A ball for a singular value is taken as another one
        wherever it occurs, so the result may be wider than need be.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    r~ kappa^2 = sum s_i^2 max^2/min^4. Hu, Xiao & Pennington 2020, Theorem 4.1.

    Examples
    --------
    >>> required_width((1, 1), 1, 3, failure_probability=0.5).overlaps(12 + 2 * arb(4).log())
    True
    """
    s, outputs = spectrum("singular_values", singular_values), whole("out_dim", out_dim)
    rising = (*s, nonnegative_box("target_norm", target_norm), positive_box("constant", constant))
    falling = (*s, _probability(failure_probability))

    def value(up: Point, down: Point) -> arb:
        *large, norm, factor = up
        *small, delta = down
        squares = sum((x**2 for x in large), fmpq(0))
        spread = factor * squares * max(large) ** 2 / min(small) ** 4
        return spread * (arb(outputs * (1 + norm**2)) + arb(len(s) / delta).log())

    return monotone(value, rising, falling, rel_radius)


def gaussian_required_width(
    singular_values: Sequence[Real] | Real,
    target_norm: Real,
    out_dim: int,
    failure_probability: Real,
    depth: int,
    constant: Real = 1,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose C L max(r kappa^3 d_y (1 + |W*|^2), r kappa^3 log(r/delta), log L), which Du & Hu ask of Gaussian nets.

    Parameters
    ----------
    singular_values, target_norm, out_dim, failure_probability, constant, rel_radius
        As for `required_width`.
    depth : int
        L, number of weight matrices, 1 to 2**53.

    Returns
    -------
    flint.arb
        As for `required_width`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Du & Hu 2019 (arXiv 1901.08572), as quoted by Hu, Xiao & Pennington 2020.

    Examples
    --------
    >>> gaussian_required_width((1, 1), 1, 3, failure_probability=0.1, depth=7).contains(84)
    True
    """
    s, outputs = spectrum("singular_values", singular_values), whole("out_dim", out_dim)
    layers = whole("depth", depth)
    rising = (*s, nonnegative_box("target_norm", target_norm), positive_box("constant", constant))
    falling = (*s, _probability(failure_probability))

    def value(up: Point, down: Point) -> arb:
        *large, norm, factor = up
        *small, delta = down
        spread = len(s) * max(large) ** 6 / min(small) ** 6
        from_data = arb(outputs * (1 + norm**2)).max(arb(len(s) / delta).log()) * spread
        return layers * factor * from_data.max(arb(layers).log())

    return monotone(value, rising, falling, rel_radius)


def _probability(value: Real) -> Box:
    delta = positive_box("failure_probability", value)
    if delta.high >= 1:
        raise ValueError(f"failure_probability must be in (0, 1), got {value}")
    return delta
