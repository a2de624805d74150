"""The scale c* that makes the transient bound least, against depth and width; He's is 1.

All widths are equal, inputs have unit coordinates, the activation is ReLU, the loss half-squared. The markers minimise
the same bound with the output power of networks drawn weight by weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics.activations import relu
from numerics.network_outputs import network_outputs
from numerics.sweep import Cell
from theory.kl_bound import optimal_scale

__all__ = ["PARAMETERS", "cells", "compute", "plot"]

_COMMON = {
    "temperatures": [1e-1, 1e-2, 1e-3, 1e-4],
    "width": 64,
    "depths": [*range(1, 20), *range(20, 201, 5)],
    "widths": [round(2**x) for x in np.linspace(2, 12, 21)],
    "chosen_depths": [2, 5, 20, 100],
    "temperature": 1e-3,
    "simulated_depths": [1, 2, 4, 8, 16],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 400}, "full": _COMMON | {"networks": 20_000}}
)
"""Parameters of each profile."""

_COLOURS = ("#D55E00", "#E69F00", "#0072B2", "#009E73")

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the exact curves, and the networks of each depth.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`.
    backend : {"numpy", "cupy"}
        Where to draw the networks.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:2]
    ['curves', 'simulation/depth-1']
    """
    simulated = {"step": "simulation", "backend": backend, **parameters}
    weights = 25e-9 * parameters["networks"] * parameters["width"] ** 2
    return [
        Cell("curves", {"step": "curves", **parameters}, seconds=0.1),
        *(
            Cell(f"simulation/depth-{depth}", {"depth": depth, **simulated}, weights * depth)
            for depth in parameters["simulated_depths"]
        ),
    ]


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step" says which it is.
    rng : numpy.random.Generator
        Used by the networks.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``temperature`` (4,), ``depth`` (n,), ``by_depth`` (4, n), ``width`` (m,), ``chosen_depth`` (4,),
        ``by_width`` (4, m). "simulation": ``depth``, ``scale`` and ``error`` (4,), one a temperature; ``networks``.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> curves["by_depth"][2, [0, -1]].round(3)
    array([0.032, 0.983])
    """
    return _STEPS[parameters["step"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: against depth, against width, and the end-to-end gain.

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
    >>> len(plot(store.load(store.REFERENCE, "kl-optimal-scale-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.2))
    by_depth, by_width, gain = figure.subplots(1, 3)
    _depth_panel(by_depth, data)
    for row, depth, colour in zip(
        data["curves.by_width"], data["curves.chosen_depth"], _COLOURS, strict=True
    ):
        by_width.plot(data["curves.width"], row, color=colour, label=f"$L = {depth}$")
    by_width.set(xscale="log", yscale="log", xlabel="width", title="(b) $T = 0.001$")
    for row, colour in zip(data["curves.by_depth"], _COLOURS, strict=True):
        gain.plot(data["curves.depth"], row ** data["curves.depth"], color=colour)
    gain.set(yscale="log", xlabel="depth $L$", ylabel="gain over He's", title="(c) end to end")
    for axes in (by_depth, by_width, gain):
        axes.axhline(1, color="0.2", linewidth=0.9, linestyle="--")
    by_width.legend(loc="lower right")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    temperature, width = np.array(parameters["temperatures"]), parameters["width"]
    depths, chosen = parameters["depths"], parameters["chosen_depths"]
    by_depth = [optimal_scale([width] * (depth + 1), temperature, width) for depth in depths]
    by_width = [
        [
            optimal_scale([n] * (depth + 1), parameters["temperature"], n)
            for n in parameters["widths"]
        ]
        for depth in chosen
    ]
    return {
        "temperature": temperature,
        "depth": np.array(depths),
        "by_depth": np.array(by_depth).T,
        "width": np.array(parameters["widths"]),
        "chosen_depth": np.array(chosen),
        "by_width": np.array(by_width),
    }


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Minimise power c^L/2 - (T K/2) log c, the power of networks with He's variances measured."""
    width, depth = parameters["width"], parameters["depth"]
    outputs = network_outputs(
        widths=(width,) * (depth + 1),
        variances=2 / width,
        activation=relu(),
        inputs=np.ones((1, width)),
        replicates=parameters["networks"],
        rng=rng,
        backend=parameters["backend"],
    )
    power = np.einsum("ncu,ncu->n", outputs, outputs)
    weight = np.array(parameters["temperatures"]) * depth * width**2
    logarithm = np.linspace(-12, 12, 48_001) / depth
    bound = power.mean() * np.exp(depth * logarithm) / 2 - weight[:, None] / 2 * logarithm
    scale = np.exp(logarithm[np.argmin(bound, axis=1)])
    relative = power.std(ddof=1) / power.mean() / np.sqrt(power.size)
    return {
        "depth": np.asarray(depth),
        "scale": scale,
        "error": scale * relative / depth,
        "networks": np.asarray(parameters["networks"]),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _depth_panel(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    rows = zip(data["curves.temperature"], data["curves.by_depth"], _COLOURS, strict=True)
    for index, (temperature, row, colour) in enumerate(rows):
        axes.plot(data["curves.depth"], row, color=colour, label=f"$T = {temperature:g}$")
        axes.errorbar(
            data["simulation.depth"],
            data["simulation.scale"][:, index],
            BARS * data["simulation.error"][:, index],
            fmt="o",
            color=colour,
            markerfacecolor="white",
            markeredgewidth=0.9,
            elinewidth=0.9,
            zorder=3,
        )
    axes.set(xscale="log", yscale="log", xlabel="depth $L$", ylabel="scale $c^*$")
    axes.set(title="(a) width 64")
    axes.legend(loc="lower right")


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        "Variances $c^*\\cdot 2/n$, ReLU, equal widths, $|x|^2 = n$; dashed: He. Markers: bound minimised on a grid, "
        f"output power of {int(data['simulation.networks'][0]):,} networks,\nevery weight drawn; bars ±{BARS} s.e. "
        "Per layer the condition tends to He's; the end-to-end gain does not."
    )
