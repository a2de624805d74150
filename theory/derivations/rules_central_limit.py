"""Rules on the distance to the normal law: Esseen's expansion, cumulants of a logarithm, a supremum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.arb import enclose
from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, Gaussian, occurs
from theory.derivations.formal_tails import Cumulant, Indicator, PositivePower, Supremum
from theory.derivations.identities import identical, same
from theory.derivations.rules_lemma import Lemma, verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = ["CumulantOfLogarithm", "EsseenLimit", "GaussianPolynomialSupremum", "standardised"]


def standardised(total: Any, one: Any, pair: Any, count: Any) -> Any:
    """Return (S - n k1) / sqrt(n k2), S a sum of n iid terms with cumulants k1, k2.

    Parameters
    ----------
    total : Expr
        S.
    one : Expr
        One term.
    pair : tuple
        The variable of that term, and its law.
    count : Expr
        n.

    Returns
    -------
    Expr

    Examples
    --------
    >>> q, s, n = sp.Symbol("q"), sp.Symbol("s"), sp.Symbol("n", positive=True)
    >>> pair = (q, ByTransform(sp.Lambda(n, 1 / (1 + n))))
    >>> standardised(s, q, pair, n).has(Cumulant)
    True
    """
    mean, variance = (Cumulant(one, sp.Integer(order), *pair) for order in (1, 2))
    return (total - count * mean) / sp.sqrt(count * variance)


@dataclass(frozen=True)
class EsseenLimit(Rule):
    """lim sqrt(n) sup_x |P((S_n - n k1)/sqrt(n k2) <= x) - Phi(x)| = sup_x |k3 (1-x^2) phi(x)| / (6 k2^(3/2)).

    S_n is a sum of n iid terms with cumulants k1, k2, k3. Checked: the form of both sides.
    """

    variable: Any
    cited = (
        "Esseen's expansion for sums of iid terms (Feller, vol. II, XVI.4, Theorem 1)",
        "the law of a step is not a lattice law and has a finite third moment",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read term, law and number of terms off the sum; build both sides; compare."""
        totals = target.atoms(sp.Sum)
        if len(totals) != 1 or len(target.atoms(Supremum)) != 1:
            return Outcome.unknown("needs one supremum over one sum of iid terms")
        (total,), (supremum,) = totals, target.atoms(Supremum)
        ((index, low, count),), x = total.limits, supremum.args[1]
        (found,) = (e for e in target.atoms(Expectation) if e.has(total))
        ((array, law),) = found.pairs
        one = total.function.xreplace({array[index]: self.variable})
        names = occurs(self.variable, total) or occurs(array, one) or occurs(index, one)
        if names or low != 1 or not isinstance(law, ByTransform) or not one.has(self.variable):
            return Outcome.unknown(f"the terms are not g({array}[{index}]), from 1, or names clash")
        if not (x.is_real and x.is_nonnegative is None) or occurs(x, total, law):
            return Outcome.unknown(f"{x} must be a real variable of its own")
        if not (count.is_Symbol and count.is_integer and count.is_positive) or occurs(
            count, one, law
        ):
            return Outcome.unknown(f"{count} must be the number of terms and nothing else")
        outcome = same(
            _distance(total, one, (self.variable, law), found.pairs, count, x), target, domain
        )
        return outcome.also(same(_leading(one, (self.variable, law), x), result, domain))


def _distance(total: Any, one: Any, pair: Any, pairs: Any, count: Any, x: Any) -> Any:
    z = sp.Symbol("z", real=True)
    law = Expectation(Indicator(standardised(total, one, pair, count), x), *pairs)
    normal = Expectation(Indicator(z, x), (z, Gaussian(sp.Integer(1))))
    return sp.Limit(sp.sqrt(count) * Supremum(sp.Abs(law - normal), x), count, sp.oo)


def _leading(one: Any, pair: Any, x: Any) -> Any:
    variance, third = (Cumulant(one, sp.Integer(order), *pair) for order in (2, 3))
    normal = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    size = sp.Abs(third) / (6 * variance ** sp.Rational(3, 2))
    return Supremum(size * sp.Abs(1 - x**2) * normal, x)


