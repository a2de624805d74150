"""The experiment of Figure 1(a): sample moments over the units of the last layer of a few hundred networks.

One experiment draws x_0 ~ N(0, I) and all layers of `networks` networks, and averages |x_i|^alpha over the units of
the last layer of all of them. It is repeated to see in which band its results fall.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics import propagation
from numerics.activations import relu
from numerics.sweep import Cell
from theory.fractional_moments import weight_variance

__all__ = ["experiment_cell", "experiment_step", "unit_moments"]

_Arrays = dict[str, np.ndarray]


def experiment_cell(
    group: str,
    method: str,
    order: float,
    repetitions: int,
    parameters: Mapping[str, Any],
    backend: str,
) -> Cell:
    """Describe the repetitions of the experiment at one order as a cell of a sweep.

    Parameters
    ----------
    group : str
        First part of the cell's key.
    method : {"matrix", "chi2"}
        How to draw the layers before the last.
    order : float
        Order that the weights preserve.
    repetitions : int
        How often, >= 1.
    parameters : mapping
        ``alphas``, ``levels``, ``width``, ``depth``, ``networks``.
    backend : {"numpy", "cupy"}
        Where to draw.

    Returns
    -------
    Cell

    Examples
    --------
    >>> small = {"alphas": [1.0], "levels": [0.5], "width": 4, "depth": 3, "networks": 10}
    >>> experiment_cell("sample", "matrix", 1.5, 1, small, "numpy").key
    'sample/order-1.5'
    """
    width, depth, networks = (parameters[name] for name in ("width", "depth", "networks"))
    made = propagation.plan(
        widths=(width,) * depth,
        activation=relu(),
        method=method,
        replicates=networks * repetitions,
        backend=backend,
    )
    names = ("alphas", "levels", "width", "depth", "networks")
    experiment = {name: parameters[name] for name in names} | {
        "step": "experiment",
        "method": method,
        "variance": float(weight_variance(order, width)),
        "repetitions": repetitions,
        "backend": backend,
    }
    units = repetitions * networks * width * len(parameters["alphas"])
    size = made.bytes + 8 * networks * (repetitions + width * len(parameters["alphas"]))
    return Cell(f"{group}/order-{order:g}", experiment, made.seconds + 1e-8 * units, size)


def experiment_step(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Run the experiment as often as the cell says.

    Parameters
    ----------
    parameters : mapping
        As made by `experiment_cell`.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    dict of str to numpy.ndarray
        ``moment`` (n,), (mean |x_i|^alpha)^(1/alpha) of the first experiment; ``quantile`` (levels, n) over the
        repetitions; ``networks``, ``repetitions``.

    Examples
    --------
    >>> small = {"alphas": [1.0, 2.0], "levels": [0.5], "width": 4, "depth": 3, "networks": 2000}
    >>> cell = experiment_cell("sample", "matrix", 2.0, 5, small, "numpy")
    >>> arrays = experiment_step(cell.parameters, np.random.default_rng(0))
    >>> bool(abs(arrays["quantile"][0, 1] - 1) < 0.1)  # E x_i^2 = 1, as in x_0
    True
    """
    alpha, width = np.array(parameters["alphas"]), parameters["width"]
    shape = parameters["repetitions"], parameters["networks"]
    log_norm = propagation.log_norms(
        widths=(width,) * parameters["depth"],
        variances=parameters["variance"],
        activation=relu(),
        replicates=shape[0] * shape[1],
        rng=rng,
        method=parameters["method"],
        layers="last",
        backend=parameters["backend"],
    ).reshape(shape)
    log_std = np.log(parameters["variance"]) / 2
    moments = np.stack([unit_moments(alpha, each + log_std, width, rng) for each in log_norm])
    return {
        "moment": moments[0],
        "quantile": np.quantile(moments, parameters["levels"], axis=0),
        "networks": np.asarray(shape[1]),
        "repetitions": np.asarray(shape[0]),
    }


def unit_moments(
    alpha: np.ndarray, log_scale: np.ndarray, width: int, rng: np.random.Generator
) -> np.ndarray:
    """(mean |x_i|^alpha)^(1/alpha) over the last layers of some networks, x_0 and last layer drawn here.

    Parameters
    ----------
    alpha : numpy.ndarray, shape (n,)
        Orders of the moments.
    log_scale : numpy.ndarray, shape (networks,)
        Logarithm of |x|/|x_0| in the layer before the last, times the standard deviation of a weight.
    width : int
        Of the first and the last layer.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Notes
    -----
    Given x, the units of relu(W x) are relu of independent normals of standard deviation sigma |x|.

    Examples
    --------
    >>> moments = unit_moments(np.array([2.0]), np.zeros(5000), 8, np.random.default_rng(0))
    >>> bool(abs(moments[0] ** 2 - 8 / 2) < 0.2)  # E|x_0|^2 E relu(z)^2
    True
    """
    shape = log_scale.size, width
    start = np.linalg.norm(rng.standard_normal(shape), axis=1)
    z = rng.standard_normal(shape)
    log_units = (log_scale + np.log(start))[:, None] + np.log(np.abs(z))
    powers = np.exp(np.multiply.outer(alpha, log_units[z > 0])).sum(axis=1)
    return np.asarray((powers / z.size) ** (1 / alpha))
