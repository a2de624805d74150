"""The pointwise check: a numeric closed form against rigorous balls, or against an oracle from the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from flint import arb

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["Point", "PointwiseCheck", "decide"]

_NARROW = 1e-3  # a reference ball must be this much narrower than the accuracy that it is to judge
_RESOLUTION = 3.0  # in accuracies: an error of this size leaves at least 2 after the permitted one

Point = Mapping[str, Any]


def decide(value: float, reference: arb, accuracy: float, agreeing: Decision) -> Decision:
    """Decide whether `value` is certainly within a relative error of whatever the ball contains.

    Parameters
    ----------
    value : float
        The closed form's.
    reference : arb
        Contains the true value.
    accuracy : float
        Permitted relative error.
    agreeing : Decision
        What to answer if it is.

    Returns
    -------
    Decision
        `refuted` if the value is not finite; `inconclusive` if the ball is not narrow or straddles the bound.

    Examples
    --------
    >>> decide(1.0, arb(1), 1e-13, Decision.ENCLOSED), decide(1.1, arb(1), 1e-13, Decision.ENCLOSED)
    (<Decision.ENCLOSED: 'enclosed'>, <Decision.REFUTED: 'refuted'>)
    """
    allowed = abs(reference) * accuracy
    error = abs(arb(value) - reference)
    if not isfinite(value):
        return Decision.REFUTED
    if not bool(reference.rad() < _NARROW * allowed):
        return Decision.INCONCLUSIVE
    if bool(error > allowed):
        return Decision.REFUTED
    return agreeing if bool(error <= allowed) else Decision.INCONCLUSIVE


@dataclass(frozen=True)
class PointwiseCheck:
    """A closed form within its stated accuracy of a reference, at every one of the points.

    Parameters
    ----------
    kind : Kind
        ENCLOSURE if the reference is rigorous, ORACLE if it is a slow computation from the definition.
    name : str
        What the reference is, for the record.
    closed_form : callable
        Keyword arguments to float.
    reference : callable
        The same keyword arguments to an arb ball.
    points : tuple of mappings
        Where to compare.
    accuracy : float
        The relative accuracy that the closed form states.
    rivals : mapping of str to callable
        Wrong closed forms that must be refuted at one of the points at least.
    """

    kind: Kind
    name: str
    closed_form: Callable[..., Any]
    reference: Callable[..., arb]
    points: tuple[Point, ...]
    accuracy: float
    rivals: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Compare at every point; refute the closed form scaled by 1 +- resolution at every point, and the rivals."""
        balls = [self.reference(**point) for point in self.points]
        values = [float(self.closed_form(**point)) for point in self.points]
        mutants = (*self._scaled(values, balls), *self._rivals(balls))
        errors = [_relative_error(v, b) for v, b in zip(values, balls, strict=True)]
        worst = max(range(len(errors)), key=errors.__getitem__)
        return Evidence(
            kind=self.kind,
            method=f"{self.name}, {len(self.points)} points; worst relative error {errors[worst]:.1e}",
            decision=guarded(_weakest(self._decisions(values, balls)), mutants),
            mutants=mutants,
            expected=float(balls[worst].mid()),
            estimate=values[worst],
            resolution=_RESOLUTION * self.accuracy,
            detectable=2 * self.accuracy,
        )

    def _decisions(self, values: list[float], balls: list[arb]) -> list[Decision]:
        agreeing = Decision.ENCLOSED if self.kind is Kind.ENCLOSURE else Decision.CONSISTENT
        return [decide(v, b, self.accuracy, agreeing) for v, b in zip(values, balls, strict=True)]

    def _scaled(self, values: list[float], balls: list[arb]) -> list[Mutant]:
        mutants = []
        for size in (_RESOLUTION * self.accuracy, -_RESOLUTION * self.accuracy):
            decisions = self._decisions([v * (1 + size) for v in values], balls)
            caught = all(d is Decision.REFUTED for d in decisions)
            verdict = Decision.REFUTED if caught else Decision.INCONCLUSIVE
            mutants.append(Mutant(f"closed form x (1 {size:+.0e})", size, verdict))
        return mutants

    def _rivals(self, balls: list[arb]) -> list[Mutant]:
        mutants = []
        for name, rival in self.rivals.items():
            values = [float(rival(**point)) for point in self.points]
            sizes = [v / float(b.mid()) - 1 for v, b in zip(values, balls, strict=True)]
            mutants.append(
                Mutant(name, max(sizes, key=abs), _weakest(self._decisions(values, balls)))
            )
        return mutants


def _weakest(decisions: list[Decision]) -> Decision:
    """Refuted if any point is, else inconclusive if any is, else the agreement that they share."""
    order = (Decision.REFUTED, Decision.INCONCLUSIVE)
    return next((d for d in order if d in decisions), decisions[0])


def _relative_error(value: float, ball: arb) -> float:
    return float((abs(arb(value) - ball) / abs(ball)).upper()) if isfinite(value) else inf
