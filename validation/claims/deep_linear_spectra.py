"""Claims on deep linear nets at initialisation: partial products, the kernel, the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.deep_linear_weights import draw_weights
from theory import deep_linear
from validation.checks import Check
from validation.checks.agreement import AgreementCheck
from validation.checks.observable_mean import ObservableMeanCheck
from validation.claim import Claim, Profile
from validation.claims.deep_linear_common import EXTENSION, PAPER, regression
from validation.claims.derived import derived
from validation.claims.kl_bound_common import enclosed, resolution, sized
from validation.deep_linear_problems import Problem
from validation.deep_linear_starts import InitialNets
from validation.evidence import Kind

__all__ = ["claims"]

_Array = NDArray[np.float64]
_ROUNDING = 1e-12  # L m eps is 4e-13 for the largest nets below
_WIDE = regression(3, 2, 4.0, 1.5, 5)
_NARROW = regression(3, 2, 4.0, 1.5, 12)
_LONGEST = 6  # layers of a partial product: all of them would be half of L^2
_GRID = tuple((m, L, seed) for m in (5, 16, 64) for L in (2, 3, 8, 30) for seed in (1, 2))


def claims(profile: Profile) -> Iterator[Claim]:
    """Yield the claims.

    Parameters
    ----------
    profile : Profile
        Resolution of the Monte Carlo checks.

    Yields
    ------
    Claim

    Examples
    --------
    >>> from validation.claim import PROFILES
    >>> [claim.id for claim in claims(PROFILES["quick"])][:2]
    ['dl.partial-products', 'dl.ntk']
    """
    yield _partial_products()
    yield _kernel()
    yield _narrow_kernel(profile)
    yield _initial_loss(profile)


# Drawn nets, from the definition


@cache
def _drawn(problem: Problem, width: int, depth: int, seed: int, kind: str) -> tuple[_Array, ...]:
    """One net's W_1 U, W_2, ..., W_L divided by sqrt(m)."""
    weights = draw_weights(
        data=problem.data,
        width=width,
        depth=depth,
        initialisation=kind,
        nets=1,
        rng=np.random.default_rng(seed),
    )
    return tuple(np.asarray(layer[0]) for layer in weights)


def _extremes(kind: str) -> _Array:
    """Extreme singular values of W_{j:i}/m^((j-i+1)/2), (i, j) /= (1, L), over the grid; W_1 on the inputs' range."""
    found = []
    for width, depth, seed in _GRID:
        layers = _drawn(_WIDE, width, depth, seed, kind)
        for first in range(depth):
            product: Any = np.eye(layers[first].shape[1])
            for last in range(first, min(depth, first + _LONGEST)):
                product = layers[last] @ product
                if (first, last) != (0, depth - 1):
                    values = np.linalg.svd(product, compute_uv=False)
                    found += [values[0], values[-1]]
    return np.array(found)


def _kernel_of(problem: Problem, width: int, depth: int, seed: int, kind: str) -> _Array:
    """P(0) = alpha^2 sum_i (W_{i-1:1} X)^T (W_{i-1:1} X) kron W_{L:i+1} W_{L:i+1}^T."""
    layers, outputs = _drawn(problem, width, depth, seed, kind), problem.out_dim
    below, total = np.diag(problem.data.singular_values), np.zeros(())
    for k, layer in enumerate(layers):
        above: _Array = np.eye(outputs)
        for later in layers[:k:-1]:
            above = above @ later
        total = total + np.kron(below.T @ below, above @ above.T)
        below = layer @ below
    return np.asarray(total / outputs)  # the powers of sqrt(m) cancel those of alpha


def _spectra(kind: str) -> _Array:
    """Eigenvalues of P(0) in units of the largest expected, over the grid."""
    found = []
    for width, depth, seed in _GRID:
        unit = depth * _WIDE.data.norm**2 / _WIDE.out_dim
        found.append(np.linalg.eigvalsh(_kernel_of(_WIDE, width, depth, seed, kind)) / unit)
    return np.concatenate(found)


def _expected(change: Callable[[int, _Array], _Array] = lambda depth, values: values) -> _Array:
    """The closed form's eigenvalues, each d_y times, in the same units."""
    found, outputs = [], _WIDE.out_dim
    for _, depth, _ in _GRID:
        unit = depth * _WIDE.data.norm**2 / outputs
        values = deep_linear.ntk_eigenvalues(_WIDE.data.singular_values, depth, outputs)
        found.append(np.repeat(np.sort(change(depth, np.asarray(values))), outputs) / unit)
    return np.concatenate(found)


# The claims


def _partial_products() -> Claim:
    return Claim(
        "dl.partial-products",
        "at orthogonal initialisation every partial product W_j ... W_i, (i, j) /= (1, L), has all its singular values "
        "equal to m^((j-i+1)/2)",
        f"{PAPER}: Lemma 4.2",
        (
            *derived("dl.partial-products"),
            AgreementCheck(
                Kind.ORACLE,
                f"extreme singular values of W_{{j:i}}/m^((j-i+1)/2) of drawn nets, j - i < {_LONGEST}, against 1",
                lambda: np.ones(_extremes("orthogonal").size),
                lambda: _extremes("orthogonal"),
                _ROUNDING,
                {
                    "Gaussian nets": lambda: _extremes("gaussian"),
                    "m^((j-i)/2)": lambda: _extremes("orthogonal") / np.sqrt(5.0),
                },
            ),
        ),
    )


