"""Panels that draw exact and simulated laws stored by `figures.depth_laws`: density, distribution function, distance.

Rows of the data are schemes; a panel draws those of one activation. Solid lines are exact, dashed black ones the
central limit, open markers networks with every weight drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from figures.drawing import ORDER_MARKS, draw_simulated

__all__ = [
    "LEVEL",
    "cumulative",
    "density",
    "difference",
    "distances",
    "dkw_distance",
    "legend_entries",
    "of_slope",
]

LEVEL = 1e-3
"""Probability that a simulated distribution function leaves the drawn band, if the exact law holds."""

_Data = Mapping[str, np.ndarray]


def of_slope(data: _Data, slope: float) -> list[tuple[int, float]]:
    """Rows and orders of the schemes of one activation.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.
    slope : float
        Negative slope of the activation: 1 for linear, 0 for ReLU.

    Returns
    -------
    list of (int, float)

    Examples
    --------
    >>> of_slope({"curves.slope": np.array([1.0, 0.0]), "curves.order": np.array([2.0, 1.5])}, 0.0)
    [(1, 1.5)]
    """
    rows = np.flatnonzero(data["curves.slope"] == slope)
    return [(int(row), float(data["curves.order"][row])) for row in rows]


def dkw_distance(size: int) -> float:
    """Largest distance of an empirical from its own distribution function, exceeded with probability `LEVEL` at most.

    Parameters
    ----------
    size : int
        Sample size.

    Returns
    -------
    float
        From the inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant: no limit theorem.

    Examples
    --------
    >>> print(f"{dkw_distance(10_000):.4f}")
    0.0195
    """
    return float(np.sqrt(np.log(2 / LEVEL) / (2 * size)))


def distances(data: _Data, method: str, against: str = "cdf") -> np.ndarray:
    """Largest distance between simulated and computed distribution functions on the stored points.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.
    method : str
        Which simulation.
    against : {"cdf", "normal_cdf"}
        The exact law, or the central limit's.

    Returns
    -------
    numpy.ndarray, shape (k,)
        One for each scheme.

    Examples
    --------
    >>> distances({"chi2.count": np.array([[1, 4]]), "chi2.size": np.array([4]),
    ...            "curves.cdf": np.array([[0.5, 1.0]])}, "chi2")
    array([0.25])
    """
    empirical = data[f"{method}.count"] / data[f"{method}.size"][:, None]
    return np.asarray(np.abs(empirical - data[f"curves.{against}"]).max(axis=1))


def density(axes: Axes, data: _Data, slope: float, method: str, edges: Sequence[int]) -> None:
    """Draw exact densities, the central limit's, and simulated shares of bins over their lengths.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    data : mapping of str to numpy.ndarray
        As stored by `figures.depth_laws`.
    slope : float
        Which activation.
    method : str
        Which simulation.
    edges : sequence of int
        Which stored points are the edges of the bins.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> density(axes, store.load(store.REFERENCE, "gh-fig2-full").arrays, 0.0, "matrix", range(0, 261, 10))
    >>> len(axes.containers)
    2
    """
    for row, order in of_slope(data, slope):
        axes.plot(data["curves.x"], data["curves.pdf"][row], color=ORDER_MARKS[order][0])
        axes.plot(data["curves.x"], data["curves.normal_pdf"][row], "k--", linewidth=0.8)
        x, size = data["curves.x"][list(edges)], data[f"{method}.size"][row]
        share = np.diff(data[f"{method}.count"][row][list(edges)]) / size
        error, length, kept = np.sqrt(share * (1 - share) / size), np.diff(x), share > 0
        middle = (x[1:] + x[:-1]) / 2
        draw_simulated(axes, middle[kept], (share / length)[kept], (error / length)[kept], order)


def cumulative(axes: Axes, data: _Data, slope: float, method: str, stride: int) -> None:
    """Draw exact distribution functions, the central limit's, and simulated ones at some points.

    Parameters
    ----------
    axes, data, slope, method
        As for `density`.
    stride : int
        Stored points from a marker to the next.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> cumulative(axes, store.load(store.REFERENCE, "gh-fig2-full").arrays, 0.0, "matrix", 10)
    >>> len(axes.containers)
    2
    """
    for row, order in of_slope(data, slope):
        axes.plot(data["curves.x"], data["curves.cdf"][row], color=ORDER_MARKS[order][0])
        axes.plot(data["curves.x"], data["curves.normal_cdf"][row], "k--", linewidth=0.8)
        size = data[f"{method}.size"][row]
        share = data[f"{method}.count"][row][::stride] / size
        error = np.sqrt(share * (1 - share) / size)
        draw_simulated(axes, data["curves.x"][::stride], share, error, order)


def difference(axes: Axes, data: _Data, slope: float, method: str) -> None:
    """Draw how far the central limit and a large simulation are from the exact distribution function, in thousandths.

    Parameters
    ----------
    axes, data, slope, method
        As for `density`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from figures import store
    >>> axes = Figure().add_subplot()
    >>> difference(axes, store.load(store.REFERENCE, "gh-fig2-full").arrays, 0.0, "chi2")
    >>> len(axes.lines)
    4
    """
    for row, order in of_slope(data, slope):
        colour, exact = ORDER_MARKS[order][0], data["curves.cdf"][row]
        share = data[f"{method}.count"][row] / data[f"{method}.size"][row]
        axes.plot(data["curves.x"], 1e3 * (share - exact), color=colour, linewidth=0.9)
        normal = data["curves.normal_cdf"][row]
        axes.plot(data["curves.x"], 1e3 * (normal - exact), color=colour, linestyle=(0, (4, 2)))
    band = 1e3 * dkw_distance(int(data[f"{method}.size"].min()))
    axes.axhspan(-band, band, color="0.92", zorder=0)


def legend_entries(axes: Axes, orders: Iterable[float]) -> None:
    """Name what the panels of a law draw: the orders' colours, the central limit, the simulated points.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where the legend will be.
    orders : iterable of float
        Keys of `ORDER_MARKS`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> legend_entries(axes, [2.0])
    >>> axes.get_legend_handles_labels()[1]
    ['$s = 2$, exact', 'Gaussian limit', 'simulated']
    """
    for order in orders:
        axes.plot([], [], color=ORDER_MARKS[order][0], label=f"$s = {order:g}$, exact")
    axes.plot([], [], "k--", linewidth=0.8, label="Gaussian limit")
    axes.errorbar([], [], fmt="o", color="0.35", markerfacecolor="white", label="simulated")
