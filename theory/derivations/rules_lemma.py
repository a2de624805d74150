"""Rules that use one derivation inside another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation
from theory.derivations.identities import same
from theory.derivations.names import free_names
from theory.derivations.rules_calculus import null_integrals, refuse_captured
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = ["Lemma", "LemmaAtZero", "named_in", "verified"]


@dataclass(frozen=True)
class Lemma(Rule):
    """Use another derivation: its expression number `start` equals its conclusion.

    `values` instantiates the lemma's symbols; each value must satisfy the symbol's assumptions and
    the lemma's constraints. `reverse` uses the equality from right to left.
    """

    derivation: Derivation
    values: tuple[tuple[Any, Any], ...] = ()
    start: int = 0
    reverse: bool = False

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Verify the lemma itself, its instance and that the instance is the one used."""
        fault = self._fault(domain)
        if fault:
            return Outcome.unknown(fault)
        report = verified(self.derivation)
        outcome = Outcome(report.verdict, f"lemma {self.derivation.id}: {report.verdict}")
        sides = self._sides()
        old, new = (self._instance(x) for x in (reversed(sides) if self.reverse else sides))
        return outcome.also(same(old, target, domain)).also(same(new, result, domain))

    @property
    def relation(self) -> str:
        """The relation that the lemma concludes."""
        return self.derivation.relation

    @property
    def held(self) -> tuple[Any, ...]:
        """What the lemma gives names."""
        return tuple(value for value, _ in named_in(self.derivation))

    @property
    def introduced(self) -> tuple[Any, ...]:
        """The names that the lemma gives."""
        return tuple(name for _, name in named_in(self.derivation) if name is not None)

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's notes and citations on."""
        steps = self.derivation.steps[self.start :]
        cited = (theorem for step in steps for theorem in step.rule.citations())
        return (*self.derivation.notes, *cited)

    def _sides(self) -> tuple[Any, Any]:
        return self.derivation.expressions[self.start], self.derivation.conclusion

    def _instance(self, expr: Any) -> Any:
        return expr.subs(dict(self.values), simultaneous=True)

    def _fault(self, domain: Domain) -> str:
        if self.reverse and self.derivation.relation != "=":
            return "only equalities can be used from right to left"
        bound = set().union(*(_bound_names(x) for x in self._sides()))
        named = named_in(self.derivation)
        for symbol, value in self.values:
            if any(symbol in free_names(x) | {name} for x, name in named):
                return f"a name in the lemma stands for what depends on {symbol}"
            if symbol in bound or not bound.isdisjoint(value.free_symbols):
                return f"{symbol} = {value} meets the lemma's bound names"
            if not _satisfies(symbol, value, domain):
                return f"{value} is outside the range of {symbol}"
        needed = [self._instance(x) for x in self.derivation.constraints]
        missing = [x for x in needed if not domain.implies(x)]
        return f"constraints of the lemma not met: {missing}" if missing else ""


def _bound_names(expr: Any) -> set[Any]:
    """Return the names bound anywhere in `expr`: of sums, integrals, functions, expectations."""
    names: set[Any] = set()
    for node in sp.preorder_traversal(expr):
        if isinstance(node, (sp.Sum, sp.Integral)):
            names |= {limits[0] for limits in node.limits}
        elif isinstance(node, (sp.Lambda, Expectation)):
            names |= set(node.variables)
    return names


def _satisfies(symbol: Any, value: Any, domain: Domain) -> bool:
    """Whether everything declared of the symbol, or following from it, holds for the value."""
    signs = {"positive": domain.positive(value), "negative": domain.positive(-value)}
    signs["nonnegative"] = signs["positive"] or domain.nonnegative(value)
    shown = sp.Dummy(**{name: True for name, holds in signs.items() if holds}).assumptions0
    return all(
        shown.get(fact, getattr(value, f"is_{fact}", None)) is truth
        for fact, truth in symbol.assumptions0.items()
    )


def named_in(derivation: Derivation) -> tuple[tuple[Any, Any], ...]:
    """Return (expression, its name) for whatever a step of a derivation, or of its lemmas, gives a name.

    Parameters
    ----------
    derivation : Derivation
        Any.

    Returns
    -------
    tuple

    Examples
    --------
    >>> from theory.derivations.fractional_moments_laplace import linear
    >>> named_in(linear())
    ()
    """
    found: list[tuple[Any, Any]] = []
    for step in derivation.steps:
        rule: Any = step.rule
        while isinstance(getattr(rule, "rule", None), Rule):
            rule = rule.rule
        inner = [getattr(rule, x, None) for x in ("derivation", "lemma")]
        inner += getattr(rule, "lemmas", ())
        inner = [x.derivation if isinstance(x, Lemma) else x for x in inner]
        found += [x for one in inner if isinstance(one, Derivation) for x in named_in(one)]
        if not any(isinstance(one, Derivation) for one in inner):
            found += [(x, getattr(rule, "symbol", None)) for x in rule.held]
    return tuple(found)


_VERIFIED: dict[Any, Any] = {}


def verified(derivation: Derivation) -> Any:
    """Return the report on a derivation, verified once per process: the key is its whole content, not its id.

    Examples
    --------
    >>> from theory.derivations.fractional_moments_laplace import linear
    >>> verified(linear()) is verified(linear())
    True
    """
    key = (derivation.expressions, derivation.steps, derivation.constraints)
    if key not in _VERIFIED:
        _VERIFIED[key] = derivation.verify()
    return _VERIFIED[key]


@dataclass(frozen=True)
class LemmaAtZero(Rule):
    """Use a lemma for y > 0, from right to left, at a variable >= 0; both sides are 0 at 0."""

    derivation: Derivation
    symbol: Any
    variable: Any

    def citations(self) -> tuple[str, ...]:
        """Pass the lemma's on."""
        return Lemma(self.derivation).citations()

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Use the lemma at y > 0, put 0 on both sides."""
        for side in (target, result):
            refuse_captured(self.symbol, side)
        lemma = Lemma(self.derivation, reverse=True)
        back = {self.variable: self.symbol}
        outcome = lemma.check(target.xreplace(back), result.xreplace(back), domain)
        ends = [null_integrals(x.subs(self.variable, 0)) for x in (target, result)]
        if ends != [0, 0] or not (self.symbol.is_positive and self.variable.is_nonnegative):
            return Outcome.unknown(f"the sides are {ends} at 0")
        return outcome
