"""Rules on the recursion R -> (sigma^2 R + sigma_b^2) Q and its stationary law: moments, biases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import ByCumulants, Expectation, Gaussian, occurs
from theory.derivations.formal_tails import Stationary
from theory.derivations.identities import identical, same
from theory.derivations.rules_lemma import verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "FixedPoint",
    "GaussianSum",
    "Independence",
    "Stationarity",
    "SumOfCumulants",
]

_PRODUCT = "E of a product of independent factors is the product of the E's"


@dataclass(frozen=True)
class GaussianSum(Rule):
    """c1 z_i + c2 b_i with independent N(0, v1), N(0, v2) entries has the law of sqrt(c1^2 v1 + c2^2 v2) y_i.

    Independent variances add: the generating functions exp(theta^2 v / 2) multiply.
    """

    first: Any
    second: Any
    normal: Any
    cited = (_PRODUCT, "a law is determined by its moment generating function where that is finite")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the linear form; check that nothing else holds the arrays; replace; compare."""
        laws: dict[Any, Any] = dict(target.pairs)
        pair: list[Any] = [laws.get(self.first), laws.get(self.second)]
        if not all(isinstance(law, Gaussian) for law in pair) or occurs(self.normal, target):
            return Outcome.unknown("both arrays must be Gaussian, the name of the new one new")
        forms = [x for x in target.body.atoms(sp.Add) if x.has(self.first) and x.has(self.second)]
        forms = [x for x in forms if not x.has(sp.Sum, sp.Piecewise)]
        if len(forms) != 1:
            return Outcome.unknown("the body does not hold exactly one linear form")
        (form,) = forms
        entries = sorted(form.atoms(sp.Indexed), key=lambda x: x.base != self.first)
        if [x.base for x in entries] != [self.first, self.second]:
            return Outcome.unknown(f"{form} does not hold one entry of each array")
        scales = [form.coeff(entry) for entry in entries]
        (row,) = entries[0].indices
        rest = sp.expand(form - sum(c * z for c, z in zip(scales, entries, strict=True)))
        if rest != 0 or entries[1].indices != (row,) or any(row in c.free_symbols for c in scales):
            return Outcome.unknown(f"{form} is not c1 z_i + c2 b_i")
        variance = sum(c**2 * law.args[0] for c, law in zip(scales, pair, strict=True))
        if not domain.positive(variance):
            return Outcome.unknown(f"cannot show {variance} > 0")
        body = target.body.xreplace({form: sp.sqrt(variance) * self.normal[row]})
        if any(occurs(x, body) for x in (self.first, self.second)):
            return Outcome.unknown("the arrays occur outside the linear form")
        kept = [x for x in target.pairs if x[0] not in (self.first, self.second)]
        fresh = Expectation(body, (self.normal, Gaussian(sp.Integer(1))), *kept)
        return same(fresh, result, domain)


