"""Power of the output of a random network, layer by layer: F4 of the KL bound.

Widths n[0..L], weights W_l ~ N(0, V[l]), no biases, phi positively homogeneous, none on the output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_networks import MeanOver, Recursion
from theory.derivations.kl_bound_networks_layers import layer_power, output_layer
from theory.derivations.network_signals import INPUTS, gain
from theory.derivations.rules_layers import GeometricRecursion, MeanOfSquares
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_products import AppendFactor
from theory.derivations.rules_random_walk import ProductOfConstant
from theory.derivations.steps import Derivation
from theory.derivations.symbols import m1
from theory.derivations.symbols_kl_bound import L, P_x, V, layer, widths

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "hidden_power",
    "insert_hidden",
    "last_hidden",
    "network",
    "output_power",
]

_ONE = sp.Integer(1)
_POWER = sp.Symbol("u", nonnegative=True)


def last_hidden() -> Any:
    """Return the power of the last hidden layer, from the definition of the layers.

    Examples
    --------
    >>> last_hidden().args[1:]
    (P_x, 1, L - 1)
    """
    body = layer_power().definition
    step = MeanOver(body, (INPUTS, widths[layer - 1], _POWER))
    return Recursion(sp.Lambda((layer, _POWER), step), P_x, _ONE, L - 1)


def hidden_power() -> Derivation:
    """Derive E|x_(L-1)|^2 = P_x m1^(L-1) prod_{l<L} n[l] V[l], by induction over the layers.

    Examples
    --------
    >>> hidden_power().verify().verdict.value
    'proved'
    """
    one = layer_power()
    start = Derivation(
        "kl.hidden-power",
        last_hidden(),
        "E|x_l|^2 from E|x_(l-1)|^2 for l = 1..L-1, the weights of each layer independent of the past",
        notes=one.notes,
    )
    mean = MeanOver(one.conclusion, (INPUTS, widths[layer - 1], _POWER))
    ratio = widths[layer] * V[layer] * m1
    inserted = start.then(Lemma(one), one.definition, one.conclusion, "power of one layer")
    grown = inserted.then(MeanOfSquares(), mean, ratio * _POWER, "over the layer before")
    product = sp.Product(ratio, (layer, 1, L - 1))
    return grown.then(
        GeometricRecursion(), grown.conclusion, P_x * product, "induction over the layers"
    ).then(ProductOfConstant(), product, m1 ** (L - 1) * gain(layer, L - 1), "m1 of every layer")


def network(name: str, body: Any, meaning: str, *targets: Any) -> Derivation:
    """Return the mean of something about the output over the weights, the data and the hidden layers.

    Parameters
    ----------
    name, meaning : str
        Id of the derivation, and what is meant.
    body : Expr
        The mean over the weights of the output layer, given the last hidden one.
    *targets : tuple
        (array, size, power) of the targets, if the body holds any.

    Returns
    -------
    Derivation
        Without steps.

    Examples
    --------
    >>> power = sp.Sum(INPUTS[layer] ** 2, (layer, 1, widths[L - 1]))
    >>> network("demo", power, "power of the last hidden layer").definition
    mean[Sum(x[l]**2, (l, 1, n[L - 1]))]
    """
    signals = ((INPUTS, widths[L - 1], last_hidden()), *targets)
    notes = (*hidden_power().notes, "the weights are independent of the data")
    about = f"{meaning}; P_x is the mean of |x_0|^2"
    return Derivation(name, MeanOver(body, *signals), about, notes=notes)


def insert_hidden(so_far: Derivation) -> Derivation:
    """Return the derivation `so_far`, one step on: the power of the last hidden layer inserted.

    Examples
    --------
    >>> insert_hidden(Derivation("demo", last_hidden(), "hidden layers")).conclusion
    P_x*m1**(L - 1)*Product(V[l]*n[l], (l, 1, L - 1))
    """
    lemma = hidden_power()
    return so_far.then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "power of the last hidden layer"
    )


def output_power() -> Derivation:
    """Derive E|f(x)|^2 = P_x m1^(L-1) prod_l n[l] V[l].

    Examples
    --------
    >>> output_power().conclusion
    P_x*m1**(L - 1)*Product(V[l]*n[l], (l, 1, L))
    """
    last, hidden = output_layer(), last_hidden()
    start = network("kl.output-power", last.definition, "E|f(x)|^2")
    inserted = start.then(Lemma(last), last.definition, last.conclusion, "output layer, x fixed")
    value = widths[L] * V[L] * hidden
    done = insert_hidden(
        inserted.then(MeanOfSquares(), inserted.conclusion, value, "over the last hidden layer")
    )
    result = P_x * m1 ** (L - 1) * gain(layer, L)
    return done.then(AppendFactor(), done.conclusion, result, "the output layer is one factor")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"kl.output-power": output_power}
)
#: the hidden layers
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.hidden-power": hidden_power,
    }
)
