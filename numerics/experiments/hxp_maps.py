"""Heat maps of the experiment of Hu, Xiao & Pennington from its finished cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["maps"]


def maps(
    parameters: Mapping[str, Any], results: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Gather finished cells of one initialisation into heat maps.

    Parameters
    ----------
    parameters : mapping
        As given to `cells`.
    results : mapping of str to mapping
        Arrays of the cells by key, as `numerics.sweep.run` returns them, of one initialisation.

    Returns
    -------
    dict of str to numpy.ndarray
        ``log_ratio`` (times, depths, widths, seeds), log10 of (l(t) - l*)/(l(0) - l*): plus infinity where the net had
        diverged by then, at the start even, NaN where a cell is missing, minus infinity never; ``diverged`` (depths,
        widths, seeds), bool, whether it did at any step.

    Raises
    ------
    ValueError
        If a cell has no losses at one of the parameters' ``times``.

    Examples
    --------
    >>> import numpy as np
    >>> cell = {"steps": np.array([0, 5]), "losses": np.array([[1.0, 1.0], [0.1, np.inf]]),
    ...         "widths": np.array([4, 8]), "depths": np.array([3, 3]), "diverged_at": np.array([-1, 2])}
    >>> found = maps({"times": [5], "depths": [3], "widths": [4, 8], "seeds": 1}, {"a": cell})
    >>> found["log_ratio"].ravel(), found["diverged"].ravel()
    (array([-1., inf]), array([False,  True]))
    """
    depths, widths = list(parameters["depths"]), list(parameters["widths"])
    shape = (len(depths), len(widths), parameters["seeds"])
    ratios = np.full((len(parameters["times"]), *shape), np.nan)
    diverged = np.zeros(shape, dtype=bool)
    for cell in results.values():
        found = _log_ratios(cell, np.array(parameters["times"]))
        for width, depth in set(zip(cell["widths"].tolist(), cell["depths"].tolist(), strict=True)):
            nets = (cell["widths"] == width) & (cell["depths"] == depth)
            place = depths.index(depth), widths.index(width)
            ratios[(slice(None), *place)] = found[:, nets]
            diverged[place] = cell["diverged_at"][nets] >= 0
    return {"log_ratio": ratios, "diverged": diverged}


def _log_ratios(cell: Mapping[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    """Of one cell, (times, nets)."""
    if not np.isin(times, cell["steps"]).all():
        raise ValueError(
            f"times must be among the steps of every cell, {cell['steps'].tolist()}, got {times.tolist()}"
        )
    diverged_at = cell["diverged_at"]
    diverged = (diverged_at >= 0) & (diverged_at <= times[:, None])
    start = np.where(diverged_at == 0, 1.0, cell["losses"][0])  # infinite there: no ratio
    rows = np.searchsorted(cell["steps"], times)
    least = np.finfo(np.float64).tiny  # a loss of exactly 0 is possible at the floor
    losses = np.log10(np.maximum(cell["losses"][rows], least))
    return np.where(diverged, np.inf, losses - np.log10(np.maximum(start, least)))
