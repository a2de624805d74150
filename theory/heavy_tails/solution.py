"""The stationary law of R = A (R + 1) by Nystrom's method on a grid of log R, and Goldie's constant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.activations import Activation
from theory.domain import Array
from theory.heavy_tails.growth import log_growth
from theory.heavy_tails.lattice import StepLattice

__all__ = ["FINE", "Solution", "solve"]

FINE = 4
"""Grid points of the lattice to one step of the integral equation."""

_RIGHT = 37.0  # e^-37 = 1e-16: what the constant tail neglects
_LEFT = -100.0  # below it R + 1 is 1 to 1e-43: all that mass acts like the atom
_GOAL = 2e-12  # times the width, at least 500: the grid grows until the two routes to the constant agree so well
_MOST_UNKNOWNS = 4500
_BLOCK = 512  # rows of the matrix made at a time
_REFINEMENTS = 6
_SETTLED = 1e-10
_LEAST = 1e-280


@dataclass(frozen=True)
class Solution:
    """Law of u = log R on a uniform grid, R = A (R + 1) in law.

    Attributes
    ----------
    lattice : StepLattice
        Density of log A, FINE points to a step.
    power : float
        kappa/2.
    rows : ndarray of int
        u = rows times the lattice's spacing, FINE apart.
    tilted : ndarray of float64
        f (R + 1)^power, f the density of u; constant from the last point on.
    bottom : float
        P(R = 0) and what lies below the grid.
    constant : float
        C in P(R > r) ~ C r^-power, by Goldie's formula.
    error : float
        Relative disagreement of C with tilted[-1]/power.
    """

    lattice: StepLattice
    power: float
    rows: NDArray[np.int64]
    tilted: Array
    bottom: float
    constant: float
    error: float

    def extended(self, rows: NDArray[np.int64]) -> Array:
        """f (R + 1)^power at other points of the lattice, by the equation itself: as accurate as on the grid.

        Parameters
        ----------
        rows : ndarray of int
            Not beyond the last grid point.

        Returns
        -------
        ndarray of float64
        """
        result = np.empty(rows.size)
        for start in range(0, rows.size, _BLOCK):
            part = rows[start : start + _BLOCK]
            matrix, source = _matrix(self.lattice, self.power, part, self.rows)
            result[start : start + _BLOCK] = matrix @ self.tilted + self.bottom * source
        return result


def solve(log_variance: float, width: float, activation: Activation, power: float) -> Solution:
    """Solve for the stationary law of R = A (R + 1), A = variance Q.

    Parameters
    ----------
    log_variance : float
        log of the weights' variance.
    width : float
        A whole number >= 1.
    activation : Activation
        Its Laplace transform determines Q.
    power : float
        The root of E A^power = 1.

    Returns
    -------
    Solution
        With an error above the goal if the largest system does not reach it.

    Raises
    ------
    ValueError
        If even the smallest system would be too large: widths beyond about 4000.

    Examples
    --------
    >>> from theory.activations import linear  # E A = 1: C = 1/E[A log A] = 1/(digamma(3) - log 2)
    >>> solution = solve(-np.log(4.0), 4.0, linear(), 1.0)
    >>> print(f"{solution.constant:.9f} {solution.error < 1e-10}")
    4.354696007 True
    """
    step = _step(width, activation, power)
    lattice = StepLattice(log_variance, width, activation, power, step / FINE)
    right = max(_right_end(log_variance, width, activation, power), float(lattice.y[-1]))
    first = int(np.floor(max(_LEFT, lattice.y[0]) / step))
    guess, goal = np.ones(1), _GOAL * max(width, 500.0)
    if right / step - first + 2 > _MOST_UNKNOWNS:
        raise ValueError(
            f"width must need at most {_MOST_UNKNOWNS} unknowns (to about 4000), got {width:.0f}"
        )
    while True:
        count = min(int(np.ceil(right / step)) - first + 1, _MOST_UNKNOWNS)
        rows = FINE * (first + np.arange(count))
        guess = np.append(guess, np.full(count - guess.size, guess[-1]))
        solution = _solve(lattice, power, rows, guess)
        if solution.error < goal or count == _MOST_UNKNOWNS:
            return solution
        right, guess = 2 * right, solution.tilted


def _step(width: float, activation: Activation, power: float) -> float:
    """Step of the trapezium rule: the Fourier transforms of f and q at half of 2 pi/step multiply to 1e-16.

    That of the log of a Gamma(n/2) variable is exp(-w^2/n) for many units and exp(-pi w/2) for one; the tilt adds 2p.
    """
    kept = width * activation.keep_prob
    units = min(width, kept + 9 * np.sqrt(kept) + 40) + 2 * power
    return float(2 * np.pi / (24 + np.sqrt(74 * units)))


def _right_end(log_variance: float, width: float, activation: Activation, power: float) -> float:
    """Where the density's second term, about (p + 1) r^-1 E A^(p+1)/(E A^(p+1) - 1) of the first, is negligible."""
    order = np.array([power + 1])
    growth = log_growth(order, np.exp(log_variance)[None], np.array([width]), activation)[0]
    second = (power + 1) / -np.expm1(-(power + 1) * growth)
    return float(_RIGHT + np.log(max(second, 1.0)))


