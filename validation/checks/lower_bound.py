"""The lower-bound check: quantities claimed to be at least stated values, against balls that contain them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

from validation.checks import Samples
from validation.checks.pointwise import Point
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["LowerBoundCheck"]


@dataclass(frozen=True)
class LowerBoundCheck:
    """At every point, the quantity in the ball is at least the claimed value.

    A one-sided claim has errors on one side only: the planted ones claim too much.

    Parameters
    ----------
    name : str
        Which quantity, for the record.
    claimed : float
        Lower bound, > 0, the same at every point.
    reference : callable
        A point's keyword arguments to an arb ball that contains the quantity; it may be wide.
    points : tuple of mappings
        Where.
    resolution : float
        Relative excess of the claimed value that must be refuted.
    """

    name: str
    claimed: float
    reference: Callable[..., arb]
    points: tuple[Point, ...]
    resolution: float

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Compare; refute a claim that is too great by the resolution."""
        balls = [self.reference(**point) for point in self.points]
        size = self.resolution
        mutants = (
            Mutant(f"bound x {1 + size:g}", size, _decide(balls, self.claimed * (1 + size))),
        )
        highest = max(float(ball.upper()) for ball in balls)
        return Evidence(
            kind=Kind.ENCLOSURE,
            method=f"{self.name} at least {self.claimed:g}, {len(balls)} points; enclosed below {highest:.2g}",
            decision=guarded(_decide(balls, self.claimed), mutants),
            mutants=mutants,
            expected=self.claimed,
            estimate=highest,
            resolution=size,
            detectable=max(0.0, highest / self.claimed - 1),
            quantity="lower bound",
        )


def _decide(balls: list[arb], claimed: float) -> Decision:
    """Refuted where a ball lies certainly below the bound."""
    if any(bool(ball < claimed) for ball in balls):
        return Decision.REFUTED
    certain = all(bool(ball >= claimed) for ball in balls)
    return Decision.ENCLOSED if certain else Decision.INCONCLUSIVE
