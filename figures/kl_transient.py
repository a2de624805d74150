"""The bound on the loss at every time against simulation: deep linear nets without weight decay.

No stationary law exists there, so the paper's bound says nothing; the transient bound needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics.activations import linear
from numerics.flat_weights import draw_weights, parameters
from numerics.langevin import langevin
from numerics.small_networks import NetworkLoss
from numerics.sweep import Cell
from theory.kl_bound import expected_initial_loss, second_moment_bound, transient_bound

__all__ = ["PARAMETERS", "cells", "compute", "plot"]

_COMMON = {
    "widths": [3, 4, 4, 2],
    "examples": 6,
    "temperature": 0.02,
    "variances": [0.02, 0.2, 0.6],
    "step": 0.002,
    "recorded": [0, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 3200],
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 400}, "full": _COMMON | {"networks": 10_000}}
)
"""Parameters of each profile."""

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:  # noqa: ARG001
    """List the pieces to compute: the closed bound, and the chains of each initial variance.

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
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:2]
    ['curves', 'simulation/variance-0.02']
    """
    seconds = 2.5e-6 * parameters["networks"] * parameters["recorded"][-1]
    simulated = {"step_kind": "simulation", **parameters}
    return [
        Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1),
        *(
            Cell(f"simulation/variance-{s0:g}", {"variance": s0, **simulated}, seconds)
            for s0 in parameters["variances"]
        ),
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
        "curves": ``variance`` and ``initial_loss`` (3,), ``time`` (n,), ``bound`` (3, n), closed by the bound on the
        second moment.
        "simulation": ``time``, ``loss``, ``error``, ``second_moment``, ``bound`` and ``bound_error`` (m,), the bound
        with the measured second moment; ``networks``.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> bool(np.all(np.diff(curves["bound"], axis=1) > 0))
    True
    """
    return _STEPS[parameters["step_kind"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a panel for each initial variance.

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
    >>> len(plot(store.load(store.REFERENCE, "kl-transient-full").arrays).axes)
    3
    """
    figure = Figure(figsize=(7.2, 3.2))
    row = figure.subplots(1, 3)
    for index, axes in enumerate(row):
        _panel(axes, data, index)
        axes.set(
            xlabel="time $t$", title=f"({'abc'[index]}) $s_0 = {data['curves.variance'][index]:g}$"
        )
    row[0].set(ylabel="expected loss")
    row[0].legend(loc="upper left")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _inputs(parameters: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """A fixed small regression problem: smooth inputs, weak targets that are linear in them."""
    angle = np.arange(parameters["examples"])[:, None] * np.array([1.0, 2.0, 3.0]) + 0.5
    inputs = np.sqrt(2) * np.cos(angle)
    return inputs, 0.3 * np.stack([inputs[:, 0] - inputs[:, 1], inputs[:, 2]], axis=1)


def _powers(parameters: Mapping[str, Any]) -> tuple[float, float]:
    """Mean |x|^2 and mean |y|^2."""
    inputs, targets = _inputs(parameters)
    return float(np.mean(np.sum(inputs**2, axis=1))), float(np.mean(np.sum(targets**2, axis=1)))


def _initial_loss(s0: float, parameters: Mapping[str, Any]) -> float:
    powers = _powers(parameters)
    return float(expected_initial_loss(parameters["widths"], s0, *powers, activation="linear"))


def _curves(given: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    size, depth = parameters(given["widths"]), len(given["widths"]) - 1
    time = np.geomspace(given["step"], given["step"] * given["recorded"][-1], 60)
    target_power, temperature = _powers(given)[1], given["temperature"]
    rows = []
    for s0 in given["variances"]:
        moment = second_moment_bound(time, s0, temperature, size, depth, target_power)
        rows.append(transient_bound(_initial_loss(s0, given), s0, moment, temperature, size))
    return {
        "variance": np.array(given["variances"]),
        "time": time,
        "bound": np.array(rows),
        "initial_loss": np.array([_initial_loss(s0, given) for s0 in given["variances"]]),
    }


def _simulation(given: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    s0, temperature, recorded = given["variance"], given["temperature"], given["recorded"]
    problem = NetworkLoss(tuple(given["widths"]), linear(), *_inputs(given))
    states = langevin(
        gradient=problem.gradients,
        initial=draw_weights(
            widths=given["widths"], variances=s0, chains=given["networks"], rng=rng
        ),
        temperature=temperature,
        step=given["step"],
        steps=recorded[-1],
        rng=rng,
        record=recorded,
    )
    losses = np.array([problem.losses(state) for state in states])
    squares = np.sum(states**2, axis=2)
    moment = squares.mean(axis=1)
    spread = squares.std(axis=1, ddof=1) / np.sqrt(squares.shape[1]) / moment
    bound = transient_bound(_initial_loss(s0, given), s0, moment, temperature, problem.parameters)
    return {
        "time": given["step"] * np.array(recorded),
        "loss": losses.mean(axis=1),
        "error": losses.std(axis=1, ddof=1) / np.sqrt(losses.shape[1]),
        "second_moment": moment,
        "bound": np.asarray(bound),
        "bound_error": problem.parameters * temperature / 2 * spread,
        "networks": np.asarray(given["networks"]),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _panel(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    axes.plot(data["curves.time"], data["curves.bound"][index], "--", label="bound, closed")
    time = data["simulation.time"][index]
    later = time > 0
    axes.plot(
        time[later],
        data["simulation.bound"][index][later],
        color="#0072B2",
        label=r"bound, measured $|W|^2$",
    )
    axes.errorbar(
        time[later],
        data["simulation.loss"][index][later],
        BARS * data["simulation.error"][index][later],
        fmt="o",
        color="0.15",
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        label="simulated loss",
        zorder=3,
    )
    axes.axhline(data["curves.initial_loss"][index], color="0.6", linewidth=0.7, linestyle=":")
    axes.set(xscale="log", ylim=(0, None))


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        "Deep linear nets 3-4-4-2 without weight decay, half-squared loss on six examples, $T = 0.02$; "
        f"{int(data['simulation.networks'][0]):,} Langevin chains a panel; bars ±{BARS} s.e.\n"
        "Dotted: expected loss at initialisation. Closed: the second moment bounded too, by widths, $T$ and targets."
    )
