"""Predicted against simulated quantiles of the log-norm by layer: what a choice of weight variance does to a network.

ReLU, width 64, under LeCun's variance 1/d, He's 2/d, the one that preserves order s = 1, and the zero-drift one. The
predictions are exact quantiles of the law of log(|x_k|/|x_0|); a variance only shifts them, by k log(sigma).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics import propagation
from numerics.activations import relu
from numerics.sweep import Cell
from theory.fractional_moments import weight_variance, zero_drift_variance
from theory.norm_law import NormLaw

__all__ = ["PARAMETERS", "SCHEMES", "WIDTH", "cells", "compute", "plot"]

SCHEMES = ("lecun", "he", "order-1", "zero-drift")
"""Keys of the schemes, in the order of the panels."""

WIDTH = 64
"""Of every layer."""

_COMMON = {
    "width": WIDTH,
    "predicted_layers": [*range(1, 10), *range(10, 101, 5)],
    "simulated_layers": list(range(10, 101, 10)),
    "levels": [0.05, 0.25, 0.5, 0.75, 0.95],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 1000}, "full": _COMMON | {"networks": 3000}}
)
"""Parameters of each profile."""

_COLOURS = ("#D55E00", "#CC79A7", "#E69F00", "#0072B2")
_TITLES = ("(a) LeCun", "(b) He", "(c) order $s = 1$", "(d) zero drift")

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the exact quantiles, and the simulation of each scheme.

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
    ['curves', 'simulation/lecun', 'simulation/he']
    """
    predicted = len(parameters["predicted_layers"])
    curves = Cell("curves", {"step": "curves", **parameters}, seconds=0.1 * predicted)
    variances = _variances(parameters["width"])
    made = propagation.plan(
        widths=_widths(parameters), activation=relu(), replicates=parameters["networks"]
    )
    size = made.bytes + 16 * parameters["networks"] * max(parameters["simulated_layers"])
    drawn = {"step": "simulation", "backend": backend, **parameters}
    return [
        curves,
        *(
            Cell(f"simulation/{name}", {"variance": variance, **drawn}, made.seconds, size)
            for name, variance in zip(SCHEMES, variances, strict=True)
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
        "curves": ``layer`` (n,), ``level`` (q,), ``variance`` (4,), ``drift`` (4,) per layer, ``quantile``
        (4, n, q). "simulation": ``layer`` (m,), ``quantile``, ``low`` and ``high`` (m, q): order statistics, and
        those `BARS` standard errors of their rank below and above; ``networks``.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> print(" ".join(f"{value:.4f}" for value in curves["drift"][1:]))
    -0.0201 -0.0102 0.0000
    """
    return _STEPS[parameters["step"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a panel for each scheme.

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
    >>> len(plot(store.load(store.REFERENCE, "fm-layer-quantiles-full").arrays).axes)
    4
    """
    figure = Figure(figsize=(7.2, 3.2))
    row = figure.subplots(1, 4)
    for index, axes in enumerate(row):
        _panel(axes, data, index)
        axes.set(xlabel="layer $k$")
    for axes in row[2:]:
        axes.sharey(row[1])
    row[0].set(ylabel=r"$\log\,(|x_k|/|x_0|)$")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _variances(width: int) -> list[float]:
    chosen = 1 / width, 2 / width, weight_variance(1.0, width), zero_drift_variance(width)
    return [float(variance) for variance in chosen]


def _widths(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    depth = int(max(parameters["simulated_layers"]))
    return (int(parameters["width"]),) * (depth + 1)


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    width, level = parameters["width"], np.array(parameters["levels"])
    layer, variance = np.array(parameters["predicted_layers"]), np.array(_variances(width))
    unscaled = np.stack([NormLaw(width, int(depth), 1.0).log.ppf(level) for depth in layer])
    shift = np.multiply.outer(np.log(variance) / 2, layer)
    drift = [NormLaw(width, 1, each).log.mean() for each in variance]
    return {
        "layer": layer,
        "level": level,
        "variance": variance,
        "drift": np.array(drift),
        "quantile": unscaled + shift[:, :, None],
    }


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    layer, level = np.array(parameters["simulated_layers"]), np.array(parameters["levels"])
    log_norm = propagation.log_norms(
        widths=_widths(parameters),
        variances=parameters["variance"],
        activation=relu(),
        replicates=parameters["networks"],
        rng=rng,
        backend=parameters["backend"],
    )
    ordered, size = np.sort(log_norm[layer - 1], axis=1), parameters["networks"]
    wide = BARS * np.sqrt(size * level * (1 - level))
    ranks = {"quantile": size * level, "low": size * level - wide, "high": size * level + wide}
    made = {name: ordered[:, _index(rank, size)] for name, rank in ranks.items()}
    return made | {"layer": layer, "networks": np.asarray(size)}


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _index(rank: np.ndarray, size: int) -> np.ndarray:
    return np.clip(np.round(rank - 0.5), 0, size - 1).astype(int)


def _panel(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    layer, colour = np.append(0, data["curves.layer"]), _COLOURS[index]
    exact = np.vstack([np.zeros(data["curves.level"].size), data["curves.quantile"][index]])
    for low, high, alpha in ((0, 4, 0.18), (1, 3, 0.3)):
        axes.fill_between(
            layer, exact[:, low], exact[:, high], color=colour, alpha=alpha, linewidth=0
        )
    axes.plot(layer, exact[:, 2], color=colour)
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    middle, low, high = (data[f"simulation.{name}"][index] for name in ("quantile", "low", "high"))
    for column in range(middle.shape[1]):
        _points(axes, data["simulation.layer"][index], *(e[:, column] for e in (middle, low, high)))
    scale, drift = data["curves.variance"][index] * WIDTH, data["curves.drift"][index]
    axes.set_title(
        f"{_TITLES[index]}\n$\\sigma^2 = {scale:.3f}/d$\ndrift ${drift.round(4) + 0:.4f}$"
    )


def _points(
    axes: Axes, layer: np.ndarray, middle: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    axes.errorbar(
        layer,
        middle,
        [middle - low, high - middle],
        fmt="o",
        color="0.15",
        markersize=2.4,
        markerfacecolor="white",
        markeredgewidth=0.7,
        elinewidth=0.7,
        zorder=3,
    )


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        "Line and shades: exact median, middle 50 % and 90 %. Markers: the five quantiles of "
        f"{int(data['simulation.networks'][0]):,} networks a scheme, every weight drawn; bars ±{BARS} s.e.\n"
        "ReLU, width 64; drift: mean step of the log-norm. Mind the axis of (a): every layer loses half of the power."
    )
