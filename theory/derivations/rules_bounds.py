"""Rules of bounds on means: what is shown to be >= 0 is dropped, rates are integrated, lemmas inserted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_smooth
from theory.derivations.ensembles import MEANINGS, STATE, hides, mean
from theory.derivations.formal import Expectation
from theory.derivations.formal_fields import OverSpace, Partial, is_joint
from theory.derivations.identities import same
from theory.derivations.linear_forms import linear_form
from theory.derivations.names import free_names
from theory.derivations.rules_calculus import single_limits
from theory.derivations.rules_fields import FieldRule
from theory.derivations.rules_lemma import Lemma, named_in, verified
from theory.derivations.state_densities import density_fault, is_density
from theory.derivations.steps import Derivation
from theory.derivations.symbols_kl_bound import tau
from theory.derivations.verdicts import Outcome

__all__ = [
    "BelowStart",
    "BoundTerm",
    "DropDivergence",
    "DropSquares",
    "IncreaseMean",
    "LogBelowTangent",
    "shows_nonnegative",
]


@dataclass(frozen=True)
class _UpperBound(FieldRule):
    """An upper bound."""

    @property
    def relation(self) -> str:
        """Upper bound."""
        return "<="


def shows_nonnegative(expr: Any, domain: Domain) -> bool:
    """Whether the form shows >= 0: products, even powers, finite sums and means of what does.

    Parameters
    ----------
    expr : Expr
        Any.
    domain : Domain
        Of its symbols.

    Returns
    -------
    bool

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> i, d = sp.symbols("i K", integer=True, positive=True)
    >>> a = sp.IndexedBase("a", real=True)
    >>> total = sp.Sum((a[i] - x) ** 2, (i, 1, d))
    >>> shows_nonnegative(total, Domain()), shows_nonnegative(-total, Domain())
    (True, False)
    """
    if expr.is_Add or expr.is_Mul:
        return all(shows_nonnegative(x, domain) for x in expr.args)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp % 2 == 0 and expr.exp > 0:
        return expr.base.is_extended_real is True
    if isinstance(expr, sp.Sum):
        _, low, high = single_limits(expr)
        return domain.nonnegative(high - low + 1) and shows_nonnegative(expr.function, domain)
    if is_joint(expr):
        return shows_nonnegative(expr.body, domain)
    return domain.nonnegative(expr)


@dataclass(frozen=True)
class DropSquares(_UpperBound):
    """X <= X + g for g >= 0, shown by its form: sums and means of squares."""

    gap: Any

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the sign of the gap; compare by linearity."""
        fault = density_fault(domain, self.gap)
        if fault or not shows_nonnegative(self.gap, domain):
            return Outcome.unknown(fault or f"cannot show {self.gap} >= 0")
        return same(linear_form(target + self.gap), linear_form(result), domain)


