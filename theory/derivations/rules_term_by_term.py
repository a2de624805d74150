"""Rule for equality of sums whose terms hold powers with a symbol in the exponent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.identities import identical
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome, Verdict

__all__ = ["TermByTerm"]


@dataclass(frozen=True)
class TermByTerm(Rule):
    """Two sums are equal if, multiplied out, every term of one is a term of the other, each used once."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Multiply out; find for every term its equal; none may be left."""
        ours, theirs = (list(sp.Add.make_args(sp.expand(x))) for x in (target, result))
        if len(ours) != len(theirs):
            return Outcome.unknown(f"{len(ours)} terms and {len(theirs)}")
        for term in ours:
            equal = (x for x in theirs if identical(term, x, domain).verdict is Verdict.PROVED)
            match = next(equal, None)
            if match is None:
                return Outcome.unknown(f"no term of the result is shown to be {term}")
            theirs.remove(match)
        return Outcome.proved()
