"""Enclosures of the weight variances of a network that make the forward or the transient bound least.

Conventions as in `theory.enclosures_kl_bound_networks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from flint import arb, ctx, fmpq

from theory.enclosures import AnyActivation
from theory.enclosures_boxes import Box, Real, box, positive_box
from theory.enclosures_engine import bits_for, share
from theory.enclosures_kl_bound_networks import (
    layer_sizes,
    loss_coefficient,
    mean_square,
    whole_widths,
)
from theory.enclosures_roots import increasing_root
from theory.enclosures_spectra import Point, monotone

__all__ = ["optimal_gain", "optimal_scale", "optimal_variance", "optimal_variances"]

_REL_RADIUS = 1e-25
_LARGEST = 2**1000


def optimal_scale(
    widths: Sequence[int],
    temperature: Real,
    input_power: Real,
    activation: AnyActivation = "relu",
    loss: str = "half_squared",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose c* = (m1 n_0 K T/(2 beta P_x L n_L))^(1/L), of the variances s_l = c/(m1 n_(l-1)).

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, each 1 to 2**53.
    temperature : Real
        T, finite and > 0.
    input_power : Real
        P_x, the mean of |x|^2, finite and > 0.
    activation : Activation, ActivationBox or str
        m1 = E phi(z)^2.
    loss : {"half_squared", "cross_entropy"}
        beta = 1/2 or (1 - 1/C)/(2 C) with C = n_L >= 2 classes.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the scale at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Horii & Has 2026.

    Examples
    --------
    >>> optimal_scale((8, 8, 8), 0.0625, 8).contains(0.5)
    True
    """
    n, beta = whole_widths(widths), loss_coefficient(loss, widths)
    rising = (mean_square(activation), positive_box("temperature", temperature))
    falling = (positive_box("input_power", input_power),)
    layers = len(n) - 1
    factor = fmpq(n[0] * sum(layer_sizes(n)), n[-1] * layers) / (2 * beta)

    def value(up: Point, down: Point) -> arb:
        return arb(factor * up[0] * up[1] / down[0]) ** arb(fmpq(1, layers))

    return monotone(value, rising, falling, rel_radius)


