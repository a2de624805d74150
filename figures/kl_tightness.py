"""How far the optimal loss bound lies above the stationary loss, against the condition number of the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics.langevin import langevin
from numerics.sweep import Cell
from theory.kl_bound import tightness

__all__ = ["PARAMETERS", "SPECTRA", "cells", "compute", "plot"]

SPECTRA: Mapping[str, Callable[[float, int], np.ndarray]] = MappingProxyType(
    {
        "two values, half each": lambda k, n: np.where(np.arange(n) < n // 2, 1.0, k),
        "equal ratios": lambda k, n: np.geomspace(1.0, k, n),
        "equal steps": lambda k, n: np.linspace(1.0, k, n),
        "one stiff direction": lambda k, n: np.where(np.arange(n) < n - 1, 1.0, k),
    }
)
"""Curvatures from 1 to the condition number, by name."""

_COMMON = {
    "parameters": 100,
    "condition": [float(x) for x in np.geomspace(1.0, 1e4, 41)],
    "simulated_condition": [1.0, 3.0, 10.0, 30.0],
    "temperature": 0.5,
    "stiffness": 0.15,
    "relaxations": 6.0,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 200}, "full": _COMMON | {"networks": 4000}}
)
"""Parameters of each profile; `networks` chains a point, time steps of `stiffness` over the largest curvature."""

_SIMULATED = "equal ratios"

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:  # noqa: ARG001
    """List the pieces to compute: the exact curves, and the chains of each condition number.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`.
    backend : {"numpy", "cupy"}
        Ignored: the chains are short.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")][:2]
    ['curves', 'simulation/condition-1']
    """
    drawn = parameters["networks"] * parameters["parameters"] * 40e-9
    simulated = {"step_kind": "simulation", **parameters}
    return [
        Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1),
        *(
            Cell(
                f"simulation/condition-{k:g}",
                {"chosen": k, **simulated},
                drawn * _steps(k, parameters),
            )
            for k in parameters["simulated_condition"]
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
        "curves": ``condition`` (n,), ``tightness`` (4, n), a row for each of `SPECTRA`. "simulation": ``condition``,
        ``tightness`` and ``error``, the bound at the measured second moment over the measured loss; ``networks``.

    Examples
    --------
    >>> compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)["tightness"][:, -1].round(2)
    array([4.91, 3.42, 4.61, 1.08])
    """
    return _STEPS[parameters["step_kind"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone.

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
    >>> len(plot(store.load(store.REFERENCE, "kl-tightness-full").arrays).axes)
    1
    """
    figure = Figure(figsize=(4.4, 3.6))
    axes = figure.add_subplot()
    for name, row in zip(SPECTRA, data["curves.tightness"], strict=True):
        axes.plot(data["curves.condition"], row, label=name)
    axes.errorbar(
        data["simulation.condition"],
        data["simulation.tightness"],
        BARS * data["simulation.error"],
        fmt="o",
        color="0.15",
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        label=f"simulated, {_SIMULATED}",
        zorder=3,
    )
    axes.axhline(1, color="0.2", linewidth=0.9, linestyle="--")
    axes.set(xscale="log", xlabel="condition number of the Hessian")
    axes.set(ylabel="optimal bound over stationary loss")
    axes.legend(loc="upper left")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _steps(condition: float, parameters: Mapping[str, Any]) -> int:
    """Time steps until the flattest direction has relaxed."""
    return round(parameters["relaxations"] * condition / parameters["stiffness"])


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    condition, size = parameters["condition"], parameters["parameters"]
    rows = [[tightness(1 / make(k, size)) for k in condition] for make in SPECTRA.values()]
    return {"condition": np.array(condition), "tightness": np.array(rows)}


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    condition, temperature = parameters["chosen"], parameters["temperature"]
    curvature = SPECTRA[_SIMULATED](condition, parameters["parameters"])
    state = langevin(
        gradient=lambda w: w * curvature,
        initial=rng.standard_normal((parameters["networks"], curvature.size)),
        temperature=temperature,
        step=parameters["stiffness"] / condition,
        steps=_steps(condition, parameters),
        rng=rng,
    )[-1]
    squares = state**2
    power, loss = squares.mean(axis=1), squares @ curvature / (2 * curvature.size)
    log_prefactor = np.mean(np.log(curvature / (2 * np.pi * temperature)))
    bound = temperature / 2 * (np.log(2 * np.pi * np.e * power.mean()) + log_prefactor)
    # the ratio's error to first order in both means
    influence = temperature / 2 * power / power.mean() - bound * loss / loss.mean()
    error = influence.std(ddof=1) / loss.mean() / np.sqrt(loss.size)
    return {
        "condition": np.asarray(condition),
        "tightness": np.asarray(bound / loss.mean()),
        "error": np.asarray(error),
        "networks": np.asarray(parameters["networks"]),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        "$1 + \\log(AM/GM)$ of 100 stationary variances, isotropic noise.\nMarkers: bound at the measured moment "
        f"over the measured loss,\n{int(data['simulation.networks'][0]):,} chains a point; bars ±{BARS} s.e."
    )
