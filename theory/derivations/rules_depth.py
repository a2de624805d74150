"""Rule for expansions in 1/depth."""

from __future__ import annotations

from dataclasses import dataclass

from theory.derivations.rules_series import SeriesInWidth

__all__ = ["SeriesInDepth"]


@dataclass(frozen=True)
class SeriesInDepth(SeriesInWidth):
    """Expand in 1/L, L the number of layers, around infinite depth: `width` is L."""

    cited = ("temperature, widths and inputs fixed, depth to infinity",)
