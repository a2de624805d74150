"""The scalar Kesten recursion R_k = (variance R_{k-1} + bias_variance) Q_k, many chains at once.

Q_k = phi(z_1)^2 + ... + phi(z_d)^2 with fresh standard normals z: the recursion and its factor by
their definitions. R_k is the squared norm |x_k|^2 of a network with normal weights and biases; the
networks themselves are in :mod:`numerics.propagation` and :mod:`numerics.stationary`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .activations import Activation
from .backends import Backend, get_backend
from .draws import Draws
from .networks import positive_integer
from .propagation_plan import DEFAULT_BYTE_CAP, PropagationPlan
from .recursion import Recursion, checked_start, checked_steps
from .streams import child_sequence

__all__ = ["coupled_squared_norms", "plan", "squared_norms"]


def squared_norms(
    *,
    width: int,
    variance: float,
    bias_variance: float,
    activation: Activation,
    steps: int | Sequence[int],
    chains: int,
    rng: np.random.Generator,
    method: str = "gaussian",
    start: Any = 0.0,
    backend: str | Backend = "numpy",
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Iterate R_k = (variance R_{k-1} + bias_variance) Q_k in independent chains.

    Parameters
    ----------
    width : int
        Number d of terms of Q, >= 1.
    variance : float
        Variance of a weight, finite and > 0.
    bias_variance : float
        Variance of a bias, finite and >= 0; 0 leaves the product of the variance * Q_k.
    activation : numerics.activations.Activation
        phi; slopes and dropout masks are drawn afresh for every Q.
    steps : int or sequence of int
        Number of recursions, >= 1; or increasing numbers of recursions after which R is recorded.
    chains : int
        Number of independent chains, >= 1.
    rng : numpy.random.Generator
        Source of the simulation's own streams; moves on by four words.
    method : {"gaussian", "chi2"}, default "gaussian"
        ``gaussian`` draws d normals a step and sums phi^2 (any activation); ``chi2`` draws the
        numbers of kept positive and negative units and their chi-squares (fixed slopes).
    start : float or array of shape (chains,), default 0.0
        R_0, finite and >= 0; the default is the input 0.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to compute.
    byte_cap : int, default 2**28
        Bound on the working memory in bytes, the returned array apart. On NumPy the numbers do not
        depend on it.

    Returns
    -------
    numpy.ndarray of float64, shape (recorded steps, chains)
        R after each recorded number of steps; infinity where it exceeds the largest double.

    Raises
    ------
    ValueError
        If an argument is outside its domain, the method cannot do what is asked, or `byte_cap` is
        too small.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import linear
    >>> squared = squared_norms(
    ...     width=6, variance=0.1, bias_variance=1.0, activation=linear(), steps=(1, 40),
    ...     chains=50_000, rng=np.random.default_rng(0), method="chi2",
    ... )
    >>> squared.mean(axis=1).round(0)  # E R_1 = 6; E R = 6 / (1 - 0.6)
    array([ 6., 15.])
    """
    recursion = Recursion.describe(width, variance, bias_variance, activation, method)
    starts = _simulate(recursion, steps, chains, [start], "start", rng, backend, byte_cap)
    squared: np.ndarray = starts[0]
    return squared


def coupled_squared_norms(
    *,
    width: int,
    variance: float,
    bias_variance: float,
    activation: Activation,
    steps: int | Sequence[int],
    chains: int,
    starts: Sequence[Any],
    rng: np.random.Generator,
    method: str = "gaussian",
    backend: str | Backend = "numpy",
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Iterate the recursion from several starts with the same Q_k: how a start is forgotten.

    Two chains with the same Q differ by their first difference times the product of variance * Q_k:
    what is left of the start, path by path. They meet for good at the first Q = 0, if any. Started
    at 0 and at an independent chain's R after n steps, they compare R_k with R_{n+k} in law: the
    distance to stationarity is measured, not assumed.

    Parameters
    ----------
    width, variance, bias_variance, activation, steps, chains, rng, method, backend, byte_cap
        As for `squared_norms`; the memory grows with the number of starts.
    starts : sequence of (float or array of shape (chains,))
        R_0 of each of the coupled chains, at least one; finite and >= 0.

    Returns
    -------
    numpy.ndarray of float64, shape (starts, recorded steps, chains)
        On NumPy row i equals what `squared_norms` gives for `starts[i]` and an equal `rng`.

    Raises
    ------
    ValueError
        As for `squared_norms`.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import relu
    >>> low, high = coupled_squared_norms(
    ...     width=6, variance=0.2, bias_variance=1.0, activation=relu(), steps=(1, 100),
    ...     chains=1000, starts=(0.0, 100.0), rng=np.random.default_rng(0),
    ... )
    >>> bool((high[0] - low[0]).max() > 1.0), bool((high[1] - low[1]).max() < 1e-9)
    (True, True)
    """
    each = list(starts) if np.iterable(starts) else []
    if not each:
        raise ValueError(f"starts must hold at least one start, got {starts!r}")
    recursion = Recursion.describe(width, variance, bias_variance, activation, method)
    return _simulate(recursion, steps, chains, each, "starts", rng, backend, byte_cap)


def plan(
    *,
    width: int,
    activation: Activation,
    steps: int | Sequence[int],
    chains: int,
    method: str = "gaussian",
    starts: int = 1,
    backend: str | Backend = "numpy",
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> PropagationPlan:
    """Say what a simulation would do, without drawing anything.

    Parameters
    ----------
    width, activation, steps, chains, method, backend, byte_cap
        As for `squared_norms`.
    starts : int, default 1
        Number of coupled starts, >= 1.

    Returns
    -------
    numerics.propagation_plan.PropagationPlan
        Chunks, bytes and estimated seconds; a chain counts as a network.

    Raises
    ------
    ValueError
        As for `squared_norms`.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> plan(width=6, activation=relu(), steps=100, chains=10**6, method="chi2").bytes < 2**21
    True
    """
    recursion = Recursion.describe(width, 1.0, 1.0, activation, method)
    starts = positive_integer("starts", starts)
    return recursion.plan(checked_steps(steps)[-1], chains, starts, get_backend(backend), byte_cap)


def _simulate(
    recursion: Recursion,
    steps: int | Sequence[int],
    chains: int,
    starts: Sequence[Any],
    name: str,
    rng: np.random.Generator,
    backend: str | Backend,
    byte_cap: int,
) -> np.ndarray:
    """Advance block after block through all steps."""
    device, recorded = get_backend(backend), checked_steps(steps)
    made = recursion.plan(recorded[-1], chains, len(starts), device, byte_cap)
    begin = [checked_start(name, start, made.replicates) for start in starts]
    draws = Draws.start(device, device.xp.float64, child_sequence(rng))
    result = np.empty((len(starts), len(recorded), made.replicates))
    for block, batches in made.blocks():
        squared = device.asarray(np.stack([each[block] for each in begin]))
        trajectory = recursion.trajectory(draws, batches, squared, recorded[-1])
        for k, squared in enumerate(trajectory, start=1):
            if k in recorded:
                result[:, recorded.index(k), block] = device.to_numpy(squared)
    return result
