"""Gurbuzbalaban & Hu 2021, Figure 1(b): log(sigma^2 - 2/d) against log d, ReLU, with what the paper leaves out.

The exact curves, their fitted slopes, the two-term expansion 5 (2-s)/(2 d^2), and layers drawn from the definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import BARS, ORDER_MARKS, draw_simulated
from figures.layer_simulation import simulation_cell, simulation_step
from figures.weight_scale_curves import excess_curves, largest_deviation, log_log_slope
from numerics.sweep import Cell
from theory.fractional_moments import weight_variance, weight_variance_expansion

__all__ = ["PARAMETERS", "cells", "compute", "plot"]

_COMMON = {
    "orders": [0.5, 1.0, 1.5],
    "widths": list(range(30, 90)),
    "simulated_widths": [30, 40, 52, 68, 89],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"replicates": 20_000}, "full": _COMMON | {"replicates": 400_000}}
)
"""Parameters of each profile; the authors' notebook has the same orders and widths."""

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the exact curves, and the simulation of each width.

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
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:2]
    ['curves', 'simulation/width-30']
    """
    orders, replicates = [*parameters["orders"], 2.0], parameters["replicates"]
    curves = Cell("curves", {"step": "curves", **parameters}, seconds=0.1)
    simulated = parameters["simulated_widths"]
    return [curves, *(simulation_cell(width, orders, replicates, backend) for width in simulated)]


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
        "curves": ``order`` (k,), ``width`` (n,), ``excess``, ``std_excess``, ``excess_error`` and ``expansion``
        (k, n), ``slope`` (k,), ``check_variance``, the closed form at the simulated points. "simulation": see
        `figures.layer_simulation`.

    Examples
    --------
    >>> compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)["slope"].round(2)
    array([-2.04, -2.02, -2.01])
    """
    return _STEPS[parameters["step"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        The arrays of all cells, as ``curves.<name>`` and ``simulation.<name>`` (stacked over widths).

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from figures import store
    >>> len(plot(store.load(store.REFERENCE, "gh-fig1b-full").arrays).axes)
    1
    """
    figure = Figure(figsize=(3.9, 3.5))
    axes = figure.add_subplot()
    for index, order in enumerate(data["curves.order"]):
        _draw_order(axes, data, index, float(order))
    axes.plot([], [], "k--", linewidth=0.9, label=r"two terms: $\frac{5(2-s)}{2\,d^2}$")
    axes.errorbar([], [], [], fmt="o", color="0.35", markerfacecolor="white", label="simulated")
    axes.set(xlabel=r"$\log\,d$", ylabel=r"$\log\,(\sigma^2 - 2/d)$")
    axes.legend(loc="lower left")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    order = np.array(parameters["orders"])
    width = np.array(parameters["widths"], dtype=np.float64)
    simulated = np.array(parameters["simulated_widths"], dtype=np.float64)
    curves, every_order = excess_curves(order, width), np.append(order, 2.0)
    two, one = (weight_variance_expansion(order[:, None], width, terms=terms) for terms in (2, 1))
    return curves | {
        "order": order,
        "width": width,
        "expansion": np.asarray(two - one),
        "slope": log_log_slope(width, curves["excess"]),
        "check_variance": np.asarray(weight_variance(every_order, simulated[:, None])),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": simulation_step})


def _draw_order(axes: Axes, data: Mapping[str, np.ndarray], index: int, order: float) -> None:
    log_width, slope = np.log(data["curves.width"]), data["curves.slope"][index]
    label = rf"$s = {order:g}$, slope ${slope:.2f}$"
    axes.plot(
        log_width, np.log(data["curves.excess"][index]), color=ORDER_MARKS[order][0], label=label
    )
    axes.plot(log_width, np.log(data["curves.expansion"][index]), "k--", linewidth=0.9)
    excess, error = (data[f"simulation.{name}"][:, index] for name in ("excess", "excess_error"))
    draw_simulated(axes, np.log(data["simulation.width"]), np.log(excess), error / excess, order)


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        f"Simulated: {data['simulation.replicates'][0]:,} layers a width, every weight drawn; bars ±{BARS} s.e.\n"
        f"Largest deviation of {data['simulation.variance'].size} variances: {largest_deviation(data):.1f} s.e.; "
        f"relative error of the curves < {data['curves.excess_error'].max():.0e}."
    )