@dataclass(frozen=True)
class LogBelowTangent(_UpperBound):
    """E log x <= E (x - 1), x > 0: the logarithm lies below its tangent at 1."""

    ratio: Any
    cited = ("log x <= x - 1, x > 0", *FieldRule.cited)

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check x > 0; compare both sides."""
        if not is_joint(target) or not domain.positive(self.ratio):
            return Outcome.unknown(
                f"not a mean over a joint density, or {self.ratio} > 0 not shown"
            )
        old, new = (Expectation(x, *target.pairs) for x in (sp.log(self.ratio), self.ratio - 1))
        outcome = same(linear_form(old), linear_form(target), domain)
        return outcome.also(same(linear_form(new), linear_form(result), domain))


@dataclass(frozen=True)
class DropDivergence(_UpperBound):
    """X <= X + c KL(p || q), c >= 0, for densities p, q on R^K, by a lemma on any two densities."""

    weight: Any
    first: Any
    second: Any
    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on; the densities are normalised."""
        return (f"{self.second} is a density", *Lemma(self.lemma).citations())

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check c, the densities and the lemma; compare by linearity."""
        hypotheses = {
            "c >= 0": domain.nonnegative(self.weight) and STATE not in free_names(self.weight),
            "two densities": is_density(self.first, domain) and is_density(self.second, domain),
            "the lemma": _is_gibbs_inequality(self.lemma),
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        if failed:
            return Outcome.unknown(f"not shown: {failed}")
        ratio = sp.log(self.first) - sp.log(self.second)
        whole = target + self.weight * mean(ratio, self.first)
        outcome = Outcome(verified(self.lemma).verdict, f"lemma {self.lemma.id}")
        return outcome.also(same(linear_form(whole), linear_form(result), domain))


def _is_gibbs_inequality(lemma: Derivation) -> bool:
    """Whether a lemma says E_f[log g - log f] <= 0 for any two fields f, g > 0 that are densities."""
    if lemma.relation != "<=" or lemma.conclusion != 0 or lemma.constraints:
        return False
    (f, g) = (sp.Function(name, positive=True)(STATE) for name in ("f", "g"))
    return bool(lemma.definition == mean(sp.log(g) - sp.log(f), f))


@dataclass(frozen=True)
class BelowStart(_UpperBound):
    """X <= X - F(t) + F(0) + c t from a lemma dF/dt <= c, c constant, t > 0."""

    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return ("means are continuous in time, down to 0", *Lemma(self.lemma).citations())

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read F and c off the lemma; compare by linearity."""
        rate, slope = self.lemma.definition, self.lemma.conclusion
        if not isinstance(rate, Partial) or rate.args[1] != tau or self.lemma.constraints:
            return Outcome.unknown(f"the lemma is not on a rate in {tau}: {rate}")
        constant = not slope.has(Expectation, OverSpace, Partial) and tau not in free_names(slope)
        if self.lemma.relation not in ("<=", "=") or not constant:
            return Outcome.unknown(f"the lemma does not bound the rate by a constant: {slope}")
        quantity = rate.args[0]
        named = {name for value, name in named_in(self.lemma) if tau in free_names(value)}
        if (
            hides(quantity, tau)
            or hides(slope, tau)
            or named & (free_names(rate) | free_names(slope))
        ):
            return Outcome.unknown("a symbol stands for what varies with the time")
        bound = target - quantity + quantity.xreplace({tau: sp.Integer(0)}) + slope * tau
        outcome = Outcome(verified(self.lemma).verdict, f"lemma {self.lemma.id}")
        return outcome.also(same(linear_form(bound), linear_form(result), domain))


@dataclass(frozen=True)
class BoundTerm(_UpperBound):
    """r + c X <= r + c Y, c >= 0, by a lemma X <= Y in which X is a number times one mean."""

    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return Lemma(self.lemma).citations()

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read c off the target; check its sign; compare by linearity."""
        number, expectation = self.lemma.definition.as_coeff_Mul()
        if self.lemma.relation != "<=" or not is_joint(expectation) or self.lemma.constraints:
            return Outcome.unknown("the lemma is not an upper bound of a number times one mean")
        name = sp.Dummy("m", real=True)
        named = linear_form(target).xreplace({linear_form(expectation): name})
        weight = sp.diff(named, name) / number
        if name in free_names(weight) or named.has(name) is False or not domain.nonnegative(weight):
            return Outcome.unknown(f"cannot show the coefficient to be >= 0: {weight}")
        bound = target + weight * (self.lemma.conclusion - self.lemma.definition)
        outcome = Outcome(verified(self.lemma).verdict, f"lemma {self.lemma.id}")
        return outcome.also(same(linear_form(bound), linear_form(result), domain))


@dataclass(frozen=True)
class IncreaseMean(_UpperBound):
    """g(m) <= g(Y), g increasing in m > 0, by a lemma X <= Y in which X is what the symbol m stands for."""

    symbol: Any
    lemma: Derivation

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return (
            f"{self.symbol} = {MEANINGS.get(self.symbol)} is finite",
            *Lemma(self.lemma).citations(),
        )

    def decide(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the lemma and that g increases; put Y in; compare."""
        lemma, symbol = self.lemma, self.symbol
        if symbol not in MEANINGS or lemma.definition != MEANINGS[symbol] or lemma.constraints:
            return Outcome.unknown(f"the lemma is not on what {symbol} stands for")
        if lemma.relation != "<=" or not (symbol.is_positive and domain.positive(lemma.conclusion)):
            return Outcome.unknown("the lemma is not an upper bound > 0")
        if target.has(Expectation, OverSpace, Partial, sp.Sum) or symbol in free_names(
            lemma.conclusion
        ):
            return Outcome.unknown(f"cannot show that {target} increases in {symbol}")
        smooth = is_smooth(target, symbol, domain)
        if not smooth or not domain.nonnegative(sp.diff(target, symbol)):
            return Outcome.unknown(f"cannot show that {target} increases in {symbol}")
        outcome = Outcome(verified(lemma).verdict, f"lemma {lemma.id}")
        return outcome.also(same(target.xreplace({symbol: lemma.conclusion}), result, domain))
