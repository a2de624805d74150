"""Normal forms of traces: linear, cyclic, and the same for the transpose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_layers import Kron, Trace
from theory.derivations.word_letters import Word, agree, spaces, turned_over
from theory.derivations.words import Hypothesis, normal_form, to_expr

__all__ = ["rotations", "with_canonical_traces"]


def with_canonical_traces(expr: Any, hypotheses: Iterable[Hypothesis], domain: Domain) -> Any:
    """Return a number with every trace in it as a sum of traces of words in normal form.

    Parameters
    ----------
    expr : Expr
        A number.
    hypotheses : iterable of Hypothesis
        What may be used inside the traces.
    domain : Domain
        Of the indices.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        If a matrix is not square, or is a multiple of the identity, whose size a trace would need.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Matrix, space, transpose
    >>> a = Matrix(sp.Symbol("A", commutative=False), space("rows"), space("columns"))
    >>> print(with_canonical_traces(Trace(2 * a * transpose(a)), (), Domain()))
    2*tr(A*A^T)
    """
    known = tuple(hypotheses)
    forms = {x: _trace(x.args[0], known, domain) for x in expr.atoms(Trace)}
    return expr.xreplace(forms)


def _trace(matrix: Any, known: tuple[Hypothesis, ...], domain: Domain) -> Any:
    total = sp.Integer(0)
    for word, factor in normal_form(matrix, known, domain).items():
        turned = _shorter(word, known, domain)
        one = _canonical(word) if turned is None else _trace(turned, known, domain)
        total += factor * one
    return total


def rotations(word: Word) -> list[Word]:
    """Return the words of the same trace that begin at another letter.

    Raises
    ------
    ValueError
        If the word is empty or not square.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Matrix
    >>> one, two = (Matrix(sp.Symbol(x, commutative=False), sp.Integer(0), sp.Integer(0)) for x in "AB")
    >>> rotations(((one, False), (two, False)))
    [((A, False), (B, False)), ((B, False), (A, False))]
    """
    if not word:
        raise ValueError("the trace of a multiple of the identity needs its size")
    if any(isinstance(x, Kron) and any(y.is_commutative for y in x.args) for x, _ in word):
        raise ValueError("the trace of a Kronecker product with the identity needs its size")
    if not agree(*spaces(word)):
        raise ValueError(f"the trace of a matrix that is not square: {to_expr({word: 1})}")
    return [word[k:] + word[:k] for k in range(len(word))]


def _shorter(word: Word, known: tuple[Hypothesis, ...], domain: Domain) -> Any:
    """The matrix that a turned word reduces to, None if none does."""
    for form in rotations(word):
        matrix = to_expr({form: sp.Integer(1)})
        reduced = normal_form(matrix, known, domain)
        if reduced != {form: sp.Integer(1)}:
            return to_expr(reduced)
    return None


def _canonical(word: Word) -> Any:
    forms = [x for one in (word, turned_over(word)) for x in rotations(one)]
    return Trace(min((to_expr({x: sp.Integer(1)}) for x in forms), key=str))
