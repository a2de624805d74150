"""Claims on the exact reduction of orthogonal nets, and on balanced aligned nets, mode by mode."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.deep_linear import train
from numerics.deep_linear_weights import draw_weights
from numerics.kernel_limit import kernel_limit
from numerics.linear_data import LinearData, reduce
from numerics.orthogonal_reduction import train_reduced
from numerics.reduced_blocks import ReducedNets, reduced_from_blocks, reduced_from_weights
from theory import deep_linear
from validation.checks.agreement import AgreementCheck
from validation.checks.rate import RateCheck
from validation.claim import Claim
from validation.claims.deep_linear_common import EXTENSION, regression
from validation.claims.derived import derived
from validation.claims.kl_bound_common import enclosed
from validation.deep_linear_problems import Problem
from validation.evidence import Kind

__all__ = ["claims", "coupled", "recursion"]

_Array = NDArray[np.float64]
_TOLERANCE = 1e-12  # of |l - l'|/l(0)
_STEPS = 60
_CASES = tuple(
    (in_dim, width, depth, seed)
    for in_dim, width, depth in (
        (3, 8, 2),
        (3, 24, 9),
        (5, 64, 20),
        (20, 8, 5),  # m < d_x
        (20, 12, 12),
        (40, 24, 6),
        (3, 4, 7),  # m < r + d_y
    )
    for seed in (1, 2)
)
"""d_x, m, L and seed."""


def claims() -> Iterator[Claim]:
    """Yield the claims.

    Yields
    ------
    Claim

    Examples
    --------
    >>> [claim.id for claim in claims()]
    ['dl.reduction', 'dl.modes']
    """
    yield _reduction()
    yield _modes()


# The reduction


def _problem(in_dim: int) -> Problem:
    return regression(3, 2, 2.0, 1.5, in_dim)


def _settings(in_dim: int, depth: int) -> dict[str, Any]:
    """A learning rate safe for m < d_x too, where the kernel exceeds that of wide nets."""
    data = _problem(in_dim).data
    rate = 0.15 * data.out_dim / (2 * depth * data.norm**2)
    return {
        "data": data,
        "depth": depth,
        "learning_rate": rate,
        "steps": _STEPS,
        "record": range(0, _STEPS + 1, 4),
    }


@cache
def _weights(in_dim: int, width: int, depth: int, seed: int) -> tuple[_Array, ...]:
    rng = np.random.default_rng(seed)
    data = _problem(in_dim).data
    return draw_weights(
        data=data, width=width, depth=depth, initialisation="orthogonal", nets=1, rng=rng
    )


def _losses(reduced: bool, wrong: Any = None) -> _Array:
    """Loss curves of all cases in units of l(0); `wrong` changes the reduced net."""
    curves = []
    for case in _CASES:
        in_dim, width, depth, _ = case
        weights, common = _weights(*case), _settings(in_dim, depth)
        full = train(width=width, weights=weights, **common)
        history = full
        if reduced:
            nets = reduced_from_weights(weights)
            nets = wrong(nets) if wrong else nets
            history = train_reduced(nets=nets, **common)
        curves.append(history.losses[:, 0] / full.losses[0, 0])
    return np.concatenate(curves)


def _without_block(nets: ReducedNets) -> ReducedNets:
    """C dropped: last layer [0, I]."""
    block, gram = nets.blocks()
    if nets.dimension < gram.shape[1] + block.shape[1]:
        return nets
    return reduced_from_blocks(0 * block, gram, width=int(nets.widths[0]))


def _forgetful(nets: ReducedNets) -> ReducedNets:
    """sqrt(k) for sqrt(m)."""
    return ReducedNets(nets.first, nets.last, [nets.dimension] * len(nets.first))


def _too_small(nets: ReducedNets) -> ReducedNets:
    """k = r: the last layer without (I - C C^T)^(1/2)."""
    rank = nets.first.shape[2]
    axes, _ = np.linalg.qr(nets.first)
    return ReducedNets(axes.mT @ nets.first, nets.last @ axes[:, :, :rank], nets.widths)


def _reduction() -> Claim:
    check = AgreementCheck(
        Kind.EXPERIMENT,
        "loss curves l(t)/l(0) of all of a net's weights against those of the reduced net, r = 3, d_y = 2, m from 4 to "
        f"64, d_x from 3 to 40, L from 2 to 20, {_STEPS} steps",
        partial(_losses, reduced=False),
        partial(_losses, reduced=True),
        _TOLERANCE,
        {
            "C dropped": partial(_losses, reduced=True, wrong=_without_block),
            "sqrt(k) for sqrt(m)": partial(_losses, reduced=True, wrong=_forgetful),
            "k = r": partial(_losses, reduced=True, wrong=_too_small),
        },
    )
    return Claim(
        "dl.reduction",
        "gradient descent of an orthogonal net stays in subspaces of dimension k <= r + d_y at every layer, so "
        "that its "
        "training curve is that of a net of width k (with the original m in every scale) whose layers start at "
        "sqrt(m)[I; 0], sqrt(m) I, sqrt(m)[C, (I - C C^T)^(1/2)], C = W_{L:1} U/m^(L/2); m < d_x and m < r + d_y "
        "included",
        EXTENSION,
        (*derived("dl.reduction", "dl.gradient"), check),
    )


# Its limit


def _block(problem: Problem) -> _Array:
    shape = problem.data.targets.shape
    return np.random.default_rng(5).standard_normal((1, *shape))


def coupled(problem: Problem, depth: int, learning_rate: float, steps: int, widths: Any) -> _Array:
    """Return the excess loss at C = G/sqrt(m), for one fixed normal G.

    Parameters
    ----------
    problem : Problem
        What the net learns.
    depth : int
        L.
    learning_rate : float
        eta.
    steps : int
        Of gradient descent.
    widths : array_like
        The m.

    Returns
    -------
    ndarray
        One loss a width.

    Examples
    --------
    >>> problem = regression(1, 1, 1.0, 1.0, 1)
    >>> coupled(problem, 3, 0.01, 2, np.array([64.0])).shape
    (1,)
    """
    rank, normal = problem.data.rank, _block(problem)
    found = []
    for width in np.asarray(widths).astype(int).tolist():
        gram = width * np.eye(rank)[None]
        nets = reduced_from_blocks(normal / np.sqrt(width), gram, width=width)
        history = train_reduced(
            data=problem.data, nets=nets, depth=depth, learning_rate=learning_rate, steps=steps
        )
        found.append(history.losses[-1, 0])
    return np.array(found)


def recursion(
    problem: Problem, depth: int, learning_rate: float, steps: int, widths: Any
) -> _Array:
    """Return the limit of `coupled`, one row: the linear recursion from the same G.

    Parameters
    ----------
    problem : Problem
        What the net learns.
    depth : int
        L.
    learning_rate : float
        eta.
    steps : int
        Of gradient descent.
    widths : array_like
        The m.

    Returns
    -------
    ndarray
        The same number for each width.

    Examples
    --------
    >>> problem = regression(1, 1, 1.0, 1.0, 1)
    >>> recursion(problem, 3, 0.01, 2, np.array([64.0])).shape
    (1, 1)
    """
    [[loss]] = kernel_limit(
        data=problem.data,
        block=_block(problem),
        depth=depth,
        learning_rate=learning_rate,
        steps=steps,
    )
    return np.full((1, np.size(widths)), loss)


# Balanced aligned nets

_STRENGTHS = (1.3, 0.7)
_VALUES = (1.2, 0.8)
_SMALL = 0.05


def _aligned(depth: int) -> tuple[LinearData, list[_Array]]:
    """Diagonal inputs and targets, and layers diag(a^(1/L)) of width 2, in the simulator's units."""
    values = np.array(_VALUES)
    data = reduce(np.diag(values), np.diag(values * np.array(_STRENGTHS)))
    # f = sqrt(m/d_y) V_L ... V_1 with m = d_y = 2: end-to-end strengths are the products
    start = np.diag(np.full(2, _SMALL ** (1 / depth)))
    turn = data.basis * np.sign(np.diag(data.basis))
    return data, [start[None] @ turn if k == 0 else start[None] for k in range(depth)]


