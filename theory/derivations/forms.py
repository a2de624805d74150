"""The form of a step: what must hold of its expressions before its rule is asked."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.derivations.atoms import has_no_atom
from theory.derivations.domains import Domain
from theory.derivations.formal import (
    Bernoulli,
    ByCumulants,
    ByTransform,
    Density,
    Expectation,
    Gaussian,
    Uniform,
)
from theory.derivations.formal_tails import GivenPast, Stationary, Supremum
from theory.derivations.state_densities import density_fault

__all__ = ["declaration_fault", "law_fault", "not_implied"]


def not_implied(given: tuple[Any, ...], target: Any, left: Any) -> list[Any]:
    """Return the relations that the ranges around the target do not imply at each of its occurrences.

    Parameters
    ----------
    given : tuple of relations
        What the step takes for granted.
    target, left : Expr
        What the step replaces, and in what.

    Returns
    -------
    list

    Examples
    --------
    >>> n, f = sp.Symbol("n", integer=True), sp.Function("f")
    >>> whole = sp.Sum(f(n), (n, 1, 5))
    >>> not_implied((sp.Le(1, n),), f(n), whole), not_implied((sp.Le(1, n),), f(n), whole + f(n))
    ([], [1 <= n])
    """
    return [relation for relation in given if not _holds(relation, target, left, ())]


def _holds(relation: Any, target: Any, expr: Any, around: tuple[Any, ...]) -> bool:
    """Whether x < y or x <= y holds at every occurrence of the target, by the innermost range.

    The replacement reaches every occurrence, so one outside the range would be changed unchecked.
    `around` holds (limits, whole) of the sums and integrals around `expr`, outermost first.
    """
    if expr == target:
        bound = [x for x in around if x[0][0] in relation.free_symbols]
        return bool(bound) and _within_range(relation, *bound[-1])
    inner = around
    if isinstance(expr, (sp.Sum, sp.Integral)):
        whole = isinstance(expr, sp.Sum)
        inner = (*around, *((limits, whole) for limits in reversed(expr.limits)))
    ranges = getattr(expr, "limits", ())
    return all(
        _holds(relation, target, x, around if x in ranges else inner)
        for x in expr.args
        if x.has(target)
    )


def _within_range(relation: Any, limits: Any, whole: bool) -> bool:
    """Whether the relation holds on a range, of whole numbers (a sum) or of reals (an integral)."""
    index, low, high = limits
    above = sp.Dummy("w", integer=whole or None, nonnegative=True)
    gap = relation.gts - relation.lts
    reach = high if relation.lts == index else low
    shifted = gap.subs(index, reach - above if relation.lts == index else reach + above)
    strict = isinstance(relation, sp.StrictLessThan)
    return (shifted.is_positive if strict else shifted.is_nonnegative) is True


def law_fault(left: Any, right: Any, domain: Domain) -> str:
    """Say what is wrong with the laws of a step: assumptions that do not follow, a variable with two laws.

    Parameters
    ----------
    left, right : Expr
        The step's sides.
    domain : Domain
        Of the step.

    Returns
    -------
    str
        Empty if nothing is.

    Examples
    --------
    >>> law_fault(sp.Integer(1), sp.Integer(1), Domain())
    ''
    """
    fault = density_fault(domain, left, right)
    if fault:
        return fault
    for side in (left, right):
        for expectation in side.atoms(Expectation):
            variables = expectation.variables
            if not expectation.body.is_commutative:  # a mean commutes with all factors in SymPy
                return f"a mean of a matrix: {expectation}"
            if len(set(variables)) < len(variables):
                return f"a variable has two laws: {variables}"
            for variable, law in expectation.pairs:
                if isinstance(law, Gaussian) and law.args[0].is_negative:
                    return f"{law} has a variance < 0"
                if not _fits(variable, law, domain):
                    return f"{variable} is declared with a sign or as whole, which {law} is not"
    return ""


def _fits(variable: Any, law: Any, domain: Domain) -> bool:
    """Whether the declared sign of a variable follows from the law, apart from null sets."""
    if variable.is_nonpositive or (variable.is_integer and not isinstance(law, Bernoulli)):
        return False
    if variable.is_positive and isinstance(law, (Bernoulli, ByCumulants, GivenPast, Stationary)):
        return False
    if variable.is_positive and isinstance(law, ByTransform):
        return has_no_atom(law, domain)
    return not variable.is_nonnegative or _on_half_line(law, domain)


def _on_half_line(law: Any, domain: Domain) -> bool:
    """Whether the law lives on [0, oo)."""
    ends = {Uniform: 0, Density: 1}
    if type(law) in ends:
        return domain.nonnegative(law.args[ends[type(law)]])
    if isinstance(law, ByCumulants):  # not a centred one
        return domain.positive(law.args[0])
    if isinstance(law, Stationary):
        step, *pairs = law.args
        if not isinstance(step, sp.Lambda) or not all(_fits(x, y, domain) for x, y in pairs):
            return False
        return step.variables[0].is_nonnegative and domain.nonnegative(step.expr)
    return isinstance(law, (Bernoulli, ByTransform, GivenPast))


def declaration_fault(expr: Any) -> str:
    """Say which bound variable's assumptions do not hold on its whole range.

    Parameters
    ----------
    expr : Expr
        With sums and integrals.

    Returns
    -------
    str
        Empty if all do.

    Examples
    --------
    >>> n = sp.Symbol("n", positive=True, integer=True)
    >>> declaration_fault(sp.Sum(n, (n, 0, 3)))
    'n is declared positive but starts at 0'
    """
    for node in sp.preorder_traversal(expr):
        if isinstance(node, (sp.Sum, sp.Integral, sp.Product)):
            for variable, low, *high in node.limits:
                # The end of an integral is a null set: x > 0 may start at 0; an index may not.
                null = isinstance(node, sp.Integral) and low.is_nonnegative
                if variable.is_positive and not (low.is_positive or null):
                    return f"{variable} is declared positive but starts at {low}"
                if variable.is_nonnegative and not low.is_nonnegative:
                    return f"{variable} is declared non-negative but starts at {low}"
                whole = isinstance(node, (sp.Sum, sp.Product))
                if whole and not (variable.is_integer and low.is_integer):
                    return f"{variable} or its lower limit {low} is not a whole number"
                if whole and high and not (high[0].is_integer or high[0] == sp.oo):
                    return f"the upper limit {high[0]} of {variable} is not a whole number"
        elif isinstance(node, (sp.Limit, Supremum)) and not _reaches(node):
            return f"{node.args[1]} is declared with a sign or as whole, which its values are not"
    return ""


def _reaches(node: Any) -> bool:
    """Whether the declared sign of a variable is that of its values: all reals, or those near a limit."""
    variable = node.args[1]
    if isinstance(node, Supremum):
        return variable.is_real and variable.is_nonnegative is None and variable.is_integer is None
    point, side = node.args[2:]
    near = point == sp.oo or point.is_positive or (point == 0 and str(side) == "+")
    return bool(near) or not variable.is_nonnegative
