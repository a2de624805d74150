"""Rule that solves a linear recursion for a vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, occurs
from theory.derivations.formal_matrices import MeanGiven, SystemRecursion
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["SolveSystem"]


@dataclass(frozen=True)
class SolveSystem(Rule):
    """u_n = sum_k lambda_k^n P_k u_0 for u_l = A u_(l-1), the eigenvalues lambda_k of A all different.

    P_k = prod_(j != k) (A - lambda_j)/(lambda_k - lambda_j) (Sylvester); P_k A = lambda_k P_k and sum_k P_k = 1.
    """

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read A off the step; factor its characteristic polynomial; build the sum; compare."""
        if not isinstance(target, SystemRecursion):
            return Outcome.unknown(f"not a recursion for a vector: {target}")
        step, start, count, place = target.args
        fault = _fault(step, start, count, domain)
        if not (place.is_Integer and 0 <= place < len(start)):
            fault = f"there is no component {place}"
        if fault:
            return Outcome.unknown(fault)
        matrix = sp.Matrix(step.expr).jacobian(sp.Matrix(step.variables))
        vector = sp.Matrix(step.expr).subs(dict.fromkeys(step.variables, 0))
        if _occurs_in(step.variables, *matrix) or not vector.is_zero_matrix:
            return Outcome.unknown("the step is not linear")
        roots = _eigenvalues(matrix)
        apart = all(
            domain.positive(x - y) or domain.positive(y - x)
            for number, x in enumerate(roots)
            for y in roots[:number]
        )
        if len(roots) != matrix.rows or not apart:
            return Outcome.unknown(f"cannot show {matrix.rows} different eigenvalues: {roots}")
        parts = (x**count * (_projection(matrix, x, roots) * sp.Matrix(start)) for x in roots)
        value = sum((part[int(place)] for part in parts), sp.Integer(0))
        return same(sp.simplify(value), result, domain)


def _occurs_in(names: Any, *exprs: Any) -> bool:
    return any(occurs(name, x) for name in names for x in exprs)


def _fault(step: Any, start: Any, count: Any, domain: Domain) -> str:
    if step.expr.has(Expectation, MeanGiven) or start.has(Expectation, sp.Sum):
        return "a mean is not evaluated"
    if len(start) != len(step.variables) or len(step.expr) != len(step.variables):
        return "the step does not map vectors to vectors of the same length"
    if _occurs_in(step.variables, *start, count):
        return "a component occurs outside the step"
    counted = count.is_integer and domain.nonnegative(count)
    return "" if counted else f"cannot show {count} to be a whole number >= 0"


def _eigenvalues(matrix: Any) -> list[Any]:
    """Return the roots of the linear factors of the characteristic polynomial, those that occur once."""
    unknown = sp.Dummy("x")
    _, factors = sp.factor_list((unknown * sp.eye(matrix.rows) - matrix).det())
    linear = [x for x, power in factors if power == 1 and sp.degree(x, unknown) == 1]
    return [sp.factor(root) for x in linear for root in sp.solve(x, unknown)]


def _projection(matrix: Any, root: Any, roots: list[Any]) -> Any:
    projection = sp.eye(matrix.rows)
    for other in roots:
        if other != root:
            projection *= (matrix - other * sp.eye(matrix.rows)) / (root - other)
    return projection
