"""Rules on tails of the stationary law of R -> A R + B: Kesten's index, Goldie's constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation, occurs
from theory.derivations.formal_tails import Indicator, PositiveRoot, Stationary
from theory.derivations.identities import same
from theory.derivations.rules_lemma import verified
from theory.derivations.steps import Derivation, Rule
from theory.derivations.verdicts import Outcome

__all__ = [
    "GoldieConstant",
    "KestenIndex",
    "UniqueRoot",
    "UnitMoment",
]

_KESTEN = (
    "E log A < 0, with log 0 = -oo",
    "moments of A and B beyond the order are finite",
    "log A given A > 0 is not lattice; A r + B is not r for any fixed r",
)


def _affine(target: Any, domain: Domain) -> tuple[Any, Any, Any, Any]:
    """Read the one stationary variable R, A and B of its step A R + B, A, B >= 0, and the step's pairs."""
    found = {
        (variable, law)
        for expectation in target.atoms(Expectation)
        for variable, law in expectation.pairs
        if isinstance(law, Stationary)
    }
    ((variable, law),) = found
    function, *pairs = law.args
    step = sp.expand(function.expr.xreplace({function.variables[0]: variable}))
    a, b = sp.factor(sp.diff(step, variable)), sp.factor(step.subs(variable, 0))
    affine = not a.has(variable) and not b.has(variable)
    random = any(occurs(name, a) for name, _ in pairs)
    if (
        not (affine and random)
        or not (domain.nonnegative(a) and domain.nonnegative(b))
        or 0 in (a, b)
    ):
        raise ValueError(f"the step {function.expr} is not A R + B with A, B >= 0, A random")
    return variable, a, b, pairs


def _tail(variable: Any, law: Any, power: Any, level: Any) -> Any:
    """Return P(R^power > level)."""
    return Expectation(1 - Indicator(variable**power, level), (variable, law))


def _tail_parts(target: Any) -> tuple[Any, Any, Any]:
    """Return the expectation in a limit, the power of R in its indicator, the level."""
    (expectation,) = (e for e in target.atoms(Expectation) if e.body.has(Indicator))
    (indicator,) = expectation.body.atoms(Indicator)
    _, power = indicator.args[0].as_base_exp()
    return expectation, power, indicator.args[1]


@dataclass(frozen=True)
class KestenIndex(Rule):
    """lim -log P(R^r > z)/log z = the positive root of E A^(r kappa) = 1, R stationary for A R + B.

    Checked: the step is affine with A, B >= 0, and the form of the limit.
    """

    unknown: Any
    cited = ("Kesten's theorem (Acta Math. 131, 1973; Goldie 1991)", *_KESTEN)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read A and the power; build limit and equation; compare."""
        variable, a, _, pairs = _affine(target, domain)
        expectation, power, level = _tail_parts(target)
        ((_, law),) = expectation.pairs
        if not (level.is_Symbol and level.is_positive) or not domain.positive(power):
            return Outcome.unknown(f"needs a level {level} > 0 and a power {power} > 0")
        if occurs(self.unknown, target) or not self.unknown.is_positive or occurs(level, law):
            return Outcome.unknown(f"{self.unknown} must be a new name of something > 0")
        tail = _tail(variable, law, power, level)
        limit = sp.Limit(-sp.log(tail) / sp.log(level), level, sp.oo)
        if target != limit:
            return Outcome.unknown(f"the limit is not {limit}")
        moment = Expectation(a ** (power * self.unknown), *pairs)
        return same(PositiveRoot(Equation(moment, sp.Integer(1)), self.unknown), result, domain)


@dataclass(frozen=True)
class UniqueRoot(Rule):
    """The positive root kappa of E V^(r kappa) = 1, V >= 0, r > 0, is the one at which the lemma finds 1.

    h = log E V^(r kappa) is convex, strictly, and h(0+) = log P(V > 0) <= 0: so h has one zero at
    most on (0, oo). Checked: the form of the equation, V >= 0, the lemma.
    """

    lemma: Derivation
    cited = (
        "Hoelder's inequality: log E V^p is convex in p, strictly unless V is constant off 0",
        "V is not constant off 0",
    )

    def citations(self) -> tuple[str, ...]:
        """Name what the lemma assumes, too."""
        cited = (theorem for step in self.lemma.steps for theorem in step.rule.citations())
        return (*self.cited, *self.lemma.notes, *cited)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read V and r off the equation; instantiate the lemma at the root."""
        equation, unknown = target.args
        left, right = equation.args
        if not isinstance(left, Expectation) or right != 1 or not domain.positive(result):
            return Outcome.unknown("not E V^(r kappa) = 1, or the root is not shown to be > 0")
        base, rate = _power(left.body, unknown)
        if not domain.nonnegative(base) or not domain.positive(rate):
            return Outcome.unknown(f"{left.body} is not V^(r {unknown}) with V >= 0, r > 0")
        if occurs(unknown, base, rate, result, *(law for _, law in left.pairs)):
            return Outcome.unknown(f"{unknown} occurs elsewhere")
        at_root = left.subs(unknown, result)
        if self.lemma.definition != at_root or self.lemma.conclusion != 1:
            return Outcome.unknown(f"the lemma does not show {at_root} = 1")
        missing = [c for c in self.lemma.constraints if not domain.implies(c)]
        if missing or self.lemma.relation != "=":
            return Outcome.unknown(f"constraints of the lemma not met: {missing}")
        return Outcome(verified(self.lemma).verdict, f"lemma {self.lemma.id}")


