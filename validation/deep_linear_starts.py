"""Deep linear nets at initialisation, products of Gaussian matrices, means of squares: observables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.haar import haar
from validation.deep_linear_problems import Problem, counts_up_to
from validation.observables import cubic_sums
from validation.sampled import Sampled

__all__ = ["InitialNets", "MatrixProducts", "MeanSquares", "Observing"]

_Array = NDArray[np.float64]


class Observing(Sampled):
    """Reduces a chunk's observables to sums, and the logarithm of the first one to counts at thresholds."""

    observables: tuple[str, ...] | property

    def simulate(self, replicates: int, rng: np.random.Generator) -> dict[str, _Array]:
        """Draw `replicates` and sum up the products of their observables.

        Parameters
        ----------
        replicates : int
            Size of this chunk.
        rng : numpy.random.Generator
            The chunk's own stream.

        Returns
        -------
        dict
            "replicates" (1,), "cubic_sums" (1, d + 1, d + 1, d + 1), "counts" (thresholds,).
        """
        values = np.column_stack(list(self._observe(replicates, rng)))
        return {
            "replicates": np.array([float(replicates)]),
            "cubic_sums": cubic_sums(values)[None],
            "counts": counts_up_to(np.log(np.abs(values[:, 0])), self.thresholds),
        }

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        raise NotImplementedError  # each of the simulations below has its own


@dataclass(frozen=True)
class InitialNets(Observing):
    """Deep linear nets as drawn: the loss, and the kernel's quadratic form at one direction.

    Observables: "loss" l(0) = |f(X) - Y|_F^2/2, "kernel" (v kron w)^T P(0) (v kron w) for the last right singular
    vector v of X and the first output w, with P(0) = alpha^2 sum_i (W_{i-1:1} X)^T (W_{i-1:1} X) kron
    W_{L:i+1} W_{L:i+1}^T.

    Parameters
    ----------
    problem : Problem
        Inputs and targets.
    width, depth : int
        m and L.
    initialisation : {"orthogonal", "gaussian"}
        How the weights are drawn.
    replicates : int
        Nets.

    Examples
    --------
    >>> nets = InitialNets(Problem((2.0, 1.0), ((1.0, 1.0),), 2), 4, 3, "orthogonal", 5)
    >>> first, kernel = nets._observe(5, np.random.default_rng(1))
    >>> kernel.round(12).tolist()
    [3.0, 3.0, 3.0, 3.0, 3.0]
    """

    problem: Problem
    width: int
    depth: int
    initialisation: str
    replicates: int

    @property
    def observables(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of what is kept."""
        return ("loss", "kernel")

    @property
    def description(self) -> str:
        """Sizes and initialisation."""
        return (
            f"{self.initialisation} nets at the start, m = {self.width}, L = {self.depth}, "
            f"{self.problem.description}"
        )

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * self.depth * (1.6e-6 + 1e-8 * self.width**2)

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        data, width = self.problem.data, self.width
        weights, root = self._weights(replicates, rng), np.sqrt(width)
        below = [np.broadcast_to(np.diag(data.singular_values), (replicates, data.rank, data.rank))]
        above = [np.broadcast_to(np.eye(data.out_dim), (replicates, data.out_dim, data.out_dim))]
        for layer in weights:
            below.append(root * (layer @ below[-1]))
        for layer in weights[:0:-1]:
            above.append(root * (above[-1] @ layer))
        scale = 1 / (float(width) ** (self.depth - 1) * data.out_dim)
        apart = np.sqrt(scale) * below[-1] - data.targets
        yield np.einsum("nab,nab->n", apart, apart) / 2 + data.residual
        terms = zip(below[:-1], reversed(above), strict=True)
        last = data.rank - 1
        yield scale * sum(
            np.sum(b[:, :, last] ** 2, axis=1) * np.sum(a[:, 0, :] ** 2, axis=1) for b, a in terms
        )

    def _weights(self, replicates: int, rng: np.random.Generator) -> list[_Array]:
        """W_1 U, W_2, ..., W_L, divided by sqrt(m)."""
        width, rank, outputs = self.width, self.problem.data.rank, self.problem.out_dim
        shapes = [(width, rank), *[(width, width)] * (self.depth - 2), (outputs, width)]
        if self.initialisation == "gaussian":
            return [rng.standard_normal((replicates, *s)) / np.sqrt(width) for s in shapes]
        larger = max(width, self.problem.in_dim)  # U^T's columns of rows or columns of W_1
        first = haar(rows=larger, columns=rank, batch=replicates, rng=rng)[:, :width]
        later = [haar(rows=a, columns=b, batch=replicates, rng=rng) for a, b in shapes[1:]]
        return [first * np.sqrt(larger / width), *later]


@dataclass(frozen=True)
class MatrixProducts(Observing):
    """Products W of L square matrices: "first" tr S/m^(L+1), "second" tr S^2/m^(2L+1), S = W W^T.

    Parameters
    ----------
    width, depth : int
        m and L.
    replicates : int
        Products.
    factors : {"gaussian", "orthogonal"}
        Entries N(0, 1), or Haar matrices times sqrt(m).

    Examples
    --------
    >>> products = MatrixProducts(3, 2, 4, "orthogonal")
    >>> [x.round(12).tolist() for x in products._observe(2, np.random.default_rng(1))]
    [[1.0, 1.0], [1.0, 1.0]]
    """

    width: int
    depth: int
    replicates: int
    factors: str = "gaussian"

    @property
    def observables(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of what is kept."""
        return ("first", "second")

    @property
    def description(self) -> str:
        """Sizes and law."""
        return f"products of {self.depth} {self.factors} {self.width} x {self.width} matrices"

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * self.depth * (3e-7 + 1.4e-8 * self.width**2)

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        product = self._factor(replicates, rng)
        for _ in range(self.depth - 1):
            product = self._factor(replicates, rng) @ product
        square = product @ np.matrix_transpose(product)
        yield np.einsum("nii->n", square) / self.width
        yield np.einsum("nij,nij->n", square, square) / self.width

    def _factor(self, replicates: int, rng: np.random.Generator) -> _Array:
        """Divided by sqrt(m)."""
        size = self.width
        if self.factors == "orthogonal":
            return np.asarray(haar(rows=size, columns=size, batch=replicates, rng=rng))
        return np.asarray(rng.standard_normal((replicates, size, size)) / np.sqrt(size))


@dataclass(frozen=True)
class MeanSquares(Observing):
    """Powers of Z = (z_1^2 + ... + z_d^2)/d of independent normal z: observables "Z^q".

    Parameters
    ----------
    degrees : int
        d.
    orders_of_z : tuple of float
        The q.
    replicates : int
        Draws of Z.

    Examples
    --------
    >>> MeanSquares(3, (0.5, 2.0), 10).observables
    ('Z^0.5', 'Z^2')
    """

    degrees: int
    orders_of_z: tuple[float, ...]
    replicates: int

    @property
    def observables(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of what is kept."""
        return tuple(f"Z^{q:g}" for q in self.orders_of_z)

    @property
    def depth(self) -> int:
        """One layer."""
        return 1

    @property
    def description(self) -> str:
        """How many squares."""
        return f"means of {self.degrees} squared normal draws"

    @property
    def seconds(self) -> float:
        """Estimated single-core time of all of it."""
        return self.replicates * (2e-8 * self.degrees + 8e-8)

    def _observe(self, replicates: int, rng: np.random.Generator) -> Iterator[_Array]:
        z = np.mean(rng.standard_normal((replicates, self.degrees)) ** 2, axis=1)
        yield from (z**q for q in self.orders_of_z)
