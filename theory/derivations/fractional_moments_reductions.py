"""Order s = 2: the weight variances reduce exactly to LeCun's and He's."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.fractional_moments_variance import weight_variance
from theory.derivations.rules_calculus import Algebra, PullOut
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_sums import BinomialTheorem, ShiftIndex, SplitEnds, SplitSum
from theory.derivations.steps import Derivation
from theory.derivations.symbols import a, d_in, d_out, n, s

__all__ = ["he", "he_leaky", "lecun"]

_TWO = ((s, sp.Integer(2)),)
_CHOOSE = sp.binomial(d_out, n)
_SHARE = sp.Integer(2) ** -d_out
_ONE = sp.Integer(1)


def _at_two(name: str, activation: str) -> Derivation:
    """Put s = 2 into the weight variance of order s."""
    lemma = weight_variance(activation)
    definition = lemma.definition.subs(dict(_TWO))
    value = lemma.conclusion.subs(dict(_TWO))
    start = Derivation(name, definition, f"{lemma.meaning}, s = 2")
    return start.then(Lemma(lemma, _TWO), definition, value, "weight variance of order s")


def lecun() -> Derivation:
    """Derive 1/d_in for the linear network.

    Examples
    --------
    >>> lecun().conclusion
    1/d_in
    """
    start = _at_two("fm.lecun", "linear")
    return start.then(Algebra(), start.conclusion, 1 / d_in, "Gamma(x+1) = x Gamma(x)")


def _the_sum(derivation: Derivation) -> Any:
    (found,) = derivation.conclusion.atoms(sp.Sum)
    return found


def _sum_of_index(so_far: Derivation, mean: Any) -> Derivation:
    """Turn 2^-d sum_{n>=1} n C(d, n), the current `mean`, into d/2."""
    absorbed = sp.Sum(sp.binomial(d_out - 1, n - 1), (n, 1, d_out))
    shifted = sp.Sum(sp.binomial(d_out - 1, n), (n, 0, d_out - 1))
    theorem = BinomialTheorem(_ONE, _ONE, d_out - 1, reverse=True)
    return (
        so_far.then(PullOut(), mean, _SHARE * d_out * absorbed, "n C(d, n) = d C(d-1, n-1)")
        .then(ShiftIndex(1), absorbed, shifted, "n becomes n + 1")
        .then(theorem, shifted, sp.Integer(2) ** (d_out - 1), "binomial theorem")
    )


def he() -> Derivation:
    """Derive 2/d_in for ReLU.

    Examples
    --------
    >>> he().conclusion
    2/d_in
    """
    start = _at_two("fm.he", "relu")
    moment = _the_sum(start)
    mean = sp.Sum(_SHARE * n * _CHOOSE, (n, 1, d_out))
    reduced = start.then(PullOut(), moment, mean, "Gamma(x+1) = x Gamma(x)")
    done = _sum_of_index(reduced, mean)
    return done.then(Algebra(), done.conclusion, 2 / d_in, "collect")


def he_leaky() -> Derivation:
    """Derive 2/((1+a^2) d_in) for leaky ReLU.

    Examples
    --------
    >>> he_leaky().conclusion
    2/(d_in*(a**2 + 1))
    """
    start = _at_two("fm.he-leaky", "leaky-relu")
    moment = _the_sum(start)
    linear = sp.Sum(_SHARE * _CHOOSE * (a**2 * d_out + (1 - a**2) * n), (n, 0, d_out))
    plain, mean = sp.Sum(_CHOOSE, (n, 0, d_out)), sp.Sum(_SHARE * n * _CHOOSE, (n, 0, d_out))
    tail = sp.Sum(_SHARE * n * _CHOOSE, (n, 1, d_out))
    split = _SHARE * a**2 * d_out * plain + (1 - a**2) * mean
    theorem = BinomialTheorem(_ONE, _ONE, d_out, reverse=True)
    reduced = (
        start.then(PullOut(), moment, linear, "2F1(-1, b; c; z) = 1 - b z/c")
        .then(SplitSum(), linear, split, "linearity of the sum")
        .then(theorem, plain, sp.Integer(2) ** d_out, "binomial theorem")
        .then(SplitEnds(), mean, tail, "the term n = 0 is 0")
    )
    done = _sum_of_index(reduced, tail)
    return done.then(Algebra(), done.conclusion, 2 / ((1 + a**2) * d_in), "collect")
