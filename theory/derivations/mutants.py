"""Planted errors: derivations with one step made wrong, in one place, on its right side.

A mutant that still verifies would show that a rule takes the author's result on trust. Every number
is scaled by 101/100, every sub-expression multiplied by 101/100, every term of a sum negated and
dropped. Bound variables and the conditions of piecewise expressions are left alone: renaming or
rescaling those changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from theory.derivations.steps import Derivation, Step

__all__ = ["Mutation", "mutants", "mutations"]

_FACTOR = sp.Rational(101, 100)
_LEAVES = (sp.Symbol, sp.Indexed, sp.IndexedBase, sp.core.relational.Relational)


@dataclass(frozen=True)
class Mutation:
    """One planted error: step number `index` of the derivation, replaced by `step`."""

    derivation: Derivation
    index: int
    description: str
    step: Step

    def mutant(self) -> Derivation:
        """Return the derivation with the wrong step; later steps start from its right side."""
        steps = [*self.derivation.steps[: self.index], self.step]
        for later in self.derivation.steps[self.index + 1 :]:
            steps.append(replace(later, left=steps[-1].right))
        return replace(self.derivation, steps=tuple(steps))


def mutations(derivation: Derivation) -> Iterator[Mutation]:
    """Yield every planted error of a derivation, in a fixed order.

    Examples
    --------
    >>> from theory.derivations.fractional_moments_laplace import linear
    >>> first = next(mutations(linear()))
    >>> first.index, first.step.verify().verdict.value
    (0, 'unknown')
    """
    for index, step in enumerate(derivation.steps):
        seen = {step.result}
        for description, wrong in _variants(step.result):
            if wrong not in seen:
                seen.add(wrong)
                yield Mutation(derivation, index, description, replace(step, result=wrong))


def mutants(derivation: Derivation) -> Iterator[Derivation]:
    """Yield the wrong versions of a derivation, one for each planted error; none may verify.

    Examples
    --------
    >>> from theory.derivations.fractional_moments_laplace import linear
    >>> next(mutants(linear())).verify().verdict.value
    'unknown'
    """
    return (mutation.mutant() for mutation in mutations(derivation))


def _variants(expr: Any) -> Iterator[tuple[str, Any]]:
    """Yield (description, wrong version) for the expression and everything inside it."""
    for place in _places(expr):
        yield from place(expr)
    for number, arg in enumerate(expr.args):
        if _is_open(expr, number):
            for description, wrong in _variants(arg):
                yield description, _with_argument(expr, number, wrong)


def _places(expr: Any) -> list[Callable[[Any], Iterator[tuple[str, Any]]]]:
    if not isinstance(expr, sp.Expr) or expr.is_infinite or expr == 0:
        return []
    return [_scaled, _changed_terms] if expr.is_Add else [_scaled]


def _scaled(expr: Any) -> Iterator[tuple[str, Any]]:
    yield f"{expr} scaled", _FACTOR * expr


def _changed_terms(expr: Any) -> Iterator[tuple[str, Any]]:
    for term in expr.args:
        yield f"sign of {term}", expr - 2 * term
        yield f"without {term}", expr - term


def _is_open(expr: Any, number: int) -> bool:
    """Whether errors may be planted in an argument: not in names, conditions, signatures."""
    if isinstance(expr, _LEAVES):
        return False
    is_name = isinstance(expr, (sp.Tuple, sp.Lambda)) and number == 0
    is_condition = isinstance(expr, sp.functions.elementary.piecewise.ExprCondPair) and number == 1
    return not (is_name or is_condition)


def _with_argument(expr: Any, number: int, arg: Any) -> Any:
    args = list(expr.args)
    args[number] = arg
    return expr.func(*args)
