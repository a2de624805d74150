"""The engine: a derivation is a definition and a chain of typed steps, each verified by machine.

A step replaces one sub-expression (`target`) by another (`result`). It is verified by its rule,
which works out for itself what may follow from the target and compares; no rule takes the author's
result on trust. Theorems that a rule applies but cannot check are named in `cited`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sympy as sp

from theory.derivations.budget import BudgetExceededError, call_within
from theory.derivations.domains import Domain
from theory.derivations.formal import is_formal
from theory.derivations.formal_densities import Gibbs
from theory.derivations.forms import declaration_fault, law_fault, not_implied
from theory.derivations.names import (
    bound_around,
    bound_names,
    capture_fault,
    escape_fault,
    free_names,
    is_differentiated,
    name_fault,
)
from theory.derivations.verdicts import Outcome, Report, StepReport, Verdict, worst

__all__ = ["STEP_BUDGET", "Derivation", "Rule", "Step"]

#: CPU seconds a step may take: at least ten times the slowest one measured (see the tests)
STEP_BUDGET = 60.0


class Rule(ABC):
    """One kind of step. Subclasses are frozen dataclasses holding the rule's parameters."""

    #: theorems that the rule applies and does not check
    cited: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Decide whether `target relation result` holds on the domain."""

    @property
    def name(self) -> str:
        """The rule's name in reports."""
        return type(self).__name__

    @property
    def relation(self) -> str:
        """Relation of target and result: =, <, <= or ~ (equal up to the order in the reason)."""
        return "="

    @property
    def error_order(self) -> int | None:
        """Order m of the relative error O(width^-m) that a relation ~ leaves; None without one."""
        return None

    @property
    def held(self) -> tuple[Any, ...]:
        """Expressions that the rule gives a name: each must be one number wherever the target stands."""
        return ()

    @property
    def introduced(self) -> tuple[Any, ...]:
        """Symbols that the rule gives a meaning: no law in the chain may give them another."""
        return ()

    def citations(self) -> tuple[str, ...]:
        """Theorems applied and not checked, those of lemmas included."""
        return self.cited


@dataclass(frozen=True)
class Step:
    """One step: in `left`, the sub-expression `target` becomes `result` by `rule`.

    Attributes
    ----------
    given : tuple
        Relations on bound variables; at every place where the target occurs they must follow from
        the range of the sum or integral around it.
    budget : float
        CPU seconds.
    """

    rule: Rule
    left: Any
    target: Any
    result: Any
    reason: str
    given: tuple[Any, ...] = ()
    budget: float = STEP_BUDGET

    @property
    def right(self) -> Any:
        """The expression after the step."""
        return self.left.xreplace({self.target: self.result})

    def verify(self, domain: Domain | None = None) -> StepReport:
        """Check the step within its CPU budget; an exception in a checker is `unknown`."""
        base = domain or Domain()
        start = time.process_time()
        try:
            outcome = call_within(self.budget, _Check(self, base))
        except BudgetExceededError as error:
            outcome = Outcome(Verdict.TIMEOUT, str(error))
        seconds = time.process_time() - start
        return StepReport(self.rule.name, self.reason, outcome.verdict, seconds, outcome.detail)


@dataclass(frozen=True)
class _Check:
    """A picklable thunk: the check of one step."""

    step: Step
    domain: Domain

    def __call__(self) -> Outcome:
        try:
            return self._decide()
        except Exception as error:  # a checker that breaks has verified nothing
            return Outcome.unknown(f"{type(error).__name__}: {error}")

    def _decide(self) -> Outcome:
        # A constraint is about a free name; what a bound one ranges over, its binder says.
        bound = bound_names(self.step.left) | bound_names(self.step.right)
        domain = self.domain.without(bound).including(*self.step.given)
        fault = _fault(self.step) or law_fault(self.step.left, self.step.right, domain)
        if fault:
            return Outcome.unknown(fault)
        return self.step.rule.check(self.step.target, self.step.result, domain)


def _fault(step: Step) -> str:
    """What is wrong with the step's form, if anything."""
    if step.target not in sp.preorder_traversal(step.left):
        return "the target does not occur in the left side"
    if step.target == step.result:
        return "the step changes nothing"
    if step.rule.relation != "=" and step.target != step.left:
        return "only equalities may be applied inside an expression"
    missing = not_implied(step.given, step.target, step.left)
    if missing:
        return f"not implied by the ranges: {missing}"
    around = bound_around(step.left, step.target)
    names = name_fault(step.left) or name_fault(step.right)
    names = names or capture_fault(step.left, step.target, step.result)
    for varying in (x for x in step.rule.held if free_names(x) & around):
        return f"not one number where it stands: {varying}"
    if step.rule.held and is_differentiated(step.left, step.target):
        return f"named inside a derivative: {step.target}"
    return names or escape_fault(step.target, step.result) or declaration_fault(step.right)


