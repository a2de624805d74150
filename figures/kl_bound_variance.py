"""The loss bound of Horii & Has and both divergences against the initial standard deviation, with their optima.

A quadratic minimum of isotropic and of anisotropic curvature. The stationary loss is measured in chains of overdamped
Langevin dynamics started at several initial variances.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.drawing import BARS
from numerics.langevin import langevin
from numerics.sweep import Cell
from theory.kl_bound import (
    jeffreys_variance,
    kl_from_initial,
    kl_to_initial,
    loss_bound,
    optimal_initial_variance,
    virial_variance,
)

__all__ = ["CASES", "PARAMETERS", "cells", "compute", "plot"]

CASES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"isotropic": (3.0, 3.0), "anisotropic": (0.5, 20.0)}
)
"""Smallest and largest curvature; the others lie between at equal ratios."""

_COMMON = {
    "temperature": 0.1,
    "parameters": 20,
    "std": [float(x) for x in np.geomspace(0.05, 2.0, 121)],
    "simulated_std": [0.06, 0.15, 0.4, 1.0, 1.8],
    "step": 0.01,
    "time": 14.0,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"networks": 200}, "full": _COMMON | {"networks": 4000}}
)
"""Parameters of each profile; `networks` chains a point."""

_MARKS = (("virial", "#009E73", "HM"), ("jeffreys", "0.45", "Jeffreys"), ("paper", "#CC79A7", "AM"))

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:  # noqa: ARG001
    """List the pieces to compute: the exact curves, and the chains of each curvature.

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
    >>> [cell.key for cell in cells(PARAMETERS["quick"], "numpy")]
    ['curves', 'simulation/isotropic', 'simulation/anisotropic']
    """
    drawn = parameters["networks"] * parameters["parameters"] * len(parameters["simulated_std"])
    seconds = 40e-9 * drawn * parameters["time"] / parameters["step"]
    curves = Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1)
    simulated = {"step_kind": "simulation", **parameters}
    return [
        curves,
        *(Cell(f"simulation/{case}", {"case": case, **simulated}, seconds) for case in CASES),
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
        "curves": ``std`` (n,), ``bound``, ``to_initial``, ``from_initial`` (2, n), per parameter, the bound in units of
        T/2; ``paper``, ``virial``, ``jeffreys`` (2,), optimal standard deviations. "simulation": ``std``, ``loss`` and
        ``error`` (m,), in units of T/2 per parameter; ``networks``.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> curves["bound"].min(axis=1).round(2)
    array([1.  , 1.56])
    """
    return _STEPS[parameters["step_kind"]](parameters, rng)


def plot(data: Mapping[str, np.ndarray]) -> Figure:
    """Draw the figure from stored data alone: a column for each curvature.

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
    >>> len(plot(store.load(store.REFERENCE, "kl-bound-variance-full").arrays).axes)
    4
    """
    figure = Figure(figsize=(7.0, 5.2))
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    for index, case in enumerate(CASES):
        _bound_panel(grid[0, index], data, index)
        _divergence_panel(grid[1, index], data, index)
        low, high = CASES[case]
        curvature = f"$a = {low:g}$" if low == high else f"$a = {low:g}$ to ${high:g}$"
        grid[0, index].set_title(f"({'ab'[index]}) {case}, {curvature}")
        grid[1, index].set(xlabel=r"initial standard deviation $\sigma_0$")
    grid[0, 0].set(ylabel="loss per parameter, units of $T/2$")
    grid[1, 0].set(ylabel="divergence per parameter, nats")
    grid[0, 0].legend(loc="upper right")
    grid[1, 0].legend(loc="upper right")
    figure.supxlabel(_note(data), fontsize=7.5, color="0.3")
    return figure


def _curvature(case: str, parameters: Mapping[str, Any]) -> np.ndarray:
    return np.geomspace(*CASES[case], parameters["parameters"])


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    rows = [_case_curves(case, parameters) for case in CASES]
    curves = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return curves | {"std": np.array(parameters["std"])}


