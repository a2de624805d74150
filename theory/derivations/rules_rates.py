"""Rules on leading behaviour: a derivative at 0, exponential rates, the slowest of several decays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal_limits import AtZero
from theory.derivations.identities import same
from theory.derivations.rules_lemma import Lemma, verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "DecayRate",
    "DerivativeNearZero",
    "ExponentialForm",
    "SlowestDecay",
    "is_analytic_at_zero",
]

_ORDERS = 8


def is_analytic_at_zero(expr: Any, variable: Any, domain: Domain) -> bool:
    """Whether the form of an expression shows it to be analytic in a variable around 0.

    It may hold sums, products, exp, whole powers >= 0, and powers and logarithms of what is > 0 at 0.

    Parameters
    ----------
    expr, variable : Expr
        The function and its variable.
    domain : Domain
        Of the other symbols.

    Returns
    -------
    bool

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> [is_analytic_at_zero(f, x, Domain()) for f in (sp.log(1 - x), sp.log(x), sp.sqrt(x))]
    [True, False, False]
    """
    if expr == variable or not expr.has(variable):
        return True
    if not all(is_analytic_at_zero(arg, variable, domain) for arg in expr.args):
        return False
    if isinstance(expr, (sp.Add, sp.Mul, sp.exp)):
        return True
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp.is_nonnegative:
        return True
    if isinstance(expr, (sp.Pow, sp.log)):
        return domain.positive(expr.args[0].subs(variable, 0))
    return False


@dataclass(frozen=True)
class DerivativeNearZero(Rule):
    """The limit at 0+ of a derivative of a function that is analytic around 0."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Show analyticity; differentiate; put 0 in; compare."""
        function, order = target.args
        (x,) = function.variables
        if not isinstance(target, AtZero) or not (order.is_Integer and order >= 0):
            return Outcome.unknown("not a derivative at 0")
        if not is_analytic_at_zero(function.expr, x, domain):
            return Outcome.unknown("cannot show the function to be analytic around 0")
        return same(sp.diff(function.expr, x, int(order)).subs(x, 0), result, domain)


@dataclass(frozen=True)
class ExponentialForm(Rule):
    """Equality of expressions with hyperbolic functions: both are written in exponentials and expanded."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Rewrite; compare."""
        left, right = (sp.expand(x.rewrite(sp.exp)) for x in (target, result))
        return same(left, right, domain)


@dataclass(frozen=True)
class DecayRate(Rule):
    """-log g(exp(-k t))/t -> n k as t -> oo, k > 0, where g(y) = c y^n + ... is analytic at 0, c > 0."""

    rate: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Write the function in y = exp(-k t); find its first coefficient; compare."""
        y = sp.Dummy("y", positive=True)
        function, time = _decaying(target)
        if not domain.positive(self.rate) or self.rate.has(time):
            return Outcome.unknown(f"cannot show the rate {self.rate} to be > 0 and constant")
        inner = function.subs(time, -sp.log(y) / self.rate)
        inner = sp.expand_log(sp.powdenest(sp.powsimp(inner), force=False))
        if inner.has(time) or not is_analytic_at_zero(inner, y, domain):
            return Outcome.unknown(f"cannot show {inner} to be analytic around 0")
        for order in range(_ORDERS):
            slope = sp.simplify(sp.diff(inner, y, order).subs(y, 0))
            if slope != 0:
                if not domain.positive(slope):
                    return Outcome.unknown(f"cannot show the first coefficient {slope} > 0")
                return same(order * self.rate, result, domain)
        return Outcome.unknown("no coefficient of low order differs from 0")


def _decaying(target: Any) -> tuple[Any, Any]:
    """Read g and t off the limit of -log(g)/t as t -> oo."""
    if not isinstance(target, sp.Limit):
        raise ValueError(f"not a limit: {target}")
    body, time, point, _ = target.args
    logarithms = [x for x in sp.Mul.make_args(body) if isinstance(x, sp.log)]
    if point != sp.oo or len(logarithms) != 1 or body != -logarithms[0] / time:
        raise ValueError(f"not the limit of -log(g)/t as t grows: {target}")
    return logarithms[0].args[0], time


@dataclass(frozen=True)
class SlowestDecay(Rule):
    """-log(g1 + g2)/t tends to the smaller of the limits of -log(g1)/t and -log(g2)/t, as t -> oo.

    g1 + g2 lies between the larger of them and twice the larger. The lemmas derive the limits by
    DecayRate, which shows that g1, g2 > 0 for large t, after steps inside g1 and g2.
    """

    lemmas: tuple[Derivation, ...]

    def citations(self) -> tuple[str, ...]:
        """Pass the lemmas' on."""
        return tuple(dict.fromkeys(x for lemma in self.lemmas for x in Lemma(lemma).citations()))

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Verify the lemmas; add their functions up; compare with the target, and the smallest limit."""
        function, time = _decaying(target)
        parts, outcome = [], Outcome.proved()
        for lemma in self.lemmas:
            part, same_time = _decaying(lemma.definition)
            unmet = [x for x in lemma.constraints if not domain.implies(x)]
            if not _shows_rate(lemma):
                return Outcome.unknown(f"lemma {lemma.id} does not end with a rate of decay")
            if same_time != time or lemma.relation != "=" or unmet or not lemma.conclusion.is_real:
                return Outcome.unknown(
                    f"lemma {lemma.id} is not about a limit in {time}, or {unmet}"
                )
            parts.append(part)
            outcome = outcome.also(Outcome(verified(lemma).verdict, f"lemma {lemma.id}"))
        if not parts:
            return Outcome.unknown("no lemmas")
        smallest = sp.Min(*(lemma.conclusion for lemma in self.lemmas))
        outcome = outcome.also(same(sp.Add(*parts), function, domain))
        return outcome.also(same(smallest, result, domain))


def _shows_rate(lemma: Derivation) -> bool:
    """Whether a derivation rewrites a function inside its limit, then finds the rate of its decay."""
    if not lemma.steps:
        return False
    *inside, last = lemma.steps
    equal = all(step.rule.relation == "=" and step.target != step.left for step in inside)
    return equal and isinstance(last.rule, DecayRate) and last.target == last.left
