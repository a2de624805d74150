"""Mean, variance and third cumulant of log Q for a layer's squared norm Q, given that it is not 0."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, polygamma

from theory.activations import Activation
from theory.domain import Array
from theory.gamma_reference import GammaReference
from theory.quadrature import blocks

__all__ = ["log_cumulants"]

# On the real axis the residual is analytic and bounded for |arg tau| < pi/2 at least: the trapezium rule's error is
# about exp(-2 pi (pi/2)/step) = 1e-24.
_STEP = 0.18
_LEFT = -16.0  # the residual is O(tau^3): 1e-21


def log_cumulants(width: Array, activation: Activation) -> tuple[Array, Array, Array]:
    """First three cumulants of log Q given Q > 0, Q = phi(z_1)^2 + ... + phi(z_width)^2, z iid N(0, 1).

    Parameters
    ----------
    width : ndarray of float64, one-dimensional
        Whole numbers >= 1.
    activation : Activation
        Its Laplace transform determines Q.

    Returns
    -------
    tuple of three ndarray
        Mean, variance, third cumulant.

    Notes
    -----
    For X = Q/E[Q | Q > 0] and the residual B(tau) of its Laplace transform beside a Gamma law's,
    E X^z = (Gamma's) - z/Gamma(1 - z) int_0^inf B(tau) tau^(-z-1) dtau; its expansion at z = 0 gives the moments of
    log X from the integrals of B, B log(tau) and B log(tau)^2 dtau/tau. Linear networks: B = 0, polygamma functions.
    Against mpmath (sums over active units, quadrature of the definition): mean, absolute 4e-15 plus four rounding
    errors; variance, relative 1e-13; third cumulant, relative 1e-12. Widths 1 to 1e9.
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import linear
    >>> mean, variance, third = log_cumulants(np.array([2.0]), linear())  # Q/2 is exponential
    >>> print(f"{mean[0] - np.log(2):.9f} {variance[0] - np.pi**2 / 6:.9f}")
    -0.577215665 0.000000000
    """
    reference = GammaReference(width, activation)
    shape = reference.shape
    offset = digamma(shape) - np.log(shape)
    zeroth, first, second = _integrals(reference)
    # coefficients of z, z^2, z^3 in log E X^z, from those of the Gamma law
    one, two, three = _coefficients(zeroth, first, second)
    gamma_two = (polygamma(1, shape) + offset**2) / 2
    b, c = two - one * (offset + one / 2), three - two * (offset + one) - one * gamma_two
    c += one * (offset**2 + one * offset + one**2 / 3)
    return (
        reference.log_mean + offset + one,
        polygamma(1, shape) + 2 * b,
        polygamma(2, shape) + 6 * c,
    )


def _coefficients(zeroth: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Coefficients of z, z^2 and z^3 in -z/Gamma(1 - z) (zeroth - z first + z^2 second/2)."""
    euler, square = np.euler_gamma, np.euler_gamma**2 / 2 - np.pi**2 / 12
    return (
        -zeroth,
        first + euler * zeroth,
        -(second / 2 + euler * first + square * zeroth),
    )


def _integrals(reference: GammaReference) -> tuple[Array, Array, Array]:
    """Integrals of the residual times 1, log(tau) and log(tau)^2 over dtau/tau."""
    result = np.zeros((3, reference.width.size))
    if reference.width.size and not reference.exact:
        nodes = _STEP * np.arange(np.floor(_LEFT / _STEP), reference.right_end(0.0) / _STEP + 1)
        weights = _STEP * nodes[:, None] ** np.arange(3.0)
        for rows in blocks(reference.width.size, 4 * nodes.size):
            part = GammaReference(reference.width[rows], reference.activation)
            result[:, rows] = (part.residual(nodes) @ weights).T
    return result[0], result[1], result[2]
