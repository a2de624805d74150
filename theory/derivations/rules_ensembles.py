"""Rules on the laws of the KL-bound subject: what the symbols stand for, the start, the dynamics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.domains import Domain, is_nonnegative
from theory.derivations.ensembles import (
    DENSITY,
    ENTRIES,
    ENTRY,
    LOSS,
    MEANINGS,
    STATE,
    evolved,
    hides,
    normal,
    started,
)
from theory.derivations.field_calculus import depends
from theory.derivations.formal import Expectation
from theory.derivations.formal_densities import Coordinate
from theory.derivations.formal_fields import JointDensity, Partial, is_joint
from theory.derivations.identities import same
from theory.derivations.linear_forms import linear_form, pulled_out
from theory.derivations.names import free_names
from theory.derivations.steps import Rule
from theory.derivations.symbols_kl_bound import K, T, i, s0, tau
from theory.derivations.verdicts import Outcome

__all__ = ["FokkerPlanck", "NormalMoments", "NormalStart", "StandsFor"]


@dataclass(frozen=True)
class StandsFor(Rule):
    """Write a symbol for what it stands for: its one meaning in `ensembles.MEANINGS`, by linearity."""

    symbol: Any

    @property
    def held(self) -> tuple[Any, ...]:
        """The meaning of the symbol."""
        return (MEANINGS.get(self.symbol, self.symbol),)

    @property
    def introduced(self) -> tuple[Any, ...]:
        """The symbol."""
        return (self.symbol,)

    def citations(self) -> tuple[str, ...]:
        """Say what the symbol stands for."""
        return (f"{self.symbol} = {MEANINGS.get(self.symbol)} is finite",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare with the meaning; a declared sign must be shown."""
        meaning = MEANINGS.get(self.symbol)
        if meaning is None or not result.has(self.symbol) or target.has(self.symbol):
            return Outcome.unknown(f"{self.symbol} has no meaning, or is not introduced here")
        # A mean of what is >= 0 and varies is > 0, for the law has a density.
        if not _has_sign(self.symbol, meaning, domain):
            return Outcome.unknown(f"the sign declared of {self.symbol} is not shown")
        spelled = result.xreplace({self.symbol: meaning})
        return same(linear_form(spelled), linear_form(target), domain)


def _has_sign(symbol: Any, meaning: Any, domain: Domain) -> bool:
    if symbol.is_positive:
        varies = is_joint(meaning) and depends(meaning.body, STATE)
        return varies and is_nonnegative(meaning.body, domain)
    return not symbol.is_nonnegative or is_nonnegative(meaning, domain)


@dataclass(frozen=True)
class NormalStart(Rule):
    """The density at time 0 is that of N(0, s0 I)."""

    cited = (f"p(w, 0) is the density of N(0, {s0} I) on R^{K}",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Put the density in; compare."""
        if not target.has(started()):
            return Outcome.unknown(f"{started()} is not in {target}")
        return same(
            linear_form(target.xreplace({started(): normal()})), linear_form(result), domain
        )


@dataclass(frozen=True)
class FokkerPlanck(Rule):
    """dp/dt = sum_i d/dw_i (p dloss/dw_i + T dp/dw_i), the law of dw = -grad loss dt + sqrt(2T) dB."""

    loss: Any = LOSS

    def citations(self) -> tuple[str, ...]:
        """State the equation, with its loss."""
        equation = f"dp/dt = div(p grad({self.loss})) + {T} Laplacian p"
        return (f"p > 0 solves the Fokker-Planck equation {equation}",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Compare both sides with those of the equation."""
        p = evolved()
        if {tau, i, K} & free_names(self.loss) or self.loss.has(p) or hides(self.loss, tau):
            return Outcome.unknown(
                f"the loss depends on the time, an index or the law: {self.loss}"
            )
        flux = p * Partial(self.loss, ENTRY) + T * Partial(p, ENTRY)
        equation = sp.Sum(Partial(flux, ENTRY), ENTRIES)
        if target != Partial(p, tau):
            return Outcome.unknown(f"not the rate of {DENSITY} at time {tau}: {target}")
        return same(equation, result, domain)


@dataclass(frozen=True)
class NormalMoments(Rule):
    """E over N(0, v I) of a polynomial, every term in one coordinate: E w^2k = (2k-1)!! v^k, 0 for odd powers."""

    variance: Any

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the law; put the moments in; compare."""
        if not domain.positive(self.variance) or depends(self.variance, STATE):
            return Outcome.unknown(f"cannot show {self.variance} > 0, or it depends on the state")
        law = JointDensity(sp.Lambda(STATE, normal(self.variance)), K)
        means = target.atoms(Expectation)
        if not means or any(x.pairs != (sp.Tuple(STATE, law),) for x in means):
            return Outcome.unknown(f"the law is not N(0, {self.variance} I)")
        form, free = linear_form(target), free_names(target)
        moments = {}
        for mean in form.atoms(Expectation):
            index, power = _entry_power(mean.body)
            if not _in_range(index, form, free, domain):
                return Outcome.unknown(f"{index} is not shown to be in 1..{K}")
            odd = power % 2 == 1
            moments[mean] = 0 if odd else sp.factorial2(power - 1) * self.variance ** (power / 2)
        value = form.xreplace(moments).replace(lambda x: isinstance(x, sp.Sum), pulled_out)
        return same(value, result, domain)


def _entry_power(body: Any) -> tuple[Any, Any]:
    """Read (index, power) off a whole power of one coordinate."""
    base, power = body.as_base_exp()
    if not isinstance(base, Coordinate) or base.args[0] != STATE:
        raise ValueError(f"not a power of one coordinate: {body}")
    if not power.is_Integer or power < 1:
        raise ValueError(f"not a whole power: {body}")
    return base.args[1], power


def _in_range(index: Any, form: Any, free: Any, domain: Domain) -> bool:
    """Whether an index runs over 1..K in every sum that binds it, or is shown to be one of these."""
    sums = [x for x in form.atoms(sp.Sum) if index in {limits[0] for limits in x.limits}]
    if sums and index not in free:
        return all(x.limits == sp.Tuple((index, 1, K)) for x in sums)
    return bool(index.is_integer and index.is_positive) and domain.nonnegative(K - index)
