"""Rule that a linear diffusion which starts from a normal law stays normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.derivations.diffusions import Diffusion
from theory.derivations.domains import Domain
from theory.derivations.formal import occurs
from theory.derivations.identities import identical
from theory.derivations.rules_independent import normal_density
from theory.derivations.steps import Rule
from theory.derivations.verdicts import Outcome

__all__ = ["GaussianSolution"]


@dataclass(frozen=True)
class GaussianSolution(Rule):
    """p = N(m(t), v(t)) for d_t p = d_w(a w p) + D d_w^2 p from N(mean, variance), where m' = -a m, v' = 2D - 2a v.

    The rule shows that a normal density whose mean and variance obey these equations solves the
    Fokker-Planck equation, and checks them for the author's m and v, and their values at t = 0.
    """

    process: Diffusion
    mean: Any
    variance: Any
    cited = ("the Fokker-Planck equation has one solution that is a probability density from p_0",)

    def check(self, target: Any, result: Any, domain: Domain) -> Outcome:
        """Check the normal form, the two equations and the initial values; compare."""
        fault = self._fault(target, domain)
        if fault:
            return Outcome.unknown(fault)
        (w,), (rate,), ((spread,),) = (
            self.process.variables,
            self.process.rates,
            self.process.matrix,
        )
        time = self.process.time
        outcome = _stays_normal(self.process, rate, spread)
        slopes = (
            (self.mean, -rate * self.mean),
            (self.variance, 2 * (spread - rate * self.variance)),
        )
        for part, slope in slopes:
            left, right = (sp.expand(x.rewrite(sp.exp)) for x in (sp.diff(part, time), slope))
            outcome = outcome.also(identical(left, right, domain))
        for part, start in zip((self.mean, self.variance), self.process.start, strict=True):
            outcome = outcome.also(identical(part.subs(time, 0), start, domain))
        density = normal_density(w, self.mean, self.variance)
        return outcome.also(identical(density.rewrite(sp.exp), result.rewrite(sp.exp), domain))

    def _fault(self, target: Any, domain: Domain) -> str:
        w = self.process.variables
        if target != self.process.density or len(w) != 1 or self.process.time is None:
            return "the target is not the density at a time of a process in one coordinate"
        if any(occurs(w[0], x) for x in (self.mean, self.variance)):
            return f"{w[0]} is random: it cannot be in its mean or variance"
        if not (domain.positive(self.variance) and self.mean.is_real):
            return f"cannot show the variance {self.variance} > 0, or {self.mean} real"
        return self.process.fault(domain)


def _stays_normal(process: Diffusion, rate: Any, spread: Any) -> Outcome:
    """Show that N(m, v) solves the equation where m' = -rate m and v' = 2 spread - 2 rate v."""
    (w,) = process.variables
    m, v = sp.Dummy("m", real=True), sp.Dummy("v", positive=True)
    density = normal_density(w, m, v)
    change = sp.diff(density, m) * -rate * m + sp.diff(density, v) * 2 * (spread - rate * v)
    operator = process.operator.xreplace({process.density: density}).doit()
    left, right = (sp.expand(sp.simplify(x / density)) for x in (change, operator))
    return identical(left, right, Domain())
