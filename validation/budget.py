"""The error budget of a whole run, and the normal quantiles that follow from it.

One false-alarm rate for everything a run decides, shared equally by a fixed number of slots: a check's own rate does
not depend on which claims were selected, nor on how many exist. Sample sizes are computed from these rates.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtri

__all__ = ["BUDGET", "Budget"]


@dataclass(frozen=True)
class Budget:
    """Error rates of a run.

    Parameters
    ----------
    false_alarm_rate : float
        Probability that a run refutes anything true, at most (union bound over the slots).
    miss_rate : float
        Probability that a check misses an error of exactly its declared resolution, at most.
    slots : int
        Random decisions a run may take. Fixed: adding claims does not change the others' rates.

    Examples
    --------
    >>> print(f"{Budget().alpha:.3g}")
    1.95e-09
    """

    false_alarm_rate: float = 1e-6
    miss_rate: float = 1e-6
    slots: int = 512

    @property
    def alpha(self) -> float:
        """The false-alarm rate of one random decision.

        Examples
        --------
        >>> Budget(false_alarm_rate=0.01, slots=10).alpha
        0.001
        """
        return self.false_alarm_rate / self.slots

    @property
    def critical(self) -> float:
        """Two-sided normal critical value at alpha.

        Examples
        --------
        >>> print(f"{Budget().critical:.3f}")
        6.002
        """
        return float(-ndtri(self.alpha / 2))

    @property
    def reach(self) -> float:
        """Standard errors between two values that a two-sided normal test tells apart, missing at most miss_rate.

        Examples
        --------
        >>> print(f"{Budget().reach:.3f}")
        10.755
        """
        return self.critical - float(ndtri(self.miss_rate))


BUDGET = Budget()
"""The budget of every run of the toolkit."""
