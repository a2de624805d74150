"""Stochastic gradient descent on a quadratic loss: every example's gradient noise drawn.

L(W) = W^T A W / 2, and the gradient of example j is A W + B xi_j with independent xi_j of mean 0 and
covariance I: the gradient noise of one example has the covariance B B^T.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from .array_checks import finite_array
from .checks import checked_number
from .networks import one_of, positive_integer
from .recording import checked_record, record_states
from .streams import require_generator

__all__ = ["sgd_on_quadratic"]

_DRAWN = 2**16  # normals in memory at a time: half a MiB, well within a cache
_COINS = 64  # random bits of one word


def sgd_on_quadratic(
    *,
    hessian: Any,
    noise_factor: Any,
    learning_rate: float,
    batch_size: int,
    chains: int,
    steps: int,
    rng: np.random.Generator,
    law: str = "normal",
    initial: Any = None,
    record: Sequence[int] | None = None,
) -> np.ndarray:
    """Iterate W <- W - alpha (A W + (1/b) sum_j B xi_j) in independent chains.

    Parameters
    ----------
    hessian : float or array
        A: a number (K = 1), the K diagonal entries, or a symmetric matrix.
    noise_factor : float or array
        B: a number (times the identity), the K diagonal entries, or a matrix of shape (K, m).
    learning_rate : float
        alpha, finite and > 0.
    batch_size : int
        Examples b of one step, >= 1.
    chains : int
        Number of independent chains, >= 1.
    steps : int
        Number of steps, >= 1.
    rng : numpy.random.Generator
        Source of the noise: b * chains * m normals, or as many random bits, a step.
    law : {"normal", "rademacher"}, default "normal"
        Law of an entry of xi_j: N(0, 1), or +1 and -1 with probability 1/2 each.
    initial : float or array of shape (K,) or (chains, K), optional
        W before the first step, finite; the default is the minimum 0.
    record : sequence of int, optional
        Increasing steps, from 0 to `steps`, after which the states are returned; the default is the
        last step.

    Returns
    -------
    numpy.ndarray of float64, shape (recorded steps, chains, K)

    Raises
    ------
    ValueError
        If an argument is outside its domain, or a recorded state is not finite because the learning
        rate is too large.
    TypeError
        If `rng` is not a Generator.

    Notes
    -----
    Working memory: a few arrays of chains * max(K, m) doubles and, for normal noise, half a MiB,
    whatever the batch size.

    Examples
    --------
    >>> import numpy as np
    >>> states = sgd_on_quadratic(
    ...     hessian=1.0, noise_factor=2.0, learning_rate=0.5, batch_size=4, chains=50_000, steps=30,
    ...     rng=np.random.default_rng(0),
    ... )
    >>> float(states.var().round(2))  # C = (1 - 0.5)^2 C + 0.25 * 4 / 4
    0.33
    """
    quadratic = _Quadratic.describe(hessian, noise_factor, law)
    rate = checked_number("learning_rate", learning_rate)
    batch = positive_integer("batch_size", batch_size)
    shape = (positive_integer("chains", chains), quadratic.parameters)
    recorded = checked_record(record, positive_integer("steps", steps))
    path = quadratic.path(_start(initial, shape), rate, batch, require_generator(rng))
    why = f"learning_rate must be small enough for this hessian and noise, got {learning_rate!r}"
    return record_states(path, recorded, shape, why)


@dataclass(frozen=True)
class _Quadratic:
    """The Hessian, the factor of the noise (vectors stand for diagonal matrices) and its law."""

    hessian: np.ndarray
    factor: np.ndarray
    sums: Callable[[np.random.Generator, int, tuple[int, int]], np.ndarray]

    @classmethod
    def describe(cls, hessian: Any, noise_factor: Any, law: str) -> _Quadratic:
        one_of("law", law, tuple(_SUMS))
        checked = _checked_hessian(hessian)
        return cls(checked, _checked_factor(noise_factor, len(checked)), _SUMS[law])

    @property
    def parameters(self) -> int:
        """K."""
        return len(self.hessian)

    @property
    def sources(self) -> int:
        """m, the number of entries of xi."""
        return int(self.factor.shape[-1])

    def path(
        self, state: np.ndarray, rate: float, batch: int, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Yield the states after 0, 1, 2, ... steps."""
        shape = (len(state), self.sources)
        factor, noise_rate = _balanced(self.factor, rate)
        hessian, pull_rate = _balanced(self.hessian, rate)
        while True:
            yield state
            noise = _times(self.sums(rng, batch, shape), factor)
            noise *= -noise_rate / batch
            noise += state
            noise -= pull_rate * _times(state, hessian)
            state = noise


