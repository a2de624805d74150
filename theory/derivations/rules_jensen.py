"""Strict inequalities of Jensen and Lyapunov for logarithms of a random size that is not constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain
from theory.derivations.formal import Bernoulli, Expectation, Gaussian
from theory.derivations.formal_limits import WherePositive
from theory.derivations.identities import same
from theory.derivations.rules_calculus import on_signs
from theory.derivations.rules_logarithms import is_nonnegative_size
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["JensenLogarithm", "LogOfMean", "LyapunovLogarithm"]

_FINITE = "0 < E Q^p < oo"


def _varies(size: Any, pairs: tuple[Any, ...], domain: Domain) -> bool:
    """Whether a sum of iid terms >= 0 is shown to be not constant, given that it is > 0.

    There must be one array of normal entries, in whose positive values the terms increase strictly
    once every Bernoulli entry is 1: then the sum takes values > 0 that differ, with chance > 0.

    Examples
    --------
    >>> z, i, d = sp.IndexedBase("z", real=True), *sp.symbols("i d", integer=True, positive=True)
    >>> pairs = ((z, Gaussian(sp.Integer(1))),)
    >>> _varies(sp.Sum(z[i] ** 2, (i, 1, d)), pairs, Domain())
    True
    >>> _varies(sp.Sum(1 + 0 * z[i], (i, 1, d)), pairs, Domain())
    False
    """
    if not isinstance(size, sp.Sum) or len(size.limits) != 1:
        return False
    index, low, high = size.limits[0]
    arrays = {array: law for array, law in pairs if isinstance(array, sp.IndexedBase)}
    normal = [x for x, law in arrays.items() if _is_normal(law, domain)]
    if len(normal) != 1 or not domain.nonnegative(high - low):
        return False
    kept = {x[index]: sp.Integer(1) for x, law in arrays.items() if _may_be_one(law, domain)}
    x = sp.Dummy("x", positive=True)
    positive, _ = on_signs(size.function.xreplace(kept), normal[0][index], x)
    return not positive.has(*arrays) and domain.positive(sp.diff(positive, x))


def _is_normal(law: Any, domain: Domain) -> bool:
    return isinstance(law, Gaussian) and domain.positive(law.args[0])


def _may_be_one(law: Any, domain: Domain) -> bool:
    return isinstance(law, Bernoulli) and domain.positive(law.args[0])


@dataclass(frozen=True)
class _Strict(Rule):
    """A strict inequality between expressions."""

    @property
    def relation(self) -> str:
        """Strict upper bound."""
        return "<"


@dataclass(frozen=True)
class JensenLogarithm(_Strict):
    """E[log S | S > 0] < (log E S^r - log P(S > 0)) / r, S >= 0 not constant, r > 0.

    Jensen's inequality for the strictly concave logarithm of S^r given S > 0; E S^r is P(S > 0)
    times its mean given S > 0. A factor > 0 and a summand may stand outside.
    """

    power: Any
    cited = ("Jensen's inequality, strict", "0 < E Q^p < oo, E |log Q| < oo given Q > 0")

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read S and the factor off the target; check the hypotheses; compare."""
        (mean,) = (x for x in target.atoms(Expectation) if x.body.has(sp.log))
        size = mean.body.args[1]
        chance = Expectation(WherePositive(sp.Integer(1), size), *mean.pairs)
        name, share = sp.Dummy("m", real=True), sp.Dummy("P", positive=True)
        named = target.xreplace({mean: name, chance: share})
        factor = sp.simplify(sp.diff(named, name) * share)
        hypotheses = {
            "E[log S; S > 0]": mean.body == WherePositive(sp.log(size), size),
            "a factor > 0": not factor.has(name, share) and domain.positive(factor),
            "S >= 0": is_nonnegative_size(size, domain),
            "S not constant": _varies(size, mean.pairs, domain),
            "r > 0": domain.positive(self.power) and not self.power.has(*mean.variables),
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        if failed:
            return Outcome.unknown(f"not shown: {failed}")
        logarithms = sp.log(Expectation(size**self.power, *mean.pairs)) - sp.log(chance)
        summand = named.xreplace({name: sp.Integer(0)}).xreplace({share: chance})
        return same(summand + factor * logarithms / self.power, result, domain)


@dataclass(frozen=True)
class LyapunovLogarithm(_Strict):
    """-(1/alpha) log E S^alpha < -(1/beta) log E S^beta, S >= 0 not constant, 0 < beta < alpha.

    Lyapunov's inequality, strict; a factor > 0 and a summand may stand outside.
    """

    power: Any
    cited = ("Lyapunov's inequality, strict", _FINITE)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read S, alpha and the factor off the target; check the hypotheses; compare."""
        (logarithm,) = (x for x in target.atoms(sp.log) if isinstance(x.args[0], Expectation))
        moment = logarithm.args[0]
        size, alpha = moment.body.as_base_exp()
        name = sp.Dummy("m", real=True)
        named = target.xreplace({logarithm: name})
        factor = sp.simplify(-sp.diff(named, name) * alpha)
        hypotheses = {
            "a factor > 0": not factor.has(name) and domain.positive(factor),
            "S >= 0": is_nonnegative_size(size, domain),
            "S not constant": _varies(size, moment.pairs, domain),
            "beta > 0": domain.positive(self.power),
            "beta < alpha": domain.positive(alpha - self.power),
        }
        failed = [what for what, holds in hypotheses.items() if not holds]
        if failed:
            return Outcome.unknown(f"not shown: {failed}")
        lower = sp.log(Expectation(size**self.power, *moment.pairs))
        summand = named.xreplace({name: sp.Integer(0)})
        return same(summand - factor * lower / self.power, result, domain)


@dataclass(frozen=True)
class LogOfMean(Rule):
    """log((E S^r)^c) = c log E S^r, S >= 0 not constant, r > 0, so that E S^r > 0; c real."""

    cited = (_FINITE,)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Read S and c off the target; compare."""
        if not isinstance(target, sp.log):
            return Outcome.unknown(f"not a logarithm: {target}")
        moment, power = target.args[0].as_base_exp()
        if not isinstance(moment, Expectation) or not power.is_real:
            return Outcome.unknown(f"not the logarithm of a power of a mean: {target}")
        size, order = moment.body.as_base_exp()
        if not (is_nonnegative_size(size, domain) and domain.positive(order)):
            return Outcome.unknown(f"cannot show {size} >= 0, or {order} > 0")
        if not _varies(size, moment.pairs, domain):
            return Outcome.unknown(f"cannot show that {size} is not constant")
        return same(power * sp.log(moment), result, domain)
