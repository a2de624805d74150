"""Rule that gives a name to an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import occurs
from theory.derivations.formal_networks import MeanOver
from theory.derivations.identities import same
from theory.derivations.names import bound_names, free_names
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["Named"]


def _binders(expr: Any) -> frozenset[Any]:
    """Names bound in an expression, those of functions and of means over signals included."""
    functions = (x.variables for x in expr.atoms(sp.Lambda))
    signals = ([array for array, _, _ in x.signals] for x in expr.atoms(MeanOver))
    return bound_names(expr).union(*functions, *signals)


@dataclass(frozen=True)
class Named(Rule):
    """Write a symbol for an expression; that they are equal is the meaning of the symbol."""

    symbol: Any
    value: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Put the expression back for the symbol; compare with the target."""
        if not self.symbol.is_Symbol or occurs(self.symbol, target, self.value):
            return Outcome.unknown(f"{self.symbol} must be a new symbol")
        if free_names(self.value) & _binders(target):
            return Outcome.unknown(f"{self.value} is not one number: a name in it is bound")
        if self._contradicted():
            return Outcome.unknown(f"{self.value} is not what {self.symbol} is declared to be")
        return same(result.xreplace({self.symbol: self.value}), target, domain)

    @property
    def introduced(self) -> tuple[Any, ...]:
        """The symbol."""
        return (self.symbol,)

    @property
    def held(self) -> tuple[Any, ...]:
        """The expression that the symbol stands for."""
        return (self.value,)

    def citations(self) -> tuple[str, ...]:
        """State the meaning of the symbol, and the sign that it is declared with."""
        sign = (f"{self.symbol} >= 0",) if self.symbol.is_nonnegative else ()
        sign = (f"{self.symbol} > 0",) if self.symbol.is_positive else sign
        return (f"{self.symbol} = {self.value}", *sign)

    def _contradicted(self) -> bool:
        """Whether something declared of the symbol is false of the expression, or neither shown nor cited."""
        declared = self.symbol.assumptions0
        citable = [sp.Dummy(real=True), sp.Dummy(nonnegative=True), sp.Dummy(positive=True)]
        cited = set().union(*(x.assumptions0.items() for x in citable))
        shown = self.value
        if isinstance(shown, sp.Sum) and shown.function.is_integer:
            shown = sp.Dummy(integer=True)  # a finite sum of whole numbers
        known = {fact: getattr(shown, f"is_{fact}", None) for fact in declared}
        return any(
            known[fact] not in (truth, None) or (known[fact] is None and (fact, truth) not in cited)
            for fact, truth in declared.items()
        )
