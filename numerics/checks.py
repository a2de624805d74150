"""Checks of arguments that several simulators share: methods, precisions, plain numbers."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from .layer_steps import STEPS
from .networks import Networks, one_of

__all__ = ["check_method", "checked_dtype", "checked_number"]

_DTYPES = ("float64", "float32")


def check_method(method: str, networks: Networks) -> None:
    """Refuse what a method cannot do, saying why.

    Parameters
    ----------
    method : str
        A key of ``STEPS``.
    networks : Networks
        What it is to simulate.

    Raises
    ------
    ValueError
        If the method is unknown or not exact for these networks.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> check_method("qr", Networks.describe((3, 4), 0.5, relu()))
    Traceback (most recent call last):
    ...
    ValueError: method must be one of 'matrix', 'gaussian', 'chi2', got 'qr'
    """
    one_of("method", method, tuple(STEPS))
    if method == "chi2" and networks.activation.is_random:
        raise ValueError(
            "method 'chi2' needs a fixed slope: given random slopes |phi(z)|^2 is no sum of a few "
            f"chi-squares, got activation={networks.activation!r} (use 'gaussian' or 'matrix')"
        )
    if method == "chi2" and networks.has_bias:
        raise ValueError("method 'chi2' allows no biases, got bias_variance > 0 (use 'gaussian')")
    if method != "matrix" and networks.weight_law != "normal":
        raise ValueError(
            f"weight_law must be 'normal' for method {method!r}, got {networks.weight_law!r}: "
            "W x is normal given x for normal weights only (use 'matrix')"
        )


def checked_dtype(dtype: Any) -> np.dtype:
    """Return `dtype` as float64 or float32 in native byte order; refuse anything else.

    Parameters
    ----------
    dtype : dtype
        The candidate.

    Returns
    -------
    numpy.dtype

    Raises
    ------
    ValueError
        For any other type.

    Examples
    --------
    >>> checked_dtype("float32")
    dtype('float32')
    """
    try:
        checked = np.dtype("V" if dtype is None else dtype)  # NumPy takes None for float64
    except (TypeError, ValueError):
        checked = np.dtype("V")
    if checked.name not in _DTYPES:
        raise ValueError(f"dtype must be float64 or float32, got {dtype!r}")
    if not checked.isnative:  # its name is the same, but BLAS takes it for another
        raise ValueError(f"dtype must be in native byte order, got {dtype!r}")
    return checked


def checked_number(name: str, value: Any, *, zero: bool = False) -> float:
    """Return `value` as a finite float > 0, or >= 0 where 0 is allowed.

    Parameters
    ----------
    name : str
        Argument name for the message.
    value : object
        The candidate: one real number.
    zero : bool, default False
        Whether 0 is allowed.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `value` is not such a number.

    Examples
    --------
    >>> checked_number("variance", -1.0)
    Traceback (most recent call last):
    ...
    ValueError: variance must be finite and > 0, got -1.0
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    try:
        number = float(value) if real else math.nan
    except OverflowError:  # an integer beyond the doubles
        number = math.inf
    if not (math.isfinite(number) and (number > 0 or (zero and value == 0))):
        raise ValueError(f"{name} must be finite and {'>=' if zero else '>'} 0, got {value!r}")
    return number
