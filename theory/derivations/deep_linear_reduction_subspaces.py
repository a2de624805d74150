"""Subspaces S_l, of dimension at most r + d_y, that the layers of an orthogonal net map to one another (D1).

S_l is spanned by the columns of W_{l:1} X and of W_{L:l+1}^T, with the initial layers W. Only W_2 ... W_(L-1) need
be orthogonal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_spectra_setting import W, X
from theory.derivations.formal import Equation
from theory.derivations.formal_layers import Matrix, Projector, space, transpose
from theory.derivations.rules_subspaces import InvariantSubspaces, OnSubspace
from theory.derivations.rules_words import Words
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, m
from theory.derivations.word_hypotheses import Isometry

__all__ = [
    "DERIVATIONS",
    "HIDDEN",
    "LAYER",
    "PROJECTION",
    "SUPPLEMENTS",
    "backward",
    "first_layer",
    "forward",
    "intertwining",
    "last_layer",
    "named",
    "projector",
    "spanning",
    "statement",
]

_TWO = sp.Integer(2)
LAYER = sp.Symbol("l", integer=True, positive=True)
#: W_l^T W_l = W_l W_l^T = m I for 1 < l < L
HIDDEN = tuple(Isometry(W.name, side, _TWO, L - 1, m) for side in ("columns", "rows"))
PROJECTION = sp.Symbol("P", commutative=False)
_MEANING = "span(W_{l:1} X) + span(W_{L:l+1}^T)"
_HIDDEN_LAYERS = (sp.Le(_TWO, LAYER), sp.Le(LAYER, L - 1))


def named(name: str, rows: Any, columns: Any) -> Any:
    """Return a matrix by its name; rows and columns are levels or names of spaces.

    Examples
    --------
    >>> print(named("U", 0, "rank"))
    U
    """
    labels = [space(x) if isinstance(x, str) else sp.sympify(x) for x in (rows, columns)]
    return Matrix(sp.Symbol(name, commutative=False), *labels)


def projector(level: Any) -> Any:
    """Return the orthogonal projection P_l on S_l, l the level.

    Examples
    --------
    >>> print(projector(LAYER))
    P_{l}
    """
    return Projector(PROJECTION, sp.sympify(level))


def spanning(level: Any) -> tuple[Any, Any]:
    """Return the matrices that span S_l, l the level.

    Examples
    --------
    >>> print(*spanning(LAYER))
    W_{l:1}*X W_{L:l + 1}^T
    """
    return W[level, 1] * X, transpose(W[L, level + 1])


def statement(name: str, left: Any, meaning: str, constraints: tuple[Any, ...] = ()) -> Derivation:
    """Return a derivation, `name` being its id, of an equation that gives `left` the name y; no steps yet.

    Parameters
    ----------
    name, meaning : str
        Id, and the equation in words.
    left : Expr
        A matrix.
    constraints : tuple
        On the indices.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> print(statement("demo", W[2], "a layer").definition)
    y = W_{2}
    """
    return Derivation(
        name, Equation(named("y", "any", "any"), left), meaning, constraints=constraints
    )


def forward() -> Derivation:
    """Derive W_l (W_{l-1:1} X a + W_{L:l}^T b) = W_{l:1} X a + m W_{L:l+1}^T b: W_l S_(l-1) lies in S_l.

    Examples
    --------
    >>> print(forward().conclusion.args[1])
    m*W_{L:l + 1}^T*b + W_{l:1}*X*a
    """
    left = W[LAYER] * _combination(LAYER - 1)
    start = statement("dl.reduction.forward", left, "W_l on S_(l-1)", _HIDDEN_LAYERS)
    one, two = spanning(LAYER)
    result = one * _A + m * two * _B
    return start.then(Words(HIDDEN[1:]), left, result, "W_l W_l^T = m I")


def backward() -> Derivation:
    """Derive W_l^T (W_{l:1} X a + W_{L:l+1}^T b) = m W_{l-1:1} X a + W_{L:l}^T b: W_l^T S_l lies in S_(l-1).

    Examples
    --------
    >>> print(backward().conclusion.args[1])
    m*W_{l - 1:1}*X*a + W_{L:l}^T*b
    """
    left = transpose(W[LAYER]) * _combination(LAYER)
    start = statement("dl.reduction.backward", left, "W_l^T on S_l", _HIDDEN_LAYERS)
    one, two = spanning(LAYER - 1)
    result = m * one * _A + two * _B
    return start.then(Words(HIDDEN[:1]), left, result, "W_l^T W_l = m I")


_A, _B = named("a", "examples", "one"), named("b", L, "one")


def _combination(level: Any) -> Any:
    one, two = spanning(level)
    return one * _A + two * _B


def intertwining() -> Derivation:
    """Derive P_l W_l = W_l P_(l-1), 1 < l < L, at the start.

    Examples
    --------
    >>> print(intertwining().conclusion.args[1])
    W_{l}*P_{l - 1}
    """
    left = projector(LAYER) * W[LAYER]
    start = statement("dl.reduction.intertwining", left, "P_l W_l at the start", _HIDDEN_LAYERS)
    rule = InvariantSubspaces(PROJECTION, spanning, _MEANING, HIDDEN)
    return start.then(rule, left, W[LAYER] * projector(LAYER - 1), "W_l and W_l^T keep the S_l")


def _end(name: str, matrix: Any, level: Any, meaning: str) -> Derivation:
    left = projector(level) * matrix
    start = statement(name, left, meaning, (sp.Le(_TWO, L),))
    return start.then(
        OnSubspace(PROJECTION, spanning, _MEANING), left, matrix, "by definition of S_l"
    )


def first_layer() -> Derivation:
    """Derive P_1 W_1 X = W_1 X at the start.

    Examples
    --------
    >>> first_layer().verify().verdict.value
    'proved'
    """
    return _end("dl.reduction.first-layer", W[1] * X, 1, "P_1 W_1 X at the start")


def last_layer() -> Derivation:
    """Derive P_(L-1) W_L^T = W_L^T at the start: P_L W_L = W_L P_(L-1) with P_L = I.

    Examples
    --------
    >>> last_layer().verify().verdict.value
    'proved'
    """
    return _end("dl.reduction.last-layer", transpose(W[L]), L - 1, "P_(L-1) W_L^T at the start")


#: the reduction is a statement about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: what the layers do to the subspaces at the start
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.reduction.forward": forward,
        "dl.reduction.backward": backward,
        "dl.reduction.intertwining": intertwining,
        "dl.reduction.first-layer": first_layer,
        "dl.reduction.last-layer": last_layer,
    }
)
