"""One step of gradient descent for many deep linear nets, by rank-d_y updates in place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import blas

from .backends import Array, Backend
from .linear_data import LinearData

__all__ = ["Descent", "NetByNet", "descent", "net_by_net"]

_WIDE = 48  # from here on a call for one matrix is no longer dear, and temporaries are (measured)
_GEMM = {"float64": blas.dgemm, "float32": blas.sgemm}


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

    BLAS adds B G^T to the matrix where it lies (gemm with beta = 1).
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
        self._arrange()

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone."""
        super().keep(chosen)
        self._arrange()

    def _arrange(self) -> None:
        """List, for each net and layer, V, B, the next G, and their transposes: made once."""
        out_dim, kind = self.weights[-1].shape[1], self.weights[0].dtype
        rows = [each.shape[1] for each in self.weights[:-1]]
        if not self._behind:
            self._behind = [np.empty((len(self.weights[0]), m, out_dim), kind) for m in rows]
        ahead = [np.empty((m, out_dim), kind) for m in rows]  # shared: one net at a time
        self._layers = [
            [
                (v[net], v[net].T, b[net], b[net].T, g, g.T)
                for v, b, g in zip(self.weights[:-1], self._behind, ahead, strict=True)
            ]
            for net in range(len(self.weights[0]))
        ]

    def _product(self) -> np.ndarray:
        return np.stack([self._one_product(net) for net in range(len(self._layers))])

    def _one_product(self, net: int) -> np.ndarray:
        last, layers, dot = self.weights[-1][net], self._layers[net], np.dot
        if not layers:
            return np.asarray(last.T)
        behind = layers[-1][2]
        behind[...] = last.T
        for (_, transposed, *_), (_, _, out, *_) in zip(layers[:0:-1], layers[-2::-1], strict=True):
            behind = dot(transposed, behind, out)
        return np.asarray(layers[0][1] @ behind)

    def _move(self, state: np.ndarray) -> None:
        for net, first in enumerate(state):
            self._move_one(net, first)

    def _move_one(self, net: int, state: np.ndarray) -> None:
        """Subtract B G^T from each V: on the transposes, which have BLAS's order of columns."""
        gemm, dot, turned = self._gemm, np.dot, state.T
        for weights, transposed, _, behind, further, further_turned in self._layers[net]:
            dot(weights, state, further)
            gemm(-1.0, turned, behind, 1.0, transposed, 1, 0, 1)  # beta 1, G^T turned, in place
            state, turned = further, further_turned
        self.weights[-1][net] -= turned


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
