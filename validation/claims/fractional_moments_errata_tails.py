"""Erratum B-E4's exact argument: the moments of deep networks are carried by networks too rare for a sample of 500."""

from __future__ import annotations

import numpy as np
from flint import arb, ctx

from theory import enclosures
from theory.activations import linear, relu
from theory.fractional_moments import norm_moment

__all__ = ["DEPTH", "NETWORKS", "WIDTH", "deep_moment", "enclosed_deep_moment", "reach_probability"]

WIDTH = 64
"""Of the notebook's layers."""
DEPTH = 500
"""Of its networks."""
NETWORKS = 500
"""That its sample moments are taken over."""

_SHARE = 0.5  # of the moment, that a sample is asked to reach
_TILTS = 40  # trial exponents in Chernoff's bound


def reach_probability(order: float) -> arb:
    """Enclose the probability that the notebook's sample moment of this order reaches half of the true one.

    Parameters
    ----------
    order : float
        Order alpha of the moment, whatever the scheme: its variance cancels.

    Returns
    -------
    flint.arb
        From 0 to a rigorous upper bound.

    Examples
    --------
    >>> reach_probability(3.0) < 0.0012
    True
    """
    with ctx.workprec(256):
        whole = _moment_before_last(order)
        bounds = (_bound(order, order * k / _TILTS, whole) for k in range(1, _TILTS))
        return arb(0).union(min(bounds, key=lambda bound: float(bound.upper())))


def _bound(order: float, tilt: float, whole: arb) -> arb:
    """Either a network beyond e^t occurs (Chernoff), or Markov's inequality holds for the others.

    With R = |x_499| the sample's units have mean c R^order given R, so the part of their moment that comes from
    R <= e^t is E[R^order; R <= e^t]/E R^order <= e^((order - tilt) t) E R^tilt/E R^order, and
    P(R > e^t) <= e^(-tilt t) E R^tilt, for 0 < tilt < order and any t: the best t in closed form.
    """
    rest = arb(order) - tilt
    best = arb(float((tilt * NETWORKS * _SHARE * whole / rest).log()) / order)
    rare, common = (-tilt * best).exp(), (rest * best).exp() / whole
    return _moment_before_last(tilt) * (NETWORKS * rare + common / _SHARE)


def _moment_before_last(order: float) -> arb:
    """E|x_499|^order at weights of variance 1, x_0 normal as in the notebook."""
    start = enclosures.norm_moment(order, WIDTH, linear(), rel_radius=1e-30)
    layer = enclosures.norm_moment(order, WIDTH, relu(), rel_radius=1e-30)
    return start * layer ** (DEPTH - 1)


def deep_moment(order: float) -> float:
    """Return E|x_500|^order/|x_0|^order in He's scheme from the closed form.

    Parameters
    ----------
    order : float
        > 0.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{deep_moment(2.0):.9f}")
    1.000000000
    """
    log_layer = order / 2 * np.log(2 / WIDTH) + np.log(norm_moment(order, WIDTH))
    return float(np.exp(DEPTH * log_layer))


def enclosed_deep_moment(order: float) -> arb:
    """Enclose the same.

    Parameters
    ----------
    order : float
        > 0.

    Returns
    -------
    flint.arb

    Examples
    --------
    >>> enclosed_deep_moment(2.0).contains(1), enclosed_deep_moment(2.0).rad() < 1e-25
    (True, True)
    """
    layer = enclosures.norm_moment(order, WIDTH, relu(), rel_radius=1e-30)
    with ctx.workprec(128):
        return (arb(2) / WIDTH) ** (arb(order) / 2 * DEPTH) * layer**DEPTH
