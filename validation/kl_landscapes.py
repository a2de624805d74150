"""Losses that the Langevin chains descend: quadratics, polynomials of one parameter, small linear networks.

Each is a frozen dataclass of plain numbers with `parameters`, `losses` and `gradients`; none knows its Gibbs law.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

__all__ = ["Chain", "Landscape", "LinearNetwork", "Polynomial", "Quadratic"]

_Array = NDArray[np.float64]


class Landscape(Protocol):
    """L(W), for many W at once: arrays of shape (chains, K)."""

    @property
    def parameters(self) -> int:
        """K."""
        ...

    @property
    def description(self) -> str:
        """Which loss."""
        ...

    def losses(self, states: _Array) -> _Array:
        """L, shape (chains,)."""
        ...

    def gradients(self, states: _Array) -> _Array:
        """grad L, shape (chains, K)."""
        ...


@dataclass(frozen=True)
class Quadratic:
    """L(W) = W^T A W/2.

    Parameters
    ----------
    hessian : tuple of tuples of float
        A, row by row.
    kind : str
        Tells it from other landscapes of the same fields.

    Examples
    --------
    >>> float(Quadratic(((2.0, 0.0), (0.0, 1.0))).losses(np.array([[1.0, 2.0]]))[0])
    3.0
    """

    hessian: tuple[tuple[float, ...], ...]
    kind: str = "quadratic"

    @cached_property
    def _matrix(self) -> _Array:
        return np.array(self.hessian)

    @property
    def parameters(self) -> int:
        """K."""
        return len(self.hessian)

    @property
    def description(self) -> str:
        """Number of parameters and largest entry of the Hessian's diagonal."""
        return f"quadratic loss, K = {self.parameters}, tr A = {float(np.trace(self._matrix)):.4g}"

    def losses(self, states: _Array) -> _Array:
        """W^T A W/2."""
        values: _Array = np.einsum("ck,ck->c", states @ self._matrix, states) / 2
        return values

    def gradients(self, states: _Array) -> _Array:
        """A W."""
        return states @ self._matrix


@dataclass(frozen=True)
class Polynomial:
    """L(w) = sum_k coefficients[k] w^k, of one parameter.

    Parameters
    ----------
    coefficients : tuple of float
        From the constant up; the last one positive, of an even power.
    kind : str
        Tells it from other landscapes of the same fields.

    Examples
    --------
    >>> float(Polynomial((1.0, 0.0, 0.0, 0.0, 1.0)).gradients(np.array([[2.0]]))[0, 0])
    32.0
    """

    coefficients: tuple[float, ...]
    kind: str = "polynomial"

    @property
    def parameters(self) -> int:
        """One."""
        return 1

    @property
    def description(self) -> str:
        """The coefficients."""
        terms = " + ".join(f"{c:g} w^{k}" for k, c in enumerate(self.coefficients) if c)
        return f"loss {terms}"

    def losses(self, states: _Array) -> _Array:
        """L."""
        values: _Array = polynomial.polyval(states[:, 0], np.array(self.coefficients))
        return values

    def gradients(self, states: _Array) -> _Array:
        """dL/dw."""
        slope = polynomial.polyder(np.array(self.coefficients))
        return np.asarray(polynomial.polyval(states, slope), dtype=np.float64)


@dataclass(frozen=True)
class Chain:
    """L(w_1, w_2) = (w_1 w_2 x - y)^2/2 + (lambda/2)|w|^2: the smallest network of two layers, without its overhead.

    Parameters
    ----------
    input, target : float
        x and y.
    weight_decay : float
        lambda.
    kind : str
        Tells it from other landscapes of the same fields.

    Examples
    --------
    >>> states = np.array([[1.0, 2.0]])
    >>> float(Chain(1.0, 3.0, 0.5).losses(states)[0])
    1.75
    >>> Chain(1.0, 3.0, 0.5).gradients(states).tolist()
    [[-1.5, 0.0]]
    """

    input: float
    target: float
    weight_decay: float
    kind: str = "chain"

    @property
    def parameters(self) -> int:
        """Two."""
        return 2

    @property
    def description(self) -> str:
        """Input, target, weight decay."""
        return f"f = w1 w2 x, x = {self.input:g}, y = {self.target:g}, weight decay {self.weight_decay:g}"

    def losses(self, states: _Array) -> _Array:
        """L."""
        apart = states[:, 0] * states[:, 1] * self.input - self.target
        decay = self.weight_decay * np.einsum("ck,ck->c", states, states)
        return np.asarray(apart**2 + decay, dtype=np.float64) / 2

    def gradients(self, states: _Array) -> _Array:
        """grad L."""
        apart = states[:, :1] * states[:, 1:] * self.input - self.target
        result: _Array = (apart * self.input) * states[:, ::-1]
        result += self.weight_decay * states
        return result


