"""Enclosures of the kernel at orthogonal initialisation, and of the loss where it alone sets the course of training.

Conventions as in `theory.enclosures_deep_linear_rates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from flint import arb, fmpq

from theory.enclosures_boxes import Box, Real, nonnegative_box, positive_box, whole
from theory.enclosures_spectra import hull, monotone, spectrum, thin, total

__all__ = ["expected_initial_loss", "kernel_loss", "ntk_eigenvalues"]

_REL_RADIUS = 1e-25


def ntk_eigenvalues(
    singular_values: Real, depth: int, out_dim: int, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose one eigenvalue L s^2/d_y of the kernel at orthogonal initialisation.

    Parameters
    ----------
    singular_values : Real
        One singular value s of the inputs, finite and > 0.
    depth : int
        L, number of weight matrices, 1 to 2**53.
    out_dim : int
        d_y, number of outputs, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the eigenvalue at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, (7) and Lemma 4.2.

    Examples
    --------
    >>> ntk_eigenvalues(2, depth=10, out_dim=5).contains(8)
    True
    """
    value = positive_box("singular_values", singular_values)
    ratio = fmpq(whole("depth", depth), whole("out_dim", out_dim))
    return monotone(lambda up, _: arb(ratio * up[0] ** 2), (value,), (), rel_radius)


def expected_initial_loss(
    data_power: Real, target_power: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose E l(0) = (|X|_F^2 + |Y|_F^2)/2, of either initialisation.

    Parameters
    ----------
    data_power, target_power : Real
        |X|_F^2 and |Y|_F^2, finite and >= 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the loss at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Hu, Xiao & Pennington 2020, section 4.

    Examples
    --------
    >>> expected_initial_loss(3, 5).contains(4)
    True
    """
    rising = (
        nonnegative_box("data_power", data_power),
        nonnegative_box("target_power", target_power),
    )
    return monotone(lambda up, _: arb((up[0] + up[1]) / 2), rising, (), rel_radius)


def kernel_loss(
    steps: Real,
    singular_values: Sequence[Real] | Real,
    target_powers: Sequence[Real] | Real,
    learning_rate: Real,
    depth: int,
    out_dim: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose (1/2) sum_i |1 - eta L s_i^2/d_y|^(2t) (s_i^2 + |Y v_i|^2), the excess loss of infinitely wide nets.

    Parameters
    ----------
    steps : Real
        t, finite and >= 0.
    singular_values : sequence of Real, or Real
        s_i, finite and > 0.
    target_powers : sequence of Real, or Real
        |Y v_i|^2, finite and >= 0; as many.
    learning_rate : Real
        eta, finite and > 0.
    depth : int
        L, number of weight matrices, 1 to 2**53.
    out_dim : int
        d_y, number of outputs, 1 to 2**53.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the loss at every point of the arguments (balls may make it wider than need be); 0^0 counts as 1.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Hu, Xiao & Pennington 2020: the limit of large width.

    Examples
    --------
    >>> kernel_loss(1, 1, 3, learning_rate=0.125, depth=4, out_dim=1).contains(0.5)
    True
    """
    t, values = nonnegative_box("steps", steps), spectrum("singular_values", singular_values)
    powers = _powers(target_powers, len(values))
    eta = positive_box("learning_rate", learning_rate)
    ratio = fmpq(whole("depth", depth), whole("out_dim", out_dim))

    def terms() -> list[arb]:
        return [
            _power(_left(eta, ratio, s), t) * Box(s.low**2 + p.low, s.high**2 + p.high).ball() / 2
            for s, p in zip(values, powers, strict=True)
        ]

    return total(terms, thin(t, eta, *values, *powers), rel_radius)


def _left(eta: Box, ratio: fmpq, value: Box) -> Box:
    """|1 - eta L s^2/d_y|."""
    low, high = (e * ratio * s**2 for e, s in ((eta.low, value.low), (eta.high, value.high)))
    return Box(1 - high, 1 - low).magnitude()


def _power(base: Box, steps: Box) -> arb:
    """base^(2 steps), monotone in each: extreme at the corners."""
    pairs = {*product((base.low, base.high), (steps.low, steps.high))}
    return hull(arb(x) ** arb(2 * t) for x, t in pairs)


def _powers(values: Sequence[Real] | Real, size: int) -> list[Box]:
    given = list(values) if isinstance(values, Sequence) else [values]
    if len(given) != size:
        raise ValueError(f"target_powers must be {size} numbers, got {values!r}")
    return [nonnegative_box("target_powers", value) for value in given]
