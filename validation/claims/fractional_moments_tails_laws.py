"""The stationary laws that the simulated side of the heavy tails is compared with, each solved once."""

from __future__ import annotations

from functools import cache

import numpy as np

from theory.activations import Activation
from theory.fractional_moments import weight_variance
from theory.heavy_tails import StationaryLaw

__all__ = ["BIAS_VARIANCE", "beyond", "scheme_law", "scheme_variance", "stationary_law"]

BIAS_VARIANCE = 1.0
"""Of all simulated biases: it sets the scale of |x| and nothing else."""


def scheme_variance(order: float, width: int, activation: Activation) -> float:
    """Return the weight variance of the scheme of an order, as a plain number.

    Parameters
    ----------
    order : float
        Order s of the preserved moment.
    width : int
        Of every layer.
    activation : Activation
        With or without dropout.

    Returns
    -------
    float

    Examples
    --------
    >>> from theory.activations import relu
    >>> print(f"{scheme_variance(2.0, 8, relu()):.12g}")  # He
    0.25
    """
    return float(weight_variance(order, width, activation=activation))


@cache
def stationary_law(variance: float, width: int, activation: Activation) -> StationaryLaw:
    """Return the stationary law at a weight variance.

    Parameters
    ----------
    variance : float
        Of the weights.
    width, activation
        As for `scheme_variance`.

    Returns
    -------
    StationaryLaw

    Examples
    --------
    >>> from theory.activations import relu
    >>> print(f"{stationary_law(0.25, 8, relu()).tail_index:.9g}")
    2
    """
    return StationaryLaw(variance, BIAS_VARIANCE, width, activation)


def scheme_law(order: float, width: int, activation: Activation) -> StationaryLaw:
    """Return the stationary law of the scheme of an order.

    Parameters
    ----------
    order, width, activation
        As for `scheme_variance`.

    Returns
    -------
    StationaryLaw

    Examples
    --------
    >>> from theory.activations import relu
    >>> print(f"{scheme_law(1.5, 3, relu()).tail_index:.12g}")
    1.5
    """
    return stationary_law(scheme_variance(order, width, activation), width, activation)


def beyond(law: StationaryLaw, probability: float) -> float:
    """Return the r with P(|x| > r) = probability, by bisection in log r.

    Parameters
    ----------
    law : StationaryLaw
        Of |x|.
    probability : float
        Below 1 - law.atom.

    Returns
    -------
    float

    Examples
    --------
    >>> from theory.activations import relu
    >>> law = scheme_law(2.0, 8, relu())
    >>> print(f"{law.sf(beyond(law, 0.01)):.9f}")
    0.010000000
    """
    low, high = -30.0, 300.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if law.sf(np.exp(middle)) > probability else (low, middle)
    return float(np.exp((low + high) / 2))
