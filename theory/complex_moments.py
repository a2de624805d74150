"""Moments of complex order of a layer's squared norm: the characteristic function of its logarithm."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import loggamma

from theory.activations import Activation
from theory.domain import Array
from theory.gamma_reference import GammaReference
from theory.quadrature import blocks
from theory.special import log_gamma_ratio

__all__ = ["ComplexMoments"]

# Along tau = -i e^u the transform's own decay replaces the factor exp(pi frequency/2) of 1/Gamma(1 - z), which would
# amplify rounding on the real axis. As a function of the frequency the integral falls like exp(-pi |frequency|) on the
# negative side: with _MARGIN the aliases of a trapezium rule are below 1e-17.
_MARGIN = 14.0
_LEFT = -15.5  # the residual is O(tau^3): e^-46.5 = 6e-21
_ROUNDING = 74.0  # -2 log(1e-16)


class ComplexMoments:
    """E[X^(i frequency) | Q > 0], X = Q/E[Q | Q > 0], Q = sum over `width` units of phi(z)^2, z iid N(0, 1).

    Parameters
    ----------
    width : int
        >= 1.
    activation : Activation
        With or without dropout.

    Notes
    -----
    The Gamma law's Gamma(shape + z)/(Gamma(shape) shape^z) plus
    -z e^(i pi z/2)/Gamma(1 - z) int B(-i e^u) e^(-z u) du, B the residual of `GammaReference`: O(1) cost in the width,
    the same for every activation, with no sum over units. Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import linear
    >>> moments = ComplexMoments(2, linear())  # X is exponential: Gamma(1 + i), of modulus sqrt(pi/sinh(pi))
    >>> print(f"{abs(moments(np.array([1.0]))[0]):.12f}")
    0.521564046865
    """

    def __init__(self, width: int, activation: Activation) -> None:
        self.reference = GammaReference(np.array([float(width)]), activation)
        self.cutoff = _cutoff(width * activation.keep_prob, width)

    def __call__(self, frequency: Array) -> Any:
        """Return the moments at these frequencies.

        Parameters
        ----------
        frequency : ndarray of float64, one-dimensional
            >= 0; beyond `cutoff` the value is 0.

        Returns
        -------
        ndarray of complex128
            Absolute error below 1e-14 against mpmath (finite sums over units, widths 1 to 64, slopes from 0.01 on).
        """
        order = 1j * np.minimum(frequency, self.cutoff)
        shape = self.reference.shape[0]
        moment = np.exp(log_gamma_ratio(order, shape))
        if not self.reference.exact:
            nodes, values = self._nodes
            integral = np.empty(order.shape, np.complex128)
            for rows in blocks(order.size, nodes.size):
                integral[rows] = np.exp(-np.outer(order[rows], nodes)) @ values
            rotation = np.exp(0.5j * np.pi * order - loggamma(1 - order))
            moment = moment - order * rotation * integral
        return np.where(frequency > self.cutoff, 0, moment)

    @cached_property
    def _nodes(self) -> tuple[Array, Any]:
        """Nodes u and step times B(-i e^u)."""
        step = 2 * np.pi / (self.cutoff + _MARGIN)
        right = self.reference.right_end(-np.pi / 2)
        nodes = step * np.arange(np.floor(_LEFT / step), right / step + 1)
        return nodes, step * self.reference.residual(nodes - 0.5j * np.pi)[0]


def _cutoff(kept: float, width: int) -> float:
    """Frequency beyond which the moments are below rounding.

    |E X^(i w)| <= exp(-w^2/(2 n)) or so for n units that are not 0, and e^(-pi w/2) for few.
    """
    units = min(width, kept + 9 * np.sqrt(kept) + 40)
    return float(np.sqrt(_ROUNDING / 2 * units) + 24)
