"""Preserving weight scales estimated by drawing layers: the simulated points of the figures.

One network is one layer x_1 = phi(W x_0) of equal widths with every weight drawn, |x_0| = 1 and weights of
variance 1. The scale that preserves the moment of order s is then (E|x_1|^s)^(-1/s): a sample mean estimates
it from the definition alone. All orders use the same networks, so that the excess over order 2, a small
difference of large numbers, is estimated with a relative error of about sqrt(2/networks) at every width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics import propagation
from numerics.activations import relu
from numerics.sweep import Cell

__all__ = ["BASE_ORDER", "estimate", "simulation_cell", "simulation_step"]

BASE_ORDER = 2.0
"""Order whose preservation is He's scheme: the excess of the others is measured from it."""

_Arrays = dict[str, np.ndarray]


def simulation_cell(width: int, orders: Sequence[float], replicates: int, backend: str) -> Cell:
    """Describe the simulation of one width as a cell of a sweep.

    Parameters
    ----------
    width : int
        Fan-in and fan-out, >= 1.
    orders : sequence of float
        Orders s > 0 of the preserved moments; must hold 2, from which the excess is measured.
    replicates : int
        Networks to draw, >= 1.
    backend : {"numpy", "cupy"}
        Where to draw them.

    Returns
    -------
    Cell
        With the key ``simulation/width-<width>`` and an estimate of time and memory.

    Raises
    ------
    ValueError
        If an argument is outside its domain.

    Examples
    --------
    >>> simulation_cell(8, [1.0, 2.0], 1000, "numpy").key
    'simulation/width-8'
    """
    made = propagation.plan(
        widths=(width, width), replicates=replicates, activation=relu(), backend=backend
    )
    parameters = {
        "step": "simulation",
        "width": width,
        "orders": list(orders),
        "replicates": replicates,
        "backend": backend,
    }
    arrays = 8 * replicates * (1 + 3 * len(orders))
    return Cell(f"simulation/width-{width}", parameters, made.seconds, made.bytes + arrays)


def simulation_step(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Draw the networks of one width and estimate the scales: what a cell of `simulation_cell` computes.

    Parameters
    ----------
    parameters : mapping
        As made by `simulation_cell`.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    dict of str to numpy.ndarray
        ``width``, ``replicates``, ``order`` (k,) and what `estimate` returns.

    Examples
    --------
    >>> parameters = simulation_cell(4, [1.0, 2.0], 10_000, "numpy").parameters
    >>> arrays = simulation_step(parameters, np.random.default_rng(0))
    >>> bool(abs(arrays["variance"][1] - 2 / 4) < 5 * arrays["variance_error"][1])  # He's
    True
    """
    width = parameters["width"]
    log_norm = propagation.log_norms(
        widths=(width, width),
        variances=1.0,
        activation=relu(),
        replicates=parameters["replicates"],
        rng=rng,
        method="matrix",
        layers="last",
        backend=parameters["backend"],
    )[0]
    order = np.asarray(parameters["orders"], dtype=np.float64)
    made = {"width": np.asarray(width), "replicates": np.asarray(log_norm.size), "order": order}
    return made | estimate(order, log_norm)


def estimate(order: np.ndarray, log_norm: np.ndarray) -> _Arrays:
    """Estimate the variances that preserve moments, from log |x_1| at weights of variance 1.

    Parameters
    ----------
    order : numpy.ndarray, shape (k,)
        Orders s > 0; one of them is 2.
    log_norm : numpy.ndarray, shape (n,)
        One log-norm for each network; minus infinity where all units are 0.

    Returns
    -------
    dict of str to numpy.ndarray, each of shape (k,)
        ``variance`` = mean(|x_1|^s)^(-2/s); ``excess`` = variance - variance at order 2; ``std_excess``, the same
        of the square roots; each with its standard error (``variance_error``, ...).

    Raises
    ------
    ValueError
        If no order is 2.

    Notes
    -----
    Standard errors come from each network's influence -(2/s) variance (|x_1|^s/mean - 1) on the estimate (delta
    method): influences are subtracted network by network, so what the orders share cancels without rounding loss.
    The bias of an estimate is smaller than its standard error by the factor sqrt(n).

    Examples
    --------
    >>> constant = estimate(np.array([1.0, 2.0]), np.zeros(10))
    >>> constant["variance"], constant["variance_error"]
    (array([1., 1.]), array([0., 0.]))
    """
    base = np.flatnonzero(order == BASE_ORDER)
    if base.size != 1:
        raise ValueError(f"order must hold {BASE_ORDER} once, got {order.tolist()}")
    powers = np.exp(np.multiply.outer(order, log_norm))
    moment = powers.mean(axis=1, keepdims=True)
    variance = moment[:, 0] ** (-2 / order)
    influence = (-2 / order * variance)[:, None] * (powers / moment - 1)
    halved = influence / (2 * np.sqrt(variance))[:, None]
    return {
        "variance": variance,
        "variance_error": _standard_error(influence),
        "excess": variance - variance[base],
        "excess_error": _standard_error(influence - influence[base]),
        "std_excess": np.sqrt(variance) - np.sqrt(variance[base]),
        "std_excess_error": _standard_error(halved - halved[base]),
    }


def _standard_error(influence: np.ndarray) -> np.ndarray:
    """Standard error of the mean of each row."""
    return np.asarray(influence.std(axis=1, ddof=1) / np.sqrt(influence.shape[1]))
