"""Log-norms of the layers of many independent random networks, simulated from the definition.

One replicate is one network: neurons of one network are dependent, networks are not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .activations import Activation
from .backends import Array, Backend, get_backend
from .checks import check_method, checked_dtype, checked_number
from .draws import Draws
from .kernels import polar
from .layer_steps import STEPS, State
from .networks import Networks, Numbers, one_of
from .propagation_plan import DEFAULT_BYTE_CAP, PropagationPlan, make_plan
from .streams import child_sequence

__all__ = ["log_norms", "plan", "survived"]


def log_norms(
    *,
    widths: Sequence[int],
    variances: Numbers,
    activation: Activation,
    replicates: int,
    rng: np.random.Generator,
    method: str = "matrix",
    bias_variance: Numbers = 0.0,
    weight_law: str = "normal",
    layers: str = "all",
    initial_norm: float = 1.0,
    backend: str | Backend = "numpy",
    dtype: Any = np.float64,
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Simulate log |x_k| for x_k = phi(W_k x_{k-1} + b_k) in independent random networks.

    Weights and biases are independent with mean 0; x_0 is a fresh uniformly random direction of
    length `initial_norm`, one for each network. States are normalised in every layer and their
    logarithm accumulated in double precision, so depth is unlimited. A network whose units are all
    0 is dead: minus infinity. Without biases it stays dead; with biases they revive it.

    Parameters
    ----------
    widths : sequence of int
        d_0, ..., d_L, each >= 1.
    variances : float or sequence of float
        Variance of a weight, finite and > 0: one number, or one per layer.
    activation : numerics.activations.Activation
        Applied after every layer; slopes and dropout masks are drawn afresh for every network.
    replicates : int
        Number of networks, >= 1.
    rng : numpy.random.Generator
        Source of the simulation's own streams; moves on by four words.
    method : {"matrix", "gaussian", "chi2"}, default "matrix"
        ``matrix`` draws every weight: the definition. ``gaussian`` uses only that W x is normal
        given x (any activation, biases allowed). ``chi2`` uses only the counts of kept positive and
        negative units (fixed slopes, no biases). All are exact; the last two need normal weights.
    bias_variance : float or sequence of float, default 0.0
        Variance of the normal biases, finite and >= 0: one number, or one per layer.
    weight_law : {"normal", "uniform", "truncated_normal"}, default "normal"
        Law of a weight; `variances` is its variance after any truncation.
    layers : {"all", "last"}, default "all"
        Which layers to return.
    initial_norm : float, default 1.0
        |x_0|, finite and > 0; with biases 0 is allowed too.
    backend : {"numpy", "cupy"} or Backend, default "numpy"
        Where to compute.
    dtype : dtype, default float64
        float64 or float32: precision of weights and states.
    byte_cap : int, default 2**28
        Bound on the working memory in bytes, the returned array apart. On NumPy the numbers do not
        depend on it.

    Returns
    -------
    numpy.ndarray of float64, shape (L, replicates), or (1, replicates) for ``layers="last"``
        log |x_k|; for `initial_norm` 1 this is log(|x_k| / |x_0|).

    Raises
    ------
    ValueError
        If an argument is outside its domain, a method cannot do what is asked, or `byte_cap` is too
        small for a single network.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Notes
    -----
    The networks are cut into blocks by a rule that knows widths and method only, and every kind of
    draw has its own stream, consumed network by network; smaller batches inside a block, which
    `byte_cap` decides, leave the numbers as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import relu
    >>> trajectories = log_norms(
    ...     widths=(64,) * 4, variances=2 / 64, activation=relu(), replicates=1000,
    ...     rng=np.random.default_rng(0), method="chi2",
    ... )
    >>> trajectories.shape
    (3, 1000)
    >>> bool(abs(np.exp(2 * trajectories[0]).mean() - 1) < 0.05)
    True
    """
    networks = Networks.describe(widths, variances, activation, bias_variance, weight_law)
    check_method(method, networks)
    one_of("layers", layers, ("all", "last"))
    initial_norm = checked_number("initial_norm", initial_norm, zero=networks.has_bias)
    device, dtype = get_backend(backend), checked_dtype(dtype)
    made = make_plan(networks, replicates, method, device, dtype, byte_cap)
    draws = Draws.start(device, getattr(device.xp, dtype.name), child_sequence(rng))
    return _run(networks, made, draws, layers, initial_norm)


def plan(
    *,
    widths: Sequence[int],
    replicates: int,
    method: str = "matrix",
    activation: Activation,
    weight_law: str = "normal",
    bias_variance: Numbers = 0.0,
    backend: str | Backend = "numpy",
    dtype: Any = np.float64,
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> PropagationPlan:
    """Say what a call of `log_norms` would do, without drawing anything.

    Parameters
    ----------
    widths, replicates, method, activation, weight_law, bias_variance, backend, dtype, byte_cap
        As for `log_norms`.

    Returns
    -------
    PropagationPlan
        Chunks, bytes and estimated seconds; ``print(plan(...))`` reads well.

    Raises
    ------
    ValueError
        As for `log_norms`.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> plan(widths=(256,) * 33, replicates=1000, activation=relu()).chunks
    1000
    """
    networks = Networks.describe(widths, 1.0, activation, bias_variance, weight_law)
    check_method(method, networks)
    device = get_backend(backend)
    return make_plan(networks, replicates, method, device, checked_dtype(dtype), byte_cap)


def survived(log_norm: np.ndarray) -> np.ndarray:
    """Tell which networks are alive: not all units 0.

    Parameters
    ----------
    log_norm : numpy.ndarray
        As returned by `log_norms`.

    Returns
    -------
    numpy.ndarray of bool
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> survived(np.array([0.3, -np.inf]))
    array([ True, False])
    """
    return np.asarray(log_norm) > -np.inf


def _run(
    networks: Networks, made: PropagationPlan, draws: Draws, layers: str, initial_norm: float
) -> np.ndarray:
    """Advance block after block through all layers."""
    skipped = 0 if layers == "all" else networks.depth - 1
    start = math.log(initial_norm) if initial_norm else -math.inf
    result = np.empty((networks.depth - skipped, made.replicates))
    for block, batches in made.blocks():
        trajectory = _trajectory(networks, made, draws, batches, start)
        for row, log_norm in zip(result, itertools.islice(trajectory, skipped, None), strict=True):
            row[block] = draws.backend.to_numpy(log_norm)
    return result


def _trajectory(
    networks: Networks, made: PropagationPlan, draws: Draws, batches: Sequence[int], start: float
) -> Iterator[Array]:
    """Yield the log-norms of one block after each layer."""
    step = STEPS[made.method]
    parts = [_start(networks, made, draws, batch, start) for batch in batches]
    for layer in networks.layers:
        parts = [step(networks, layer, part, draws) for part in parts]
        yield draws.backend.xp.concat([part.log_norm for part in parts])


def _start(
    networks: Networks, made: PropagationPlan, draws: Draws, batch: int, start: float
) -> State:
    """Place a batch at x_0: uniform directions where the method needs them."""
    log_norm = draws.backend.xp.full(batch, start, dtype=draws.backend.xp.float64)
    if made.method != "matrix":
        return State(log_norm)
    return State(log_norm, polar(draws.normal("start", batch, networks.layers[0].fan_in))[1])
