"""Initial variances that make a bound or a divergence least, at a quadratic minimum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.domain import Floats, broadcast, count, positive
from theory.kl_bound.spectra import arithmetic_mean, eigenvalues, harmonic_mean
from theory.ratios import ratio

__all__ = ["jeffreys_variance", "optimal_initial_variance", "virial_variance"]


def optimal_initial_variance(second_moment: ArrayLike, parameters: ArrayLike) -> Floats:
    """The paper's optimal initial variance: the mean square of the stationary weights.

    Parameters
    ----------
    second_moment : array_like
        E_ss|W|^2, summed over the parameters, finite and > 0; at a Gaussian state tr C. For one layer: that layer's.
    parameters : array_like
        K, a whole number >= 1; for one layer: that layer's.

    Returns
    -------
    float64 or ndarray
        s0 = E_ss|W|^2/K, the unique minimum of `loss_bound` and of KL(p_ss || p_0). A variance: its root is the
        standard deviation sigma_0.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    One rounding. The minimum is at fixed E_ss|W|^2 and log C_loc: if these move with s0 there need be none (A-E5).

    References
    ----------
    Horii & Has 2026, (19)-(21), (26).

    Examples
    --------
    >>> float(optimal_initial_variance(5.0, 2))
    2.5
    """
    moment, size = broadcast(
        second_moment=positive("second_moment", second_moment),
        parameters=count("parameters", parameters),
    )
    return np.asarray(moment / size)[()]


def virial_variance(hessian: ArrayLike, temperature: ArrayLike) -> Floats:
    """The initial variance that makes the forward bound least at a quadratic minimum: K T/tr A.

    Parameters
    ----------
    hessian : array_like
        A: a number (one parameter), eigenvalues (1-d) or a symmetric positive definite matrix (2-d).
    temperature : array_like
        T, finite and > 0.

    Returns
    -------
    float64 or ndarray
        Harmonic mean of the stationary variances T/a_i; of temperature's shape. It solves the virial condition
        E_0[W . grad L] = K T.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    The paper's optimum is the arithmetic mean of the same variances; they agree iff A is isotropic. Relative error
    below 1e-14 against mpmath.

    References
    ----------
    Extension of Horii & Has 2026 (F2).

    Examples
    --------
    >>> float(virial_variance([1.0, 4.0], temperature=1.0))
    0.4
    """
    mean = arithmetic_mean(eigenvalues("hessian", hessian))
    return ratio((positive("temperature", temperature),), (mean.main, 1 + mean.offset))[()]


def jeffreys_variance(covariance: ArrayLike) -> Floats:
    """The initial variance that makes KL(p_ss || p_0) + KL(p_0 || p_ss) least: sqrt(AM HM).

    Parameters
    ----------
    covariance : array_like
        Stationary covariance C: a number, eigenvalues (1-d) or a symmetric positive definite matrix (2-d).

    Returns
    -------
    float64
        Geometric mean of the arithmetic and the harmonic mean of C's eigenvalues; between the two.

    Raises
    ------
    ValueError
        If covariance is outside its domain.

    Notes
    -----
    Relative error below 1e-14 against mpmath for numbers and eigenvalues.

    References
    ----------
    Extension of Horii & Has 2026 (F2).

    Examples
    --------
    >>> float(jeffreys_variance([1.0, 4.0]))
    2.0
    """
    values = eigenvalues("covariance", covariance)
    upper, lower = arithmetic_mean(values), harmonic_mean(values)
    offsets = np.sqrt((1 + upper.offset) / (1 + lower.offset))
    return np.float64(np.sqrt(upper.main) * np.sqrt(lower.main) * offsets)
