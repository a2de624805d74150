"""Counting the arithmetic of NumPy code: arrays that report every operation to a tally.

An instrument, not a model: the code under it runs unchanged on `CountedArray` and gives the same
numbers. What it cannot see it refuses, so that nothing is silently free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from .streams import require_generator

__all__ = ["CountedArray", "CountingGenerator", "Tally", "counted"]


class Tally:
    """Scalar operations by name, and random numbers drawn.

    An elementwise function costs one operation per element of its result, a reduction of n elements
    to one costs n - 1, a product of matrices its multiplications and additions. Moving data
    (indexing, reshaping, copying) is free.

    Examples
    --------
    >>> tally = Tally()
    >>> x = counted(np.ones((3, 4)), tally)
    >>> y = (x @ x.T + 1.0).sum()
    >>> sorted(tally.operations.items()), tally.total
    ([('add', 17), ('matmul', 63)], 80)
    """

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.draws = 0

    @property
    def total(self) -> int:
        """All operations; the draws apart."""
        return self.operations.total()

    def copy(self) -> Tally:
        """Return the state now: a tally that no array reports to."""
        same = Tally()
        same.operations, same.draws = Counter(self.operations), self.draws
        return same

    def since(self, earlier: Tally) -> Tally:
        """Return what was counted after `earlier`, a copy."""
        difference = Tally()
        difference.operations = self.operations - earlier.operations
        difference.draws = self.draws - earlier.draws
        return difference


class CountedArray(np.ndarray):
    """An array whose operations, and those of all arrays that come of it, go to one tally.

    Make it with :func:`counted`. Functions that bypass NumPy's protocols raise TypeError; Python
    numbers (``float(x)``, ``x.tolist()``) and ``np.asarray(x)`` are out of sight.
    """

    tally: Tally | None

    def __array_finalize__(self, parent: Any) -> None:
        self.tally = getattr(parent, "tally", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_plain(each) for each in inputs]
        out = kwargs.pop("out", None)
        if out is not None:
            kwargs["out"] = tuple(_plain(each) for each in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        tally = _tally(*inputs, *(out or ()))
        tally.operations[ufunc.__name__] += _cost(ufunc, method, plain, result)
        if out is not None:
            return out if len(out) > 1 else out[0]
        if isinstance(result, tuple):
            return tuple(counted(each, tally) for each in result)
        return counted(result, tally)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        if func is np.where:
            return _where(*args, **kwargs)
        if func not in _TRANSPARENT:
            raise TypeError(f"{func.__name__} of a CountedArray is not counted")
        return self._followed(super().__array_function__(func, types, args, kwargs))

    def __getitem__(self, key: Any) -> Any:
        return self._followed(super().__getitem__(key))

    def _followed(self, value: Any) -> Any:
        """Keep counting where NumPy returned a plain array or a single number."""
        loose = isinstance(value, np.ndarray | np.generic) and not isinstance(value, CountedArray)
        return counted(value, _tally(self)) if loose else value

    def _refused(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("this method of a CountedArray is not counted")

    # methods in C that go round both protocols
    dot = argmax = argmin = argsort = sort = partition = argpartition = _refused
    trace = choose = searchsorted = cumsum = cumprod = std = var = _refused


class CountingGenerator(np.random.Generator):
    """A Generator whose draws are counted, and whose floating-point draws are counted arrays.

    Parameters
    ----------
    rng : numpy.random.Generator
        Whose stream to take, without a copy: the numbers are those `rng` would give.
    tally : Tally
        Where to report.

    Examples
    --------
    >>> tally = Tally()
    >>> rng = CountingGenerator(np.random.default_rng(0), tally)
    >>> same = rng.standard_normal(3) == np.random.default_rng(0).standard_normal(3)
    >>> bool(same.all()), tally.draws
    (True, 3)
    """

    def __init__(self, rng: np.random.Generator, tally: Tally) -> None:
        super().__init__(require_generator(rng).bit_generator)
        self.tally = tally

    def standard_normal(self, *args: Any, **kwargs: Any) -> Any:
        """Draw N(0, 1)."""
        return self._count(super().standard_normal(*args, **kwargs))

    def uniform(self, *args: Any, **kwargs: Any) -> Any:
        """Draw from an interval."""
        return self._count(super().uniform(*args, **kwargs))

    def permutation(self, *args: Any, **kwargs: Any) -> Any:
        """Draw an order: plain integers, since nothing is computed with them."""
        order = super().permutation(*args, **kwargs)
        self.tally.draws += np.size(order)
        return order

    def _count(self, values: Any) -> CountedArray:
        self.tally.draws += np.size(values)
        return counted(values, self.tally)


def counted(values: Any, tally: Tally) -> CountedArray:
    """Return an array that reports to a tally.

    Parameters
    ----------
    values : array_like
        Numbers; not copied.
    tally : Tally
        Where operations on the array, and on all that comes of it, are counted.

    Returns
    -------
    CountedArray

    Examples
    --------
    >>> tally = Tally()
    >>> np.exp(counted([0.0, 0.0], tally)).tolist(), tally.total
    ([1.0, 1.0], 2)
    """
    array = np.asarray(values).view(CountedArray)
    array.tally = tally
    return array


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, CountedArray) else value


def _tally(*arrays: Any) -> Tally:
    """The tally of the first array that has one."""
    found = (each.tally for each in arrays if isinstance(each, CountedArray))
    tally = next(found, None)
    if tally is None:
        raise TypeError("a CountedArray has no tally: make it with counted(values, tally)")
    return tally


def _cost(ufunc: Any, method: str, inputs: list[Any], result: Any) -> int:
    """Scalar operations of one call."""
    if ufunc.signature is None and method in ("reduce", "accumulate"):
        return max(0, np.size(inputs[0]) - (np.size(result) if method == "reduce" else 0))
    if ufunc is np.matmul and method == "__call__":
        return int(np.size(result) * (2 * np.shape(inputs[0])[-1] - 1))
    if ufunc.signature is None and method in ("__call__", "outer"):
        return int(np.size(result[0] if isinstance(result, tuple) else result))
    raise TypeError(f"{ufunc.__name__}.{method} of a CountedArray is not counted")


def _where(condition: Any, *choices: Any) -> CountedArray:
    """Choose elementwise: one operation per element."""
    tally = _tally(condition, *choices)
    chosen = np.where(_plain(condition), *(_plain(each) for each in choices))
    tally.operations["where"] += chosen.size
    return counted(chosen, tally)


_TRANSPARENT = {  # moves of data, and compositions whose ufuncs are seen
    *(np.concatenate, np.copy, np.expand_dims, np.ndim, np.ravel, np.reshape, np.shape, np.size),
    *(np.squeeze, np.stack, np.transpose, np.empty_like, np.zeros_like),
    *(np.max, np.mean, np.min, np.prod, np.sum),
}
