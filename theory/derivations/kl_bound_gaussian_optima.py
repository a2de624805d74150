"""The initial variances at which a normal stationary law is nearest: one way, and both ways summed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal_minimisers import Minimiser, Minimum
from theory.derivations.kl_bound_gaussian_divergence import RANGE, from_initial, to_initial
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_independent import LogOfProduct, SumOfConstant
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_minimisers import ConvexMinimiser, ConvexMinimum
from theory.derivations.rules_sums import SplitSum
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import K, c, i, s0

__all__ = [
    "DERIVATIONS",
    "LOG_SUM",
    "TRACE",
    "anisotropic_optimum",
    "jeffreys",
    "mean_ratio",
    "minimum",
    "split",
]

#: tr C and log det C
TRACE, LOG_SUM = sp.Sum(c[i], RANGE), sp.Sum(sp.log(c[i]), RANGE)
_RECIPROCALS = sp.Sum(1 / c[i], RANGE)
_COUNT = sp.Sum(sp.Integer(1), RANGE)


def split(start: Derivation, total: Any, parts: Any) -> Derivation:
    """Split a sum over i into `parts`, among them a multiple of sum_i 1, and count that one.

    Parameters
    ----------
    start : Derivation
        Whose conclusion holds the sum.
    total : Sum
        To be split.
    parts : callable
        From sum_i 1 to the sums.

    Returns
    -------
    Derivation

    Examples
    --------
    >>> anisotropic_optimum().steps[1].rule.name
    'SplitSum'
    """
    counted = start.then(SplitSum(), total, parts(_COUNT), "sums of the parts")
    return counted.then(SumOfConstant(), _COUNT, K, "K terms")


def _forward_parts(count: Any) -> Any:
    return TRACE / s0 - LOG_SUM + (sp.log(s0) - 1) * count


def _backward_parts(count: Any) -> Any:
    return s0 * _RECIPROCALS + LOG_SUM - (sp.log(s0) + 1) * count


def _of_variance(expr: Any) -> Any:
    return sp.Lambda(s0, expr)


def _explicit(name: str, wrapper: Any, meaning: str) -> tuple[Derivation, Any]:
    """From min or argmin over s0 of KL(N(0, C) || N(0, s0 I)) to the same of the explicit function."""
    lemma = to_initial()
    definition = wrapper(_of_variance(lemma.definition))
    start = Derivation(name, definition, meaning).then(
        Lemma(lemma), lemma.definition, lemma.conclusion, "divergence of normal laws"
    )
    (total,) = (x for x in lemma.conclusion.args if isinstance(x, sp.Sum))
    done = split(start, total, _forward_parts)
    return done, done.conclusion


def anisotropic_optimum() -> Derivation:
    """Derive that KL(N(0, C) || N(0, s0 I)) is least at s0 = tr C/K, HH (26).

    Examples
    --------
    >>> print(anisotropic_optimum().conclusion)
    Sum(c[i], (i, 1, K))/K
    """
    meaning = "the s0 at which KL(N(0, C) || N(0, s0 I)) is least"
    start, function = _explicit("kl.optimal-variance.anisotropic", Minimiser, meaning)
    return start.then(ConvexMinimiser(), function, TRACE / K, "strictly convex in log s0")


def mean_ratio() -> Any:
    """Return the quotient of the arithmetic and the geometric mean of the c_i.

    Examples
    --------
    >>> print(mean_ratio().subs(K, 2).doit().subs({c[1]: 1, c[2]: 4}))
    5/4
    """
    return TRACE / (K * sp.Product(c[i], RANGE) ** (1 / K))


def minimum() -> Derivation:
    """Derive that the least KL(N(0, C) || N(0, s0 I)) is (K/2) log of the quotient of the means of C.

    Examples
    --------
    >>> minimum().verify().verdict.value
    'proved'
    """
    meaning = "the least KL(N(0, C) || N(0, s0 I)) over s0"
    start, function = _explicit("kl.minimum-divergence", Minimum, meaning)
    means = sp.log(TRACE / K) - LOG_SUM / K
    rule = ConvexMinimum(TRACE / K)
    return start.then(rule, function, K * means / 2, "at s0 = tr C/K").then(
        LogOfProduct(reverse=True), means, sp.log(mean_ratio()), "logarithm of a product"
    )


def jeffreys() -> Derivation:
    """Derive that the sum of both divergences is least at s0 = sqrt(sum c_i/sum 1/c_i).

    Examples
    --------
    >>> jeffreys().verify().verdict.value
    'proved'
    """
    forward, backward = to_initial(), from_initial()
    definition = Minimiser(_of_variance(forward.definition + backward.definition))
    meaning = "the s0 at which KL(N(0, C) || N(0, s0 I)) + KL(N(0, s0 I) || N(0, C)) is least"
    start = (
        Derivation("kl.jeffreys-variance", definition, meaning)
        .then(Lemma(forward), forward.definition, forward.conclusion, "divergence one way")
        .then(Lemma(backward), backward.definition, backward.conclusion, "and the other way")
    )
    start = split(start, 2 * forward.conclusion, _forward_parts)
    start = split(start, 2 * backward.conclusion, _backward_parts)
    whole = start.conclusion.args[0].expr
    joined = (TRACE / s0 + s0 * _RECIPROCALS) / 2 - K
    function = Minimiser(_of_variance(joined))
    root = sp.sqrt(TRACE / _RECIPROCALS)
    return start.then(Algebra(), whole, joined, "the logarithms cancel").then(
        ConvexMinimiser(), function, root, "strictly convex in log s0"
    )


DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "kl.optimal-variance.anisotropic": anisotropic_optimum,
        "kl.minimum-divergence": minimum,
        "kl.jeffreys-variance": jeffreys,
    }
)
