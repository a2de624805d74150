"""One step of gradient descent for many deep linear nets, by rank-d_y updates in place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from .backends import Array, Backend
from .deep_linear_blas import GEMM, Call, products, require_in_place
from .deep_linear_scales import step_scales
from .linear_data import LinearData

__all__ = ["Descent", "NetByNet", "descent", "net_by_net"]

_WIDE = 48  # from here on a call for one matrix is no longer dear, and temporaries are (measured)

_Arrays = Sequence[np.ndarray]


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

    Raises
    ------
    ValueError
        As for `numerics.deep_linear_scales.step_scales`; from `step` if no `losses` came before.
    """

    def __init__(
        self,
        data: LinearData,
        weights: list[Array],
        learning_rate: float,
        width: int,
        device: Backend,
    ) -> None:
        self.weights, self._device = list(weights), device
        kind = device.to_numpy(
            weights[0][:0, ...]
        ).dtype  # NumPy's name for it, whatever the library
        scales = step_scales(data, learning_rate, width, kind)
        self._gain, self._pull, self._targets = (device.asarray(each) for each in scales)
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
        if self._errors is None:
            raise ValueError("step needs the errors of the old weights: call losses first")
        self._move(self._pull * self._errors)

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone."""
        xp, index = self._device.xp, self._device.asarray(np.flatnonzero(chosen))
        for layers in (self.weights, self._behind):
            for k in range(len(layers)):  # one after another: never all of them twice
                layers[k] = xp.take(layers[k], index, axis=0)
        if self._errors is not None:
            self._errors = xp.take(self._errors, index, axis=0)

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

    Parameters
    ----------
    data, learning_rate, width, device
        As for `Descent`.
    weights : list of numpy.ndarray
        As for `Descent`.

    Raises
    ------
    ValueError
        If an array is not as BLAS needs it to write where it lies.
    """

    def __init__(
        self,
        data: LinearData,
        weights: list[np.ndarray],
        learning_rate: float,
        width: int,
        device: Backend,
    ) -> None:
        require_in_place(weights)
        super().__init__(data, weights, learning_rate, width, device)
        self._gemm = GEMM[weights[0].dtype.name]
        self._products = products(width * width * data.out_dim, self._gemm)
        nets, kind = len(weights[0]), weights[0].dtype
        inputs = [each.shape[2] for each in weights]
        self._behind = [np.empty((nets, m, data.out_dim), kind) for m in inputs]
        self._ahead = [np.empty((m, data.out_dim), kind) for m in inputs]  # shared: a net at a time
        self._arrange()

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the nets marked True alone."""
        self._backward.clear()  # their arguments are the old arrays
        self._forward.clear()
        super().keep(chosen)
        self._arrange()

    def _arrange(self) -> None:
        """List the calls of a pass backward and of one forward, for every net."""
        layers = zip(*self.weights, strict=True), zip(*self._behind, strict=True)
        nets = list(zip(*layers, strict=True))
        self._backward = [self._backward_calls(*each) for each in nets]
        self._forward = [self._forward_calls(*each) for each in nets]

    def _backward_calls(self, weights: _Arrays, behind: _Arrays) -> list[Call]:
        layers = zip(weights, behind[1:], behind, strict=False)
        calls = [self._products.transposed(v, b, out) for v, b, out in layers]
        return [partial(np.copyto, behind[-1], weights[-1].T), *calls[::-1]]

    def _forward_calls(self, weights: _Arrays, behind: _Arrays) -> list[Call]:
        calls: list[Call] = []
        layers = zip(weights, behind[1:], self._ahead, self._ahead[1:], strict=False)
        for v, b, g, out in layers:
            calls += [self._products.plain(v, g, out), self._update(v, b, g)]
        return [*calls, partial(np.subtract, weights[-1], self._ahead[-1].T, weights[-1])]

    def _update(self, v: np.ndarray, b: np.ndarray, g: np.ndarray) -> Call:
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


def _make(calls: list[Call]) -> None:
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
