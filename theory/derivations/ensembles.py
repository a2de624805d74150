"""The laws of the KL-bound subject on R^K: the state, its density in time, the start, the Gibbs law.

One name has one meaning: `MEANINGS` says what the symbols of the conclusions stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import joint_mean
from theory.derivations.symbols_kl_bound import E0, K, M, P_y, S_ss, T, i, log_C, n_L, s0, tau

__all__ = [
    "DENSITY",
    "DIVERGENCE",
    "ENTRIES",
    "ENTRY",
    "EXAMPLES",
    "LOSS",
    "MEANINGS",
    "OUTPUT",
    "SAMPLE",
    "SAMPLES",
    "STATE",
    "S_0",
    "TARGET",
    "evolved",
    "gibbs",
    "hides",
    "mean",
    "normal",
    "squared_loss",
    "squared_norm",
    "started",
]

#: the parameters of the network, a point of R^K, and their index
STATE = sp.Symbol("w")
ENTRY, ENTRIES = Coordinate(STATE, i), (i, 1, K)
#: the loss, any confining function; the density of the parameters at a time
LOSS = sp.Function("loss", real=True)(STATE)
DENSITY = sp.Function("p", positive=True)
#: index of the norm; outputs of the network and targets, one for every example and output unit
_COMPONENT = sp.Symbol("j", integer=True, positive=True)
EXAMPLES = sp.Symbol("examples", integer=True, positive=True)
OUTPUT, TARGET = sp.Function("f", real=True), sp.IndexedBase("y", real=True)
SAMPLE = sp.Symbol("a", integer=True, positive=True)
SAMPLES = (SAMPLE, 1, EXAMPLES * n_L)
#: differential entropy at the start; KL divergence of the start from the stationary law
S_0, DIVERGENCE = sp.Symbol("S_0", real=True), sp.Symbol("KL_0", real=True)


def evolved() -> Any:
    """Return the density at time tau.

    Examples
    --------
    >>> evolved()
    p(w, tau)
    """
    return DENSITY(STATE, tau)


def started() -> Any:
    """Return the density at time 0, of any form.

    Examples
    --------
    >>> started()
    p(w, 0)
    """
    return DENSITY(STATE, sp.Integer(0))


def gibbs() -> Any:
    """Return the stationary density exp(log C - loss/T).

    Examples
    --------
    >>> gibbs()
    exp(log_C - loss(w)/T)
    """
    return sp.exp(log_C - LOSS / T)


def squared_norm() -> Any:
    """Return |w|^2.

    Examples
    --------
    >>> squared_norm()
    Sum(Coordinate(w, j)**2, (j, 1, K))
    """
    return sp.Sum(Coordinate(STATE, _COMPONENT) ** 2, (_COMPONENT, 1, K))


def squared_loss() -> Any:
    """Return the mean over the examples of |f - y|^2 / 2.

    Examples
    --------
    >>> squared_loss()
    Sum((f(a, w) - y[a])**2, (a, 1, examples*n_L))/(2*examples)
    """
    return sp.Sum((OUTPUT(SAMPLE, STATE) - TARGET[SAMPLE]) ** 2, SAMPLES) / (2 * EXAMPLES)


def normal(variance: Any = s0) -> Any:
    """Return the density of N(0, variance I) on R^K.

    Parameters
    ----------
    variance : Expr
        > 0.

    Returns
    -------
    Expr

    Examples
    --------
    >>> normal(sp.Integer(1)).subs(K, 2).doit()
    exp(-Coordinate(w, 1)**2/2 - Coordinate(w, 2)**2/2)/(2*pi)
    """
    scale = (2 * sp.pi * variance) ** (-K / sp.Integer(2))
    return scale * sp.exp(-squared_norm() / (2 * variance))


def mean(body: Any, density: Any) -> Any:
    """Return E of a function of the state under a density on R^K.

    Parameters
    ----------
    body : Expr
        In the state.
    density : Expr
        In the state.

    Returns
    -------
    Expectation

    Examples
    --------
    >>> print(mean(LOSS, gibbs()))
    E[loss(w)]
    """
    return joint_mean(body, STATE, density, K)


#: symbol -> what it stands for
MEANINGS: Mapping[Any, Any] = MappingProxyType(
    {
        E0: mean(LOSS, started()),
        S_0: -mean(sp.log(started()), started()),
        S_ss: -mean(sp.log(gibbs()), gibbs()),
        M: mean(squared_norm(), evolved()),
        P_y: sp.Sum(TARGET[SAMPLE] ** 2, SAMPLES) / EXAMPLES,
        DIVERGENCE: mean(sp.log(started()) - sp.log(gibbs()), started()),
    }
)


def hides(expr: Any, variable: Any) -> bool:
    """Whether a symbol in `expr` stands for what may vary with a variable, or a law in it may.

    Parameters
    ----------
    expr : Expr
        Any.
    variable : Symbol
        tau, on which p depends by its argument, or s0; any other counts as hidden.

    Returns
    -------
    bool

    Examples
    --------
    >>> hides(E0, s0), hides(E0, tau), hides(M, tau), hides(S_ss, s0)
    (True, False, True, False)
    """
    if variable not in (s0, tau):  # log C, among others, varies with the rest
        return True
    named = [MEANINGS[x] for x in expr.free_symbols if x in MEANINGS]
    if variable == tau:
        return any(tau in x.free_symbols for x in named)
    unknown = any(x.has(DENSITY) for x in (expr, *named))
    return unknown or any(variable in x.free_symbols for x in named)
