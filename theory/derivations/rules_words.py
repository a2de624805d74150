"""Rules on polynomials in matrices: equality under hypotheses, induction over layers, sums, eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, occurs
from theory.derivations.formal_layers import Chain, Trace, Transposed
from theory.derivations.forms import declaration_fault
from theory.derivations.identities import identical
from theory.derivations.rules_calculus import single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome
from theory.derivations.word_letters import agree, nonnegative, spaces
from theory.derivations.words import Hypothesis, Polynomial, normal_form, to_expr

__all__ = ["Eigenvalue", "EqualTerms", "GramByInduction", "SplitFirstTerm", "Words", "equal_words"]


def equal_words(left: Polynomial, right: Polynomial, domain: Domain) -> Outcome:
    """Compare two polynomials in matrices, coefficient by coefficient.

    Parameters
    ----------
    left, right : dict
        Word to coefficient, in normal form.
    domain : Domain
        Of the coefficients.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> equal_words({(): x * x}, {(): x**2}, Domain()).verdict.value
    'proved'
    """
    names: dict[Any, Any] = {}
    outcome = Outcome.proved()
    for word in {**left, **right}:
        one, other = (_named(x.get(word, sp.Integer(0)), names) for x in (left, right))
        outcome = outcome.also(identical(one, other, domain))
        if not outcome.passed:
            text = to_expr({word: sp.Integer(1)})
            return Outcome.unknown(f"coefficients of {text}: {outcome.detail}")
    return outcome


def _named(factor: Any, names: dict[Any, Any]) -> Any:
    """Put a name for every trace: what holds for all values holds for these."""
    traces = {x: names.setdefault(x, sp.Dummy("f", real=True)) for x in factor.atoms(Trace)}
    return factor.xreplace(traces)


@dataclass(frozen=True)
class _WordRule(Rule):
    """A rule with hypotheses."""

    hypotheses: tuple[Hypothesis, ...] = ()

    def citations(self) -> tuple[str, ...]:
        """State the hypotheses."""
        return tuple(x.statement for x in self.hypotheses)

    def _form(self, expr: Any, domain: Domain) -> Polynomial:
        return normal_form(expr, self.hypotheses, domain)


@dataclass(frozen=True)
class Words(_WordRule):
    """Equality of polynomials in matrices by the hypotheses: both sides have one normal form."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring both sides to normal form; compare. Equations are compared side by side."""
        if isinstance(target, Equation) and isinstance(result, Equation):
            pairs = list(zip(target.args, result.args, strict=True))
        else:
            pairs = [(target, result)]
        outcome = Outcome.proved()
        for one, other in pairs:
            if not _same_spaces(one, other, domain):
                return Outcome.unknown(f"{one} and {other} act on different spaces")
            left, right = self._form(one, domain), self._form(other, domain)
            outcome = outcome.also(equal_words(left, right, domain))
        return outcome


def _same_spaces(one: Any, other: Any, domain: Domain) -> bool:
    """Whether all terms have the same rows and columns; the identity has any."""
    words = [word for x in (one, other) for word in normal_form(x, (), domain) if word]
    labels = [spaces(word) for word in words]
    scalars = any(() in normal_form(x, (), domain) for x in (one, other))
    square = not scalars or all(agree(*label) for label in labels)
    pairs = combinations(labels, 2)
    return square and all(agree(x, y) for one, two in pairs for x, y in zip(one, two, strict=True))


