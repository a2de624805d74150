"""Finite-sample bounds on the Kolmogorov distance, shared by the checks of a whole law.

One sample of size n against an exact cdf: P(sup |F_n - F| > e) <= 2 exp(-2 n e^2) (Dvoretzky, Kiefer & Wolfowitz, with
Massart's constant, 1990). Two samples of one size n >= 458: P(sup |F_n - G_n| > e) <= 2 exp(-n e^2) (Wei & Dudley
2012): the same with the effective size n/2. No limit theorem in either.
"""

from __future__ import annotations

import numpy as np

from validation.budget import BUDGET, Budget
from validation.evidence import Decision

__all__ = ["critical_distance", "decide", "min_discrepancy", "min_size", "p_value"]


def critical_distance(size: float, budget: Budget = BUDGET) -> float:
    """Distance that samples of the claimed law exceed with probability alpha at most.

    Parameters
    ----------
    size : float
        Effective sample size: n for one sample against an exact cdf, n/2 for two samples of size n.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{critical_distance(1_000_000):.5f}")
    0.00322
    """
    return float(np.sqrt(np.log(2 / budget.alpha) / (2 * size)))


def min_discrepancy(size: float, budget: Budget = BUDGET) -> float:
    """Distance between the laws that is refuted, missing it at most at the budget's rate.

    At the threshold where the laws differ most the empirical difference falls short of the true one by more than
    sqrt(log(1/miss_rate)/(2 size)) with probability miss_rate at most (Hoeffding).

    Parameters
    ----------
    size : float
        Effective sample size.
    budget : Budget
        Error rates.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{min_discrepancy(1_000_000):.5f}")
    0.00585
    """
    slack = np.sqrt(np.log(1 / budget.miss_rate) / (2 * size))
    return critical_distance(size, budget) + float(slack)


def min_size(distance: float, budget: Budget = BUDGET) -> int:
    """Effective sample size that resolves a distance between the laws.

    Parameters
    ----------
    distance : float
        In (0, 1].
    budget : Budget
        Error rates.

    Returns
    -------
    int

    Examples
    --------
    >>> min_discrepancy(min_size(0.004)) <= 0.004
    True
    """
    return int(np.ceil((min_discrepancy(1, budget) / distance) ** 2))


def decide(distance: float, size: float, seen: float, budget: Budget = BUDGET) -> Decision:
    """Decide on a measured distance.

    Parameters
    ----------
    distance : float
        Measured.
    size : float
        Effective sample size.
    seen : float
        Distance that an error of the declared resolution makes.
    budget : Budget
        Error rates.

    Returns
    -------
    Decision
        `inconclusive` where an error of the declared resolution could have gone unseen.

    Examples
    --------
    >>> decide(0.001, 1_000_000, 0.01), decide(0.001, 1_000_000, 0.001)
    (<Decision.CONSISTENT: 'consistent'>, <Decision.INCONCLUSIVE: 'inconclusive'>)
    """
    if distance > critical_distance(size, budget):
        return Decision.REFUTED
    resolves = min_discrepancy(size, budget) <= seen
    return Decision.CONSISTENT if resolves else Decision.INCONCLUSIVE


def p_value(distance: float, size: float) -> float:
    """Bound on the probability of a distance at least this large, were the laws the same.

    Parameters
    ----------
    distance : float
        Measured.
    size : float
        Effective sample size.

    Returns
    -------
    float

    Examples
    --------
    >>> p_value(0.0, 100)
    1.0
    """
    return min(1.0, float(2 * np.exp(-2 * size * distance**2)))
