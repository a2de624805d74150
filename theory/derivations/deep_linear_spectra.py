"""Singular values and kernel of deep linear nets at orthogonal initialisation (Hu, Xiao & Pennington)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.derivations import deep_linear_spectra_step
from theory.derivations.deep_linear_spectra_setting import (
    COLUMNS,
    EIGENVECTOR,
    FIRST_ROWS,
    HIDDEN_COLUMNS,
    INDEX,
    LAYER,
    ORTHOGONAL,
    PROJECTION,
    ROWS,
    SCALE_2,
    VECTOR,
    WIDEST,
    W,
    X,
    d_x,
    kernel_term,
)
from theory.derivations.formal import Equation
from theory.derivations.formal_layers import Kron, Matrix, space, transpose
from theory.derivations.rules_words import (
    Eigenvalue,
    EqualTerms,
    GramByInduction,
    SplitFirstTerm,
    Words,
)
from theory.derivations.steps import Derivation
from theory.derivations.symbols_deep_linear import L, d_y, m, s
from theory.derivations.word_hypotheses import Equal

__all__ = [
    "DERIVATIONS",
    "SUPPLEMENTS",
    "kernel",
    "kernel_eigenvalue",
    "narrow_kernel",
    "narrow_projection",
    "partial_products",
]

_ONE = sp.Integer(1)
_TOP = sp.Symbol("j", integer=True, positive=True)
_SIGMA = sp.Symbol("sigma", positive=True)
_LAMBDA = sp.Symbol("lambda", positive=True)
_INPUT_GRAM = transpose(X) * X


def _vector(level: Any) -> Any:
    return Matrix(sp.Symbol("v", commutative=False), level, space("one"))


def partial_products(columns: bool = True) -> Derivation:
    """Derive that every singular value of W_j ... W_i is m^((j-i+1)/2), for j < L (columns) or else for i > 1.

    Examples
    --------
    >>> partial_products().conclusion
    m**(-i/2 + j/2 + 1/2)
    """
    chain = W[_TOP, INDEX]
    turned = transpose(chain)
    vector = _vector(INDEX - 1 if columns else _TOP)
    gram = (turned * chain if columns else chain * turned) * vector
    count = _TOP - INDEX + 1
    definition = Equation(gram, _SIGMA**2 * vector)
    last = sp.Le(_TOP, L - 1) if columns else sp.Le(_TOP, L)
    first = () if columns else (sp.Le(sp.Integer(2), INDEX),)
    name = "dl.partial-products" + ("" if columns else ".rows")
    meaning = "singular values sigma of W_j ... W_i, v a singular vector"
    start = Derivation(name, definition, meaning, constraints=(*first, sp.Le(INDEX, _TOP), last))
    induction = GramByInduction((COLUMNS if columns else ROWS,), LAYER)
    reduced = start.then(induction, gram, m**count * vector, "induction over the layers")
    root = Eigenvalue(unknown=_SIGMA, power=2)
    return reduced.then(root, reduced.conclusion, m ** (count / 2), "sigma > 0")


def _summed(name: str, definition: Any, meaning: str) -> Derivation:
    """Carry out the sum over the layers in an expression that holds the kernel."""
    plain = Kron(_INPUT_GRAM, _ONE)
    term = m ** (INDEX - 1) * m ** (L - INDEX) * plain
    total, result = sp.Sum(term, (INDEX, 1, L)), L * m ** (L - 1) * plain
    inside = (sp.Le(INDEX, L),)
    start = Derivation(name, definition, meaning)
    return start.then(Words(ORTHOGONAL), kernel_term(INDEX), term, "partial products", inside).then(
        EqualTerms(), total, result, "L equal terms"
    )


def kernel() -> Derivation:
    """Derive P(0) = (L/d_y) X^T X kron I.

    Examples
    --------
    >>> print(kernel().conclusion)
    L*Kron(X^T*X, 1)/d_y
    """
    total = SCALE_2 * sp.Sum(kernel_term(INDEX), (INDEX, 1, L))
    meaning = "P(0) = alpha^2 sum over the layers, acting on vec(U - Y)"
    done = _summed("dl.ntk.matrix", total, meaning)
    result = L / d_y * Kron(_INPUT_GRAM, _ONE)
    return done.then(Words(), done.conclusion, result, "alpha^2 = 1/(m^(L-1) d_y)")


def kernel_eigenvalue() -> Derivation:
    """Derive the eigenvalue L s^2/d_y of P(0) at v kron w, X^T X v = s^2 v.

    Examples
    --------
    >>> kernel_eigenvalue().conclusion
    L*s**2/d_y
    """
    pair, value = Kron(VECTOR, WIDEST), L * s**2 / d_y
    total = SCALE_2 * sp.Sum(kernel_term(INDEX), (INDEX, 1, L))
    definition = Equation(total * pair, _LAMBDA * pair)
    done = _summed("dl.ntk", definition, "eigenvalue of the kernel at orthogonal initialisation")
    return done.then(
        Words((EIGENVECTOR,)), done.conclusion.args[0], value * pair, "v is a singular vector"
    ).then(Eigenvalue(unknown=_LAMBDA), Equation(value * pair, _LAMBDA * pair), value, "compare")


def narrow_kernel() -> Derivation:
    """Derive P(0) = (X^T X + (L-1) (d_x/m) X^T Pi X) kron I/d_y for m < d_x, Pi = W_1^T W_1/d_x.

    Examples
    --------
    >>> narrow_kernel().verify().verdict.value
    'proved'
    """
    total = sp.Sum(kernel_term(INDEX), (INDEX, 1, L))
    start = Derivation(
        "dl.ntk.narrow", SCALE_2 * total, "P(0) where the rows of W_1 are orthogonal"
    )
    rest = sp.Sum(kernel_term(INDEX), (INDEX, 2, L))
    first, plain = Kron(_INPUT_GRAM, W[L, 2] * transpose(W[L, 2])), Kron(_INPUT_GRAM, _ONE)
    middle = Kron(transpose(X) * PROJECTION * X, _ONE)
    term = d_x * m ** (L - 2) * middle
    named = Equal(transpose(W[1]) * W[1], d_x * PROJECTION, "the meaning of Pi")
    inside = (sp.Le(sp.Integer(2), INDEX), sp.Le(INDEX, L))
    done = start.then(SplitFirstTerm(), total, first + rest, "the first layer apart")
    done = done.then(Words((ROWS,)), first, m ** (L - 1) * plain, "partial products")
    done = done.then(
        Words((HIDDEN_COLUMNS, ROWS, named)), kernel_term(INDEX), term, "partial products", inside
    )
    equal = (L - 1) * term
    done = done.then(EqualTerms(), sp.Sum(term, (INDEX, 2, L)), equal, "L - 1 equal terms")
    result = (plain + (L - 1) * d_x / m * middle) / d_y
    return done.then(Words(), done.conclusion, result, "alpha^2 = 1/(m^(L-1) d_y)")


def narrow_projection() -> Derivation:
    """Derive that Pi = W_1^T W_1/d_x is a projection for m < d_x: Pi Pi = Pi.

    Examples
    --------
    >>> narrow_projection().verify().verdict.value
    'proved'
    """
    one = transpose(W[1]) * W[1] / d_x
    name = Matrix(sp.Symbol("y", commutative=False), _ONE * 0, _ONE * 0)
    start = Derivation("dl.ntk.narrow.projection", Equation(name, one * one), "Pi Pi")
    return start.then(Words((FIRST_ROWS,)), one * one, one, "W_1 W_1^T = d_x I")


#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {"dl.ntk": kernel_eigenvalue}
)
#: partial products (Lemma 4.2), the kernel as a matrix, and where m < d_x; one step
SUPPLEMENTS: Mapping[str, Callable[[], Derivation]] = MappingProxyType(
    {
        "dl.partial-products": partial_products,
        "dl.partial-products.rows": partial(partial_products, columns=False),
        "dl.ntk.matrix": kernel,
        "dl.ntk.narrow": narrow_kernel,
        "dl.ntk.narrow.projection": narrow_projection,
        **deep_linear_spectra_step.SUPPLEMENTS,
    }
)
