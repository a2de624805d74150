"""Several weight variances on one set of normals: networks compared path by path, not in law.

The same standardised weights, biases, slopes and masks are drawn once and scaled by each scheme's
standard deviations, so that two schemes differ in nothing but these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .activations import Activation
from .backends import Array, Backend, get_backend
from .checks import checked_dtype, checked_number
from .draws import Draws
from .kernels import polar
from .layer_steps import State, coupled_step
from .networks import Networks, Numbers, one_of
from .propagation_plan import DEFAULT_BYTE_CAP, PropagationPlan, make_plan
from .streams import child_sequence

__all__ = ["coupled_log_norms"]


def coupled_log_norms(
    *,
    widths: Sequence[int],
    variances: Sequence[Numbers],
    activation: Activation,
    replicates: int,
    rng: np.random.Generator,
    bias_variance: Numbers = 0.0,
    weight_law: str = "normal",
    layers: str = "all",
    initial_norm: float = 1.0,
    backend: str | Backend = "numpy",
    dtype: Any = np.float64,
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Simulate log |x_k| under several weight variances by the same matrix draws.

    Scheme s propagates x_k = phi(sqrt(v_s) W_k x_{k-1} + b_k) with W_k, b_k and x_0 common to all
    schemes. Every matrix is drawn, as by ``log_norms(method="matrix")``: on NumPy row s equals what
    that gives for `variances[s]` and an equal `rng`, to the last bit.

    Parameters
    ----------
    widths : sequence of int
        d_0, ..., d_L, each >= 1.
    variances : sequence of (float or sequence of float)
        One entry per scheme, at least one: variance of a weight, finite and > 0, one number or one
        per layer.
    activation, replicates, rng, bias_variance, weight_law, layers, initial_norm
        As for `numerics.propagation.log_norms`; the same for every scheme.
    backend, dtype, byte_cap
        As for `numerics.propagation.log_norms`; the memory grows with the number of schemes.

    Returns
    -------
    numpy.ndarray of float64, shape (schemes, L, replicates), or (schemes, 1, replicates)
        log |x_k|, minus infinity for a dead network.

    Raises
    ------
    ValueError
        If an argument is outside its domain.
    TypeError
        If `rng` is not a Generator.
    BackendUnavailableError
        If the backend cannot run here.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import relu
    >>> small, large = coupled_log_norms(
    ...     widths=(8,) * 6, variances=(0.2, 0.25), activation=relu(), replicates=1000,
    ...     rng=np.random.default_rng(0), bias_variance=0.1,
    ... )
    >>> bool((small <= large).all()), bool((small < large).mean(axis=1)[-1] > 0.5)
    (False, True)
    """
    each = list(variances) if np.iterable(variances) else []
    if not each:
        raise ValueError(f"variances must hold one entry per scheme, got {variances!r}")
    schemes = [
        Networks.describe(widths, one, activation, bias_variance, weight_law) for one in each
    ]
    one_of("layers", layers, ("all", "last"))
    initial_norm = checked_number("initial_norm", initial_norm, zero=schemes[0].has_bias)
    device, dtype = get_backend(backend), checked_dtype(dtype)
    made = make_plan(schemes[0], replicates, "matrix", device, dtype, byte_cap, len(schemes))
    draws = Draws.start(device, getattr(device.xp, dtype.name), child_sequence(rng))
    return _run(schemes, made, draws, layers, initial_norm)


def _run(
    schemes: Sequence[Networks],
    made: PropagationPlan,
    draws: Draws,
    layers: str,
    initial_norm: float,
) -> np.ndarray:
    """Advance block after block through all layers."""
    depth = schemes[0].depth
    skipped = 0 if layers == "all" else depth - 1
    start = math.log(initial_norm) if initial_norm else -math.inf
    result = np.empty((len(schemes), depth - skipped, made.replicates))
    for block, batches in made.blocks():
        trajectory = itertools.islice(_trajectory(schemes, draws, batches, start), skipped, None)
        for k, log_norms in enumerate(trajectory):
            for rows, log_norm in zip(result, log_norms, strict=True):
                rows[k, block] = draws.backend.to_numpy(log_norm)
    return result


def _trajectory(
    schemes: Sequence[Networks], draws: Draws, batches: Sequence[int], start: float
) -> Iterator[list[Array]]:
    """Yield the log-norms of one block, one array a scheme, after each layer."""
    concat = draws.backend.xp.concat
    parts = [[_start(schemes[0], draws, batch, start)] * len(schemes) for batch in batches]
    for layers in zip(*(scheme.layers for scheme in schemes), strict=True):
        parts = [coupled_step(schemes[0], layers, states, draws) for states in parts]
        yield [concat([state.log_norm for state in states]) for states in zip(*parts, strict=True)]


def _start(networks: Networks, draws: Draws, batch: int, start: float) -> State:
    """Place a batch at x_0: uniform directions, the same for every scheme."""
    log_norm = draws.backend.xp.full(batch, start, dtype=draws.backend.xp.float64)
    return State(log_norm, polar(draws.normal("start", batch, networks.layers[0].fan_in))[1])
