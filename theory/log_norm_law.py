"""Law of the logarithm of the output norm given survival: a random walk with one step for each layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from theory.activations import Activation
from theory.complex_moments import ComplexMoments
from theory.domain import Array, Floats, probability, real_array
from theory.inversion import Inversion
from theory.log_cumulants import log_cumulants

__all__ = ["LogNormLaw"]

_TABLE = 513  # points in which quantiles are bracketed
_ITERATIONS = 60


class LogNormLaw:
    """Law of log(|x_depth|/|x_0|) given that no layer died: `NormLaw(...).log`.

    Parameters
    ----------
    width, depth : int
        As for `NormLaw`.
    variance : float
        Weight variance.
    activation : Activation
        Not a name.

    Notes
    -----
    A sum of `depth` iid steps log(variance)/2 + log(Q)/2, Q > 0. Its characteristic function is the power of a moment
    of complex order (`ComplexMoments`), inverted by Gil-Pelaez's formula (`Inversion`).
    Absolute error of cdf against mpmath (density quadrature and inversion at 30 digits), depths 1 to 1000, widths 1 to
    4096: 1e-12. Not to be confused with its Gaussian approximation, `gaussian_cdf`.
    Extension of Gurbuzbalaban & Hu 2021, who give the central limit; Noci et al. 2021 (arXiv 2106.06615) give the
    prior predictive law at finite width by Meijer G functions.

    Examples
    --------
    >>> from theory.norm_law import NormLaw
    >>> law = NormLaw(64, 100, 2 / 64).log
    >>> print(f"{law.mean():.6f} {law.cdf(-2.0):.6f} {law.gaussian_cdf(-2.0):.6f}")
    -2.005430 0.499050 0.501504
    """

    def __init__(self, width: int, depth: int, variance: float, activation: Activation) -> None:
        self._depth = depth
        first, second, third = log_cumulants(np.array([float(width)]), activation)
        self._mean = float(depth * (np.log(variance) + first[0]) / 2)
        self._var = float(depth * second[0] / 4)
        self._third = float(depth * third[0] / 8)
        self._moments, self._step_mean = ComplexMoments(width, activation), float(first[0])

    @cached_property
    def _inversion(self) -> Inversion:
        """Of the sum of (log Q - E log Q)/2."""
        offset = self._step_mean - self._moments.reference.log_mean[0]

        def step(frequency: Array) -> Array:
            values: Array = self._moments(frequency / 2) * np.exp(-0.5j * frequency * offset)
            return values

        return Inversion(step, self._depth, self.std())

    def mean(self) -> float:
        """Mean: depth times the Lyapunov exponent (given survival).

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> print(f"{NormLaw(2, 1, 0.5, 'linear').log.mean():.9f}")  # Q/2 exponential: minus half of Euler's constant
        -0.288607832
        """
        return self._mean

    def var(self) -> float:
        """Variance: depth times that of a step.

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> print(f"{NormLaw(2, 1, 0.5, 'linear').log.var() - np.pi**2 / 24:.9f}")
        0.000000000
        """
        return self._var

    def std(self) -> float:
        """Standard deviation.

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> law = NormLaw(64, 500, 2 / 64).log
        >>> print(f"{law.std():.4f}")
        3.2210
        """
        return float(np.sqrt(self._var))

    def skewness(self) -> float:
        """Third cumulant over the cube of the standard deviation; it falls as depth^(-1/2).

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> one, four = (NormLaw(8, depth, 0.25).log.skewness() for depth in (1, 4))
        >>> print(f"{one / four:.12g}")
        2
        """
        return float(self._third / self.std() ** 3)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(log(|x_depth|/|x_0|) <= x | survival).

        Parameters
        ----------
        x : array_like
            Any shape; infinities are allowed.

        Returns
        -------
        float64 or ndarray
            Absolute error 1e-12.

        Raises
        ------
        ValueError
            If x is NaN or not real.

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> law = NormLaw(2, 1, 0.5, "linear").log  # exp(2 L) is exponential
        >>> print(f"{law.cdf(0.0) - (1 - np.exp(-1)):.12f}")
        0.000000000000
        """
        return self._pointwise(x, self._inversion.cdf)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density given survival.

        Parameters
        ----------
        x : array_like
            Any shape.

        Returns
        -------
        float64 or ndarray
            Absolute error 1e-12 over the standard deviation (width 1, where the density is steepest: 1e-9).

        Raises
        ------
        ValueError
            If x is NaN or not real.

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> law = NormLaw(2, 1, 0.5, "linear").log
        >>> print(f"{law.pdf(0.0) - 2 * np.exp(-1):.9f}")
        0.000000000
        """
        density: Floats = self._pointwise(x, self._inversion.pdf) / self.std()
        return density

    def ppf(self, p: ArrayLike) -> Floats:
        """Quantile: the inverse of cdf.

        Parameters
        ----------
        p : array_like
            Probabilities in [0, 1].

        Returns
        -------
        float64 or ndarray
            cdf(ppf(p)) = p within 1e-12; -inf at 0 and inf at 1.

        Raises
        ------
        ValueError
            If a probability is outside [0, 1].

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> law = NormLaw(64, 100, 2 / 64).log
        >>> print(f"{law.cdf(law.ppf(0.3)):.12f}")
        0.300000000000
        """
        p = probability("p", p)
        flat = np.atleast_1d(p).ravel()
        result: Floats = (self._mean + self.std() * self._quantile(flat)).reshape(p.shape)[()]
        return result

    def gaussian_cdf(self, x: ArrayLike) -> Floats:
        """The central limit's approximation: the normal cdf of the same mean and variance.

        Parameters
        ----------
        x : array_like
            Any shape.

        Returns
        -------
        float64 or ndarray
            Off by |skewness|/(6 sqrt(2 pi)) to leading order, at the mean.

        Raises
        ------
        ValueError
            If x is NaN or not real.

        Examples
        --------
        >>> from theory.norm_law import NormLaw
        >>> law = NormLaw(64, 100, 2 / 64).log
        >>> float(law.gaussian_cdf(law.mean()))
        0.5
        """
        return self._pointwise(x, ndtr)

    def _pointwise(self, x: ArrayLike, function: Callable[[Array], Array]) -> Floats:
        x = real_array("x", x)
        if np.isnan(x).any():
            raise ValueError("x must be real numbers, got nan")
        standard = (np.atleast_1d(x).ravel() - self._mean) / self.std()
        value: Floats = np.asarray(function(standard)).reshape(x.shape)[()]
        return value

    def _quantile(self, p: Array) -> Array:
        """Standardised quantiles: bracketed in a table, then Newton steps that stay in the bracket."""
        half = self._inversion.period / 2
        table = half * np.linspace(-1, 1, _TABLE) ** 3  # dense near the mean
        values = np.maximum.accumulate(self._inversion.cdf(table))
        right = np.clip(np.searchsorted(values, p), 1, _TABLE - 1)
        low, high = table[right - 1], table[right]
        x = (low + high) / 2
        for _ in range(_ITERATIONS):
            error, slope = self._inversion.cdf(x) - p, self._inversion.pdf(x)
            low, high = np.where(error < 0, x, low), np.where(error < 0, high, x)
            with np.errstate(divide="ignore", invalid="ignore"):
                newton = x - error / slope
            inside = (newton >= low) & (newton <= high)
            x = np.where(inside, newton, (low + high) / 2)
            if np.all((np.abs(error) < 1e-15) | (high - low < 1e-14 * (1 + np.abs(x)))):
                break
        return np.where(p == 0, -np.inf, np.where(p == 1, np.inf, x))
