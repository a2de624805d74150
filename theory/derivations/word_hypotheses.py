"""Equalities between matrices that a derivation may assume: orthogonality, invariance, named products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Equation, occurs
from theory.derivations.formal_layers import Chain, Kron, Matrix, Projector
from theory.derivations.rules_lemma import verified
from theory.derivations.steps import Derivation
from theory.derivations.word_letters import Word, nonnegative, turned_over
from theory.derivations.words import Polynomial, normal_form

__all__ = ["Equal", "Intertwining", "Isometry", "Proved"]

_ONE = sp.Integer(1)


@dataclass(frozen=True)
class Isometry:
    """W_l^T W_l = scale I (columns) or W_l W_l^T = scale I (rows) for first <= l <= last.

    Products of layers follow by induction over the layers: the derivation of partial products proves it.
    """

    name: Any
    side: str
    first: Any
    last: Any
    scale: Any

    @property
    def statement(self) -> str:
        """The equality in words."""
        name = self.name
        product = {"columns": f"{name}_l^T {name}_l", "rows": f"{name}_l {name}_l^T"}[self.side]
        return f"{product} = {self.scale} I, l = {self.first}..{self.last}"

    def replace(self, word: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        """See Hypothesis: W_{j:i}^T W_{j:k} from layer j down, W_{j:i} W_{k:i}^T from layer i up."""
        if len(word) < 2 or not all(isinstance(x, Chain) for x, _ in word[:2]):
            return None
        (one, turned), (two, other) = word[:2]
        if {one.args[0], two.args[0]} != {self.name} or turned is other:
            return None
        if turned is not (self.side == "columns"):
            return None
        return self._columns(one, two, domain) if turned else self._rows(one, two, domain)

    def _columns(self, one: Any, two: Any, domain: Domain) -> tuple[int, Polynomial] | None:
        top = one.args[1]
        low = _extreme((one.args[2], two.args[2], self.first), domain, largest=True)
        if low is None or not nonnegative(self.last - top, domain):
            return None
        rest = (self._chain(low - 1, one.args[2]), True), (self._chain(low - 1, two.args[2]), False)
        return self._peeled(sp.expand(top - low + 1), rest, domain)

    def _rows(self, one: Any, two: Any, domain: Domain) -> tuple[int, Polynomial] | None:
        bottom = one.args[2]
        high = _extreme((one.args[1], two.args[1], self.last), domain, largest=False)
        if high is None or not nonnegative(bottom - self.first, domain):
            return None
        above = high + 1
        rest = (self._chain(one.args[1], above), False), (self._chain(two.args[1], above), True)
        return self._peeled(sp.expand(high - bottom + 1), rest, domain)

    def _chain(self, top: Any, bottom: Any) -> Any:
        return Chain(self.name, sp.expand(top), sp.expand(bottom))

    def _peeled(self, count: Any, rest: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        if count == 0 or not nonnegative(count, domain):
            return None
        return 2, {rest: self.scale**count}


def _extreme(values: tuple[Any, ...], domain: Domain, largest: bool) -> Any:
    """The largest or smallest of some whole numbers, None if the domain does not say which."""
    sign = 1 if largest else -1
    for value in values:
        if all(nonnegative(sign * (value - x), domain) for x in values):
            return value
    return None


@dataclass(frozen=True)
class Intertwining:
    """P_l W_l = W_l P_(l-1) for first <= l <= last: W_l maps the subspaces to one another, and W_l^T back.

    Projections move to the right, layer by layer: the same for products of layers, by induction.
    """

    name: Any
    projector: Any
    first: Any
    last: Any

    @property
    def statement(self) -> str:
        """The equality in words."""
        text = f"{self.projector}_l {self.name}_l = {self.name}_l {self.projector}_(l-1)"
        return f"{text}, l = {self.first}..{self.last}"

    def replace(self, word: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        """See Hypothesis; layers below `first` are left where they are, to the right of the projection."""
        kinds = [type(x) for x, _ in word[:2]]
        if kinds != [Projector, Chain]:
            return None
        (projector, _), (chain, turned) = word[:2]
        name, top, bottom = chain.args
        if (projector.args[0], name) != (self.projector, self.name):
            return None
        if not nonnegative(self.last - top, domain):
            return None
        low = bottom if nonnegative(bottom - self.first, domain) else self.first
        count = sp.expand(top - low + 1)
        if count == 0 or not nonnegative(count, domain) or (turned and low != bottom):
            return None
        return 2, {self._moved(chain, turned, low): _ONE}

    def _moved(self, chain: Any, turned: bool, low: Any) -> Word:
        name, top, bottom = chain.args
        level = Projector(self.projector, top if turned else sp.expand(low - 1))
        if turned or low == bottom:
            return (chain, turned), (level, False)
        above, below = Chain(name, top, low), Chain(name, sp.expand(low - 1), bottom)
        return (above, False), (level, False), (below, False)


@dataclass(frozen=True)
class Equal:
    """A product of matrices equals `right`; used from left to right, and for the transposes."""

    left: Any
    right: Any
    reason: str = ""

    @property
    def statement(self) -> str:
        """The equality in words."""
        return f"{self.left} = {self.right}" + (f" ({self.reason})" if self.reason else "")

    def replace(self, word: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        """See Hypothesis."""
        ((pattern, factor),) = normal_form(self.left, (), domain).items()
        if not pattern or any(isinstance(x, (Kron, sp.Sum)) for x, _ in pattern):
            raise ValueError(f"the left side is not a product of matrices: {self.left}")
        if factor.is_nonzero is not True:
            raise ValueError(f"cannot show {factor} to be other than 0")
        for form, turned in ((pattern, False), (turned_over(pattern), True)):
            if word[: len(form)] == form:
                right = normal_form(self.right, (), domain)
                right = {x: y / factor for x, y in right.items()}
                return len(form), _transposed(right) if turned else right
        return None


@dataclass(frozen=True)
class Proved:
    """y = A becomes y = B by a derivation: A = B, under the derivation's constraints."""

    derivation: Derivation

    @property
    def statement(self) -> str:
        """The derivation's id, and what it assumes."""
        assumed = "; ".join(self.derivation.assumptions)
        return f"by {self.derivation.id}" + (f" ({assumed})" if assumed else "")

    def replace(self, word: Word, domain: Domain) -> tuple[int, Polynomial] | None:
        """See Hypothesis."""
        sides = self.derivation.definition, self.derivation.conclusion
        if not all(isinstance(x, Equation) for x in sides) or sides[0].args[0] != sides[1].args[0]:
            raise ValueError(f"{self.derivation.id} does not turn y = A into y = B")
        if not _is_name(sides[0].args[0], *(x.args[1] for x in sides)):
            raise ValueError(f"{sides[0].args[0]} is no name of {sides[0].args[1]}")
        if not all(_implied(x, domain) for x in self.derivation.constraints):
            return None
        if not verified(self.derivation).verdict.passed or self.derivation.relation != "=":
            return None
        return Equal(sides[0].args[1], sides[1].args[1]).replace(word, domain)


def _is_name(left: Any, *exprs: Any) -> bool:
    """Whether y in y = A is a matrix or a number that stands in none of the expressions."""
    symbol = left.args[0] if isinstance(left, Matrix) else left
    return isinstance(symbol, sp.Symbol) and not occurs(symbol, *exprs)


def _implied(relation: Any, domain: Domain) -> bool:
    return nonnegative(relation.gts - relation.lts, domain)


def _transposed(matrix: Polynomial) -> Polynomial:
    return {turned_over(word): factor for word, factor in matrix.items()}