@dataclass(frozen=True)
class Derivation:
    """A definition and the steps that lead from it to the conclusion.

    Attributes
    ----------
    id : str
        The id of the result it derives.
    definition : sympy.Expr
        The first expression; it must hold an Expectation, Integral, Sum or Equation.
    meaning : str
        The definition in words.
    steps : tuple of Step
        The left side of each is the right side of the one before.
    constraints : tuple
        SymPy relations under which every step is verified.
    notes : tuple of str
        Further assumptions in words.
    order : int or None
        For a conclusion of relation ~: the relative error is O(width^-order).

    Examples
    --------
    >>> from theory.derivations.rules_integrals import GammaIntegral
    >>> x = sp.Symbol("x", positive=True)
    >>> start = Derivation("demo", sp.Integral(x * sp.exp(-x), (x, 0, sp.oo)), "first moment")
    >>> start.then(GammaIntegral(), start.definition, sp.Integer(1), "Gamma(2)").verify().verdict.value
    'proved'
    """

    id: str
    definition: Any
    meaning: str
    steps: tuple[Step, ...] = ()
    constraints: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    order: int | None = None

    @property
    def conclusion(self) -> Any:
        """The last expression."""
        return self.steps[-1].right if self.steps else self.definition

    @property
    def expressions(self) -> tuple[Any, ...]:
        """The definition and the right side of every step."""
        return (self.definition, *(step.right for step in self.steps))

    @property
    def relation(self) -> str:
        """How definition and conclusion are related: =, <, <= or ~."""
        return next((x.rule.relation for x in self.steps if x.rule.relation != "="), "=")

    @property
    def error_orders(self) -> frozenset[int | None]:
        """Orders of the errors that the steps leave, those inside lemmas included."""
        return frozenset(order for step in self.steps for order in _error_orders(step.rule))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is assumed and not checked: constraints, notes, and every theorem cited."""
        cited = [theorem for step in self.steps for theorem in step.rule.citations()]
        return tuple(dict.fromkeys([*map(str, self.constraints), *self.notes, *cited]))

    def then(
        self, rule: Rule, target: Any, result: Any, reason: str, given: tuple[Any, ...] = ()
    ) -> Derivation:
        """Append a step that turns `target`, a part of the conclusion so far, into `result`."""
        step = Step(rule, self.conclusion, target, sp.sympify(result, strict=True), reason, given)
        return replace(self, steps=(*self.steps, step))

    def verify(self) -> Report:
        """Verify every step and the chain; the overall verdict is the worst."""
        domain = Domain(self.constraints)
        reports = [step.verify(domain) for step in self.steps] + self._chain_faults()
        verdict = worst(report.verdict for report in reports)
        return Report(verdict, tuple(reports), sum(report.seconds for report in reports))

    def _chain_faults(self) -> list[StepReport]:
        faults = [] if is_formal(self.definition) else ["the definition is not a definition"]
        if self.error_orders != {self.order} - {None}:
            orders = sorted(map(str, self.error_orders))
            faults.append(f"the steps leave errors of order {orders}, declared is {self.order}")
        faults += self._names_with_two_meanings()
        relations = {x.rule.relation for x in self.steps} - {"="}
        if len(relations) > 1:
            faults.append(f"incompatible relations in one chain: {sorted(relations)}")
        for before, step in zip(self.expressions, self.steps, strict=False):
            if step.left != before:
                faults.append(f"the left side of '{step.reason}' is not the right side before it")
        return [StepReport("Chain", "consistency", Verdict.UNKNOWN, 0.0, x) for x in faults]

    def _names_with_two_meanings(self) -> list[str]:
        """Say which symbol is named in a law that is given by names, and by a step as well."""
        names = {x for step in self.steps for x in step.rule.introduced}
        laws = {law for expr in self.expressions for law in expr.atoms(Gibbs)}
        taken = names.intersection(set().union(*map(free_names, laws)))
        return [f"the name {x} has a meaning in a law already" for x in taken]


def _error_orders(rule: Rule) -> frozenset[int | None]:
    """Orders of the errors of one rule; a lemma leaves those of its steps, whatever it declares."""
    lemma = getattr(rule, "derivation", None)
    if isinstance(lemma, Derivation):
        return lemma.error_orders
    return frozenset({rule.error_order}) if rule.relation == "~" else frozenset()
