"""The one interface behind which array libraries differ: random draws and special functions.

Everything else is the Python array API: a kernel begins with ``xp = array_namespace(...)`` and runs
on whatever arrays it is given. Drawing lives here, computing lives in the kernels, never both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import array_api_compat.numpy
import numpy as np
from scipy import special

__all__ = ["Array", "Backend", "BackendUnavailableError", "NumpyBackend", "Shape", "get_backend"]

Array = Any
"""An array of the backend's library."""

Shape = tuple[int, ...]
"""Shape of an array."""

_MOST_BITS = 1024  # fair coins: counting random bits beats a binomial generator up to here


class BackendUnavailableError(RuntimeError):
    """The backend asked for cannot run here; the message says what is missing."""


@runtime_checkable
class Backend(Protocol):
    """What a simulator needs beyond the array API.

    Attributes
    ----------
    name : str
        ``"numpy"``, ``"cupy"``, ...
    batch_bytes : int
        Working-set size at which the device is fastest (a cache, or enough to fill a GPU).
    block : int
        How many networks advance together through the layers, at most.
    """

    name: ClassVar[str]
    batch_bytes: ClassVar[int]
    block: ClassVar[int]

    @property
    def xp(self) -> Any:
        """The array namespace (array-api-compat)."""

    def rngs(self, sequence: np.random.SeedSequence, count: int) -> list[Any]:
        """Return `count` generators of the device's own kind."""

    def standard_normal(self, rng: Any, shape: Shape, dtype: Any) -> Array:
        """Draw N(0, 1)."""

    def uniform(self, rng: Any, shape: Shape, dtype: Any) -> Array:
        """Draw U[0, 1)."""

    def binomial(self, rng: Any, trials: int | Array, probability: float, shape: Shape) -> Array:
        """Draw integer counts Bin(trials, probability); `trials` is an int or an array."""

    def chisquare(self, rng: Any, df: Array, dtype: Any) -> Array:
        """Draw chi-square variates, one for each entry of `df`; 0 degrees of freedom give 0."""

    def ndtri(self, probability: Array) -> Array:
        """Quantile function of N(0, 1)."""

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Move host values to the device."""

    def to_numpy(self, array: Array) -> np.ndarray:
        """Move an array to the host."""


@dataclass(frozen=True)
class NumpyBackend:
    """NumPy: one core, double or single precision, the reference for every other backend.

    The streams are SFC64, NumPy's fastest bit generator, seeded by a SeedSequence; results are
    reproducible for a given version of NumPy.

    Examples
    --------
    >>> backend = NumpyBackend()
    >>> [rng] = backend.rngs(np.random.SeedSequence(0), 1)
    >>> backend.standard_normal(rng, (2, 3), np.float32).dtype
    dtype('float32')
    """

    name: ClassVar[str] = "numpy"
    batch_bytes: ClassVar[int] = 2**20
    block: ClassVar[int] = 4096

    @property
    def xp(self) -> Any:
        """The array namespace (array-api-compat's view of NumPy)."""
        return array_api_compat.numpy

    def rngs(self, sequence: np.random.SeedSequence, count: int) -> list[np.random.Generator]:
        """Return `count` independent Generators."""
        return [np.random.Generator(np.random.SFC64(child)) for child in sequence.spawn(count)]

    def standard_normal(self, rng: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Draw N(0, 1)."""
        return rng.standard_normal(shape, dtype=dtype)

    def uniform(self, rng: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Draw U[0, 1)."""
        return rng.random(shape, dtype=dtype)

    def binomial(
        self, rng: np.random.Generator, trials: int | Array, probability: float, shape: Shape
    ) -> Array:
        """Draw integer counts Bin(trials, probability); `trials` is an int or an array."""
        if probability == 0.5 and isinstance(trials, int) and trials <= _MOST_BITS:
            return _fair_heads(rng, trials, shape)
        return rng.binomial(trials, probability, shape)

    def chisquare(self, rng: np.random.Generator, df: Array, dtype: Any) -> Array:
        """Draw chi-square variates, one for each entry of `df`; 0 degrees of freedom give 0."""
        return (2.0 * rng.standard_gamma(0.5 * df)).astype(dtype, copy=False)

    def ndtri(self, probability: Array) -> Array:
        """Quantile function of N(0, 1)."""
        return special.ndtri(probability)

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Return `values` as an array."""
        return np.asarray(values, dtype=dtype)

    def to_numpy(self, array: Array) -> np.ndarray:
        """Return `array` itself: it is on the host."""
        return np.asarray(array)


def get_backend(backend: str | Backend = "numpy") -> Backend:
    """Backend by name.

    Parameters
    ----------
    backend : {"numpy", "cupy"} or Backend
        Name of the library; an object that already is a backend is returned as it is.

    Returns
    -------
    Backend

    Raises
    ------
    ValueError
        If the name is unknown, or an object is no backend.
    BackendUnavailableError
        If CuPy is asked for and it, or a CUDA device, is missing. There is no silent fallback.

    Examples
    --------
    >>> get_backend("numpy").name
    'numpy'
    >>> get_backend("torch")
    Traceback (most recent call last):
    ...
    ValueError: backend must be one of 'numpy', 'cupy', got 'torch'
    """
    allowed = ", ".join(map(repr, _FACTORIES))
    if not isinstance(backend, str):
        if isinstance(backend, type) or not isinstance(backend, Backend):
            raise ValueError(f"backend must be one of {allowed} or a Backend, got {backend!r}")
        return backend
    if backend not in _FACTORIES:
        raise ValueError(f"backend must be one of {allowed}, got {backend!r}")
    return _FACTORIES[backend]()


def _cupy_backend() -> Backend:
    """Load the CuPy half of this module, which imports CuPy."""
    from .cupy_backend import load

    return load()


def _fair_heads(rng: np.random.Generator, coins: int, shape: Shape) -> Array:
    """Count heads among `coins` fair coins, a random bit each: exactly Bin(coins, 1/2)."""
    words, rest = divmod(coins, 64)
    drawn = rng.integers(0, 2**64, size=(*shape, words + (rest > 0)), dtype=np.uint64)
    if rest:
        drawn[..., -1] >>= np.uint64(64 - rest)
    # column by column: NumPy is slow at summing over a short last axis
    counts = np.moveaxis(np.bitwise_count(drawn), -1, 0)
    return sum(counts, start=np.zeros(shape, dtype=np.int64))


_FACTORIES: dict[str, Callable[[], Backend]] = {"numpy": NumpyBackend, "cupy": _cupy_backend}
