"""Exact and simulated laws of |x_depth|/|x_0|, scheme by scheme: the data of more than one figure.

A scheme is an activation and the order s whose moment the weights preserve. Its exact law is
`theory.norm_law.NormLaw`; networks are drawn from the definition, their log-norms kept as counts at the figure's
points, so that any histogram or empirical distribution function on these points can be drawn from a small file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from numerics import activations, propagation
from numerics.activations import Activation
from numerics.sweep import Cell
from theory.fractional_moments import weight_variance
from theory.norm_law import NormLaw

__all__ = ["ACTIVATIONS", "METHODS", "cells", "compute"]

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "linear": activations.linear(),
        "relu": activations.relu(),
        "leaky_relu": activations.leaky_relu(0.01),
    }
)
"""What the names of `theory` mean to a simulator."""

METHODS = ("matrix", "gaussian", "chi2")
"""Ways to draw a network (`numerics.propagation`); parameters of these names say how many networks to draw."""

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the exact laws, and the simulation of each scheme by each method.

    Parameters
    ----------
    parameters : mapping
        ``schemes``: pairs of activation and order; ``width``, ``depth``; ``variable``: "log-norm" or "norm";
        ``grid``: first point, last point and number of points; networks to draw under the names of `METHODS`.
    backend : {"numpy", "cupy"}
        Where to simulate.

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> small = {"schemes": [["relu", 2.0]], "width": 8, "depth": 3, "variable": "norm", "grid": [0, 2, 5]}
    >>> [cell.key for cell in cells({**small, "matrix": 10, "chi2": 100}, "numpy")]
    ['curves', 'matrix/relu-2', 'chi2/relu-2']
    """
    curves = Cell("curves", {"step": "curves", **parameters}, seconds=len(parameters["schemes"]))
    methods = [method for method in METHODS if method in parameters]
    pairs = ((method, scheme) for method in methods for scheme in parameters["schemes"])
    return [curves, *(_simulation_cell(parameters, *pair, backend) for pair in pairs)]


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
        "curves": ``x`` (n,); ``cdf``, ``pdf`` and, for the central limit's law of the same mean and variance,
        ``normal_cdf`` and ``normal_pdf`` (k, n); ``order``, ``slope``, ``variance`` (k,). A method: ``size`` and
        ``count`` (n,), how many networks were drawn and how many of them lie at or below each point.

    Examples
    --------
    >>> small = {"schemes": [["linear", 2.0]], "width": 2, "depth": 1, "variable": "norm", "grid": [0, 2, 3]}
    >>> curves, drawn = (compute(cell.parameters, np.random.default_rng(0))
    ...                  for cell in cells({**small, "chi2": 10_000}, "numpy"))
    >>> curves["cdf"].round(6)  # |x_1|^2 is exponential
    array([[0.      , 0.632121, 0.981684]])
    >>> bool(np.all(np.abs(drawn["count"] / drawn["size"] - curves["cdf"][0]) < 0.03))
    True
    """
    return _STEPS[parameters["step"]](parameters, rng)


def _simulation_cell(
    parameters: Mapping[str, Any], method: str, scheme: tuple[str, float], backend: str
) -> Cell:
    activation, order = scheme
    width, depth, replicates = parameters["width"], parameters["depth"], parameters[method]
    network = {"width": width, "depth": depth, "method": method, "replicates": replicates}
    variance = _variance(width, activation, order)
    made = propagation.plan(
        widths=(width,) * (depth + 1),
        activation=ACTIVATIONS[activation],
        method=method,
        replicates=replicates,
        backend=backend,
    )
    drawn = {"step": "simulation", "activation": activation, "variance": variance, **network}
    points = {"variable": parameters["variable"], "grid": parameters["grid"], "backend": backend}
    size = made.bytes + 24 * replicates
    return Cell(f"{method}/{activation}-{order:g}", drawn | points, made.seconds, size)


def _curves(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:  # noqa: ARG001
    names, order = zip(*parameters["schemes"], strict=True)
    width, depth, x = parameters["width"], parameters["depth"], _points(parameters)
    variance = [_variance(width, *scheme) for scheme in parameters["schemes"]]
    laws = [NormLaw(width, depth, v, name) for v, name in zip(variance, names, strict=True)]
    rows = [_LAWS[parameters["variable"]](law, x) for law in laws]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]} | {
        "x": x,
        "order": np.array(order),
        "slope": np.array([ACTIVATIONS[name].lower for name in names]),
        "variance": np.array(variance),
    }


def _simulation(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    log_norm = propagation.log_norms(
        widths=(parameters["width"],) * (parameters["depth"] + 1),
        variances=parameters["variance"],
        activation=ACTIVATIONS[parameters["activation"]],
        replicates=parameters["replicates"],
        rng=rng,
        method=parameters["method"],
        layers="last",
        backend=parameters["backend"],
    )[0]
    values = _VALUES[parameters["variable"]](np.sort(log_norm))
    count = np.searchsorted(values, _points(parameters), side="right")
    return {"size": np.asarray(log_norm.size), "count": count}


_STEPS = MappingProxyType({"curves": _curves, "simulation": _simulation})


def _variance(width: int, activation: str, order: float) -> float:
    return float(weight_variance(order, width, activation=activation))


def _points(parameters: Mapping[str, Any]) -> np.ndarray:
    return np.linspace(*parameters["grid"])


def _of_log_norm(law: NormLaw, x: np.ndarray) -> _Arrays:
    return {"cdf": np.asarray(law.log.cdf(x)), "pdf": np.asarray(law.log.pdf(x)), **_normal(law, x)}


def _of_norm(law: NormLaw, x: np.ndarray) -> _Arrays:
    """Law of the norm; the central limit makes it log-normal."""
    positive = x > 0
    normal = _normal(law, np.log(x, out=np.full_like(x, -np.inf), where=positive))
    normal["normal_pdf"] = np.divide(normal["normal_pdf"], x, out=np.zeros_like(x), where=positive)
    return {"cdf": np.asarray(law.cdf(x)), "pdf": np.asarray(law.pdf(x)), **normal}


def _normal(law: NormLaw, x: np.ndarray) -> _Arrays:
    std = law.log.std()
    density = np.exp(-(((x - law.log.mean()) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
    return {"normal_cdf": np.asarray(law.log.gaussian_cdf(x)), "normal_pdf": density}


_LAWS: Mapping[str, Callable[[NormLaw, np.ndarray], _Arrays]] = MappingProxyType(
    {"log-norm": _of_log_norm, "norm": _of_norm}
)
_VALUES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {"log-norm": np.asarray, "norm": np.exp}
)
