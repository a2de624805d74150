"""Ball-arithmetic enclosures of the closed forms: intervals that contain the value, for certain, and are narrow.

Each function takes the same arguments as the float64 closed form of its name, one at a time, and returns a ball
(`flint.arb`: midpoint and radius). For exact arguments (ints, floats, Fractions) the ball's relative radius is at most
`rel_radius`. An argument may itself be a ball: the result then contains the value at all its points, and is close to
the smallest such interval, because each quantity is monotone in the parameters: M(p)^(1/p) = (E Q^p)^(1/p) is
non-decreasing in p (Lyapunov's inequality), in the size of the slopes and in keep_prob without rescaling, so its values
at two opposite corners of a box enclose it.

"Rigorous" means: given that python-flint (Arb) encloses what it says it encloses, and that the mathematics in the
notes is right. Limits: widths to 2**53; orders to 128 where the integral is used (larger ones raise
ValueError), any order where the sum is.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from flint import acb, arb, ctx, fmpq

from theory.activations import Activation
from theory.enclosures_activations import ActivationBox, activation_box
from theory.enclosures_boxes import Box, Real, nonnegative_box, positive_box, whole
from theory.enclosures_engine import bits_for, corners, one_of, power_mean, share
from theory.enclosures_law import Law, expansion

__all__ = [
    "AnyActivation",
    "Route",
    "laplace",
    "layer_laplace",
    "norm_moment",
    "weight_std",
    "weight_variance",
    "weight_variance_expansion",
]

_ONE = Box(fmpq(1), fmpq(1))
_REL_RADIUS = 1e-25

AnyActivation: TypeAlias = Activation | ActivationBox | str
"""An activation, a box of them, or one of "linear", "relu", "leaky_relu", "rrelu"."""

Route = Literal["auto", "sum", "mellin"]
"""How to evaluate E Q^p: the finite sum, the Mellin integral, or the quicker of those that apply."""


def laplace(
    t: Real,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the Laplace transform psi(t) = E exp(-t phi(z)^2), z ~ N(0, 1).

    Parameters
    ----------
    t : Real
        Finite, >= 0.
    activation : Activation, ActivationBox or str
        With or without dropout.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains psi at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    psi decreases in t and in the size of the slopes, and enters as 1 - keep_prob + keep_prob psi(t/keep_prob^2).
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> laplace(1.5, "relu").str(10)
    '0.7500000000'
    """
    return _transform(nonnegative_box("t", t), activation_box(activation), rel_radius)