def _matrix(
    lattice: StepLattice, power: float, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Matrix that takes f (R + 1)^p on the grid `columns`, continued by its last value, to `rows`; and q's own term."""
    u, u_from = rows * lattice.spacing, columns * lattice.spacing
    s, s_from = np.logaddexp(0, u), np.logaddexp(0, u_from)
    step = FINE * lattice.spacing
    matrix = step * np.exp(lattice.between(rows, s_from) + power * (s[:, None] - s_from))
    beyond = _continuation(lattice, power, rows - columns[-1])
    near = beyond > 0  # elsewhere the factor may overflow
    matrix[near, -1] += step * np.exp(power * np.logaddexp(0, -u[near])) * beyond[near]
    source = np.exp(lattice.between(rows, np.zeros(1))[:, 0] + power * s)
    return matrix, source


def _continuation(lattice: StepLattice, power: float, distance: NDArray[np.int64]) -> Array:
    """Sum of exp(p y) q(y) over y = distance - FINE, distance - 2 FINE, ..., in units of the spacing."""
    tilted = np.exp(lattice.log_density + power * lattice.y)
    strided = tilted.copy()
    for start in range(FINE):
        strided[start::FINE] = np.cumsum(tilted[start::FINE])
    index = np.minimum(distance - FINE - lattice.first, tilted.size - 1)
    return np.where(index >= 0, strided[np.maximum(index, 0)], 0.0)


def _solve(lattice: StepLattice, power: float, rows: NDArray[np.int64], guess: Array) -> Solution:
    """The law's own equation, f = bottom q + int f q(. - s), then its mass, Goldie's expectation and their check."""
    step = FINE * lattice.spacing
    s, u = np.logaddexp(0, rows * lattice.spacing), rows * lattice.spacing
    inverse_mean = step * np.exp(
        -(power + 1) * s
    )  # as weights: E[1/(R + 1)] but for what is below the grid
    tilted, change = _regular(*_system(lattice, power, rows), inverse_mean, guess)
    tail = step * tilted[-1] * np.exp(-power * u[-1]) / np.expm1(power * step)
    mass = 1 - step * np.sum(tilted * np.exp(-power * s) * np.expm1(-s)) + tail
    bottom = max(float(1 - inverse_mean @ tilted), 0.0) / mass
    tilted = tilted / mass
    difference = -tilted * np.expm1(-power * np.logaddexp(0, -u)) - tilted * np.exp(
        -(power + 1) * s
    )
    gain = 1 / mass + step * np.sum(difference)  # E[(R + 1)^p - R^p]
    constant = float(gain / (power * _tilted_drift(lattice, power)))
    error = max(change, float(abs(tilted[-1] / (power * constant) - 1)))
    return Solution(lattice, power, rows, tilted, bottom, constant, error)


def _regular(system: Array, source: Array, weights: Array, guess: Array) -> tuple[Array, float]:
    """The solution with E[1/(R + 1)] = 1, and by how much, relatively, the last refinement changed its end.

    Subtracting from q(. - s) what acts like an atom, q/(R + 1), makes the equation regular with or without an atom.
    The solution may range over many powers of ten, so unknowns and equations are scaled by the last one found.
    """
    system += source[:, None] * weights
    tilted, change = guess, np.inf
    for _ in range(_REFINEMENTS):
        scale = np.maximum(np.abs(tilted), _LEAST * np.max(np.abs(tilted)))
        scaled = system * scale
        scaled /= scale[:, None]
        new = scale * np.linalg.solve(scaled, source / scale)
        with np.errstate(divide="ignore", invalid="ignore"):  # a grid that ends too early
            change = float(abs(tilted[-1] / new[-1] - 1))
        tilted = new
        if change < _SETTLED:
            break
    return tilted, change


def _system(lattice: StepLattice, power: float, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """The identity less the matrix of the equation, and q's own term."""
    system, source = np.empty((rows.size, rows.size)), np.empty(rows.size)
    for start in range(0, rows.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        system[part], source[part] = _matrix(lattice, power, rows[part], rows)
    np.negative(system, out=system)
    system[np.diag_indices(rows.size)] += 1
    return system, source


def _tilted_drift(lattice: StepLattice, power: float) -> float:
    """E[A^p log A]."""
    return float(
        lattice.spacing * np.sum(lattice.y * np.exp(lattice.log_density + power * lattice.y))
    )