@cache
def _simulated(depth: int, rate: float, steps: int, record: Any = None) -> _Array:
    data, layers = _aligned(depth)
    history = train(
        data=data,
        width=2,
        depth=depth,
        learning_rate=rate,
        steps=steps,
        record=record,
        weights=layers,
        stop_at_floor=False,
    )
    return np.asarray(history.losses[:, 0])


def _by_modes(depth: int, rate: float, record: Any, growth: float = 1.0) -> _Array:
    """The scalar recursion of each mode: w <- w - (eta/m) s^2 (w^L - y) w^(L-1)."""
    w, values, goals = np.full(2, _SMALL ** (1 / depth)), np.array(_VALUES), np.array(_STRENGTHS)
    losses = []
    for step in range(max(record) + 1):
        if step in record:
            losses.append(0.5 * float(np.sum((values * (w**depth - goals)) ** 2)))
        w = w - growth * rate / 2 * values**2 * (w**depth - goals) * w ** (depth - 1)
    return np.array(losses)


def _modes() -> Claim:
    time = 6.0
    record = range(0, 401, 20)
    points = tuple(
        {"time": t, "initial": s, "target": y, "rate": 0.7}
        for t in (0.0, 1.0, 20.0)
        for s in (1e-6, 0.5)
        for y in (0.3, 2.0)
    )

    def flow(steps: Any) -> _Array:
        """Loss of gradient flow at the time; rate lambda alpha^(2/L) = s^2/m at L = 2, in units of the strengths."""
        strengths = [
            float(deep_linear.mode_strength(time, _SMALL, y, s**2 / 2))
            for s, y in zip(_VALUES, _STRENGTHS, strict=True)
        ]
        apart = np.array(_VALUES) * (np.array(strengths) - np.array(_STRENGTHS))
        return np.full((1, np.size(steps)), 0.5 * float(np.sum(apart**2)))

    def descended(steps: Any) -> _Array:
        counts = np.asarray(steps).astype(int).tolist()
        return np.array([_simulated(2, time / n, n)[-1] for n in counts])

    def curves(growth: float = 1.0) -> _Array:
        return np.concatenate([_by_modes(L, 0.05, record, growth) for L in (2, 3, 5)])

    return Claim(
        "dl.modes",
        "from balanced weights aligned with X X^T and Y X^T training splits into modes; at depth 2 the strength of one "
        "under gradient flow is y/(1 + (y/s(0) - 1) exp(-2 rho y t)). Simulated descent follows the scalar "
        "recursions of "
        "the modes to rounding, and the flow as the reciprocal of its number of steps",
        f"Saxe, McClelland & Ganguli 2014 (arXiv 1312.6120); {EXTENSION}: a further oracle",
        (
            *derived("dl.modes"),
            enclosed("dl.modes", points),
            AgreementCheck(
                Kind.ORACLE,
                "losses of the simulator against scalar recursions, L = 2, 3, 5, 400 steps",
                curves,
                lambda: np.concatenate([_simulated(L, 0.05, 400, record) for L in (2, 3, 5)]),
                1e-12,
                {"eta for eta/m": partial(curves, 2.0), "1.001 eta": partial(curves, 1.001)},
            ),
            RateCheck(
                f"loss of descent at time {time:g}, less that of the modes' flow",
                descended,
                flow,
                exponent=1,
                widths=(400, 800, 1600),
                variable="numbers of steps",
            ),
        ),
        result="dl.modes",
    )
