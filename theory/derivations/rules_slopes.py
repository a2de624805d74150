"""Rule for the slope of a number that is a polynomial in one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_layers import Trace
from theory.derivations.steps import Rule
from theory.derivations.traces import with_canonical_traces
from theory.derivations.verdicts import Outcome

__all__ = ["SlopeAtZero"]


@dataclass(frozen=True)
class SlopeAtZero(Rule):
    """lim (f(x) - f(0))/x as x -> 0 for f a polynomial in x whose coefficients may hold traces."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring the traces to normal form; read the coefficient of x; compare."""
        if not isinstance(target, sp.Limit) or target.args[2] != 0:
            return Outcome.unknown(f"not a limit at 0: {target}")
        quotient, x = target.args[:2]
        if not x.is_Symbol or x in result.free_symbols:
            return Outcome.unknown(f"{x} is not a variable, or is left in {result}")
        names: dict[Any, Any] = {}
        sides = [
            _named(with_canonical_traces(side, (), domain), names) for side in (quotient, result)
        ]
        value = sp.cancel(sp.together(sp.expand(sides[0])))
        if any(x in trace.free_symbols for trace in names) or not value.is_polynomial(x):
            return Outcome.unknown(f"the quotient is not a polynomial in {x}")
        difference = sp.simplify(value.subs(x, 0) - sides[1])
        return Outcome.proved() if difference == 0 else Outcome.unknown(f"differs by {difference}")


def _named(expr: Any, names: dict[Any, Any]) -> Any:
    traces = {x: names.setdefault(x, sp.Dummy("f", real=True)) for x in expr.atoms(Trace)}
    return expr.xreplace(traces)
