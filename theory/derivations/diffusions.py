"""Linear diffusions with independent drifts: the density, its Fokker-Planck operator, means under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import occurs

__all__ = ["Diffusion"]


@dataclass(frozen=True)
class Diffusion:
    """The process with d_t p = sum_j d_j(a_j w_j p) + sum_jk d_j d_k(D_jk p).

    The density is a function of all that determines it, so that one name cannot stand for two densities.

    Attributes
    ----------
    variables : tuple of Symbol
        The coordinates w.
    rates : tuple of Expr
        The a_j > 0.
    matrix : tuple of tuple of Expr
        The D_jk, symmetric.
    time : Symbol or None
        None for the stationary density.
    start : tuple of Expr
        Mean and variance of the normal law at time 0, of the one coordinate.
    """

    variables: tuple[Any, ...]
    rates: tuple[Any, ...]
    matrix: tuple[tuple[Any, ...], ...]
    time: Any = None
    start: tuple[Any, ...] = ()

    @property
    def density(self) -> Any:
        """The density: p_ss, or p at a time."""
        entries = [x for j, row in enumerate(self.matrix) for x in row[j:]]
        if self.time is None:
            return sp.Function("p_ss", positive=True)(*self.variables, *self.rates, *entries)
        known = (*self.rates, *entries, *self.start)
        return sp.Function("p", positive=True)(*self.variables, self.time, *known)

    @property
    def limits(self) -> tuple[Any, ...]:
        """The ranges of the coordinates: the whole space."""
        return tuple((w, -sp.oo, sp.oo) for w in self.variables)

    @property
    def operator(self) -> Any:
        """The right side of the Fokker-Planck equation."""
        p, w, indices = self.density, self.variables, range(len(self.variables))
        drift = (sp.Derivative(a * x * p, x) for a, x in zip(self.rates, w, strict=True))
        spread = (
            self.matrix[j][k] * sp.Derivative(p, w[j], w[k]) for j in indices for k in indices
        )
        return sum(drift) + sum(spread)

    def tested(self, function: Any) -> Any:
        """Return the integral of a function times the operator: the time derivative of its mean."""
        return sp.Integral(function * self.operator, *self.limits)

    def mean(self, function: Any) -> Any:
        """Return the mean of a function under the density."""
        return sp.Integral(function * self.density, *self.limits)

    def fault(self, domain: Domain) -> str:
        """Say what is wrong with the process, if anything."""
        entries = [x for row in self.matrix for x in row]
        constants = [*self.rates, *entries, *self.start]
        moving = [x for x in (*self.variables, self.time) if x is not None]
        if any(occurs(x, sp.sympify(y)) for x in moving for y in constants):
            return "a coordinate or the time is in a rate, the diffusion matrix or the initial law"
        if any(w.is_nonnegative is not None or not w.is_real for w in self.variables):
            return f"{self.variables} are not coordinates of either sign"
        sizes = {len(self.variables), len(set(self.variables)), len(self.rates), len(self.matrix)}
        if len(sizes) > 1 or self.matrix != tuple(zip(*self.matrix, strict=True)):
            return "the parts of the process do not fit together"
        for j, row in enumerate(self.matrix):
            for k in range(j):
                if domain.positive(sp.expand(row[k] ** 2 - row[j] * self.matrix[k][k])):
                    return "the diffusion matrix is not one: a covariance is too large"
        spreads = [row[j] for j, row in enumerate(self.matrix)]
        unknown = [x for x in (*self.rates, *spreads, *self.start[1:]) if not domain.positive(x)]
        return f"cannot show to be positive: {unknown}" if unknown else ""