def _balanced(values: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """Move a power of two from one to the other, so that neither overflows before both are applied.

    The largest value is then about as large as the rate: a product with one of them lies between
    what it is applied to and the product with both. Powers of two leave the digits as they are.
    """
    _, exponents = np.frexp(values)
    moved = (int(exponents.max()) - math.frexp(rate)[1]) // 2
    return np.ldexp(values, -moved), math.ldexp(rate, moved)


def _times(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Matrix times each row; a vector stands for a diagonal matrix."""
    return np.asarray(rows * matrix if matrix.ndim == 1 else rows @ matrix.T)


def _normal_sums(rng: np.random.Generator, batch: int, shape: tuple[int, int]) -> np.ndarray:
    """Sum `batch` independent arrays of standard normals, a few of them in memory at a time."""
    total = np.zeros(shape)
    chunk = max(1, _DRAWN // total.size)
    for done in range(0, batch, chunk):
        total += rng.standard_normal((min(chunk, batch - done), *shape)).sum(axis=0)
    return total


def _rademacher_sums(rng: np.random.Generator, batch: int, shape: tuple[int, int]) -> np.ndarray:
    """Sum `batch` independent arrays of signs, a random bit each: 2 (number of ones) - batch."""
    ones = np.zeros(shape, dtype=np.int64)
    for done in range(0, batch, _COINS):
        bits = rng.integers(0, 2**64, size=shape, dtype=np.uint64)
        ones += np.bitwise_count(bits >> np.uint64(max(0, _COINS - batch + done)))
    return (2 * ones - batch).astype(np.float64)


_SUMS: Mapping[str, Callable[[np.random.Generator, int, tuple[int, int]], np.ndarray]] = (
    MappingProxyType({"normal": _normal_sums, "rademacher": _rademacher_sums})
)


def _checked_hessian(hessian: Any) -> np.ndarray:
    """Return the diagonal, shape (K,), or the matrix; W^T A W / 2 has the gradient A W only then."""
    values = np.atleast_1d(finite_array("hessian", hessian))
    square = values.ndim == 1 or (values.ndim == 2 and values.shape[0] == values.shape[1])
    if not (square and np.array_equal(values, values.T)):
        raise ValueError(
            f"hessian must be a number, a vector or a symmetric matrix, got {hessian!r}"
        )
    return values


def _checked_factor(noise_factor: Any, parameters: int) -> np.ndarray:
    """Return the diagonal, shape (K,), or the matrix of shape (K, m)."""
    values = finite_array("noise_factor", noise_factor)
    if values.ndim > 2 or (values.ndim > 0 and len(values) != parameters):
        raise ValueError(
            f"noise_factor must be a number, a vector ({parameters}) or a matrix with {parameters} "
            f"rows, got {noise_factor!r}"
        )
    return np.broadcast_to(values, parameters) if values.ndim == 0 else values


def _start(initial: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return W before the first step, one row a chain."""
    values = finite_array("initial", 0.0 if initial is None else initial)
    if values.shape not in ((), shape[1:], shape):
        raise ValueError(
            f"initial must be a number or have shape {shape[1:]} or {shape}, "
            f"got shape {values.shape}"
        )
    return np.broadcast_to(values, shape)
