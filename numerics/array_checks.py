"""Checks of arguments that several simulators share: finite numbers and arrays, rows of examples."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from .activations import Activation

__all__ = ["checked_rows", "finite_array", "finite_number", "require_fixed_slope"]


def finite_array(name: str, value: Any) -> np.ndarray:
    """Return a copy of `value` as float64: finite numbers, at least one.

    Parameters
    ----------
    name : str
        Argument name for the message.
    value : object
        The candidate.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If `value` is anything else.

    Examples
    --------
    >>> finite_array("initial", [1, 2])
    array([1., 2.])
    >>> finite_array("initial", [1.0, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: initial must be finite numbers, at least one, got [1.0, nan]
    """
    try:
        values = np.array(value)
        real = values.dtype.kind in "fiu"
    except ValueError:
        real = False
    if not (real and values.size and np.isfinite(values).all()):
        raise ValueError(f"{name} must be finite numbers, at least one, got {value!r}")
    return values.astype(np.float64, copy=False)


def finite_number(name: str, value: Any) -> float:
    """Return `value` as a float: one finite real number, else ValueError naming `name`.

    Examples
    --------
    >>> finite_number("target", -1)
    -1.0
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not (real and math.isfinite(value)):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return float(value)


def checked_rows(name: str, value: Any, columns: int) -> np.ndarray:
    """Return one row an example: finite numbers in the given number of columns.

    Parameters
    ----------
    name : str
        Argument name for the message.
    value : object
        The candidate.
    columns : int
        Numbers that a row must hold.

    Returns
    -------
    numpy.ndarray of float64, shape (examples, columns)

    Raises
    ------
    ValueError
        If `value` is anything else.

    Examples
    --------
    >>> checked_rows("inputs", [[1, 2]], 3)
    Traceback (most recent call last):
    ...
    ValueError: inputs must have shape (examples, 3), got shape (1, 2)
    """
    rows = finite_array(name, value)
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ValueError(f"{name} must have shape (examples, {columns}), got shape {rows.shape}")
    return rows


def require_fixed_slope(activation: Activation) -> None:
    """Refuse an `activation` with random slopes or dropout: its units would have to be drawn.

    Examples
    --------
    >>> from numerics.activations import relu
    >>> require_fixed_slope(relu())
    """
    if activation.is_random or activation.has_dropout:
        raise ValueError(
            f"activation must have a fixed slope and no dropout, got activation={activation!r}"
        )
