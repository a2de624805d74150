"""Rates of convergence of deep linear nets in the proofs of Hu, Xiao & Pennington and of Du & Hu.

The theorems are cited: that the singular values of the partial products stay near those at the start, and that the
terms of higher order in a step are small. From these the contraction of a step is derived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import sympy as sp

from theory.derivations.deep_linear_spectra_setting import INDEX, SCALE_2
from theory.derivations.rules_gaps import LargestFactor, Raise
from theory.derivations.rules_linear_sums import LinearSums
from theory.derivations.rules_named import Named
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, X_norm, d_y, eta, kappa, m, s_min

__all__ = [
    "DERIVATIONS",
    "GAUSSIAN",
    "ORTHOGONAL",
    "SUPPLEMENTS",
    "Proof",
    "contraction",
    "kernel_bound",
    "largest_rate",
    "maximal",
    "step_size",
]

_COUNT = sp.Symbol("N", integer=True, positive=True)
_K = sp.Symbol("k", integer=True, positive=True)
_P, _C = (sp.IndexedBase(name, real=True) for name in ("p", "c"))
#: share of eta lambda_min |U - Y| that the terms of higher order take
_HIGHER = sp.Rational(1, 6)


class Proof(NamedTuple):
    """Constants of a proof: singular values of partial products between `low` and `high` times those at the start.

    The largest learning rate is d_y/(share L |X|^2), the factor of a step 1 - rate eta L sigma_min^2/d_y.
    """

    source: str
    low: Any
    high: Any
    share: int
    rate: Any


ORTHOGONAL = Proof(
    "Hu, Xiao & Pennington", sp.Rational(9, 10), sp.Rational(11, 10), 2, sp.Rational(1, 2)
)
GAUSSIAN = Proof("Du & Hu", sp.Rational(3, 4), sp.Rational(5, 4), 3, sp.Rational(1, 4))


def kernel_bound(factor: Any, norm: Any) -> Any:
    """Return alpha^2 sum_i (factor m^((i-1)/2) norm)^2 (factor m^((L-i)/2))^2: a bound on the kernel's eigenvalues.

    Examples
    --------
    >>> print(kernel_bound(sp.Integer(1), X_norm))
    m**(1 - L)*Sum(X_norm**2*m**(L - i)*m**(i - 1), (i, 1, L))/d_y
    """
    below = factor * m ** ((INDEX - 1) / 2) * norm
    above = factor * m ** ((L - INDEX) / 2)
    return SCALE_2 * sp.Sum(below**2 * above**2, (INDEX, 1, L))


def _notes(proof: Proof) -> tuple[str, ...]:
    return (
        f"{proof.source}: singular values of W_j ... W_i stay between {proof.low} and {proof.high} times"
        " m^((j-i+1)/2), (j, i) != (L, 1)",
        f"{proof.source}: the terms of higher order in a step are at most eta lambda_min |U - Y|/6",
        "the least eigenvalue of a sum of A kron B, A, B >= 0, is at least the sum of their products",
        "the loss is the square of |U - Y|: it falls by the square of the factor, hence by the factor",
    )


def contraction(name: str, proof: Proof, rate: Any = eta) -> Derivation:
    """Derive |U(t+1) - Y| <= (1 - rate eta L sigma_min^2/d_y) |U(t) - Y| in the range of X.

    U(t+1) - Y = (I - eta P)(U(t) - Y) + terms of higher order. `rate` is the learning rate, `name` the id; `proof`
    holds the constants.

    Examples
    --------
    >>> contraction("dl.rate", ORTHOGONAL).conclusion
    -L*eta*s_min**2/(2*d_y) + 1
    """
    low = kernel_bound(proof.low, s_min)
    amount = rate * L * s_min**2 / d_y
    root = sp.sqrt(sp.Sum((1 - rate * _P[_K]) ** 2 * _C[_K] ** 2, (_K, 1, _COUNT)))
    meaning = "|(I - eta P) e| + |higher order| for |e| = 1, in the eigenbasis of the kernel P"
    start = Derivation(name, root + _HIGHER * rate * low, meaning, notes=_notes(proof))
    bounded = 1 - rate * low + _HIGHER * rate * low
    exact = (1 - _HIGHER) * proof.low**4
    gap = (exact - proof.rate) * amount
    return (
        start.then(
            LargestFactor(_P, _C, rate, low), start.definition, bounded, "eigenvalues of I - eta P"
        )
        .then(LinearSums(), bounded, 1 - exact * amount, "L equal terms, alpha^2 = 1/(m^(L-1) d_y)")
        .then(Raise(gap), 1 - exact * amount, 1 - proof.rate * amount, "a rounder constant")
    )


def largest_rate(proof: Proof) -> Any:
    """Return d_y/(share L |X|^2), the share being that of `proof`.

    Examples
    --------
    >>> print(largest_rate(ORTHOGONAL))
    d_y/(2*L*X_norm**2)
    """
    return d_y / (proof.share * L * X_norm**2)


def maximal(name: str, proof: Proof) -> Derivation:
    """Derive the factor 1 - 1/(4 kappa) at the largest learning rate, kappa = |X|^2/sigma_min^2.

    `name` is the id, `proof` holds the constants: with those of Du & Hu the factor is 1 - 1/(12 kappa).

    Examples
    --------
    >>> maximal("dl.rate.maximal", ORTHOGONAL).conclusion
    1 - 1/(4*kappa)
    """
    done = contraction(name, proof, largest_rate(proof))
    value = 1 - proof.rate / proof.share / kappa
    meaning = X_norm**2 / s_min**2
    return done.then(Named(kappa, meaning), done.conclusion, value, "condition number of X^T X")


def step_size(name: str, proof: Proof) -> Derivation:
    """Derive eta lambda_max(P) <= 1 at the largest learning rate, so that no factor 1 - eta p is negative.

    `name` is the id, `proof` holds the constants.

    Examples
    --------
    >>> step_size("dl.rate.step-size", ORTHOGONAL).conclusion
    1
    """
    definition = largest_rate(proof) * kernel_bound(proof.high, X_norm)
    start = Derivation(
        name, definition, "bound on eta lambda_max of the kernel", notes=_notes(proof)[:1]
    )
    value = proof.high**4 / proof.share
    return start.then(LinearSums(), definition, value, "L equal terms").then(
        Raise(1 - value), value, sp.Integer(1), "a rounder constant"
    )


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.rate": partial(contraction, "dl.rate", ORTHOGONAL),
        "dl.du-hu.rate": partial(contraction, "dl.du-hu.rate", GAUSSIAN),
    }
)
#: the factor at the largest learning rate, and that this rate is small enough
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.rate.maximal": partial(maximal, "dl.rate.maximal", ORTHOGONAL),
        "dl.rate.step-size": partial(step_size, "dl.rate.step-size", ORTHOGONAL),
        "dl.du-hu.rate.maximal": partial(maximal, "dl.du-hu.rate.maximal", GAUSSIAN),
        "dl.du-hu.rate.step-size": partial(step_size, "dl.du-hu.rate.step-size", GAUSSIAN),
    }
)
