"""Enclosures of the Kullback-Leibler divergences between a Gaussian stationary law and a Gaussian initial law.

Conventions as in `theory.enclosures`: exact arguments give balls of relative radius `rel_radius` at most, balls give
results that hold at all their points. A covariance or a Hessian is a sequence of eigenvalues.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flint import arb, fmpq

from theory.enclosures_boxes import Box, Real, box, nonnegative_box, positive_box
from theory.enclosures_engine import share
from theory.enclosures_spectra import log_excess, spectrum, thin, total

__all__ = [
    "kl_from_initial",
    "kl_to_initial",
    "minimum_divergence",
    "relaxation_divergence",
    "tightness",
]

_REL_RADIUS = 1e-25

_Spectrum = Sequence[Real] | Real


def kl_to_initial(
    covariance: _Spectrum, initial_variance: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose KL(N(0, C) || N(0, s0 I)) = (1/2) sum_i (c_i/s0 - 1 - log(c_i/s0)).

    Parameters
    ----------
    covariance : sequence of Real, or Real
        Eigenvalues c_i of C, finite and > 0.
    initial_variance : Real
        s0, finite and > 0.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Exactly 0 for C = s0 I. A ball for s0 is taken as another one in every term, so the result may be wider than
        need be.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Every term is >= 0 and evaluated without cancellation. Horii & Has 2026, (25).

    Examples
    --------
    >>> kl_to_initial((1, 4), 2.5).overlaps((arb(5) / 4).log())
    True
    """
    values = spectrum("covariance", covariance)
    start = positive_box("initial_variance", initial_variance)
    return _divergence([_quotient(c, start) for c in values], rel_radius)


def kl_from_initial(
    covariance: _Spectrum, initial_variance: Real, *, rel_radius: float = _REL_RADIUS
) -> arb:
    """Enclose KL(N(0, s0 I) || N(0, C)) = (1/2) sum_i (s0/c_i - 1 - log(s0/c_i)).

    Parameters
    ----------
    covariance, initial_variance, rel_radius
        As for `kl_to_initial`.

    Returns
    -------
    flint.arb
        As for `kl_to_initial`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Horii & Has 2026: the direction of the forward bound.

    Examples
    --------
    >>> kl_from_initial((1, 4), 1.6).overlaps((arb(5) / 4).log())
    True
    """
    values = spectrum("covariance", covariance)
    start = positive_box("initial_variance", initial_variance)
    return _divergence([_quotient(start, c) for c in values], rel_radius)


