"""Rules on the subspaces of the levels of a net that its data and its outputs span."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_layers import Chain, Projector, transpose
from theory.derivations.rules_words import equal_words
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome
from theory.derivations.words import Hypothesis, normal_form

__all__ = ["Generators", "InvariantSubspaces", "OnSubspace", "lies_in"]

#: level -> matrices whose columns span the subspace of the level
Generators = Callable[[Any], tuple[Any, ...]]


def lies_in(
    matrix: Any, span: tuple[Any, ...], hypotheses: tuple[Hypothesis, ...], domain: Domain
) -> bool:
    """Whether every column of a matrix is shown to lie in the span of those of others.

    Parameters
    ----------
    matrix : Expr
        Every word of its normal form must begin with one of `span`.
    span : tuple of Expr
        Products of matrices.
    hypotheses : tuple of Hypothesis
        What may be used.
    domain : Domain
        Of the indices.

    Returns
    -------
    bool

    Examples
    --------
    >>> from theory.derivations.formal_layers import Weights
    >>> W = Weights("W")
    >>> lies_in(W[3, 2] * W[1], (W[3, 1],), (), Domain()), lies_in(W[3, 2], (W[3, 1],), (), Domain())
    (True, False)
    """
    starts = []
    for one in span:
        ((word, factor),) = normal_form(one, (), domain).items()
        if factor.is_nonzero is True:
            starts.append(word)
    words = normal_form(matrix, hypotheses, domain)
    return all(any(word[: len(x)] == x for x in starts if x) for word in words)


@dataclass(frozen=True)
class _OnLevels(Rule):
    """A rule on P_l, the orthogonal projection of level l on the span of `generators(l)`."""

    projector: Any
    generators: Generators
    meaning: str
    hypotheses: tuple[Hypothesis, ...] = ()

    def citations(self) -> tuple[str, ...]:
        """State what the projections are, and the hypotheses."""
        meaning = f"{self.projector}_l is the orthogonal projection on {self.meaning}"
        return (meaning, *(x.statement for x in self.hypotheses))


@dataclass(frozen=True)
class OnSubspace(_OnLevels):
    """P_l B = B for B with columns in the subspace of level l."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Take P_l off the left; show the rest to lie in the subspace; compare."""
        factors = target.args if target.is_Mul else ()
        if (
            not factors
            or not isinstance(factors[0], Projector)
            or factors[0].args[0] != self.projector
        ):
            return Outcome.unknown(f"not a projection times a matrix: {target}")
        rest, level = sp.Mul(*factors[1:]), factors[0].args[1]
        normal_form(target, (), domain)  # the spaces fit
        if not lies_in(rest, self.generators(level), self.hypotheses, domain):
            return Outcome.unknown(f"cannot show that {rest} lies in the subspace of level {level}")
        return _equal(rest, result, self.hypotheses, domain)


@dataclass(frozen=True)
class InvariantSubspaces(_OnLevels):
    """P_l W_l = W_l P_(l-1): W_l takes subspace l - 1 into subspace l, and W_l^T takes it back.

    The first gives P_l W_l P_(l-1) = W_l P_(l-1), the transpose of the second P_l W_l P_(l-1) = P_l W_l.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Apply W_l and W_l^T to the matrices that span the subspaces; compare."""
        projector, layer = target.args if target.is_Mul and len(target.args) == 2 else (None, None)
        if not isinstance(projector, Projector) or not isinstance(layer, Chain):
            return Outcome.unknown(f"not a projection times a layer: {target}")
        _, top, bottom = layer.args
        if top != bottom or projector.args != (self.projector, top):
            return Outcome.unknown(f"not one layer, on one level: {target}")
        below, above = (self.generators(x) for x in (top - 1, top))
        for matrix, start, end in ((layer, below, above), (transpose(layer), above, below)):
            for one in start:
                if not lies_in(matrix * one, end, self.hypotheses, domain):
                    return Outcome.unknown(f"cannot show where {matrix} takes {one}")
        expected = layer * Projector(self.projector, sp.expand(top - 1))
        return _equal(expected, result, (), domain)


def _equal(one: Any, other: Any, known: tuple[Hypothesis, ...], domain: Domain) -> Outcome:
    left, right = normal_form(one, known, domain), normal_form(other, known, domain)
    return equal_words(left, right, domain)
