"""Checks of arguments that several simulators share: finite numbers and arrays, rows of examples."""

from __future__ import annotations

import contextlib
import math
from numbers import Real
from typing import Any

import numpy as np

from .activations import Activation

__all__ = [
    "checked_labels",
    "checked_rows",
    "finite_array",
    "finite_number",
    "real_array",
    "require_fixed_slope",
]

_DEPTH = 64  # NumPy nests no deeper


def real_array(value: Any) -> np.ndarray | None:
    """Return a copy of `value` as float64 if it is real numbers of one shape, else None.

    Integers and fractions of any size are; booleans, text and masked entries are not. A number
    beyond the doubles becomes infinite.

    Examples
    --------
    >>> real_array([10**20, 2])
    array([1.e+20, 2.e+00])
    >>> real_array([1.0, True]) is None
    True
    """
    values = _copied(value)
    if not (_all_real(values) if values.dtype.kind == "O" else values.dtype.kind in "fiu"):
        return None
    try:
        with np.errstate(over="ignore"):
            return values.astype(np.float64, copy=False)
    except OverflowError:  # an integer beyond the doubles
        return np.full(values.shape, np.inf)


def _copied(value: Any) -> np.ndarray:
    """Return `value` as a new array: of text, which no check accepts, where NumPy would guess."""
    with contextlib.suppress(TypeError, ValueError):  # ragged, or unwilling
        if not _holds_other(value):
            return np.array(value)
    return np.array("")


def _holds_other(value: Any, depth: int = 0) -> bool:
    """Whether `value` or what is nested in it is a boolean or masked: NumPy makes numbers of them."""
    if isinstance(value, list | tuple):
        return depth < _DEPTH and any(_holds_other(each, depth + 1) for each in value)
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind == "b" or np.ma.is_masked(value)
    return isinstance(value, bool)


def _all_real(values: np.ndarray) -> bool:
    """Whether an array of objects holds real numbers only."""
    return all(isinstance(each, Real) and not isinstance(each, bool) for each in values.flat)


def finite_array(name: str, value: Any) -> np.ndarray:
    """Return a copy of `value` as float64: numbers finite as doubles, at least one.

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
    values = real_array(value)
    if values is None or not (values.size and np.isfinite(values).all()):
        raise ValueError(f"{name} must be finite numbers, at least one, got {value!r}")
    return values


def finite_number(name: str, value: Any) -> float:
    """Return `value` as a float: one finite real number, else ValueError naming `name`.

    Examples
    --------
    >>> finite_number("target", -1)
    -1.0
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    try:
        number = float(value) if real else math.nan
    except OverflowError:  # an integer beyond the doubles
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return number


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


def checked_labels(name: str, value: Any, examples: int, classes: int) -> np.ndarray:
    """Return a copy of the labels: one class an example, an integer from 0 to `classes` - 1.

    Parameters
    ----------
    name : str
        Argument name for the message.
    value : object
        The candidate.
    examples, classes : int
        Numbers of both, >= 1.

    Returns
    -------
    numpy.ndarray of int, shape (examples,)

    Raises
    ------
    ValueError
        If `value` is anything else.

    Examples
    --------
    >>> checked_labels("targets", [0, 2, 1], 3, 3)
    array([0, 2, 1])
    """
    labels = _copied(value)
    whole = labels.dtype.kind in "iu" and labels.shape == (examples,)
    if not (whole and labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"{name} must be one integer from 0 to {classes - 1} per example, got {value!r}"
        )
    return labels


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
