"""Norms of networks with biases, far from the input: whole vectors, propagated to stationarity.

Not to be confused with :mod:`numerics.perpetuity`, which iterates the scalar recursion that the
squared norm follows; here that recursion is not known.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import Activation
from .backends import Backend
from .checks import checked_number
from .networks import positive_integer
from .propagation import log_norms
from .propagation_plan import DEFAULT_BYTE_CAP

__all__ = ["stationary_norms"]


def stationary_norms(
    *,
    width: int,
    variance: float,
    bias_variance: float,
    activation: Activation,
    replicates: int,
    burn_in: int,
    rng: np.random.Generator,
    method: str = "matrix",
    weight_law: str = "normal",
    initial_norm: float = 0.0,
    backend: str | Backend = "numpy",
    dtype: Any = np.float64,
    byte_cap: int = DEFAULT_BYTE_CAP,
) -> np.ndarray:
    """Simulate |x_k| after `burn_in` layers of independent random networks with biases.

    Whether `burn_in` suffices is for the caller to judge: run
    `numerics.perpetuity.coupled_squared_norms` from two starts, or compare two values of `burn_in`.
    From the input 0 the law of |x_k| increases to the stationary one; where none exists, |x_k|
    grows for ever.

    Parameters
    ----------
    width : int
        Width of every layer, >= 1.
    variance : float
        Variance of a weight, finite and > 0.
    bias_variance : float
        Variance of a bias, finite and > 0.
    activation, replicates, rng
        As for `numerics.propagation.log_norms`.
    burn_in : int
        Number of layers, >= 1.
    method : {"matrix", "gaussian"}, default "matrix"
        ``matrix`` draws every weight and bias: the definition. ``gaussian`` draws one normal a
        unit.
    weight_law, backend, dtype, byte_cap
        As for `numerics.propagation.log_norms`.
    initial_norm : float, default 0.0
        |x_0|, finite and >= 0.

    Returns
    -------
    numpy.ndarray of float64, shape (replicates,)
        |x_k| at k = `burn_in`; 0 where every unit is 0, infinity beyond the largest double.

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
    >>> norms = stationary_norms(
    ...     width=4, variance=0.25, bias_variance=1.0, activation=relu(), replicates=20_000,
    ...     burn_in=30, rng=np.random.default_rng(0),
    ... )
    >>> bool(abs((norms**2).mean() - 4.0) < 0.3)  # E R = (0.25 E R + 1) * 2
    True
    """
    width, layers = positive_integer("width", width), positive_integer("burn_in", burn_in)
    last = log_norms(
        widths=(width,) * (layers + 1),
        variances=checked_number("variance", variance),
        bias_variance=checked_number("bias_variance", bias_variance),
        activation=activation,
        replicates=replicates,
        rng=rng,
        method=method,
        weight_law=weight_law,
        layers="last",
        initial_norm=initial_norm,
        backend=backend,
        dtype=dtype,
        byte_cap=byte_cap,
    )[0]
    with np.errstate(over="ignore"):
        norms: np.ndarray = np.exp(last)
    return norms