def optimal_variances(
    widths: Sequence[int],
    temperature: Real,
    weight_decay: Real,
    input_power: Real,
    activation: AnyActivation = "relu",
    loss: str = "half_squared",
    *,
    rel_radius: float = _REL_RADIUS,
) -> tuple[arb, ...]:
    """Enclose the variances s_l = (T - 2 beta P_x G/K_l)/lambda, G their own end-to-end gain.

    Parameters
    ----------
    widths, temperature, input_power, activation, loss, rel_radius
        As for `optimal_scale`.
    weight_decay : Real
        lambda, finite and > 0.

    Returns
    -------
    tuple of flint.arb
        One ball a layer; each contains the variance at every point of the arguments (balls may make it wider than
        need be).

    Raises
    ------
    ValueError
        For an argument outside its domain, or if y is not within 2**-1000 and 2**1000.
    ArithmeticError
        If the root's ball is still too wide at 8192 bits.

    Notes
    -----
    With K_1 the smallest layer and G = (K_1 T/(2 beta P_x)) y/(1 + y), every variance is
    (T/lambda) (1 + y (1 - K_1/K_l))/(1 + y) > 0 for y > 0, and G is their gain where

        log y + (L - 1) log(1 + y) - sum_l log(1 + y (1 - K_1/K_l)) = shift,

    shift free of y. The left side rises from -inf to inf, its derivative being at least 1/y: the term of the smallest
    layer is 0, and x/(1 + y x) <= 1/(1 + y) for x <= 1. So there is one root, and a change of sign encloses it.
    Extension of Horii & Has 2026.

    Examples
    --------
    >>> [s.str(8, radius=False) for s in optimal_variances((1, 1), 2, 1, 1)]  # (2 - s)/1 = s
    ['1.0000000']
    """
    problem = _problem(widths, temperature, weight_decay, input_power, activation, loss)
    place = problem.place(share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        scale = problem.heat.ball() / problem.decay.ball()
        return tuple(scale * _left(place, ratio) for ratio in problem.ratios)


def optimal_variance(layer: int, **arguments: Any) -> arb:
    """Enclose one layer's variance of `optimal_variances`, which takes the `arguments`; layers count from 1.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Examples
    --------
    >>> optimal_variance(1, widths=(1, 1), temperature=2, weight_decay=1, input_power=1).overlaps(arb(1))
    True
    """
    values = optimal_variances(**arguments)
    if isinstance(layer, bool) or layer not in range(1, len(values) + 1):
        raise ValueError(f"layer must be one of 1 to {len(values)}, got {layer!r}")
    return values[int(layer) - 1]


def optimal_gain(
    widths: Sequence[int],
    temperature: Real,
    weight_decay: Real,
    input_power: Real,
    activation: AnyActivation = "relu",
    loss: str = "half_squared",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the end-to-end gain G = m1^(L-1) prod_l n_l s_l of the `optimal_variances`.

    Parameters
    ----------
    widths, temperature, weight_decay, input_power, activation, loss, rel_radius
        As for `optimal_variances`.

    Returns
    -------
    flint.arb
        Contains the gain at every point of the arguments (balls may make it wider than need be).

    Raises
    ------
    ValueError, ArithmeticError
        As for `optimal_variances`.

    Notes
    -----
    Extension of Horii & Has 2026.

    Examples
    --------
    >>> optimal_gain((1, 1), 2, 1, 1).overlaps(arb(1))
    True
    """
    problem = _problem(widths, temperature, weight_decay, input_power, activation, loss)
    place = problem.place(share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        largest = min(layer_sizes(problem.widths)) * problem.heat.ball() / (2 * arb(problem.beta))
        share_of_it = 1 / (1 + 1 / place)
        return largest / problem.power.ball() * share_of_it


@dataclass(frozen=True)
class _Problem:
    """The equation of the optimal gain."""

    widths: list[int]
    heat: Box
    decay: Box
    power: Box
    m1: Box
    beta: fmpq

    @property
    def ratios(self) -> list[fmpq]:
        """The smallest layer's number of weights over each layer's."""
        sizes = layer_sizes(self.widths)
        return [fmpq(min(sizes), size) for size in sizes]

    def place(self, radius: float) -> arb:
        """The y of the optimal gain: it rises with T and m1 and P_x, and falls with the weight decay.

        exp(shift) = m1^(L-1) prod_l n_l 2 beta P_x T^(L-1)/(K_1 lambda^L).
        """
        layers = len(self.widths) - 1
        constant = 2 * self.beta * prod(self.widths[1:]) / min(layer_sizes(self.widths))
        low = (
            (self.m1.low * self.heat.low) ** (layers - 1) * self.power.low / self.decay.high**layers
        )
        high = (
            (self.m1.high * self.heat.high) ** (layers - 1)
            * self.power.high
            / self.decay.low**layers
        )
        roots = [self._root(constant * end, radius) for end in {low, high}]
        with ctx.workprec(bits_for(radius)):
            return roots[0].union(roots[-1])

    def _root(self, target: fmpq, radius: float) -> arb:
        """The root for an exact exp(shift)."""

        def excess(y: fmpq) -> arb:
            logs = sum((_left(arb(y), r).log() for r in self.ratios), arb(0))
            return arb(y / (1 + y)).log() - logs - arb(target).log()

        return increasing_root(excess, _LARGEST, radius)


def _left(y: arb, ratio: fmpq) -> arb:
    """(1 + y (1 - ratio))/(1 + y), which falls in y: at the ends of a ball."""
    ends = [(1 + at * (1 - ratio)) / (1 + at) for at in (y.lower(), y.upper())]
    return ends[0].union(ends[1])


def _problem(
    widths: Sequence[int],
    temperature: Real,
    weight_decay: Real,
    input_power: Real,
    activation: AnyActivation,
    loss: str,
) -> _Problem:
    return _Problem(
        whole_widths(widths),
        positive_box("temperature", temperature),
        _decay_box(weight_decay),
        positive_box("input_power", input_power),
        mean_square(activation),
        loss_coefficient(loss, widths),
    )


def _decay_box(value: Real) -> Box:
    decay = box("weight_decay", value)
    if decay.low <= 0:
        raise ValueError(
            "weight_decay must be > 0: without it the bound has no optimal variances, for it is unbounded below unless "
            f"every layer has the same number of weights, and flat along a hyperplane if so; got {value!r}"
        )
    return decay
