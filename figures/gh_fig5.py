"""Gurbuzbalaban & Hu 2021, Figure 5: as Figure 2 for linear networks and leaky ReLU of slope 0.01."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures.log_norm_rows import draw_legend, draw_row, note

__all__ = ["PARAMETERS", "plot"]

_COMMON = {
    "schemes": [["linear", 2.0], ["linear", 1.0], ["leaky_relu", 2.0], ["leaky_relu", 1.0]],
    "width": 64,
    "depth": 100,
    "variable": "log-norm",
    "grid": [-8.0, 5.0, 261],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "quick": _COMMON | {"matrix": 1000, "chi2": 100_000},
        "full": _COMMON | {"matrix": 3000, "chi2": 1_000_000},
    }
)
"""Parameters of each profile; width, depth and orders of the authors' notebook, which draws 100 networks."""


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from figures import store
    >>> len(plot(store.load(store.REFERENCE, "gh-fig5-full").arrays).axes)
    6
    """
    figure = Figure(figsize=(7.2, 5.4))
    first, second = figure.subplots(2, 3)
    draw_row(first, data, 1.0, "abc", "linear")
    draw_row(second, data, 0.01, "def", "leaky")
    draw_legend(figure, data)
    figure.supxlabel(note(data), fontsize=7.5, color="0.3")
    return figure
