"""The loss at initialisation, and the mean of the kernel where the first layer is narrow: means over the layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.deep_linear_spectra_setting import (
    COLUMNS,
    EIGENVECTOR,
    FIRST_ROWS,
    HIDDEN_COLUMNS,
    INDEX,
    ROWS,
    SCALE_2,
    TARGETS,
    VECTOR,
    WIDEST,
    W,
    X,
    d_x,
)
from theory.derivations.formal import Expectation
from theory.derivations.formal_layers import Trace, transpose
from theory.derivations.rules_independent import SumOfConstant
from theory.derivations.rules_named import Named
from theory.derivations.rules_sums import SplitEnds
from theory.derivations.rules_weight_means import (
    HaarLayers,
    MeanOfLayers,
    MeanOfTerms,
    NormalLayers,
    Traces,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, X_power, Y_power, d_y, m, s
from theory.derivations.word_hypotheses import Isometry

__all__ = ["DERIVATIONS", "LAWS", "SUPPLEMENTS", "initial_loss", "narrow_mean"]

_ONE, _TWO = sp.Integer(1), sp.Integer(2)
_ALPHA = sp.sqrt(SCALE_2)
#: the last layer has orthogonal rows of length sqrt(m)
_LAST = Isometry(W.name, "rows", L, L, m)
#: laws of initialisation by their names
LAWS: Mapping[str, Any] = MappingProxyType(
    {
        "orthogonal": HaarLayers.of((COLUMNS, m, m), (_LAST, d_y, m)),
        "narrow": HaarLayers.of((FIRST_ROWS, m, d_x), (HIDDEN_COLUMNS, m, m), (_LAST, d_y, m)),
        "gaussian": NormalLayers(
            sp.Tuple(_ONE, _ONE, m, d_x), sp.Tuple(_TWO, L - 1, m, m), sp.Tuple(L, L, d_y, m)
        ),
    }
)


#: what the laws mean, in words
_MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "orthogonal": ("Haar-distributed", COLUMNS.statement, _LAST.statement),
        "narrow": (
            "Haar-distributed",
            FIRST_ROWS.statement,
            HIDDEN_COLUMNS.statement,
            _LAST.statement,
        ),
        "gaussian": ("entries of W_l iid N(0, 1)",),
    }
)


def initial_loss(name: str, law: str) -> Derivation:
    """Derive E l(0) = (|X|_F^2 + |Y|_F^2)/2 for L >= 2; `name` is the id, `law` one of LAWS.

    Examples
    --------
    >>> initial_loss("dl.initial-loss", "orthogonal").conclusion
    X_power/2 + Y_power/2
    """
    output = W[L, 1] * X
    error = _ALPHA * output - TARGETS
    pair = (W.name, LAWS[law])
    definition = Expectation(Trace(transpose(error) * error) / 2, pair)
    start = Derivation(
        name,
        definition,
        f"E l(0), {law} initialisation, l = |alpha W_L ... W_1 X - Y|_F^2/2",
        constraints=(sp.Le(_TWO, L),),
        notes=_MEANINGS[law],
    )
    square, cross = Trace(transpose(output) * output), Trace(transpose(TARGETS) * output)
    powers = Trace(transpose(X) * X), Trace(transpose(TARGETS) * TARGETS)
    terms = SCALE_2 * square / 2 - _ALPHA * cross + powers[1] / 2
    result = (powers[0] + powers[1]) / 2
    return (
        start.then(Traces(), definition.body, terms, "squared norm as a trace")
        .then(MeanOfLayers(), Expectation(terms, pair), result, "E W_l^T W_l = c_l I, E W_L = 0")
        .then(Named(X_power, powers[0]), result, (X_power + powers[1]) / 2, "|X|_F^2")
        .then(
            Named(Y_power, powers[1]),
            (X_power + powers[1]) / 2,
            (X_power + Y_power) / 2,
            "|Y|_F^2",
        )
    )


def _share(layer: Any, above: Any) -> Any:
    """Quadratic form at v kron w of the share of a layer in the kernel; `above` is that of the layers above it."""
    below = W[layer - 1, 1] * X * VECTOR
    return Trace(transpose(below) * below) * above


def narrow_mean() -> Derivation:
    """Derive that the mean of the kernel for m < d_x is the kernel for m >= d_x: L s^2/d_y at v kron w.

    Examples
    --------
    >>> narrow_mean().conclusion
    L*s**2*tr(v^T*v)*tr(w^T*w)/d_y
    """
    pair = (W.name, LAWS["narrow"])
    above = transpose(W[L, INDEX + 1]) * WIDEST
    share = _share(INDEX, Trace(transpose(above) * above))
    definition = Expectation(SCALE_2 * sp.Sum(share, (INDEX, 1, L)), pair)
    meaning = "E of the quadratic form of P(0) at v kron w, where the rows of W_1 are orthogonal"
    start = Derivation("dl.ntk.narrow.mean", definition, meaning, notes=_MEANINGS["narrow"])
    sizes = Trace(transpose(VECTOR) * VECTOR), Trace(transpose(WIDEST) * WIDEST)
    plain = _share(INDEX, m ** (L - INDEX) * sizes[1])
    first, mean = (Expectation(x, pair) for x in (_share(_ONE, m ** (L - 1) * sizes[1]), plain))
    inside = (sp.Le(_TWO, INDEX), sp.Le(INDEX, L))
    value = m ** (L - 1) * sizes[1] * Trace(transpose(VECTOR) * transpose(X) * X * VECTOR)
    total, rest = sp.Sum(mean, (INDEX, 1, L)), sp.Sum(mean, (INDEX, 2, L))
    return (
        start.then(Traces((ROWS,)), share, plain, "rows of the layers above", inside[1:])
        .then(
            MeanOfTerms(),
            Expectation(SCALE_2 * sp.Sum(plain, (INDEX, 1, L)), pair),
            SCALE_2 * total,
            "layer by layer",
        )
        .then(SplitEnds(), total, first + rest, "the first layer apart")
        .then(MeanOfLayers(), first, value, "nothing random is left")
        .then(MeanOfLayers(), mean, value, "E W_l^T W_l = m I", inside)
        .then(SumOfConstant(), sp.Sum(value, (INDEX, 2, L)), (L - 1) * value, "equal terms")
        .then(
            Traces((EIGENVECTOR,)),
            SCALE_2 * (value + (L - 1) * value),
            L * s**2 / d_y * sizes[0] * sizes[1],
            "v is a singular vector",
        )
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.initial-loss": partial(initial_loss, "dl.initial-loss", "orthogonal")}
)
#: the same for the other laws of initialisation; the mean kernel where m < d_x
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.initial-loss.gaussian": partial(initial_loss, "dl.initial-loss.gaussian", "gaussian"),
        "dl.initial-loss.narrow": partial(initial_loss, "dl.initial-loss.narrow", "narrow"),
        "dl.ntk.narrow.mean": narrow_mean,
    }
)
