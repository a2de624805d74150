"""Quadratic losses by quadrature: the bound (14) from its origin, and its minimum by search."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath as mp

from validation.references_kl_bound import gibbs, initial_cross_entropy, minimiser

__all__ = ["bound_by_quadrature", "least_bound", "quadratic", "stationary"]


def quadratic(hessian: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """Return the polynomials of a quadratic loss, one a direction: hessian holds the eigenvalues.

    Examples
    --------
    >>> quadratic((1.0, 3.0))
    ((0.0, 0.0, 0.5), (0.0, 0.0, 1.5))
    """
    return tuple((0.0, 0.0, a / 2) for a in hessian)


def bound_by_quadrature(
    hessian: tuple[float, ...], temperature: float, initial_variance: Any
) -> Any:
    """The bound (14) from its origin: (T/K)(log C_loc - E_ss log p_0), every integral a quadrature.

    Parameters
    ----------
    hessian : tuple of float
        Eigenvalues.
    temperature : float
        T.
    initial_variance : number
        s0.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(bound_by_quadrature((2.0,), 0.5, 0.25), 12)  # at the optimum of one parameter: T/2
    '0.25'
    """
    with mp.workdps(40):
        law = gibbs(quadratic(hessian), temperature)
        spreads = (gibbs(quadratic((a,)), temperature).second_moment for a in hessian)
        crossed = mp.fsum(initial_cross_entropy(v, initial_variance) for v in spreads)
        return mp.mpf(temperature) / len(hessian) * (law.log_prefactor + crossed)


@cache
def least_bound(hessian: tuple[float, ...], temperature: float) -> tuple[Any, Any]:
    """Return where the bound (14) is least, and how small it is there, by search on its quadrature.

    Parameters
    ----------
    hessian, temperature
        As for `bound_by_quadrature`.

    Returns
    -------
    tuple of mpmath numbers

    Examples
    --------
    >>> [mp.nstr(x, 10) for x in least_bound((2.0,), 0.5)]
    ['0.25', '0.25']
    """

    def bound(variance: Any) -> Any:
        return bound_by_quadrature(hessian, temperature, variance)

    at = minimiser(bound, 0.05 * temperature / max(hessian), 20 * temperature / min(hessian))
    return at, bound(at)


def stationary(hessian: tuple[float, ...], temperature: float) -> dict[str, Any]:
    """Return what the closed forms take of the stationary law of a quadratic, by quadrature.

    Parameters
    ----------
    hessian, temperature
        As for `bound_by_quadrature`.

    Returns
    -------
    dict

    Examples
    --------
    >>> stationary((2.0,), 0.5)["second_moment"]
    0.25
    """
    law = gibbs(quadratic(hessian), temperature)
    return {
        "second_moment": float(law.second_moment),
        "log_prefactor": float(law.log_prefactor),
        "temperature": temperature,
        "parameters": len(hessian),
    }
