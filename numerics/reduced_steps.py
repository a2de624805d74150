"""One step of gradient descent for many reduced nets of equal depth and dimension k, in place.

With V_l = W_l/sqrt(m) and beta = sqrt(m/d_y) the outputs are f = beta V_L ... V_1 U S (S the singular values of the
data), and a step is V_l -= eta/sqrt(m d_y) V_{L:l+1}^T E (V_{l-1:1} U S)^T, E = f - Y: a product of k x d_y and
d_y x k. Nothing but sqrt(m) is left of the width, and nothing overflows at great depth.
"""

from __future__ import annotations

import numpy as np

from .linear_data import LinearData
from .reduced_nets import ReducedNets

__all__ = ["ReducedState"]

_CHUNK = 2**15  # weights of the layers that are passed and updated together: they stay in cache


class ReducedState:
    """Weights of `nets` at a step of training, and the room that a step needs.

    Parameters
    ----------
    nets : ReducedNets
        At initialisation.
    data : LinearData
        Reduced data.
    depth : int
        L >= 2.
    rates : array, shape (nets,)
        eta of each net.

    Notes
    -----
    A step costs 2 k^2 (r + 2 d_y) + 2 k r d_y operations a hidden layer and net. With a few nets the calls dominate
    (two a layer), with eight or more the products.
    """

    def __init__(self, nets: ReducedNets, data: LinearData, depth: int, rates: np.ndarray) -> None:
        count, k, rank = nets.first.shape
        out_dim = nets.last.shape[1]
        self.values, self.targets = data.singular_values, data.targets
        self.output_scale = np.sqrt(nets.widths / out_dim)[:, None, None]
        self.step_scale = (rates / np.sqrt(nets.widths * float(out_dim)))[:, None, None]
        # forward[l] = V_{l+1:1} U S, backward[l] = V_{L:l+2}: the first and the last layer are their ends
        self.forward = np.empty((depth - 1, count, k, rank))
        self.backward = np.empty((depth - 1, count, out_dim, k))
        self.hidden = np.empty((depth - 2, count, k, k))
        with np.errstate(over="ignore"):  # the loss tells
            self.forward[0] = nets.first * self.values
        self.backward[-1] = nets.last
        self.hidden[:] = np.eye(k)
        self._errors = np.empty((count, *self.targets.shape))
        self._make_room()

    def losses(self) -> np.ndarray:
        """Run the nets forward; return l - l* of each and keep the errors for `step`."""
        for weights, before, after in self._upwards:
            np.matmul(weights, before, out=after)
        np.matmul(self.backward[-1], self.forward[-1], out=self._errors)
        self._errors *= self.output_scale
        self._errors -= self.targets
        flat = self._errors.reshape(len(self._errors), -1)
        return np.asarray(0.5 * np.einsum("ij,ij->i", flat, flat))

    def step(self) -> None:
        """Descend once along the gradient at the weights that `losses` was last called for."""
        errors = self._errors
        errors *= self.step_scale
        last = np.matmul(errors, self.forward[-1].mT)
        for layers, downwards in self._chunks:
            for weights, after, before in downwards:
                np.matmul(after, weights, out=before)
            self._update(layers)
        self.forward[0] -= np.matmul(self.backward[0].mT, errors * self.values**2)
        self.backward[-1] -= last

    def keep(self, kept: np.ndarray) -> None:
        """Go on with some of the nets only: a boolean mask."""
        for name in ("output_scale", "step_scale", "_errors"):
            setattr(self, name, getattr(self, name)[kept])
        for name in ("forward", "backward", "hidden"):
            # np.compress keeps the layers apart in memory; indexing might not
            setattr(self, name, np.compress(kept, getattr(self, name), axis=1))
        self._make_room()

    def weights(self) -> dict[str, np.ndarray]:
        """All that a later `restore` needs: the first layer on the data, the hidden layers, the last."""
        return {"first": self.forward[0], "hidden": self.hidden, "last": self.backward[-1]}

    def restore(self, weights: dict[str, np.ndarray]) -> None:
        """Take up the weights that `weights` gave."""
        self.forward[0], self.backward[-1] = weights["first"], weights["last"]
        self.hidden[:] = weights["hidden"]

    def _update(self, layers: slice) -> None:
        """Descend in a few hidden layers; rank d_y, formed in two products."""
        weights, before = self.hidden[layers], self.forward[:-1][layers]
        pulled = np.matmul(self._errors, before.mT, out=self._pulled[: len(weights)])
        after = self.backward[1:][layers].mT
        weights -= np.matmul(after, pulled, out=self._gradients[: len(weights)])

    def _make_room(self) -> None:
        """Scratch arrays, and the views of each layer: made once, for slicing costs as much as a product."""
        depth, count, k, _ = self.forward.shape
        most = max(1, min(_CHUNK // max(1, count * k * k), depth - 1))
        self._gradients = np.empty((most, count, k, k))
        self._pulled = np.empty((most, count, len(self.targets), k))
        one = count == 1  # plain matrices are multiplied with less ado than stacks of one
        hidden, forward, backward = (
            [each[0] if one else each for each in layers]
            for layers in (self.hidden, self.forward, self.backward)
        )
        self._upwards = list(zip(hidden, forward[:-1], forward[1:], strict=True))
        downwards = list(zip(hidden, backward[1:], backward[:-1], strict=True))
        starts = range(0, len(downwards), most)
        self._chunks = [
            (slice(start, start + most), downwards[start : start + most][::-1]) for start in starts
        ][::-1]