@dataclass(frozen=True)
class Stationarity(Rule):
    """E f(R) = E f(step(R, V)) for R stationary and V independent of it."""

    cited = ("the stationary law exists and is unique (Vervaat 1979)",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Put one step into the body; compare."""
        ((variable, law),) = target.pairs
        if not isinstance(law, Stationary):
            return Outcome.unknown(f"{law} is not a stationary law")
        function, *pairs = law.args
        if variable not in function.variables or len(function.variables) != 1:
            return Outcome.unknown("the step is not a function of the same variable")
        if any(occurs(name, target.body) or name == variable for name, _ in pairs):
            return Outcome.unknown("a fresh variable of the step occurs in the body")
        body = target.body.subs(variable, function.expr)
        return same(Expectation(body, (variable, law), *pairs), result, domain)


@dataclass(frozen=True)
class Independence(Rule):
    """E of f(X) g(Y) = E f(X) E g(Y) for independent X, Y; variables that do not occur drop out."""

    cited = (_PRODUCT, "every factor is integrable or >= 0")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Group the factors of the body by their variables; compare."""
        groups: dict[tuple[Any, ...], Any] = {}
        for factor in sp.Mul.make_args(sp.expand_power_base(target.body)):
            held = tuple(pair for pair in target.pairs if occurs(pair[0], factor))
            groups[held] = groups.get(held, sp.Integer(1)) * factor
        names = [variable for held in groups for variable, _ in held]
        if len(names) != len(set(names)):
            return Outcome.unknown("a variable occurs in several factors")
        parts = (Expectation(body, *held) if held else body for held, body in groups.items())
        return same(sp.Mul(*parts), result, domain)


@dataclass(frozen=True)
class SumOfCumulants(Rule):
    """A sum of m iid terms with cumulants k1, k2, ... has the cumulants m k1, m k2, ..."""

    variable: Any
    cited = ("cumulants of independent variables add up",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Name the sum; multiply its cumulants; compare."""
        ((array, law),) = target.pairs
        totals = target.body.atoms(sp.Sum)
        if len(totals) != 1 or not isinstance(law, ByCumulants) or occurs(self.variable, target):
            return Outcome.unknown("needs one sum, a law by cumulants and a new name")
        (total,) = totals
        ((index, low, count),) = total.limits
        if total.function != array[index] or low != 1 or not domain.positive(count):
            return Outcome.unknown("not a sum from 1 of the entries")
        body = target.body.xreplace({total: self.variable})
        if occurs(array, body, count) or occurs(index, body) or not count.is_integer:
            return Outcome.unknown("entries occur outside the sum")
        summed = ByCumulants(*(count * x for x in law.args))
        return same(Expectation(body, (self.variable, summed)), result, domain)


@dataclass(frozen=True)
class FixedPoint(Rule):
    """If E f = alpha E f + beta with 0 < alpha < 1 and E f < oo, then E f = beta/(1 - alpha).

    The lemma derives alpha E f + beta, the target, from E f, f >= 0.
    """

    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Name the condition for a finite moment, and what the lemma assumes."""
        alpha, _ = self._coefficients()
        cited = (theorem for step in self.lemma.steps for theorem in step.rule.citations())
        finite = f"{alpha} < 1, and then the moment is finite (Vervaat 1979)"
        return (finite, *self.lemma.notes, *cited)

    def _coefficients(self) -> tuple[Any, Any]:
        moment = sp.Dummy("e", nonnegative=True)
        right = self.lemma.conclusion.xreplace({self.lemma.definition: moment})
        alpha = sp.diff(right, moment)
        return sp.factor(alpha), sp.factor(sp.simplify(right - alpha * moment))

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Verify the lemma; read alpha and beta off its conclusion; solve; compare."""
        fault = self._fault(target, domain)
        if fault:
            return Outcome.unknown(fault)
        report = verified(self.lemma)
        alpha, beta = self._coefficients()
        outcome = Outcome(report.verdict, f"lemma {self.lemma.id}: {report.verdict}")
        return outcome.also(identical(beta / (1 - alpha), result, domain))

    def _fault(self, target: Any, domain: Domain) -> str:
        definition = self.lemma.definition
        if target != self.lemma.conclusion or self.lemma.relation != "=":
            return "the lemma does not conclude the target as an equality"
        if not isinstance(definition, Expectation) or not domain.nonnegative(definition.body):
            return "the lemma does not start from the expectation of something >= 0"
        missing = [x for x in self.lemma.constraints if not domain.implies(x)]
        if missing:
            return f"constraints of the lemma not met: {missing}"
        alpha, beta = self._coefficients()
        if any(x.has(Expectation, sp.Dummy) for x in (alpha, beta)):
            return "the target is not linear in the expectation, with known coefficients"
        if not domain.positive(alpha) or domain.nonnegative(alpha - 1):
            return f"cannot show {alpha} > 0, or it is not < 1"
        return ""
