"""Enclosures of what large widths and depths need: the central limit theorem's rate, and the zero-drift expansion.

Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most.
"""

from __future__ import annotations

from typing import Any

from flint import arb, ctx

from theory.enclosures import AnyActivation, Route
from theory.enclosures_activations import activation_box
from theory.enclosures_boxes import whole
from theory.enclosures_drift import log_norm_cumulant
from theory.enclosures_engine import bits_for, share
from theory.enclosures_law import Law

__all__ = ["clt_constant", "zero_drift_std_expansion"]

_REL_RADIUS = 1e-25


def clt_constant(
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose |k3|/(6 sqrt(2 pi) tau^3), with tau^2 and k3 the variance and third cumulant of a step of the log-norm.

    Parameters
    ----------
    width, activation, route, rel_radius
        As for `theory.enclosures_drift.log_norm_mean`; the activation exact.

    Returns
    -------
    flint.arb
        Contains the constant.

    Raises
    ------
    ValueError
        For an argument outside its domain, or a box of activations.

    Notes
    -----
    sqrt(depth) times the distance of the log-norm's law from the normal one tends to it. Esseen 1945; extension of
    Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> clt_constant(2, "linear").overlaps(arb(3).zeta() * 24**1.5 / (24 * (2 * arb.pi()).sqrt() * arb.pi() ** 3))
    True
    """
    chosen, units, inner = activation_box(activation), whole("width", width), share(rel_radius, 2)
    if not all(box.thin for box in (*chosen.slopes, chosen.keep)):
        raise ValueError(f"activation must have exact parameters here, got {chosen}")
    second, third = (log_norm_cumulant(k, units, chosen, route, inner) for k in (2, 3))
    with ctx.workprec(bits_for(inner)):
        return abs(third) / (6 * (2 * arb.pi()).sqrt() * second * second.sqrt())


def zero_drift_std_expansion(
    width: int, activation: AnyActivation = "relu", *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose exp(v/(4 width m1^2))/sqrt(m1 width), m1 and v the mean and variance of phi(z)^2.

    Parameters
    ----------
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the value at every point of the arguments (balls may be wider than need be).

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    The square root of `zero_drift_variance` up to O(width^-2), relatively. Sussillo & Abbott 2014 (linear and, with 1.2
    for 1.25, ReLU); extension for the rest.

    Examples
    --------
    >>> zero_drift_std_expansion(4, "linear").overlaps(arb(0.125).exp() / 2)
    True
    """
    chosen, units = activation_box(activation), whole("width", width)
    with ctx.workprec(bits_for(share(rel_radius))):
        ends = (*chosen.slopes, chosen.keep)
        parameters: list[Any] = [end.low if end.thin else end.ball() for end in ends]
        law = Law(*parameters)
        gain = law.keep**-2 if chosen.rescale else 1
        mean, square = law.moment(1), law.moment(2)
        spread = arb(square / mean**2 - 1) / (4 * units)
        return spread.exp() / (arb(mean * gain) * units).sqrt()