def minimum_divergence(covariance: _Spectrum, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose the least KL(N(0, C) || N(0, s0 I)) over s0: (K/2) log(AM/GM) of C's eigenvalues.

    Parameters
    ----------
    covariance, rel_radius
        As for `kl_to_initial`.

    Returns
    -------
    flint.arb
        Exactly 0 for equal eigenvalues. Balls may give a wider result than need be.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    The divergence at the arithmetic mean, which is exact. Extension of Horii & Has 2026.

    Examples
    --------
    >>> minimum_divergence((1, 4)).overlaps((arb(5) / 4).log())
    True
    """
    values = spectrum("covariance", covariance)
    low, high = (sum(ends, fmpq(0)) / len(values) for ends in zip(*map(_ends, values), strict=True))
    return _divergence([_quotient(c, Box(low, high)) for c in values], rel_radius)


def tightness(covariance: _Spectrum, *, rel_radius: float = _REL_RADIUS) -> arb:
    """Enclose the optimal loss bound over the stationary loss T/2: 1 + log(AM/GM) of C's eigenvalues.

    Parameters
    ----------
    covariance, rel_radius
        As for `kl_to_initial`.

    Returns
    -------
    flint.arb
        As for `minimum_divergence`.

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    Extension of Horii & Has 2026, (20).

    Examples
    --------
    >>> tightness((1, 4)).overlaps(1 + (arb(5) / 4).log())
    True
    """
    values = spectrum("covariance", covariance)
    least = minimum_divergence(covariance, rel_radius=share(rel_radius))
    return total(lambda: (arb(1), 2 * least / len(values)), thin(*values), rel_radius)


def relaxation_divergence(
    time: Real,
    hessian: _Spectrum,
    temperature: Real,
    initial_variance: Real,
    initial_mean: _Spectrum = 0,
    *,
    rel_radius: float = _REL_RADIUS,
) -> arb:
    """Enclose KL(p_t || p_ss) for dW = -A W dt + sqrt(2T) dB from N(mean, s0 I).

    Parameters
    ----------
    time : Real
        Finite, >= 0.
    hessian : sequence of Real, or Real
        Eigenvalues a_i of A, finite and > 0.
    temperature : Real
        T, finite and > 0.
    initial_variance : Real
        s0, finite and > 0.
    initial_mean : sequence of Real, or Real
        Mean in the eigenbasis of A; one number stands for all directions.
    rel_radius : float
        Largest relative radius of the ball for exact arguments.

    Returns
    -------
    flint.arb
        Contains the divergence at every point of the arguments (balls may be wider than need be).

    Raises
    ------
    ValueError
        For an argument outside its domain.

    Notes
    -----
    (1/2) sum_i (r_i - 1 - log r_i + a_i mean_i^2 exp(-2 a_i t)/T), r_i = 1 + (a_i s0/T - 1) exp(-2 a_i t): every term
    is >= 0. Extension of Horii & Has 2026.

    Examples
    --------
    >>> relaxation_divergence(0, (1, 2), 1, 1).overlaps((1 - arb(2).log()) / 2)
    True
    """
    moment, rates = nonnegative_box("time", time), spectrum("hessian", hessian)
    heat, start = (
        positive_box("temperature", temperature),
        positive_box("initial_variance", initial_variance),
    )
    means = _means(initial_mean, len(rates))

    def terms() -> list[arb]:
        return [_direction(moment, a, heat, start, m) for a, m in zip(rates, means, strict=True)]

    return total(terms, thin(moment, heat, start, *rates, *means), rel_radius)


def _direction(time: Box, rate: Box, heat: Box, start: Box, mean: Box) -> arb:
    """The divergence of one direction; the share of the initial law that is left decays as exp(-2 a t)."""
    decay = 2 * Box(rate.low * time.low, rate.high * time.high).ball()
    left, gone = (-decay).exp(), -(-decay).expm1()
    scaled = Box(start.low * rate.low / heat.high, start.high * rate.high / heat.low)
    distance = Box(scaled.low - 1, scaled.high - 1).ball() * left
    between = Box(min(scaled.low, fmpq(1)), max(scaled.high, fmpq(1))).ball()
    ratio = (scaled.ball() * left + gone).intersection(between)  # of 1 and s0 a/T it is an average
    shift = mean.magnitude().ball() ** 2 * rate.ball() / heat.ball() * left
    return (log_excess(ratio, distance) + shift) / 2


def _means(values: _Spectrum, size: int) -> list[Box]:
    given = list(values) if isinstance(values, Sequence) else [values] * size
    if len(given) != size:
        raise ValueError(f"initial_mean must be one number or {size} of them, got {values!r}")
    return [box("initial_mean", value) for value in given]


def _divergence(ratios: Sequence[Box], radius: float) -> arb:
    """Half the sum of r - 1 - log(r)."""
    return total(partial(_terms, ratios), thin(*ratios), radius)


def _terms(ratios: Sequence[Box]) -> list[arb]:
    return [log_excess(r.ball(), Box(r.low - 1, r.high - 1).ball()) / 2 for r in ratios]


def _quotient(above: Box, below: Box) -> Box:
    return Box(above.low / below.high, above.high / below.low)


def _ends(interval: Box) -> tuple[fmpq, fmpq]:
    return interval.low, interval.high
