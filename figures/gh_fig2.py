"""Gurbuzbalaban & Hu 2021, Figure 2: density and distribution function of log|x_100|, ReLU, s = 2 and 1.

Width 64, depth 100: the exact law and the Gaussian limit, over networks drawn from the definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures.log_norm_rows import draw_legend, draw_row, note

__all__ = ["PARAMETERS", "plot"]

_COMMON = {
    "schemes": [["relu", 2.0], ["relu", 1.0]],
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
    >>> len(plot(store.load(store.REFERENCE, "gh-fig2-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.2))
    draw_row(figure.subplots(1, 3), data, 0.0, "abc", "ReLU")
    draw_legend(figure, data)
    figure.supxlabel(note(data), fontsize=7.5, color="0.3")
    return figure
