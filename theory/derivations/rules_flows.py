"""Rules on gradient flow: equal weights of a chain stay equal, and a scalar equation is solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import is_formal, occurs
from theory.derivations.formal_flows import BalancedFlow, InitialValue
from theory.derivations.identities import identical
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["EqualWeights", "SolveFlow"]

_UNIQUE = "an equation with a locally Lipschitz right side has one solution (Picard, Lindeloef)"


@dataclass(frozen=True)
class EqualWeights(Rule):
    """Equal weights stay equal: s = c w^L, dw/dt = -w^(L-1) G'(w^L), so ds/dt = -c L (s/c)^(2-2/L) G'(s/c).

    G is a polynomial; w > 0 throughout for L >= 2, for w = 0 is at rest.
    """

    cited = (_UNIQUE, "the solution exists until the time asked for, and stays > 0 if L = 1")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Differentiate the loss; write the equation in s; compare it, its start and its time."""
        if not isinstance(target, BalancedFlow) or not isinstance(result, InitialValue):
            return Outcome.unknown("not a chain of equal weights, or not one equation")
        function, scale, depth, *rest = target.args
        (p,), loss = function.variables, _sums_named(function)
        given = (scale, depth, *rest)
        signs = depth.is_integer and all(domain.positive(x) for x in (scale, depth, rest[0]))
        if not signs or occurs(p, sp.Tuple(*given)) or occurs(rest[1], sp.Tuple(loss, *given[:3])):
            return Outcome.unknown(
                "the depth, the scale or the start is not > 0, or a name is taken"
            )
        if is_formal(loss) or not loss.is_polynomial(p):
            return Outcome.unknown(f"{loss} is not a polynomial in {p}")
        rate = result.args[0]
        (s,) = rate.variables
        if not s.is_positive or occurs(s, target) or list(result.args[1:]) != rest:
            return Outcome.unknown("not the same start and time, or a name is taken")
        slope = sp.diff(loss, p).subs(p, s / scale)
        value = -scale * depth * (s / scale) ** (2 - 2 / depth) * slope
        return identical(value, rate.expr, domain)


def _sums_named(function: Any) -> Any:
    """Return the value of a Lambda with sums that are free of its variable as names of constants."""
    sums = (x for x in function.expr.atoms(sp.Sum) if not occurs(function.variables[0], x))
    return function.expr.xreplace({x: sp.Dummy("b", real=True) for x in sums})


@dataclass(frozen=True)
class SolveFlow(Rule):
    """s(t), t >= 0, from ds/dt = F(s), F a polynomial: what starts right, obeys the equation and has no pole."""

    cited = (_UNIQUE,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the result at time 0, its derivative and its denominator."""
        if not isinstance(target, InitialValue) or is_formal(target):
            return Outcome.unknown(f"not an equation with its start: {target}")
        function, start, time = target.args
        (s,), rate = function.variables, function.expr
        bounded = any(time in c.free_symbols for c in domain.constraints)
        whole = time.is_Symbol and time.is_nonnegative and not time.is_positive and not bounded
        if not whole or occurs(time, rate, start) or occurs(s, start, result):
            return Outcome.unknown(f"{time} does not run from 0 on, or a name is taken")
        if not rate.is_polynomial(s):
            return Outcome.unknown(f"{rate} is not a polynomial in {s}")
        if result.has(sp.Integral, sp.Sum, sp.Piecewise) or not _has_no_pole(result, time, domain):
            return Outcome.unknown(f"cannot show {result} to be smooth for {time} >= 0")
        outcome = identical(result.subs(time, 0), start, domain)
        return outcome.also(identical(sp.diff(result, time), rate.subs(s, result), domain))


def _has_no_pole(expr: Any, time: Any, domain: Domain) -> bool:
    """Whether an expression is rational in the time and its exponentials, with a denominator shown to be > 0.

    exp(k), k >= 0, is put as 1 + w with w >= 0.
    """
    names: dict[Any, Any] = {}
    named = expr.replace(sp.exp, lambda x: _above_one(x, names, domain))
    if named.has(sp.exp) or not named.is_rational_function(time, *names.values()):
        return False
    _, denominator = sp.fraction(sp.factor(sp.together(named)))
    return domain.positive(sp.expand(denominator)) or domain.positive(denominator)


def _above_one(exponent: Any, names: dict[Any, Any], domain: Domain) -> Any:
    sign = 1 if domain.nonnegative(exponent) else -1
    if not domain.nonnegative(sign * exponent):
        return sp.exp(exponent)
    name = names.setdefault(sp.expand(sign * exponent), sp.Dummy("w", nonnegative=True))
    return (1 + name) ** sign
