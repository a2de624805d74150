"""Argument checks shared by the closed forms: each error names the argument, the value and what is allowed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Array",
    "Floats",
    "broadcast",
    "count",
    "finite",
    "flag",
    "nonnegative",
    "positive",
    "probability",
    "real_array",
    "scalar",
]

Array = NDArray[np.float64]

Floats = np.float64 | NDArray[np.float64]
"""What a closed form returns: a float64 scalar for scalar arguments, else an array."""


def real_array(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array, or raise ValueError naming the argument.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape; booleans, complex numbers, text and masked arrays are refused. Integers of any size become the
        nearest float64.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If `value` is not an array of real numbers.

    Examples
    --------
    >>> real_array("order", [1, 2])
    array([1., 2.])
    """
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} must be real numbers without a mask, got {value!r}")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be real numbers of one shape, got {value!r}") from None
    if array.dtype == object and all(type(entry) is int for entry in array.flat):
        array = np.reshape([_rounded(entry) for entry in array.flat], array.shape)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be real numbers, got {value!r}")
    with np.errstate(over="ignore", under="ignore"):  # a wider type's ends become inf and 0
        return array.astype(np.float64)


def positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array whose entries are all finite and > 0.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If an entry is not a finite number > 0.

    Examples
    --------
    >>> positive("order", 0.0)
    Traceback (most recent call last):
    ...
    ValueError: order must be finite and > 0, got 0.0
    """
    array = real_array(name, value)
    _refuse(name, array, np.isfinite(array) & (array > 0), "finite and > 0")
    return array


def nonnegative(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array whose entries are all finite and >= 0.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If an entry is not a finite number >= 0.

    Examples
    --------
    >>> nonnegative("time", -1.0)
    Traceback (most recent call last):
    ...
    ValueError: time must be finite and >= 0, got -1.0
    """
    array = real_array(name, value)
    _refuse(name, array, np.isfinite(array) & (array >= 0), "finite and >= 0")
    return array


def finite(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array whose entries are all finite.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If an entry is infinite or NaN.

    Examples
    --------
    >>> finite("initial_loss", float("inf"))
    Traceback (most recent call last):
    ...
    ValueError: initial_loss must be finite, got inf
    """
    array = real_array(name, value)
    _refuse(name, array, np.isfinite(array), "finite")
    return array


def count(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array of whole numbers >= 1 (2**53 at most, where float64 is exact).

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape; integral-valued floats are accepted.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If an entry is not a whole number in 1..2**53.

    Examples
    --------
    >>> float(count("width", 64.0))
    64.0
    >>> count("width", 2.5)
    Traceback (most recent call last):
    ...
    ValueError: width must be a whole number from 1 to 2**53, got 2.5
    """
    array = real_array(name, value)
    with np.errstate(invalid="ignore"):
        allowed = (array >= 1) & (array <= 2.0**53) & (array == np.floor(array))
    _refuse(name, array, allowed, "a whole number from 1 to 2**53")
    return array


def probability(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array whose entries are all in [0, 1].

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Any shape.

    Returns
    -------
    numpy.ndarray of float64

    Raises
    ------
    ValueError
        If an entry is outside [0, 1] or NaN.

    Examples
    --------
    >>> probability("p", 1.5)
    Traceback (most recent call last):
    ...
    ValueError: p must be in [0, 1], got 1.5
    """
    array = real_array(name, value)
    _refuse(name, array, (array >= 0) & (array <= 1), "in [0, 1]")
    return array


def scalar(name: str, array: Array) -> float:
    """Return the one number that a checked array holds.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    array : ndarray of float64
        Checked already.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If it has dimensions.

    Examples
    --------
    >>> scalar("width", count("width", [1, 2]))
    Traceback (most recent call last):
    ...
    ValueError: width must be a single number, got an array of shape (2,)
    """
    if array.ndim:
        raise ValueError(f"{name} must be a single number, got an array of shape {array.shape}")
    return float(array)


def flag(name: str, value: bool) -> bool:
    """Return `value`, or raise ValueError naming the argument if it is no boolean.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : bool
        Python's or NumPy's.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> flag("discrete", "no")
    Traceback (most recent call last):
    ...
    ValueError: discrete must be True or False, got 'no'
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def broadcast(**arrays: Array) -> list[Array]:
    """Return the arrays broadcast together, or raise ValueError naming the arguments and their shapes.

    Parameters
    ----------
    **arrays : ndarray of float64
        By argument name.

    Returns
    -------
    list of ndarray
        Read-only views of one shape, in the order given.

    Raises
    ------
    ValueError
        If their shapes do not broadcast.

    Examples
    --------
    >>> broadcast(order=np.ones(2), width=np.ones(3))
    Traceback (most recent call last):
    ...
    ValueError: order, width must have shapes that broadcast together, got (2,), (3,)
    """
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        names = ", ".join(arrays)
        raise ValueError(
            f"{names} must have shapes that broadcast together, got {shapes}"
        ) from None


def _rounded(number: int) -> float:
    """The nearest float64, which is infinite beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def _refuse(name: str, array: NDArray[np.float64], allowed: NDArray[np.bool_], what: str) -> None:
    if not np.all(allowed):
        worst = float(array[~allowed].flat[0]) if array.ndim else float(array)
        raise ValueError(f"{name} must be {what}, got {worst}")
