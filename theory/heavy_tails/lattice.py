"""The density of log A, A = variance Q, on a uniform grid, and between its points by local interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.activations import Activation
from theory.domain import Array
from theory.heavy_tails.steps import log_density, log_pole

__all__ = ["HALF", "StepLattice", "cell_weights", "lagrange_weights"]

HALF = 6
"""Interpolation uses this many grid points on either side: the error is below 1e-14 at the spacing used here."""

_NEGLIGIBLE = 45.0  # e^-45 of the maximum
_FARTHEST = 200.0  # log A is sought between e^-200 and e^200
_FINEST = 0.01
_END = 60.0  # Chernoff bound: the density ends at e^-60


class StepLattice:
    """log q on the points k spacing, q the density of log A with mass P(Q > 0).

    Parameters
    ----------
    log_variance : float
        log of the weights' variance.
    width : float
        A whole number >= 1.
    activation : Activation
        Its Laplace transform determines Q.
    power : float
        kappa/2: the grid holds the support of q and that of exp(power y) q(y), where they exceed e^-45 of their maxima.
    spacing : float
        Of the grid, about a quarter of the step that resolves q.

    Examples
    --------
    >>> from theory.activations import linear
    >>> lattice = StepLattice(np.log(0.3), 4.0, linear(), 1.0, 0.04)
    >>> bool(abs(np.exp(lattice.log_density).sum() * 0.04 - 1) < 1e-13)
    True
    """

    def __init__(
        self,
        log_variance: float,
        width: float,
        activation: Activation,
        power: float,
        spacing: float,
    ) -> None:
        self.spacing = spacing
        low, high = _support(log_variance, width, activation, power)
        self.first = int(np.floor(low / spacing))
        self.y: Array = spacing * np.arange(self.first, np.ceil(high / spacing) + 1)
        self.log_density = log_density(self.y - log_variance, width, activation)

    def between(self, rows: NDArray[np.int64], shift: Array) -> Array:
        """log q(rows spacing - shift), a matrix: rows by shifts, -inf outside the grid.

        Parameters
        ----------
        rows : ndarray of int
            Whole multiples of the spacing.
        shift : ndarray of float64
            Any numbers: all rows of a column have the same fraction, hence the same weights.

        Returns
        -------
        ndarray of float64
        """
        position = -shift / self.spacing
        whole = np.floor(position)
        weights = lagrange_weights(position - whole)
        index = rows[:, None] + (whole.astype(np.int64) - self.first)
        inside = (index >= HALF - 1) & (index < self.y.size - HALF)
        row, column = np.nonzero(inside)
        start, values = index[row, column] - (HALF - 1), np.zeros(row.size)
        for k, weight in enumerate(weights):
            values += weight[column] * self.log_density[start + k]
        result = np.full(index.shape, -np.inf)
        result[row, column] = values
        return result


def lagrange_weights(fraction: Any) -> Any:
    """Weights of Lagrange's interpolation at `fraction` in [0, 1], with nodes 1 - HALF to HALF.

    Parameters
    ----------
    fraction : ndarray of float64
        Any shape.

    Returns
    -------
    ndarray of float64, shape (2 HALF, *fraction.shape)

    Examples
    --------
    >>> bool(abs(lagrange_weights(np.array(0.3)).sum() - 1) < 1e-14)
    True
    """
    nodes = np.arange(1 - HALF, HALF + 1)
    weights = np.ones((nodes.size, *np.shape(fraction)))
    for i, node in enumerate(nodes):
        for other in np.delete(nodes, i):
            weights[i] *= (fraction - other) / (node - other)
    return weights


def cell_weights() -> Array:
    """Weights of the integral over [0, 1] of the polynomial through the values at 1 - HALF to HALF.

    Examples
    --------
    >>> bool(abs(cell_weights().sum() - 1) < 1e-14)
    True
    """
    nodes, weights = np.polynomial.legendre.leggauss(HALF)
    result: Array = lagrange_weights((1 + nodes) / 2) @ weights / 2
    return result


def _support(
    log_variance: float, width: float, activation: Activation, power: float
) -> tuple[float, float]:
    """Where q or exp(power y) q(y) is not negligible, from a scan that is finest about log E A = 0 (the bulk)."""
    centre = log_variance + np.log(width) + activation.log_second_moment
    shape = (
        width / 2 + power
    )  # Q is at most the pole's inverse times a Gamma(width/2) variable, in distribution
    top = log_pole(activation) + np.log(shape + np.sqrt(2 * shape * _END) + _END) + log_variance
    reach = np.arcsinh(_FARTHEST / _FINEST)
    scan = centre + _FINEST * np.sinh(np.linspace(-reach, reach, 800))
    scan = np.append(scan[scan < top], top)
    log_q = log_density(scan - log_variance, width, activation)
    kept = np.zeros(scan.shape, dtype=bool)
    for tilt in (0.0, power):
        tilted = log_q + tilt * scan
        kept |= tilted > tilted.max() - _NEGLIGIBLE
    inside = np.flatnonzero(kept)
    return float(scan[max(inside[0] - 1, 0)]), float(scan[min(inside[-1] + 1, scan.size - 1)])
