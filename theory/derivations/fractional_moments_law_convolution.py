"""The law of the log-norm at depth a + b is the convolution of those at depths a and b."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy as sp

from theory.derivations.fractional_moments_law_depth import (
    EQUAL_WIDTHS,
    INDEPENDENT,
    characteristic,
)
from theory.derivations.fractional_moments_variance import layer_laplace
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_random_walk import IndependentSteps, JoinProducts
from theory.derivations.steps import Derivation
from theory.derivations.symbols import depth, depth_first, depth_second

__all__ = ["DERIVATIONS", "convolution"]


def convolution(activation: str = "leaky-relu") -> Derivation:
    """Derive that depths a and b have characteristic functions whose product is that of depth a + b.

    So the law of the log-norm at depth a + b is the convolution of those at depths a and b.

    Parameters
    ----------
    activation : str
        "linear", "relu" or "leaky-relu".

    Returns
    -------
    Derivation

    Examples
    --------
    >>> convolution().verify().verdict.value
    'proved'
    """
    lemma = characteristic(activation)
    definition, independent = (
        {m: lemma.expressions[number].subs(depth, m) for m in (depth_first, depth_second)}
        for number in (0, INDEPENDENT)
    )
    total = depth_first + depth_second
    whole = lemma.expressions[INDEPENDENT].subs(depth, total)
    value = lemma.conclusion.subs(depth, total)
    layer = layer_laplace(activation)
    given, inserted = (
        side.subs(dict(EQUAL_WIDTHS)) for side in (layer.definition, layer.conclusion)
    )
    meaning = f"{lemma.meaning}, depth_first, times the same at depth_second"
    start = Derivation("fm.norm-law.convolution", sp.Mul(*definition.values()), meaning)
    begun = start.then(
        Lemma(layer, EQUAL_WIDTHS), given, inserted, "Laplace transform of one layer"
    )
    for m, name in ((depth_first, "first"), (depth_second, "second")):
        old = lemma.expressions[1].subs(depth, m)
        begun = begun.then(IndependentSteps(), old, independent[m], f"the {name} steps are iid")
    return begun.then(JoinProducts(), begun.conclusion, whole, "independent factors").then(
        Lemma(lemma, ((depth, total),), INDEPENDENT), whole, value, "depth_first + depth_second"
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"fm.norm-law.convolution": convolution}
)
