"""Loss curves of deep linear nets that meet m >= d_x, from orthogonal and from Gaussian weights, with both bounds.

The learning rate is the largest that Du & Hu's theorem (Gaussian) allows, two thirds of what Theorem 4.1 of Hu, Xiao &
Pennington (orthogonal) does: it meets the hypotheses of both.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numerics.deep_linear import train
from numerics.deep_linear_history import History
from numerics.experiments.hxp_nets import problem
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import draw_reduced
from numerics.sweep import Cell
from theory.deep_linear import (
    contraction_factor,
    gaussian_contraction_factor,
    gaussian_max_learning_rate,
    kernel_loss,
    required_width,
)

__all__ = ["PARAMETERS", "cells", "compute", "plot"]

_COMMON = {
    "in_dim": 16,
    "out_dim": 2,
    "examples": 4,
    "problem_seed": 0,
    "depths": [8, 32, 128],
    "widths": [16, 64, 256],
    "steps": 200,
    "every": 4,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"nets": 3}, "full": _COMMON | {"nets": 24}}
)
"""Parameters of each profile."""

_COLOURS = ("#E69F00", "#009E73", "#0072B2")  # by width
_STYLES: Mapping[str, Any] = MappingProxyType({"orthogonal": "-", "gaussian": (0, (4, 1.6))})
_LEVELS = (0.1, 0.5, 0.9, 1.0)

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the bounds, and the nets of each initialisation, depth and width.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`.
    backend : {"numpy", "cupy"}
        Where to train the Gaussian nets.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:2]
    ['curves', 'orthogonal/depth-8-width-16']
    """
    listed = [Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1)]
    pairs = list(itertools.product(parameters["depths"], parameters["widths"]))
    for half, (depth, width) in itertools.product(_HALVES, pairs):
        own = {"step_kind": half, "depth": depth, "width": width, "backend": backend}
        weights = depth * (width**2 if half == "gaussian" else 400)
        seconds = 2e-9 * weights * parameters["nets"] * parameters["steps"]
        listed.append(Cell(f"{half}/depth-{depth}-width-{width}", {**own, **parameters}, seconds))
    return listed


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step_kind" says which it is.
    rng : numpy.random.Generator
        Source of the initial weights.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``step`` (n,); ``bound`` and ``gaussian_bound`` (n,) of the two theorems and ``kernel_limit`` (n,),
        expected ratios of losses; ``condition``, kappa; ``required_width`` of Theorem 4.1 with C = 1 and delta = 1/2;
        ``depth``, ``width``, ``nets``.
        The others: ``depth``, ``width``, ``ratio`` (4, n), quantiles 0.1, 0.5, 0.9 and 1 of l(t)/l(0) over the nets,
        and ``diverged``, their number.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> bool(np.all(curves["kernel_limit"][1:] < curves["bound"][1:]))
    True
    """
    if parameters["step_kind"] == "curves":
        return _curves(parameters)
    history = _HALVES[parameters["step_kind"]](parameters, _options(parameters), rng)
    ratio = history.losses / history.losses[0]
    return {
        "depth": np.asarray(parameters["depth"]),
        "width": np.asarray(parameters["width"]),
        "ratio": np.quantile(ratio, _LEVELS, axis=1, method="inverted_cdf"),
        "diverged": np.asarray(history.diverged.sum()),
    }


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a panel for each depth.

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
    >>> len(plot(store.load(store.REFERENCE, "dl-convergence-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.9))
    row = figure.subplots(1, len(data["curves.depth"]), sharey=True)
    for index, (axes, depth) in enumerate(zip(row, data["curves.depth"], strict=True)):
        _panel(axes, data, depth)
        axes.set(xlabel="step $t$", title=f"({'abc'[index]}) depth $L = {depth}$")
    row[0].set(ylabel=r"$(\ell(t)-\ell^*)/(\ell(0)-\ell^*)$")
    figure.legend(handles=_handles(data), loc="outside upper center", ncols=4)
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _options(parameters: Mapping[str, Any], depth: int | None = None) -> dict[str, Any]:
    """What both initialisations have in common."""
    data, layers = problem(parameters), parameters["depth"] if depth is None else depth
    return {
        "data": data,
        "depth": layers,
        "learning_rate": float(gaussian_max_learning_rate(data.norm, layers, data.out_dim)),
        "steps": parameters["steps"],
        "record": list(range(0, parameters["steps"] + 1, parameters["every"])),
    }


def _curves(parameters: Mapping[str, Any]) -> _Arrays:
    options = _options(parameters, depth=1)  # eta L does not depend on the depth
    data, rate, step = options["data"], options["learning_rate"], np.array(options["record"])
    values, sizes = data.singular_values, (data.singular_values[-1], data.out_dim)
    powers = np.sum(data.targets**2, axis=0)
    limit = np.asarray(kernel_loss(step, values, powers, rate, 1, data.out_dim))
    norm = np.linalg.norm(data.minimiser, 2)
    return {
        "step": step,
        "bound": contraction_factor(rate, 1, *sizes) ** step,
        "gaussian_bound": gaussian_contraction_factor(rate, 1, *sizes) ** step,
        "kernel_limit": limit / limit[0],
        "condition": np.asarray((values[0] / values[-1]) ** 2),
        "required_width": np.asarray(required_width(values, norm, data.out_dim, 0.5)),
        "depth": np.array(parameters["depths"]),
        "width": np.array(parameters["widths"]),
        "nets": np.asarray(parameters["nets"]),
    }


def _orthogonal(
    parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> History:
    """By the exact reduction."""
    data = options["data"]
    sizes = {"input_dim": data.in_dim, "out_dim": data.out_dim, "rank": data.rank}
    nets = draw_reduced(**sizes, width=parameters["width"], nets=parameters["nets"], rng=rng)
    return train_reduced(**options, nets=nets)


def _gaussian(
    parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> History:
    """Every weight."""
    names = ("width", "nets", "backend")
    own = {name: parameters[name] for name in names}
    return train(**options, **own, initialisation="gaussian", rng=rng)


_HALVES = MappingProxyType({"orthogonal": _orthogonal, "gaussian": _gaussian})


def _panel(axes: Axes, data: Mapping[str, np.ndarray], depth: int) -> None:
    step, lowest = data["curves.step"], 1e-14
    for half, (width, colour) in itertools.product(
        _HALVES, zip(data["curves.width"], _COLOURS, strict=True)
    ):
        cell = (data[f"{half}.depth"] == depth) & (data[f"{half}.width"] == width)
        low, middle, high, _ = np.clip(data[f"{half}.ratio"][cell][0], lowest / 10, 1e3)
        axes.plot(step, middle, color=colour, linestyle=_STYLES[half])
        axes.fill_between(step, low, high, color=colour, alpha=0.12, linewidth=0)
    for name, style in _REFERENCES.items():
        axes.plot(step, data[f"curves.{name}"], **{k: v for k, v in style.items() if k != "label"})
    axes.set(yscale="log", ylim=(lowest, 5), xlim=(0, step[-1]))


_REFERENCES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "bound": {"color": "black", "linewidth": 1.8, "label": "Bound, orthogonal"},
        "gaussian_bound": {
            "color": "0.45",
            "linewidth": 1.8,
            "linestyle": "--",
            "label": "Bound, Gaussian",
        },
        "kernel_limit": {
            "color": "black",
            "linewidth": 1.0,
            "linestyle": ":",
            "label": r"Orthogonal, $m \to \infty$",
        },
    }
)


def _handles(data: Mapping[str, np.ndarray]) -> list[Line2D]:
    """Widths by colour, the limit, initialisations by dashes, bounds: four columns of two."""
    widths = [
        Line2D([], [], color=colour, label=f"$m = {width}$")
        for width, colour in zip(data["curves.width"], _COLOURS, strict=True)
    ]
    halves = [
        Line2D([], [], color="0.3", linestyle=style, label=f"{name}, median".capitalize())
        for name, style in _STYLES.items()
    ]
    *bounds, limit = (Line2D([], [], **style) for style in _REFERENCES.values())
    return [*widths, limit, *halves, *bounds]


def _note(data: Mapping[str, np.ndarray]) -> str:
    needed = float(data["curves.required_width"])
    implied = ", ".join(f"{width / needed:.2g}" for width in data["curves.width"])
    # not in the data, but equal in both profiles
    in_dim, out_dim, examples = (_COMMON[name] for name in ("in_dim", "out_dim", "examples"))
    wide = r" \leq m" if in_dim <= data["curves.width"].min() else ""
    return (
        rf"$d_x = {in_dim}{wide}$, $r = {min(in_dim, examples)}$, $d_y = {out_dim}$, "
        rf"$\kappa = {float(data['curves.condition']):.1f}$, "
        rf"$\eta = d_y/(3L|X|^2)$; {int(data['curves.nets'])} nets a curve, shaded: 10 to 90 %."
        "\n"
        r"At $\delta = 1/2$ Theorem 4.1 covers these widths if its constant $C$, which the paper does not give, is at "
        f"most {implied}."
    )
