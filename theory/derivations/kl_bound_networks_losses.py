"""Mean loss of a random network, from the power of its output: F4 of the KL bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_networks import MeanOver
from theory.derivations.kl_bound_networks import insert_hidden, last_hidden, network
from theory.derivations.network_signals import (
    NORMAL,
    ONE_NORMAL,
    ROW,
    TARGETS,
    WEIGHTS,
    gain,
    over_weights,
    preactivation,
    squared_norm,
    units,
)
from theory.derivations.rules_expectations import Linearity
from theory.derivations.rules_layers import BoundUnderMean, MeanOfSquares
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_log_sums import (
    CentredForm,
    ExponentialOfForm,
    JensenOfLogSum,
    LogOfProduct,
    MeanOfExponents,
    ShiftLogSum,
)
from theory.derivations.rules_normal_rows import MeanOfSum, NormalPolynomial, NormalRows
from theory.derivations.rules_products import AppendFactor
from theory.derivations.steps import Derivation
from theory.derivations.symbols import m1
from theory.derivations.symbols_kl_bound import L, P_x, P_y, V, layer, widths

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "classifier_layer",
    "classifier_layer_below",
    "cross_entropy",
    "cross_entropy_below",
    "half_squared",
    "half_squared_layer",
]

_ONE, _ZERO = sp.Integer(1), sp.Integer(0)
_OTHER = sp.Symbol("r", integer=True, positive=True)


def half_squared_layer() -> Derivation:
    """Derive E|W x - y|^2/2 = (n[L] V[L] |x|^2 + |y|^2)/2, x and y fixed.

    Examples
    --------
    >>> half_squared_layer().verify().verdict.value
    'proved'
    """
    definition = over_weights(units((preactivation(L) - TARGETS[ROW]) ** 2 / 2, L), L)
    start = Derivation("kl.half-squared-layer", definition, "E|W x - y|^2/2, x and y fixed")
    variance = V[L] * squared_norm(L)
    law = Gaussian(variance)
    rows = Expectation(units((NORMAL[ROW] - TARGETS[ROW]) ** 2 / 2, L), (NORMAL, law))
    one = Expectation((ONE_NORMAL - TARGETS[ROW]) ** 2 / 2, (ONE_NORMAL, law))
    value = variance / 2 + TARGETS[ROW] ** 2 / 2
    summed = widths[L] * variance / 2 + units(TARGETS[ROW] ** 2, L) / 2
    return (
        start.then(NormalRows(WEIGHTS, NORMAL), definition, rows, "rows of W x")
        .then(MeanOfSum(ONE_NORMAL), rows, units(one, L), "unit by unit")
        .then(NormalPolynomial(), one, value, "first two moments of a normal variable")
        .then(LinearSums(), units(value, L), summed, "sum over the outputs")
    )


def half_squared() -> Derivation:
    """Derive E_0[|f(x) - y|^2/2] = (P_x m1^(L-1) prod_l n[l] V[l] + P_y)/2.

    Examples
    --------
    >>> half_squared().conclusion
    P_x*m1**(L - 1)*Product(V[l]*n[l], (l, 1, L))/2 + P_y/2
    """
    last, hidden = half_squared_layer(), last_hidden()
    targets = (TARGETS, widths[L], P_y)
    name = "kl.initial-loss.half-squared"
    start = network(name, last.definition, "E_0[|f(x) - y|^2/2]", targets)
    inserted = start.then(Lemma(last), last.definition, last.conclusion, "output layer, x fixed")
    value = widths[L] * V[L] * hidden / 2 + P_y / 2
    done = insert_hidden(
        inserted.then(MeanOfSquares(), inserted.conclusion, value, "over the data and hidden layer")
    )
    term = widths[L] * V[L] * P_x * m1 ** (L - 1) * gain(layer, L - 1) / 2
    whole = P_x * m1 ** (L - 1) * gain(layer, L) / 2
    return done.then(AppendFactor(), term, whole, "the output layer is one factor")


def _loss(score: Any) -> Any:
    """Return the cross-entropy log sum_k exp f_k - sum_k y_k f_k, for scores f_k, y one-hot."""
    return sp.log(units(sp.exp(score), L)) - units(TARGETS[ROW] * score, L)


def _classifier(name: str, sign: int) -> tuple[Derivation, Any, Any]:
    """Start from +-E of the cross-entropy, x and y fixed; go over to normal scores."""
    definition = sign * over_weights(_loss(preactivation(L)), L)
    words = "the softmax cross-entropy of W x and one-hot y, x and y fixed"
    start = Derivation(name, definition, ("E of " if sign > 0 else "minus E of ") + words)
    pair = (NORMAL, Gaussian(V[L] * squared_norm(L)))
    rows = Expectation(_loss(NORMAL[ROW]), pair)
    old = sign * definition
    return start.then(NormalRows(WEIGHTS, NORMAL), old, rows, "rows of W x"), rows, pair


def classifier_layer() -> Derivation:
    """Derive E of the cross-entropy <= log n[L] + (1 - 1/n[L]) V[L] |x|^2/2, x and y fixed.

    Examples
    --------
    >>> classifier_layer().relation
    '<='
    """
    so_far, _, pair = _classifier("kl.classifier-layer", 1)
    classes, variance = widths[L], pair[1].args[0]
    total = sp.Sum(NORMAL[_OTHER], (_OTHER, 1, classes))
    labels = units(TARGETS[ROW] * NORMAL[ROW], L)
    plain = sp.log(units(sp.exp(NORMAL[ROW]), L))
    centred = sp.log(units(sp.exp(NORMAL[ROW] - total / classes), L))
    parts = [Expectation(x, pair) for x in (total, labels, centred)]
    value = sp.exp(variance * (1 - 1 / classes) / 2)
    inside = Expectation(centred.args[0], pair)
    shifted = Expectation(total / classes + centred - labels, pair)
    split = parts[0] / classes - parts[1] + parts[2]
    return (
        so_far.then(ShiftLogSum(total / classes), plain, total / classes + centred, "mean score")
        .then(Linearity(), shifted, split, "term by term")
        .then(CentredForm(), parts[0], _ZERO, "scores have mean 0")
        .then(CentredForm(), parts[1], _ZERO, "whatever the label")
        .then(JensenOfLogSum(), parts[2], sp.log(inside), "the logarithm is concave")
        .then(ExponentialOfForm(), inside, units(value, L), "variance 1 - 1/C of that of a score")
        .then(LinearSums(), units(value, L), classes * value, "C equal terms")
        .then(
            LogOfProduct(),
            sp.log(classes * value),
            sp.log(classes) + V[L] * (1 - 1 / classes) / 2 * squared_norm(L),
            "logarithm of a product",
        )
    )


def cross_entropy() -> Derivation:
    """Derive E_0[cross-entropy] <= log C + (1 - 1/C) P_x m1^(L-1) prod_l n[l] V[l]/(2 C), C = n[L].

    Examples
    --------
    >>> cross_entropy().relation
    '<='
    """
    last, hidden = classifier_layer(), last_hidden()
    targets = (TARGETS, widths[L], _ONE)
    words = "E_0 of the cross-entropy, y one-hot, so that |y|^2 = 1"
    start = network("kl.initial-loss.cross-entropy", last.definition, words, targets)
    bound = MeanOver(last.conclusion, *start.definition.signals)
    inserted = start.then(
        BoundUnderMean(Lemma(last)), start.definition, bound, "output layer, x and y fixed"
    )
    share = (1 - 1 / widths[L]) / 2
    value = sp.log(widths[L]) + V[L] * share * hidden
    done = insert_hidden(
        inserted.then(MeanOfSquares(), bound, value, "over the data and the hidden layer")
    )
    term = V[L] * share * P_x * m1 ** (L - 1) * gain(layer, L - 1)
    whole = share / widths[L] * P_x * m1 ** (L - 1) * gain(layer, L)
    return done.then(AppendFactor(), term, whole, "the output layer is one factor")


def classifier_layer_below() -> Derivation:
    """Derive -E of the cross-entropy <= -log n[L], x and y fixed.

    Examples
    --------
    >>> classifier_layer_below().conclusion
    -log(n[L])
    """
    so_far, rows, pair = _classifier("kl.classifier-layer.lower", -1)
    total = units(NORMAL[ROW], L)
    labels = units(TARGETS[ROW] * NORMAL[ROW], L)
    below = Expectation(sp.log(widths[L]) + total / widths[L] - labels, pair)
    parts = [Expectation(x, pair) for x in (total, labels)]
    split = -sp.log(widths[L]) - parts[0] / widths[L] + parts[1]
    return (
        so_far.then(MeanOfExponents(), -rows, -below, "exp is convex")
        .then(Linearity(), below, -split, "term by term")
        .then(CentredForm(), parts[0], _ZERO, "scores have mean 0")
        .then(CentredForm(), parts[1], _ZERO, "whatever the label")
    )


def cross_entropy_below() -> Derivation:
    """Derive -E_0[cross-entropy] <= -log C: the loss starts above that of equal chances.

    Examples
    --------
    >>> cross_entropy_below().conclusion
    -log(n[L])
    """
    last = classifier_layer_below()
    targets = (TARGETS, widths[L], _ONE)
    words = "minus E_0 of the cross-entropy, y one-hot"
    start = network("kl.initial-loss.cross-entropy.lower", last.definition, words, targets)
    bound = MeanOver(last.conclusion, *start.definition.signals)
    rule = BoundUnderMean(Lemma(last))
    return start.then(rule, start.definition, bound, "x and y fixed").then(
        MeanOfSquares(), bound, last.conclusion, "over the data and the hidden layer"
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.initial-loss.half-squared": half_squared,
        "kl.initial-loss.cross-entropy": cross_entropy,
    }
)
#: one layer, and the lower bound
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.half-squared-layer": half_squared_layer,
        "kl.classifier-layer": classifier_layer,
        "kl.classifier-layer.lower": classifier_layer_below,
        "kl.initial-loss.cross-entropy.lower": cross_entropy_below,
    }
)
