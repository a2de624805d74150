"""Which weight variance each theory prescribes for one network: a map of schemes by layers.

The paper's own optimum, E_ss|W_l|^2/K_l, needs the stationary law and is measured in Langevin chains with weight decay;
all the others are closed forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics.activations import relu
from numerics.flat_weights import draw_weights, unflatten
from numerics.langevin import langevin
from numerics.small_networks import NetworkLoss
from numerics.sweep import Cell
from theory.fractional_moments import weight_variance, zero_drift_variance
from theory.kl_bound import (
    expected_output_power,
    optimal_initial_variance,
    optimal_scale,
    optimal_variances,
)

__all__ = ["PARAMETERS", "SCHEMES", "cells", "compute", "plot"]

_COMMON = {
    "widths": [8, 16, 12, 3],
    "examples": 8,
    "temperature": 0.01,
    "weight_decay": 0.1,
    "step": 0.02,
    "steps": 2500,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 60}, "full": _COMMON | {"networks": 1000}}
)
"""Parameters of each profile."""

_HIDDEN, _OUTPUT = "relu", "linear"  # no activation on the output
_GAIN = MappingProxyType({_HIDDEN: 2.0, _OUTPUT: 1.0})

_Arrays = dict[str, np.ndarray]
_Layers = Callable[[Mapping[str, Any]], np.ndarray]


def _by_layer(variance: Callable[[int, int, str], Any]) -> _Layers:
    """A scheme that looks at one layer at a time: fan_in, fan_out, activation."""

    def layers(parameters: Mapping[str, Any]) -> np.ndarray:
        widths = parameters["widths"]
        after = [_HIDDEN] * (len(widths) - 2) + [_OUTPUT]
        rows = zip(widths[:-1], widths[1:], after, strict=True)
        return np.array([float(variance(*row)) for row in rows])

    return layers


def _shared(parameters: Mapping[str, Any]) -> np.ndarray:
    power = _input_power(parameters)
    scale = optimal_scale(parameters["widths"], parameters["temperature"], power)
    return np.asarray(scale * 2 / np.array(parameters["widths"][:-1]))


def _decayed(parameters: Mapping[str, Any]) -> np.ndarray:
    names = ("widths", "temperature", "weight_decay")
    return optimal_variances(*(parameters[x] for x in names), _input_power(parameters))


SCHEMES: Mapping[str, _Layers] = MappingProxyType(
    {
        "He, every layer": _by_layer(lambda fan_in, fan_out, phi: 2 / fan_in),
        r"order $s = 2$": _by_layer(lambda i, o, phi: weight_variance(2.0, i, o, phi)),
        r"order $s = 1$": _by_layer(lambda i, o, phi: weight_variance(1.0, i, o, phi)),
        "zero drift": _by_layer(lambda i, o, phi: zero_drift_variance(o, phi) * o / i),
        "orthogonal": _by_layer(lambda i, o, phi: _GAIN[phi] / max(i, o)),
        "KL, forward: shared scale $c^*$": _shared,
        "KL, forward: by layer, weight decay": _decayed,
    }
)
"""Closed forms: parameters -> the variance of each layer."""

_MEASURED = "KL, paper: by layer, measured"


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:  # noqa: ARG001
    """List the pieces to compute: the closed forms, and the chains.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`.
    backend : {"numpy", "cupy"}
        Ignored: the nets are small.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")]
    ['curves', 'simulation']
    """
    seconds = 2e-5 * parameters["networks"] * parameters["steps"]
    return [
        Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1),
        Cell("simulation", {"step_kind": "simulation", **parameters}, seconds),
    ]


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step_kind" says which it is.
    rng : numpy.random.Generator
        Used by the chains.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``widths`` (L + 1,), ``variance`` (7, L), a row for each of `SCHEMES`, ``gain`` (7,) end to end.
        "simulation": ``variance`` and ``error`` (L,), mean square of the stationary weights, ``gain``; ``networks``.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> (curves["variance"][0] * curves["widths"][:-1]).round(3)
    array([2., 2., 2.])
    """
    return _STEPS[parameters["step_kind"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the map from stored data alone: variance times fan_in by scheme and layer, and the gain.

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
    >>> len(plot(store.load(store.REFERENCE, "kl-variance-map-full").arrays).axes)
    2
    """
    figure = Figure(figsize=(7.0, 4.2))
    table, gains = figure.subplots(1, 2, width_ratios=(3, 1))
    widths = data["curves.widths"]
    names = [*SCHEMES, _MEASURED]
    scaled = np.vstack([data["curves.variance"], data["simulation.variance"]]) * widths[:-1]
    gain = np.append(data["curves.gain"], data["simulation.gain"])[:, None]
    _heat(table, scaled, [f"{a} to {b}" for a, b in pairwise(widths)])
    _heat(gains, gain, ["end to end"])
    table.set_yticks(range(len(names)), names)
    gains.set_yticks([])
    table.set_title(r"variance $\times$ fan_in")
    gains.set_title(r"$E|f(x)|^2/|x|^2$")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _problem(parameters: Mapping[str, Any]) -> NetworkLoss:
    """Fixed inputs with |x|^2 near their number of coordinates, weak targets; half-squared loss with weight decay."""
    widths, examples = parameters["widths"], np.arange(parameters["examples"])[:, None]
    inputs = np.sqrt(2) * np.cos(examples * np.arange(1, widths[0] + 1) + 0.5)
    targets = 0.5 * np.cos(examples * np.arange(1, widths[-1] + 1))
    return NetworkLoss(
        tuple(widths), relu(), inputs, targets, weight_decay=parameters["weight_decay"]
    )


def _input_power(parameters: Mapping[str, Any]) -> float:
    return float(np.mean(np.sum(_problem(parameters).inputs ** 2, axis=1)))


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    variance = np.stack([scheme(parameters) for scheme in SCHEMES.values()])
    return {
        "widths": np.array(parameters["widths"]),
        "variance": variance,
        "gain": np.asarray(expected_output_power(parameters["widths"], variance, 1.0)),
    }


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    problem, widths = _problem(parameters), parameters["widths"]
    state = langevin(
        gradient=problem.gradients,
        initial=draw_weights(widths=widths, variances=0.1, chains=parameters["networks"], rng=rng),
        temperature=parameters["temperature"],
        step=parameters["step"],
        steps=parameters["steps"],
        rng=rng,
    )[-1]
    squares = [np.sum(w**2, axis=(1, 2)) for w in unflatten(state, widths)]
    sizes = np.multiply(widths[:-1], widths[1:])
    variance = optimal_initial_variance([each.mean() for each in squares], sizes)
    error = [each.std(ddof=1) for each in squares] / np.sqrt(len(state)) / sizes
    return {
        "variance": np.asarray(variance),
        "error": error,
        "gain": np.asarray(expected_output_power(widths, variance, 1.0)),
        "networks": np.asarray(parameters["networks"]),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _heat(axes: Axes, values: np.ndarray, columns: list[str]) -> None:
    """Colours by the logarithm, white at 1; the numbers written in."""
    norm = TwoSlopeNorm(0.0, -1.5, 1.5)
    axes.imshow(np.log10(values), cmap="RdBu_r", norm=norm, aspect="auto", alpha=0.75)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=8.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _note(data: Mapping[str, np.ndarray]) -> str:
    relative = BARS * np.max(data["simulation.error"] / data["simulation.variance"])
    return (
        "ReLU, none on the output; $T = 0.01$, weight decay 0.1, half-squared loss on eight inputs, $|x|^2$ near 8. "
        f"Last row:\n{int(data['simulation.networks'])} Langevin chains, ±{100 * relative:.1f} % ({BARS} s.e.). "
        "Orders: root mean square of the units kept. Gain: of independent weights with these variances."
    )
