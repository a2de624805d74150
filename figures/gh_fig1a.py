"""Gurbuzbalaban & Hu 2021, Figure 1(a): (mean |x_i|^alpha)^(1/alpha) against alpha, ReLU, and erratum B-E4.

Width 64, depth 500, 500 networks, s = 2, 1.5, 1, x_0 normal: the public notebook takes the sample mean over all
units of the last layer of all networks. The log-norm has a standard deviation of 3.2 there: sample moments fall far
below the exact ones, drawn beside them with the band in which repetitions of the whole experiment fall.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import ERRATUM, ORDER_MARKS
from figures.moment_samples import experiment_cell, experiment_step
from numerics.sweep import Cell
from theory.fractional_moments import norm_moment, weight_variance

__all__ = ["PARAMETERS", "PUBLISHED_SOURCE", "cells", "compute", "exact_moments", "plot"]

PUBLISHED_SOURCE = (
    "repository YhHu96/Fractional-moment-preserving-initialization-schemes-for-training-deep-neural-networks, "
    "commit 3af9cb40977d, Figure 1.ipynb: function m of cell In [2] applied in In [5] to the networks of In [4]"
)
"""Where the sample moments are published."""

_COMMON = {
    "orders": [2.0, 1.5, 1.0],
    "alphas": [round(1 + 0.1 * step, 1) for step in range(21)],
    "width": 64,
    "depth": 500,
    "networks": 500,
    "levels": [0.05, 0.5, 0.95],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"repetitions": 100}, "full": _COMMON | {"repetitions": 1000}}
)
"""Parameters of each profile; all but the repetitions are those of the authors' notebook."""

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: exact moments, and for each order one experiment and its repetitions.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`.
    backend : {"numpy", "cupy"}
        Where to simulate.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][::3]
    ['curves', 'sample/order-1', 'repeated/order-1']
    """
    curves = Cell("curves", {"step": "curves", **parameters}, seconds=0.1)
    kinds = (("sample", "matrix", 1), ("repeated", "chi2", parameters["repetitions"]))
    return [
        curves,
        *(
            experiment_cell(group, method, order, times, parameters, backend)
            for group, method, times in kinds
            for order in parameters["orders"]
        ),
    ]


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step" says which it is.
    rng : numpy.random.Generator
        Used by the simulation.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``order`` (k,), ``alpha`` (n,), ``moment`` (k, n), the exact (E|x_i|^alpha)^(1/alpha).
        "sample" and "repeated": see `figures.moment_samples`.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> print(f"{curves['moment'][0, 10]:.12f}")  # s = 2, alpha = 2: E x_i^2 = 1, as in x_0
    1.000000000000
    """
    return _STEPS[parameters["step"]](parameters, rng)


def exact_moments(alpha: np.ndarray, order: float, width: int, depth: int) -> np.ndarray:
    """(E|x_i|^alpha)^(1/alpha) of a unit of the last layer, x_0 ~ N(0, I), ReLU, weights that preserve an order.

    Parameters
    ----------
    alpha : numpy.ndarray
        Orders > 0 of the moments.
    order : float
        Order s > 0 that the weights preserve.
    width, depth : int
        Of the network.

    Returns
    -------
    numpy.ndarray
        Of the shape of `alpha`.

    Notes
    -----
    E|x_i|^alpha = E|x_0|^alpha (sigma^alpha M(alpha))^(depth - 1) sigma^alpha E relu(z)^alpha: norms up to the last
    layer but one, then one unit; M(alpha) = E|relu(z)|^alpha over `width` units.

    Examples
    --------
    >>> at_order = [exact_moments(np.array([1.5]), 1.5, 64, depth) for depth in (1, 500)]
    >>> bool(np.isclose(*at_order, rtol=1e-11).all())  # the preserved order does not change with depth
    True
    """
    variance = weight_variance(order, width)
    log_moment = (
        np.log(norm_moment(alpha, width, "linear"))
        + (depth - 1) * np.log(norm_moment(alpha, width))
        + np.log(norm_moment(alpha, 1))
        + depth * alpha / 2 * np.log(variance)
    )
    return np.asarray(np.exp(log_moment / alpha))


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a panel for each order.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        The arrays of all cells.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from figures import store
    >>> len(plot(store.load(store.REFERENCE, "gh-fig1a-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.2))
    for index, axes in enumerate(figure.subplots(1, 3, sharey=True)):
        _panel(axes, data, index)
        axes.set(xlabel=r"order $\alpha$", yscale="log")
    figure.axes[0].set(ylabel=r"$(\mathrm{mean}\;|x_i|^\alpha)^{1/\alpha}$")
    figure.axes[0].legend(loc="upper left")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    alpha = np.array(parameters["alphas"])
    size = parameters["width"], parameters["depth"]
    moments = [exact_moments(alpha, order, *size) for order in parameters["orders"]]
    return {"order": np.array(parameters["orders"]), "alpha": alpha, "moment": np.stack(moments)}


_STEPS = MappingProxyType({"curves": _curves, "experiment": experiment_step})


def _panel(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    alpha, order = data["curves.alpha"], float(data["curves.order"][index])
    (colour, marker), exact = ORDER_MARKS[order], data["curves.moment"][index]
    low, median, high = data["repeated.quantile"][index]
    axes.fill_between(alpha, low, high, color=ERRATUM, alpha=0.2, linewidth=0, label="repetitions")
    axes.plot(alpha, median, "--", color=ERRATUM, linewidth=1.0, label="their median")
    axes.plot(alpha, exact, color=colour, label="exact")
    sample = data["sample.moment"][index]
    axes.plot(alpha, sample, marker, color="0.2", markerfacecolor="white", label="one sample")
    axes.plot(order, np.interp(order, alpha, exact), "o", color=colour, markersize=5)
    axes.set_title(f"$s = {order:g}$")
    ratio = exact[-1] / median[-1]
    axes.annotate(
        f"at $\\alpha = 3$ the median\nis {ratio:,.0f} times too small",
        (0.98, 0.02),
        xycoords="axes fraction",
        ha="right",
        fontsize=8,
        color=ERRATUM,
    )


def _escape(data: Mapping[str, np.ndarray]) -> float:
    """Return the least alpha from which on every exact curve is above its band."""
    inside = np.any(data["curves.moment"] <= data["repeated.quantile"][:, -1], axis=0)
    first = np.max(np.flatnonzero(inside), initial=-1) + 1
    return float(data["curves.alpha"][min(first, inside.size - 1)])


def _note(data: Mapping[str, np.ndarray]) -> str:
    networks, times = (int(data[f"repeated.{name}"][0]) for name in ("networks", "repetitions"))
    return (
        f"One sample: {networks} networks, every weight before the last layer drawn. "
        f"Band: 5 to 95 % of {times:,} repetitions of it.\n"
        r"Dot: the preserved order $\alpha = s$. "
        f"The published curves are such samples; from $\\alpha = {_escape(data):g}$ on the exact ones leave the band."
    )
