"""The ordering check: values that must decrease, by rigorous balls that do not overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from flint import arb

from validation.checks import Samples
from validation.evidence import Decision, Evidence, Kind, Mutant, guarded
from validation.simulation import Simulation

__all__ = ["OrderingCheck"]


@dataclass(frozen=True)
class OrderingCheck:
    """Along every chain, each enclosed value is certainly smaller than the one before.

    Parameters
    ----------
    name : str
        What decreases in what, for the record.
    chains : callable
        Returns the chains of enclosed values.
    kind : Kind
        ORACLE if the values come without rigorous bounds: then the balls hold their stated accuracy.
    rivals : mapping of str to callable
        Chains of wrong values that must be refuted.
    """

    name: str
    chains: Callable[[], list[list[arb]]]
    kind: Kind = Kind.ENCLOSURE
    rivals: Mapping[str, Callable[[], list[list[arb]]]] = field(default_factory=dict)

    @property
    def experiments(self) -> tuple[Simulation, ...]:
        """Nothing is simulated."""
        return ()

    def judge(self, samples: Samples) -> Evidence:
        """Compare neighbours; refute the chains reversed, with two neighbours exchanged, and the wrong ones."""
        chains = self.chains()
        mutants = (
            Mutant("reversed", None, self._decide([chain[::-1] for chain in chains])),
            Mutant("last two exchanged", None, self._decide([_exchanged(c) for c in chains])),
            *(Mutant(name, None, self._decide(wrong())) for name, wrong in self.rivals.items()),
        )
        count = sum(len(chain) - 1 for chain in chains)
        return Evidence(
            kind=self.kind,
            method=f"{self.name}: {count} inequalities between disjoint balls",
            decision=guarded(self._decide(chains), mutants),
            mutants=mutants,
            quantity="order of two values",
        )

    def _decide(self, chains: list[list[arb]]) -> Decision:
        pairs = [pair for chain in chains for pair in pairwise(chain)]
        if any(bool(later > earlier) for earlier, later in pairs):
            return Decision.REFUTED
        decreasing = all(bool(later < earlier) for earlier, later in pairs)
        agreeing = Decision.ENCLOSED if self.kind is Kind.ENCLOSURE else Decision.CONSISTENT
        return agreeing if decreasing else Decision.INCONCLUSIVE


def _exchanged(chain: list[arb]) -> list[arb]:
    return [*chain[:-2], chain[-1], chain[-2]]
