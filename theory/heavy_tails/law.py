"""The stationary law of |x| in a network with biases, solved as an integral equation: no simulation."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from theory.activations import Activation, resolve
from theory.domain import Array, Floats, count, positive, real_array, scalar
from theory.heavy_tails.index import tail_index
from theory.heavy_tails.lattice import HALF, cell_weights, lagrange_weights
from theory.heavy_tails.solution import FINE, Solution, solve

__all__ = ["StationaryLaw"]

_WORST = 1e-6  # disagreement of the two routes to the tail constant beyond which the law is refused
_LARGEST_INDEX = 64.0
_SMALLEST = 1e-290  # probabilities below it are left to the power law
_WIDEST_SCALES = 100.0  # the grid holds layers whose log-norms are within e^200 of each other


class StationaryLaw:
    """Stationary law of |x_k|, x_k = phi(W_k x_(k-1) + b_k): W_k ~ N(0, variance), b_k ~ N(0, bias_variance), iid.

    Parameters
    ----------
    variance, bias_variance : float
        Variances of the weights and of the biases, finite and > 0.
    width : int
        Number of units of every layer, a whole number >= 1.
    activation : Activation or str
        An Activation or one of "linear", "relu", "leaky_relu", "rrelu"; with dropout through Activation.with_dropout.

    Attributes
    ----------
    tail_index : float
        kappa in P(|x| > r) ~ C r^-kappa.
    tail_constant : float
        C, by Goldie's formula.
    tail_constant_error : float
        Relative disagreement of C with the limit of the solved density: the error of the whole solution.
    atom : float
        P(|x| = 0) = P(Q = 0).

    Raises
    ------
    ValueError
        If an argument is outside its domain, if a slope or keep_prob is beyond e^50 or e^-50 (slope 0 apart), if there
        is no stationary law, if kappa is outside (0, 64], if the width
        is beyond about 4000, or if the two routes to C disagree by more than 1e-6 at the largest size of the system:
        with a large atom and small kappa the survivors grow in almost equal steps, and the limit is reached too late.

    Notes
    -----
    R = |x|^2/c, c = bias_variance/variance, obeys R = A (R + 1) in law, A = variance Q. With u = log R, s = log(R + 1)
    and q the density of log A, the density f of u solves f(u') = E q(u' - s). The trapezium rule converges
    geometrically, for q is analytic; f exp(p s), p = kappa/2, tends to a constant at a rate e^-u, so the system is
    closed there by that constant. C = E[(R + 1)^p - R^p]/(p E[A^p log A]) (Goldie, with E A^p = 1).
    sf: relative error 1e-9, cdf: absolute error 1e-10, against an untilted Gauss-Legendre solution and exact moments.
    At widths to 512 about 0.1 to 0.5 s; 4096 takes a few seconds, and up to ten are spent on a large atom with growing
    survivors, or on dropout that keeps one unit in a thousand, before the law is found or refused.

    References
    ----------
    Kesten 1973; Goldie 1991. The solution is an extension of Gurbuzbalaban & Hu 2021.

    Examples
    --------
    >>> law = StationaryLaw(2 / 8, 1.0, 8)  # He
    >>> print(f"{law.tail_index:.9g} {law.tail_constant:.9f}")
    2 13.633682651
    """

    def __init__(
        self,
        variance: float,
        bias_variance: float,
        width: int,
        activation: Activation | str = "relu",
    ) -> None:
        self._variance = scalar("variance", positive("variance", variance))
        self._bias_variance = scalar("bias_variance", positive("bias_variance", bias_variance))
        self._width = scalar("width", count("width", width))
        self._activation = resolve(activation)
        if _log_scales(self._activation) > _WIDEST_SCALES:
            raise ValueError(
                f"activation must have squared scales within e^{_WIDEST_SCALES:g}, got {self._activation.name}"
            )
        self.tail_index = float(tail_index(self._variance, self._width, self._activation))
        if not 0 < self.tail_index <= _LARGEST_INDEX:
            raise ValueError(
                f"variance must give a tail index in (0, {_LARGEST_INDEX:g}] at width {self._width:.0f}, "
                f"got {self._variance} with {self.tail_index:g}"
            )
        self.atom = float(self._activation.zero_probability**self._width)
        if not self.tail_constant_error <= _WORST:
            raise ValueError(
                f"variance and width must allow a solution to {_WORST:g}, got {self._variance} and "
                f"{self._width:.0f} with {self.tail_constant_error:.1g}"
            )

    @property
    def tail_constant(self) -> float:
        """C in P(|x| > r) ~ C r^-kappa; inf or 0 beyond the range of float64."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp(self.log_tail_constant))

    @property
    def log_tail_constant(self) -> float:
        """log C, finite for every scale."""
        return float(np.log(self._solution.constant)) + self._solution.power * self._log_scale

    @property
    def tail_constant_error(self) -> float:
        """Relative disagreement of Goldie's formula with the limit of the solved density."""
        return self._solution.error

    def sf(self, r: ArrayLike) -> Floats:
        """P(|x| > r).

        Parameters
        ----------
        r : array_like
            Any real numbers, inf included.

        Returns
        -------
        float64 or ndarray of r's shape

        Raises
        ------
        ValueError
            If r holds a NaN or no real numbers.

        Examples
        --------
        >>> law = StationaryLaw(2 / 8, 1.0, 8)
        >>> print(f"{law.sf(0) == 1 - law.atom} {law.sf(1e9) * 1e18 / law.tail_constant:.6f}")
        True 1.000000
        """
        r = _points(r)
        upper, _ = self._at(r)
        result: Floats = np.where(r < 0, 1.0, upper)[()]
        return result

    def cdf(self, r: ArrayLike) -> Floats:
        """P(|x| <= r), of which `atom` is at 0.

        Parameters
        ----------
        r : array_like
            Any real numbers, inf included.

        Returns
        -------
        float64 or ndarray of r's shape

        Raises
        ------
        ValueError
            If r holds a NaN or no real numbers.

        Examples
        --------
        >>> law = StationaryLaw(2 / 8, 1.0, 8)
        >>> print(f"{law.cdf(-1)} {law.cdf(0) * 2**8} {law.cdf(3.0) + law.sf(3.0):.12f}")
        0.0 1.0 1.000000000000
        """
        r = _points(r)
        upper, lower = self._at(r)
        result: Floats = np.where(r < 0, 0.0, np.where(lower < 0.5, lower, 1 - upper))[()]
        return result

    def moment(self, order: ArrayLike) -> Floats:
        """E|x|^order from the solved law, inf from kappa on (whole orders in closed form: `stationary_moment`).

        Parameters
        ----------
        order : array_like
            Finite and > 0.

        Returns
        -------
        float64 or ndarray of order's shape

        Raises
        ------
        ValueError
            If an order is not finite and > 0.

        Examples
        --------
        >>> print(f"{StationaryLaw(1 / 8, 1.0, 8).moment(2):.9f}")  # 4/(1 - 1/2)
        8.000000000
        """
        q = positive("order", order) / 2
        flat = [self._log_moment(float(one)) + one * self._log_scale for one in q.ravel()]
        with np.errstate(over="ignore", under="ignore"):
            result: Floats = np.exp(np.array(flat)).reshape(q.shape)[()]
        return result

    @cached_property
    def _solution(self) -> Solution:
        return solve(
            float(np.log(self._variance)), self._width, self._activation, self.tail_index / 2
        )

    @property
    def _log_scale(self) -> float:
        """log c: |x|^2 = c R."""
        return float(np.log(self._bias_variance) - np.log(self._variance))

    def _log_moment(self, q: float) -> float:
        """log E R^q by the trapezium rule, its tail a geometric series."""
        solution = self._solution
        if q >= solution.power:
            return float("inf")
        u = solution.rows * solution.lattice.spacing
        step, gap = FINE * solution.lattice.spacing, solution.power - q
        tail = solution.tilted[-1] * np.exp(-gap * u[-1]) / np.expm1(gap * step)
        density = solution.tilted * np.exp(-solution.power * np.logaddexp(0, u))
        return float(np.log(step * (np.sum(density * np.exp(q * u)) + tail)))

    @cached_property
    def _tables(self) -> tuple[Array, Array, Array]:
        """u on the lattice, log P(log R > u), P(log R <= u): the density integrated cell by cell."""
        solution, spacing = self._solution, self._solution.lattice.spacing
        rows = np.arange(solution.rows[0], solution.rows[-1] + 1)
        u, power = spacing * rows, solution.power
        tilted = np.append(solution.extended(rows), np.full(HALF, solution.tilted[-1]))
        around = spacing * np.arange(rows[0], rows[-1] + HALF + 1)
        density = np.append(np.zeros(HALF - 1), tilted * np.exp(-power * np.logaddexp(0, around)))
        cells = spacing * np.convolve(density, cell_weights()[::-1], mode="valid")[: u.size]
        last = solution.tilted[-1] * np.exp(-power * u[-1]) / power
        upper = np.append(np.cumsum(cells[-2::-1])[::-1], 0.0) + last
        lower = solution.bottom + np.append(0.0, np.cumsum(cells[:-1]))
        kept = upper > _SMALLEST
        return u[kept], np.log(upper[kept]), lower[kept]

    def _at(self, r: Array) -> tuple[Any, Any]:
        """P(|x| > r) and P(|x| <= r) for r >= 0."""
        u, log_upper, lower = self._tables
        with np.errstate(divide="ignore"):
            point = 2 * np.log(np.maximum(r, 0)) - self._log_scale
        inner = np.clip(point, u[HALF], u[-HALF - 1])
        position = (inner - u[0]) / (u[1] - u[0])
        start = np.minimum(position.astype(np.int64), u.size - HALF - 1)
        weights, nodes = lagrange_weights(position - start), np.arange(1 - HALF, HALF + 1)
        index = start + nodes.reshape(-1, *(1,) * start.ndim)
        upper = np.sum(weights * log_upper[index], axis=0)
        far = (
            np.log(self._solution.tilted[-1] / self._solution.power) - self._solution.power * point
        )
        below, above = point < u[HALF], point > u[-HALF - 1]
        with np.errstate(under="ignore"):
            sf = np.exp(np.where(above, far, np.where(below, np.log1p(-lower[0]), upper)))
        cdf = np.where(below, lower[0], np.sum(weights * lower[index], axis=0))
        cdf = np.where(above, 1 - sf, cdf)
        return np.where(r == 0, 1 - self.atom, sf), np.where(r == 0, self.atom, cdf)


def _log_scales(activation: Activation) -> float:
    """log of the largest ratio of the squared scales: of the two sides, or what dropout's division adds."""
    slope = abs(activation.upper) or 1.0
    return 2 * float(max(abs(np.log(slope)), -np.log(activation.keep_prob)))


def _points(r: ArrayLike) -> Array:
    points = real_array("r", r)
    if np.isnan(points).any():
        raise ValueError("r must be real numbers, got nan")
    return points
