"""The deep linear net of the derivations: its layers, its data, and what orthogonal initialisation means."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.formal_layers import (
    Kron,
    Matrix,
    Projector,
    Weights,
    space,
    transpose,
)
from theory.derivations.symbols_deep_linear import L, d_y, m, s
from theory.derivations.word_hypotheses import Equal, Isometry

__all__ = [
    "COLUMNS",
    "EIGENVECTOR",
    "FIRST_ROWS",
    "HIDDEN_COLUMNS",
    "INDEX",
    "LAYER",
    "ORTHOGONAL",
    "PROJECTION",
    "ROWS",
    "SCALE_2",
    "TARGETS",
    "VECTOR",
    "WIDEST",
    "W",
    "X",
    "d_x",
    "kernel_term",
]

_TWO = sp.Integer(2)


def _matrix(name: str, rows: Any, columns: Any) -> Any:
    return Matrix(sp.Symbol(name, commutative=False), sp.sympify(rows), sp.sympify(columns))


#: dimension of the inputs
d_x = sp.Symbol("d_x", integer=True, positive=True)
#: the layers; a layer in a sum; a layer in an induction
W = Weights("W")
INDEX, LAYER = (sp.Symbol(name, integer=True, positive=True) for name in ("i", "k"))
#: inputs, one example a column; targets
X, TARGETS = _matrix("X", 0, space("examples")), _matrix("Y", L, space("examples"))
#: a right singular vector of X with singular value s; any vector of outputs
VECTOR, WIDEST = _matrix("v", space("examples"), space("one")), _matrix("w", L, space("one"))
#: alpha^2
SCALE_2 = 1 / (m ** (L - 1) * d_y)
#: W_l^T W_l = m I for l < L and W_l W_l^T = m I for l > 1: needs m >= d_x and m >= d_y
COLUMNS = Isometry(W.name, "columns", sp.Integer(1), L - 1, m)
ROWS = Isometry(W.name, "rows", _TWO, L, m)
ORTHOGONAL = (COLUMNS, ROWS)
#: m < d_x: the columns of the hidden layers only, and the rows of W_1, of length sqrt(d_x)
HIDDEN_COLUMNS = Isometry(W.name, "columns", _TWO, L - 1, m)
FIRST_ROWS = Isometry(W.name, "rows", sp.Integer(1), sp.Integer(1), d_x)
EIGENVECTOR = Equal(transpose(X) * X * VECTOR, s**2 * VECTOR, "v a right singular vector")
#: projection of the inputs on the rows of W_1
PROJECTION = Projector(sp.Symbol("Pi", commutative=False), sp.Integer(0))


def kernel_term(layer: Any) -> Any:
    """(W_{l-1:1} X)^T W_{l-1:1} X kron W_{L:l+1} W_{L:l+1}^T: the share of layer l in the kernel.

    Examples
    --------
    >>> print(kernel_term(INDEX))
    Kron(X^T*W_{i - 1:1}^T*W_{i - 1:1}*X, W_{L:i + 1}*W_{L:i + 1}^T)
    """
    below, above = W[layer - 1, 1] * X, W[L, layer + 1]
    return Kron(transpose(below) * below, above * transpose(above))