def _case_curves(case: str, parameters: Mapping[str, Any]) -> _Arrays:
    temperature, size = parameters["temperature"], parameters["parameters"]
    curvature, variance = _curvature(case, parameters), np.array(parameters["std"]) ** 2
    covariance = temperature / curvature
    log_prefactor = -np.sum(np.log(2 * np.pi * covariance)) / 2
    bound = loss_bound(variance, covariance.sum(), log_prefactor, temperature, size)
    return {
        "bound": np.asarray(bound / (temperature / 2)),
        "to_initial": np.asarray(kl_to_initial(covariance, variance) / size),
        "from_initial": np.asarray(kl_from_initial(covariance, variance) / size),
        "paper": np.sqrt(optimal_initial_variance(covariance.sum(), size)),
        "virial": np.sqrt(virial_variance(curvature, temperature)),
        "jeffreys": np.sqrt(jeffreys_variance(covariance)),
    }


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    curvature, std = _curvature(parameters["case"], parameters), parameters["simulated_std"]
    shape = (len(std), parameters["networks"], curvature.size)
    start = rng.standard_normal(shape) * np.array(std)[:, None, None]
    state = langevin(
        gradient=lambda w: w * curvature,
        initial=start.reshape(-1, curvature.size),
        temperature=parameters["temperature"],
        step=parameters["step"],
        steps=round(parameters["time"] / parameters["step"]),
        rng=rng,
    )
    losses = (state[-1] ** 2 @ curvature).reshape(shape[:2]) / curvature.size
    losses /= parameters["temperature"]
    error = losses.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    return {
        "std": np.array(std),
        "loss": losses.mean(axis=1),
        "error": error,
        "networks": np.asarray(parameters["networks"]),
    }


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _bound_panel(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    std = data["curves.std"]
    axes.plot(std, data["curves.bound"][index], color="#0072B2", label="bound (14)")
    axes.axhline(1, color="0.2", linewidth=0.9, linestyle="--", label="stationary loss, $T/2$")
    axes.errorbar(
        data["simulation.std"][index],
        data["simulation.loss"][index],
        BARS * data["simulation.error"][index],
        fmt="o",
        color="0.15",
        markerfacecolor="white",
        markeredgewidth=0.9,
        elinewidth=0.9,
        label="simulated",
        zorder=3,
    )
    _mark_optima(axes, data, index)
    axes.set(xscale="log", ylim=(0, 7))


def _divergence_panel(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    std = data["curves.std"]
    curves = (
        ("to_initial", "#CC79A7", r"KL$(p_{ss}\,\|\,p_0)$"),
        ("from_initial", "#009E73", r"KL$(p_0\,\|\,p_{ss})$"),
    )
    for name, colour, label in curves:
        axes.plot(std, data[f"curves.{name}"][index], color=colour, label=label)
    _mark_optima(axes, data, index)
    axes.set(xscale="log", ylim=(0, 3))


def _mark_optima(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    """Vertical lines at the optima; one where they coincide."""
    apart = np.ptp([data[f"curves.{name}"][index] for name, *_ in _MARKS]) > 1e-9
    for name, colour, text in _MARKS if apart else _MARKS[:1]:
        where = data[f"curves.{name}"][index]
        axes.axvline(where, color=colour if apart else "0.45", linewidth=0.8, linestyle=":")
        label = text if apart else "AM = HM"
        axes.annotate(
            label,
            (where, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, -2),
            textcoords="offset points",
            rotation=90,
            va="top",
            fontsize=7,
            color=colour if apart else "0.45",
        )


def _note(data: Mapping[str, np.ndarray]) -> str:
    return (
        f"$K = 20$, $T = 0.1$. Markers: overdamped Langevin chains, {int(data['simulation.networks'][0]):,} a point, "
        f"started at that $\\sigma_0$; bars ±{BARS} s.e.\n"
        "AM, HM: arithmetic and harmonic mean of the stationary variances; the paper's optimum and the forward one. "
        "The measured loss does not depend on $\\sigma_0$."
    )