@dataclass(frozen=True)
class LinearNetwork:
    """The half-squared training loss of a linear network W_L ... W_1 x, without weight decay.

    Computed from its product matrix, a column of chains at a time; `numerics.small_networks` goes example by example.

    Parameters
    ----------
    widths : tuple of int
        n_0, ..., n_L.
    inputs, targets : tuple of tuples of float
        One example a row.
    kind : str
        Tells it from other landscapes of the same fields.

    Examples
    --------
    >>> chain = LinearNetwork((1, 1, 1), ((1.0,),), ((3.0,),))
    >>> states = np.array([[1.0, 2.0]])
    >>> float(chain.losses(states)[0]), chain.gradients(states).tolist()
    (0.5, [[-2.0, -1.0]])
    """

    widths: tuple[int, ...]
    inputs: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[float, ...], ...]
    kind: str = "linear network"

    @property
    def parameters(self) -> int:
        """K."""
        return sum(n * m for n, m in pairwise(self.widths))

    @property
    def input_power(self) -> float:
        """P_x, the mean squared norm of an input."""
        return float(np.mean(np.sum(np.array(self.inputs) ** 2, axis=1)))

    @property
    def target_power(self) -> float:
        """P_y, the mean squared norm of a target."""
        return float(np.mean(np.sum(np.array(self.targets) ** 2, axis=1)))

    @property
    def description(self) -> str:
        """Widths from output to input, number of examples."""
        shape = " x ".join(map(str, reversed(self.widths)))
        return f"linear network {shape}, {len(self.inputs)} examples"

    @cached_property
    def _moments(self) -> tuple[_Array, _Array]:
        """Means of x x^T and of y x^T over the examples."""
        x, y = np.array(self.inputs), np.array(self.targets)
        return x.T @ x / len(x), y.T @ x / len(x)

    def losses(self, states: _Array) -> _Array:
        """tr(P S P^T)/2 - tr(P R^T) + P_y/2, with S the mean of x x^T, R that of y x^T and P the product matrix."""
        inputs, cross = self._moments
        matrix = _chained(self._layers(states))
        half = _times(matrix, _constant(inputs / 2)) - _constant(cross)
        values: _Array = np.einsum("ijc,ijc->c", half, matrix) + self.target_power / 2
        return values

    def gradients(self, states: _Array) -> _Array:
        """For each layer (what follows)^T (P S - R) (what precedes)^T."""
        inputs, cross = self._moments
        layers = self._layers(states)
        apart = _times(_chained(layers), _constant(inputs)) - _constant(cross)
        columns = []
        for k in range(len(layers)):
            slope = apart
            if k + 1 < len(layers):
                slope = _times(_turned(_chained(layers[k + 1 :])), slope)
            if k:
                slope = _times(slope, _turned(_chained(layers[:k])))
            columns.append(slope.reshape(-1, len(states)))
        return np.ascontiguousarray(np.concatenate(columns).T)

    def _layers(self, states: _Array) -> list[_Array]:
        """Matrices of shape (n_l, n_(l-1), chains)."""
        columns, first, layers = np.ascontiguousarray(states.T), 0, []
        for n, m in pairwise(self.widths):
            layers.append(columns[first : first + n * m].reshape(m, n, -1))
            first += n * m
        return layers


def _times(left: _Array, right: _Array) -> _Array:
    """Products of matrices, the chains on the last axis."""
    result: _Array = left[:, :1] * right[None, 0]
    for j in range(1, left.shape[1]):
        result = result + left[:, j : j + 1] * right[None, j]
    return result


def _chained(layers: list[_Array]) -> _Array:
    """Product of the layers, the last one on the left."""
    return reduce(lambda done, layer: _times(layer, done), layers)


def _turned(matrix: _Array) -> _Array:
    return matrix.transpose(1, 0, 2)


def _constant(matrix: _Array) -> _Array:
    """The same matrix for every chain."""
    return matrix[:, :, None]
