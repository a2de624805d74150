"""Slow references for networks at initialisation: sums over all the weights, quadratures of logits, searched minima.

Nothing here uses `theory`. An even quadrature over every single weight is exact where the integrand is a polynomial in
the weights of each sign; minima are searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_genlaguerre

from validation.references_kl_bound import minimiser

__all__ = [
    "gain_by_layers",
    "logistic_loss",
    "mean_square",
    "minimised_in_turn",
    "network_mean",
]

_Array = NDArray[np.float64]
_WORKING = 40
_LARGEST = 2**22  # nodes of the product rule


def network_mean(
    widths: Sequence[int],
    variances: Sequence[float],
    slope: float,
    example: Sequence[float],
    function: Callable[[_Array], _Array],
    nodes: int = 2,
) -> float:
    """E function(f(x)) over all the weights by a product rule with 2 `nodes` nodes for each weight.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L.
    variances : sequence of float
        s_1, ..., s_L.
    slope : float
        Of phi on the negative half-line.
    example : sequence of float
        x; all but one of its entries 0 unless phi is linear, so that the signs of the weights decide those of the
        units: then one hidden layer, or several of one unit, keep the integrand a polynomial for each sign.
    function : callable
        Of outputs, shape (nodes of the rule, n_L), a polynomial of degree 2 in them.
    nodes : int
        Of the half-line, in the square of the weight: exact for the powers 0, 2, ..., 4 nodes - 2.

    Returns
    -------
    float
        1e-13 or better.

    Raises
    ------
    ValueError
        If there are too many weights for the rule.

    Examples
    --------
    >>> print(f"{network_mean((1, 2, 1), (0.5, 3.0), 0.0, (2.0,), lambda f: f[:, 0] ** 2):.12f}")
    6.000000000000
    """
    count = sum(n * m for n, m in pairwise(widths))
    if (2 * nodes) ** count > _LARGEST:
        raise ValueError(f"widths must have few enough weights for {nodes} nodes, got {widths}")
    squares, shares = roots_genlaguerre(nodes, -0.5)
    points = np.concatenate([-np.sqrt(2 * squares), np.sqrt(2 * squares)])
    shares = np.tile(shares / shares.sum() / 2, 2)
    grid = np.indices((2 * nodes,) * count).reshape(count, -1)
    weight = np.prod(shares[grid], axis=0)
    outputs = _propagate(points[grid], widths, variances, slope, np.asarray(example))
    return float(np.sum(weight * function(outputs)))


def _propagate(
    normals: _Array, widths: Sequence[int], variances: Sequence[float], slope: float, x: _Array
) -> _Array:
    """Outputs, shape (nodes, n_L), from the weights' nodes, shape (weights, nodes)."""
    units, first = np.broadcast_to(x, (normals.shape[1], len(x))), 0
    for layer, ((n, m), variance) in enumerate(zip(pairwise(widths), variances, strict=True)):
        if layer:
            units = np.where(units > 0, units, slope * units)
        weights = normals[first : first + n * m].T.reshape(-1, m, n) * np.sqrt(variance)
        units, first = np.einsum("kmn,kn->km", weights, units), first + n * m
    return units


def mean_square(slope: float) -> Any:
    """E phi(z)^2 over z ~ N(0, 1), by quadrature, phi(z) = slope z for z < 0.

    Parameters
    ----------
    slope : float
        Of phi on the negative half-line.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(mean_square(0.0), 12)
    '0.5'
    """
    with mp.workdps(_WORKING):
        one = mp.quad(lambda z: z * z * mp.npdf(z), [0, 1, 3, 8, 20])
        return one * (1 + mp.mpf(slope) ** 2)


def gain_by_layers(widths: Sequence[int], variances: Sequence[Any], slope: float) -> Any:
    """E|f(x)|^2/|x|^2, layer by layer: n_l units of variance s_l times the mean square of what enters.

    Parameters
    ----------
    widths : sequence of int
        n_0, ..., n_L.
    variances : sequence of number
        s_1, ..., s_L.
    slope : float
        Of phi on the negative half-line; phi is on all layers but the last.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr(gain_by_layers((1, 2, 1), (0.5, 3.0), 0.0), 12)
    '1.5'
    """
    with mp.workdps(_WORKING):
        power, kept = mp.mpf(1), mean_square(slope)
        for layer, (units, variance) in enumerate(zip(widths[1:], variances, strict=True)):
            power *= units * mp.mpf(variance) * (kept if layer else 1)
        return power


def logistic_loss(variance: Any) -> Any:
    """E[log(exp f_1 + exp f_2) - f_1] over two independent logits of N(0, variance), by quadrature.

    Parameters
    ----------
    variance : number
        Of a logit.

    Returns
    -------
    mpmath number

    Examples
    --------
    >>> mp.nstr((logistic_loss(2e-6) - logistic_loss(1e-6)) / 1e-6, 5)
    '0.25'
    """
    with mp.workdps(_WORKING):
        spread = mp.sqrt(2 * mp.mpf(variance))

        def both(z: Any) -> Any:
            """The integrand at z and at -z: what is odd is gone, at every accuracy."""
            return mp.npdf(z) * (2 * mp.log1p(mp.exp(-spread * z)) + spread * z)

        return mp.quad(both, [0, 1, 2, 4, 6, 8, 11, 15])


def minimised_in_turn(
    function: Callable[[Sequence[Any]], Any], start: Sequence[float], sweeps: int = 60
) -> list[Any]:
    """Return where a function of several positive numbers is least, one number at a time in turn.

    Parameters
    ----------
    function : callable
        Convex in the logarithms.
    start : sequence of float
        Where to begin; the minimum lies within a factor of 1e4 of it.
    sweeps : int
        How often to go round.

    Returns
    -------
    list of mpmath numbers

    Examples
    --------
    >>> found = minimised_in_turn(lambda x: x[0] * x[1] + 1 / x[0] + 8 / x[1], (1.0, 1.0))
    >>> [mp.nstr(x, 10) for x in found]
    ['0.5', '4.0']
    """
    with mp.workdps(_WORKING):
        place = [mp.mpf(x) for x in start]
        for sweep in range(sweeps):
            reach = mp.mpf(10) ** 4 if sweep < 2 else mp.mpf(2) ** (mp.mpf(8) / sweep)
            for k in range(len(place)):

                def one(value: Any, k: int = k) -> Any:
                    return function([*place[:k], value, *place[k + 1 :]])

                place[k] = minimiser(one, place[k] / reach, place[k] * reach)
        return place
