"""Enclosures of the bounds that free energy gives: at the stationary state, at every time, and on the weights.

Conventions as in `theory.enclosures_kl_bound_divergence`.
"""

from __future__ import annotations

from flint import arb

from theory.enclosures_boxes import Box, Real, box, nonnegative_box, positive_box, whole
from theory.enclosures_spectra import Point, monotone, thin, total

__all__ = ["forward_bound", "free_energy_loss", "second_moment_bound", "transient_bound"]

_REL_RADIUS = 1e-25


def free_energy_loss(
    initial_loss: Real,
    initial_entropy: Real,
    stationary_entropy: Real,
    divergence: Real,
    temperature: Real,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the stationary loss E_0[L] - T (S_0 - S_ss) - T KL(p_0 || p_ss).

    Parameters
    ----------
    initial_loss : Real
        E_0[L], finite.
    initial_entropy, stationary_entropy : Real
        Differential entropies S_0 and S_ss in nats, finite.
    divergence : Real
        KL(p_0 || p_ss) in nats, finite and >= 0.
    temperature : Real
        T, finite and > 0.
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
    Extension of Horii & Has 2026: for p_ss proportional to exp(-L/T).

    Examples
    --------
    >>> free_energy_loss(3, 1, 0.5, 0.25, 2).contains(1.5)
    True
    """
    loss, heat = box("initial_loss", initial_loss), positive_box("temperature", temperature)
    first, last = (
        box("initial_entropy", initial_entropy),
        box("stationary_entropy", stationary_entropy),
    )
    gap = nonnegative_box("divergence", divergence)

    def terms() -> list[arb]:
        return [loss.ball(), heat.ball() * (last.ball() - first.ball() - gap.ball())]

    return total(terms, thin(loss, heat, first, last, gap), rel_radius)


def forward_bound(
    initial_loss: Real,
    initial_variance: Real,
    temperature: Real,
    parameters: int,
    stationary_entropy: Real,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the bound E_0[L] - (T K/2) log(2 pi e s0) + T S_ss on E_ss[L].

    Parameters
    ----------
    initial_loss : Real
        E_0[L], finite.
    initial_variance, temperature, parameters, rel_radius
        As for `theory.enclosures_kl_bound.loss_bound`.
    stationary_entropy : Real
        Differential entropy S_ss of p_ss in nats, finite.

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
    Extension of Horii & Has 2026, from KL(p_0 || p_ss) >= 0.

    Examples
    --------
    >>> forward_bound(1, 1, 2, 1, 0).overlaps(-(2 * arb.pi()).log())
    True
    """
    loss, start = (
        box("initial_loss", initial_loss),
        positive_box("initial_variance", initial_variance),
    )
    heat, entropy = (
        positive_box("temperature", temperature),
        box("stationary_entropy", stationary_entropy),
    )
    size = whole("parameters", parameters)

    def terms() -> list[arb]:
        gaussian = (1 + (2 * arb.pi() * start.ball()).log()) * size / 2
        return [loss.ball(), heat.ball() * (entropy.ball() - gaussian)]

    return total(terms, thin(loss, start, heat, entropy), rel_radius)


def transient_bound(
    initial_loss: Real,
    initial_variance: Real,
    second_moment: Real,
    temperature: Real,
    parameters: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the bound E_0[L] + (K T/2) log(M/(K s0)) on E_t[L], M = E_t|W|^2.

    Parameters
    ----------
    initial_loss : Real
        E_0[L], finite.
    initial_variance, temperature, parameters, rel_radius
        As for `theory.enclosures_kl_bound.loss_bound`.
    second_moment : Real
        M at the time t, finite and > 0.

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
    Extension of Horii & Has 2026: free energy falls, and a Gaussian law has the largest entropy.

    Examples
    --------
    >>> transient_bound(1, 1, 4, 1, 2).overlaps(1 + arb(2).log())
    True
    """
    loss, heat = box("initial_loss", initial_loss), positive_box("temperature", temperature)
    start, moment = (
        positive_box("initial_variance", initial_variance),
        positive_box("second_moment", second_moment),
    )
    size = whole("parameters", parameters)
    growth = Box(moment.low / (size * start.high), moment.high / (size * start.low))

    def terms() -> list[arb]:
        return [loss.ball(), heat.ball() * size / 2 * growth.ball().log()]

    return total(terms, thin(loss, heat, start, moment), rel_radius)


def second_moment_bound(
    time: Real,
    initial_variance: Real,
    temperature: Real,
    parameters: int,
    depth: int,
    target_power: Real,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the bound K s0 + (2 K T + L P_y/2) t on E_t|W|^2.

    Parameters
    ----------
    time : Real
        t, finite and >= 0.
    initial_variance, temperature, parameters, rel_radius
        As for `theory.enclosures_kl_bound.loss_bound`.
    depth : int
        L, the degree of homogeneity of the network, 1 to 2**53.
    target_power : Real
        P_y, mean of |y|^2, finite and >= 0.

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
    Extension of Horii & Has 2026, for the loss |f - y|^2/2 with f homogeneous of degree L.

    Examples
    --------
    >>> second_moment_bound(2, 0.5, 0.25, 4, 2, 1).contains(8)
    True
    """
    size, layers = whole("parameters", parameters), whole("depth", depth)
    rising = (
        nonnegative_box("time", time),
        positive_box("initial_variance", initial_variance),
        positive_box("temperature", temperature),
        nonnegative_box("target_power", target_power),
    )

    def value(up: Point, _: Point) -> arb:
        moment, start, heat, power = up
        return arb(size * start + (2 * size * heat + layers * power / 2) * moment)

    return monotone(value, rising, (), rel_radius)
