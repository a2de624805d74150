"""Rules on laws of a vector: log densities, second moments, ratios of densities, eigendirections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivations.domains import Domain
from theory.derivations.formal_densities import (
    Block,
    Blocks,
    Coordinate,
    Gibbs,
    IsotropicGaussian,
    LogDensity,
    SeparableGibbs,
    SquaredNorm,
    dimension,
)
from theory.derivations.identities import same
from theory.derivations.names import free_names
from theory.derivations.rules_calculus import absorb, refuse_captured, single_limits
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["CoordinateMeans", "LogDensityByDefinition", "MeanOfDensityRatio", "SecondMoment"]

_REAL = sp.Symbol("x", real=True)


def _gibbs(law: Any, point: Any, domain: Domain) -> Any:
    loss, temperature, log_constant, *_ = law.args
    _require(domain.positive(temperature), f"temperature {temperature} > 0")
    _require(log_constant.is_real, f"{log_constant} real")
    value = loss(point)
    _require(_is_unknown(value, point), f"an unknown loss, not {value}")
    return log_constant - value / temperature


def _is_unknown(loss: Any, point: Any) -> bool:
    """Whether a loss is an undefined function of the point."""
    return isinstance(loss, AppliedUndef) and loss.is_real and point in loss.args


def _gaussian(law: Any, point: Any, domain: Domain) -> Any:
    variance, size = law.args
    _require(domain.positive(variance), f"variance {variance} > 0")
    _require(size.is_integer and domain.positive(size), f"{size} coordinates")
    return -size * sp.log(2 * sp.pi * variance) / 2 - SquaredNorm(point) / (2 * variance)


def _blocks(law: Any, point: Any, _domain: Domain) -> Any:
    parts = enumerate(law.args, start=1)
    return sp.Add(*(LogDensity(part, Block(point, sp.Integer(j))) for j, part in parts))


def _require(holds: bool | None, what: str) -> None:
    if not holds:
        raise ValueError(f"not shown: {what}")


#: law -> (law, point, domain) -> its log density
_DEFINITIONS: dict[Any, Callable[[Any, Any, Domain], Any]] = {
    Gibbs: _gibbs,
    IsotropicGaussian: _gaussian,
    Blocks: _blocks,
}


@dataclass(frozen=True)
class LogDensityByDefinition(Rule):
    """Write out the log densities of one law, on either side, by its definition."""

    law: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Replace every log density of the law; compare."""
        return same(self._unfolded(target, domain), self._unfolded(result, domain), domain)

    def _unfolded(self, expr: Any, domain: Domain) -> Any:
        define = _DEFINITIONS[type(self.law)]
        densities = [x for x in expr.atoms(LogDensity) if x.args[0] == self.law]
        return expr.xreplace({x: define(self.law, x.args[1], domain) for x in densities})


@dataclass(frozen=True)
class SecondMoment(Rule):
    """E|W|^2 = M, or E|block j of W|^2 = M_j: the names that a Gibbs law of an unknown loss gives them."""

    cited = ("the second moment of p_ss is finite",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Find the block; compare with its moment."""
        ((variable, law),) = target.pairs
        if not isinstance(law, Gibbs) or not _is_unknown(law.args[0](variable), variable):
            return Outcome.unknown(f"{law} is not the Gibbs law of an unknown loss")
        if len(law.blocks) == 1:
            bodies = [SquaredNorm(variable)]
        else:
            count = range(1, len(law.blocks) + 1)
            bodies = [SquaredNorm(Block(variable, sp.Integer(j))) for j in count]
        if target.body not in bodies:
            return Outcome.unknown(f"{target.body} is not the squared norm of a block")
        _, moment = law.blocks[bodies.index(target.body)]
        if not domain.positive(moment):
            return Outcome.unknown(f"a second moment {moment} that is not shown to be > 0")
        return same(moment, result, domain)


@dataclass(frozen=True)
class MeanOfDensityRatio(Rule):
    """E_p[exp(log q(W) - log p(W))] = 1, the integral of q = N(0, s I): p is > 0 on the space of q."""

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read q off the body; check that both are laws on one space, with densities > 0."""
        ((variable, law),) = target.pairs
        (other,) = {x.args[0] for x in target.body.atoms(LogDensity)} - {law}
        positive = isinstance(law, (Gibbs, IsotropicGaussian))
        if not positive or not isinstance(other, IsotropicGaussian):
            return Outcome.unknown("not shown: a density > 0 on the space of a normal law")
        dependent = variable in free_names(law) | free_names(other)
        if dependent or sp.expand(dimension(law) - dimension(other)) != 0:
            return Outcome.unknown("the laws are not on one space, or depend on the variable")
        for each in (law, other):  # they are laws: a temperature or variance <= 0 is refused
            _DEFINITIONS[type(each)](each, variable, domain)
        ratio = sp.exp(LogDensity(other, variable) - LogDensity(law, variable))
        if target.body != ratio:
            return Outcome.unknown(f"the body is not {ratio}")
        return same(sp.Integer(1), result, domain)


def _may_confine(loss: Any, variable: Any, domain: Domain) -> bool:
    """Whether a loss that is a polynomial grows on both sides; that any other does, is cited."""
    if not loss.is_polynomial(variable):
        return True
    polynomial = sp.Poly(loss, variable)
    even = polynomial.degree() > 0 and polynomial.degree() % 2 == 0
    return bool(even) and domain.positive(polynomial.LC())


@dataclass(frozen=True)
class CoordinateMeans(Rule):
    """E sum_i g(W_i, i) = sum_i int g e^(-h/T) / int e^(-h/T), p proportional to exp(-sum_i h(W_i, i)/T).

    A density that is a product makes the coordinates independent, W_i with density ~ exp(-h(x, i)/T).
    """

    variable: Any
    cited = ("every term of the sum is integrable", "the density is integrable: the law exists")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read g and h off the target; build the integrals; compare."""
        ((vector, law),) = target.pairs
        if not isinstance(law, SeparableGibbs):
            return Outcome.unknown(f"{law} has no density that is a product over coordinates")
        loss, temperature, size = law.args
        total = absorb(target.body)
        index, low, high = single_limits(total)
        refuse_captured(self.variable, target)
        refuse_captured(index, law, size)
        term = total.function.xreplace({Coordinate(vector, index): self.variable})
        if term.has(vector) or (low, high) != (1, size) or not isinstance(total, sp.Sum):
            return Outcome.unknown(f"not a sum over 1..{size} of functions of one coordinate")
        if self.variable.assumptions0 != _REAL.assumptions0 or not domain.positive(temperature):
            return Outcome.unknown("needs a variable that runs through the line, a temperature > 0")
        if not _may_confine(loss(self.variable, index), self.variable, domain):
            return Outcome.unknown("the form of the loss shows that no law has the density")
        weight = sp.exp(-loss(self.variable, index) / temperature)
        limits = (self.variable, -sp.oo, sp.oo)
        mean = sp.Integral(term * weight, limits) / sp.Integral(weight, limits)
        return same(sp.Sum(mean, total.limits[0]), result, domain)
