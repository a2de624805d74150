"""One step of gradient descent for many deep linear nets, by rank-d_y updates in place."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import blas

from .backends import Array, Backend
from .linear_data import LinearData

__all__ = ["Descent", "NetByNet", "descent", "net_by_net"]

_WIDE = 48  # from here on a call for one matrix is no longer dear, and temporaries are (measured)
_SPLIT = 2**18  # multiplications beyond which OpenBLAS splits a product over its threads
_GEMM = {"float64": blas.dgemm, "float32": blas.sgemm}

_Arrays = Sequence[np.ndarray]
_Call = Callable[[], Any]


class Descent:
    """Nets under full-batch gradient descent with the rate eta, all nets in every call.

    With V_l = W_l/sqrt(m) the loss is l - l* = |E|_F^2/2, E = sqrt(m/d_y) V_L ... V_1 S - T, and a
    step W_l <- W_l - eta dl/dW_l is V_l <- V_l - (eta/m) dl/dV_l:

        V_l <- V_l - B_l G_(l-1)^T,   B_l = (V_L ... V_(l+1))^T,   G_l = V_l ... V_1 G_0,
        G_0 = (eta/sqrt(m d_y)) (E S)^T,

    all of the old weights. Backward for B, whose end B_0 gives E; forward for G and, on the way, the
    updates: three products of a matrix with d_y columns, whatever the rank r of the data.

    Parameters
    ----------
    data : LinearData
        Reduced data: S and T.
    weights : list of array, shapes (nets, rows, columns)
        V_1, ..., V_L, C-contiguous; written to.
    learning_rate : float
        eta.
    width : int
        m.
    device : Backend
        Where the weights lie.
    """

    def __init__(
        self,
        data: LinearData,
        weights: list[Array],
        learning_rate: float,
        width: int,
        device: Backend,
    ) -> None:
        self.weights, self._device = weights, device
        dtype = weights[0].dtype
        self._values = device.asarray(data.singular_values[:, None], dtype=dtype)
        self._targets = device.asarray(np.ascontiguousarray(data.targets.T), dtype=dtype)
        self._gain = self._values * math.sqrt(width / data.out_dim)
        self._pull = self._values * (learning_rate / math.sqrt(width * data.out_dim))
        self._errors: Array = None
        self._behind: list[Array] = []

    def losses(self) -> np.ndarray:
        """Pass backward, and return l - l* of each net, its squares summed in double precision."""
        xp = self._device.xp
        self._errors = self._gain * self._product() - self._targets
        wide = xp.astype(self._errors, xp.float64, copy=False)
        return np.asarray(self._device.to_numpy(0.5 * xp.sum(wide * wide, axis=(1, 2))))

    def step(self) -> None:
        """Pass forward with the errors of the last `losses`, and move the weights."""
        self._move(self._pull * self._errors)

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone."""
        index = self._device.asarray(np.flatnonzero(chosen))
        self.weights = [each[index] for each in self.weights]
        self._errors = self._errors[index]
        self._behind = [each[index] for each in self._behind]

    def _product(self) -> Array:
        """B_0 = (V_L ... V_1)^T; B_(L-1), ..., B_1 are kept."""
        xp = self._device.xp
        behind = xp.matrix_transpose(self.weights[-1])
        self._behind = []
        for weights in self.weights[-2::-1]:
            self._behind.append(behind)
            behind = xp.matmul(xp.matrix_transpose(weights), behind)
        return behind

    def _move(self, state: Array) -> None:
        """Go from G_0 to G_(L-1), and update each layer once it has been passed."""
        xp = self._device.xp
        for weights, behind in zip(self.weights[:-1], self._behind[::-1], strict=True):
            further = xp.matmul(weights, state)
            weights -= xp.matmul(behind, xp.matrix_transpose(state))
            state = further
        self.weights[-1] -= xp.matrix_transpose(state)