@dataclass(frozen=True)
class GramByInduction(_WordRule):
    """W_{j:i}^T W_{j:i} = c(j, i) I, or W_{j:i} W_{j:i}^T: induction over the layers from the outer ones in.

    The hypotheses are used on one layer at a time. `layer` is a new name for the layer that is added. What
    stands to the right of the product is kept.
    """

    layer: Any = None

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check c for no layer, and that one more layer turns c of the others into c."""
        (chain, turned), rest = _gram(target, domain)
        _, top, bottom = chain.args
        fixed, moving = (top, bottom) if turned else (bottom, top)
        value = normal_form(result, (), domain)
        k = self.layer
        if set(value) != {rest} or not nonnegative(top - bottom + 1, domain):
            return Outcome.unknown(f"{result} is not a number times the rest")
        ends = (moving, fixed) if turned else (fixed, moving)
        plain = isinstance(k, sp.Symbol) and not declaration_fault(sp.Sum(k, (k, *ends)))
        if not (
            plain
            and not occurs(k, target, result)
            and moving.is_Symbol
            and moving not in fixed.free_symbols
        ):
            return Outcome.unknown(f"{k} is not a new index, or {moving} is not free to move")
        inside = domain.including(sp.Le(ends[0], k), sp.Le(k, ends[1]))
        step = -1 if turned else 1
        before, after, none = (
            value[rest].xreplace({moving: x}) for x in (k - step, k, fixed - step)
        )
        one = Chain(chain.args[0], k, k)
        product = Transposed(one) * before * one if turned else one * before * Transposed(one)
        grown = equal_words(self._form(product, inside), {(): after}, inside)
        return identical(none, sp.Integer(1), domain).also(grown)


def _gram(target: Any, domain: Domain) -> tuple[tuple[Any, bool], Any]:
    """Read W_{j:i}^T W_{j:i} or W_{j:i} W_{j:i}^T off the left of a word: the first letter, and the rest."""
    ((word, factor),) = normal_form(target, (), domain).items()
    (one, turned), (two, other) = word[:2]
    if factor != 1 or not isinstance(one, Chain) or one != two or turned is other:
        raise ValueError(f"not a product of layers times its transpose: {target}")
    return word[0], word[2:]


@dataclass(frozen=True)
class EqualTerms(_WordRule):
    """A sum of n >= 0 equal matrices is n times one; factors may depend on the index in form only."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring the term to normal form; show it free of the index; count; compare."""
        index, low, high = single_limits(target)
        count = high - low + 1
        if not isinstance(target, sp.Sum) or not (count.is_integer and nonnegative(count, domain)):
            return Outcome.unknown(f"not a sum of {count} >= 0 terms")
        inside = domain.including(sp.Le(low, index), sp.Le(index, high))
        moved = sp.Dummy("k", integer=True)
        other = inside.including(sp.Le(low, moved), sp.Le(moved, high))
        another = target.function.xreplace({index: moved})
        if not all(_same_spaces(target.function, x, other) for x in (another, result)):
            return Outcome.unknown("the terms and the result act on different spaces")
        total: Polynomial = {}
        for word, factor in self._form(target.function, inside).items():
            plain = sp.powsimp(sp.expand(factor))
            if index in plain.free_symbols or any(x.has(index) for x, _ in word):
                return Outcome.unknown(f"the terms depend on {index}")
            total[word] = count * plain
        return equal_words(total, self._form(result, domain), domain)


@dataclass(frozen=True)
class SplitFirstTerm(_WordRule):
    """A sum of matrices is its first term plus the sum of the others."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Split; compare."""
        index, low, high = single_limits(target)
        if not isinstance(target, sp.Sum) or not nonnegative(high - low, domain):
            return Outcome.unknown("cannot show that the sum has a first term")
        rest = sp.Sum(target.function, (index, low + 1, high))
        split = target.function.subs(index, low) + rest
        if not _same_spaces(split, result, domain):
            return Outcome.unknown(f"{split} and {result} act on different spaces")
        return equal_words(self._form(split, domain), self._form(result, domain), domain)


@dataclass(frozen=True)
class Eigenvalue(_WordRule):
    """The unknown x > 0 in A u = x^power u with A u = c u, u not 0: the root of c."""

    unknown: Any = None
    power: int = 1

    def citations(self) -> tuple[str, ...]:
        """State the hypotheses, and that the vector is not 0."""
        return ("an eigenvector is not 0", *super().citations())

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring both sides to multiples of one word; compare the coefficients."""
        x = self.unknown
        if not (sp.Integer(self.power) == self.power and self.power > 0):
            return Outcome.unknown(f"{self.power} is not a whole number > 0")
        if not isinstance(target, Equation) or occurs(x, target.args[0], result):
            return Outcome.unknown(f"not an equation for {x}")
        left, right = (self._form(side, domain) for side in target.args)
        if len(right) != 1 or set(left) != set(right) or () in right:
            return Outcome.unknown("the sides are not multiples of one vector")
        ((word, factor),) = right.items()
        if factor != x**self.power or occurs(x, to_expr({word: sp.Integer(1)})):
            return Outcome.unknown(f"the right side is not {x}^{self.power} times a vector")
        if not (x.is_positive and domain.positive(result)):
            return Outcome.unknown(f"cannot show {result} > 0")
        return identical(left[word], result**self.power, domain)
