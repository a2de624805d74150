"""A step of gradient descent keeps the subspaces S_l invariant: from the start, where they are, to all times (D1).

V are the layers at any time; G_l is the gradient of layer l. That the invariance holds at the start is derived from
the orthogonality of the hidden layers; a step keeps it whatever the layers are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_reduction_subspaces import (
    LAYER,
    PROJECTION,
    named,
    projector,
    statement,
)
from theory.derivations.deep_linear_spectra_setting import SCALE_2, X
from theory.derivations.formal_layers import Weights, transpose
from theory.derivations.rules_words import Words
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, eta
from theory.derivations.word_hypotheses import Equal, Intertwining, Proved

__all__ = [
    "DERIVATIONS",
    "ERROR",
    "OUTPUTS",
    "SIGNALS",
    "SUPPLEMENTS",
    "TRAINED",
    "V",
    "first_step",
    "gradient",
    "gradient_columns",
    "gradient_rows",
    "step",
]

_TWO = sp.Integer(2)
_INSIDE = (sp.Le(_TWO, LAYER), sp.Le(LAYER, L))
#: the layers at any time of training
V = Weights("V")
#: U - Y
ERROR = named("E", L, "examples")
#: of the layers at any time: the base at the start, and one step of training, are derived below
TRAINED = Intertwining(V.name, PROJECTION, _TWO, L)
OUTPUTS = Equal(projector(L), sp.Integer(1), "S_L is the space of all outputs")
SIGNALS = Equal(projector(1) * V[1] * X, V[1] * X, "V_1 X has its columns in S_1")


def gradient(layer: Any) -> Any:
    """Return the gradient alpha V_{L:l+1}^T E (V_{l-1:1} X)^T of the loss with respect to layer l.

    Examples
    --------
    >>> print(gradient(L))
    m**(1/2 - L/2)*V_{L:L + 1}^T*E*X^T*V_{L - 1:1}^T/sqrt(d_y)
    """
    above, below = V[L, layer + 1], V[layer - 1, 1] * X
    return sp.sqrt(SCALE_2) * transpose(above) * ERROR * transpose(below)


def gradient_rows() -> Derivation:
    """Derive P_l G_l = G_l for 1 <= l <= L: the columns of the gradient lie in S_l.

    Examples
    --------
    >>> gradient_rows().verify().verdict.value
    'proved'
    """
    matrix = gradient(LAYER)
    left = projector(LAYER) * matrix
    limits = (sp.Le(LAYER, L), sp.Le(_TWO, L))
    start = statement("dl.reduction.gradient.rows", left, "P_l times the gradient", limits)
    return start.then(Words((TRAINED, OUTPUTS)), left, matrix, "P_l V_{L:l+1}^T = V_{L:l+1}^T")


def gradient_columns() -> Derivation:
    """Derive P_(l-1) G_l^T = G_l^T for 2 <= l <= L: the rows of the gradient lie in S_(l-1).

    Examples
    --------
    >>> gradient_columns().verify().verdict.value
    'proved'
    """
    matrix = transpose(gradient(LAYER))
    left = projector(LAYER - 1) * matrix
    start = statement("dl.reduction.gradient.columns", left, "P_(l-1) times G_l^T", _INSIDE)
    return start.then(Words((TRAINED, SIGNALS)), left, matrix, "P_(l-1) V_{l-1:1} X = V_{l-1:1} X")


def step() -> Derivation:
    """Derive P_l (V_l - eta G_l) = (V_l - eta G_l) P_(l-1), 2 <= l <= L: a step keeps the invariance.

    Examples
    --------
    >>> step().verify().verdict.value
    'proved'
    """
    new = V[LAYER] - eta * gradient(LAYER)
    left, result = projector(LAYER) * new, new * projector(LAYER - 1)
    start = statement("dl.reduction.step", left, "P_l on layer l after a step", _INSIDE)
    known = (Proved(gradient_rows()), Proved(gradient_columns()), TRAINED)
    return start.then(Words(known), left, result, "both terms keep the S_l")


def first_step() -> Derivation:
    """Derive P_1 (V_1 - eta G_1) X = (V_1 - eta G_1) X: a step keeps the first layer in S_1.

    Examples
    --------
    >>> first_step().verify().verdict.value
    'proved'
    """
    result = (V[1] - eta * gradient(sp.Integer(1))) * X
    left, least = projector(1) * result, (sp.Le(_TWO, L),)
    start = statement("dl.reduction.step.first", left, "P_1 on layer 1 after a step", least)
    return start.then(Words((TRAINED, OUTPUTS, SIGNALS)), left, result, "both terms lie in S_1")


#: the reduction is a statement about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: that a step of gradient descent keeps what holds at the start
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.reduction.gradient.rows": gradient_rows,
        "dl.reduction.gradient.columns": gradient_columns,
        "dl.reduction.step": step,
        "dl.reduction.step.first": first_step,
    }
)