def _kernel() -> Claim:
    points = tuple(
        {"singular_values": s, "depth": L, "out_dim": d}
        for s in (0.3, 1.0, 40.0)
        for L in (1, 10, 700)
        for d in (1, 10)
    )
    check = AgreementCheck(
        Kind.ORACLE,
        "eigenvalues of P(0) of drawn nets, m from 5 to 64, L from 2 to 30, against L s_i^2/d_y, each d_y times",
        _expected,
        lambda: _spectra("orthogonal"),
        _ROUNDING,
        {
            "Gaussian nets": lambda: _spectra("gaussian"),
            "(L-1) s^2/d_y": lambda: _expected(lambda depth, values: values * (depth - 1) / depth),
            "L s/d_y": lambda: _expected(lambda depth, values: np.sqrt(values * depth / 2)),
        },
    )
    return Claim(
        "dl.ntk",
        "at orthogonal initialisation with m >= d_x the kernel is P(0) = (L/d_y) X^T X kron I, for every draw",
        f"{PAPER}: (7), Lemma 4.2",
        (*derived("dl.ntk"), enclosed("dl.ntk", points), check),
        result="dl.ntk",
    )


def _narrow_kernel(profile: Profile) -> Claim:
    width, depth = 6, 5
    nets = InitialNets(_NARROW, width, depth, "orthogonal", sized(0.6, 0.9, resolution(profile)))
    smallest = float(_NARROW.data.singular_values[-1])
    mean = float(deep_linear.ntk_eigenvalues(smallest, depth, _NARROW.out_dim))
    check = ObservableMeanCheck(
        nets,
        {"kernel": 1.0},
        mean,
        "(v kron w)^T P(0) (v kron w)",
        resolution(profile),
        {
            "Pi = I": mean * (1 + (depth - 1) * _NARROW.in_dim / width) / depth,
            "no factor d_x/m": mean * (1 + (depth - 1) * width / _NARROW.in_dim) / depth,
        },
    )
    return Claim(
        "dl.ntk.narrow",
        "for m < d_x, W_1 having orthonormal rows times sqrt(d_x), the kernel is P(0) = (1/d_y)[X^T X + (L-1)(d_x/m) "
        "X^T Pi X] kron I with Pi the projection on the rows of W_1: only its mean is (L/d_y) X^T X kron I",
        EXTENSION,
        (*derived("dl.ntk.narrow"), _narrow_exactly(), check),
    )


def _narrow_exactly() -> AgreementCheck:
    grid = tuple((m, L, seed) for m in (2, 6, 11) for L in (2, 9) for seed in (1, 2))

    def kernels() -> _Array:
        return np.concatenate(
            [_kernel_of(_NARROW, m, L, seed, "orthogonal").ravel() / L for m, L, seed in grid]
        )

    def closed(projected: bool = True, scale: float = 1.0) -> _Array:
        found = []
        for m, depth, seed in grid:
            first = _drawn(_NARROW, m, depth, seed, "orthogonal")[0]
            values = np.diag(_NARROW.data.singular_values)
            seen = m * first.T @ first / _NARROW.in_dim if projected else np.eye(3)  # U^T Pi U
            middle = scale * (depth - 1) * _NARROW.in_dim / m * values @ seen @ values
            found.append(np.kron(values**2 + middle, np.eye(2)).ravel() / (2 * depth))
        return np.concatenate(found)

    return AgreementCheck(
        Kind.ORACLE,
        "P(0)/L of drawn nets, m = 2, 6, 11 < d_x = 12, against its form with the projection Pi",
        closed,
        kernels,
        _ROUNDING * 100,  # entries up to d_x |X|^2/m = 24
        {
            "Pi = I": lambda: closed(projected=False),
            "L for L - 1": lambda: closed(scale=9 / 8),
        },
    )


def _initial_loss(profile: Profile) -> Claim:
    points = tuple({"data_power": x, "target_power": y} for x in (0.0, 2.5) for y in (0.1, 30.0))

    def check(problem: Problem, width: int, kind: str, shape: tuple[float, float]) -> Check:
        size = sized(*shape, resolution(profile))
        powers = [float(np.sum(np.square(x))) for x in (problem.inputs, problem.targets)]
        expected = float(deep_linear.expected_initial_loss(*powers))
        rivals = {"|Y|_F^2/2": powers[1] / 2, "|X|_F^2 + |Y|_F^2": 2 * expected}
        return ObservableMeanCheck(
            InitialNets(problem, width, 3, kind, size),
            {"loss": 1.0},
            expected,
            "l(0)",
            resolution(profile),
            rivals,
        )

    return Claim(
        "dl.initial-loss",
        "E l(0) = (|X|_F^2 + |Y|_F^2)/2 at orthogonal and at Gaussian initialisation, m < d_x included",
        f"{PAPER}: section 4, E|f(x)|^2 = |x|^2",
        (
            *derived("dl.initial-loss"),
            enclosed("dl.initial-loss", points),
            check(_WIDE, 6, "orthogonal", (0.55, 1.2)),
            check(_NARROW, 6, "orthogonal", (0.8, 1.8)),
            check(_WIDE, 12, "gaussian", (0.7, 2.3)),
        ),
        result="dl.initial-loss",
    )