@dataclass(frozen=True)
class CumulantOfLogarithm(Rule):
    """Cumulant n of c + r log Q: the n-th derivative of theta c + log E Q^(r theta) at theta = 0.

    The lemma gives E[Q^theta; Q > 0] on an open interval around 0; it is 1 at 0, so Q > 0.
    """

    lemma: Derivation
    order: Any
    start: int
    cited = ("moments finite around order 0 make E Q^theta analytic there",)

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return (*self.cited, *Lemma(self.lemma, start=self.start).citations())

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma's law and interval; differentiate; compare."""
        body, number, variable, law = target.args
        moment = Expectation(PositivePower(variable, self.order), (variable, law))
        if self.lemma.relation != "=" or self.lemma.expressions[self.start] != moment:
            return Outcome.unknown("the lemma is not about the powers of this variable")
        fault = self._fault(body, domain)
        if fault or not (number.is_Integer and number > 0):
            return Outcome.unknown(fault or f"{number} is not the order of a cumulant")
        report = verified(self.lemma)
        positive = sp.Dummy("q", positive=True)
        inside = sp.expand_log(body.xreplace({variable: positive}), force=True)
        rate = sp.simplify(positive * sp.diff(inside, positive))
        shift = sp.simplify(inside - rate * sp.log(positive))
        if occurs(positive, rate, shift) or not rate.is_real:
            return Outcome.unknown(f"{body} is not c + r log({variable})")
        generating = self.lemma.conclusion.subs(self.order, rate * self.order)
        logarithm = sp.expand_log(sp.log(generating), force=True) + shift * self.order
        value = sp.diff(logarithm, self.order, int(number)).subs(self.order, 0)
        outcome = Outcome(report.verdict, f"lemma {self.lemma.id}: {report.verdict}")
        return outcome.also(identical(value, result, domain))

    def _fault(self, body: Any, domain: Domain) -> str:
        """Say why the lemma does not hold on an open interval around order 0."""
        free = self.order.is_real and self.order.is_nonnegative is None
        if not free or self.order.is_nonpositive or occurs(self.order, body):
            return f"{self.order} must be a new real name of either sign"
        at_zero = [relation.subs(self.order, 0) for relation in self.lemma.constraints]
        strict = all(isinstance(x, sp.StrictLessThan) for x in self.lemma.constraints)
        if not strict or not all(x == sp.true or domain.implies(x) for x in at_zero):
            return "the lemma does not hold around order 0"
        one = self.lemma.conclusion.subs(self.order, 0)
        return "" if sp.simplify(one - 1) == 0 else "Q may be 0"


@dataclass(frozen=True)
class GaussianPolynomialSupremum(Rule):
    """sup_x c |P(x)| exp(-x^2/2), c >= 0: the largest value at the real roots of P' - x P.

    The function is continuous and vanishes at infinity; where it is largest P is not 0, so the
    derivative is. The largest of the values is found by rigorous enclosures.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the critical points; enclose the values there; compare with the largest."""
        function, x = target.args
        constant, rest = function.as_independent(x, as_Add=False)
        polynomial = sp.simplify(rest / sp.exp(-(x**2) / 2))
        inner = polynomial.args[0] if isinstance(polynomial, sp.Abs) else sp.nan
        if not inner.is_polynomial(x) or inner.free_symbols != {x}:
            return Outcome.unknown(f"{rest} is not |P({x})| exp(-{x}^2/2)")
        if not (x.is_real and x.is_nonnegative is None) or not domain.nonnegative(constant):
            return Outcome.unknown(f"{x} must run over the line, and {constant} be >= 0")
        critical = sp.real_roots(sp.Poly(sp.diff(inner, x) - x * inner, x), multiple=True)
        values = [rest.subs(x, point) for point in dict.fromkeys(critical)]
        largest = max(values, key=lambda value: float(enclose(value, {})))
        if not all(value == largest or bool(enclose(largest - value, {}) > 0) for value in values):
            return Outcome.unknown("cannot tell which critical value is the largest")
        return same(constant * largest, result, domain)