class NetByNet(Descent):
    """The same on NumPy for wide nets, one after another; updates without temporaries.

    BLAS adds B G^T to the matrix where it lies (gemm with beta = 1). The arrays stay where they
    are, so the calls of a step are put together once, with their arguments, and then only made.
    """

    def __init__(
        self,
        data: LinearData,
        weights: list[np.ndarray],
        learning_rate: float,
        width: int,
        device: Backend,
    ) -> None:
        super().__init__(data, weights, learning_rate, width, device)
        self._gemm = _GEMM[weights[0].dtype.name]
        split = width * width * data.out_dim > _SPLIT and not _one_thread()
        self._products = _blas_products(self._gemm) if split else _NUMPY_PRODUCTS
        nets, kind = len(weights[0]), weights[0].dtype
        rows = [each.shape[2] for each in weights]
        self._behind = [np.empty((nets, m, data.out_dim), kind) for m in rows]
        self._ahead = [np.empty((m, data.out_dim), kind) for m in rows]  # shared: a net at a time
        self._arrange()

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone."""
        super().keep(chosen)
        self._arrange()

    def _arrange(self) -> None:
        """List the calls of a pass backward and of one forward, for every net."""
        layers = zip(*self.weights, strict=True), zip(*self._behind, strict=True)
        nets = list(zip(*layers, strict=True))
        self._backward = [self._backward_calls(*each) for each in nets]
        self._forward = [self._forward_calls(*each) for each in nets]

    def _backward_calls(self, weights: _Arrays, behind: _Arrays) -> list[_Call]:
        layers = zip(weights, behind[1:], behind, strict=False)
        calls = [self._products.transposed(v, b, out) for v, b, out in layers]
        return [partial(np.copyto, behind[-1], weights[-1].T), *calls[::-1]]

    def _forward_calls(self, weights: _Arrays, behind: _Arrays) -> list[_Call]:
        calls: list[_Call] = []
        layers = zip(weights, behind[1:], self._ahead, self._ahead[1:], strict=False)
        for v, b, g, out in layers:
            calls += [self._products.plain(v, g, out), self._update(v, b, g)]
        return [*calls, partial(np.subtract, weights[-1], self._ahead[-1].T, weights[-1])]

    def _update(self, v: np.ndarray, b: np.ndarray, g: np.ndarray) -> _Call:
        """V <- V - B G^T: on the transposes, which have BLAS's order of columns."""
        return partial(self._gemm, -1.0, g.T, b.T, 1.0, v.T, 1, 0, 1)  # beta 1, G turned, in place

    def _product(self) -> np.ndarray:
        for calls in self._backward:
            _make(calls)
        return np.asarray(self._behind[0])

    def _move(self, state: np.ndarray) -> None:
        for first, calls in zip(state, self._forward, strict=True):
            self._ahead[0][...] = first
            _make(calls)


class _Products(NamedTuple):
    """Makers of the calls out = V G and out = V^T B."""

    plain: Callable[[np.ndarray, np.ndarray, np.ndarray], _Call]
    transposed: Callable[[np.ndarray, np.ndarray, np.ndarray], _Call]


_NUMPY_PRODUCTS = _Products(
    plain=lambda v, g, out: partial(np.dot, v, g, out),
    transposed=lambda v, b, out: partial(np.dot, v.T, b, out),
)


def _blas_products(gemm: Callable[..., Any]) -> _Products:
    """Take the products from the library that makes the updates.

    NumPy and SciPy each bring a BLAS with threads of its own, which spin while they wait: taking
    turns they keep one another from the cores (measured on two: 5 to 60 times slower). On one
    thread NumPy's products are the faster ones, by a quarter.
    """
    return _Products(
        plain=lambda v, g, out: partial(gemm, 1.0, g.T, v.T, 0.0, out.T, 0, 0, 1),
        transposed=lambda v, b, out: partial(gemm, 1.0, b.T, v.T, 0.0, out.T, 0, 1, 1),
    )


def _one_thread() -> bool:
    """Return whether BLAS was told to keep to one thread, as in every worker process."""
    return os.environ.get("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS")) == "1"


def _make(calls: list[_Call]) -> None:
    for call in calls:
        call()


def net_by_net(width: int, device: Backend) -> bool:
    """Return whether nets of this `width` on this `device` step one after another.

    Examples
    --------
    >>> from numerics.backends import get_backend
    >>> net_by_net(1000, get_backend()), net_by_net(10, get_backend())
    (True, False)
    """
    return device.name == "numpy" and width >= _WIDE


def descent(
    data: LinearData, weights: list[Any], learning_rate: float, width: int, device: Backend
) -> Descent:
    """Return the descent that suits the width and the device.

    Parameters
    ----------
    data, weights, learning_rate, width, device
        As for `Descent`.

    Returns
    -------
    Descent

    Examples
    --------
    >>> from numerics.backends import get_backend
    >>> from numerics.linear_data import reduce
    >>> data = reduce(np.eye(2), np.ones((1, 2)))
    >>> nets = descent(data, [np.zeros((3, 1, 2))], 0.5, 1, get_backend())
    >>> nets.losses()
    array([1., 1., 1.])
    >>> nets.step()
    >>> nets.losses()
    array([0.25, 0.25, 0.25])
    """
    kind = NetByNet if net_by_net(width, device) else Descent
    return kind(data, weights, learning_rate, width, device)
