"""A layer's squared norm Q given survival, beside the Gamma law of the same mean and variance.

Log-moments and complex moments of the Gamma law are known; what is left is an integral of the difference of two Laplace
transforms, which vanishes to third order at 0: quadratures of it are short, and exact for linear networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.activations import Activation
from theory.domain import Array
from theory.elementary import log1p, log1p_exp
from theory.quadrature import log_survival_probability

__all__ = ["GammaReference"]

_SERIES_FROM = (
    10.0  # shape above which P(Q = 0) < e^-40, and the series of the logarithm is better near 0
)
_SERIES_WITHIN = 0.1  # of tau/shape; the series converges for 0.5 at least
_SERIES_ORDER = 26  # 0.2^26 = 7e-19
_NEGLIGIBLE = 1e-18  # of the largest residual


@dataclass(frozen=True)
class GammaReference:
    """X = Q/E[Q | Q > 0] given Q > 0, and the Gamma law with its mean 1 and its variance 1/shape.

    Parameters
    ----------
    width : ndarray of float64
        Whole numbers >= 1.
    activation : Activation
        Gives the Laplace transform psi.

    Notes
    -----
    1/shape = E[X^2 | Q > 0] - 1 = (1 - P0) (E phi^4/(E phi^2)^2 - 1)/width - P0 with P0 = P(Q = 0).
    Extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> from theory.activations import relu
    >>> reference = GammaReference(np.array([1.0]), relu())  # one unit: chi-square given that it is active
    >>> float(reference.shape[0]), float(np.exp(reference.log_mean[0]))
    (0.5, 1.0)
    """

    width: Array
    activation: Activation

    @property
    def log_survival(self) -> Array:
        """log(1 - P0).

        Examples
        --------
        >>> from theory.activations import linear
        >>> float(GammaReference(np.array([3.0]), linear()).log_survival[0]) == 0
        True
        """
        return log_survival_probability(self.width, self.activation)

    @property
    def log_mean(self) -> Array:
        """log E[Q | Q > 0].

        Examples
        --------
        >>> from theory.activations import linear
        >>> print(f"{np.exp(GammaReference(np.array([3.0]), linear()).log_mean[0]):.12g}")
        3
        """
        mean: Array = self.activation.log_second_moment + np.log(self.width) - self.log_survival
        return mean

    @property
    def shape(self) -> Array:
        """Shape of the Gamma law: 1/Var X.

        Examples
        --------
        >>> from theory.activations import linear
        >>> float(GammaReference(np.array([3.0]), linear()).shape[0])
        1.5
        """
        keep = self.activation.keep_prob
        fourth = self.activation.with_dropout(1).moment_ratio(2)
        survival = np.exp(self.log_survival)
        extinct = -np.expm1(self.log_survival)
        shape: Array = 1 / (survival * (fourth - keep) / (keep * self.width) - extinct)
        return shape

    @property
    def exact(self) -> bool:
        """Whether X has that Gamma law itself: linear networks, of slope 1 or -1 on the negative side."""
        slopes = {abs(self.activation.lower), abs(self.activation.upper)}
        return slopes == {1.0} and self.activation.keep_prob == 1

    def residual(self, log_tau: Any) -> Any:
        """E[exp(-tau X) | Q > 0] - (1 + tau/shape)^(-shape), one row for each width.

        Parameters
        ----------
        log_tau : array of float64 or complex128
            log(tau) at the nodes (columns); imaginary part in (-pi, pi).

        Returns
        -------
        array of shape (widths, nodes)
            O(tau^3) at 0. Absolute error below 1e-15; where |tau| < shape/10, also relative below 1e-13.

        Examples
        --------
        >>> from theory.activations import relu
        >>> float(GammaReference(np.array([2.0]), relu()).residual(np.log([1e-3]))[0, 0]) < 1e-9
        True
        """
        shape = self.shape[:, None]
        log_ratio = log_tau - np.log(shape)
        near = np.real(log_ratio) < math.log(_SERIES_WITHIN)
        ratio = np.exp(np.where(near, log_ratio, -np.inf))
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            log_gamma = -shape * log1p_exp(log_ratio)
            excess = shape * np.polynomial.polynomial.polyval(ratio, self._wide_series)
            small = np.exp(log_gamma) * np.expm1(np.where(excess.real < 1, excess, 0))
            large = np.exp(log_gamma + excess) - np.exp(log_gamma)
            narrow = np.polynomial.polynomial.polyval(ratio, self._narrow_series, tensor=False)
            direct = self._given_survival(log_tau) - np.exp(log_gamma)
        wide = np.where(excess.real < 1, small, large)
        series = np.where(shape > _SERIES_FROM, wide, narrow)
        return np.where(near, series, direct)

    def _given_survival(self, log_tau: Any) -> Any:
        """E[exp(-tau X) | Q > 0]; absolute rounding errors where it is near 1, relative ones where it is small."""
        log_t = log_tau - self.log_mean[:, None]
        width, survival = self.width[:, None], np.exp(self.log_survival)[:, None]
        near_one = width * log1p(-self.activation.laplace_complement(log_t))
        tail, zero = self.activation.laplace_tail(log_t), self.activation.zero_probability
        if zero:
            growth = width * log1p(tail / zero)
            log_extinct = width * np.log1p(-self.activation.nonzero_probability)
            small = np.exp(log_extinct) * np.expm1(np.where(growth.real < 1, growth, 0))
            large = np.exp(growth + log_extinct) - np.exp(log_extinct)
            far = np.where(growth.real < 1, small, large)
        else:
            far = np.exp(width * np.log(tail))
        near = 1 + np.expm1(near_one) / survival
        return np.where(np.abs(near) > 0.5, near, far / survival)

    @property
    def _wide_series(self) -> Array:
        """Coefficients in tau/shape of log E exp(-tau X)/shape + log(1 + tau/shape), where P0 is negligible.

        From the cumulants of phi^2, in powers of the keep probability that do not overflow.
        """
        keep, kept = self.activation.keep_prob, self.activation.with_dropout(1)
        moments = [1 / keep, *(kept.moment_ratio(n) for n in range(1, _SERIES_ORDER + 1))]
        cumulants = [0.0]
        for n in range(1, _SERIES_ORDER + 1):
            lower = (
                math.comb(n - 1, i - 1) * cumulants[i] * moments[n - i] * keep for i in range(1, n)
            )
            cumulants.append(moments[n] - sum(lower))
        scaled = [
            (-1) ** n * (cumulants[n] / math.factorial(n) / cumulants[2] ** (n - 1) - 1 / n)
            for n in range(3, _SERIES_ORDER + 1)
        ]
        return np.array([0.0, 0.0, 0.0, *scaled])

    @property
    def _narrow_series(self) -> Any:
        """Coefficients in tau/shape of the residual itself, for each width: the power of a power series (Miller)."""
        keep, kept = self.activation.keep_prob, self.activation.with_dropout(1)
        shape, width, survival = (
            np.minimum(self.shape, _SERIES_FROM),
            self.width,
            np.exp(self.log_survival),
        )
        scale = survival * shape / (keep * width)
        one = [
            (-1) ** n * keep * kept.moment_ratio(n) * scale**n / math.factorial(n)
            for n in range(_SERIES_ORDER + 1)
        ]
        power, gamma = [np.ones_like(width)], [np.ones_like(width)]
        for n in range(1, _SERIES_ORDER + 1):
            terms = ((width * i - (n - i)) * one[i] * power[n - i] for i in range(1, n + 1))
            power.append(sum(terms) / n)
            gamma.append(gamma[-1] * -(shape + n - 1) / n)
        excess = [p / survival - g for p, g in zip(power, gamma, strict=True)]
        return np.array([np.zeros_like(width)] * 3 + excess[3:])[:, :, None]

    def right_end(self, argument: float) -> float:
        """Where (in log tau) the residual has fallen below rounding for every width, along a ray.

        Parameters
        ----------
        argument : float
            arg(tau): 0 for the real axis.

        Returns
        -------
        float

        Examples
        --------
        >>> from theory.activations import leaky_relu
        >>> 3 < GammaReference(np.array([64.0]), leaky_relu(0.3)).right_end(0.0) < 8
        True
        """
        slope = self.activation.upper
        spread = 2 * abs(math.log(abs(slope))) if slope else 0.0  # between the two sides' scales
        longest = 80 / min(0.5, float(self.shape.min())) + spread + 10
        coarse = np.arange(0.0, longest + float(np.log(self.shape.max())), 0.5)
        extremes = np.unique([self.width.min(), self.width.max()])
        residual = GammaReference(extremes, self.activation).residual(coarse + 1j * argument)
        size = np.abs(residual).max(axis=0)
        above = np.flatnonzero(size > _NEGLIGIBLE * size.max())
        return float(coarse[above[-1]] + 1) if above.size else 0.0
