"""The parts of a random network in derivations: weights, signals, rows of W x, sums over units.

Widths n[0..L], W_l of shape n[l] x n[l-1] with entries N(0, V[l]); x is the output of a layer.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.symbols_kl_bound import V, widths

__all__ = [
    "INPUTS",
    "NORMAL",
    "ONE_NORMAL",
    "ROW",
    "TARGETS",
    "WEIGHTS",
    "gain",
    "over_weights",
    "preactivation",
    "squared_norm",
    "units",
]

#: W of one layer; x, its input; y, the targets
WEIGHTS, INPUTS = sp.IndexedBase("W", real=True), sp.IndexedBase("x", real=True)
TARGETS = sp.IndexedBase("y", real=True)
#: the rows of W x, and one of them
NORMAL, ONE_NORMAL = sp.IndexedBase("g", real=True), sp.Symbol("g", real=True)
#: indices of a row and of a column of W
ROW, _COLUMN = sp.symbols("k j", integer=True, positive=True)


def preactivation(place: Any) -> Any:
    """Return row k of W x in the layer at `place`: x is the output of the layer before.

    Examples
    --------
    >>> preactivation(sp.Integer(2))
    Sum(W[k, j]*x[j], (j, 1, n[1]))
    """
    return sp.Sum(WEIGHTS[ROW, _COLUMN] * INPUTS[_COLUMN], (_COLUMN, 1, widths[place - 1]))


def squared_norm(place: Any) -> Any:
    """Return |x|^2, x the input of the layer at `place`.

    Examples
    --------
    >>> squared_norm(sp.Integer(2))
    Sum(x[j]**2, (j, 1, n[1]))
    """
    return sp.Sum(INPUTS[_COLUMN] ** 2, (_COLUMN, 1, widths[place - 1]))


def over_weights(body: Any, place: Any) -> Any:
    """Return E of `body` over the weights of the layer at `place`, iid N(0, V[place]).

    Examples
    --------
    >>> over_weights(preactivation(sp.Integer(2)), sp.Integer(2)).pairs
    ((W, Gaussian(V[2])),)
    """
    return Expectation(body, (WEIGHTS, Gaussian(V[place])))


def units(term: Any, place: Any) -> Any:
    """Return the sum of `term` over the units k of the layer at `place`.

    Examples
    --------
    >>> units(NORMAL[ROW] ** 2, sp.Integer(2))
    Sum(g[k]**2, (k, 1, n[2]))
    """
    return sp.Sum(term, (ROW, 1, widths[place]))


def gain(index: Any, last: Any) -> Any:
    """Return the product of n[l] V[l] over the layers l = 1..`last`, l named `index`.

    Examples
    --------
    >>> gain(sp.Symbol("l", integer=True, positive=True), sp.Integer(3))
    Product(V[l]*n[l], (l, 1, 3))
    """
    return sp.Product(widths[index] * V[index], (index, 1, last))
