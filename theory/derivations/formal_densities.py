"""Formal laws of a vector of parameters: Gibbs laws, isotropic normal laws, independent blocks.

A vector is one symbol, not an array: the rules on arrays take entries to be iid, and would find none here.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Law

__all__ = [
    "Block",
    "Blocks",
    "Coordinate",
    "Gibbs",
    "IsotropicGaussian",
    "LogDensity",
    "SeparableGibbs",
    "SquaredNorm",
    "Unspecified",
    "dimension",
]


class Gibbs(Law):
    """The law with density exp(log_C - L(W)/T) > 0; `args` = (Lambda of L, T, log_C, (K, M), ...).

    One pair (K, M) for every block of coordinates: their number and E|block|^2. L is an unknown
    function, finite everywhere, of which log_C and the moments are names.
    """

    @property
    def blocks(self) -> tuple[Any, ...]:
        """The pairs (number of coordinates, second moment)."""
        return tuple(self.args[3:])


class SeparableGibbs(Law):
    """The law on R^K with density proportional to exp(-sum_i h(W_i, i)/T); `args` = (Lambda of h, T, K)."""


class IsotropicGaussian(Law):
    """N(0, s I) on R^K; `args` = (s, K)."""


class Unspecified(Law):
    """A law on R^K with a density > 0, of which nothing else is known; `args` = (its name, K)."""


class Blocks(Law):
    """Independent blocks of coordinates; `args` = the law of each."""


class SquaredNorm(sp.Function):  # type: ignore[misc]
    """|w|^2 of a vector; `args` = (w,). Never evaluated."""

    nargs = 1
    is_nonnegative = True


class Block(sp.Function):  # type: ignore[misc]
    """Block number j of a vector, from 1; `args` = (w, j). Never evaluated."""

    nargs = 2


class Coordinate(sp.Function):  # type: ignore[misc]
    """Coordinate number i of a vector, from 1; `args` = (w, i). Never evaluated."""

    nargs = 2
    is_real = True


class LogDensity(sp.Expr):  # type: ignore[misc]
    """The logarithm of the density of a law at a vector; `args` = (law, w).

    Examples
    --------
    >>> w, s, k = sp.symbols("w s k", positive=True)
    >>> print(LogDensity(IsotropicGaussian(s, k), w))
    log_density[IsotropicGaussian(s, k)](w)
    """

    is_commutative = True
    is_real = True

    def _sympystr(self, printer: Any) -> str:
        law, point = (printer._print(x) for x in self.args)
        return f"log_density[{law}]({point})"


def dimension(law: Law) -> Any:
    """Return the number of coordinates of a vector with a law.

    Parameters
    ----------
    law : Law
        One of this module.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        If it is any other.

    Examples
    --------
    >>> k, s = sp.symbols("k s", positive=True)
    >>> dimension(Blocks(IsotropicGaussian(s, k), IsotropicGaussian(s, 2 * k)))
    3*k
    """
    if isinstance(law, Gibbs):
        return sp.Add(*(size for size, _ in law.blocks))
    if isinstance(law, Blocks):
        return sp.Add(*(dimension(x) for x in law.args))
    if isinstance(law, (SeparableGibbs, IsotropicGaussian, Unspecified)):
        return law.args[-1]
    raise ValueError(f"law must be that of a vector, got {law}")
