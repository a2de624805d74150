"""Pure array functions of the simulators: no draw, no state, any array-API library.

Logarithms of norms are float64 whatever the precision of the states, so that rounding does not
accumulate over thousands of layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from array_api_compat import array_namespace

from .backends import Array
from .networks import Layer

__all__ = [
    "affine",
    "log_hypotenuse",
    "log_length",
    "polar",
    "preactivation_log_scale",
    "safe_log",
]


def affine(
    weights: Array, direction: Array, log_norm: Array, layer: Layer, noise: Array | None
) -> tuple[Array, Array]:
    """Pre-activations W x + b, split into a scale and units of moderate size.

    Parameters
    ----------
    weights : array, shape (networks, fan_out, fan_in)
        Standardised weights.
    direction : array, shape (networks, fan_in)
        Unit vectors x / |x|; zero for a dead network.
    log_norm : array, shape (networks,)
        log |x|; minus infinity for a dead network.
    layer : Layer
        Standard deviations of weights and biases.
    noise : array, shape (networks, fan_out), or None
        Standardised biases; None if the layer has none.

    Returns
    -------
    units : array, shape (networks, fan_out)
    log_scale : array, shape (networks,)
        With W x + b = exp(log_scale) * units.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Layer(fan_in=1, fan_out=1, log_std=0.0, log_bias_std=0.0)
    >>> one = np.ones((1, 1))
    >>> units, log_scale = affine(np.full((1, 1, 1), 3.0), one, np.log([2.0]), layer, one)
    >>> (units[0] * np.exp(log_scale)).round(12)
    array([7.])
    """
    xp = array_namespace(weights)
    signal = xp.matmul(weights, direction[..., None])[..., 0]
    log_signal = log_norm + layer.log_std
    if noise is None:
        return signal, log_signal
    log_scale = xp.maximum(log_signal, layer.log_bias_std)
    share = xp.astype(xp.exp(log_signal - log_scale), signal.dtype)
    bias_share = xp.astype(xp.exp(layer.log_bias_std - log_scale), signal.dtype)
    return share[:, None] * signal + bias_share[:, None] * noise, log_scale


def preactivation_log_scale(log_norm: Array, layer: Layer) -> Array:
    """Log standard deviation of one pre-activation, given the norm of the layer's input.

    Parameters
    ----------
    log_norm : array, shape (networks,)
        log |x|; minus infinity for a dead network.
    layer : Layer
        Standard deviations of weights and biases.

    Returns
    -------
    array, shape (networks,)
        (1/2) log(std^2 |x|^2 + bias_std^2).

    Examples
    --------
    >>> import numpy as np
    >>> layer = Layer(fan_in=1, fan_out=1, log_std=0.0, log_bias_std=np.log(3.0))
    >>> np.exp(preactivation_log_scale(np.log([4.0]), layer)).round(12)
    array([5.])
    """
    log_signal = log_norm + layer.log_std
    if not layer.has_bias:
        return log_signal
    xp = array_namespace(log_norm)
    return 0.5 * xp.logaddexp(2.0 * log_signal, xp.full_like(log_norm, 2.0 * layer.log_bias_std))


def polar(x: Array) -> tuple[Array, Array]:
    """Split rows into log-length and direction.

    Parameters
    ----------
    x : array, shape (networks, units)
        Finite vectors.

    Returns
    -------
    log_length : array, shape (networks,)
        Logarithm of the Euclidean norm, float64; minus infinity for a zero row.
    direction : array, shape (networks, units)
        Unit vectors; zero for a zero row.

    Examples
    --------
    >>> import numpy as np
    >>> polar(np.array([[3e-300, 4e-300], [0.0, 0.0]]))[1]
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    xp = array_namespace(x)
    largest, scaled, square = _scaled_rows(x)
    direction = scaled / xp.sqrt(xp.where(largest > 0.0, square, 1.0))[:, None]
    return safe_log(largest) + 0.5 * safe_log(square), direction


def log_length(x: Array) -> Array:
    """Logarithm of the Euclidean norm of each row.

    Parameters
    ----------
    x : array, shape (networks, units)
        Finite vectors.

    Returns
    -------
    array, shape (networks,)
        float64; minus infinity for a zero row.

    Examples
    --------
    >>> import numpy as np
    >>> log_length(np.array([[0.6, 0.8], [0.0, 0.0]])).round(12)
    array([  0., -inf])
    """
    largest, _, square = _scaled_rows(x)
    return safe_log(largest) + 0.5 * safe_log(square)


def log_hypotenuse(squares: Sequence[tuple[float, Array]]) -> Array:
    """Half the logarithm of sum scale^2 * square, with no scale ever squared.

    Parameters
    ----------
    squares : sequence of (float, array)
        At least one pair of a scale >= 0 and an array >= 0.

    Returns
    -------
    array
        float64; minus infinity where every square is 0.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(log_hypotenuse([(1.0, np.array([9.0])), (2.0, np.array([4.0]))])).round(12)
    array([5.])
    """
    (first_scale, first_square), *others = squares
    xp = array_namespace(first_square)
    length = first_scale * xp.sqrt(first_square)
    for scale, square in others:
        length = xp.hypot(length, scale * xp.sqrt(square))
    return safe_log(length)


def safe_log(x: Array) -> Array:
    """Logarithm of x >= 0 without a warning at 0.

    Parameters
    ----------
    x : array
        Entries >= 0.

    Returns
    -------
    array
        float64; minus infinity at 0.

    Examples
    --------
    >>> import numpy as np
    >>> safe_log(np.array([0.0, 1.0]))
    array([-inf,   0.])
    """
    xp = array_namespace(x)
    values = xp.astype(x, xp.float64)
    alive = values > 0.0
    return xp.where(alive, xp.log(xp.where(alive, values, 1.0)), -xp.inf)


def _scaled_rows(x: Array) -> tuple[Array, Array, Array]:
    """Largest entry of each row, rows divided by it, and their squared lengths.

    Dividing first keeps the squares of tiny or huge slopes from leaving the range of the dtype:
    an underflow would look like a death.
    """
    xp = array_namespace(x)
    largest = xp.max(xp.abs(x), axis=-1)
    scaled = x / xp.where(largest > 0.0, largest, 1.0)[:, None]
    return largest, scaled, xp.vecdot(scaled, scaled)
