"""Rules on survival: the law given Q > 0, and products of independent factors that stay positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.atoms import limit_at_infinity
from theory.derivations.domains import Domain
from theory.derivations.formal import ByTransform, Expectation, occurs
from theory.derivations.formal_limits import ProductOver, WherePositive, split_where_positive
from theory.derivations.identities import same
from theory.derivations.rules_logarithms import is_nonnegative_size
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["ConditionOnSurvival", "SurvivalOfProduct"]

_ONE = sp.Integer(1)


@dataclass(frozen=True)
class ConditionOnSurvival(Rule):
    """E[f(Q); Q > 0] = (1 - P0) E f(Y), Y > 0 of transform (T - P0)/(1 - P0), P0 = T(oo) < 1.

    T is the transform of Q; T(oo) = P(Q = 0), for exp(-t Q) falls to the indicator of Q = 0.
    """

    variable: Any
    cited = (
        "monotone convergence: E exp(-t Q) -> P(Q = 0)",
        "a law on [0, oo) is determined by its Laplace transform (Feller, vol. II, XIII.1)",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compute P0; build the law of Q given Q > 0; compare."""
        ((old, law),) = target.pairs
        value, size = split_where_positive(target.body)
        if not isinstance(law, ByTransform) or size != old:
            return Outcome.unknown(f"not the event {old} > 0 under a law given by its transform")
        if not self.variable.is_positive or occurs(self.variable, target):
            return Outcome.unknown(f"{self.variable} must be a new variable > 0")
        (argument,) = law.args[0].variables
        transform = law.args[0].expr
        atom = limit_at_infinity(transform, argument, domain)
        if atom is None or not _below_one(atom, domain):
            return Outcome.unknown(f"P(Q = 0) is not shown to be < 1: {atom}")
        given = ByTransform(sp.Lambda(argument, (transform - atom) / (1 - atom)))
        mean = Expectation(value.subs(old, self.variable), (self.variable, given))
        return same((1 - atom) * (_ONE if value == 1 else mean), result, domain)


def _below_one(atom: Any, domain: Domain) -> bool:
    """Whether 0 <= atom < 1; a power with an exponent > 0 is below 1 if its base is."""
    base, power = atom.as_base_exp()
    if base != atom and domain.positive(power):
        return _below_one(base, domain)
    return domain.nonnegative(atom) and domain.positive(sp.expand(1 - atom))


@dataclass(frozen=True)
class SurvivalOfProduct(Rule):
    """P(product over k <= L of g(z_k1, z_k2, ...) > 0) = P(g(z_1, z_2, ...) > 0)^L, g >= 0.

    The entries are iid over both indices, so the factors are iid; a product of numbers >= 0 is > 0
    if and only if every factor is. `names` pairs each array of the product, z[k, i], with that of
    one factor, z[i].
    """

    names: tuple[tuple[Any, Any], ...]
    cited = ("E of a product of independent factors is the product of the E's",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read the product; rename the arrays of one factor; compare."""
        value, product = split_where_positive(target.body)
        names = dict(self.names)
        if value != 1 or not isinstance(product, ProductOver) or {*names} != {*target.variables}:
            return Outcome.unknown("not the event that a product over all arrays is > 0")
        function, depth = product.args
        (index,) = function.variables
        factor = _one_factor(function.expr, names, index)
        fresh = len(set(names.values())) == len(names)
        whole = depth.is_integer and domain.nonnegative(depth)
        if not whole or depth.has(*target.variables) or factor is None:
            return Outcome.unknown("the factors are not g(z_k1, z_k2, ...), k = 1..L")
        if not fresh or any(occurs(x, target) for x in names.values()):
            return Outcome.unknown("the arrays of one factor must be new")
        if not is_nonnegative_size(factor, domain) or index in _law_symbols(target):
            return Outcome.unknown(f"cannot show {factor} >= 0, or a law depends on {index}")
        pairs = [(names[array], law) for array, law in target.pairs]
        one = Expectation(WherePositive(_ONE, factor), *pairs)
        return same(one**depth, result, domain)


def _one_factor(factor: Any, names: dict[Any, Any], index: Any) -> Any:
    """Return g(z_1, z_2, ...) for g(z_k1, z_k2, ...); None if k occurs elsewhere."""
    entries = {x for x in factor.atoms(sp.Indexed) if x.base in names}
    if any(len(x.indices) != 2 or x.indices[0] != index for x in entries):
        return None
    renamed = factor.xreplace({x: names[x.base][x.indices[1]] for x in entries})
    return None if renamed.has(index, *names) else renamed


def _law_symbols(target: Any) -> Any:
    return set().union(*(law.free_symbols for _, law in target.pairs))
