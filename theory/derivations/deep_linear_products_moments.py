"""Spectral moments of a product of L square Gaussian matrices: D2 of deep linear nets.

With S = W W^T, W the product of the first l factors, (E (tr S)^2, E tr S^2) obeys a linear recursion in l.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations.formal import Expectation, Gaussian
from theory.derivations.formal_matrices import MeanGiven, SystemRecursion
from theory.derivations.rules_calculus import Algebra
from theory.derivations.rules_contractions import KnownMeans, MultipliedOut, WickContraction
from theory.derivations.rules_independent import SumOfConstant
from theory.derivations.rules_lemma import Lemma
from theory.derivations.rules_linear_systems import SolveSystem
from theory.derivations.rules_term_by_term import TermByTerm
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, m

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "first_moment",
    "second_moment",
    "squared_trace_step",
    "trace_of_square_step",
    "trace_step",
]

_WEIGHTS, _BEFORE = sp.IndexedBase("W", real=True), sp.IndexedBase("P", real=True)
_I, _J, _A, _K = sp.symbols("i j a k", integer=True, positive=True)
_MORE = sp.symbols("i1 i2 j1 j2 j3 j4 a1 a2", integer=True, positive=True)
_FIRST, _SECOND = sp.Symbol("u", real=True), sp.Symbol("v", real=True)
_ONE = sp.Integer(1)
_NOTES = ("each factor is independent of the product of those before it",)

_Entry = Callable[[Any, Any], Any]


def _before(row: Any, column: Any) -> Any:
    return _BEFORE[row, column]


def _after(row: Any, column: Any) -> Any:
    """Return an entry of W P."""
    return sp.Sum(_WEIGHTS[row, _J] * _BEFORE[_J, column], (_J, 1, m))


def _over(*indices: Any) -> tuple[Any, ...]:
    return tuple((index, 1, m) for index in indices)


def _trace(entry: _Entry) -> Any:
    """Return tr(P P^T) = sum_ia P_ia^2 from the entries of P."""
    return sp.Sum(entry(_I, _A) ** 2, *_over(_I, _A))


def _squared_trace(entry: _Entry) -> Any:
    """Return (tr P P^T)^2 from the entries of P."""
    return _trace(entry) ** 2


def _trace_of_square(entry: _Entry) -> Any:
    """Return tr (P P^T)^2 = sum_ik (sum_a P_ia P_ka)^2 from the entries of P."""
    return sp.Sum(sp.Sum(entry(_I, _A) * entry(_K, _A), *_over(_A)) ** 2, *_over(_I, _K))


def _over_weights(body: Any) -> Any:
    return Expectation(body, (_WEIGHTS, Gaussian(_ONE)))


def _step(name: str, body: Any, flat: Any, value: Any, meaning: str) -> Derivation:
    """Derive the mean of a functional of W P over W, P fixed."""
    about = f"E {meaning}, P fixed, W_ij iid N(0, 1)"
    start = Derivation(name, _over_weights(body), about)
    return start.then(MultipliedOut(m), body, flat, "multiply out").then(
        WickContraction(m), _over_weights(flat), value, "fourth moments of normal variables"
    )


def trace_step() -> Derivation:
    """Derive E tr(W P P^T W^T) = m tr(P P^T).

    Examples
    --------
    >>> trace_step().verify().verdict.value
    'proved'
    """
    j1, j2 = _MORE[2:4]
    flat = sp.Sum(
        _WEIGHTS[_I, j1] * _WEIGHTS[_I, j2] * _BEFORE[j1, _A] * _BEFORE[j2, _A],
        *_over(_I, _A, j1, j2),
    )
    value = m * _trace(_before)
    return _step("dl.product-moment.trace-step", _trace(_after), flat, value, "tr(W P P^T W^T)")


def _four(rows: tuple[Any, ...], columns: tuple[Any, ...]) -> Any:
    """Return the sum over all indices of the product of four entries of W P."""
    inner = _MORE[2:6]
    factors = (
        _WEIGHTS[row, j] * _BEFORE[j, column]
        for row, column, j in zip(rows, columns, inner, strict=True)
    )
    return sp.Sum(sp.Mul(*factors), *_over(*_MORE))


def squared_trace_step() -> Derivation:
    """Derive E (tr W S W^T)^2 = m^2 (tr S)^2 + 2 m tr S^2, S = P P^T.

    Examples
    --------
    >>> squared_trace_step().verify().verdict.value
    'proved'
    """
    i1, i2, *_, a1, a2 = _MORE
    flat = _four((i1, i1, i2, i2), (a1, a1, a2, a2))
    value = m**2 * _squared_trace(_before) + 2 * m * _trace_of_square(_before)
    name = "dl.product-moment.squared-trace-step"
    return _step(name, _squared_trace(_after), flat, value, "(tr W P P^T W^T)^2")


def trace_of_square_step() -> Derivation:
    """Derive E tr (W S W^T)^2 = m (tr S)^2 + m (m + 1) tr S^2, S = P P^T.

    Examples
    --------
    >>> trace_of_square_step().verify().verdict.value
    'proved'
    """
    i1, i2, *_, a1, a2 = _MORE
    flat = _four((i1, i2, i1, i2), (a1, a1, a2, a2))
    value = m * _squared_trace(_before) + m * (m + 1) * _trace_of_square(_before)
    name = "dl.product-moment.trace-of-square-step"
    return _step(name, _trace_of_square(_after), flat, value, "tr (W P P^T W^T)^2")


_UNIT_TRACE = sp.Sum(_ONE, (_I, 1, m))


def _recursion(
    functionals: tuple[Any, ...], names: tuple[Any, ...], bodies: Any, start: Any
) -> Any:
    """Return the mean of the last functional after L factors, from the identity."""
    known = tuple(
        (functional(_before), name) for functional, name in zip(functionals, names, strict=True)
    )
    step = sp.Lambda(names, sp.Tuple(*(MeanGiven(body, _BEFORE, *known) for body in bodies)))
    return SystemRecursion(step, sp.Tuple(*start), L, sp.Integer(len(names) - 1))


def _solved(done: Derivation, lemmas: tuple[Derivation, ...], means: Any, value: Any) -> Derivation:
    """Insert the means over one factor, then over the product before; solve the recursion."""
    for lemma in lemmas:
        reason = "mean over one factor"
        done = done.then(Lemma(lemma), lemma.definition, lemma.conclusion, reason)
    for lemma, mean in zip(lemmas, means, strict=True):
        (old,) = (x for x in done.conclusion.atoms(MeanGiven) if x.body == lemma.conclusion)
        done = done.then(KnownMeans(m), old, mean, "mean over the factors before")
    done = done.then(SumOfConstant(), _UNIT_TRACE, m, "trace of the identity")
    (recursion,) = done.conclusion.atoms(SystemRecursion)
    return done.then(SolveSystem(), recursion, value, "eigenvalues and projections")


def first_moment() -> Derivation:
    """Derive E tr(W W^T)/m^(L+1) = 1, W the product of L Gaussian m x m matrices.

    Examples
    --------
    >>> first_moment().conclusion
    1
    """
    lemma = trace_step()
    recursion = _recursion((_trace,), (_FIRST,), (lemma.definition,), (_UNIT_TRACE,))
    about = "E tr(W W^T)/m^(L+1), W the product of L independent m x m matrices, entries N(0, 1)"
    start = Derivation("dl.product-moment.first", recursion / m ** (L + 1), about, notes=_NOTES)
    done = _solved(start, (lemma,), (m * _FIRST,), m ** (L + 1))
    return done.then(Algebra(), done.conclusion, _ONE, "in units of m^(L+1)")


def second_moment() -> Derivation:
    """Derive E tr((W W^T)^2)/m^(2L+1) = [(m + 2)(1 + 2/m)^L - (m - 1)(1 - 1/m)^L]/3.

    Examples
    --------
    >>> second_moment().verify().verdict.value
    'proved'
    """
    lemmas = squared_trace_step(), trace_of_square_step()
    functionals = _squared_trace, _trace_of_square
    bodies = tuple(lemma.definition for lemma in lemmas)
    start = (_UNIT_TRACE**2, _UNIT_TRACE)
    recursion = _recursion(functionals, (_FIRST, _SECOND), bodies, start)
    about = (
        "E tr((W W^T)^2)/m^(2L+1), W the product of L independent m x m matrices, entries N(0, 1)"
    )
    begun = Derivation(
        "dl.product-moment.second", recursion / m ** (2 * L + 1), about, notes=_NOTES
    )
    means = (
        m**2 * _FIRST + 2 * m * _SECOND,
        m * _FIRST + m * (m + 1) * _SECOND,
    )
    grown, shrunk = (m + 2) * (m * (m + 2)) ** L, (m - 1) * (m * (m - 1)) ** L
    done = _solved(begun, lemmas, means, m * (grown - shrunk) / 3)
    final = ((m + 2) * (1 + 2 / m) ** L - (m - 1) * (1 - 1 / m) ** L) / 3
    return done.then(TermByTerm(), done.conclusion, final, "in units of m^(2L+1)")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.product-moment.first": first_moment,
        "dl.product-moment.second": second_moment,
    }
)
#: one factor
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.product-moment.trace-step": trace_step,
        "dl.product-moment.squared-trace-step": squared_trace_step,
        "dl.product-moment.trace-of-square-step": trace_of_square_step,
    }
)
