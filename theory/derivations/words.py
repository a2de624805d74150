"""Polynomials in matrices as sums of coefficients times words, brought to normal form by given equalities.

A word is a tuple of letters (matrix, whether transposed). Products of layers that follow one another are joined,
empty ones dropped; the spaces of neighbours must agree. A hypothesis replaces a part of a word by something equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_layers import Chain, Kron, Matrix, Projector, Transposed
from theory.derivations.word_letters import Word, joined, turned_over

__all__ = ["Hypothesis", "Polynomial", "normal_form", "to_expr"]

Polynomial = dict[Word, Any]
_STEPS = 400
_ONE = sp.Integer(1)


class Hypothesis(Protocol):
    """An equality between matrices, as a replacement in words."""

    @property
    def statement(self) -> str:
        """The equality in words."""
        ...

    def replace(self, word: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        """Return how many letters at the start of the word are replaced, and by what, or None."""
        ...


def normal_form(expr: Any, hypotheses: Iterable[Hypothesis], domain: Domain) -> Polynomial:
    """Return an expression as coefficients of words, none of which a hypothesis changes further.

    Parameters
    ----------
    expr : Expr
        Sums and products of matrices and of numbers, which are left as they are.
    hypotheses : iterable of Hypothesis
        What may be used.
    domain : Domain
        Of the indices.

    Returns
    -------
    dict
        Word to coefficient.

    Raises
    ------
    ValueError
        If spaces do not fit, or a part is no polynomial in matrices.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> W = Weights("W")
    >>> normal_form(2 * W[3] * W[2] - W[3, 2], (), Domain())
    {((W_{3:2}, False),): 1}
    """
    known = tuple(hypotheses)
    return _reduced(_polynomial(expr, known, domain), known, domain)


def _polynomial(expr: Any, known: tuple[Hypothesis, ...], domain: Domain) -> Polynomial:
    if expr.is_commutative:
        return {(): expr}
    if expr.is_Add:
        return _sum([_polynomial(x, known, domain) for x in expr.args])
    if expr.is_Mul:
        total: Polynomial = {(): _ONE}
        for factor in expr.args:
            total = _product(total, _polynomial(factor, known, domain))
        return total
    if expr.is_Pow and expr.exp.is_Integer and expr.exp.is_positive:
        base = _polynomial(expr.base, known, domain)
        total = base
        for _ in range(int(expr.exp) - 1):
            total = _product(total, base)
        return total
    if isinstance(expr, Transposed):
        inner = _polynomial(expr.args[0], known, domain)
        return {turned_over(word): factor for word, factor in inner.items()}
    if isinstance(expr, Kron):
        return _kron(*(normal_form(x, known, domain) for x in expr.args))
    if isinstance(expr, sp.Sum) or (
        isinstance(expr, (Chain, Matrix, Projector)) and expr.args[0].is_Symbol
    ):
        return {((expr, False),): _ONE}
    raise ValueError(f"not a polynomial in matrices: {expr}")


def _sum(parts: Iterable[Polynomial]) -> Polynomial:
    total: Polynomial = {}
    for part in parts:
        for word, factor in part.items():
            total[word] = total.get(word, sp.Integer(0)) + factor
    return {word: factor for word, factor in total.items() if factor != 0}


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    return _sum([{x + y: a * b} for x, a in left.items() for y, b in right.items()])


def _kron(left: Polynomial, right: Polynomial) -> Polynomial:
    pairs = [(x, y, a * b) for x, a in left.items() for y, b in right.items()]
    return _sum([{((Kron(_letters(x), _letters(y)), False),): factor} for x, y, factor in pairs])


def _letters(word: Word) -> Any:
    return sp.Mul(*(Transposed(matrix) if flag else matrix for matrix, flag in word))


def to_expr(polynomial: Polynomial) -> Any:
    """Return the expression that a polynomial stands for.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> print(to_expr({((Weights("W")[2], True),): sp.Integer(3)}))
    3*W_{2}^T
    """
    return sp.Add(*(factor * _letters(word) for word, factor in polynomial.items()))


def _reduced(matrix: Polynomial, known: tuple[Hypothesis, ...], domain: Domain) -> Polynomial:
    done: Polynomial = {}
    todo = [(word, factor) for word, factor in matrix.items() if factor != 0]
    for _ in range(_STEPS):
        if not todo:
            return _sum([{word: factor} for word, factor in done.items()])
        word, factor = todo.pop()
        word = joined(word, domain) if word else word
        changed = _changed(word, known, domain)
        if changed is None:
            done[word] = done.get(word, sp.Integer(0)) + factor
        else:
            todo += [(x, factor * y) for x, y in changed.items()]
    raise ValueError("the hypotheses lead to no end of replacements")


def _changed(word: Word, known: tuple[Hypothesis, ...], domain: Domain) -> Polynomial | None:
    """The word after one replacement, None if there is none."""
    for place in range(len(word)):
        if place + 1 < len(word) and all(isinstance(x, Kron) for x, _ in word[place : place + 2]):
            (one, _), (two, _) = word[place : place + 2]
            pairs = zip(one.args, two.args, strict=True)
            merged = _kron(*(normal_form(x * y, known, domain) for x, y in pairs))
            return _around(word[:place], merged, word[place + 2 :])
        for hypothesis in known:
            found = hypothesis.replace(word[place:], domain)
            if found is not None:
                return _around(word[:place], found[1], word[place + found[0] :])
    return None


def _around(before: Word, middle: Polynomial, after: Word) -> Polynomial:
    return {before + word + after: factor for word, factor in middle.items()}
