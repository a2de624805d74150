"""Distribution function and density of a sum of iid variables from the characteristic function of one: Gil-Pelaez."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theory.domain import Array
from theory.quadrature import blocks

__all__ = ["Inversion"]

_NEGLIGIBLE = 1e-16  # of the characteristic function over the frequency
_ALIASING = 3e-14  # mass beyond the period that is left when doubling it stops
_ROUNDING = 1e-15  # of a characteristic function; its phase, at frequency w, is off by 1e-16 w
_NODES = 32  # frequencies evaluated at a time
_FIRST_PERIOD = 16.0  # standard deviations
_LONGEST = 4096.0


class Inversion:
    """Law of `terms` iid variables' sum, standardised, from the characteristic function of one of them.

    Parameters
    ----------
    characteristic : callable
        E exp(i w Y) at frequencies w > 0 (one-dimensional array), Y of mean 0; 0 where it is below rounding.
    terms : int
        Number of terms, >= 1.
    std : float
        Standard deviation of the sum.

    Notes
    -----
    F(x) = 1/2 - (1/pi) int_0^inf Im(exp(-i w x) chi(w)) dw/w (Gil-Pelaez 1951) by the midpoint rule: its error
    is the mass beyond one period of the rule, which is doubled until it changes nothing.
    Absolute error about 1e-13 sqrt(terms) of cdf and of pdf times std, for a characteristic function good to 1e-15.

    Examples
    --------
    >>> normal = Inversion(lambda w: np.exp(-w * w / 2), 1, 1.0)
    >>> print(f"{normal.cdf(np.array([1.0]))[0]:.12f}")
    0.841344746069
    """

    def __init__(self, characteristic: Callable[[Array], Any], terms: int, std: float) -> None:
        self._characteristic, self._terms, self._std = characteristic, terms, std
        self.period = _FIRST_PERIOD
        self._frequency, self._values = self._transform(self.period)
        points = np.linspace(-0.5, 0.5, 65)
        while self.period < _LONGEST:
            ends = points * self.period
            once = self.cdf(ends)
            doubled = 2 * self.period
            self.period = doubled
            self._frequency, self._values = self._transform(self.period)
            rounding = _ROUNDING * terms * (1 + 0.1 * self._frequency[-1] / std)
            if np.max(np.abs(self.cdf(ends) - once)) < _ALIASING + rounding:
                break

    def cdf(self, x: Array) -> Array:
        """P(sum <= x std), clipped to [0, 1]; 0 or 1 beyond half a period, where the mass is below 1e-13.

        Parameters
        ----------
        x : ndarray of float64, one-dimensional
            In standard deviations from the mean.

        Returns
        -------
        ndarray of float64
        """
        inside = np.abs(x) <= self.period / 2
        step = 2 * np.pi / self.period
        value = (
            0.5
            - step
            / np.pi
            * self._sum(np.where(inside, x, 0.0), self._values / self._frequency).imag
        )
        return np.where(inside, np.clip(value, 0.0, 1.0), (x > 0).astype(np.float64))

    def pdf(self, x: Array) -> Array:
        """Density with respect to x; 0 beyond half a period.

        Parameters
        ----------
        x : ndarray of float64, one-dimensional
            In standard deviations from the mean.

        Returns
        -------
        ndarray of float64
        """
        inside = np.abs(x) <= self.period / 2
        value = 2 / self.period * self._sum(np.where(inside, x, 0.0), self._values).real
        return np.where(inside, np.maximum(value, 0.0), 0.0)

    def _sum(self, x: Array, weights: Any) -> Any:
        """Sum over frequencies of exp(-i w x) times the weights."""
        result = np.empty(x.shape, np.complex128)
        for rows in blocks(x.size, self._frequency.size):
            result[rows] = np.exp(-1j * np.outer(x[rows], self._frequency)) @ weights
        return result

    def _transform(self, period: float) -> tuple[Array, Any]:
        """Midpoint frequencies in units of 1/std, as far as the sum's characteristic function lasts, and its values."""
        step, parts, start = 2 * np.pi / period, [], 0
        while True:
            frequency = (
                np.arange(start, start + max(_NODES, start), dtype=np.float64) + 0.5
            ) * step
            values = self._characteristic(frequency / self._std) ** self._terms
            parts.append((frequency, values))
            start += frequency.size
            if np.max(np.abs(values) / frequency) * step < _NEGLIGIBLE:
                break
        return np.concatenate([f for f, _ in parts]), np.concatenate([v for _, v in parts])
