"""The experiment of Hu, Xiao & Pennington (2020), section 6: which depths and widths train, from which initialisation.

Inputs X (1024 x 16) and the teacher W* (10 x 1024) have independent N(0, 1) entries, Y = W* X; nets of width 10 to
1000 and depth 1 to 700 descend from orthogonal and from Gaussian weights.

The paper's learning rate and the two times of its maps could not be confirmed from a source at hand; what follows is a
choice. Both initialisations have eta = `FRACTION` d_y/(2 L |X|^2) and the times are 1258 and 10,000 steps. Where m <
d_x = 1024 the orthogonal kernel exceeds the theorem's (m >= d_x): |S G_1 S|/m, that of the layers above the first, had
the median 3.4 |X|^2 over 300 nets of width 10 and 2.2 |X|^2 of width 28, where the theorem has |X|^2. Measured on 30
orthogonal nets of each width at each of the depths 4, 9, 18 and 38, after 10,000 steps (stuck: more than half of the
first loss is left):

======== ======================== ======================== ========================
fraction width 10                 width 17                 width 28
======== ======================== ======================== ========================
1        120 of 120 diverged      116 diverged, 4 stuck    70 diverged, 50 stuck
0.3      36 diverged, 54 stuck    55 stuck                 none
0.2      5 diverged, 65 stuck     none                     none
0.1      none                     none                     none
======== ======================== ======================== ========================

At 0.1, 30 nets of width 10 had at most 0.9 % of their first loss left at these depths, 1.1 % at depth 163 and 4 % at
depth 700. Gaussian nets that diverge all the same are recorded as diverged.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..deep_linear_plan import plan
from ..sweep import Cell
from .hxp_nets import problem

__all__ = ["FRACTION", "PARAMETERS", "cells"]

FRACTION = 0.1
"""The learning rate as a share of d_y/(2 L |X|^2), both initialisations."""


def _spaced(low: float, high: float, count: int) -> list[int]:
    """Whole numbers evenly spaced in the logarithm, without repeats."""
    return sorted({round(x) for x in np.geomspace(low, high, count).tolist()})


_COMMON = {
    "in_dim": 1024,
    "out_dim": 10,
    "examples": 16,
    "problem_seed": 0,
    "fraction": FRACTION,
    "times": [1258, 10_000],
    "seeds": 1,
}
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "quick": _COMMON | {"widths": _spaced(10, 100, 5), "depths": _spaced(1, 100, 5)},
        "full": _COMMON | {"widths": _spaced(10, 1000, 10), "depths": _spaced(1, 700, 10)},
    }
)
"""Parameters of each profile."""

_LAYER_SECONDS = (
    2.8e-6  # of a step of a reduced net of dimension 26, measured; the smaller ones cost less
)


def cells(
    parameters: Mapping[str, Any],
    backend: str = "numpy",
    *,
    initialisations: tuple[str, ...] = ("orthogonal", "gaussian"),
    checkpoints: str | None = None,
) -> list[Cell]:
    """List the pieces for `numerics.sweep`: orthogonal nets by depth, Gaussian ones by depth and width.

    Parameters
    ----------
    parameters : mapping
        A value of `PARAMETERS`, or one like it.
    backend : {"numpy", "cupy"}, default "numpy"
        Where the Gaussian nets are trained.
    initialisations : tuple of str, default ("orthogonal", "gaussian")
        Which halves.
    checkpoints : str, optional
        Folder for the states of unfinished cells. A part of the cells' identity, so name it alike every time.

    Returns
    -------
    list of Cell
        With times and memory as estimated for one core of the machine they were measured on; early stops apart.

    Examples
    --------
    >>> len(cells(PARAMETERS["full"])), cells(PARAMETERS["quick"])[0].key
    (110, 'orthogonal-depth-100')
    """
    shared = dict(parameters) | {"checkpoints": checkpoints}
    listed = {"orthogonal": _orthogonal_cells, "gaussian": _gaussian_cells}
    return [cell for name in initialisations for cell in listed[name](shared, backend)]


def _orthogonal_cells(parameters: dict[str, Any], _: str) -> list[Cell]:
    listed, nets = [], len(parameters["widths"]) * parameters["seeds"]
    shared = {name: value for name, value in parameters.items() if name != "depths"}
    layer = 8 * 3 * (parameters["examples"] + parameters["out_dim"]) ** 2
    for depth in _deepest_first(parameters):
        seconds = _LAYER_SECONDS * depth * nets * max(parameters["times"])
        own = {"initialisation": "orthogonal", "depth": depth}
        listed.append(
            Cell(f"orthogonal-depth-{depth}", shared | own, seconds, nets * depth * layer)
        )
    return listed


def _gaussian_cells(parameters: dict[str, Any], backend: str) -> list[Cell]:
    data, listed = problem(parameters), []
    shared = {name: value for name, value in parameters.items() if name not in ("depths", "widths")}
    size = {"steps": max(parameters["times"]), "nets": parameters["seeds"]}
    for depth, width in itertools.product(_deepest_first(parameters), parameters["widths"][::-1]):
        cost = plan(data=data, width=width, depth=depth, **size)
        own = {"initialisation": "gaussian", "depth": depth, "width": width, "backend": backend}
        key = f"gaussian-depth-{depth}-width-{width}"
        listed.append(Cell(key, shared | own, cost.seconds, int(cost.bytes)))
    return listed


def _deepest_first(parameters: Mapping[str, Any]) -> list[int]:
    """So that no long cell is left for the end, when the other jobs have nothing to do."""
    return sorted(parameters["depths"], reverse=True)
