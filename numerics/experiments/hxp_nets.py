"""Train the nets of one cell of the experiment of Hu, Xiao & Pennington (2020)."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..deep_linear import train
from ..deep_linear_history import History
from ..linear_data import LinearData, reduce
from ..orthogonal_reduction import train_reduced
from ..provenance import source_fingerprint
from ..reduced_blocks import ReducedNets, draw_reduced
from ..streams import spawn_rngs

__all__ = ["compute", "learning_rate", "problem"]

_RECORDS = 60  # losses kept on the way, evenly spaced in the logarithm of the step


def problem(parameters: Mapping[str, Any]) -> LinearData:
    """Inputs, and the teacher's answers to them: the same for every cell.

    Parameters
    ----------
    parameters : mapping
        With ``problem_seed``, ``in_dim``, ``out_dim`` and ``examples``.

    Returns
    -------
    LinearData

    Examples
    --------
    >>> data = problem({"in_dim": 1024, "out_dim": 10, "examples": 16, "problem_seed": 0})
    >>> data.rank, round(float((data.singular_values[0] / data.singular_values[-1]) ** 2), 2)
    (16, 1.54)
    """
    (rng,) = spawn_rngs(parameters["problem_seed"], "hxp-problem", count=1)
    inputs = rng.standard_normal((parameters["in_dim"], parameters["examples"]))
    teacher = rng.standard_normal((parameters["out_dim"], parameters["in_dim"]))
    return reduce(inputs, teacher @ inputs)


def learning_rate(parameters: Mapping[str, Any], data: LinearData, depth: int) -> float:
    """Return the rule of the experiment: ``parameters["fraction"]`` d_y/(2 L |X|^2), X from `data`, L = `depth`.

    Examples
    --------
    >>> data = reduce([[2.0]], [[1.0]])
    >>> learning_rate({"fraction": 0.1}, data, depth=5)
    0.0025
    """
    return float(parameters["fraction"] * data.out_dim / (2 * depth * data.norm**2))


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Compute one of `numerics.experiments.hxp.cells`.

    Parameters
    ----------
    parameters : mapping
        Of the cell.
    rng : numpy.random.Generator
        Source of the initial weights.

    Returns
    -------
    dict of str to numpy.ndarray
        ``steps`` (recorded,); ``losses`` (recorded, nets), l - l*; ``widths`` and ``depths`` (nets,);
        ``diverged_at`` and ``stopped_at`` (nets,), steps or -1.

    Notes
    -----
    Orthogonal nets of depth 2 and more go through the reduction: no matrix of their width is formed.

    Examples
    --------
    >>> small = {"in_dim": 8, "out_dim": 1, "examples": 2, "problem_seed": 0, "fraction": 0.1, "seeds": 1}
    >>> cell = small | {"initialisation": "orthogonal", "depth": 3, "widths": [4], "times": [20], "checkpoints": None}
    >>> result = compute(cell, np.random.default_rng(0))
    >>> result["losses"].shape, result["widths"].tolist()
    ((21, 1), [4])
    """
    data = problem(parameters)
    options = {
        "data": data,
        "learning_rate": learning_rate(parameters, data, parameters["depth"]),
        "steps": max(parameters["times"]),
        "record": _record(parameters["times"]),
    }
    parts = _HALVES[parameters["initialisation"]](parameters, options, rng)
    widths = np.concatenate([np.broadcast_to(w, h.stopped_at.shape) for w, h in parts])
    return {
        "steps": np.array(options["record"]),
        "losses": np.concatenate([history.losses for _, history in parts], axis=1),
        "widths": widths,
        "depths": np.full(len(widths), parameters["depth"]),
        "diverged_at": np.concatenate([history.diverged_at for _, history in parts]),
        "stopped_at": np.concatenate([history.stopped_at for _, history in parts]),
    }


_Parts = list[tuple[np.ndarray | int, History]]


def _orthogonal(
    parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> _Parts:
    """All widths of one depth, in batches of equal reduced dimension."""
    data = options["data"]
    sizes = {"input_dim": data.in_dim, "out_dim": data.out_dim, "rank": data.rank}
    if parameters["depth"] == 1:  # one matrix, and no width
        own = {"initialisation": "orthogonal", "nets": parameters["seeds"], "rng": rng}
        history = train(**options, width=data.out_dim, depth=1, **own)
        return [(width, history) for width in parameters["widths"]]
    drawn = [
        draw_reduced(**sizes, width=width, nets=parameters["seeds"], rng=rng)
        for width in parameters["widths"]
    ]
    groups = itertools.groupby(sorted(drawn, key=_dimension), key=_dimension)
    return [_trained(_together(list(group)), k, parameters, options, rng) for k, group in groups]


def _trained(
    nets: ReducedNets,
    dimension: int,
    parameters: Mapping[str, Any],
    options: dict[str, Any],
    rng: np.random.Generator,
) -> tuple[np.ndarray, History]:
    path = _checkpoint(parameters, f"{dimension}", rng)
    return nets.widths, train_reduced(
        **options, nets=nets, depth=parameters["depth"], checkpoint=path
    )


def _gaussian(
    parameters: Mapping[str, Any], options: dict[str, Any], rng: np.random.Generator
) -> _Parts:
    """One width and depth, every weight."""
    path = _checkpoint(parameters, "", rng)
    history = train(
        **options,
        width=parameters["width"],
        depth=parameters["depth"],
        initialisation="gaussian",
        nets=parameters["seeds"],
        rng=rng,
        backend=parameters["backend"],
        checkpoint=path,
    )
    return [(parameters["width"], history)]


_HALVES = MappingProxyType({"orthogonal": _orthogonal, "gaussian": _gaussian})


def _record(times: list[int]) -> list[int]:
    """Steps whose losses are kept: the start, the times of the maps, and others for curves."""
    between = np.geomspace(1, max(times), _RECORDS).round().astype(int)
    return sorted({0, *times, *between.tolist()})


def _dimension(nets: ReducedNets) -> int:
    return nets.dimension


def _together(nets: list[ReducedNets]) -> ReducedNets:
    """One batch of nets of equal dimension."""
    parts = zip(*((each.first, each.last, each.widths) for each in nets), strict=True)
    return ReducedNets(*(np.concatenate(part) for part in parts))


def _checkpoint(parameters: Mapping[str, Any], part: str, rng: np.random.Generator) -> Path | None:
    """File of an unfinished cell: named by all that tells cells and runs apart."""
    if parameters["checkpoints"] is None:
        return None
    folder = Path(parameters["checkpoints"])
    folder.mkdir(parents=True, exist_ok=True)
    sources = source_fingerprint(Path(__file__).parents[1])
    identity = json.dumps(
        [parameters, part, repr(rng.bit_generator.state), sources], sort_keys=True
    )
    return folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}.npz"
