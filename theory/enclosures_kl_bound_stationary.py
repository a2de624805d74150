"""Enclosures of the stationary state at a quadratic minimum: temperature, covariance, losses.

Conventions as in `theory.enclosures_kl_bound_divergence`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, ctx, fmpq

from theory.domain import flag
from theory.enclosures_boxes import Box, Real, box, positive_box, whole
from theory.enclosures_engine import bits_for, share
from theory.enclosures_spectra import monotone, spectrum

__all__ = [
    "stationary_covariance",
    "stationary_loss",
    "stationary_total_loss",
    "temperature",
]

_REL_RADIUS = 1e-25


def temperature(
    learning_rate: Real, batch_size: int, noise_variance: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose the temperature alpha sigma^2/(2b).

    Parameters
    ----------
    learning_rate : Real
        alpha, finite and > 0.
    batch_size : int
        b, 1 to 2**53.
    noise_variance : Real
        sigma^2, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the temperature at every point of the arguments.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Horii & Has 2026, (12).

    Examples
    --------
    >>> temperature(0.5, 2, 4).contains(0.5)
    True
    """
    size = whole("batch_size", batch_size)
    rising = (
        positive_box("learning_rate", learning_rate),
        positive_box("noise_variance", noise_variance),
    )
    return monotone(lambda up, _: arb(up[0] * up[1] / (2 * size)), rising, (), rel_radius)


def stationary_covariance(
    hessian: tuple[Real, Real],
    noise_covariance: Real,
    learning_rate: Real,
    batch_size: int,
    discrete: bool = False,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the stationary covariance of the weights along two eigendirections of the Hessian.

    Parameters
    ----------
    hessian : tuple of two Real
        Eigenvalues a_1, a_2 of the two directions, finite and > 0; equal numbers for one direction.
    noise_covariance : Real
        Sigma_12, the covariance of one example's gradient noise between them; finite, of any sign.
    learning_rate : Real
        alpha, finite and > 0.
    batch_size : int
        b, 1 to 2**53.
    discrete : bool
        Whether for the steps themselves, with alpha < 2/max(a_1, a_2), or for their limit alpha -> 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        alpha Sigma_12/(b (a_1 + a_2)), for the steps over b (a_1 + a_2 - alpha a_1 a_2). Contains the covariance at
        every point of the arguments; for the steps balls may give a wider result than need be.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    The steps' denominator is (1 - x_1 x_2)/alpha with x_i = 1 - alpha a_i, |x_i| < 1. Horii & Has 2026, (24); Mandt,
    Hoffman & Blei 2017; for the steps Liu, Ziyin & Ueda 2021.

    Examples
    --------
    >>> stationary_covariance((1, 3), 2, 0.5, 1).contains(0.25)
    True
    >>> stationary_covariance((1, 1), 1, 1, 1, discrete=True).contains(1)
    True
    """
    rates = spectrum("hessian", hessian)
    if len(rates) != 2:
        raise ValueError(f"hessian must be two eigenvalues, got {hessian!r}")
    noise = box("noise_covariance", noise_covariance)
    step, size = positive_box("learning_rate", learning_rate), whole("batch_size", batch_size)
    factor = _step_factor(rates, step) if flag("discrete", discrete) else _limit_factor(rates, step)
    with ctx.workprec(bits_for(share(rel_radius))):
        return factor.ball() * noise.ball() / size


def stationary_loss(temperature: Real, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose the stationary loss per parameter for isotropic noise, T/2.

    Parameters
    ----------
    temperature : Real
        T, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Equipartition: an extension of Horii & Has 2026 under its own assumptions.

    Examples
    --------
    >>> stationary_loss(0.5).contains(0.25)
    True
    """
    heat = positive_box("temperature", temperature)
    return monotone(lambda up, _: arb(up[0] / 2), (heat,), (), rel_radius)


def stationary_total_loss(
    noise_covariance: Sequence[Real] | Real,
    learning_rate: Real,
    batch_size: int,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose the stationary loss for any noise, summed over the parameters: alpha tr(Sigma)/(4b).

    Parameters
    ----------
    noise_covariance : sequence of Real, or Real
        Eigenvalues of Sigma, finite and > 0.
    learning_rate, batch_size, rel_radius
        As for `temperature`.

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
    Extension of Horii & Has 2026, (24).

    Examples
    --------
    >>> stationary_total_loss((1, 3), 0.5, 1).contains(0.5)
    True
    """
    rising = (
        positive_box("learning_rate", learning_rate),
        *spectrum("noise_covariance", noise_covariance),
    )
    size = whole("batch_size", batch_size)
    return monotone(
        lambda up, _: arb(up[0] * sum(up[1:], fmpq(0)) / (4 * size)), rising, (), rel_radius
    )


def _limit_factor(rates: Sequence[Box], step: Box) -> Box:
    """alpha/(a_1 + a_2), which rises in alpha and falls in the rates."""
    total = sum((a.low for a in rates), fmpq(0)), sum((a.high for a in rates), fmpq(0))
    return Box(step.low / total[1], step.high / total[0])


def _step_factor(rates: Sequence[Box], step: Box) -> Box:
    """alpha^2/(1 - x_1 x_2) with x_i = 1 - alpha a_i: the product of two intervals is extreme at corners."""
    left = [Box(1 - step.high * a.high, 1 - step.low * a.low) for a in rates]
    if any(x.low <= -1 for x in left):
        largest = max(a.high for a in rates)
        raise ValueError(
            f"learning_rate must be < 2/{largest} for the steps to converge, got {step.high}"
        )
    products = [x * y for x in (left[0].low, left[0].high) for y in (left[1].low, left[1].high)]
    return Box(step.low**2 / (1 - min(products)), step.high**2 / (1 - max(products)))
