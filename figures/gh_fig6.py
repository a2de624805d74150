"""Gurbuzbalaban & Hu 2021, Figure 6: densities of |x_100| itself, linear, ReLU and leaky ReLU, s = 2 and 1."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import law_panels as panels
from figures.drawing import BARS

__all__ = ["PARAMETERS", "plot"]

_COMMON = {
    "schemes": [[name, order] for name in ("linear", "relu", "leaky_relu") for order in (2.0, 1.0)],
    "width": 64,
    "depth": 100,
    "variable": "norm",
    "grid": [0.0, 1.5, 301],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"gaussian": 10_000}, "full": _COMMON | {"gaussian": 100_000}}
)
"""Parameters of each profile; width, depth and orders of the authors' notebook, which draws 100 networks."""

_PANELS = (("(a) linear", 1.0), ("(b) ReLU", 0.0), ("(c) leaky ReLU, slope 0.01", 0.01))
_EDGES = (*range(5), 6, 8, 11, 14, 18, 24, 32, 42, *range(54, 301, 19))
"""Which points are edges of bins: narrow ones where ReLU's density has its peak."""


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
    >>> len(plot(store.load(store.REFERENCE, "gh-fig6-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.0))
    for axes, (title, slope) in zip(figure.subplots(1, 3), _PANELS, strict=True):
        _panel(axes, data, title, slope)
    figure.axes[0].set(ylabel="density")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _panel(axes: Axes, data: Mapping[str, np.ndarray], title: str, slope: float) -> None:
    panels.density(axes, data, slope, "gaussian", _EDGES)
    panels.legend_entries(axes, (order for _, order in panels.of_slope(data, slope)))
    axes.legend(loc="upper right")
    axes.set(xlabel=r"$|x_{100}|/|x_0|$", xlim=(0, data["curves.x"][-1]), ylim=(0, None))
    axes.set_title(title)


def _note(data: Mapping[str, np.ndarray]) -> str:
    size = int(data["gaussian.size"][0])
    distance, allowed = panels.distances(data, "gaussian").max(), panels.dkw_distance(size)
    return (
        f"Markers: {size:,} networks a scheme, every unit drawn given the layer below; bars ±{BARS} s.e. "
        "The Gaussian limit is that of the logarithm.\n"
        f"Largest distance of the six simulated distribution functions from the exact ones: {1e3 * distance:.1f} "
        f"thousandths (below {1e3 * allowed:.1f} with probability {1 - panels.LEVEL:g} at least, each)."
    )
