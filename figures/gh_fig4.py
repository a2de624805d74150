"""Gurbuzbalaban & Hu 2021, Figure 4, corrected: the standard deviation sigma(s, d) for ReLU, and erratum B-E3.

(a) log sigma against d; (b) sigma against s; (c) log(sigma - sqrt(2/d)) against log d. The public notebook behind
the first panel computes the curve labelled s = 2 at s = 0.1 and draws width d at d - 1 (it plots a list without
abscissae); that curve is drawn here, marked, beside the corrected one. The artefact is the notebook
(`PUBLISHED_SOURCE`), not a theorem of the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures import gh_fig4_panels as panels
from figures.layer_simulation import simulation_cell, simulation_step
from figures.weight_scale_curves import excess_curves, log_log_slope
from numerics.sweep import Cell
from theory.fractional_moments import weight_std, weight_variance

__all__ = ["PARAMETERS", "PUBLISHED_SOURCE", "cells", "compute", "plot"]

PUBLISHED_SOURCE = (
    "repository YhHu96/Fractional-moment-preserving-initialization-schemes-for-training-deep-neural-networks, "
    "commit 3af9cb40977d, Figure 4.ipynb: computed in cell In [2] ('# s=2 case' followed by s=0.1), drawn in In [4]"
)
"""Where the mislabelled curve comes from."""

_COMMON = {
    "orders": [0.5, 1.0, 1.5, 2.0],
    "widths": list(range(1, 31)),
    "published_order": 0.1,
    "section_widths": [30, 40, 50],
    "section_orders": [round(0.01 * step, 2) for step in range(1, 201)],
    "excess_orders": [0.5, 1.0, 1.5],
    "excess_widths": list(range(30, 90)),
    "simulated_widths": [1, 2, 3, 4, 6, 8, 12, 20, 30, 40, 50, 65, 89],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"replicates": 50_000}, "full": _COMMON | {"replicates": 400_000}}
)
"""Parameters of each profile; the curves are those of the authors' notebook."""

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
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:3]
    ['curves', 'simulation/width-1', 'simulation/width-2']
    """
    orders, replicates = parameters["orders"], parameters["replicates"]
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
        "curves": ``order`` (k,), ``width`` (n,), ``log_std`` (k, n); ``published_abscissa`` and
        ``published_log_std`` (n,); ``section_*`` of panel (b); ``excess_*``, ``std_excess`` and ``slope`` of panel
        (c); ``check_variance``, the closed form at the simulated points. "simulation": see
        `figures.layer_simulation`.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> print(f"{curves['log_std'][3, 0]:.6f}")  # s = 2, d = 1: log sqrt(2)
    0.346574
    >>> print(f"{curves['published_log_std'][0]:.2f}, at {curves['published_abscissa'][0]:.0f}")
    7.51, at 0
    """
    return _STEPS[parameters["step"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the three panels from stored data alone.

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
    >>> len(plot(store.load(store.REFERENCE, "gh-fig4-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.4))
    first, second, third = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
    panels.against_width(first, data)
    panels.against_order(second, data)
    panels.excess(third, data)
    figure.supxlabel(panels.note(data), fontsize=7.5, color="0.3")
    return figure


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    order, width = _floats(parameters["orders"]), _floats(parameters["widths"])
    simulated = _floats(parameters["simulated_widths"])
    return {
        "order": order,
        "width": width,
        "log_std": np.log(weight_std(order[:, None], width)),
        "check_variance": np.asarray(weight_variance(order, simulated[:, None])),
        **_published(parameters["published_order"], width),
        **_section(_floats(parameters["section_orders"]), _floats(parameters["section_widths"])),
        **_excess(_floats(parameters["excess_orders"]), _floats(parameters["excess_widths"])),
    }


def _published(order: float, width: np.ndarray) -> _Arrays:
    """Return the curve that the notebook labels s = 2: its true order, and where it is drawn."""
    return {
        "published_order": np.asarray(order),
        "published_abscissa": width - 1,
        "published_log_std": np.log(weight_std(order, width)),
    }


def _section(order: np.ndarray, width: np.ndarray) -> _Arrays:
    return {
        "section_order": order,
        "section_width": width,
        "section_std": np.asarray(weight_std(order, width[:, None])),
    }


def _excess(order: np.ndarray, width: np.ndarray) -> _Arrays:
    curves = excess_curves(order, width)
    return {
        "excess_order": order,
        "excess_width": width,
        "std_excess": curves["std_excess"],
        "excess_error": curves["excess_error"],
        "slope": log_log_slope(width, curves["std_excess"]),
    }


def _floats(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64)


_STEPS = MappingProxyType({"curves": _curves, "simulation": simulation_step})
