"""Rules on second moments: products of linear forms in centred arrays, and a linear equation for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, Expectation
from theory.derivations.formal_arrays import CentredPair, Root
from theory.derivations.identities import same
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ProductOfForms", "SolveLinear"]


@dataclass(frozen=True)
class _Term:
    """A term of a linear form: factor times z[j], or times the sum over `rows` rows of z[n, j]."""

    factor: Any
    array: Any
    column: Any
    rows: Any = None


def _read(term: Any, arrays: set[Any], domain: Domain) -> _Term:
    """Read a term c z[j] or c sum_n z[n, j], n = 1..N."""
    held = [x for x in sp.Mul.make_args(term) if x.has(*arrays)]
    if len(held) != 1:
        raise ValueError(f"not linear in the arrays: {term}")
    (random,) = held
    factor = term / random
    if isinstance(random, sp.Sum):
        ((index, low, high),) = random.limits
        constant, entry = random.function.as_independent(*arrays, as_Add=False)
        fits = (
            low == 1 and high.is_integer and domain.nonnegative(high) and entry.indices[0] == index
        )
        if (
            not fits
            or index in constant.free_symbols
            or len(entry.indices) != 2
            or high.has(*arrays)
        ):
            raise ValueError(f"not a constant times a sum over rows from 1: {random}")
        return _Term(factor * constant, entry.base, entry.indices[1], high)
    if not isinstance(random, sp.Indexed) or len(random.indices) != 1:
        raise ValueError(f"not an entry of an array: {random}")
    return _Term(factor, random.base, random.indices[0])


def _moment(first: _Term, second: _Term, laws: dict[Any, Any]) -> Any:
    """Return E of the product of two terms: 0 for two arrays, the covariance for one, times the rows."""
    if first.array != second.array:
        return sp.Integer(0)
    if first.rows != second.rows:
        raise ValueError(f"sums over different rows of {first.array}")
    law = laws[first.array]
    entries = {(1, 1): 0, (1, 2): 1, (2, 1): 1, (2, 2): 2}
    covariance = law.args[entries[int(first.column), int(second.column)]]
    return first.factor * second.factor * covariance * (1 if first.rows is None else first.rows)


def _is_covariance(law: Any, domain: Domain) -> bool:
    """Whether variances are shown to be >= 0, and the covariance not to be too large."""
    first, mixed, second = law.args
    variances = domain.nonnegative(first) and domain.nonnegative(second)
    return variances and not domain.positive(sp.expand(mixed**2 - first * second))


@dataclass(frozen=True)
class ProductOfForms(Rule):
    """E of a product of two linear forms in independent centred arrays: covariances, added up.

    Terms in different arrays have E = 0; sums over the same N iid rows have N times the covariance.
    """

    cited = ("second moments are finite", "independent centred variables are uncorrelated")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Multiply the forms out; put the covariances in; compare."""
        laws = dict(target.pairs)
        if not isinstance(target, Expectation) or not all(
            isinstance(law, CentredPair) for law in laws.values()
        ):
            return Outcome.unknown("the arrays are not centred pairs")
        if any(law.has(*laws) for law in laws.values()):
            return Outcome.unknown("a law depends on a random array")
        if not all(_is_covariance(law, domain) for law in laws.values()):
            return Outcome.unknown("the numbers of a law are not variances and a covariance")
        factors = sp.Mul.make_args(target.body)
        forms = [x for x in factors if x.has(*laws)]
        if len(forms) != 2:
            return Outcome.unknown("the body is not a product of two linear forms")
        outside = sp.Mul(*(x for x in factors if x not in forms))
        terms = [
            [_read(x, set(laws), domain) for x in sp.Add.make_args(sp.expand_mul(form))]
            for form in forms
        ]
        total = sum(_moment(x, y, laws) for x in terms[0] for y in terms[1])
        return same(outside * total, result, domain)


@dataclass(frozen=True)
class SolveLinear(Rule):
    """The root of k x = b, k and b free of x and k not 0: b/k.

    k > 0, k < 0, or, up to its sign, k is 1 less the product of the `stable` factors, each smaller
    than 1 in size, which is cited.
    """

    stable: tuple[Any, ...] = ()

    def citations(self) -> tuple[str, ...]:
        """Name the factors taken to be smaller than 1 in size."""
        return tuple(f"|{x}| < 1" for x in self.stable)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read k and b off; show that k is not 0; compare."""
        (function,) = target.args
        (x,) = function.variables
        if not isinstance(target, Root) or not isinstance(function.expr, Equation):
            return Outcome.unknown("not the root of an equation")
        left, right = function.expr.args
        difference = sp.expand(left - right)
        k = sp.diff(difference, x)
        linear = not k.has(x) and not sp.expand(k * x - difference).has(x)
        if not linear or not x.is_real or difference.has(Expectation, sp.Integral, sp.Derivative):
            return Outcome.unknown(f"the equation is not a linear one for a real {x}")
        if not self._not_zero(k, domain):
            return Outcome.unknown(f"cannot show that {k} is not 0")
        return same(sp.expand(k * x - difference) / k, result, domain)

    def _not_zero(self, k: Any, domain: Domain) -> bool:
        """Whether k is of one sign, or is +-(1 - product of the stable factors)."""
        if domain.positive(k) or domain.positive(-k):
            return True
        if any(domain.nonnegative(y - 1) for x in self.stable for y in (x, -x)):
            return False  # not smaller than 1 in size, whatever is cited
        gap = 1 - sp.Mul(*self.stable)
        return bool(self.stable) and any(sp.expand(k - sign * gap) == 0 for sign in (1, -1))
