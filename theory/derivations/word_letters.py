"""Words of matrices: their spaces, their transposes, and products of layers that follow one another."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_layers import Chain, Kron, Projector, Transposed, transpose

__all__ = ["Word", "agree", "joined", "nonnegative", "spaces", "turned_over"]

#: letters from left to right, each with whether it is transposed
Word = tuple[tuple[Any, bool], ...]


def turned_over(word: Word) -> Word:
    """Return the transpose of a word.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> turned_over(((Weights("W")[2], False),))
    ((W_{2}, True),)
    """
    return tuple(_turned(matrix, flag) for matrix, flag in reversed(word))


def _turned(matrix: Any, flag: bool) -> tuple[Any, bool]:
    if isinstance(matrix, sp.Sum):
        raise ValueError(f"the transpose of a sum is not written out: {matrix}")
    if isinstance(matrix, Kron):
        return transpose(matrix), False
    return matrix, not (flag or isinstance(matrix, Projector))


def spaces(word: Word) -> tuple[Any, Any]:
    """Return the labels of the rows and of the columns of a word that is not empty.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> spaces(((Weights("W")[5, 3], False),))
    (5, 2)
    """
    return _spaces(*word[0])[0], _spaces(*word[-1])[1]


def _spaces(matrix: Any, flag: bool) -> tuple[Any, Any]:
    if isinstance(matrix, sp.Sum):
        return None, None
    if isinstance(matrix, Kron):
        sides = [_factor_spaces(x) for x in matrix.args]
        return tuple(x for x, _ in sides), tuple(x for _, x in sides)
    rows, columns = matrix.spaces
    return (columns, rows) if flag else (rows, columns)


def _factor_spaces(factor: Any) -> tuple[Any, Any]:
    """Labels of a factor of a Kronecker product: a number times a product of matrices."""
    letters = [x for x in sp.Mul.make_args(factor) if not x.is_commutative]
    if not letters:
        return None, None
    bases = [x.base if x.is_Pow else x for x in (letters[0], letters[-1])]
    flags = [isinstance(x, Transposed) for x in bases]
    pairs = zip(bases, flags, strict=True)
    first, last = (_spaces(x.args[0] if flag else x, flag) for x, flag in pairs)
    return first[0], last[1]


def nonnegative(expr: Any, domain: Domain) -> bool:
    """Whether expr >= 0 follows on the domain: it is a sum of the constraints' gaps and of what SymPy knows to be >= 0.

    Examples
    --------
    >>> i, j, k = sp.symbols("i j k", integer=True, positive=True)
    >>> nonnegative(k - i, Domain((i <= j, j < k)))
    True
    """
    gaps = [x.gts - x.lts for x in domain.constraints]
    subsets = chain.from_iterable(combinations(gaps, n) for n in range(len(gaps) + 1))
    return any(sp.expand(expr - sum(x)).is_nonnegative is True for x in subsets)


def agree(one: Any, other: Any) -> bool:
    """Whether two labels, one and other, are the same space; those of sums, None, are not checked.

    Examples
    --------
    >>> l = sp.Symbol("l", integer=True)
    >>> agree(l - 1 + 1, l), agree(l - 1, l)
    (True, False)
    """
    if one is None or other is None:
        return True
    if isinstance(one, tuple) or isinstance(other, tuple):
        both = isinstance(one, tuple) and isinstance(other, tuple)
        return both and all(map(agree, one, other))
    return bool(one == other or sp.expand(one - other) == 0)


def joined(word: Word, domain: Domain) -> Word:
    """Join products of layers, drop empty ones, check the spaces.

    Parameters
    ----------
    word : tuple
        Of letters.
    domain : Domain
        Of the indices.

    Returns
    -------
    tuple

    Raises
    ------
    ValueError
        If spaces do not fit, or a product of layers is not shown to have >= 0 of them.

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> W = Weights("W")
    >>> joined(((W[3], False), (W[2], False)), Domain())
    ((W_{3:2}, False),)
    """
    letters: list[tuple[Any, bool]] = []
    for matrix, flag in word:
        rows, _ = _spaces(matrix, flag)
        if letters and not agree(_spaces(*letters[-1])[1], rows):
            raise ValueError(f"spaces do not fit: {letters[-1][0]} and {matrix}")
        if letters and isinstance(matrix, Kron) is not isinstance(letters[-1][0], Kron):
            raise ValueError("a Kronecker product times another matrix")
        if isinstance(matrix, Chain):
            if not _is_product(matrix, domain):
                raise ValueError(f"cannot show that {matrix} is a product of >= 0 layers")
            before = letters.pop() if letters and _follows(letters[-1], matrix, flag) else None
            matrix = _both(before[0], matrix, flag) if before else matrix
        letters.append((matrix, flag))
    kept = tuple(x for x in letters if not _is_empty(x[0]))
    return kept if len(kept) in (len(word), 0) else joined(kept, domain)


def _is_product(chain: Any, domain: Domain) -> bool:
    _, top, bottom = chain.args
    whole = top.is_integer and bottom.is_integer
    return bool(whole) and nonnegative(top - bottom + 1, domain)


def _is_empty(matrix: Any) -> bool:
    return isinstance(matrix, Chain) and sp.expand(matrix.args[1] - matrix.args[2]) == -1


def _follows(before: tuple[Any, bool], matrix: Any, flag: bool) -> bool:
    other, turned = before
    return isinstance(other, Chain) and turned is flag and other.args[0] == matrix.args[0]


def _both(left: Any, right: Any, flag: bool) -> Any:
    """The product of neighbours whose spaces agree, itself to be transposed if they are."""
    upper, lower = (right, left) if flag else (left, right)
    return Chain(upper.args[0], upper.args[1], lower.args[2])
