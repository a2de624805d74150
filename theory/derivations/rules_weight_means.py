"""Rules on means over the layers of a net: traces, second moments, symmetry."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Expectation, Law, occurs
from theory.derivations.formal_layers import Chain, Projector, Trace
from theory.derivations.identities import identical
from theory.derivations.rules_calculus import single_limits
from theory.derivations.steps import Rule
from theory.derivations.traces import rotations, with_canonical_traces
from theory.derivations.verdicts import Outcome
from theory.derivations.word_hypotheses import Isometry
from theory.derivations.word_letters import Word, nonnegative
from theory.derivations.words import Hypothesis, normal_form, to_expr

__all__ = ["HaarLayers", "MeanOfLayers", "MeanOfTerms", "NormalLayers", "Traces"]

_ONE = sp.Integer(1)


class _Layers(Law):
    """Law of independent layers; `args` = (group, ...), a group (first, last, rows, columns, ...)."""

    def gram(self, group: Any) -> Any:
        """The number c in E W_l^T W_l = c I, for a layer of the group."""
        raise NotImplementedError


class NormalLayers(_Layers):
    """Independent N(0, 1) entries; a group is (first, last, rows, columns)."""

    def gram(self, group: Any) -> Any:
        """Every column has `rows` entries of variance 1, which are uncorrelated."""
        return group[2]


class HaarLayers(_Layers):
    """Haar-distributed; a group is (first, last, rows, columns, side, scale) as in Isometry, side a Str.

    Columns: W^T W = scale I. Rows: W W^T = scale I, so that tr W^T W = scale rows.
    """

    def gram(self, group: Any) -> Any:
        """From the trace, for E W^T W commutes with every orthogonal matrix and is a multiple of I."""
        _, _, rows, columns, side, scale = group
        return {"columns": scale, "rows": scale * rows / columns}[side.name]

    @classmethod
    def of(cls, *layers: tuple[Isometry, Any, Any]) -> Any:
        """Build the law of (isometry, rows, columns), which must not overlap."""
        text = sp.core.symbol.Str
        return cls(
            *(
                sp.Tuple(x.first, x.last, rows, cols, text(x.side), x.scale)
                for x, rows, cols in layers
            )
        )


@dataclass(frozen=True)
class Traces(Rule):
    """Equality of numbers with traces in them: linear, cyclic, invariant under transposition."""

    hypotheses: tuple[Hypothesis, ...] = ()

    def citations(self) -> tuple[str, ...]:
        """State the hypotheses."""
        return tuple(x.statement for x in self.hypotheses)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Bring all traces to normal form; name them; compare."""
        return _compare(target, result, self.hypotheses, domain)


def _compare(target: Any, result: Any, known: tuple[Hypothesis, ...], domain: Domain) -> Outcome:
    if any(x.has(Expectation, sp.Sum) for x in (target, result)):
        return Outcome.unknown("the traces must not stand under a sum or a mean")
    names: dict[Any, Any] = {}
    sides = [with_canonical_traces(x, known, domain) for x in (target, result)]
    for side in sides:
        for trace in side.atoms(Trace):
            names.setdefault(trace, sp.Dummy("f", real=True))
    one, other = (x.xreplace(names) for x in sides)
    return identical(one, other, domain)


@dataclass(frozen=True)
class MeanOfTerms(Rule):
    """E[c sum_i f(i)] = c sum_i E f(i) for a finite sum."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Move the mean inside; compare."""
        factor, total = target.body.as_independent(sp.Sum, as_Add=False)
        if not isinstance(target, Expectation) or not isinstance(total, sp.Sum):
            return Outcome.unknown(f"not the mean of a number times a sum: {target}")
        limits = single_limits(total)
        if any(occurs(x, factor, *limits) for x in target.variables) or limits[2] == sp.oo:
            return Outcome.unknown("a factor or the range is random, or the sum is not finite")
        expected = factor * sp.Sum(Expectation(total.function, *target.pairs), limits)
        return Outcome.proved() if result == expected else Outcome.unknown(f"not {expected}")


@dataclass(frozen=True)
class MeanOfLayers(Rule):
    """E of c tr(A W_{j:i}^T W_{j:i}) and of c tr(B W_{j:i}), A, B and c fixed, layer by layer from layer j down.

    E W_l^T W_l = c_l I for independent layers: the first is c tr(A) times the product of c_l. The second is 0,
    for -W_j has the law of W_j.
    """

    cited = (
        "the layers are independent",
        "a layer has the law of its negative, and of its products with orthogonal matrices",
    )

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Evaluate term by term; compare."""
        if not isinstance(target, Expectation) or len(target.pairs) != 1:
            return Outcome.unknown(f"not a mean over the layers of one net: {target}")
        ((name, law),) = target.pairs
        if not isinstance(law, _Layers) or target.body.has(Expectation, sp.Sum):
            return Outcome.unknown("the law is not one of layers, or the body is not a finite form")
        body = sp.expand(with_canonical_traces(target.body, (), domain))
        values = [_mean(term, name, law, domain) for term in sp.Add.make_args(body)]
        return _compare(sp.Add(*values), result, (), domain)


def _mean(term: Any, name: Any, law: Any, domain: Domain) -> Any:
    """The mean of a product of numbers and traces, at most one of which is random."""
    random = [x for x in sp.Mul.make_args(term) if occurs(name, x)]
    if not random:
        return term
    if len(random) > 1 or not isinstance(random[0], Trace):
        raise ValueError(f"not a fixed number times one trace: {term}")
    ((word, factor),) = normal_form(random[0].args[0], (), domain).items()
    return term / random[0] * factor * _mean_trace(word, name, law, domain)


def _mean_trace(word: Word, name: Any, law: Any, domain: Domain) -> Any:
    chains = [x for x, _ in word if isinstance(x, Chain) and x.args[0] == name]
    others = [x for x, _ in word if not isinstance(x, Chain) and occurs(name, x)]
    count = chains[0].args[1] - chains[0].args[2]
    if any(isinstance(x, Projector) for x, _ in word):
        raise ValueError("a projection may depend on the layers")
    if others or not nonnegative(count, domain):
        raise ValueError(f"random in another way, or without a layer: {to_expr({word: _ONE})}")
    product = _product(law, chains[0], domain)
    if len(chains) == 1:
        return sp.Integer(0)
    for form in rotations(word):
        (one, turned), (two, other) = form[:2]
        if len(chains) == 2 and one == two == chains[0] and turned and not other and form[2:]:
            return product * Trace(to_expr({form[2:]: _ONE}))
    raise ValueError(f"not a product of layers times its transpose: {to_expr({word: _ONE})}")


def _product(law: Any, chain: Any, domain: Domain) -> Any:
    """The product of c_l over the layers of a chain, group by group."""
    _, top, bottom = chain.args
    for one, two in combinations(law.args, 2):
        if not any(nonnegative(y[0] - x[1] - 1, domain) for x, y in ((one, two), (two, one))):
            raise ValueError(f"the groups {one} and {two} may overlap")
    total, seen = _ONE, sp.Integer(0)
    for group in law.args:
        first, last = group[:2]
        low = first if nonnegative(first - bottom, domain) else bottom
        high = last if nonnegative(top - last, domain) else top
        inside = nonnegative(low - first, domain) and nonnegative(last - high, domain)
        if inside and nonnegative(high - low + 1, domain):
            total *= law.gram(group) ** (high - low + 1)
            seen += high - low + 1
    if sp.expand(seen - (top - bottom + 1)) != 0:
        raise ValueError(f"the law does not say what all layers of {chain} are")
    return total
