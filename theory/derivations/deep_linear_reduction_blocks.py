"""The net of width r + d_y that an orthogonal net trains like: its layers in bases of the subspaces S_l (D1).

Q_l has orthonormal columns that span S_l, carried from level to level by the layers themselves at the start:
Q_l = W_l Q_(l-1)/sqrt(m). U is an orthonormal basis of the columns of X, and Q_1 = [W_1 U/sqrt(m), R]. The block of
layer l is Q_l^T V_l Q_(l-1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_reduction_invariance import ERROR, TRAINED, V, gradient
from theory.derivations.deep_linear_reduction_subspaces import (
    HIDDEN,
    LAYER,
    named,
    projector,
    statement,
)
from theory.derivations.deep_linear_spectra_setting import COLUMNS, ROWS, SCALE_2, W, X
from theory.derivations.formal_layers import transpose
from theory.derivations.rules_words import Words
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, m
from theory.derivations.word_hypotheses import Equal, Intertwining
from theory.derivations.words import Hypothesis

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "basis",
    "block",
    "block_gradient",
    "carried",
    "first_block",
    "first_block_narrow",
    "hidden_block",
    "last_block",
    "last_block_rest",
    "signal",
]

_ONE, _TWO = sp.Integer(1), sp.Integer(2)
_ROOT = sp.sqrt(m)
_INPUTS, _REST = named("U", 0, "rank"), named("R", 1, "rest")
_Z = named("Z", "reduced", "examples")
_HIDDEN_LAYERS = (sp.Le(_TWO, LAYER), sp.Le(LAYER, L - 1))
_INNER = (sp.Le(_TWO, LAYER), sp.Le(LAYER, L))


def basis(level: Any) -> Any:
    """Return the basis Q_l of S_l, l the level.

    Examples
    --------
    >>> basis(LAYER).spaces
    (l, reduced)
    """
    return named("Q", level, "reduced")


def block(rows: Any, columns: Any) -> Any:
    """Return a block B of the reduced net by the spaces of its rows and its columns.

    Examples
    --------
    >>> print(block("reduced", "reduced"))
    B
    """
    return named("B", rows, columns)


def _orthonormal(level: Any) -> Equal:
    one = basis(level)
    return Equal(transpose(one) * one, _ONE, "Q_l has orthonormal columns")


def _onto(level: Any) -> Equal:
    one = basis(level)
    return Equal(one * transpose(one), projector(level), "the columns of Q_l span S_l")


def carried() -> Derivation:
    """Derive Q_l^T Q_l = I for Q_l = W_l Q_(l-1)/sqrt(m), 1 < l < L.

    Examples
    --------
    >>> print(carried().conclusion.args[1])
    1
    """
    new = W[LAYER] * basis(LAYER - 1) / _ROOT
    left = transpose(new) * new
    start = statement("dl.reduction.basis", left, "Q_l^T Q_l", _HIDDEN_LAYERS)
    known: tuple[Hypothesis, ...] = (HIDDEN[0], _orthonormal(LAYER - 1))
    return start.then(Words(known), left, _ONE, "W_l^T W_l = m I")


def hidden_block() -> Derivation:
    """Derive that the block of a hidden layer starts at sqrt(m) I.

    Examples
    --------
    >>> print(hidden_block().conclusion.args[1])
    sqrt(m)
    """
    new = W[LAYER] * basis(LAYER - 1) / _ROOT
    left = transpose(new) * W[LAYER] * basis(LAYER - 1)
    start = statement("dl.reduction.hidden", left, "Q_l^T W_l Q_(l-1)", _HIDDEN_LAYERS)
    known: tuple[Hypothesis, ...] = (HIDDEN[0], _orthonormal(LAYER - 1))
    return start.then(Words(known), left, _ROOT, "W_l^T W_l = m I")


_DATA = Equal(transpose(_INPUTS) * _INPUTS, _ONE, "U has orthonormal columns")


def first_block() -> Derivation:
    """Derive the upper block sqrt(m) I of the first layer, on coefficients U^T X, for m >= d_x.

    Examples
    --------
    >>> print(first_block().conclusion.args[1])
    sqrt(m)
    """
    image = W[1] * _INPUTS
    left = transpose(image / _ROOT) * image
    start = statement("dl.reduction.first", left, "(W_1 U/sqrt(m))^T W_1 U", (sp.Le(_TWO, L),))
    return start.then(Words((COLUMNS, _DATA)), left, _ROOT, "W_1^T W_1 = m I")


def first_block_narrow() -> Derivation:
    """Derive the upper block H = (U^T W_1^T W_1 U)^(1/2) of the first layer for m < d_x, Q_1 = [W_1 U H^-1, R].

    Examples
    --------
    >>> print(first_block_narrow().conclusion.args[1])
    H
    """
    root, inverse = named("H", "rank", "rank"), named("H^-1", "rank", "rank")
    image = W[1] * _INPUTS
    left = transpose(image * inverse) * image
    start = statement("dl.reduction.first.narrow", left, "(W_1 U H^-1)^T W_1 U")
    known = (
        Equal(transpose(image) * image, root * root, "H is the square root of U^T W_1^T W_1 U"),
        Equal(transpose(inverse) * root, _ONE, "H is symmetric and regular: m >= r"),
    )
    return start.then(Words(known), left, root, "H^-1 H^2 = H")


def last_block() -> Derivation:
    """Derive the left block sqrt(m) C of the last layer, C = W_{L:1} U/m^(L/2).

    Examples
    --------
    >>> print(last_block().conclusion.args[1])
    sqrt(m)*C
    """
    left = W[L] * (W[L - 1, 2] / m ** ((L - 2) / 2)) * (W[1] * _INPUTS / _ROOT)
    meaning = "W_L Q_(L-1) on the columns of W_1 U, Q_(L-1) = W_{L-1:2} Q_1/m^((L-2)/2)"
    start = statement("dl.reduction.last", left, meaning, (sp.Le(_TWO, L),))
    name = Equal(W[L, 1] * _INPUTS, m ** (L / 2) * _C, "the meaning of C")
    return start.then(Words((name,)), left, _ROOT * _C, "one product of layers")


_C = named("C", L, "rank")


def last_block_rest() -> Derivation:
    """Derive F F^T = I - C C^T for the other block sqrt(m) F of the last layer, F = W_{L:2} R/m^((L-1)/2).

    By the polar decomposition R may be turned so that F = (I - C C^T)^(1/2).

    Examples
    --------
    >>> print(last_block_rest().conclusion.args[1])
    1 - C*C^T
    """
    other = W[L, 2] * _REST / m ** ((L - 1) / 2)
    left = other * transpose(other)
    start = statement("dl.reduction.last.rest", left, "F F^T", (sp.Le(_TWO, L),))
    image = W[1] * _INPUTS
    split = projector(1) - image * transpose(image) / m
    known = (
        Equal(_REST * transpose(_REST), split, "the columns of [W_1 U/sqrt(m), R] span S_1"),
        Intertwining(W.name, projector(1).args[0], _TWO, L),
        Equal(projector(L), _ONE, "S_L is the space of all outputs"),
        ROWS,
        Equal(W[L, 1] * _INPUTS, m ** (L / 2) * _C, "the meaning of C"),
    )
    return start.then(Words(known), left, 1 - _C * transpose(_C), "W_{L:2} W_{L:2}^T = m^(L-1) I")


def signal() -> Derivation:
    """Derive V_l Q_(l-1) Z = Q_l B Z with the block B of layer l: the reduced net has the same signals.

    Examples
    --------
    >>> signal().verify().verdict.value
    'proved'
    """
    left = V[LAYER] * basis(LAYER - 1) * _Z
    start = statement("dl.reduction.signal", left, "layer l on a signal in S_(l-1)", _INNER)
    inner = transpose(basis(LAYER)) * V[LAYER] * basis(LAYER - 1)
    one = basis(LAYER - 1)
    kept = Equal(projector(LAYER - 1) * one, one, "the columns of Q_l span S_l")
    known = (_onto(LAYER), kept, TRAINED)
    return start.then(Words(known), left, basis(LAYER) * inner * _Z, "Q_l Q_l^T = P_l")


def block_gradient() -> Derivation:
    """Derive that the block of the gradient is the gradient of the reduced net: alpha B_above^T E Z^T.

    B_above is the product of the blocks above layer l, Z the signal of the reduced net below it.

    Examples
    --------
    >>> print(block_gradient().conclusion.args[1])
    m**(1/2 - L/2)*B^T*E*Z^T/sqrt(d_y)
    """
    below, above = basis(LAYER - 1), basis(LAYER)
    left = transpose(above) * gradient(LAYER) * below
    start = statement("dl.reduction.block-gradient", left, "Q_l^T G_l Q_(l-1)", _INNER)
    product = block(L, "reduced")
    known = (
        Equal(V[LAYER - 1, 1] * X, below * _Z, "dl.reduction.signal, layer by layer"),
        Equal(V[L, LAYER + 1] * above, product, "dl.reduction.signal, layer by layer"),
        _orthonormal(LAYER - 1),
    )
    result = sp.sqrt(SCALE_2) * transpose(product) * ERROR * transpose(_Z)
    return start.then(Words(known), left, result, "Q_l^T Q_l = I")


#: the reduction is a statement about nets, beside the catalogue
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType({})
#: blocks of the layers at the start; that the reduced net has the same signals and gradients
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.reduction.basis": carried,
        "dl.reduction.hidden": hidden_block,
        "dl.reduction.first": first_block,
        "dl.reduction.first.narrow": first_block_narrow,
        "dl.reduction.last": last_block,
        "dl.reduction.last.rest": last_block_rest,
        "dl.reduction.signal": signal,
        "dl.reduction.block-gradient": block_gradient,
    }
)