def _power(body: Any, unknown: Any) -> tuple[Any, Any]:
    """Write a product of powers as V^(r unknown), r the rate of its first factor: (V, r)."""
    parts = [x.as_base_exp() for x in sp.Mul.make_args(body)]
    rates = [sp.simplify(order / unknown) for _, order in parts]
    base = sp.Mul(*(x ** (r / rates[0]) for (x, _), r in zip(parts, rates, strict=True)))
    return base, rates[0]


@dataclass(frozen=True)
class GoldieConstant(Rule):
    """lim z^p P(R > z) = E[(A R + B)^p - (A R)^p] / (p E[A^p log A]), R stationary, E A^p = 1.

    `root` derives E A^p = 1; without it this is an assumption, the definition of p.
    """

    root: Derivation | None = None
    cited = ("Goldie's theorem (Ann. Appl. Probab. 1, 1991, Theorem 4.1)", *_KESTEN)

    def citations(self) -> tuple[str, ...]:
        """Name the equation for p where nothing derives it, and what its derivation assumes."""
        if self.root is None:
            return (*self.cited, "E A^p = 1")
        steps = (theorem for step in self.root.steps for theorem in step.rule.citations())
        return (*self.cited, *self.root.notes, *steps)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read A, B and p; build limit and constant; compare."""
        variable, a, b, pairs = _affine(target, domain)
        expectation, power, level = _tail_parts(target)
        ((_, law),) = expectation.pairs
        if power != 1 or not (level.is_Symbol and level.is_positive) or occurs(level, law):
            return Outcome.unknown(f"not the tail of R at a level > 0: {target}")
        scale = sp.simplify(target.args[0] / _tail(variable, law, power, level))
        order = sp.simplify(level * sp.diff(scale, level) / scale)
        limit = sp.Limit(level**order * _tail(variable, law, power, level), level, sp.oo)
        if target != limit or order.has(level, variable) or not domain.positive(order):
            return Outcome.unknown(f"the limit is not {limit} with a power > 0")
        outcome = self._unit_moment(Expectation(a**order, *pairs))
        gap = Expectation(
            (a * variable + b) ** order - (a * variable) ** order, (variable, law), *pairs
        )
        spread = Expectation(a**order * sp.log(a), *pairs)
        return outcome.also(same(gap / (order * spread), result, domain))

    def _unit_moment(self, moment: Any) -> Outcome:
        if self.root is None:
            return Outcome.proved()
        equal = self.root.relation == "=" and not self.root.constraints
        if self.root.definition != moment or self.root.conclusion != 1 or not equal:
            return Outcome.unknown(f"the root's derivation does not show {moment} = 1")
        return Outcome(verified(self.root).verdict, f"lemma {self.root.id}")


@dataclass(frozen=True)
class UnitMoment(Rule):
    """E Q^p = c^(-p), given E (c Q)^p = 1: the equation that defines p, or c, as `meaning` says."""

    scale: Any
    order: Any
    meaning: str

    def citations(self) -> tuple[str, ...]:
        """State the equation."""
        return (f"E ({self.scale}*Q)^({self.order}) = 1: {self.meaning}",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare the body with Q^p, and the result."""
        ((variable, _),) = target.pairs
        random = occurs(variable, self.order, self.scale)
        if target.body != variable**self.order or random or not domain.positive(self.scale):
            return Outcome.unknown(f"the body is not {variable}^p, p = {self.order}, or c not > 0")
        return same(self.scale**-self.order, result, domain)
