"""The stationary-tail check: exact counts of chains beyond a threshold, bracketed between two coupled starts.

A chain from 0 is below the stationary one, a chain from far above is above it unless that one started farther still:
P(R^0_k > t) <= P(R > t) <= P(R^S_k > t) + P(R > S). A claimed tail is refuted by either count; chains that were run too
briefly cost power only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom

from validation.budget import BUDGET, Budget
from validation.chains import Chains
from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded

__all__ = ["Brackets", "StationaryTailCheck", "min_replicates", "p_value", "power", "unmet"]

_Tail = Callable[[float], Any]


@dataclass(frozen=True)
class Brackets:
    """Chains in all, and those beyond the threshold: started at 0, and started above."""

    replicates: int
    below: int
    above: int


def p_value(brackets: Brackets, beyond: float, beyond_start: float) -> float:
    """Twice the smaller tail: too many chains from 0 beyond the threshold, or too few from above.

    Parameters
    ----------
    brackets : Brackets
        Counts.
    beyond, beyond_start : float
        Claimed probability beyond the threshold, and beyond the upper start.

    Returns
    -------
    float

    Examples
    --------
    >>> p_value(Brackets(10, 0, 0), 0.5, 0.0)
    0.001953125
    """
    least = max(0.0, beyond - beyond_start)
    tails = (
        binom.sf(brackets.below - 1, brackets.replicates, beyond),
        binom.cdf(brackets.above, brackets.replicates, least),
    )
    return min(1.0, 2 * float(min(tails)))


def power(
    replicates: int,
    claimed: tuple[float, float],
    true: float,
    unmet: float = 0.0,
    budget: Budget = BUDGET,
) -> float:
    """Probability at least that chains refute a claimed tail, exactly.

    Parameters
    ----------
    replicates : int
        Chains.
    claimed : tuple of float
        Probabilities beyond the threshold and beyond the upper start.
    true : float
        Probability beyond the threshold.
    unmet : float
        Probability that the two coupled chains lie on different sides of the threshold.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> 0.999 < power(100_000, (0.12, 0.0), 0.1) <= 1
    True
    """
    beyond, beyond_start = claimed
    if beyond < true:
        count = binom.isf(budget.alpha / 2, replicates, beyond) + 1
        return float(binom.sf(count - 1, replicates, max(0.0, true - unmet)))
    count = binom.ppf(budget.alpha / 2, replicates, max(0.0, beyond - beyond_start)) - 1
    return float(binom.cdf(count, replicates, min(1.0, true + unmet)))


def min_replicates(
    claimed: tuple[float, float], true: float, budget: Budget = BUDGET, unmet: float = 0.0
) -> int:
    """Chains at which the power is at least 1 - miss_rate, at most 2 % more than needed.

    Parameters
    ----------
    claimed, true, unmet
        As for `power`.
    budget : Budget
        Error rates.

    Returns
    -------
    int

    Examples
    --------
    >>> n = min_replicates((0.12, 0.0), 0.1)
    >>> power(n, (0.12, 0.0), 0.1) >= 1 - 1e-6
    True
    """
    spread = budget.critical * np.sqrt(claimed[0]) + (budget.reach - budget.critical) * np.sqrt(
        true
    )
    replicates = int((spread / (true - claimed[0])) ** 2 / 4) + 10
    while power(replicates, claimed, true, unmet, budget) < 1 - budget.miss_rate:
        replicates += replicates // 50 + 1
    return replicates


def unmet(brackets: Brackets, budget: Budget = BUDGET) -> float:
    """Upper bound (Clopper-Pearson, at the miss rate) on P(the coupled chains lie on different sides).

    Parameters
    ----------
    brackets : Brackets
        Counts: as the coupled chains keep their order, the difference counts them.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{unmet(Brackets(1_000_000, 5, 5)):.2g}")  # log(1/miss_rate)/n
    1.4e-05
    """
    apart = brackets.above - brackets.below
    if apart >= brackets.replicates:
        return 1.0
    return float(betaincinv(apart + 1, brackets.replicates - apart, 1 - budget.miss_rate))


@dataclass(frozen=True)
class StationaryTailCheck:
    """P(|x| > r) of the stationary law against a deterministic tail.

    Parameters
    ----------
    experiment : Chains
        From 0 and from a start above; must keep the count at log(r).
    threshold : float
        r.
    tail : callable
        r to the claimed P(|x| > r).
    planted : mapping of str to (float, callable)
        Relative size of an error and its tail: both sides of the resolution at least.
    resolution : float
        Relative error that must be seen.
    quantity : str
        Of what.
    rivals : mapping of str to callable
        Other tails that must be refuted.
    """

    experiment: Chains
    threshold: float
    tail: _Tail
    planted: Mapping[str, tuple[float, _Tail]]
    resolution: float
    quantity: str
    rivals: Mapping[str, _Tail]

    @property
    def experiments(self) -> tuple[Chains, ...]:
        """The one experiment."""
        return (self.experiment,)

    def judge(self, samples: Samples) -> Evidence:
        """Count, and refute the tails of the planted errors."""
        brackets, exact = self._brackets(samples), self._claimed(self.tail)
        gap = unmet(brackets)
        wrong = {name: self._claimed(tail) for name, (_, tail) in self.planted.items()}
        resolves = all(self._power(claim, exact, gap) for claim in wrong.values())
        sizes = {name: size for name, (size, _) in self.planted.items()}
        claims = {**wrong, **{name: self._claimed(tail) for name, tail in self.rivals.items()}}
        mutants = tuple(
            Mutant(name, sizes.get(name), _decide(brackets, claim, resolves))
            for name, claim in claims.items()
        )
        share = brackets.below / brackets.replicates
        return Evidence(
            kind=Kind.MONTE_CARLO,
            method=self._method(brackets),
            decision=guarded(_decide(brackets, exact, resolves), mutants),
            mutants=mutants,
            expected=exact[0],
            estimate=share,
            standard_error=float(np.sqrt(exact[0] * (1 - exact[0]) / brackets.replicates)),
            replicates=brackets.replicates,
            alpha=BUDGET.alpha,
            resolution=self.resolution,
            detectable=self._detectable(exact, wrong, gap),
            quantity=self.quantity,
            p_value=p_value(brackets, *exact),
        )

    def _brackets(self, samples: Samples) -> Brackets:
        position = self.experiment.thresholds.index(float(np.log(self.threshold)))
        arrays, size = samples[self.experiment].arrays, self.experiment.replicates
        below, above = (size - round(arrays[n][position]) for n in ("counts", "counts_above"))
        return Brackets(size, below, above)

    def _claimed(self, tail: _Tail) -> tuple[float, float]:
        return float(tail(self.threshold)), float(tail(self.experiment.starts[-1]))

    def _power(self, claim: tuple[float, float], exact: tuple[float, float], gap: float) -> bool:
        reached = power(self.experiment.replicates, claim, exact[0], gap)
        return reached >= 1 - BUDGET.miss_rate

    def _detectable(
        self, exact: tuple[float, float], wrong: Mapping[str, tuple[float, float]], gap: float
    ) -> float:
        """Smallest error that is resolved, its effect taken as proportional to its size; by bisection to 1 %."""
        low, high = 0.0, 4.0
        while high - low > 0.01 * high:
            factor = (low + high) / 2
            claims = [(_towards(exact[0], claim[0], factor), claim[1]) for claim in wrong.values()]
            seen = all(self._power(claim, exact, gap) for claim in claims)
            low, high = (low, factor) if seen else (factor, high)
        return self.resolution * high

    def _method(self, brackets: Brackets) -> str:
        return (
            f"count of |x_k| > {self.threshold:.4g} against the stationary tail; "
            f"{brackets.above - brackets.below} coupled pairs apart, {self.experiment.description}"
        )


def _towards(exact: float, wrong: float, factor: float) -> float:
    """The wrong probability, its logarithm's error scaled by a factor."""
    return min(1.0, float(exact * (wrong / exact) ** factor))


def _decide(brackets: Brackets, claimed: tuple[float, float], resolves: bool) -> Decision:
    if p_value(brackets, *claimed) < BUDGET.alpha:
        return Decision.REFUTED
    return Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE
