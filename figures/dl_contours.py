"""Trainability contours: the width at which half of the nets train in a fixed number of steps, against depth.

Every net meets m >= d_x, and the learning rate is the largest that Theorem 4.1 of Hu, Xiao & Pennington allows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from numerics.deep_linear import train
from numerics.deep_linear_history import History
from numerics.linear_data import LinearData, reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import draw_reduced
from numerics.sweep import Cell
from theory.deep_linear import gaussian_required_width, max_learning_rate, required_width

__all__ = ["HALVES", "PARAMETERS", "RANK", "cells", "compute"]

RANK = 2
"""d_x = r, in both profiles; not in the data."""

_COMMON = {
    "rank": RANK,
    "target_norm": 8.0,
    "steps": 50,
    "threshold": 0.01,
    "depths": [8, 11, 16, 23, 32, 45, 64],
    "widths": [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 27, 32],
    "ratios": [1.19, 1.41, 1.68, 2.0, 2.38, 2.83, 3.36, 4.0],
    "groups": 8,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"quick": _COMMON | {"nets_of_group": 2}, "full": _COMMON | {"nets_of_group": 12}}
)
"""Parameters of each profile; ``ratios`` are the widths of Gaussian nets divided by the depth."""

HALVES = ("orthogonal", "gaussian")
"""The two initialisations."""

_Arrays = dict[str, np.ndarray]


def cells(parameters: Mapping[str, Any], backend: str) -> list[Cell]:
    """List the pieces to compute: the theorems' widths, and the nets of each initialisation and depth.

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
    ['curves', 'orthogonal/depth-8']
    """
    listed = [Cell("curves", {"step_kind": "curves", **parameters}, seconds=0.1)]
    nets = parameters["groups"] * parameters["nets_of_group"]
    for half, depth in itertools.product(HALVES, parameters["depths"]):
        own = {"step_kind": half, "depth": depth, "backend": backend}
        widths = _widths(half, depth, parameters)
        weights = depth * sum(m**2 if half == "gaussian" else 400 for m in widths)
        seconds = 2e-9 * weights * nets * parameters["steps"]
        listed.append(Cell(f"{half}/depth-{depth}", {**own, **parameters}, seconds))
    return listed


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> _Arrays:
    """Compute one of `cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell; "step_kind" says which it is.
    rng : numpy.random.Generator
        Source of the initial weights.

    Returns
    -------
    dict of str to numpy.ndarray
        "curves": ``depth`` (n,), ``stable_width`` (n,), ``required_width`` and ``gaussian_required_width`` (n,) of the
        theorems with C = 1 and delta = 1/2; ``steps``, ``threshold``, ``target_norm``.
        The others: ``width`` (k,), and for each width and group of nets how many nets ``trained`` (k, groups), their
        loss at the last step at most ``threshold`` times the first, and how many ``diverged``; ``nets`` of a group.

    Examples
    --------
    >>> curves = compute(cells(PARAMETERS["quick"], "numpy")[0].parameters, None)
    >>> (curves["gaussian_required_width"] / curves["depth"]).round(1)
    array([130., 130., 130., 130., 130., 130., 130.])
    """
    if parameters["step_kind"] == "curves":
        return _curves(parameters)
    half, depth = parameters["step_kind"], parameters["depth"]
    data, widths = _data(parameters), _widths(half, depth, parameters)
    options = {
        "data": data,
        "depth": depth,
        "learning_rate": float(max_learning_rate(data.norm, depth, data.out_dim)),
        "steps": parameters["steps"],
        "record": [0, parameters["steps"]],
    }
    runs = [_RUNS[half](width, parameters, options, rng) for width in widths]
    trained = [run.losses[1] <= parameters["threshold"] * run.losses[0] for run in runs]
    shape = (len(widths), parameters["groups"], parameters["nets_of_group"])
    return {
        "width": np.array(widths),
        "trained": np.reshape(trained, shape).sum(axis=2),
        "diverged": np.reshape([run.diverged for run in runs], shape).sum(axis=2),
        "nets": np.asarray(parameters["nets_of_group"]),
    }


def _data(parameters: Mapping[str, Any]) -> LinearData:
    """Orthonormal inputs, and one output with weights of the wanted norm: kappa = 1."""
    inputs = np.eye(parameters["rank"])
    teacher = np.full(
        (1, parameters["rank"]), parameters["target_norm"] / parameters["rank"] ** 0.5
    )
    return reduce(inputs, teacher @ inputs)


def _widths(half: str, depth: int, parameters: Mapping[str, Any]) -> list[int]:
    if half == "orthogonal":
        return list(parameters["widths"])
    return [round(ratio * depth) for ratio in parameters["ratios"]]


def _curves(parameters: Mapping[str, Any]) -> _Arrays:
    """The theorems' widths, and the least one at which the minimum is stable.

    At the minimum V_{L:1} = W_{L:1}/m^(L/2) has the singular value p = |W*| (d_y/m)^(1/2). If every layer has p^(1/L)
    in its direction, P has grown from (L/d_y)|X|^2 to p^(2-2/L) times that, and eta P <= 2 means p^(2-2/L) <= 4.
    """
    depth, data = np.array(parameters["depths"]), _data(parameters)
    given = data.singular_values, parameters["target_norm"], data.out_dim, 0.5
    return {
        "depth": depth,
        "required_width": np.broadcast_to(required_width(*given), depth.shape),
        "gaussian_required_width": np.asarray(gaussian_required_width(*given, depth)),
        "stable_width": data.out_dim * parameters["target_norm"] ** 2 * 4 ** (-depth / (depth - 1)),
        "steps": np.asarray(parameters["steps"]),
        "threshold": np.asarray(parameters["threshold"]),
        "target_norm": np.asarray(parameters["target_norm"]),
    }


def _orthogonal(
    width: int, parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> History:
    """By the exact reduction."""
    data, nets = options["data"], parameters["groups"] * parameters["nets_of_group"]
    sizes = {"input_dim": data.in_dim, "out_dim": data.out_dim, "rank": data.rank}
    drawn = draw_reduced(**sizes, width=width, nets=nets, rng=rng)
    return train_reduced(**options, nets=drawn)


def _gaussian(
    width: int, parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> History:
    """Every weight."""
    nets = parameters["groups"] * parameters["nets_of_group"]
    own = {"width": width, "nets": nets, "backend": parameters["backend"]}
    return train(**options, **own, initialisation="gaussian", rng=rng)


_RUNS = MappingProxyType({"orthogonal": _orthogonal, "gaussian": _gaussian})
