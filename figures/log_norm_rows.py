"""A row of three panels on the law of log|x_depth|: density, distribution function, and what is wrong with the limit.

Figures 2 and 5 of Gurbuzbalaban & Hu 2021 are one row for each activation. The third panel is not published: it shows
the distance between the exact law and the Gaussian limit, which neither of the other two can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import law_panels as panels
from figures.drawing import BARS, ORDER_MARKS

__all__ = ["draw_legend", "draw_row", "note"]

_STRIDE = 10  # stored points to a bin of the histogram
_TITLES = ("density", "distribution function", "cdf minus exact cdf")
_LABELS = ("density", "probability", r"difference $\times\,10^3$")
_TAIL = 1e-4  # probability on each side that the panels leave out

_Data = Mapping[str, np.ndarray]


def draw_row(row: Sequence[Axes], data: _Data, slope: float, letters: str, name: str) -> None:
    """Draw the three panels of one activation.

    Parameters
    ----------
    row : sequence of matplotlib.axes.Axes
        Three.
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`, simulated by "matrix" and by "chi2".
    slope : float
        Which activation.
    letters : str
        Of the panels.
    name : str
        Of the activation.

    Examples
    --------
    >>> from figures import store
    >>> row = Figure().subplots(1, 3)
    >>> draw_row(row, store.load(store.REFERENCE, "gh-fig2-full").arrays, 0.0, "abc", "ReLU")
    >>> row[0].get_title(loc="left")
    '(a) ReLU, density'
    """
    panels.density(row[0], data, slope, "matrix", range(0, data["curves.x"].size, _STRIDE))
    panels.cumulative(row[1], data, slope, "matrix", _STRIDE)
    panels.difference(row[2], data, slope, "chi2")
    for axes, letter, title, label in zip(row, letters, _TITLES, _LABELS, strict=True):
        axes.set_title(f"({letter}) {name}, {title}", loc="left")
        axes.set(ylabel=label, xlabel=r"$\log\,(|x_{100}|/|x_0|)$", xlim=_range(data, slope))
    row[0].set_ylim(0, None)
    _name_lines(row[2], data, slope)


def draw_legend(figure: Figure, data: _Data) -> None:
    """Say above the rows what is drawn.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With its rows.
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.

    Examples
    --------
    >>> from figures import store
    >>> figure = Figure()
    >>> _ = figure.subplots()
    >>> draw_legend(figure, store.load(store.REFERENCE, "gh-fig2-full").arrays)
    >>> len(figure.legends)
    1
    """
    panels.legend_entries(figure.axes[0], dict.fromkeys(data["curves.order"].tolist()))
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


def note(data: _Data) -> str:
    """Say how many networks were drawn, and how far they are from each law.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.

    Returns
    -------
    str

    Examples
    --------
    >>> from figures import store
    >>> "every weight drawn" in note(store.load(store.REFERENCE, "gh-fig2-full").arrays)
    True
    """
    exact, normal = (
        1e3 * panels.distances(data, "chi2", law).max() for law in ("cdf", "normal_cdf")
    )
    drawn, many = (int(data[f"{method}.size"][0]) for method in ("matrix", "chi2"))
    return (
        f"Markers: {drawn:,} networks a scheme, every weight drawn; bars ±{BARS} s.e. "
        f"Right: {many:,} networks a scheme, drawn by counts of positive units.\n"
        f"Their largest distance from the exact law is {exact:.2f}, from the Gaussian limit {normal:.2f} thousandths; "
        f"band: DKW, left with probability {panels.LEVEL:g} at most."
    )


def _range(data: _Data, slope: float) -> tuple[float, float]:
    """Return where the schemes of one activation have their mass, up to the tails."""
    rows = [row for row, _ in panels.of_slope(data, slope)]
    cdf = data["curves.cdf"][rows]
    kept = data["curves.x"][(cdf.max(axis=0) > _TAIL) & (cdf.min(axis=0) < 1 - _TAIL)]
    return float(kept[0]), float(kept[-1])


def _name_lines(axes: Axes, data: _Data, slope: float) -> None:
    """Leave room above the curves for a legend; its lines have the colour of the first scheme."""
    colour = ORDER_MARKS[panels.of_slope(data, slope)[0][1]][0]
    axes.plot([], [], color=colour, linestyle=(0, (4, 2)), label="Gaussian limit")
    axes.plot([], [], color=colour, linewidth=0.9, label="simulated")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.35 * (high - low))
    axes.legend(loc="upper right")
