"""Enclosures of a random network's expected output power and expected loss.

Conventions as in `theory.enclosures_kl_bound_divergence`; widths are whole numbers, exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from types import MappingProxyType

from flint import arb, fmpq

from theory.enclosures import AnyActivation
from theory.enclosures_activations import activation_box
from theory.enclosures_boxes import Box, Real, nonnegative_box, positive_box, whole
from theory.enclosures_engine import one_of
from theory.enclosures_law import Law
from theory.enclosures_spectra import Point, monotone, spectrum

__all__ = [
    "expected_initial_loss",
    "expected_output_power",
    "layer_sizes",
    "loss_coefficient",
    "mean_square",
    "whole_widths",
]

_REL_RADIUS = 1e-25
_ONE = fmpq(1)


def expected_output_power(
    widths: Sequence[int],
    variances: Sequence[Real] | Real,
    input_power: Real,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E|f(x)|^2 = |x|^2 m1^(L-1) prod_l n_l s_l.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L, each 1 to 2**53.
    variances : sequence of Real, or Real
        s_1, ..., s_L, or one for all layers; finite and > 0.
    input_power : Real
        |x|^2, finite and > 0.
    activation : Activation, ActivationBox or str
        On every layer but the last.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the power at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    m1 = E phi(z)^2, z ~ N(0, 1). Extension of Horii & Has 2026.

    Examples
    --------
    >>> expected_output_power((4, 6, 3), 0.5, 4).contains(9)
    True
    """
    power = _power(widths, variances, input_power, activation)
    return monotone(lambda up, _: arb(up[0]), (power,), (), rel_radius)


def expected_initial_loss(
    widths: Sequence[int],
    variances: Sequence[Real] | Real,
    input_power: Real,
    target_power: Real,
    activation: AnyActivation = "relu",
    loss: str = "half_squared",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose (P_x G + P_y)/2, or for the cross-entropy its upper bound log C + (1 - 1/C) P_x G/(2 C), C = n_L.

    Parameters
    ----------
    widths, variances, input_power, activation, rel_radius
        As for `expected_output_power`, with P_x the mean of |x|^2; P_x G is the output power.
    target_power : Real
        P_y, the mean of |y|^2, finite and >= 0; the cross-entropy does not use it.
    loss : {"half_squared", "cross_entropy"}
        The cross-entropy needs n_L >= 2 classes.

    Returns
    -------
    flint.arb
        Contains the value at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Horii & Has 2026.

    Examples
    --------
    >>> expected_initial_loss((4, 6, 3), 0.5, 4, 1).contains(5)
    True
    """
    power = _power(widths, variances, input_power, activation)
    target, factor = nonnegative_box("target_power", target_power), loss_coefficient(loss, widths)
    squared = loss == "half_squared"

    def value(up: Point, _: Point) -> arb:
        return factor * up[0] + (arb(up[1] / 2) if squared else arb(int(widths[-1])).log())

    return monotone(value, (power, target), (), rel_radius)


def whole_widths(widths: Sequence[int]) -> list[int]:
    """Return the `widths` n_0, ..., n_L as ints.

    Raises
    ------
    ValueError
        If they are not two whole numbers from 1 to 2**53 at least.

    Examples
    --------
    >>> whole_widths((3, 2.0))
    [3, 2]
    """
    if not isinstance(widths, Sequence) or len(widths) < 2:
        raise ValueError(f"widths must be a sequence of two at least, got {widths!r}")
    return [whole("widths", width) for width in widths]


def layer_sizes(widths: Sequence[int]) -> list[int]:
    """Return the number of weights of every layer between consecutive `widths`.

    Examples
    --------
    >>> layer_sizes((4, 6, 3))
    [24, 18]
    """
    return [before * after for before, after in pairwise(widths)]


def loss_coefficient(loss: str, widths: Sequence[int]) -> fmpq:
    """Return beta: the expected loss, or its bound, is a constant plus beta P_x G.

    Parameters
    ----------
    loss : {"half_squared", "cross_entropy"}
        Name of the loss.
    widths : sequence of int
        n_0, ..., n_L.

    Returns
    -------
    flint.fmpq
        1/2, or (1 - 1/C)/(2 C) with C = n_L.

    Raises
    ------
    ValueError
        For an unknown loss, or the cross-entropy of one class.

    Examples
    --------
    >>> loss_coefficient("cross_entropy", (5, 2))
    1/8
    """
    classes = whole_widths(widths)[-1]
    if one_of("loss", loss, _CLASSES) > classes:
        raise ValueError(f"widths must end in two classes at least for cross_entropy, got {widths}")
    return fmpq(1, 2) if loss == "half_squared" else fmpq(classes - 1, 2 * classes**2)


_CLASSES: Mapping[str, int] = MappingProxyType({"half_squared": 1, "cross_entropy": 2})


def mean_square(activation: AnyActivation) -> Box:
    """Return the interval of m1 = E phi(z)^2, z ~ N(0, 1), over an `activation` or a box of them.

    Examples
    --------
    >>> mean_square("relu")
    Box(low=1/2, high=1/2)
    """
    chosen = activation_box(activation)
    (a, b), keep = chosen.slopes, chosen.keep
    low, high = (Law(*slopes, _ONE).moment(1) for slopes in ((a.low, b.low), (a.high, b.high)))
    if chosen.rescale:  # kept with probability q, multiplied by 1/q
        return Box(low / keep.high, high / keep.low)
    return Box(low * keep.low, high * keep.high)


def _power(
    widths: Sequence[int],
    variances: Sequence[Real] | Real,
    input_power: Real,
    activation: AnyActivation,
) -> Box:
    """The output power, which rises in every argument, in exact arithmetic at both ends."""
    units, m1 = whole_widths(widths)[1:], mean_square(activation)
    spread, start = spectrum("variances", variances), positive_box("input_power", input_power)
    layers = spread if isinstance(variances, Sequence) else spread * len(units)
    if len(layers) != len(units):
        raise ValueError(f"variances must be one number or {len(units)} of them, got {variances!r}")
    low = start.low * m1.low ** (len(units) - 1) * prod([s.low for s in layers], start=_ONE)
    high = start.high * m1.high ** (len(units) - 1) * prod([s.high for s in layers], start=_ONE)
    return Box(low * prod(units), high * prod(units))
