"""The figures: one record each, in one table. To add a figure, write its file and add an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures import gh_fig1b, gh_fig4
from numerics.sweep import Cell

__all__ = ["FIGURES", "PROFILES", "FigureRecord"]

PROFILES = ("quick", "full")
"""Sizes of computation: seconds to look at, minutes for the committed reference data."""


@dataclass(frozen=True)
class FigureRecord:
    """A figure of a paper: what it shows, from which parameters, and how it is computed and drawn.

    Parameters
    ----------
    id : str
        Permanent name; the files are called after it.
    source : str
        Paper and figure.
    title, caption : str
        One line, and what a reader needs beside the figure.
    parameters : mapping
        By profile: the JSON value that `cells` is called with.
    cells : callable
        ``cells(parameters, backend)`` lists the pieces to compute, keys ``name`` or ``group/name``.
    compute : callable
        ``compute(cell_parameters, rng)`` returns a dict of arrays; top-level, so that workers find it.
    plot : callable
        ``plot(data)`` draws the stored arrays and nothing else.
    """

    id: str
    source: str
    title: str
    caption: str
    parameters: Mapping[str, Mapping[str, Any]]
    cells: Callable[[Mapping[str, Any], str], list[Cell]]
    compute: Callable[[Mapping[str, Any], np.random.Generator], Mapping[str, np.ndarray]]
    plot: Callable[[Mapping[str, np.ndarray]], Figure]

    def seconds(self, profile: str) -> float:
        """Estimate the time on one core, in seconds, from the cells' own estimates.

        Parameters
        ----------
        profile : {"quick", "full"}
            Which parameters.

        Returns
        -------
        float

        Examples
        --------
        >>> FIGURES["gh-fig4"].seconds("quick") < FIGURES["gh-fig4"].seconds("full")
        True
        """
        return sum(cell.seconds for cell in self.cells(self.parameters[profile], "numpy"))


_RECORDS = (
    FigureRecord(
        id="gh-fig1b",
        source="Gurbuzbalaban & Hu 2021, Fig. 1(b)",
        title="Excess of the order-s variance over He's, ReLU",
        caption=(
            "log(sigma^2 - 2/d) against log d for ReLU, d = 30 to 89, s = 0.5, 1, 1.5. Lines: closed form, with "
            "least-squares slopes. Dashed: the two-term expansion 5(2-s)/(2 d^2), slope -2. Markers: single layers "
            "with every weight drawn, sigma^2 and 2/d estimated from the same draws. The difference is not lost to "
            "cancellation: sigma^2 is accurate to 1e-14 and the excess is more than 0.5 % of it."
        ),
        parameters=gh_fig1b.PARAMETERS,
        cells=gh_fig1b.cells,
        compute=gh_fig1b.compute,
        plot=gh_fig1b.plot,
    ),
    FigureRecord(
        id="gh-fig4",
        source="Gurbuzbalaban & Hu 2021, Fig. 4",
        title="The standard deviation sigma(s, d), ReLU, corrected",
        caption=(
            "(a) log sigma against d, (b) sigma against s, (c) log(sigma - sqrt(2/d)) against log d. Lines: closed "
            "form. Markers: single layers with every weight drawn. Dashed: the curve published as s = 2 in the first "
            f"panel, computed at s = 0.1 and drawn at d - 1 ({gh_fig4.PUBLISHED_SOURCE}). An error of that notebook, "
            "not of the paper's theorem."
        ),
        parameters=gh_fig4.PARAMETERS,
        cells=gh_fig4.cells,
        compute=gh_fig4.compute,
        plot=gh_fig4.plot,
    ),
)

FIGURES: Mapping[str, FigureRecord] = MappingProxyType({record.id: record for record in _RECORDS})
"""Every figure by its id."""