def layer_laplace(
    t: Real,
    variance: Real,
    fan_out: int,
    activation: AnyActivation = "relu",
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E exp(-t |x_1|^2 / |x_0|^2) = psi(variance t)^fan_out for one layer x_1 = phi(W x_0).

    Parameters
    ----------
    t : Real
        Finite, >= 0.
    variance : Real
        Of each weight; finite, > 0.
    fan_out : int
        Number of units, 1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the transform at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Given x_0 the entries of W x_0 are independent N(0, variance |x_0|^2). Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> layer_laplace(0.75, 2, 3, "relu").str(10)  # 0.75 cubed
    '0.4218750000'
    """
    times, spread = nonnegative_box("t", t), positive_box("variance", variance)
    units = whole("fan_out", fan_out)
    scaled = Box(times.low * spread.low, times.high * spread.high)
    psi = _transform(scaled, activation_box(activation), share(rel_radius, units))
    with ctx.workprec(bits_for(share(rel_radius, units))):
        return psi**units


def norm_moment(
    order: Real,
    width: int,
    activation: AnyActivation = "relu",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose E|phi(z)|^order, z ~ N(0, I_width).

    Parameters
    ----------
    order : Real
        Finite, > 0.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    route : {"auto", "sum", "mellin"}
        The finite sum (fixed slopes; cost O(width), O(width^2) for a leaky slope with dropout), the Mellin integral
        (everything; cost independent of the width), or whichever is quicker.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the moment at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain, or route "sum" with a randomised slope.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    Source: Gurbuzbalaban & Hu 2021 (linear, ReLU, leaky ReLU); extension for randomised slopes and dropout. The test
    suite compares it with mpmath quadrature of the definition at 50 digits.

    Examples
    --------
    >>> norm_moment(1, 5, "relu").str(20)
    '[1.3752438620385582055 +/- 1.63e-20]'
    """
    p, chosen = _half(order), activation_box(activation)
    units = whole("width", width)
    mean = power_mean(p, units, chosen, route, share(rel_radius, int(p.high.ceil())))
    with ctx.workprec(bits_for(share(rel_radius, int(p.high.ceil())))):
        scale = chosen.keep.ball() ** -2 if chosen.rescale else arb(1)
        return (mean * scale) ** p.ball()


def weight_variance(
    order: Real,
    fan_in: int,
    fan_out: int | None = None,
    activation: AnyActivation = "relu",
    preserve: str = "rms",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the weight variance that preserves the moment of given order of a layer's norm.

    Parameters
    ----------
    order : Real
        Finite, > 0.
    fan_in, fan_out : int
        Widths, 1 to 2**53; fan_out None means fan_in.
    activation : Activation, ActivationBox or str
        With or without dropout.
    preserve : {"rms", "norm"}
        Whether (|x|/sqrt(width))^order or |x|^order keeps its mean.
    route : {"auto", "sum", "mellin"}
        As for `norm_moment`.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        (fan_out/fan_in) M^(-2/order) or M^(-2/order), M = norm_moment(order, fan_out, activation).

    Raises
    ------
    ValueError
        For an argument outside its domain.
    ArithmeticError
        If the ball is still too wide at 8192 bits.

    Notes
    -----
    Source: Gurbuzbalaban & Hu 2021, the initialisation that preserves the s-th moment (equal widths, linear, ReLU,
    leaky ReLU); extension for the rest.

    Examples
    --------
    >>> weight_variance(2, 512, activation="relu").contains(arb(2) / 512)
    True
    >>> weight_variance(1, 64, activation="relu").str(10)
    '[0.03187225702 +/- 1.22e-12]'
    """
    p, chosen = _half(order), activation_box(activation)
    inputs = whole("fan_in", fan_in)
    units = inputs if fan_out is None else whole("fan_out", fan_out)
    ratio = one_of("preserve", preserve, {"rms": fmpq(units, inputs), "norm": fmpq(1)})
    mean = power_mean(p, units, chosen, route, share(rel_radius))
    with ctx.workprec(bits_for(share(rel_radius))):
        scale = chosen.keep.ball() ** 2 if chosen.rescale else arb(1)
        return arb(ratio) * scale / mean


def weight_std(
    order: Real,
    fan_in: int,
    fan_out: int | None = None,
    activation: AnyActivation = "relu",
    preserve: str = "rms",
    *,
    route: Route = "auto",
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the square root of `weight_variance`; same errors and source.

    Parameters
    ----------
    order, fan_in, fan_out, activation, preserve, route, rel_radius
        As for `weight_variance`.

    Returns
    -------
    flint.arb

    Examples
    --------
    >>> weight_std(2, 8, activation="relu").str(10)
    '[0.5000000000 +/- 1e-15]'
    """
    variance = weight_variance(
        order, fan_in, fan_out, activation, preserve, route=route, rel_radius=rel_radius
    )
    with ctx.workprec(bits_for(rel_radius)):
        return variance.sqrt()


def weight_variance_expansion(
    order: Real,
    width: int,
    activation: AnyActivation = "relu",
    terms: int = 2,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the first terms of the 1/width series of `weight_variance` at equal widths.

    Parameters
    ----------
    order : Real
        Finite, > 0.
    width : int
        1 to 2**53.
    activation : Activation, ActivationBox or str
        With or without dropout.
    terms : int
        1, 2 or 3.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        The truncated series: exact rational arithmetic for exact arguments, ball arithmetic for balls (which may be
        wider than need be).

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    (1/(m1 d)) (1 + c1/d + c2/d^2) with p = order/2, V = Var(phi^2)/m1^2 and K = (third cumulant of phi^2)/m1^3:
    c1 = (1-p) V/2, c2 = (p-1) ((5p-7) V^2/8 - (p-2) K/6). Source: Gurbuzbalaban & Hu 2021 (two terms, linear and
    ReLU); extension for the rest.

    Examples
    --------
    >>> weight_variance_expansion(1, 10, "relu").str(10)  # 2/10 + 5/200
    '[0.2250000000 +/- 3e-15]'
    """
    p, chosen, d = _half(order), activation_box(activation), whole("width", width)
    used = one_of("terms", terms, {1: 1, 2: 2, 3: 3})
    boxes = (p, *chosen.slopes, chosen.keep)
    exact = all(b.thin for b in boxes)
    with ctx.workprec(bits_for(rel_radius)):
        at: list[Any] = [b.low if exact else b.ball() for b in boxes]
        return arb(expansion(at[0], Law(*at[1:]), chosen.rescale, d, used))


def _half(order: Real) -> Box:
    interval = positive_box("order", order)
    return Box(interval.low / 2, interval.high / 2)


def _transform(t: Box, activation: ActivationBox, radius: float) -> arb:
    """psi over a box: 1 - keep + keep psi0(t / keep^2), psi0 without dropout and monotone."""
    keep = activation.keep
    scale = keep if activation.rescale else _ONE
    far = Box(t.low / scale.high**2, t.high / scale.low**2)
    undropped = corners(lambda at, law: law.psi(acb(at)).real, far, activation, _ONE, share(radius))
    with ctx.workprec(bits_for(share(radius))):
        return (1 - keep.ball()) + keep.ball() * undropped
