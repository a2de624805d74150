"""Description of an ensemble of random networks, checked once at the door.

x_k = phi(W_k x_{k-1} + b_k), k = 1..L, with independent weights of variance ``variances[k]`` and
independent biases of variance ``bias_variances[k]``. Variances are plain numbers: where they come
from is no business of a simulator.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .activations import Activation
from .array_checks import real_array
from .weights import WEIGHT_LAWS

__all__ = ["Layer", "Networks", "Numbers", "layer_widths", "one_of", "positive_integer"]

Numbers = float | Sequence[float]
"""One number for all layers, or one per layer."""


@dataclass(frozen=True)
class Layer:
    """One layer: its two widths, and the logarithms of its weight and bias standard deviations.

    Logarithms, because any positive double is allowed as a variance and products over a thousand
    layers leave the range of doubles. No bias is a `log_bias_std` of minus infinity.
    """

    fan_in: int
    fan_out: int
    log_std: float
    log_bias_std: float

    @property
    def has_bias(self) -> bool:
        """Whether the layer adds a bias."""
        return self.log_bias_std > -math.inf


@dataclass(frozen=True)
class Networks:
    """Law of one random network: layers, activation, law of the weights.

    Build it with :meth:`describe`, which checks every argument.
    """

    layers: tuple[Layer, ...]
    activation: Activation
    weight_law: str

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.layers)

    @property
    def has_bias(self) -> bool:
        """Whether any layer adds a bias."""
        return any(layer.has_bias for layer in self.layers)

    @classmethod
    def describe(
        cls,
        widths: Sequence[int],
        variances: Numbers,
        activation: Activation,
        bias_variance: Numbers = 0.0,
        weight_law: str = "normal",
    ) -> Networks:
        """Check the arguments and describe the ensemble.

        Parameters
        ----------
        widths : sequence of int
            d_0, ..., d_L, each >= 1; L >= 1.
        variances : float or sequence of float
            Variance of a weight, finite and > 0: one number, or one per layer.
        activation : Activation
            Applied after every layer, the last one included.
        bias_variance : float or sequence of float, default 0.0
            Variance of a bias, finite and >= 0: one number, or one per layer.
        weight_law : {"normal", "uniform", "truncated_normal"}, default "normal"
            Law of a weight. Biases are normal.

        Returns
        -------
        Networks

        Raises
        ------
        ValueError
            If an argument is outside its domain.

        Examples
        --------
        >>> from numerics.activations import relu
        >>> Networks.describe((3, 4), 0.5, relu()).layers[0].fan_out
        4
        """
        sizes = layer_widths(widths)
        if not isinstance(activation, Activation):
            raise ValueError(
                f"activation must be a numerics.activations.Activation, got {activation!r}"
            )
        one_of("weight_law", weight_law, tuple(WEIGHT_LAWS))
        weights = _per_layer("variances", variances, len(sizes) - 1, positive=True)
        biases = _per_layer("bias_variance", bias_variance, len(sizes) - 1, positive=False)
        layers = zip(sizes[:-1], sizes[1:], _log_std(weights), _log_std(biases), strict=True)
        return cls(tuple(Layer(*fields) for fields in layers), activation, weight_law)


def positive_integer(name: str, value: Any) -> int:
    """Return `value` as an int from 1 to 2^63 - 1; integral floats are accepted, booleans are not.

    Parameters
    ----------
    name : str
        Argument name for the message.
    value : object
        The candidate.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `value` is not such an integer.

    Examples
    --------
    >>> positive_integer("width", 8.0)
    8
    """
    number = isinstance(value, Real | np.integer) and not isinstance(value, bool)
    if number and 2**63 <= value < math.inf:
        raise ValueError(f"{name} must be < 2^63, got one of {int(value).bit_length()} bits")
    if not (number and math.isfinite(value) and value >= 1 and value == int(value)):
        raise ValueError(f"{name} must be an integer >= 1, got {value!r}")
    return int(value)


def layer_widths(widths: Sequence[int]) -> tuple[int, ...]:
    """Return d_0, ..., d_L as ints.

    Parameters
    ----------
    widths : sequence of int
        At least two integers >= 1, in one row.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If `widths` is anything else.

    Examples
    --------
    >>> layer_widths([3, 4.0])
    (3, 4)
    """
    values = np.empty(0, dtype=object)
    with contextlib.suppress(ValueError):  # ragged
        values = np.asarray(widths, dtype=object)
    if values.ndim != 1 or len(values) < 2 or np.ma.is_masked(widths):
        raise ValueError(
            f"widths must hold at least two widths (d_0, ..., d_L) in one row, got {widths!r}"
        )
    return tuple(positive_integer("widths", value) for value in values.tolist())


def _per_layer(name: str, value: Numbers, depth: int, *, positive: bool) -> list[float]:
    """Broadcast a variance over the layers and check its sign."""
    values = real_array(value)
    if values is None:
        raise ValueError(f"{name} must be a number or one per layer, got {value!r}")
    if values.ndim > 1 or values.size not in ((1,) if values.ndim == 0 else (depth,)):
        raise ValueError(f"{name} must be a number or one per layer ({depth}), got {value!r}")
    inside = np.isfinite(values) & (values > 0 if positive else values >= 0)
    if not inside.all():
        raise ValueError(f"{name} must be finite and {'>' if positive else '>='} 0, got {value!r}")
    return [float(each) for each in np.broadcast_to(values, depth)]


def _log_std(variances: list[float]) -> list[float]:
    """Half the logarithms of the variances; minus infinity for 0."""
    return [0.5 * math.log(value) if value > 0 else -math.inf for value in variances]


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raise ValueError, which names the argument `name`, unless `value` is among the names `allowed`.

    Examples
    --------
    >>> one_of("layers", "first", ("all", "last"))
    Traceback (most recent call last):
    ...
    ValueError: layers must be one of 'all', 'last', got 'first'
    """
    if not isinstance(value, str) or value not in allowed:  # an array would compare entry by entry
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
