"""Exact law of the output norm of a deep network at initialisation, |x_depth|/|x_0|: a SciPy-style distribution.

Given x_0 the ratios |x_k|/|x_{k-1}| are independent, each sqrt(variance Q_k) with Q_k the sum over `width` units of
phi(z_i)^2: the logarithm of the norm is a random walk. With ReLU or dropout all units of a layer may be 0: an atom.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, count, positive, probability, real_array, scalar
from theory.heavy_tails.growth import log_growth
from theory.log_norm_law import LogNormLaw
from theory.quadrature import log_survival_probability

__all__ = ["NormLaw"]

_WIDEST = 1e9  # beyond it the characteristic function takes too many nodes
_SMALLEST_POWER = 1e-300  # below it the power loses digits; the limit is reached long before


class NormLaw:
    """Law of |x_depth|/|x_0| for a network of equal widths at initialisation, biases zero.

    Parameters
    ----------
    width : int
        Units of every layer, input included; a whole number from 1 to 1e9.
    depth : int
        Number of layers, a whole number >= 1.
    variance : float
        Variance of the weights, finite and > 0, as `weight_variance` returns it.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Notes
    -----
    x_k = phi(W_k x_{k-1}), entries of W_k iid N(0, variance). An atom at 0 of mass `extinction`, and a continuous part.
    Accuracy: see `LogNormLaw`, available as `.log`: the law of the logarithm given survival.

    References
    ----------
    Gurbuzbalaban & Hu 2021 (PMLR 130:2233), law of the output norm and its central limit; the exact law: extension.

    Examples
    --------
    >>> law = NormLaw(width=64, depth=100, variance=2 / 64)  # He's variance: E|x_100|^2 = |x_0|^2, yet
    >>> print(f"{law.moment(2):.12g} {law.ppf(0.5):.6f}")
    1 0.135800
    """

    def __init__(
        self, width: int, depth: int, variance: float, activation: Activation | str = "relu"
    ) -> None:
        self.width = int(scalar("width", count("width", width)))
        if self.width > _WIDEST:
            raise ValueError(
                f"width must be a whole number from 1 to {_WIDEST:g}, got {self.width}"
            )
        self.depth = int(scalar("depth", count("depth", depth)))
        self.variance = scalar("variance", positive("variance", variance))
        self.activation = resolve(activation)
        survival = log_survival_probability(np.array([float(self.width)]), self.activation)
        self._log_survival = self.depth * float(survival[0])

    def __repr__(self) -> str:
        return f"NormLaw(width={self.width}, depth={self.depth}, variance={self.variance!r}, {self.activation.name})"

    @property
    def extinction(self) -> float:
        """P(x_depth = 0): the atom.

        Examples
        --------
        >>> print(f"{NormLaw(2, 2, 1.0).extinction:.12g}")  # 1 - (3/4)^2
        0.4375
        """
        return float(-np.expm1(self._log_survival))

    @cached_property
    def log(self) -> LogNormLaw:
        """Law of the logarithm given survival.

        Examples
        --------
        >>> print(f"{NormLaw(64, 1, 2 / 64).log.mean():.7f}")
        -0.0200543
        """
        return LogNormLaw(self.width, self.depth, self.variance, self.activation)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(|x_depth|/|x_0| <= x), the atom at 0 included.

        Parameters
        ----------
        x : array_like
            Any shape; 0 below 0.

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
        >>> law = NormLaw(2, 2, 1.0)
        >>> print(" ".join(f"{law.cdf(x):.12g}" for x in (-1.0, 0.0, np.inf)))
        0 0.4375 1
        """
        x, log_x = _log_points(x)
        alive = np.exp(self._log_survival) * self.log.cdf(log_x)
        value: Floats = np.where(x < 0, 0.0, self.extinction + alive)[()]
        return value

    def sf(self, x: ArrayLike) -> Floats:
        """P(|x_depth|/|x_0| > x).

        Parameters
        ----------
        x : array_like
            Any shape.

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
        >>> float(NormLaw(2, 2, 1.0).sf(0.0))
        0.5625
        """
        x, log_x = _log_points(x)
        alive = np.exp(self._log_survival) * (1 - self.log.cdf(log_x))
        value: Floats = np.where(x < 0, 1.0, alive)[()]
        return value

    def logcdf(self, x: ArrayLike) -> Floats:
        """log P(|x_depth|/|x_0| <= x); -inf where cdf is 0.

        Parameters
        ----------
        x : array_like
            Any shape.

        Returns
        -------
        float64 or ndarray
            Error 1e-12 over cdf.

        Raises
        ------
        ValueError
            If x is NaN or not real.

        Examples
        --------
        >>> float(NormLaw(2, 2, 1.0).logcdf(np.inf))
        0.0
        """
        with np.errstate(divide="ignore"):
            value: Floats = np.log(self.cdf(x))
        return value

    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the continuous part, which integrates to 1 - extinction.

        Parameters
        ----------
        x : array_like
            Any shape; the density is 0 for x <= 0.

        Returns
        -------
        float64 or ndarray
            Absolute error 1e-12 over x and the standard deviation of the log.

        Raises
        ------
        ValueError
            If x is NaN or not real.

        Examples
        --------
        >>> print(f"{NormLaw(2, 1, 1.0, 'linear').pdf(1.0) - np.exp(-0.5):.9f}")  # Rayleigh
        0.000000000
        """
        x, log_x = _log_points(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            density = np.exp(self._log_survival) * self.log.pdf(log_x) / x
        value: Floats = np.where(x > 0, density, 0.0)[()]
        return value

    def ppf(self, p: ArrayLike) -> Floats:
        """Quantile: the least x with cdf(x) >= p; 0 up to the atom.

        Parameters
        ----------
        p : array_like
            Probabilities in [0, 1].

        Returns
        -------
        float64 or ndarray
            inf at 1.

        Raises
        ------
        ValueError
            If a probability is outside [0, 1].

        Examples
        --------
        >>> law = NormLaw(2, 2, 1.0)
        >>> float(law.ppf(0.4)), round(float(law.cdf(law.ppf(0.6))), 12)
        (0.0, 0.6)
        """
        p = probability("p", p)
        sure = p == 1  # also where the atom is 1 to rounding
        dead = (p <= self.extinction) & ~sure
        with np.errstate(divide="ignore", invalid="ignore"):
            alive = (p - self.extinction) / np.exp(self._log_survival)
        with np.errstate(over="ignore"):
            inner = np.exp(self.log.ppf(np.clip(np.where(dead | sure, 0.5, alive), 0, 1)))
        value: Floats = np.where(dead, 0.0, np.where(sure, np.inf, inner))[()]
        return value

    def mean(self) -> float:
        """E|x_depth|/|x_0|.

        Examples
        --------
        >>> print(f"{NormLaw(2, 1, 1.0, 'linear').mean() - np.sqrt(np.pi / 2):.12f}")  # Rayleigh
        0.000000000000
        """
        return float(self.moment(1.0))

    def var(self) -> float:
        """Variance of |x_depth|/|x_0|; inf on overflow.

        Examples
        --------
        >>> print(f"{NormLaw(2, 1, 1.0, 'linear').var() / (2 - np.pi / 2):.12f}")  # Rayleigh
        1.000000000000
        """
        second, square = self._log_moment(2.0), 2 * self._log_moment(1.0)
        with np.errstate(over="ignore"):
            return float(np.exp(second) * -np.expm1(square - second))

    def moment(self, order: ArrayLike) -> Floats:
        """E (|x_depth|/|x_0|)^order, 0^order counted at the atom.

        Parameters
        ----------
        order : array_like
            Finite and > 0.

        Returns
        -------
        float64 or ndarray
            (variance^(order/2) norm_moment(order, width))^depth, in the log domain; inf on overflow. Relative error
            depth times that of `norm_moment`.

        Raises
        ------
        ValueError
            If an order is not finite and > 0.

        Examples
        --------
        >>> from theory.fractional_moments import weight_variance
        >>> law = NormLaw(64, 1000, weight_variance(0.8, 64))
        >>> print(f"{law.moment(0.8):.9f}")  # preserved at every depth
        1.000000000
        """
        with np.errstate(over="ignore"):
            value: Floats = np.exp(self._log_moment(positive("order", order)))[()]
        return value

    def _log_moment(self, order: ArrayLike) -> Floats:
        p = np.maximum(np.ravel(order) / 2, _SMALLEST_POWER)
        variance, width = np.full_like(p, self.variance), np.full_like(p, self.width)
        with np.errstate(over="ignore"):
            step = p * log_growth(p, variance, width, self.activation)
            log_moment: Floats = (self.depth * step).reshape(np.shape(order))[()]
        return log_moment


def _log_points(x: ArrayLike) -> tuple[Array, Array]:
    """The points and their logarithms, -inf up to 0."""
    x = real_array("x", x)
    if np.isnan(x).any():
        raise ValueError("x must be real numbers, got nan")
    with np.errstate(divide="ignore"):
        return x, np.log(np.maximum(x, 0.0))
