"""Rule that uses a derivation inside a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import same
from theory.derivations.names import bound_names
from theory.derivations.rules_lemma import Lemma
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["LemmaWithin"]


@dataclass(frozen=True)
class LemmaWithin(Rule):
    """f(definition) = f(conclusion) of a lemma, f a function without bound variables.

    For targets such as exp(-2 m), of which the lemma's m is no sub-expression by itself.
    """

    lemma: Lemma
    function: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma as it stands; insert its two sides; compare."""
        fault = _fault(self.lemma, self.function)
        if fault or self.lemma.relation != "=":
            return Outcome.unknown(fault or "the lemma is not an equality")
        old, new = self.lemma.derivation.definition, self.lemma.derivation.conclusion
        outcome = self.lemma.check(old, new, domain)
        inserted = same(self.function(old), target, domain)
        return outcome.also(inserted).also(same(self.function(new), result, domain))

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return self.lemma.citations()


def _fault(lemma: Lemma, function: Any) -> str:
    """Say what is wrong with the lemma or the function."""
    if lemma.values or lemma.start or lemma.reverse:
        return "the lemma must be used as it stands"
    if not isinstance(function, sp.Lambda) or len(function.variables) != 1:
        return "needs a function of one variable"
    simple = not function.expr.has(sp.Lambda) and not bound_names(function.expr)
    return "" if simple else "the function has bound variables"
