"""The heat maps of Hu, Xiao & Pennington: which depths and widths train, from orthogonal and from Gaussian weights.

The orthogonal half goes through the exact reduction at every size. The Gaussian half needs every weight, hours of a
core for the largest nets: nets of m^2 L > ``gaussian_weights`` are left out here, and drawn so. All of them run, with
their cost said first, by ``python -m numerics.experiments --profile full --half gaussian``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from numerics.experiments import hxp, hxp_nets
from numerics.experiments.hxp_maps import maps
from numerics.sweep import Cell
from theory.deep_linear import contraction_factor, required_width

__all__ = ["HALVES", "PARAMETERS", "STUCK", "cells", "compute", "outcomes", "plot"]

PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "quick": dict(hxp.PARAMETERS["quick"]) | {"gaussian_weights": 200_000},
        "full": dict(hxp.PARAMETERS["full"]) | {"gaussian_weights": 35_000_000},
    }
)
"""Parameters of each profile."""

HALVES = ("orthogonal", "gaussian")
"""The two initialisations, a row of the figure each."""

STUCK = 0.5
"""A net that has kept more than this share of its first loss is a class of its own."""

_DEEPEST = -16.0  # of the colours: below, the ratio says more of rounding than of training
_CLASSES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        f"stuck: loss above {STUCK:g} of the first": {"color": "0.72"},
        "diverged": {"color": "#CC79A7"},
        "not computed": {"facecolor": "white", "edgecolor": "0.7", "hatch": "////"},
    }
)
_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the theorem's numbers, orthogonal nets by depth, Gaussian ones by depth and width.

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
    ['curves', 'orthogonal/depth-100']
    """
    listed = [Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1)]
    shared = {name: value for name, value in parameters.items() if name != "gaussian_weights"}
    for half in HALVES:
        for cell in hxp.cells(shared, backend, initialisations=(half,)):
            if half == "orthogonal" or _weights(cell) <= parameters["gaussian_weights"]:
                key = cell.key.replace("-", "/", 1)
                listed.append(Cell(key, cell.parameters, cell.seconds, cell.bytes))
    return listed


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step_kind" marks the theorem's numbers.
    rng : numpy.random.Generator
        Source of the initial weights.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``width``, ``depth`` and ``time`` of the maps, ``bound`` (times,), log10 of the theorem's bound on the
        ratio of losses, were its hypotheses met, the same at every depth; ``required_width`` with C = 1 and delta =
        1/2, ``input_dim``, ``fraction``, ``seeds`` and ``gaussian_weights``.
        The others: as `numerics.experiments.hxp_nets.compute`.

    Examples
    --------
    >>> compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)["bound"].round(1)
    array([ -9. , -71.3])
    """
    if parameters.get("step_kind") != "curves":
        return hxp_nets.compute(parameters, rng)
    data = hxp_nets.problem(parameters)
    rate = hxp_nets.learning_rate(parameters, data, depth=1)  # eta L does not depend on the depth
    factor = contraction_factor(rate, 1, data.singular_values[-1], data.out_dim)
    target_norm = np.linalg.norm(data.minimiser, 2)
    width = required_width(data.singular_values, target_norm, data.out_dim, 0.5)
    return {
        "width": np.array(parameters["widths"]),
        "depth": np.array(parameters["depths"]),
        "time": np.array(parameters["times"]),
        "bound": np.array(parameters["times"]) * np.log10(factor),
        "required_width": np.asarray(width),
        "input_dim": np.asarray(data.in_dim),
        "fraction": np.asarray(parameters["fraction"]),
        "seeds": np.asarray(parameters["seeds"]),
        "gaussian_weights": np.asarray(parameters["gaussian_weights"]),
    }


def outcomes(data: Mapping[str, np.ndarray], half: str) -> _Arrays:
    """Maps of one initialisation from the stored arrays.

    Parameters
    ----------
    data : mapping of str to numpy.ndarray
        The arrays of all cells.
    half : {"orthogonal", "gaussian"}
        Which initialisation.

    Returns
    -------
    dict of str to numpy.ndarray
        ``log_ratio`` (times, depths, widths), the median over seeds of log10 l(t)/l(0), and of the same shape, bool and
        exclusive, ``missing``, ``diverged`` and ``stuck``.

    Examples
    --------
    >>> from figures import store
    >>> data = store.load(store.REFERENCE, "hxp-heat-maps-full").arrays
    >>> bool(outcomes(data, "orthogonal")["missing"].any())
    False
    """
    names = ("steps", "losses", "widths", "depths", "diverged_at")
    stored = {name: data[f"{half}.{name}"] for name in names}
    results = {
        str(index): {name: values[index] for name, values in stored.items()}
        for index in range(len(stored["steps"]))
    }
    grid = {
        "times": data["curves.time"],
        "depths": data["curves.depth"].tolist(),
        "widths": data["curves.width"].tolist(),
        "seeds": int(data["curves.seeds"]),
    }
    ratio = np.median(maps(grid, results)["log_ratio"], axis=-1)
    missing, diverged = np.isnan(ratio), np.isposinf(ratio)
    stuck = ~missing & ~diverged & (ratio > np.log10(STUCK))
    return {"log_ratio": ratio, "missing": missing, "diverged": diverged, "stuck": stuck}


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a row for each initialisation, a column for each time.

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
    >>> len(plot(store.load(store.REFERENCE, "hxp-heat-maps-full").arrays).axes)
    5
    """
    figure = Figure(figsize=(7.2, 6.2))
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for row, half in zip(panels, HALVES, strict=True):
        found = outcomes(data, half)
        for column, (axes, time) in enumerate(zip(row, data["curves.time"], strict=True)):
            each = {name: values[column] for name, values in found.items()}
            mesh = _panel(axes, data["curves.depth"], data["curves.width"], each)
            letter = "abcd"[2 * HALVES.index(half) + column]
            axes.set_title(f"({letter}) {half.capitalize()}, {time:,} steps")
        row[0].set(ylabel="width $m$")
    for axes in panels[1]:
        axes.set(xlabel="depth $L$")
    bar = figure.colorbar(mesh, ax=panels, extend="min", aspect=40, pad=0.02)
    bar.set_label(r"$\log_{10}\,\ell(t)/\ell(0)$")
    handles = [Patch(label=name, **style) for name, style in _CLASSES.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _weights(cell: Cell) -> int:
    """About the number of weights of a net, and its cost."""
    return int(cell.parameters["width"] ** 2 * cell.parameters["depth"])


def _edges(values: np.ndarray) -> np.ndarray:
    """Borders of cells centred, in the logarithm, on increasing values."""
    inner = np.sqrt(values[1:] * values[:-1])
    return np.array([values[0] ** 2 / inner[0], *inner, values[-1] ** 2 / inner[-1]])


def _panel(
    axes: Axes, depth: np.ndarray, width: np.ndarray, found: Mapping[str, np.ndarray]
) -> QuadMesh:
    """Colours for ratios, and one flat colour for each class."""
    edges = _edges(depth), _edges(width)
    plain = ~(found["missing"] | found["diverged"] | found["stuck"])
    styles = dict(zip(("stuck", "diverged", "missing"), _CLASSES.values(), strict=True))
    for name in ("stuck", "diverged"):
        flat = np.where(found[name], 1.0, np.nan).T
        axes.pcolormesh(*edges, flat, cmap=ListedColormap([styles[name]["color"]]))
    _hatch(axes, edges, found["missing"].T)
    ratios = np.where(plain, found["log_ratio"], np.nan).T
    mesh = axes.pcolormesh(*edges, ratios, cmap="viridis", vmin=_DEEPEST, vmax=0)
    axes.set(xscale="log", yscale="log", xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    both = np.array([max(low[0] for low in edges), min(high[-1] for high in edges)])
    outline = [withStroke(linewidth=2.2, foreground="0.25")]  # legible on every colour
    axes.plot(both, both, color="white", linewidth=1.1, linestyle="--", path_effects=outline)
    return mesh


def _hatch(axes: Axes, edges: tuple[np.ndarray, np.ndarray], missing: np.ndarray) -> None:
    """Hatch the cells that were not computed."""
    if missing.any():
        filled = np.ma.masked_where(~missing, np.zeros(missing.shape))
        white = ListedColormap(["white"])
        axes.pcolor(*edges, filled, cmap=white, hatch="////", edgecolor="0.7", linewidth=0)


def _note(data: Mapping[str, np.ndarray]) -> str:
    given = {name: data[f"curves.{name}"].max() for name in _NOTED}
    seeds = int(given["seeds"])
    over = "One seed" if seeds == 1 else f"Median over {seeds} seeds"
    return (
        rf"{over}; $\eta = {given['fraction']:g}\,d_y/(2L|X|^2)$ for both, our choice; dashed: $L = m$. "
        rf"Gaussian nets of $m^2 L$ above {int(given['gaussian_weights']):,} were left out."
        "\n"
        rf"{_hypothesis(data)}, and its width "
        rf"condition at $\delta = 1/2$ would need $C \leq {given['width'] / given['required_width']:.2f}$."
        "\nThe maps illustrate Theorem 4.1, they do not instantiate it; were it to apply, the ratio would be at most "
        rf"$10^{{{given['bound']:.1f}}}$ after {data['curves.time'].min():,} steps."
    )


_NOTED = ("bound", "fraction", "gaussian_weights", "seeds", "width", "required_width")


def _hypothesis(data: Mapping[str, np.ndarray]) -> str:
    """Which nets meet m >= d_x."""
    in_dim, width = int(data["curves.input_dim"]), data["curves.width"]
    met = width[width >= in_dim]
    if met.size:
        return rf"$d_x = {in_dim}$: only widths from {met.min()} on meet the theorem's $m \geq d_x$"
    return rf"$d_x = {in_dim}$ exceeds every width: no net meets the theorem's $m \geq d_x$"
